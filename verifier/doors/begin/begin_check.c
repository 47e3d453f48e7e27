/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Begin's checks.
 */
#include "verifier/doors/begin/begin_check.h"

#include <string.h>

#include "lib/wire/message.h"
#include "verifier/doors/standing/locks.h"
#include "verifier/evidence/alerts/event.h"
#include "verifier/host/clock.h"
#include "verifier/rules/limits/limits.h"
#include "verifier/verifier.h"

bool begin_calls_for_action(const struct policy *policy, const struct peer *peer, const char *action)
{
	if (peer->uid == 0)
		return true;
	for (size_t i = 0; i < policy->caller_count; i++) {
		const struct caller *caller = &policy->callers[i];

		if (!peer_is_caller(policy, peer, caller))
			continue;
		for (char **pattern = caller->actions; pattern != NULL && *pattern != NULL; pattern++)
			if (policy_pattern_matches(*pattern, action))
				return true;
	}
	return false;
}

/* A refusal by who the user is. Where that is nothing to be told, the user is asked all the same, and hears
 * it after a right answer. */
static enum stepup_error refuse_or_withhold(struct beginning *begin, enum stepup_error error, const char *why)
{
	begin->why = begin->withheld_why = why;
	if (!begin->quiet)
		return error;
	begin->withheld = error;
	return STEPUP_OK;
}

/* Whether the rule is there for the user. One for whom the caller may not act is asked as somebody
 * whom nobody knows, so that their record is out of this caller's reach: it charges no guess there,
 * and learns of none. */
static enum stepup_error begin_person(struct beginning *begin)
{
	const struct subject *subject = begin->subject;
	const char *action = message_text(begin->call->parameters, "action");

	if (!subject_allows(begin->call, subject, action)) {
		begin->apart = begin->quiet &&
			begin_calls_for_action(begin->policy, &begin->call->peer, action);
		begin->hopeless = begin->apart;
		begin->why = begin->withheld_why = EVENT_WHY_NOT_FOR_USER;
		return begin->apart ? STEPUP_OK : STEPUP_NOT_ALLOWED;
	}
	if (policy_list_names(begin->policy, begin->rule->users, &subject->who))
		return STEPUP_OK;
	/* Nobody could say so far which unix group the rule means: that is no reason to tell anybody that
	 * they aren't in it. */
	if (!begin->quiet && policy_list_is_unsure(begin->policy, begin->rule->users))
		return STEPUP_UNAVAILABLE;
	return refuse_or_withhold(begin, STEPUP_NOT_ALLOWED, EVENT_WHY_NOT_IN_RULE);
}

/* The rule, and whether the caller may act for the user in it. A name that neither the directory nor the
 * store knows isn't told apart from one that is listed: it is asked, and can't succeed. */
static enum stepup_error begin_rule(struct beginning *begin)
{
	const char *action = message_text(begin->call->parameters, "action");
	const struct subject *subject = begin->subject;
	bool known = subject->uid >= 0 || subject_any_record(subject) != NULL;

	if (!action_name_is_valid(action))
		return STEPUP_UNKNOWN_ACTION;
	begin->rule = policy_rule(begin->policy, action);
	if (begin->rule == NULL)
		return STEPUP_UNKNOWN_ACTION;
	if (known)
		return begin_person(begin);
	begin->hopeless = true;
	if (subject_allows(begin->call, subject, action) ||
	    begin_calls_for_action(begin->policy, &begin->call->peer, action))
		return STEPUP_OK;
	begin->why = EVENT_WHY_NOT_FOR_USER;
	return STEPUP_NOT_ALLOWED;
}

static enum stepup_error begin_action(struct beginning *begin)
{
	const char *name = message_text(begin->call->parameters, "action");
	const json_t *details = json_object_get(begin->call->parameters, "details");
	const struct detail_spec *specs;
	enum stepup_error error;
	size_t count;

	if (json_is_null(details))
		details = NULL;
	policy_details(begin->rule, name, &specs, &count);
	error = action_parse(name, details, specs, count, &begin->action, begin->detail);
	begin->fault = error == STEPUP_BAD_DETAILS ? action_detail_fault(details, specs, count, begin->detail)
		: DETAIL_FAULT_NOT_KNOWN;
	return error;
}

static enum stepup_error begin_stands(struct beginning *begin)
{
	const struct user_lock *lock = &begin->subject->lock;

