/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why an action would be asked for, or not.
 * MUST: say yes only where Begin would ask somebody who reaches all their keys, and the right answer would be accepted; tell outsiders nothing about a
 * person.
 */
#include "verifier/rules/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/display_text.h"
#include "verifier/rules/approvers.h"
#include "verifier/rules/limits.h"
#include "verifier/rules/requirement.h"
#include "verifier/rules/words.h"

struct explanation {
	const struct explain_question *question;
	const struct rule *rule;
	struct action *action;       /* NULL where no details were given, or wrong ones */
	enum stepup_error verdict;
	struct requirement requirement;
	struct offer offer;          /* insiders: what the person has for it */
	const struct limit *over;
	int64_t asked;
	char bad_detail[DETAIL_NAME_SIZE];
	json_t *limits;
};

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
	struct limit_left left = {0};
	enum stepup_error error;
	char *text = NULL;

	if (explanation->action == NULL || !question->is_insider) {
		if (asprintf(&text, "%s%s", limit->text, words) < 0)
			text = NULL;
		return add_text(explanation->limits, text) ? STEPUP_OK : STEPUP_NO_MEMORY;
	}
	error = limit_look(question->store, question->reader, explanation->rule, limit,
		question->record, explanation->action, question->now, &left);
	if (error != STEPUP_OK)
		return error;
	if (left.over && explanation->over == NULL) {
		explanation->over = limit;
		explanation->asked = left.asked;
	}
	if (asprintf(&text, "%s%s: %" PRId64 " left, this takes %" PRId64, limit->text, words, left.left, left.asked) < 0)
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
	if (error == STEPUP_OK && explanation->over != NULL && (explanation->verdict == STEPUP_OK || explanation->verdict == STEPUP_NEEDS_APPROVAL))
		explanation->verdict = rule->over_limit == OVER_LIMIT_APPROVE && !limit_is_hard(rule, explanation->over) ? STEPUP_NEEDS_APPROVAL
															   : STEPUP_OVER_LIMIT;
	return error;
}

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
	error = action_parse(question->action, question->details, specs, count, &explanation->action, explanation->bad_detail);
	if (error == STEPUP_BAD_DETAILS || error == STEPUP_INVALID) {
		explanation->verdict = STEPUP_BAD_DETAILS;
		error = STEPUP_OK;
	}
	return error;
}

/* What is required, and what of it this person has; where a client can reach all of it. */
static enum stepup_error explain_factor(struct explanation *explanation)
{
	const struct explain_question *question = explanation->question;
	bool enrolled = question->record != NULL && user_record_live_count(question->record) > 0;

	explanation->offer = offer_of(question->policy, &explanation->requirement, question->record, METHODS_OF_KEYS, question->now);
	if (explanation->requirement.methods == 0)
		return STEPUP_TOO_WEAK;
	if (question->is_insider && enrolled && explanation->offer.methods == 0)
		return STEPUP_TOO_WEAK;
	if (explanation->requirement.approval)
		return STEPUP_NEEDS_APPROVAL;
	return question->is_insider && !enrolled ? STEPUP_NOT_ENROLLED : STEPUP_OK;
}

/* What stands against it besides limits, in the order in which Begin looks. */
static enum stepup_error standing(struct explanation *explanation)
{
	const struct explain_question *question = explanation->question;
	const struct user_record *record = question->record;

	explanation->requirement = requirement_of(question->policy, explanation->rule, question->action, explanation->action,
		question->is_insider ? record : NULL);
	if (!policy_list_names(question->policy, explanation->rule->users, question->user))
		return STEPUP_NOT_ALLOWED;
	if (explanation->verdict != STEPUP_OK)
		return explanation->verdict;
	if (question->is_insider && record != NULL && record->lock.locked)
		return STEPUP_LOCKED;
	if (question->frozen != NULL)
		return STEPUP_FROZEN;
	return explain_factor(explanation);
}

/* "FILE:LINE", or "built-in". */
static char *rule_place(const struct rule *rule)
{
	char *place = NULL;
	int length = rule->place.line == 0 ? asprintf(&place, "%s", rule->place.file)
					   : asprintf(&place, "%s:%d", rule->place.file, rule->place.line);

	return length < 0 ? NULL : place;
}

/* "a code or a key in a browser": what answers it, best last; of an insider, what they have. */
static void say_answers(FILE *out, const struct explanation *explanation)
{
	static const struct {
		unsigned method;
		const char *where;
	} all[] = {{METHOD_CODE, NULL}, {VIA_AGENT, "behind an SSH agent"}, {VIA_SEAT, "plugged in"}, {VIA_BROWSER, "in a browser"}};
	const struct requirement *requirement = &explanation->requirement;
	const char *key = requirement->strength == FACTOR_HARDWARE_KEY ? "a hardware key" : "a key";
	unsigned left = explanation->question->is_insider ? explanation->offer.methods : requirement->methods;
	const char *before = "";

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if ((left & all[i].method) == 0)
			continue;
		left &= ~all[i].method;
		if (all[i].where == NULL)
			fprintf(out, "%sa code", before);
		else
			fprintf(out, "%s%s %s%s", before, key, all[i].where, requirement->pin ? " with its PIN" : "");
		before = method_best(left) == left ? " or " : ", ";
	}
}

