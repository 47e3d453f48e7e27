/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What would come of an action that somebody asks for.
 * MUST: say what Begin and the right answer would, of somebody who reaches all their keys; say yes only where
 * they would; tell outsiders nothing about a person.
 */
#include "verifier/rules/explain/explanation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool add_text(json_t *array, char *text)
{
	bool added = text != NULL && json_array_append_new(array, json_string(text)) == 0;

	free(text);
	return added;
}

/* "20000 records per 24h: 18000 left" */
static enum stepup_error explain_limit(struct explanation *explanation, const struct limit *limit)
{
	const struct explain_question *question = explanation->question;
	const char *words = limit_is_hard(explanation->rule, limit) ? ", whoever agrees" : "";
	struct usage usage = {question->store, question->reader, explanation->rule, explanation->action,
		question->now};
	struct limit_left left = {0};
	enum stepup_error error;
	char *text = NULL;

	if (explanation->action == NULL || !question->is_insider) {
		if (asprintf(&text, "%s%s", limit->text, words) < 0)
			text = NULL;
		return add_text(explanation->limits, text) ? STEPUP_OK : STEPUP_NO_MEMORY;
	}
	error = limit_look(&usage, question->record, limit, &left);
	if (error != STEPUP_OK)
		return error;
	if (left.over && explanation->over == NULL) {
		explanation->over = limit;
		explanation->left = left;
	}
	if (asprintf(&text, "%s%s: %" PRId64 " left, this takes %" PRId64, limit->text, words, left.left,
		    left.asked) < 0)
		text = NULL;
	return add_text(explanation->limits, text) ? STEPUP_OK : STEPUP_NO_MEMORY;
}

static enum stepup_error explain_limits(struct explanation *explanation)
{
	const struct rule *rule = explanation->rule;
	enum stepup_error error = STEPUP_OK;

	for (size_t i = 0; error == STEPUP_OK && i < rule->hard_limit_count; i++)
		error = explain_limit(explanation, &rule->hard_limits[i]);
	for (size_t i = 0; error == STEPUP_OK && i < rule->limit_count; i++)
		error = explain_limit(explanation, &rule->limits[i]);
	return error;
}

/* Whether a request for the same waits that the step-up would come upon; where its place isn't known,
 * any may be that. */
static bool may_be_asked_here(const struct explanation *explanation)
{
	return explanation->asked_here ||
		(!explanation->question->knows_place && explanation->request != NULL);
}

/* What going over a limit comes to, and a second person's agreement; as the decision on an answer has it. */
static void look_at_volume(struct explanation *explanation)
{
	const struct rule *rule = explanation->rule;

	if (explanation->verdict != STEPUP_OK)
		return;
	if (explanation->over != NULL &&
	    (rule->over_limit == OVER_LIMIT_DENY || limit_is_hard(rule, explanation->over)))
		explanation->verdict = STEPUP_OVER_LIMIT;
	else if (explanation->over != NULL && rule->over_limit == OVER_LIMIT_LOCK)
		explanation->locks = true;
	else if ((explanation->over != NULL || rule->always_approve) && !explanation->agreed)
		explanation->verdict = STEPUP_NEEDS_APPROVAL;
	if (explanation->locks)
		explanation->verdict = STEPUP_LOCKED;
	explanation->too_many = explanation->verdict == STEPUP_NEEDS_APPROVAL &&
		!may_be_asked_here(explanation) && request_crowd_full_until(&explanation->crowd) != 0;
	if (explanation->too_many)
		explanation->verdict = STEPUP_OVER_LIMIT;
}

/* --- what was asked of a second person already --- */

struct explain_search {
	struct explanation *explanation;
	uint8_t digest[DIGEST_SIZE]; /* of the action */
};

static bool says(const char *text, const char *said)
{
	return strcmp(text, said == NULL ? "" : said) == 0;
}

/* Whether a request was made from the place that the step-up would come from (sitting_source): of a caller
 * who asks for themselves that is one, whatever rhost they say. */
static bool is_from_here(const struct explain_question *question, const struct approval_request *request)
{
	if (!question->knows_place)
		return false;
	if (question->source != NULL)
		return memcmp(request->source, question->source, GUESS_SOURCE_SIZE) == 0;
	return says(request->caller, question->caller) &&
		(says(request->user, question->caller) || says(request->rhost, question->rhost));
}

/* Whether the step-up would come upon it, as the decision compares them. */
static bool is_asked_here(const struct explanation *explanation, const struct approval_request *request)
{
	const struct explain_question *question = explanation->question;

	return is_from_here(question, request) && says(request->caller, question->caller) &&
		says(request->service, question->service) &&
		strcmp(request->prompt, explanation->prompt) == 0;
}

static bool is_for_the_same(const struct explain_search *search, const struct approval_request *request)
{
	return strcmp(request->action, search->explanation->question->action) == 0 &&
		memcmp(request->action_digest, search->digest, DIGEST_SIZE) == 0;
}

