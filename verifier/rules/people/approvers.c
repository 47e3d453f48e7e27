/* SPDX-License-Identifier: BSD-2-Clause */
/* Who can agree as the second person, for people to read. */
#include "verifier/rules/people/approvers.h"

#include <stdio.h>
#include <string.h>

#define APPROVER_WORDS_SIZE 300 /* "members of GROUP" */
#define NAMED_MEMBERS_MAX 16    /* a group of more is named as such */

#define MEMBERS_OF "members of "
#define ANYBODY_ELSE "anybody else"

bool approvers_is_person(const char *words)
{
	return strncmp(words, MEMBERS_OF, strlen(MEMBERS_OF)) != 0 && strcmp(words, ANYBODY_ELSE) != 0;
}

static bool add_name(json_t *names, const char *before, const char *name, const char *requester)
{
	char text[APPROVER_WORDS_SIZE];

	if (strcmp(name, requester) == 0 && *before == '\0')
		return true;
	if (snprintf(text, sizeof(text), "%s%s", before, name) >= (int)sizeof(text))
		return true; /* no name is that long */
	return json_array_append_new(names, json_string(text)) == 0;
}

static const struct policy_group *find_group(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->group_count; i++)
		if (strcmp(policy->groups[i].name, name) == 0)
			return &policy->groups[i];
	return NULL;
}

static bool add_group(json_t *names, const struct policy_group *group, const char *requester)
{
	if (group == NULL)
		return true;
	if (group->unix_group != NULL || group->member_count > NAMED_MEMBERS_MAX)
		return add_name(names, MEMBERS_OF,
			group->unix_group != NULL ? group->unix_group : group->name, requester);
	for (size_t i = 0; i < group->member_count; i++)
		if (!add_name(names, "", group->members[i], requester))
			return false;
	return true;
}

json_t *approvers_words(const struct policy *policy, const struct rule *rule, const char *requester)
{
	json_t *names = json_array();
	bool added = names != NULL;

	for (size_t i = 0; added && rule->approvers[i] != NULL; i++) {
		const char *entry = rule->approvers[i];

		if (entry[0] == '@')
			added = add_group(names, find_group(policy, entry + 1), requester);
		else
			added = add_name(names, "",
				strcmp(entry, "*") == 0 ? ANYBODY_ELSE : entry, requester);
	}
	if (!added) {
		json_decref(names);
		names = NULL;
	}
	return names;
}

void approvers_say(FILE *out, const json_t *approvers)
{
	size_t count = json_array_size(approvers);

	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ",
			json_string_value(json_array_get(approvers, i)));
}

char *approvers_text(const json_t *approvers)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	approvers_say(out, approvers);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
