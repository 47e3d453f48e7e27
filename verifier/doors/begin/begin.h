/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The beginning of a step-up: what is asked of whom; what it must hold stands in step_up.h.
 * Layer: verifier/doors/begin/.
 */
#ifndef STEPUP_VERIFIER_BEGIN_H
#define STEPUP_VERIFIER_BEGIN_H

#include "verifier/server/call.h"

/* Handler of Verify1.Begin and Approve. */
void begin_step_up(struct call *call);

#endif
