/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One verb that changes something, from its authorization to its answer: what all of them have in common. A
 * verb fills in what it needs, says what to do in the transaction and what to say after it.
 * Layer: verifier/doors/verbs/.
 */
#ifndef STEPUP_VERIFIER_VERB_H
#define STEPUP_VERIFIER_VERB_H

#include "verifier/doors/calls/subject.h"
#include "verifier/doors/standing/invitation.h"
#include "verifier/doors/verbs/authorization.h"
#include "verifier/rules/words/notices.h"
#include "verifier/server/call.h"
#include "verifier/state/store/store.h"

struct verb_job {
	struct call *call;
	struct verifier *verifier;
	const char *action;          /* of the verb, a literal */
	bool authorized;             /* else by root or by the owner: `by` says */
	struct authorization authorization;
	char by[USER_NAME_SIZE];
	uint8_t by_id[USER_ID_SIZE]; /* of `by`, where the verb looked at that record; else zeros */
	struct log_actor actor;      /* of either; set before `work` runs */
	int64_t now;                 /* of the transaction */
	/* What the verb is about; copied from the call. */
	char user[USER_NAME_SIZE];
	int64_t uid;                 /* of the user's account, -1 for none */
	char target[ACTION_NAME_SIZE]; /* an action or a credential */
	const char *reason;          /* of the call's parameters; "" for none */
	bool again;
	bool sole;                   /* nobody else could carry this verb out */
	bool excused;                /* what the invitation enrols needn't cool off */
	bool stranger;               /* this host has no account of the user's name */
	bool silent;                 /* the directory could not say whether there is one */
	bool powerless;              /* no rule of the policy lets the user administer */
	void (*named)(struct verb_job *job, const struct subject *subject); /* verb_job_about()'s */
	bool carried_out;            /* before the transaction, which only writes that down */
	uint8_t digest[DIGEST_SIZE];
	/* What came of it. */
	const char *objection;       /* the sentence, where the verb refuses for a reason of its own … */
	/* … and that reason in a few words for the log, a literal, where it is for the log:
	 * refusal_is_for_log() */
	const char *why;
	/* of what it locked or froze, or of what refused it; "" for none */
	char reference[LOCK_REFERENCE_SIZE];
	/* what freezes the target as well: "customer.* (F-83)"; "" for nothing */
	char still[ACTION_NAME_SIZE + LOCK_REFERENCE_SIZE + 3];
	char told[NOTICE_OVER_SIZE]; /* room for an objection that isn't a literal */
	struct locked_user *locked;  /* owned; NULL for other verbs */
	size_t locked_count;
	char invitation[INVITATION_TEXT_SIZE];
	int64_t expires, log, count, left;
	/* In the transaction; an error undoes all of it. */
	enum stepup_error (*work)(struct store_session *session, struct verb_job *job);
	/* After the commit: answers the call. */
	void (*reply)(struct verb_job *job);
};

/* A fresh job; NULL where there is no memory, and then the call has been refused. */
struct verb_job *verb_job_new(struct call *call, const char *action);

/* Spends the call's authorization for the job's action with these details (taken over); false: the call has
 * been refused and the job is gone. */
bool verb_job_authorize(struct verb_job **job, json_t *details);

/* Hands the job to the queue; it answers the call, and frees itself. */
void verb_job_submit(struct verb_job *job);

/* Wipes, frees, sets NULL. */
void verb_job_free(struct verb_job **job);

/* Goes on about the user that the call names: refuses a name that no account can have, spends the
 * authorization for these details (taken over), where the job has an action, and looks the name up. `named`
 * takes the job over, which holds the canonical name and the account's uid by then, and submits or frees it.
 * Where that can't be, the call is refused and the job goes. */
void verb_job_about(struct verb_job *job, enum subject_wait wait, json_t *details,
	void (*named)(struct verb_job *job, const struct subject *subject));

/* Copies a user's name into the job; false where it is too long or empty: the call has been refused and
 * the job is gone. */
bool verb_job_user(struct verb_job **job, const char *user);

/* The call's `reason`, safe to show, into the job; false where it isn't: the call has been refused and
 * the job is gone. */
bool verb_job_reason(struct verb_job **job);

/* Appends an entry (taken over; NULL: no memory) and notes its index. */
enum stepup_error verb_job_log(struct store_session *session, struct verb_job *job, json_t *entry);

/* Replies {"log":…,"message":…}; frees the message. */
void verb_job_reply_log(struct verb_job *job, char *message);

/* Replies {"reference":…,"message":…}; frees the message. */
void verb_job_reply_reference(struct verb_job *job, char *message);

#endif
