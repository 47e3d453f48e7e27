/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policy from its texts: groups, services, callers, and the order of things.
 * MUST: take nothing twice, not even from two files; leave no name that stands for nothing.
 */
#include "verifier/rules/reading/policy_build.h"

#include <stdlib.h>
#include <string.h>

#include "verifier/rules/reading/policy_values.h"

/* --- groups, services, callers --- */

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void read_members(struct policy_reading *reading, const struct policy_entry *entry)
{
	struct policy_group *group = reading->group;

	group->members =
		arena_alloc(&reading->policy->memory, entry->value_count + 1, sizeof(*group->members));
	for (const struct policy_value *value = entry->values; group->members != NULL && value != NULL;
		value = value->next) {
		if (value->text[0] == '@')
			READING_SAYS(reading, value->line,
				"groups hold users, not groups; list the members of \"%s\" here.",
				value->text);
		else if (!value_account(value->text))
			READING_SAYS(reading, value->line, "\"%s\" in \"members\" is not a user's name.",
				value->text);
		group->members[group->member_count++] = reading_copy(reading, value->text);
	}
	if (reading->policy->memory.failed)
		return;
	qsort(group->members, group->member_count, sizeof(*group->members), compare_texts);
	for (size_t i = 1; i < group->member_count; i++)
		if (strcmp(group->members[i - 1], group->members[i]) == 0)
			READING_SAYS(reading, entry->line, "\"%s\" is in \"members\" twice.",
				group->members[i]);
}

static void read_unix_group(struct policy_reading *reading, const struct policy_entry *entry)
{
	const char *text = entry->values->text;

	reading->group->unix_group = reading_copy(reading, text);
	if (!value_account(text))
		READING_SAYS(reading, entry->line, "\"%s\" is not the name of a unix group.", text);
}

static char *read_unix_user(struct policy_reading *reading, const struct policy_entry *entry)
{
	const char *text = entry->values->text;

	if (!value_unix_user(text))
		READING_SAYS(reading, entry->line,
			"\"%s\" is not an account; write its name, or \"#UID\".", text);
	return reading_copy(reading, text);
}

static void read_service_user(struct policy_reading *reading, const struct policy_entry *entry)
{
	reading->service->unix_user = read_unix_user(reading, entry);
}

static void read_caller_user(struct policy_reading *reading, const struct policy_entry *entry)
{
	reading->caller->unix_user = read_unix_user(reading, entry);
}

static void read_caller_users(struct policy_reading *reading, const struct policy_entry *entry)
{
	reading->caller->users = reading_users(reading, entry);
}

static bool is_action_or_pattern(const char *text)
{
	return action_name_is_valid(text) || value_pattern(text);
}

static void read_caller_actions(struct policy_reading *reading, const struct policy_entry *entry)
{
	reading->caller->actions = reading_list(reading, entry, is_action_or_pattern,
		"an action, such as \"customer.view\" or \"customer.*\"");
}

static const struct policy_key group_keys[] = {{"members", true, read_members},
	{"unix", false, read_unix_group}, {0}};
static const struct policy_key service_keys[] = {{"unix-user", false, read_service_user}, {0}};
static const struct policy_key caller_keys[] = {
	{"unix-user", false, read_caller_user}, {"users", true, read_caller_users},
	{"actions", true, read_caller_actions}, {0}};

enum { SECTION_TOP, SECTION_GROUP, SECTION_SERVICE, SECTION_CALLER, SECTION_ACTION, SECTION_COUNT };
const struct policy_section policy_sections[] = {
	[SECTION_TOP] = {NULL, policy_top_keys},
	[SECTION_GROUP] = {"group", group_keys},
	[SECTION_SERVICE] = {"service", service_keys},
	[SECTION_CALLER] = {"caller", caller_keys},
	[SECTION_ACTION] = {"action", policy_rule_keys},
	[SECTION_COUNT] = {0},
};

/* --- blocks --- */

/* Reads a block's keys in the table's order; a key that needs a value and has none was
 * complained about before. */
static void read_keys(struct policy_reading *reading)
{
	for (const struct policy_key *key = reading->block->section->keys; key->name != NULL; key++) {
		const struct policy_entry *entry = policy_block_entry(reading->block, key->name);

		if (entry != NULL && !reading->policy->memory.failed)
			key->read(reading, entry);
	}
}

static void need(struct policy_reading *reading, const char *key, const char *example)
{
	if (policy_block_entry(reading->block, key) == NULL)
		READING_SAYS(reading, reading->block->line, "%s %s has no \"%s\"; add %s.",
			reading->block->section->name, reading->block->title, key, example);
}

/* A block's name in the policy's memory, with a complaint where it is none. */
static char *read_title(struct policy_reading *reading)
{
	const char *title = reading->block->title;

	if (!value_name(title))
		READING_SAYS(reading, reading->block->line, "\"%s\" can't be the name of a %s; "
			"take a-z, 0-9, _ and -, a letter first, at most %d characters.",
			title, reading->block->section->name, POLICY_NAME_SIZE - 1);
	return reading_copy(reading, title);
}

