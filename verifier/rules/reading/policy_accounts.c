/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accounts of a policy, looked up.
 */
#include "verifier/rules/reading/policy_accounts.h"

#include "lib/wire/shared_limits.h"
#include "verifier/host/account_nss.h"
#include "verifier/rules/policy/policy_directory.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTSIDE_MAX 64
#define NAMED_MAX 5               /* in one warning; more are counted */
#define ACCOUNT_GROUPS_MAX 256            /* of one account */
#define NAMES_MAX 20              /* unknown ones that are told; more are counted */

static void warn_unix_user(const struct policy_place *place, const char *kind, const char *name,
	const char *unix_user, struct complaints *warnings)
{
	if (unix_user[0] != '#' && getpwnam(unix_user) == NULL)
		complain(warnings, place->file, place->line,
			"this host knows no account \"%s\", so %s %s can't work here.", unix_user,
			kind, name);
}

/* --- who gets through the administrators' door --- */

/* Those whom a rule names and who stay outside, each once. */
struct outside {
	gid_t door;
	char *names[OUTSIDE_MAX]; /* owned */
	size_t count;
};

/* An account of this host that isn't in the group; root needs none. Of one with more groups than fit
 * nothing is said. */
static bool stays_outside(const char *name, gid_t door)
{
	const struct passwd *account = getpwnam(name);
	gid_t groups[ACCOUNT_GROUPS_MAX];
	int count = ACCOUNT_GROUPS_MAX;

	if (account == NULL || account->pw_uid == 0 ||
	    getgrouplist(name, account->pw_gid, groups, &count) < 0)
		return false;
	for (int i = 0; i < count; i++)
		if (groups[i] == door)
			return false;
	return true;
}

static void note_outside(struct outside *outside, const char *name)
{
	for (size_t i = 0; i < outside->count; i++)
		if (strcmp(outside->names[i], name) == 0)
			return;
	if (outside->count == OUTSIDE_MAX || !stays_outside(name, outside->door))
		return;
	outside->names[outside->count] = strdup(name);
	outside->count += outside->names[outside->count] != NULL ? 1 : 0;
}

static void note_group(struct outside *outside, const struct policy_group *group)
{
	const struct group *unix_group = group->unix_group == NULL ? NULL : getgrnam(group->unix_group);

	for (size_t i = 0; i < group->member_count; i++)
		note_outside(outside, group->members[i]);
	for (char **member = unix_group == NULL ? NULL : unix_group->gr_mem;
		member != NULL && *member != NULL; member++)
		note_outside(outside, *member);
}

static void accounts_note_user(struct outside *outside, const struct policy *policy, const char *user)
{
	if (user[0] != '@') {
		/* of "*" there is no account: everybody is nobody in particular */
		note_outside(outside, user);
		return;
	}
	for (size_t i = 0; i < policy->group_count; i++)
		if (strcmp(policy->groups[i].name, user + 1) == 0)
			note_group(outside, &policy->groups[i]);
}

/* "carol, dave and 3 more"; the caller frees. */
static char *accounts_join_names(const struct outside *outside)
{
	size_t shown = outside->count <= NAMED_MAX ? outside->count : NAMED_MAX, size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < shown; i++)
		fprintf(out, "%s%s", i == 0 ? "" : i + 1 == outside->count ? " and " : ", ",
			outside->names[i]);
	if (shown < outside->count)
		fprintf(out, " and %zu more", outside->count - shown);
	if (fclose(out) != 0) {
		free(text);
		text = NULL;
	}
	return text;
}

/* A rule alone lets nobody administer: the socket is the group's. */
static void warn_outside(const struct policy *policy, const struct rule *rule, gid_t door,
	struct complaints *warnings)
{
	struct outside outside = {.door = door};
	char *names;

	for (size_t i = 0; rule->users != NULL && rule->users[i] != NULL; i++)
		accounts_note_user(&outside, policy, rule->users[i]);
	names = outside.count == 0 ? NULL : accounts_join_names(&outside);
	if (names != NULL)
		complain(warnings, rule->place.file, rule->place.line,
			"action %s names %s, who %s not in the unix group " ADMIN_DOOR_GROUP
			", and so can't get to the verifier's door for it; add them to that group.",
			rule->name, names, outside.count == 1 ? "is" : "are");
	free(names);
	for (size_t i = 0; i < outside.count; i++)
		free(outside.names[i]);
}

