/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whom a call is about: the account and the record behind a user's name, and whether it is the caller's own;
 * and the one way in which handlers refuse. This is the one place where a name is resolved: a directory may
 * know one account by many spellings.
 * Layer: verifier/doors/calls/.
 */
#ifndef STEPUP_VERIFIER_SUBJECT_H
#define STEPUP_VERIFIER_SUBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "verifier/evidence/log_entry.h"
#include "verifier/rules/policy/policy.h"
#include "verifier/rules/words/refusals.h"
#include "verifier/server/call.h"
#include "verifier/state/records/user_record.h"

struct subject {
	/* canonical: what their record is called where somebody is enrolled, else what the
	 * directory calls them */
	const char *name;
	const char *asked;          /* as it was spelt; only while `ready` runs */
	int64_t uid;                /* -1 where there is no account */
	struct policy_user who;     /* for the policy's questions */
	bool own;                   /* the account of the caller's uid, by that uid's own name */
	bool silent;                /* the directory could not say: only to who asked for SUBJECT_ANYWAY */
	struct user_record *record; /* this account's, as the reader sees it; NULL where there is none */
	/* under the name, and another account's: nobody inherits anything of it. NULL where there is none */
	struct user_record *former;
	/* that the person stands under, by this name or by another one of the same uid */
	struct user_lock lock;
	char locked_as[USER_NAME_SIZE]; /* the name of the record that it stands in */
	/* a locked record has this uid, and its name is no account of this uid any more */
	bool uid_was_anothers;
};

/* The name that a caller is known by in receipts and in the log: its account's, else "#UID". */
#define PEER_NAME_SIZE 257
void peer_name(const struct call *call, char name[PEER_NAME_SIZE]);

/* Whether the peer is this configured caller. */
bool peer_is_caller(const struct policy *policy, const struct peer *peer, const struct caller *caller);

/* Finds account and record of `user` (NULL: the caller's own), however it is spelt, and hands them to
 * `ready`, on the loop's thread, at once or later. Everything lives until `ready` returns. Where they can't
 * be found out the call is refused and `ready` doesn't run. The directory is asked for nobody but the
 * caller where the caller may act for nobody else: then `ready` gets the name as it was spelt, without an
 * account, and refuses. */
typedef void subject_ready(struct call *call, const struct subject *subject);
void subject_of(struct call *call, const char *user, subject_ready *ready);

/* The same for administrators' questions, which are about anybody. A name that no account can
 * have is refused. */
void subject_of_anybody(struct call *call, const char *user, subject_ready *ready);

/* The same for a verb that is already authorised, whose context goes along; `found` always runs, once. With
 * SUBJECT_ANYWAY a directory that doesn't answer in a short time is no reason to refuse: the name is taken as
 * it is spelt, and `silent` says so. */
enum subject_wait { SUBJECT_SURELY, SUBJECT_ANYWAY };
typedef void subject_found(void *context, enum stepup_error result, const struct subject *subject);
void subject_find(struct call *call, const char *user, enum subject_wait wait, subject_found *found,
	void *context);

/* What they find, of an account in hand, which is borrowed. `alias` is another name that the directory knows
 * the account by, or the same. Clear it. STEPUP_OK also where there is no record. Doesn't look for records
 * under other names of the account's uid. */
enum stepup_error subject_of_account(const struct call *call, const struct account *account,
	const char *alias, struct subject *subject);
void subject_clear(struct subject *subject);

/* What was enrolled under the name, whoever's it is; NULL where there is nothing. For what concerns the name
 * itself: administrators, locks, guesses. */
const struct user_record *subject_any_record(const struct subject *subject);

/* What is said of `former`: the name is another account's now, or no account's. */
const char *subject_former_notice(const struct subject *subject);

/* For the log: the name, with the id of the record that stands under it. */
struct log_subject subject_for_log(const struct subject *subject);

/* Whether the enrolled account is the one that the name means now: a reused name or uid inherits nothing. */
bool subject_uid_holds(const struct user_record *record, int64_t uid);

/* The same of a record that may never have had a credential: one that a lock made is of
 * whoever has its name. */
bool subject_owns(const struct user_record *record, int64_t uid);

/* Whether the caller may act for the subject in this action: its own account, or as the
 * configuration says. */
bool subject_allows(const struct call *call, const struct subject *subject, const char *action);

/* Whether the caller may ask about the subject: its own account, root, or a configured caller for this
 * user in any action. */
bool subject_may_be_asked(const struct call *call, const struct subject *subject);

/* Refuses in the words for `error` and `words`, whose policy is set here. `words` may be NULL. */
void refuse(struct call *call, enum stepup_error error, const struct words_facts *words);

/* Refuses in these words of a situation's own. */
void refuse_saying(struct call *call, enum stepup_error error, const char *sentence);

#endif