static struct policy_place build_place_of(const struct policy_reading *reading)
{
	return (struct policy_place){.file = reading->text->file, .line = reading->block->line};
}

static void read_top(struct policy_reading *reading)
{
	read_keys(reading);
}

static void read_group(struct policy_reading *reading)
{
	bool members = policy_block_entry(reading->block, "members") != NULL,
		unix_group = policy_block_entry(reading->block, "unix") != NULL;

	reading->group = &reading->policy->groups[reading->policy->group_count++];
	*reading->group = (struct policy_group){
		.name = read_title(reading), .place = build_place_of(reading)};
	if (members == unix_group)
		READING_SAYS(reading, reading->block->line,
			"group %s needs members = { … } or unix = \"…\", but not both.",
			reading->block->title);
	read_keys(reading);
}

static void read_service(struct policy_reading *reading)
{
	reading->service = &reading->policy->services[reading->policy->service_count++];
	*reading->service = (struct service){.name = read_title(reading), .place = build_place_of(reading)};
	need(reading, "unix-user", "unix-user = \"ACCOUNT\"");
	read_keys(reading);
	for (size_t i = 0; i + 1 < reading->policy->service_count; i++) {
		const struct service *other = &reading->policy->services[i];

		if (other->unix_user != NULL && reading->service->unix_user != NULL &&
		    strcmp(other->unix_user, reading->service->unix_user) == 0)
			READING_SAYS(reading, reading->block->line,
				"service %s runs as the same account as service %s, so receipts could "
				"not tell them apart; give each its own account.",
				reading->service->name, other->name);
	}
}

static void read_caller(struct policy_reading *reading)
{
	reading->caller = &reading->policy->callers[reading->policy->caller_count++];
	*reading->caller = (struct caller){.name = read_title(reading), .place = build_place_of(reading)};
	need(reading, "unix-user", "unix-user = \"ACCOUNT\"");
	need(reading, "users", "users = { \"@GROUP\" }");
	need(reading, "actions", "actions = { \"NAME\" }");
	read_keys(reading);
}

static void build_read_action(struct policy_reading *reading)
{
	const char *title = reading->block->title;
	bool own = strncmp(title, "stepup.", 7) == 0;
	struct rule *rule = reading->rule = &reading->policy->rules[reading->policy->rule_count++];

	*rule = (struct rule){.place = build_place_of(reading), .require = FACTOR_HARDWARE_KEY,
		.receipt_seconds = POLICY_RECEIPT_SECONDS};
	if (!is_action_or_pattern(title)) {
		READING_SAYS(reading, reading->block->line,
			"\"%s\" can't be the name of an action; write parts of a-z, 0-9, _ and - joined "
			"by dots, such as customer.export or \"customer.*\", at most %d bytes.",
			title, ACTION_NAME_SIZE - 1);
		return;
	}
	if (own && !value_pattern(title) && policy_own_action(title) == NULL)
		READING_SAYS(reading, reading->block->line, "there is no action %s: names in stepup. "
			"are the verifier's own; stepup.conf(5) lists them.", title);
	memcpy(rule->name, title, strlen(title) + 1);
	read_keys(reading);
	policy_rule_check(reading);
	if (!reading->policy->memory.failed && policy_rule_seal(reading->policy, rule) != STEPUP_OK)
		reading->policy->memory.failed = true;
	policy_rule_add_approval(reading->policy, rule);
}

/* --- all of it --- */

static void (*const readers[SECTION_COUNT])(struct policy_reading *) = {read_top, read_group, read_service,
	read_caller, build_read_action};

static size_t count_blocks(const struct policy_text *texts, size_t count,
	const struct policy_section *section)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		for (const struct policy_block *block = texts[i].blocks; block != NULL; block = block->next)
			found += block->section == section;
	return found;
}

static bool build_make_room(struct policy *policy, const struct policy_text *texts, size_t count)
{
	struct arena *memory = &policy->memory;

	policy->groups = arena_alloc(memory, count_blocks(texts, count, &policy_sections[SECTION_GROUP]),
		sizeof(*policy->groups));
	policy->services = arena_alloc(memory, count_blocks(texts, count, &policy_sections[SECTION_SERVICE]),
		sizeof(*policy->services));
	policy->callers = arena_alloc(memory, count_blocks(texts, count, &policy_sections[SECTION_CALLER]),
		sizeof(*policy->callers));
	policy->rules = arena_alloc(memory, count_blocks(texts, count, &policy_sections[SECTION_ACTION]) + 3,
		sizeof(*policy->rules));
	return !memory->failed;
}

/* The scanner found twins within a file; these stand in two. */
static void check_top_twins(const struct policy_text *texts, size_t count, struct complaints *errors)
{
	for (size_t i = 1; i < count; i++)
		for (const struct policy_entry *entry = texts[i].blocks->entries; entry != NULL;
			entry = entry->next)
			for (size_t j = 0; j < i; j++) {
				const struct policy_entry *other =
					policy_block_entry(texts[j].blocks, entry->key->name);

				if (other != NULL)
					complain(errors, texts[i].file, entry->line,
						"\"%s\" is in %s:%d already. Keep one of them.",
						entry->key->name, texts[j].file, other->line);
			}
}

