/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whom a call is about: the account and the record behind a user's name, and whether it is the caller's own; and the one way in which
 * handlers refuse.
 * Layer: verifier/doors/.
 */
#ifndef STEPUP_VERIFIER_SUBJECT_H
#define STEPUP_VERIFIER_SUBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "verifier/server/call.h"
#include "verifier/rules/policy.h"
#include "verifier/state/user_record.h"
#include "verifier/rules/words.h"

struct subject {
	const char *name;           /* the directory's spelling where there is an account */
	int64_t uid;                /* -1 where there is no account */
	struct policy_user who;     /* for the policy's questions */
	bool own;                   /* the account of the caller's uid, by that uid's own name */
	struct user_record *record; /* as the reader sees it; NULL where there is none */
};

/* The name that a caller is known by in receipts and in the log: its account's, else "#UID". */
#define PEER_NAME_SIZE 257
void peer_name(const struct call *call, char name[PEER_NAME_SIZE]);

/* Whether the peer is this configured caller. */
bool peer_is_caller(const struct peer *peer, const struct caller *caller);

/* Finds account and record of `user` (NULL: the caller's own) and hands them to `ready`, on the loop's thread, at once or later. Everything
 * lives until `ready` returns. Where they can't be found out the call is refused and `ready` doesn't run. */
typedef void subject_ready(struct call *call, const struct subject *subject);
void subject_of(struct call *call, const char *user, subject_ready *ready);

/* What subject_of() finds, of an account in hand, which is borrowed; the record is the caller's to free. STEPUP_OK also where there is no record. */
enum stepup_error subject_of_account(const struct call *call, const struct account *account, struct subject *subject);

/* Whether the enrolled account is the one that the name means now: a reused name or uid inherits nothing. */
bool subject_uid_holds(const struct user_record *record, int64_t uid);

/* Whether the caller may act for the subject in this action: its own account, or as the configuration says. */
bool subject_allows(const struct call *call, const struct subject *subject, const char *action);

/* Whether the caller may ask about the subject: its own account, root, or a configured caller for this user in any action. */
bool subject_may_be_asked(const struct call *call, const struct subject *subject);

/* Refuses in the words for `error` and `words`, whose policy is set here. `words` may be NULL. */
void refuse(struct call *call, enum stepup_error error, const struct words_facts *words);

/* Refuses in these words of a situation's own. */
void refuse_saying(struct call *call, enum stepup_error error, const char *sentence);

#endif
