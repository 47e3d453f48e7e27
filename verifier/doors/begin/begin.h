/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The beginning of a step-up (DESIGN section 4): what is asked of whom.
 *
 * MUST, each held by a test:
 * - nobody acts for another user, or beyond the actions, unless the configuration names it; no rule, no
 *   step-up;
 * - somebody who can't succeed is asked like anybody else;
 * - where nobody is known to be the user (begin_check.h), nothing is told before a right answer.
 * Layer: verifier/doors/begin/.
 */
#ifndef STEPUP_VERIFIER_BEGIN_H
#define STEPUP_VERIFIER_BEGIN_H

#include "verifier/server/call.h"

/* Handler of Verify1.Begin and Approve. */
void begin_step_up(struct call *call);

#endif
