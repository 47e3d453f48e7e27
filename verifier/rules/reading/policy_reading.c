/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the keys of all sections share: texts into the policy's memory, lists, users, yes and no.
 */
#include "verifier/rules/reading/policy_build.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "verifier/rules/reading/policy_values.h"

char *reading_copy(struct policy_reading *reading, const char *text)
{
	return arena_copy(&reading->policy->memory, text, strlen(text));
}

bool reading_is_showable(struct policy_reading *reading, const char *text)
{
	bool showable = true;

	while (showable && *text != '\0') {
		size_t length = strcspn(text, " {}");
		char *safe = display_text(text, length);

		if (safe == NULL)
			reading->policy->memory.failed = true;
		showable = safe == NULL || (strlen(safe) == length && memcmp(safe, text, length) == 0);
		free(safe);
		text += length;
		text += strspn(text, " {}");
	}
	return showable;
}

bool reading_yes(struct policy_reading *reading, const struct policy_entry *entry)
{
	const char *text = entry->values->text;

	if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
		READING_SAYS(reading, entry->line, "\"%s\" takes yes or no, not \"%s\".",
			entry->key->name, text);
	return strcmp(text, "yes") == 0;
}

char **reading_list(struct policy_reading *reading, const struct policy_entry *entry,
	bool (*is_valid)(const char *text), const char *what)
{
	char **list = arena_alloc(&reading->policy->memory, entry->value_count + 1, sizeof(*list));
	size_t count = 0;

	if (entry->value_count == 0)
		READING_SAYS(reading, entry->line, "\"%s\" is empty; name %s.", entry->key->name, what);
	if (entry->value_count > POLICY_LIST_MAX) {
		READING_SAYS(reading, entry->line,
			"\"%s\" has more than %d entries; put users into a group, actions under a pattern.",
			entry->key->name, POLICY_LIST_MAX);
		return NULL;
	}
	for (const struct policy_value *value = entry->values; list != NULL && value != NULL;
		value = value->next) {
		if (!is_valid(value->text))
			READING_SAYS(reading, value->line, "\"%s\" in \"%s\" is not %s.", value->text,
				entry->key->name, what);
		for (size_t i = 0; i < count; i++)
			if (strcmp(list[i], value->text) == 0) {
				READING_SAYS(reading, value->line, "\"%s\" is twice in \"%s\".",
					value->text, entry->key->name);
				break;
			}
		list[count] = reading_copy(reading, value->text);
		if (list[count++] == NULL)
			return NULL;
	}
	return list;
}

static bool is_user_or_group(const char *text)
{
	return text[0] == '@' ? value_name(text + 1) : strcmp(text, "*") == 0 || value_account(text);
}

static int reading_compare_group(const void *name, const void *group)
{
	return strcmp(name, ((const struct policy_group *)group)->name);
}

char **reading_users(struct policy_reading *reading, const struct policy_entry *entry)
{
	const struct policy *policy = reading->policy;

	for (const struct policy_value *value = entry->values; value != NULL; value = value->next)
		if (value->text[0] == '@' && value_name(value->text + 1) &&
		    (policy->group_count == 0 ||
			    bsearch(value->text + 1, policy->groups, policy->group_count,
				    sizeof(*policy->groups), reading_compare_group) == NULL))
			READING_SAYS(reading, value->line, "there is no group \"%s\"; write: "
				"group %s { members = { … } } or { unix = \"…\" }.",
				value->text + 1, value->text + 1);
	return reading_list(reading, entry, is_user_or_group, "a user, \"@GROUP\" or \"*\" (everybody)");
}
