/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refusals of step-ups that were begun, put into the log; see refusal_log.h.
 * Layer: verifier/doors/pending/.
 */
#ifndef STEPUP_VERIFIER_STEP_UP_REFUSALS_H
#define STEPUP_VERIFIER_STEP_UP_REFUSALS_H

#include "verifier/doors/calls/refusal_log.h"
#include "verifier/doors/pending/step_ups.h"

/* Logs that what a step-up was begun for was refused, within the budget. `verifier` is a
 * struct verifier. */
void step_up_refused(void *verifier, const struct step_up *step_up, enum stepup_error error,
	const char *why);

/* Logs that a step-up is about to end unanswered, where it was begun for what only a key can approve:
 * whoever has a password and no key comes so far. Of any other it does nothing. `verifier` is a struct
 * verifier; for step_ups_watch(). */
void step_up_unanswered(void *verifier, const struct step_up *step_up);

#endif
