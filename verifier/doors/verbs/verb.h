/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One verb that changes something, from its authorization to its answer: what all of them have in common.
 * Each verb has a struct of its own, which begins with a struct verb, and a row that says what it is.
 * Layer: verifier/doors/verbs/.
 */
#ifndef STEPUP_VERIFIER_VERB_H
#define STEPUP_VERIFIER_VERB_H

#include "verifier/doors/calls/subject.h"
#include "verifier/doors/verbs/authorization.h"
#include "verifier/rules/words/notices.h"
#include "verifier/server/call.h"
#include "verifier/state/store/store.h"

struct verb;

/* What a verb is. */
struct verb_kind {
	/* that its step-up is for, a literal; NULL: root or the owner does it without one */
	const char *action;
	size_t size;         /* of the verb's own struct */
	bool is_carried_out; /* before the transaction, which only writes that down */
	/* verb_about()'s, once it is known whom the call names: takes the verb over, and submits or frees it.
	 * NULL: it is submitted. */
	void (*named)(struct verb *verb, const struct subject *subject);
	/* In the transaction; an error undoes all of it. */
	enum stepup_error (*work)(struct store_session *session, struct verb *verb);
	/* After the commit: answers the call. */
	void (*reply)(struct verb *verb);
	/* Frees what the verb's own members hold; NULL: they hold nothing. */
	void (*release)(struct verb *verb);
};

struct verb {
	const struct verb_kind *kind;
	struct call *call;
	struct verifier *verifier;
	bool authorized;             /* else by root or by the owner: `by` says */
	struct authorization authorization;
	char by[USER_NAME_SIZE];
	uint8_t by_id[USER_ID_SIZE]; /* of `by`, if the verb looked at that record; else zeros */
	struct log_actor actor;      /* of either; set before `work` runs */
	int64_t now;                 /* of the transaction */
	/* Whom the verb is about; copied from the call. */
	char user[USER_NAME_SIZE];
	int64_t uid;                 /* of the user's account, -1 for none */
	bool silent;                 /* the directory could not say whether there is one */
	/* What came of it. */
	const char *objection;       /* the sentence, if the verb refuses for a reason of its own … */
	/* … and that reason in a few words for the log, a literal, if it is for the log:
	 * refusal_is_for_log() */
	const char *why;
	/* of what it locked or froze, or of what refused it; "" for none */
	char reference[LOCK_REFERENCE_SIZE];
	int64_t log;                 /* index of its entry */
};

/* A fresh verb of its kind's size, all zeros behind the struct verb; NULL: there is no memory, and the call
 * has been refused. */
void *verb_new(struct call *call, const struct verb_kind *kind);

/* Spends the call's authorization for the verb's action with these details (taken over); false: the call has
 * been refused and the verb is gone. */
bool verb_authorize(struct verb *verb, json_t *details);

/* The same, if it is this user who was granted it, and not whoever calls. */
bool verb_authorize_by(struct verb *verb, const char *user, json_t *details);

/* Hands the verb to the queue; it answers the call, and frees itself. */
void verb_submit(struct verb *verb);

/* Wipes, frees, sets NULL. */
void verb_free(struct verb **verb);

/* Refuses the call with a sentence, and the verb is gone; false. */
bool verb_object(struct verb *verb, const char *sentence);

/* Goes on about the user that the call names: refuses a name that no account can have, spends the
 * authorization for these details (taken over) if the verb has an action, and looks the name up. The kind's
 * `named` then gets the verb, which holds the canonical name and the account's uid by then. If that can't
 * be, the call is refused and the verb is gone. */
void verb_about(struct verb *verb, enum subject_wait wait, json_t *details);

/* Copies a user's name into the verb; false if it is too long or empty: the call has been refused and the
 * verb is gone. */
bool verb_user(struct verb *verb, const char *user);

/* The call's `reason`, safe to show, "" for none; borrowed from the call. False if it isn't safe: the call
 * has been refused and the verb is gone. */
bool verb_reason(struct verb *verb, const char **reason);

/* Appends an entry (taken over; NULL: no memory) and notes its index. */
enum stepup_error verb_log(struct store_session *session, struct verb *verb, json_t *entry);

/* Replies {"log":…,"message":…}; frees the message. */
void verb_reply_log(struct verb *verb, char *message);

/* Replies {"reference":…,"message":…}; frees the message. */
void verb_reply_reference(struct verb *verb, char *message);

#endif