static void warn_administrators(const struct policy *policy, struct complaints *warnings)
{
	const struct group *door = getgrnam(ADMIN_DOOR_GROUP);
	gid_t gid;

	if (door == NULL)
		return;
	gid = door->gr_gid; /* the next lookup overwrites the rest */
	for (size_t i = 0; i < policy->rule_count; i++)
		if (policy_rule_is_administrators(&policy->rules[i]))
			warn_outside(policy, &policy->rules[i], gid, warnings);
}

/* --- users that the policy names --- */

struct accounts_naming {
	const struct policy *policy;
	struct complaints *warnings;
	size_t unknown;
};

static bool lists(char *const *list, const char *name)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

/* Where a user is named first, and by what; false where only a service or a caller runs as that. */
static bool find_place(const struct policy *policy, const char *name, const struct policy_place **place,
	const char **kind, const char **title)
{
	for (size_t i = 0; i < policy->group_count; i++)
		for (size_t j = 0; j < policy->groups[i].member_count; j++)
			if (strcmp(policy->groups[i].members[j], name) == 0) {
				*place = &policy->groups[i].place, *kind = "group",
					*title = policy->groups[i].name;
				return true;
			}
	for (size_t i = 0; i < policy->rule_count; i++)
		if (lists(policy->rules[i].users, name) || lists(policy->rules[i].approvers, name)) {
			*place = &policy->rules[i].place, *kind = "action", *title = policy->rules[i].name;
			return true;
		}
	for (size_t i = 0; i < policy->caller_count; i++)
		if (lists(policy->callers[i].users, name)) {
			*place = &policy->callers[i].place, *kind = "caller",
				*title = policy->callers[i].name;
			return true;
		}
	return false;
}

static void warn_name(void *context, const char *written, const char *canonical)
{
	struct accounts_naming *naming = context;
	const struct policy_place *place = NULL;
	const char *kind = NULL, *title = NULL;

	if (!find_place(naming->policy, written, &place, &kind, &title))
		return;
	if (canonical != NULL)
		complain(naming->warnings, place->file, place->line,
			"%s %s names \"%s\", which is the account \"%s\" here. The log has only this "
			"name; write this name.",
			kind, title, written, canonical);
	else if (naming->unknown++ < NAMES_MAX)
		complain(naming->warnings, place->file, place->line,
			"%s %s names \"%s\", and this host knows no such account. Is it spelt right?", kind,
			title, written);
}

static enum stepup_error no_group(const char *name, int64_t *gid)
{
	(void)name;
	*gid = -1;
	return STEPUP_OK;
}

static void warn_names(const struct policy *policy, struct complaints *warnings)
{
	const struct directory_questions questions = {.group = no_group, .user = account_nss_name};
	struct policy_directory *directory = policy_directory_ask(policy, &questions, NULL);
	struct accounts_naming naming = {.policy = policy, .warnings = warnings};

	policy_directory_each(directory, warn_name, &naming);
	policy_directory_free(&directory);
	if (naming.unknown > NAMES_MAX)
		complain(warnings, policy->rules[0].place.file, 0,
			"this host doesn't know %zu other accounts that are named.",
			naming.unknown - NAMES_MAX);
}

void policy_warn_accounts(const struct policy *policy, struct complaints *warnings)
{
	for (size_t i = 0; i < policy->group_count; i++) {
		const struct policy_group *group = &policy->groups[i];

		if (group->unix_group != NULL && getgrnam(group->unix_group) == NULL)
			complain(warnings, group->place.file, group->place.line,
				"this host knows no unix group \"%s\", so group %s has nobody in it here.",
				group->unix_group, group->name);
	}
	for (size_t i = 0; i < policy->service_count; i++)
		warn_unix_user(&policy->services[i].place, "service", policy->services[i].name,
			policy->services[i].unix_user, warnings);
	for (size_t i = 0; i < policy->caller_count; i++)
		warn_unix_user(&policy->callers[i].place, "caller", policy->callers[i].name,
			policy->callers[i].unix_user, warnings);
	warn_names(policy, warnings);
	warn_administrators(policy, warnings);
}
