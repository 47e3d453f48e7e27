/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What people are told at the doors when something was done, and refusals that belong to one situation:
 * refusals.c has the general ones. notices_fixed.c has the sentences that need no value, notices.c those with
 * values, notices_about.c those about an invitation, locks and the store, alerts.c those for people who are
 * alerted.
 * Layer: verifier/rules/words/.
 */
#ifndef STEPUP_VERIFIER_NOTICES_H
#define STEPUP_VERIFIER_NOTICES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verifier/rules/policy/policy.h"
#include "verifier/state/records/approval_request.h"
#include "verifier/state/records/user_record.h"
#include "verifier/state/store/store.h"

/* One of those whom a verb locked. */
struct locked_user {
	const char *asked;           /* as it was spelt */
	char user[USER_NAME_SIZE];   /* canonical */
	int64_t uid;                 /* -1 where there is no account */
	bool known;                  /* has an account, or something stands under the name */
	bool silent;                 /* the directory could not say */
	char reference[LOCK_REFERENCE_SIZE];
	bool enrolled; /* has, or had, something */
	char before[USER_NAME_SIZE]; /* who had locked them before, under that reference; "" for nobody */
};

/* Sentences that stand by themselves. */
enum notice {
	/* Literals. */
	NOTICE_ASK, /* the question for a code */
	NOTICE_ASK_TOUCH, /* the same where only a key will do */
	NOTICE_KEY_LABEL, /* what a key is called that nobody named */
	NOTICE_ANSWERING, /* a second answer while one is being checked */
	NOTICE_BAD_AUTHORIZATION, /* an administrator's verb without its step-up */
	NOTICE_NO_SUCH_CREDENTIAL,
	NOTICE_LAST_CREDENTIAL,
	NOTICE_REMOVED,
	NOTICE_ENROLMENT_NEEDS, /* neither invitation nor authorization */
	NOTICE_BAD_INVITATION,
	/* and perhaps done: an answer of the verifier's may have been lost */
	NOTICE_ENROLMENT_OVER,
	NOTICE_SECRET_KNOWN,
	NOTICE_KEY_OUT_OF_REACH, /* none of the client's ways leads to a key of that type here */
	NOTICE_KEY_KNOWN,
	NOTICE_MODEL_DENIED,
	NOTICE_KEY_TOO_STRONG, /* it would earn more than what authorised it */
	NOTICE_BAD_KEY, /* what a new key made isn't what it was asked for */
	NOTICE_TOO_MANY_CREDENTIALS,
	NOTICE_OTHER_ACCOUNT, /* the name belongs to another account now */
	NOTICE_ABSENT_ACCOUNT, /* something is enrolled, and the name has no account just now */
	NOTICE_IMPOSSIBLE_NAME,
	NOTICE_IMPOSSIBLE_ACCOUNT, /* to somebody who signs in by it */
	NOTICE_DIRECTORY_SILENT, /* nothing stands under exactly that name */
	NOTICE_INITIALISED, /* Init a second time */
	NOTICE_NOT_LOCKED,
	NOTICE_NOT_YOURSELF, /* unlocking one's own account */
	NOTICE_NOT_YOUR_LOCK, /* unlocking whom one locked oneself */
	/* unlocking with what the locked, or the locker, holds too */
	NOTICE_NO_SECOND_ADMINISTRATOR,
	NOTICE_NOT_FROZEN,
	NOTICE_UNFREEZABLE,
	NOTICE_NOBODY, /* no record of that name */
	NOTICE_OWN_REQUEST, /* why somebody can't agree to a request */
	NOTICE_SAME_ACCOUNT,
	NOTICE_SHARED_KEY,
	NOTICE_SAME_SESSION,
	NOTICE_NEW_KEY,
	NOTICE_NO_SUCH_REQUEST, /* nor one that the person could agree to */
	NOTICE_KEY_CHANGED,
	NOTICE_REQUEST_CHANGED, /* the words, or the rule */
	/* of this person, open or taken back, or unanswered ones from this place */
	NOTICE_MANY_REQUESTS,
	NOTICE_CANCELLED,
	NOTICE_CLAIM_LATE, /* a claim long after that */
	NOTICE_COUNT
};
const char *notice_text(enum notice notice);

/* The reason in the log where a key contradicts its enrolment. */
#define NOTICE_WHY_BACKUP \
	"it says that it can be backed up, and said otherwise at enrolment, or the other way round"
/* "right for a clock 90 s behind", for the log. */
void notice_clock(int64_t off, char *text, size_t size);
/* The same as a sentence, for whoever enrolls: they hold the secret. */
void notice_clock_enrols(int64_t off, char *text, size_t size);

/* Sentences about something; the caller frees. NULL where there is no memory. */
char *notice_granted(const char *prompt);
enum notice_proof { NOTICE_PROOF_CODE, NOTICE_PROOF_TOUCH }; /* what proves a new credential */
char *notice_enrol_prompt(const char *user, const char *label, enum notice_proof proof);
char *notice_enrolled(const char *label, enum notice_proof proof, int64_t cooling_seconds);
char *notice_locked(const struct locked_user *users, size_t count);
char *notice_locked_me(const char *reference, const char *help);
char *notice_unlocked(const char *user);
/* not `ruled`: the policy has no rule about it */
char *notice_frozen(const char *action, const char *reference, bool ruled);
/* `still`: what freezes it as well, "" for nothing */
char *notice_thawed(const char *action, const char *still);
char *notice_not_reloaded(const char *why); /* `why`: lines about the configuration */
char *notice_approved(const char *user, const char *prompt);
char *notice_lock_prompt(const char *user, const char *prompt); /* instead of the request's prompt */
char *notice_denied(const char *user);
char *notice_denied_and_locked(const char *user, const char *reference);
char *notice_denied_only(const char *user); /* who denied has locked too many */
char *notice_waiting(const struct approval_request *request, const json_t *approvers);
char *notice_request_state(const struct approval_request *request);
char *notice_revoked(const char *user, int64_t count, int64_t left);
char *notice_withdrawn(const char *user);

/* What became of a request that is over, by what it is by now; and of one that nothing can come of, why (""
 * for not known). */
#define NOTICE_OVER_SIZE 512
void notice_request_over(const struct approval_request *request, enum request_state standing,
	char text[NOTICE_OVER_SIZE]);
void notice_request_void(const char *why, char text[NOTICE_OVER_SIZE]);

/* What is to be said of somebody who is invited, beside that. */
struct invited_facts {
	const char *user;
	int64_t hours;
	bool excused;                        /* what they enrol on the first day needn't cool off */
	bool stranger;                    /* this host has no account of that name: it may be mistyped */
	/* to administer, and no rule of this policy lets them; else NULL */
	const struct policy *powerless_in;
};
char *notice_invited(const struct invited_facts *facts);

/* What is wrong with a row of the store, without a full stop; the caller frees. */
char *notice_store_wrong(const struct store_wrong *wrong);

/* What an event is about; texts come from the log, and NULL stands for none. */
struct event_words {
	const char *user, *action, *reference, *why;
	int64_t count; /* of those held back: 0 where this is the first */
};
/* One sentence for people who are alerted: what happened, and what to do; of an unknown kind, its name. */
char *notice_alert(const char *kind, const struct event_words *words);
bool alert_has_sentence(const char *kind);

/* The first row whose text is malformed, or which names a value that nobody sets; NULL if there is none. */
const char *notice_row_fault(void);
const char *notice_about_row_fault(void);
const char *alert_row_fault(void);

#endif
