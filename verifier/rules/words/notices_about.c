/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notices about invitations, locks and the store. An invitation, or a lock by name, is never refused because
 * something may be wrong with it: an account, or a line of the configuration, may come later. It is said.
 */
#include "verifier/rules/words/notices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/sentence.h"

static const struct sentence rows[] = {
	{"invited", NULL,
		"{user} can enrol with this invitation once, within {hours} hours. Hand it over in person. "
		"Older invitations of theirs are void."
		"[excused? This is the verifier's first day: a key that {user} enrols on it need not "
		"cool off, and may agree to requests at once.]"
		"[stranger? This host has no account {user}: is that the right name?]"
		"[no_rule? No rule lets {user} administer, so they can enrol and no more: "
		"write a rule for \"stepup.*\" that names them, then `systemctl reload stepupd`.]"
		"[no_group? No rule lets {user} administer, so they can enrol and no more: "
		"add them to the users of {rule} ({place}), then `systemctl reload stepupd`.]"
		"[no_unix_group? No rule lets {user} administer, so they can enrol and no more: "
		"add them to group {group} ({place}), then `systemctl reload stepupd`.]"
		"[ No rule lets {user} administer, so they can enrol and no more: "
		"add them to the unix group {unix_group}, which is group {group} ({place}), "
		"then `systemctl reload stepupd`.]"},
	{"locked", NULL,
		"Locked: {users}. Everything of theirs is refused from now on."
		"[ Nobody of that name is known: {unknown}. The lock stands all the same. "
		"Is that the right name?]"
		"[ The directory did not answer, so nobody can say whose name this is: {unsaid}. "
		"It is locked exactly as it is spelt. Lock it once more when the directory answers.]"
		"[ Nobody has ever enrolled as {unenrolled}: is that the right name?]"},
	{"locked-one", NULL, "{user} ({reference}[, given as {asked}][, already locked by {before}])"},
	{"row-wrong", "list",
		"The store's table {table} has other rows than this verifier wrote: "
		"some are missing from its lists, or too many"},
	{"row-wrong", "unwritten",
		"The store holds a row that nobody wrote: {name|one without a name} ({table})"},
	{"row-wrong", "gone", "The store's row[ of {name}] ({table}) is gone"},
	{"row-wrong", "unreadable", "The store's row[ of {name}] ({table}) can't be read"},
	{"row-wrong", "found known",
		"The store's row[ of {name}] ({table}) is version {found}; "
		"this verifier wrote {known}"},
	{"row-wrong", NULL,
		"The store's row[ of {name}] ({table}) is not the one that this verifier wrote"},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const char *const value_names[] = {"asked", "before", "excused", "found", "gone", "group", "hours",
	"known", "list", "name", "no_group", "no_rule", "no_unix_group", "place", "reference", "rule",
	"stranger", "table", "unenrolled", "unix_group", "unknown", "unreadable", "unsaid", "unwritten",
	"user", "users", NULL};

const char *notice_about_row_fault(void)
{
	return sentence_row_fault(rows, ROWS, value_names);
}

/* --- invitations --- */

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

static void set_place(struct sentence_values *values, const struct policy_place *place)
{
	char *text = NULL;

	if (asprintf(&text, "%s:%d", place->file, place->line) < 0) {
		values->failed = true;
		return;
	}
	sentence_set_safe(values, "place", text);
	free(text);
}

/* Which line of the configuration to write somebody into who may not administer yet. */
static void set_powerless(struct sentence_values *values, const struct policy *policy)
{
	const struct rule *rule = administrators_rule(policy);
	const struct policy_group *group = rule == NULL ? NULL : group_of(policy, rule);

	sentence_set_flag(values, "no_rule", rule == NULL);
	sentence_set_flag(values, "no_group", rule != NULL && group == NULL);
	sentence_set_flag(values, "no_unix_group", group != NULL && group->unix_group == NULL);
	if (rule == NULL)
		return;
	sentence_set_safe(values, "rule", rule->name);
	set_place(values, group == NULL ? &rule->place : &group->place);
	if (group == NULL)
		return;
	sentence_set_safe(values, "group", group->name);
	sentence_set_safe(values, "unix_group", group->unix_group);
}

char *notice_invited(const struct invited_facts *facts)
{
	struct sentence_values values = {0};

	sentence_set(&values, "user", facts->user);
	sentence_set_number(&values, "hours", facts->hours);
	sentence_set_flag(&values, "excused", facts->excused);
	sentence_set_flag(&values, "stranger", facts->stranger);
	if (facts->powerless_in != NULL)
		set_powerless(&values, facts->powerless_in);
	return sentence_say(rows, ROWS, "invited", &values);
}

/* --- locks by name --- */

static bool is_unknown(const struct locked_user *user)
{
	return !user->known && !user->silent;
}

static bool is_unsaid(const struct locked_user *user)
{
	return user->silent;
}

static bool is_unenrolled(const struct locked_user *user)
{
	return user->known && !user->silent && !user->enrolled;
}

static void set_those(struct sentence_values *values, const char *name,
	bool (*fits)(const struct locked_user *user), const struct locked_user *users, size_t count)
{
	const char **names = calloc(count == 0 ? 1 : count, sizeof(*names));
	size_t found = 0;

	if (names == NULL) {
		values->failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (fits(&users[i]))
			names[found++] = users[i].user;
	sentence_set_list(values, name, names, found, "", ", ");
	free(names);
}

/* "asmith (L-83, given as CORP\asmith, already locked by dana)". */
static char *say_locked_one(const struct locked_user *user)
{
	struct sentence_values values = {0};

	sentence_set(&values, "user", user->user);
	sentence_set_safe(&values, "reference", user->reference);
	sentence_set(&values, "asked", strcmp(user->asked, user->user) == 0 ? NULL : user->asked);
	sentence_set(&values, "before", user->before);
	return sentence_say(rows, ROWS, "locked-one", &values);
}

/* All of them, with commas between; the caller frees. */
static char *say_locked_users(const struct locked_user *users, size_t count)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool written = out != NULL;

	for (size_t i = 0; written && i < count; i++) {
		char *one = say_locked_one(&users[i]);

		written = one != NULL && fprintf(out, "%s%s", i == 0 ? "" : ", ", one) >= 0;
		free(one);
	}
	if (out != NULL && fclose(out) == 0 && written)
		return text;
	free(text);
	return NULL;
}

char *notice_locked(const struct locked_user *users, size_t count)
{
	struct sentence_values values = {0};
	char *all = say_locked_users(users, count);

	values.failed = all == NULL;
	sentence_set_safe(&values, "users", all);
	free(all);
	set_those(&values, "unknown", is_unknown, users, count);
	set_those(&values, "unsaid", is_unsaid, users, count);
	set_those(&values, "unenrolled", is_unenrolled, users, count);
	return sentence_say(rows, ROWS, "locked", &values);
}

/* --- rows of the store --- */

char *notice_store_wrong(const struct store_wrong *wrong)
{
	struct sentence_values values = {0};

	sentence_set(&values, "name", wrong->name);
	sentence_set_safe(&values, "table", wrong->table);
	sentence_set_flag(&values, "list", wrong->list);
	sentence_set_flag(&values, "unwritten", wrong->known == 0);
	sentence_set_flag(&values, "gone", wrong->found == 0);
	sentence_set_flag(&values, "unreadable", wrong->found < 0 && wrong->known < 0);
	if (wrong->found >= 0 && wrong->found != wrong->known) {
		sentence_set_number(&values, "found", wrong->found);
		sentence_set_number(&values, "known", wrong->known);
	}
	return sentence_say(rows, ROWS, "row-wrong", &values);
}