static enum stepup_error explain_look_at_request(void *context, struct approval_request *request, bool *more)
{
	struct explain_search *search = context;
	struct explanation *explanation = search->explanation;
	const struct explain_question *question = explanation->question;
	enum request_state standing = request_standing(request, question->policy, question->now);

	(void)more;
	request_crowd_count(&explanation->crowd, request, standing, is_from_here(question, request),
		question->now);
	if ((standing != REQUEST_REQUESTED && standing != REQUEST_APPROVED) || explanation->asked_here ||
	    !is_for_the_same(search, request))
		return STEPUP_OK;
	request_free(&explanation->request);
	explanation->request = malloc(sizeof(*request));
	if (explanation->request == NULL)
		return STEPUP_NO_MEMORY;
	*explanation->request = *request;
	memset(request, 0, sizeof(*request)); /* it is the explanation's now */
	explanation->asked_here = is_asked_here(explanation, explanation->request);
	explanation->agreed = explanation->asked_here && standing == REQUEST_APPROVED;
	return STEPUP_OK;
}

static enum stepup_error explain_requests(struct explanation *explanation)
{
	const struct explain_question *question = explanation->question;
	struct explain_search search = {.explanation = explanation};
	enum stepup_error error;

	if (!question->is_insider || question->record == NULL || explanation->action == NULL ||
	    explanation->rule->approvers == NULL)
		return STEPUP_OK;
	error = action_digest(explanation->action, search.digest);
	return error == STEPUP_OK
		? store_request_each(question->reader, question->record->user_id, explain_look_at_request,
			&search)
		: error;
}

/* --- the rule and the person --- */

/* Details that were given are checked; those left out leave the question at the rule. */
static enum stepup_error explain_details(struct explanation *explanation)
{
	const struct explain_question *question = explanation->question;
	const struct detail_spec *specs;
	size_t count;
	enum stepup_error error;

	policy_details(explanation->rule, question->action, &specs, &count);
	if (question->details == NULL && count > 0)
		return STEPUP_OK;
	error = action_parse(question->action, question->details, specs, count, &explanation->action,
		explanation->bad_detail);
	if (error == STEPUP_BAD_DETAILS || error == STEPUP_INVALID) {
		explanation->verdict = STEPUP_BAD_DETAILS;
		explanation->fault =
			action_detail_fault(question->details, specs, count, explanation->bad_detail);
		return STEPUP_OK;
	}
	if (error != STEPUP_OK)
		return error;
	explanation->prompt = policy_prompt(explanation->rule, explanation->action, &(struct prompt_facts){
		.user = question->user->name,
		.host = question->policy->host,
		.service = question->service,
		.rhost = question->rhost,
	});
	return explanation->prompt == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
}

/* The ways to a key from where the step-up would come from; where a client can reach all of them. */
static unsigned ways_from(const struct explain_question *question)
{
	bool elsewhere = question->rhost != NULL && question->rhost[0] != '\0';

	return elsewhere ? METHODS_OF_KEYS & ~(unsigned)VIA_SEAT : METHODS_OF_KEYS;
}

/* What is required, and what of it this person has. */
static enum stepup_error explain_factor(struct explanation *explanation)
{
	const struct explain_question *question = explanation->question;
	const struct user_record *record = question->record;
	bool enrolled = record != NULL && user_record_live_count(record) > 0;

	explanation->ways = ways_from(question) | METHOD_CODE;
	explanation->offer = offer_of(question->policy, &explanation->requirement, record,
		ways_from(question), question->now);
	if ((explanation->requirement.methods & explanation->ways) == 0)
		return STEPUP_TOO_WEAK;
	if (!question->is_insider)
		return STEPUP_OK;
	explanation->other_account = question->former != NULL && user_record_live_count(question->former) > 0;
	if (explanation->other_account)
		return STEPUP_NOT_ALLOWED;
	if (!enrolled)
		return STEPUP_NOT_ENROLLED;
	if (explanation->offer.methods == 0)
		return STEPUP_TOO_WEAK;
	return explanation->offer.methods == METHOD_CODE &&
		record->guesses.suspended ? STEPUP_THROTTLED : STEPUP_OK;
}

/* What stands against it besides limits, in the order in which Begin looks. */
static enum stepup_error standing(struct explanation *explanation)
{
	const struct explain_question *question = explanation->question;
	const struct user_record *record = question->record;

	explanation->requirement = requirement_of(question->policy, explanation->rule, question->action,
		explanation->action, question->is_insider ? record : NULL);
	if (!policy_list_names(question->policy, explanation->rule->users, question->user))
		return STEPUP_NOT_ALLOWED;
	if (explanation->verdict != STEPUP_OK)
		return explanation->verdict;
	if (question->is_insider && question->lock != NULL && question->lock->locked)
		return STEPUP_LOCKED;
	if (question->frozen != NULL)
		return STEPUP_FROZEN;
	return explain_factor(explanation);
}

