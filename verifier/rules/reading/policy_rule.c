/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys of an action's section: who, what it takes, what is asked. How much: policy_limits.c.
 * MUST: refuse what contradicts itself, so that no rule means less than it seems to say.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "verifier/rules/policy/policy_prompt.h"
#include "verifier/rules/reading/policy_build.h"
#include "verifier/rules/reading/policy_values.h"

#define DETAIL_FORMS_SIZE 128 /* bytes, with the NUL */

static bool is_pattern(const char *name)
{
	return name[strlen(name) - 1] == '*';
}

static bool rule_is_own(const struct rule *rule)
{
	return strncmp(rule->name, "stepup.", strlen("stepup.")) == 0;
}

const struct detail_spec *policy_rule_detail(const struct rule *rule, const char *name)
{
	const struct detail_spec *specs;
	size_t count;

	policy_details(rule, rule->name, &specs, &count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(specs[i].name, name) == 0)
			return &specs[i];
	return NULL;
}

/* stepup.* have prompts and details of their own and no receipt. */
static bool is_for_own_actions_only(struct policy_reading *reading, const struct policy_entry *entry)
{
	if (!rule_is_own(reading->rule))
		return false;
	READING_SAYS(reading, entry->line,
		"\"%s\" can't be set for stepup.* actions: they have their own; remove it.",
		entry->key->name);
	return true;
}

static void read_users(struct policy_reading *reading, const struct policy_entry *entry)
{
	reading->rule->users = reading_users(reading, entry);
}

static void read_approvers(struct policy_reading *reading, const struct policy_entry *entry)
{
	reading->rule->approvers = reading_users(reading, entry);
}

/* How a detail is written: "NAME:text" or "NAME:number". */
static const char *detail_forms(char forms[DETAIL_FORMS_SIZE])
{
	size_t length = 0;

	for (int type = 0; type < DETAIL_TYPE_COUNT && length < DETAIL_FORMS_SIZE; type++)
		length += (size_t)snprintf(forms + length, DETAIL_FORMS_SIZE - length, "%s\"NAME:%s\"",
			type == 0 ? "" : " or ", detail_kind((enum detail_type)type)->name);
	return forms;
}

static void read_detail(struct policy_reading *reading, const struct policy_value *value)
{
	struct rule *rule = reading->rule;
	struct detail_spec spec = {.type = DETAIL_TEXT};
	char forms[DETAIL_FORMS_SIZE];
	const char *colon = strchr(value->text, ':');
	size_t length = colon == NULL ? 0 : (size_t)(colon - value->text);

	if (length > 0 && length < sizeof(spec.name))
		memcpy(spec.name, value->text, length);
	if (colon == NULL || !detail_name_is_valid(spec.name) || !detail_type_named(colon + 1, &spec.type)) {
		READING_SAYS(reading, value->line,
			"\"%s\" is not a detail; write %s, the name of a-z, 0-9 and _ (at most %d "
			"characters).",
			value->text, detail_forms(forms), DETAIL_NAME_SIZE - 1);
		return;
	}
	if (prompt_is_own(spec.name)) {
		READING_SAYS(reading, value->line, "a detail can't be called \"%s\": {%s} in a prompt "
			"has a meaning already. Take another name.", spec.name, spec.name);
		return;
	}
	for (size_t i = 0; i < rule->detail_count; i++)
		if (strcmp(rule->details[i].name, spec.name) == 0) {
			READING_SAYS(reading, value->line,
				"the detail \"%s\" is here a second time.", spec.name);
			return;
		}
	if (rule->detail_count == DETAIL_COUNT_MAX) {
		READING_SAYS(reading, value->line, "an action has at most %d details.", DETAIL_COUNT_MAX);
		return;
	}
	rule->details[rule->detail_count++] = spec;
}

static void read_details(struct policy_reading *reading, const struct policy_entry *entry)
{
	if (is_for_own_actions_only(reading, entry))
		return;
	for (const struct policy_value *value = entry->values; value != NULL; value = value->next)
		read_detail(reading, value);
}

static void read_prompt(struct policy_reading *reading, const struct policy_entry *entry)
{
	struct rule *rule = reading->rule;
	const char *text = entry->values->text, *rest = text;
	struct prompt_piece piece;
	bool broken = false;

	if (is_for_own_actions_only(reading, entry))
		return;
	rule->prompt = reading_copy(reading, text);
	if (*text == '\0' || strlen(text) > POLICY_PROMPT_MAX || !reading_is_showable(reading, text))
		READING_SAYS(reading, entry->line,
			"a prompt is a text of 1 to %d bytes without backslashes or invisible characters.",
			POLICY_PROMPT_MAX);
	while (prompt_next(&rest, &piece, &broken)) {
		char name[DETAIL_NAME_SIZE] = "";

		if (!piece.placeholder)
			continue;
		if (piece.length < sizeof(name))
			memcpy(name, piece.text, piece.length);
		if (policy_rule_detail(rule, name) == NULL && !prompt_is_own(name))
			READING_SAYS(reading, entry->line,
				"the prompt names {%.*s}, which is not a detail of this action; declare "
				"it in \"details\" or use {user}, {host}, {service}, {rhost} or "
				"{action}.",
				(int)piece.length, piece.text);
	}
	if (broken)
		READING_SAYS(reading, entry->line,
			"a brace in the prompt has no partner; write {{ or }} for a brace itself.");
}

