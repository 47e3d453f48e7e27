/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One answer on its way to an outcome, inside the transaction that decides it. The frame (decide.c)
 * looks at what stands against it, charges limits and writes; a file per kind of factor holds the answer
 * against the record.
 * Layer: verifier/doors/answer/; included by its own files only.
 */
#ifndef STEPUP_VERIFIER_DECIDE_H
#define STEPUP_VERIFIER_DECIDE_H

#include <stdint.h>

#include "verifier/doors/answer/approvers_now.h"
#include "verifier/doors/answer/decide_steps.h"
#include "verifier/doors/pending/question.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/doors/standing/requests.h"
#include "verifier/evidence/log_entry.h"
#include "verifier/factors/webauthn/key_answer.h"
#include "verifier/host/clock.h"
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

/* A commit_work on a struct answer. */
enum stepup_error answer_decide(struct store_session *session, void *job);

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

/* Why this user can't succeed whatever the answer; NULL where it can. */
const char *hopeless_because(const struct decision *decision);

/* What was withheld at Begin, or stands against the user since, and nobody is told who has no right answer:
 * for the log. NULL for nothing. */
const char *withheld_because(const struct decision *decision);

/* Holds a code, a key's answer, or an earlier step-up that covers this one, against the record: STEPUP_OK
 * with `credential` set, or the refusal with `why`. Counters and guesses are moved on in the record, which
 * the frame writes, whichever way it went. */
enum stepup_error decide_code(struct decision *decision);
enum stepup_error decide_key(struct decision *decision);
enum stepup_error decide_fresh(struct decision *decision);

/* What limits and a second person say to an answer that was right (decide_limits.c): STEPUP_OK, charged, and
 * `decided->request` the one that is used up, if any; STEPUP_NEEDS_APPROVAL with the request that waits,
 * which is new if `step` is STEP_REQUEST; or a refusal. */
enum stepup_error decide_volume(struct decision *decision);

/* Charges what a second person agreed to: STEPUP_OVER_LIMIT if that goes over a hard limit. */
enum stepup_error decide_charge_approved(struct decision *decision);

/* `over-limit = lock`: whoever went over has proved to be the user. Part of the refusal's write. */
enum stepup_error decide_limits_lock(struct decision *decision);

/* What limits or the rule leave to a second person, `over` the limit or NULL: as decide_volume(). */
enum stepup_error decide_with_second_person(struct decision *decision, const struct limit *over);

/* Whether the one who answered may agree to the step-up's request, which goes to `decided->request`. */
enum stepup_error decide_agreement(struct decision *decision);

/* Whether they may deny it and lock who made it (decide_denial.c). */
enum stepup_error decide_denial(struct decision *decision);

/* What both look at: the request as it is now, in one of these states, and as it was shown; then whether they
 * are another person than made it, by a credential that is old enough. */
#define REQUEST_BIT(state) (1U << (state))
enum stepup_error decide_request(struct decision *decision, unsigned states);
enum stepup_error decide_second_person(struct decision *decision);

/* In place of an answer: whether what was proved for the request that the step-up waits for may be used
 * now; as decide_volume(). */
enum stepup_error decide_claim(struct decision *decision);

/* Ends the request as denied and locks who made it, after the entry of this step; an alert, where the one who
 * denies has locked too many. `decided->reference` is that of the lock, "" where there is none. */
enum stepup_error write_denial(struct decision *decision);

#endif
