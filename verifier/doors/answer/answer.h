/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What comes of a step-up that was begun (DESIGN section 4): what is decided in one durable transaction
 * (decide.c and the other decide_*.c), and what is said afterwards (answer.c).
 *
 * MUST, each held by a test:
 * - somebody who can't succeed is refused like a wrong answer, with the same durable write;
 * - what was right is spent, whatever it then hears;
 * - only what is well-formed is charged, and before it is compared; what was typed is never logged;
 * - nobody is told of a success before its log entry is on the disk; an internal error is never a success;
 * - a code, right once, is spent in the transaction that accepts it; what a key signed counts for the one
 *   step-up it was made for.
 * Layer: verifier/doors/answer/.
 */
#ifndef STEPUP_VERIFIER_ANSWER_H
#define STEPUP_VERIFIER_ANSWER_H

#include "verifier/server/call.h"

/* Handlers of Verify1.Answer, Claim and Cancel. */
void answer_step_up(struct call *call);
void answer_claim(struct call *call);
void answer_cancel(struct call *call);

#endif