static void require_pin(struct policy_reading *reading, const struct policy_value *value)
{
	if (reading->rule->pin)
		READING_SAYS(reading, value->line, "\"pin\" is here a second time.");
	reading->rule->pin = true;
}

static void require_strength(struct policy_reading *reading, const struct policy_value *value)
{
	static const char *const strengths[] = {[FACTOR_CODE] = "code", [FACTOR_KEY] = "key",
		[FACTOR_HARDWARE_KEY] = "hardware-key"};
	enum factor_strength strength = 0;

	for (unsigned i = FACTOR_CODE; i <= FACTOR_HARDWARE_KEY; i++)
		if (strcmp(strengths[i], value->text) == 0)
			strength = i;
	if (strength == 0)
		READING_SAYS(reading, value->line, "\"%s\" can't be required; write code, key "
			"or hardware-key, and pin if you want it.", value->text);
	else if (reading->rule->require != 0)
		READING_SAYS(reading, value->line, "only one of code, "
			"key and hardware-key can be required; each includes the stronger ones.");
	else
		reading->rule->require = strength;
}

static void read_require(struct policy_reading *reading, const struct policy_entry *entry)
{
	struct rule *rule = reading->rule;

	rule->require = 0;
	for (const struct policy_value *value = entry->values; value != NULL; value = value->next)
		if (strcmp(value->text, "pin") == 0)
			require_pin(reading, value);
		else
			require_strength(reading, value);
	if (rule->require == 0)
		READING_SAYS(reading, entry->line, "say what is required: code, key or hardware-key.");
	else if (rule->require == FACTOR_CODE && rule->pin)
		READING_SAYS(reading, entry->line, "\"pin\" goes with a key; a code has none. Require "
			"key or hardware-key, or remove \"pin\".");
	if (rule->require == FACTOR_HARDWARE_KEY)
		rule->pin = true;
}

static void read_via(struct policy_reading *reading, const struct policy_entry *entry)
{
	static const char *const ways[] = {"browser", "seat", "agent"};

	for (const struct policy_value *value = entry->values; value != NULL; value = value->next) {
		unsigned way = 0;

		for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
			if (strcmp(ways[i], value->text) == 0)
				way = 1u << i;
		if (way == 0 || (reading->rule->via & way) != 0)
			READING_SAYS(reading, value->line, "\"%s\" is not a way to a key, or is here "
				"twice; write browser, seat or agent, each once.",
				value->text);
		reading->rule->via |= way;
	}
	if (entry->value_count == 0)
		READING_SAYS(reading, entry->line,
			"\"via\" names no way to a key; write browser, seat or agent, or remove "
			"\"via\".");
	if (reading->rule->require == FACTOR_CODE)
		READING_SAYS(reading, entry->line, "\"via\" says how a key is reached; a code has no "
			"such way. Remove \"via\" or require a key.");
}

static void read_code_is_enough(struct policy_reading *reading, const struct policy_entry *entry)
{
	reading->rule->code_is_enough = reading_yes(reading, entry);
	if (reading->rule->code_is_enough && reading->rule->require > FACTOR_CODE)
		READING_SAYS(reading, entry->line,
			"\"code-is-enough\" contradicts \"require\"; remove it, or require code.");
}

static void read_always_approve(struct policy_reading *reading, const struct policy_entry *entry)
{
	reading->rule->always_approve = reading_yes(reading, entry);
}

static void read_fresh_for(struct policy_reading *reading, const struct policy_entry *entry)
{
	struct rule *rule = reading->rule;

	if (is_for_own_actions_only(reading, entry))
		return;
	if (!duration_parse(entry->values->text, &rule->fresh_for_seconds) ||
	    rule->fresh_for_seconds > POLICY_FRESH_MAX_SECONDS)
		READING_SAYS(reading, entry->line,
			"\"fresh-for\" can't be \"%s\"; write 45s, 15m or 2h, at most 24h.",
			entry->values->text);
}

