/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What people are told at the doors when something was done, and refusals that belong to one situation:
 * refusals.c has the general ones.
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

/* Literals. */
const char *notice_ask(void);                /* the question for a code */
const char *notice_ask_touch(void);          /* the same where only a key will do */
const char *notice_key_label(void);          /* what a key is called that nobody named */
const char *notice_answering(void);          /* a second answer while one is being checked */
const char *notice_bad_authorization(void);  /* an administrator's verb without its step-up */
const char *notice_no_such_credential(void);
const char *notice_last_credential(void);
const char *notice_removed(void);
const char *notice_enrolment_needs(void);    /* neither invitation nor authorization */
const char *notice_bad_invitation(void);
/* and perhaps done: an answer of the verifier's may have been lost */
const char *notice_enrolment_over(void);
const char *notice_secret_known(void);
const char *notice_key_out_of_reach(void);   /* none of the client's ways leads to a key of that type here */
const char *notice_key_known(void);
const char *notice_model_denied(void);
const char *notice_key_too_strong(void);     /* it would earn more than what authorised it */
const char *notice_bad_key(void);            /* what a new key made isn't what it was asked for */
const char *notice_too_many_credentials(void);
const char *notice_other_account(void);      /* the name belongs to another account now */
const char *notice_absent_account(void);     /* something is enrolled, and the name has no account just now */
const char *notice_impossible_name(void);
const char *notice_impossible_account(void); /* to somebody who signs in by it */
const char *notice_directory_silent(void);   /* nothing stands under exactly that name */
const char *notice_initialised(void);        /* Init a second time */
const char *notice_not_locked(void);
const char *notice_not_yourself(void);       /* unlocking one's own account */
const char *notice_not_your_lock(void);      /* unlocking whom one locked oneself */
/* unlocking with what the locked, or the locker, holds too */
const char *notice_no_second_administrator(void);
const char *notice_not_frozen(void);
const char *notice_unfreezable(void);
const char *notice_nobody(void);             /* no record of that name */
const char *notice_own_request(void);        /* why somebody can't agree to a request */
const char *notice_same_account(void);
const char *notice_shared_key(void);
const char *notice_same_session(void);
const char *notice_new_key(void);
const char *notice_no_such_request(void);    /* nor one that the person could agree to */
/* The reason in the log where a key contradicts its enrolment. */
#define NOTICE_WHY_BACKUP \
	"it says that it can be backed up, and said otherwise at enrolment, or the other way round"
/* "right for a clock 90 s behind", for the log. */
void notice_clock(int64_t off, char *text, size_t size);
/* The same as a sentence, for whoever enrolls: they hold the secret. */
void notice_clock_enrols(int64_t off, char *text, size_t size);
const char *notice_key_changed(void);
const char *notice_request_changed(void);    /* the words, or the rule */
/* of this person, open or taken back, or unanswered ones from this place */
const char *notice_many_requests(void);
const char *notice_cancelled(void);
const char *notice_claim_late(void);         /* a claim long after that */

/* Sentences about something; the caller frees. NULL where there is no memory. */
char *notice_granted(const char *prompt);
enum notice_proof { NOTICE_PROOF_CODE, NOTICE_PROOF_TOUCH }; /* what proves a new credential */
char *notice_enrol_prompt(const char *user, const char *label, enum notice_proof proof);
char *notice_enrolled(const char *label, enum notice_proof proof, int64_t cooling_seconds);
char *notice_locked(const struct locked_user *users, size_t count); /* notices_locked.c */
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
 * for not known). notices_over.c. */
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
char *notice_invited(const struct invited_facts *facts); /* notices_invited.c */

/* What an event is about; texts come from the log, and NULL stands for none. */
/* What is wrong with a row of the store, without a full stop; the caller frees. */
char *notice_store_wrong(const struct store_wrong *wrong);

struct event_words {
	const char *user, *action, *reference, *why;
	int64_t count; /* of those held back: 0 where this is the first */
};
/* One sentence for people who are alerted: what happened, and what to do; of an unknown kind, its name;
 * notices_alert.c. */
char *notice_alert(const char *kind, const struct event_words *words);

#endif