static json_t *require_words(const struct explanation *explanation)
{
	const struct requirement *requirement = &explanation->requirement;
	const char *strength = factor_strength_name(requirement->strength);

	if (explanation->rule == NULL)
		return json_array();
	return requirement->pin ? json_pack("[s, s]", strength, "pin") : json_pack("[s]", strength);
}

/* "Asked", "Fresh", or the name of the refusal that it ends with. */
static const char *outcome_of(const struct explanation *explanation)
{
	if (explanation->verdict != STEPUP_OK)
		return stepup_error_name(explanation->verdict);
	return explanation->question->fresh.covers ? "Fresh" : "Asked";
}

static const char *over_limit_of(const struct rule *rule)
{
	return rule->limit_count == 0 ? NULL : over_limit_name(rule->over_limit);
}

static bool explain_add(json_t *reply, const char *name, json_t *value)
{
	return reply != NULL && json_object_set_new(reply, name, value) == 0;
}

/* What only some rules have. */
static bool add_of_rule(const struct explanation *explanation, json_t *reply)
{
	const struct explain_question *question = explanation->question;
	const struct rule *rule = explanation->rule;
	bool added = true;

	if (rule == NULL)
		return true;
	if (explanation->approvers != NULL)
		added = json_object_set(reply, "approvers", explanation->approvers) == 0;
	if (rule->fresh_for_seconds > 0)
		added = added && explain_add(reply, "fresh_for", json_integer(rule->fresh_for_seconds));
	if (rule->fresh_for_seconds > 0 && question->is_insider)
		added = added &&
			explain_add(reply, "fresh_sessions",
				json_integer((json_int_t)question->fresh.sessions));
	if (question->fresh.covers)
		added = added && explain_add(reply, "fresh_until", json_integer(question->fresh.until));
	if (explanation->request != NULL)
		added = added && explain_add(reply, "request", json_string(explanation->request->id));
	return added;
}

static enum stepup_error make_reply(struct explanation *explanation, json_t **reply)
{
	const struct rule *rule = explanation->rule;
	char *why = explanation_why(explanation), *place = rule == NULL ? NULL : explanation_place(rule);

	*reply = why == NULL || (rule != NULL && place == NULL) ? NULL
		: json_pack("{s:b, s:s, s:s, s:s*, s:s*, s:o, s:O, s:s*, s:s*, s:s*}",
			"allowed", explanation->verdict == STEPUP_OK, "outcome", outcome_of(explanation),
			"why", why, "rule", place, "prompt", explanation->prompt,
			"require", require_words(explanation), "limits", explanation->limits,
			"over_limit", rule == NULL ? NULL : over_limit_of(rule), "service", rule == NULL
			? NULL : rule->service, "detail", explanation->verdict != STEPUP_BAD_DETAILS ||
			explanation->bad_detail[0] == '\0' ? NULL : explanation->bad_detail);
	if (*reply != NULL && !add_of_rule(explanation, *reply)) {
		json_decref(*reply);
		*reply = NULL;
	}
	free(why);
	free(place);
	return *reply == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
}

/* With a rule: everything that Begin, and the decision on a right answer, would look at. */
static enum stepup_error explain_rule(struct explanation *explanation)
{
	enum stepup_error error = explain_details(explanation);

	if (error != STEPUP_OK)
		return error;
	explanation->verdict = standing(explanation);
	error = explain_limits(explanation);
	if (error == STEPUP_OK)
		error = explanation_approvers(explanation);
	if (error == STEPUP_OK)
		error = explain_requests(explanation);
	if (error == STEPUP_OK)
		look_at_volume(explanation);
	return error;
}

enum stepup_error explain_action(const struct explain_question *asked, json_t **reply)
{
	struct explain_question question = *asked;
	struct explanation explanation = {.question = &question, .limits = json_array()};
	enum stepup_error error = explanation.limits == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;

	*reply = NULL;
	explanation.rule = policy_rule(question.policy, question.action);
	if (explanation.rule == NULL)
		explanation.verdict = STEPUP_UNKNOWN_ACTION;
	else if (error == STEPUP_OK)
		error = explain_rule(&explanation);
	/* What is fresh covers nothing that a second person has to agree to; and whether it does is nobody
	 * else's business. */
	question.fresh.covers = question.fresh.covers && question.is_insider &&
		explanation.verdict == STEPUP_OK && !explanation.agreed;
	if (error == STEPUP_OK)
		error = make_reply(&explanation, reply);
	action_free(&explanation.action);
	request_free(&explanation.request);
	free(explanation.prompt);
	json_decref(explanation.limits);
	json_decref(explanation.approvers);
	return error;
}