static char *why_allowed(const struct explanation *explanation)
{
	char *place = rule_place(explanation->rule), *why = NULL;
	size_t size = 0;
	FILE *out = place == NULL ? NULL : open_memstream(&why, &size);

	if (out != NULL) {
		fprintf(out, "The rule %s (%s) covers %s; it takes ", explanation->rule->name, place, explanation->question->action);
		say_answers(out, explanation);
		fputs(explanation->action == NULL && explanation->rule->limit_count > 0 ? ". Give the details to see whether they fit the limits." : ".",
			out);
		if (fclose(out) != 0) {
			free(why);
			why = NULL;
		}
	}
	free(place);
	return why;
}

/* The words that a refusal would have. */
static char *why_not(const struct explanation *explanation)
{
	const struct explain_question *question = explanation->question;
	json_t *approvers = explanation->verdict == STEPUP_NEEDS_APPROVAL ? approvers_words(question->policy, explanation->rule, question->user->name) : NULL;
	const struct words_facts facts = {
		.policy = question->policy,
		.approvers = approvers,
		.user = question->user->name,
		.action = question->action,
		.detail = explanation->bad_detail[0] == '\0' ? NULL : explanation->bad_detail,
		.reference = explanation->verdict == STEPUP_LOCKED ? question->record->lock.reference
			: explanation->verdict == STEPUP_FROZEN    ? question->frozen
								   : NULL,
		.limit = explanation->over == NULL ? NULL : explanation->over->text,
		.asked = explanation->asked,
		.requirement = explanation->rule == NULL ? NULL : &explanation->requirement,
		.shortfall = question->is_insider ? explanation->offer.shortfall : SHORTFALL_WAY,
		.cooling_seconds = explanation->offer.strong_from - question->now,
	};
	char *why = words_refusal(explanation->verdict, &facts);

	json_decref(approvers);
	return why;
}

static json_t *require_words(const struct explanation *explanation)
{
	const struct requirement *requirement = &explanation->requirement;
	const char *strength = factor_strength_name(requirement->strength);

	if (explanation->rule == NULL)
		return json_array();
	return requirement->pin ? json_pack("[s, s]", strength, "pin") : json_pack("[s]", strength);
}

static char *prompt_of(const struct explanation *explanation)
{
	const struct explain_question *question = explanation->question;
	const struct prompt_facts facts = {.user = question->user->name, .host = question->policy->host};

	return explanation->action == NULL ? NULL : policy_prompt(explanation->rule, explanation->action, &facts);
}

static enum stepup_error make_reply(struct explanation *explanation, json_t **reply)
{
	const struct rule *rule = explanation->rule;
	char *why = explanation->verdict == STEPUP_OK ? why_allowed(explanation) : why_not(explanation);
	char *place = rule == NULL ? NULL : rule_place(rule), *prompt = prompt_of(explanation);
	bool whole = why != NULL && (rule == NULL || place != NULL) && (explanation->action == NULL || prompt != NULL);

	*reply = !whole ? NULL
			: json_pack("{s:b, s:s, s:s*, s:s*, s:o, s:O, s:s*, s:s*}", "allowed", explanation->verdict == STEPUP_OK, "why", why, "rule", place,
				  "prompt", prompt, "require", require_words(explanation), "limits", explanation->limits, "service",
				  rule == NULL ? NULL : rule->service, "detail",
				  explanation->verdict != STEPUP_BAD_DETAILS || explanation->bad_detail[0] == '\0' ? NULL : explanation->bad_detail);
	free(why);
	free(place);
	free(prompt);
	return *reply == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
}

enum stepup_error explain_action(const struct explain_question *question, json_t **reply)
{
	struct explanation explanation = {.question = question, .limits = json_array()};
	enum stepup_error error = explanation.limits == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;

	*reply = NULL;
	explanation.rule = policy_rule(question->policy, question->action);
	if (explanation.rule == NULL)
		explanation.verdict = STEPUP_UNKNOWN_ACTION;
	if (error == STEPUP_OK && explanation.rule != NULL)
		error = explain_details(&explanation);
	if (error == STEPUP_OK && explanation.rule != NULL) {
		explanation.verdict = standing(&explanation);
		error = explain_limits(&explanation);
	}
	if (error == STEPUP_OK)
		error = make_reply(&explanation, reply);
	action_free(&explanation.action);
	json_decref(explanation.limits);
	return error;
}
