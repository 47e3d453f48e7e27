/* SPDX-License-Identifier: BSD-2-Clause */
/* Refusals of step-ups that were begun; see step_up_refusals.h. */
#include "verifier/doors/pending/step_up_refusals.h"

#include "verifier/doors/pending/question.h"
#include "verifier/evidence/alerts/event.h"

void step_up_refused(void *verifier, const struct transaction *transaction, enum stepup_error error,
	const char *why)
{
	const struct log_subject subject = transaction_subject(transaction);
	const struct refused_step_up refused = {
		.uid = transaction->uid,
		.caller = transaction->caller,
		.prompt = transaction->prompt,
		.rhost = transaction->rhost,
		.action = transaction->action,
	};

	refusal_log_begun(verifier, &subject, &refused, error, why);
}

void step_up_unanswered(void *verifier, const struct transaction *transaction)
{
	if (transaction->action == NULL || transaction->approves || transaction->state != TRANSACTION_ASKED ||
	    transaction->answers > 0 || transaction->question == NULL ||
	    (transaction->question->methods & ~(unsigned)METHODS_OF_KEYS) != 0)
		return;
	step_up_refused(verifier, transaction, STEPUP_EXPIRED, EVENT_WHY_UNANSWERED);
}