static void rule_read_service(struct policy_reading *reading, const struct policy_entry *entry)
{
	const char *name = entry->values->text;

	if (is_for_own_actions_only(reading, entry))
		return;
	for (size_t i = 0; i < reading->policy->service_count; i++)
		if (strcmp(reading->policy->services[i].name, name) == 0) {
			reading->rule->service = reading->policy->services[i].name;
			return;
		}
	READING_SAYS(reading, entry->line,
		"there is no service \"%s\"; write: service %s { unix-user = \"…\" }.", name, name);
}

static void read_receipt_lifetime(struct policy_reading *reading, const struct policy_entry *entry)
{
	struct rule *rule = reading->rule;

	if (is_for_own_actions_only(reading, entry))
		return;
	if (!duration_parse(entry->values->text, &rule->receipt_seconds) ||
	    rule->receipt_seconds > POLICY_RECEIPT_MAX_SECONDS)
		READING_SAYS(reading, entry->line,
			"\"receipt-lifetime\" can't be \"%s\"; write 60s or 2m, at most "
			"5m.", entry->values->text);
	if (policy_block_entry(reading->block, "service") == NULL)
		READING_SAYS(reading, entry->line,
			"\"receipt-lifetime\" needs \"service\": without a service there is no receipt.");
}

/* In the order in which they are read: later ones look at earlier ones. */
const struct policy_key policy_rule_keys[] = {
	{"users", true, read_users},
	{"details", true, read_details},
	{"prompt", false, read_prompt},
	{"require", true, read_require},
	{"via", true, read_via},
	{"code-is-enough", false, read_code_is_enough},
	{"always-approve", false, read_always_approve},
	{"fresh-for", false, read_fresh_for},
	{"limit", true, policy_read_limits},
	{"over-limit", false, policy_read_over_limit},
	{"hard-limit", true, policy_read_hard_limits},
	{"approvers", true, read_approvers},
	{"service", false, rule_read_service},
	{"receipt-lifetime", false, read_receipt_lifetime},
	{0},
};

void policy_rule_add_approval(struct policy *policy, struct rule *rule)
{
	struct rule *approval;

	if (rule->approvers == NULL)
		return;
	approval = arena_alloc(&policy->memory, 1, sizeof(*approval));
	if (approval == NULL)
		return;
	*approval = *rule;
	approval->users = rule->approvers;
	approval->approvers = NULL;
	approval->approves = true;
	approval->always_approve = false;
	approval->pin = !rule->code_is_enough;
	approval->fresh_for_seconds = 0;
	approval->limits = approval->hard_limits = NULL;
	approval->limit_count = approval->hard_limit_count = 0;
	approval->service = NULL;
	rule->approval = approval;
}

static bool names_action(const struct rule *rule)
{
	const char *rest = rule->prompt;
	struct prompt_piece piece;
	bool broken;

	while (prompt_next(&rest, &piece, &broken))
		if (prompt_names(&piece, "action"))
			return true;
	return false;
}

void policy_rule_check(struct policy_reading *reading)
{
	struct rule *rule = reading->rule;
	const struct policy_block *block = reading->block;
	bool needs_approvers = rule->always_approve || rule->over_limit == OVER_LIMIT_APPROVE;

	if (policy_block_entry(block, "users") == NULL)
		READING_SAYS(reading, block->line,
			"action %s names nobody who may do it; add users = { \"NAME\", \"@GROUP\" "
			"}.", rule->name);
	if (policy_block_entry(block, "require") == NULL)
		READING_SAYS(reading, block->line,
			"action %s does not say what is required; add require = { code } or a key.",
			rule->name);
	if (!rule_is_own(rule) && policy_block_entry(block, "prompt") == NULL)
		READING_SAYS(reading, block->line,
			"action %s has no prompt; add prompt = \"…\", which people read before they "
			"approve.",
			rule->name);
	if (is_pattern(rule->name) && rule->prompt != NULL && !names_action(rule))
		READING_SAYS(reading, block->line, "the prompt of the pattern %s does not say which action "
			"it is for; put {action} into it.", rule->name);
	if (rule->fresh_for_seconds > 0 && policy_block_entry(block, "service") != NULL)
		READING_SAYS(reading, policy_block_entry(block, "fresh-for")->line, "\"fresh-for\" and "
			"\"service\" can't be used together: a receipt is for one action that was "
			"confirmed.");
	if (rule->require == FACTOR_HARDWARE_KEY && rule->via == VIA_AGENT)
		READING_SAYS(reading, policy_block_entry(block, "via")->line,
			"an agent can't show that a key is hardware, so \"hardware-key\" and via = { "
			"agent } can't be used together; add browser or seat, or require key.");
	if (needs_approvers && policy_block_entry(block, "approvers") == NULL)
		READING_SAYS(reading, block->line,
			"action %s needs a second person; add approvers = { \"@GROUP\" }.",
			rule->name);
}