	if (lock->locked && begin->quiet && begin->withheld == STEPUP_OK) {
		begin->withheld = STEPUP_LOCKED;
		begin->withheld_why = "locked";
	} else if (lock->locked && !begin->quiet) {
		memcpy(begin->reference, lock->reference, sizeof(begin->reference));
		begin->why = "locked";
		return STEPUP_LOCKED;
	}
	begin->why = "frozen";
	return freeze_look(begin->call->verifier->reader, begin->action->name, begin->reference);
}

/* What is required, and what of it this person can be asked for from here. */
static enum stepup_error begin_factor(struct beginning *begin)
{
	const struct subject *subject = begin->subject;
	const struct user_record *any = subject_any_record(subject);
	bool enrolled = any != NULL && user_record_live_count(any) > 0;
	bool holds = enrolled && subject_uid_holds(subject->record, subject->uid);
	bool told = holds && !begin->quiet;
	unsigned possible;

	begin->requirement = requirement_of(begin->policy, begin->rule, begin->action->name, begin->action,
		subject->record);
	begin->offer = offer_of(begin->policy, &begin->requirement, holds ? subject->record : NULL,
		begin->reach, clock_wall_seconds());
	begin->methods = begin->offer.methods;
	possible = begin->requirement.methods & (begin->reach | METHOD_CODE);
	if (possible == 0 || (told && begin->methods == 0)) {
		begin->offer.shortfall = told ? begin->offer.shortfall : SHORTFALL_REACH;
		begin->why = "no factor for it";
		return STEPUP_TOO_WEAK;
	}
	if (begin->methods == 0 && subject->own && !begin->quiet)
		return enrolled ? STEPUP_NOT_ALLOWED : STEPUP_NOT_ENROLLED;
	begin->hopeless = begin->hopeless || begin->methods == 0;
	if (begin->quiet)
		begin->methods = possible;
	else if (begin->methods == 0)
		begin->methods = (possible & METHOD_CODE) != 0 ? METHOD_CODE : method_best(possible);
	return STEPUP_OK;
}

/* Looks whether the action fits what the limits have left, so that nobody is asked in vain. Where going over
 * locks the user, or a second person may agree to it, the user has to prove to be the one first: then this is
 * left to the answer. Quiet, so is all that was used before. */
static enum stepup_error begin_limits(struct beginning *begin)
{
	struct verifier *verifier = begin->call->verifier;
	struct usage usage = {verifier->store, verifier->reader, begin->rule, begin->action,
		clock_wall_seconds()};
	struct limit_left left = {0};
	enum stepup_error error = limits_look(&usage, begin->quiet ? NULL : begin->subject->record,
		&begin->over, &left);

	if (error != STEPUP_OK || begin->over == NULL)
		return error;
	if (begin->rule->over_limit != OVER_LIMIT_DENY && !limit_is_hard(begin->rule, begin->over)) {
		begin->over = NULL;
		return STEPUP_OK;
	}
	begin->asked = left.asked;
	begin->why = "over the limit";
	return STEPUP_OVER_LIMIT;
}

/* Whether what stands against a person may be told: to themselves, to a tool in which they are signed in, and
 * to whoever stands at this host. Elsewhere it would tell a stranger who is there, enrolled, locked or
 * allowed in. Root's programs that ask for root from a remote host are sshd, not root. */
static bool may_be_told(const struct beginning *begin)
{
	const json_t *parameters = begin->call->parameters;
	const char *session = message_text(parameters, "session"), *rhost = message_text(parameters, "rhost");

	if (rhost == NULL || *rhost == '\0' || (session != NULL && *session != '\0'))
		return true;
	return begin->subject->own && begin->call->peer.uid != 0;
}

enum stepup_error begin_check(struct beginning *begin)
{
	bool approves = begin->approves != NULL;
	enum stepup_error error;

	begin->quiet = !may_be_told(begin);
	error = approves ? begin_approval_rule(begin) : begin_rule(begin);
	if (error == STEPUP_OK && !approves)
		error = begin_action(begin);
	if (error == STEPUP_OK)
		error = begin_stands(begin);
	if (error == STEPUP_OK)
		error = begin_factor(begin);
	if (error == STEPUP_OK)
		error = approves ? begin_approval_person(begin) : begin_limits(begin);
	return error;
}
