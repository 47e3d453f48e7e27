/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A step-up from Begin to its answer (DESIGN section 4): what is asked of whom (begin.c), what is decided in
 * one durable transaction (decide.c, with decide_code.c, decide_key.c and decide_fresh.c), and what
 * is said afterwards (answer.c).
 *
 * MUST, each held by a test:
 * - nobody acts for another user, or beyond the actions, unless the configuration names it; no
 *   rule, no step-up;
 * - somebody who can't succeed is asked like anybody else and refused like a wrong answer, with the
 *   same durable write;
 * - where nobody is known to be the user (begin_check.h), nothing is told before a right answer; that is
 *   spent, whatever it then hears;
 * - only what is well-formed is charged, and before it is compared; what was typed is never logged;
 * - nobody is told of a success before its log entry is on the disk; an internal error is never a success;
 * - a code, right once, is spent in the transaction that accepts it; what a key signed counts for the one
 *   step-up it was made for.
 * Layer: verifier/doors/answer/.
 */
#ifndef STEPUP_VERIFIER_ANSWER_H
#define STEPUP_VERIFIER_ANSWER_H

#include <stdint.h>

#include "verifier/doors/answer/approvers_now.h"
#include "verifier/doors/pending/question.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/factors/webauthn/key_answer.h"
#include "verifier/host/clock.h"
#include "verifier/rules/words/notices.h"
#include "verifier/server/call.h"
#include "verifier/state/store/commit_queue.h"
#include "verifier/state/store/store.h"
#include "verifier/verifier.h"

#define STEP_UP_ANSWERS_MAX 3     /* answers that one step-up takes */
#define STEP_UP_AMR_MAX 4

/* Handlers of Verify1.Answer, Claim and Cancel. */
void answer_step_up(struct call *call);
void answer_claim(struct call *call);
void answer_cancel(struct call *call);

/* What one answer is decided on, and what was decided. Made on the loop's thread; between submission and
 * `done` the writer's side has it. */
struct answer {
	/* given */
	struct call *call;
	struct verifier *verifier;
	struct step_up *step_up; /* ANSWERING: nobody frees it meanwhile */
	unsigned method;                 /* METHOD_CODE, METHOD_FRESH, or the way of a key */
	char code[9];
	struct key_answer key;           /* owned */
	/* METHOD_FRESH: what covers it; otherwise, once granted, what may cover later ones */
	struct fresh_grant fresh;
	bool budgeted;                   /* a key's: whether a wrong one may go into the log */
	bool claim;                      /* nothing was given: what the request has is used */
	struct agreed_list agreed;       /* who agreed to what it may use up */
	agreed_ready *agreed_ready;      /* goes on once that is known */
	/* decided */
	enum stepup_error outcome;       /* STEPUP_OK: granted */
	char reference[LOCK_REFERENCE_SIZE];
	const char *sentence;            /* a refusal's own words; NULL for those of its error */
	char told[NOTICE_OVER_SIZE];     /* room for one that isn't a literal */
	/* owned; that is made, waited for, agreed to or used up; NULL for none */
	struct approval_request *request;
	const struct limit *over;        /* of the step-up's policy */
	/* owned; labels of the keys that would have done, where another one was used */
	json_t *keys;
	int64_t tries_left, retry_after_seconds;
	int64_t now;                     /* of the decision, seconds since 1970 */
	int64_t log_index;
	int64_t version;                 /* of a grant: the record's, as it was saved with it */
	char credential[CREDENTIAL_ID_SIZE]; /* that earned it */
	enum factor_strength strength;   /* and as what, which a receipt says too */
	const char *acr;
	const char *amr[STEP_UP_AMR_MAX + 1]; /* NULL-terminated */
	struct receipt_row receipt;      /* where the rule has a service */
};

/* A commit_work on a struct answer. */
enum stepup_error answer_decide(struct store_session *session, void *job);

#endif
