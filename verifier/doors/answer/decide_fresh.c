/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decision where nobody was asked: an earlier step-up of the same person, for the same rule, in the same
 * sitting, covers this one.
 * MUST: take nothing from memory but which grant it was; what earned it has to be live and as strong as is
 * required now, in this transaction, and nothing that ends what is fresh may lie between that grant and this
 * transaction, done with or not.
 */
#include "verifier/doors/answer/decide.h"

#include "verifier/doors/standing/locks.h"

/* Whether something ended it since, or the clock was set a moment ago and nobody noticed yet. */
static enum stepup_error look_since(const struct decision *decision)
{
	const struct fresh_grant *fresh = &decision->given->covers;
	const struct asked *asked = decision->asked;
	const char *action = asked->action->name;
	bool frozen = false;
	enum stepup_error error = freeze_look_since(decision->session, action, fresh->log_index, &frozen);

	if (error != STEPUP_OK)
		return error;
	if (frozen || fresh->version < decision->record->fresh_from ||
		decision->decided->now - fresh->at > asked->rule->fresh_for_seconds)
		return STEPUP_BAD_ANSWER;
	return STEPUP_OK;
}

enum stepup_error decide_fresh(struct decision *decision)
{
	const struct answer_given *given = decision->given;
	const struct answer_decided *decided = decision->decided;
	const struct step_up *step_up = decision->step_up;
	const struct asked *asked = decision->asked;
	struct credential *credential;
	enum stepup_error error;

	decision->why = hopeless_because(decision);
	if (decision->why != NULL)
		return STEPUP_BAD_ANSWER;
	credential = user_record_credential(decision->record, given->covers.credential);
	decision->why = "no longer fresh";
	error = look_since(decision);
	if (error != STEPUP_OK)
		return error;
	if (credential == NULL || credential->state != CREDENTIAL_LIVE ||
	    credential_strength(step_up->policy, credential,
		    decided->now) < asked->question->requirement.strength)
		return STEPUP_BAD_ANSWER;
	decision->credential = credential;
	decision->charged = true;
	return STEPUP_OK;
}
