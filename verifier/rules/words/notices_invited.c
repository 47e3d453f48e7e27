/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What whoever invites is told: that it is done, and what may be wrong with it all the same. An invitation is
 * never refused for that: an account, or a line of the configuration, may come later.
 */
#include "verifier/rules/words/notices.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"

/* The first rule of the configuration about administrators' verbs; NULL where there is none. */
static const struct rule *administrators_rule(const struct policy *policy)
{
	for (size_t i = 0; i < policy->rule_count; i++)
		if (policy_rule_is_administrators(&policy->rules[i]))
			return &policy->rules[i];
	return NULL;
}

/* The first group that a rule's users name; NULL where they name none. */
static const struct policy_group *group_of(const struct policy *policy, const struct rule *rule)
{
	for (size_t i = 0; rule->users != NULL && rule->users[i] != NULL; i++)
		for (size_t j = 0; j < policy->group_count; j++)
			if (rule->users[i][0] == '@' &&
			    strcmp(rule->users[i] + 1, policy->groups[j].name) == 0)
				return &policy->groups[j];
	return NULL;
}

/* Where to write somebody in who may not administer yet. */
static void say_powerless(FILE *out, const struct policy *policy, const char *user)
{
	const struct rule *rule = administrators_rule(policy);
	const struct policy_group *group = rule == NULL ? NULL : group_of(policy, rule);

	fprintf(out, " No rule lets %s administer, so they can enrol and no more: ", user);
	if (rule == NULL)
		fputs("write a rule for \"stepup.*\" that names them", out);
	else if (group == NULL)
		fprintf(out, "add them to the users of %s (%s:%d)", rule->name, rule->place.file,
			rule->place.line);
	else if (group->unix_group != NULL)
		fprintf(out, "add them to the unix group %s, which is group %s (%s:%d)", group->unix_group,
			group->name, group->place.file, group->place.line);
	else
		fprintf(out, "add them to group %s (%s:%d)", group->name, group->place.file,
			group->place.line);
	fputs(", then `systemctl reload stepupd`.", out);
}

char *notice_invited(const struct invited_facts *facts)
{
	char *user = display_value(facts->user, strlen(facts->user)), *text = NULL;
	size_t size = 0;
	FILE *out = user == NULL ? NULL : open_memstream(&text, &size);

	if (out != NULL) {
		fprintf(out, "%s can enrol with this invitation once, within %" PRId64
			" hours. Hand it over in person. Older invitations of theirs are void.",
			user, facts->hours);
		if (facts->excused)
			fprintf(out, " This is the verifier's first day: a key that %s enrols on it need not "
				"cool off, and may agree to requests at once.", user);
		if (facts->stranger)
			fprintf(out, " This host has no account %s: is that the right name?", user);
		if (facts->powerless_in != NULL)
			say_powerless(out, facts->powerless_in, user);
	}
	if (out != NULL && fclose(out) != 0) {
		free(text);
		text = NULL;
	}
	free(user);
	return text;
}
