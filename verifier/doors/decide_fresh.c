/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decision where nobody was asked: an earlier step-up of the same person, for the same rule, in the same sitting, covers this one.
 * MUST: take nothing from memory but which grant it was; what earned it has to be live and as strong as is required now, in this transaction.
 */
#include "verifier/doors/decision.h"

enum stepup_error decide_fresh(struct decision *decision)
{
	const struct answer *answer = decision->answer;
	const struct transaction *transaction = decision->transaction;
	struct credential *credential;

	decision->why = hopeless_because(decision);
	if (decision->why != NULL)
		return STEPUP_BAD_ANSWER;
	credential = user_record_credential(decision->record, answer->fresh.credential);
	decision->why = "no longer fresh";
	/* The clock may have been set a moment ago, and nobody noticed yet. */
	if (answer->now - answer->fresh.at > transaction->rule->fresh_for_seconds)
		return STEPUP_BAD_ANSWER;
	if (credential == NULL || credential->state != CREDENTIAL_LIVE ||
	    credential_strength(transaction->policy, credential, answer->now) < transaction->question->requirement.strength)
		return STEPUP_BAD_ANSWER;
	decision->credential = credential;
	decision->charged = true;
	return STEPUP_OK;
}
