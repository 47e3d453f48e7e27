/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the limits say to an answer that was right: whether it may be done at once, is refused, locks the
 * user, or takes a second person.
 * MUST: let a hard limit pass for nobody, whoever agreed.
 */
#include "verifier/doors/answer/decide.h"

#include <string.h>

#include "verifier/doors/standing/locks.h"
#include "verifier/rules/limits/limits.h"

/* What going over a limit means by itself: STEPUP_OK if nothing was gone over, or a second person may agree
 * to it. */
static enum stepup_error judge_over(struct decision *decision)
{
	const struct rule *rule = decision->asked->rule;
	const struct limit *over = decision->decided->over;

	if (over == NULL)
		return STEPUP_OK;
	decision->why = "over the limit";
	if (limit_is_hard(rule, over) || rule->over_limit == OVER_LIMIT_DENY)
		return STEPUP_OVER_LIMIT;
	decision->locks = rule->over_limit == OVER_LIMIT_LOCK;
	return decision->locks ? STEPUP_LOCKED : STEPUP_OK;
}

enum stepup_error decide_volume(struct decision *decision)
{
	const struct rule *rule = decision->asked->rule;
	struct answer_decided *decided = decision->decided;
	struct usage usage = decision_usage(decision);
	enum stepup_error error = limits_look(&usage, decision->record, &decided->over, NULL);

	if (error == STEPUP_OK)
		error = judge_over(decision);
	if (error != STEPUP_OK)
		return error;
	if (decided->over == NULL && !rule->always_approve)
		return limits_charge(&usage, decision->record, &decided->over);
	if (decision->given->method != METHOD_FRESH)
		return decide_with_second_person(decision, decided->over);
	decided->over = NULL;
	return decide_refuse(decision, STEPUP_BAD_ANSWER, "fresh, but a second person is needed", NULL);
}

enum stepup_error decide_limits_lock(struct decision *decision)
{
	const struct log_actor verifier = {.by = LOCK_BY_VERIFIER, .grant = -1};
	struct answer_decided *decided = decision->decided;
	const struct lock_order order = {
		.user = decision->record->name,
		.uid = decision->record->uid,
		.reason = "went over a limit",
		.actor = &verifier,
		.at = decided->now,
	};
	enum stepup_error error = lock_user_record(decision->session, decision->record, &order);

	if (error == STEPUP_OK)
		memcpy(decided->reference, decision->record->lock.reference, sizeof(decided->reference));
	return error;
}
