/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One answer on its way to an outcome, inside the transaction that decides it. The frame (decide.c)
 * looks at what stands against it, charges limits and writes; a file per kind of factor holds the answer
 * against the record.
 * Layer: verifier/doors/answer/; included by decide.c and decide_*.c only.
 */
#ifndef STEPUP_VERIFIER_DECIDE_H
#define STEPUP_VERIFIER_DECIDE_H

#include "verifier/doors/answer/answer.h"
#include "verifier/doors/standing/requests.h"
#include "verifier/evidence/log_entry.h"

#define DECISION_SAID_SIZE 64

struct decision {
	struct store_session *session;
	struct answer *answer;
	const struct step_up *step_up;
	struct user_record *record;      /* NULL where the name has none */
	struct credential *credential;   /* that the answer is of; NULL where it is of none */
	struct log_key_proof proof;      /* keys: for the log; its evidence is owned */
	const char *why;                 /* in the log */
	const char *alert;               /* about `credential`; NULL for none */
	/* so many people's codes are off the same way; 0 for nothing to say */
	size_t clocks;
	int64_t off;                     /* and by so much this one, in seconds */
	char said[DECISION_SAID_SIZE];   /* that the alert says of it; "" for nothing */
	enum log_step step;              /* what the answer is accepted for */
	bool charged;                    /* something is to be written */
	bool suspended;                  /* codes were, by this very failure */
	bool locks;                      /* it goes over a limit whose rule locks the user */
};

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

/* What limits and a second person say to an answer that was right (decide_agreement.c): STEPUP_OK, charged,
 * and `answer->request` the one that is used up, if any; STEPUP_NEEDS_APPROVAL with the request that waits,
 * which is new where `step` is LOG_REQUEST; or a refusal. */
enum stepup_error decide_volume(struct decision *decision);

/* Whether the one who answered may agree to the step-up's request, which goes to `answer->request`. */
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

/* What the request says was earned, in place of what an answer does. */
void claim_earned(struct decision *decision);

/* Writes the request in its next state; before the entry of this step, whose index it notes. */
enum stepup_error write_request_step(struct decision *decision);

/* Ends the request as denied and locks who made it, after the entry of this step; an alert, where the one who
 * denies has locked too many. `answer->reference` is that of the lock, "" where there is none. */
enum stepup_error write_denial(struct decision *decision);

#endif
