/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One answer on its way to an outcome, and what every part of its decision needs. What is decided stands in
 * decide.h.
 * Layer: verifier/doors/answer/; included by its own files only.
 */
#ifndef STEPUP_VERIFIER_DECISION_H
#define STEPUP_VERIFIER_DECISION_H

#include <stdbool.h>
#include <stdint.h>

#include "verifier/doors/answer/approvers_now.h"
#include "verifier/doors/answer/decide_steps.h"
#include "verifier/doors/pending/question.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/doors/standing/requests.h"
#include "verifier/evidence/log_entry.h"
#include "verifier/factors/webauthn/key_answer.h"
#include "verifier/host/clock.h"
#include "verifier/rules/limits/limits.h"
#include "verifier/rules/words/notices.h"
#include "verifier/server/call.h"
#include "verifier/state/store/commit_queue.h"
#include "verifier/state/store/store.h"
#include "verifier/verifier.h"

#define STEP_UP_ANSWERS_MAX 3     /* answers that one step-up takes */
#define STEP_UP_AMR_MAX 4
#define DECISION_SAID_SIZE 64

/* What the caller handed in, and what it is an answer to. */
struct answer_given {
	struct call *call;
	struct verifier *verifier;
	struct step_up *step_up;         /* ANSWERING: nobody frees it meanwhile */
	const struct asked *asked;       /* of it */
	unsigned method;                 /* METHOD_CODE, METHOD_FRESH, or the way of a key */
	char code[9];
	struct key_answer key;           /* owned */
	struct fresh_grant covers;       /* METHOD_FRESH: the earlier step-up that covers this one */
	bool budgeted;                   /* a key's: whether a wrong one may go into the log */
	bool claim;                      /* nothing was given: what the request has is used */
};

/* What came of it, inside the transaction. */
struct answer_decided {
	enum stepup_error outcome;       /* STEPUP_OK: granted */
	enum step step;                  /* what a right answer is accepted for */
	char reference[LOCK_REFERENCE_SIZE];
	const char *sentence;            /* a refusal's own words; NULL for those of its error */
	char told[NOTICE_OVER_SIZE];     /* room for one that isn't a literal */
	/* owned; that is made, waited for, agreed to or used up; NULL for none */
	struct approval_request *request;
	const struct limit *over;        /* of the step-up's policy */
	/* owned; labels of the keys that would have done, if another one was used */
	json_t *keys;
	int64_t tries_left, retry_after_seconds;
	int64_t now;                     /* of the decision, seconds since 1970 */
	int64_t log_index;               /* of the entry that was written; -1 for none */
	struct grant grant;              /* once granted */
	/* the same, with how the person proved to be the one: what may cover later step-ups */
	struct fresh_grant fresh;
	const char *acr;
	const char *amr[STEP_UP_AMR_MAX + 1]; /* NULL-terminated */
	struct receipt_row receipt;      /* if the rule has a service */
};

/* One answer. Made on the loop's thread; between submission and `done` the writer's side has it. */
struct answer {
	struct answer_given given;
	struct approvers_now approvers;  /* of what it may use up */
	struct answer_decided decided;
};

struct decision {
	struct store_session *session;
	const struct answer_given *given;
	const struct approvers_now *approvers;
	struct answer_decided *decided;
	const struct step_up *step_up;
	const struct asked *asked;       /* of it */
	struct user_record *record;      /* NULL where the name has none */
	struct credential *credential;   /* that the answer is of; NULL where it is of none */
	struct log_key_proof proof;      /* keys: for the log; its evidence is owned */
	const char *why;                 /* in the log */
	const char *alert;               /* about `credential`; NULL for none */
	/* so many people's codes are off the same way; 0 for nothing to say */
	size_t clocks;
	int64_t off;                     /* and by so much this one, in seconds */
	char said[DECISION_SAID_SIZE];   /* that the alert says of it; "" for nothing */
	bool charged;                    /* something is to be written */
	bool suspended;                  /* codes were, by this very failure */
	bool locks;                      /* it goes over a limit whose rule locks the user */
};

/* Notes why for the log, and the refusal's own words (NULL for those of its error); returns the error. */
enum stepup_error decide_refuse(struct decision *decision, enum stepup_error error, const char *why,
	const char *sentence);

/* Whom the log names: as the step-up does, with the record's id if there is one. */
struct log_subject decision_about(const struct decision *decision);

/* Appends an entry that commits to the action, with what it commits to in the erasable table; the person's
 * own words for a second person, too, if `reason` says so. Takes the entry over. */
enum stepup_error decision_append(struct decision *decision, json_t *entry, bool reason, int64_t *index);

/* Whether the user's own record is locked, in this transaction. */
bool decision_is_locked(const struct decision *decision);

/* What the step-up is held against its rule's limits as. */
struct usage decision_usage(const struct decision *decision);

/* Why this user can't succeed whatever the answer; NULL where it can. */
const char *hopeless_because(const struct decision *decision);

/* What was withheld at Begin, or stands against the user since, and nobody is told who has no right answer:
 * for the log. NULL for nothing. */
const char *withheld_because(const struct decision *decision);

#endif
