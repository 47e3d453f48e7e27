/* SPDX-License-Identifier: BSD-2-Clause */
/* Refusals of step-ups that were begun; see step_up_refusals.h. */
#include "verifier/doors/pending/step_up_refusals.h"

#include "verifier/doors/pending/question.h"
#include "verifier/evidence/alerts/event.h"

void step_up_refused(void *verifier, const struct step_up *step_up, enum stepup_error error,
	const char *why)
{
	const struct log_subject subject = step_up_log_subject(step_up);
	const struct asked *asked = step_up_asked(step_up);
	const struct refused_step_up refused = {
		.uid = step_up->uid,
		.caller = step_up->caller,
		.prompt = asked->prompt,
		.rhost = asked->rhost,
		.action = asked->action,
	};

	refusal_log_begun(verifier, &subject, &refused, error, why);
}

void step_up_unanswered(void *verifier, const struct step_up *step_up)
{
	const struct asked *asked = step_up_asked(step_up);

	if (step_up->kind != STEP_UP_FOR_ACTION || step_up->state != STEP_UP_ASKED || step_up->answers > 0 ||
	    asked->action == NULL || asked->question == NULL ||
	    (asked->question->methods & ~(unsigned)METHODS_OF_KEYS) != 0)
		return;
	step_up_refused(verifier, step_up, STEPUP_EXPIRED, EVENT_WHY_UNANSWERED);
}