struct named_block {
	const char *name;
	const struct policy_text *text;
	const struct policy_block *block;
};

static int compare_named(const void *a, const void *b)
{
	const struct named_block *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order != 0 ? order : left->text < right->text ? -1 : left->text > right->text;
}

static void check_block_twins(struct policy *policy, const struct policy_text *texts, size_t count,
	const struct policy_section *section, struct complaints *errors)
{
	size_t total = count_blocks(texts, count, section), at = 0;
	struct named_block *all = calloc(total + 1, sizeof(*all));

	if (all == NULL) {
		policy->memory.failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++)
		for (const struct policy_block *block = texts[i].blocks; block != NULL; block = block->next)
			if (block->section == section)
				all[at++] = (struct named_block){block->title, &texts[i], block};
	qsort(all, total, sizeof(*all), compare_named);
	for (size_t i = 1; i < total; i++)
		if (strcmp(all[i - 1].name, all[i].name) == 0)
			complain(errors, all[i].text->file, all[i].block->line,
				"%s %s is in %s:%d already. Keep one of them.", section->name,
				all[i].name, all[i - 1].text->file, all[i - 1].block->line);
	free(all);
}

static int compare_group_names(const void *a, const void *b)
{
	return strcmp(((const struct policy_group *)a)->name, ((const struct policy_group *)b)->name);
}

/* Exact names first, bytewise; then patterns, the longest first. */
static int compare_rules(const void *a, const void *b)
{
	const struct rule *left = a, *right = b;
	bool left_pattern = strchr(left->name, '*') != NULL, right_pattern = strchr(right->name, '*') != NULL;
	size_t left_length = strlen(left->name), right_length = strlen(right->name);

	if (left_pattern != right_pattern)
		return left_pattern ? 1 : -1;
	if (left_pattern && left_length != right_length)
		return left_length > right_length ? -1 : 1;
	return strcmp(left->name, right->name);
}

/* The rules for everybody's own use, where the configuration has none of those names. */
static void add_own_rules(struct policy *policy)
{
	static const char *const names[] = {"stepup.test", "stepup.enroll", "stepup.remove"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char **everybody = arena_alloc(&policy->memory, 2, sizeof(*everybody));
		struct rule *rule = &policy->rules[policy->rule_count];
		bool has_one = false;

		for (size_t j = 0; j < policy->rule_count; j++)
			has_one = has_one || strcmp(policy->rules[j].name, names[i]) == 0;
		if (has_one || everybody == NULL)
			continue;
		everybody[0] = arena_copy(&policy->memory, "*", 1);
		*rule = (struct rule){.place = {.file = "built-in"}, .users = everybody,
			.require = FACTOR_CODE, .receipt_seconds = POLICY_RECEIPT_SECONDS};
		memcpy(rule->name, names[i], strlen(names[i]) + 1);
		policy->rule_count++;
		if (everybody[0] != NULL && policy_rule_seal(policy, rule) != STEPUP_OK)
			policy->memory.failed = true;
	}
}

static void sort_rules(struct policy *policy)
{
	qsort(policy->rules, policy->rule_count, sizeof(*policy->rules), compare_rules);
	policy->exact_count = 0;
	while (policy->exact_count < policy->rule_count &&
	    strchr(policy->rules[policy->exact_count].name, '*') == NULL)
		policy->exact_count++;
}

enum stepup_error policy_build(struct policy *policy, const struct policy_text *texts, size_t count,
	struct complaints *errors)
{
	struct policy_reading reading = {.policy = policy, .errors = errors, .text = texts};

	policy->cooling_off_seconds = POLICY_COOLING_SECONDS;
	if (!build_make_room(policy, texts, count))
		return STEPUP_NO_MEMORY;
	check_top_twins(texts, count, errors);
	for (size_t kind = SECTION_TOP; kind < SECTION_COUNT; kind++) {
		const struct policy_section *section = &policy_sections[kind];

		if (kind != SECTION_TOP)
			check_block_twins(policy, texts, count, section, errors);
		for (size_t i = 0; i < count; i++)
			for (const struct policy_block *block = texts[i].blocks;
				block != NULL && !policy->memory.failed; block = block->next) {
				if (block->section != section)
					continue;
				reading.text = &texts[i];
				reading.block = block;
				readers[kind](&reading);
			}
		if (kind == SECTION_GROUP && !policy->memory.failed)
			qsort(policy->groups, policy->group_count, sizeof(*policy->groups),
				compare_group_names);
	}
	reading.text = texts;
	policy_top_finish(&reading, texts, count);
	if (!policy->memory.failed)
		add_own_rules(policy);
	if (policy->memory.failed || errors->no_memory)
		return STEPUP_NO_MEMORY;
	sort_rules(policy);
	return STEPUP_OK;
}
