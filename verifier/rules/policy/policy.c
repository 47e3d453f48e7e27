/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The questions asked of a policy.
 * MUST: deny what no rule names; cost the same for a group of ten and of a hundred thousand; let nobody act
 * for another user, or beyond the actions, whom the configuration doesn't name.
 */
#include "verifier/rules/policy/policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/rules/policy/policy_directory.h"
#include "verifier/rules/trust/attestation_trust.h"

#define OWN_NAMES "stepup."

struct policy *policy_reference(struct policy *policy)
{
	if (policy != NULL)
		(void)__atomic_add_fetch(&policy->references, 1, __ATOMIC_RELAXED);
	return policy;
}

void policy_release(struct policy **policy)
{
	struct policy *old = *policy;
	struct arena memory;

	*policy = NULL;
	if (old == NULL || __atomic_sub_fetch(&old->references, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	attestation_trust_free(&old->trust);
	policy_directory_free(&old->directory);
	memory = old->memory;
	arena_clear(&memory);
	free(old);
}

void policy_issuer_name(const struct policy *policy, char *name, size_t size)
{
	const char *host = strstr(policy->issuer, "://");

	host = host == NULL ? policy->issuer : host + 3;
	(void)snprintf(name, size, "%.*s", (int)strcspn(host, "/"), host);
}

bool policy_pattern_matches(const char *pattern, const char *action)
{
	size_t length = strlen(pattern);

	if (length == 0 || pattern[length - 1] != '*')
		return strcmp(pattern, action) == 0;
	if (strncmp(action, OWN_NAMES, strlen(OWN_NAMES)) == 0 &&
	    strncmp(pattern, OWN_NAMES, strlen(OWN_NAMES)) != 0)
		return false;
	return strncmp(pattern, action, length - 1) == 0;
}

static int compare_rule(const void *name, const void *rule)
{
	return strcmp(name, ((const struct rule *)rule)->name);
}

const struct rule *policy_rule(const struct policy *policy, const char *action)
{
	const struct rule *rule;

	if (!action_name_is_valid(action))
		return NULL;
	if (strncmp(action, OWN_NAMES, strlen(OWN_NAMES)) == 0 && policy_own_action(action) == NULL)
		return NULL;
	rule = policy->exact_count == 0 ? NULL
		: bsearch(action, policy->rules, policy->exact_count, sizeof(*rule), compare_rule);
	for (size_t i = policy->exact_count; rule == NULL && i < policy->rule_count; i++)
		if (policy_pattern_matches(policy->rules[i].name, action))
			rule = &policy->rules[i];
	return rule;
}

static int compare_group(const void *name, const void *group)
{
	return strcmp(name, ((const struct policy_group *)group)->name);
}

static int compare_member(const void *name, const void *member)
{
	return strcmp(name, *(char *const *)member);
}

static const struct policy_group *policy_find_group(const struct policy *policy, const char *name)
{
	return policy->group_count == 0 ? NULL
		: bsearch(name, policy->groups, policy->group_count, sizeof(*policy->groups), compare_group);
}

/* As it is called, or as the directory says that it is written here as well. */
static bool group_lists(const struct policy *policy, const struct policy_group *group, const char *user)
{
	const char *written = user;

	for (size_t i = 0; written != NULL && group->member_count > 0; i++) {
		if (bsearch(written, group->members, group->member_count, sizeof(*group->members),
			    compare_member) != NULL)
			return true;
		written = policy_directory_written(policy->directory, user, i);
	}
	return false;
}

static bool group_holds(const struct policy *policy, const char *name, const struct policy_user *user)
{
	const struct policy_group *group = policy_find_group(policy, name);
	int64_t gid;

	if (group == NULL)
		return false;
	if (group->unix_group == NULL)
		return group_lists(policy, group, user->name) || group_lists(policy, group, user->also);
	gid = policy_directory_gid(policy->directory, (size_t)(group - policy->groups));
	for (size_t i = 0; i < user->gid_count; i++)
		if ((int64_t)user->gids[i] == gid)
			return true;
	return false;
}

static bool is_name_of(const struct policy *policy, const char *written, const struct policy_user *user)
{
	return policy_directory_means(policy->directory, written, user->name) ||
		(user->also != NULL && policy_directory_means(policy->directory, written, user->also));
}

bool policy_list_names(const struct policy *policy, char *const *list, const struct policy_user *user)
{
	if (user == NULL || user->name == NULL || user->name[0] == '\0')
		return false;
	for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
		bool named = list[i][0] == '@' ? group_holds(policy, list[i] + 1, user)
			: strcmp(list[i], "*") == 0 || is_name_of(policy, list[i], user);

		if (named)
			return true;
	}
	return false;
}

bool policy_list_is_unsure(const struct policy *policy, char *const *list)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
		const struct policy_group *group =
			list[i][0] == '@' ? policy_find_group(policy, list[i] + 1) : NULL;

		if (group != NULL && group->unix_group != NULL &&
		    policy_directory_gid(policy->directory, (size_t)(group - policy->groups)) == -2)
			return true;
	}
	return false;
}

/* Whether all that is named so far is this one; notes the first. */
static bool is_the_one(const char **one, const char *name)
{
	if (*one == NULL)
		*one = name;
	return strcmp(*one, name) == 0;
}

bool policy_list_is_one(const struct policy *policy, char *const *list)
{
	const char *one = NULL;

	for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
		const struct policy_group *group =
			list[i][0] == '@' ? policy_find_group(policy, list[i] + 1) : NULL;

		if (strcmp(list[i], "*") == 0 || (group != NULL && group->unix_group != NULL))
			return false;
		if (list[i][0] != '@' && !is_the_one(&one, list[i]))
			return false;
		for (size_t j = 0; group != NULL && j < group->member_count; j++)
			if (!is_the_one(&one, group->members[j]))
				return false;
	}
	return one != NULL;
}

bool policy_list_is_empty(const struct policy *policy, char *const *list)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
		const struct policy_group *group =
			list[i][0] == '@' ? policy_find_group(policy, list[i] + 1) : NULL;

		if (list[i][0] != '@' ||
		    (group != NULL && (group->unix_group != NULL || group->member_count > 0)))
			return false;
	}
	return true;
}

bool policy_unix_user_is(const struct policy *policy, const char *unix_user, uid_t uid, const char *account)
{
	char *end = NULL;
	unsigned long long number;

	if (unix_user[0] != '#')
		return account != NULL && policy_directory_means(policy->directory, unix_user, account);
	errno = 0;
	number = strtoull(unix_user + 1, &end, 10);
	return errno == 0 && end != unix_user + 1 && *end == '\0' && number == uid;
}

static bool list_matches(char *const *patterns, const char *action)
{
	for (size_t i = 0; patterns != NULL && patterns[i] != NULL; i++)
		if (policy_pattern_matches(patterns[i], action))
			return true;
	return false;
}

bool policy_caller_may(const struct policy *policy, uid_t uid, const char *account,
	const struct policy_user *user, const char *action)
{
	if (uid == 0)
		return true;
	for (size_t i = 0; i < policy->caller_count; i++) {
		const struct caller *caller = &policy->callers[i];

		if (policy_unix_user_is(policy, caller->unix_user, uid, account) &&
		    list_matches(caller->actions, action) && policy_list_names(policy, caller->users, user))
			return true;
	}
	return false;
}

const struct service *policy_service_of(const struct policy *policy, uid_t uid, const char *account)
{
	const struct service *found = NULL;

	for (size_t i = 0; i < policy->service_count; i++) {
		if (!policy_unix_user_is(policy, policy->services[i].unix_user, uid, account))
			continue;
		if (found != NULL)
			/* "exportd" and "#998" may be one account: then nobody can say which service it is */
			return NULL;
		found = &policy->services[i];
	}
	return found;
}

bool policy_code_may(const struct rule *rule, const char *action)
{
	const struct own_action *own = policy_own_action(action);

	if (rule->require != FACTOR_CODE)
		return false;
	return rule->code_is_enough ||
		!(rule->approves || rule->service != NULL || (own != NULL && own->administrator));
}

bool policy_rule_is_administrators(const struct rule *rule)
{
	const struct own_action *own = policy_own_action(rule->name);

	return own != NULL ? own->administrator : strncmp(rule->name, "stepup.", strlen("stepup.")) == 0;
}

bool policy_may_administer(const struct policy *policy, const struct policy_user *user)
{
	for (size_t i = 0; i < policy->rule_count; i++)
		if (policy_rule_is_administrators(&policy->rules[i]) &&
		    policy_list_names(policy, policy->rules[i].users, user))
			return true;
	return false;
}

/* --- models of keys --- */

bool policy_models_name(const struct policy_models *models, const uint8_t aaguid[KEY_AAGUID_SIZE])
{
	for (size_t i = 0; i < models->count; i++)
		if (memcmp(models->aaguids[i], aaguid, KEY_AAGUID_SIZE) == 0)
			return true;
	return false;
}

bool policy_model_allowed(const struct policy *policy, const uint8_t aaguid[KEY_AAGUID_SIZE])
{
	return !policy_model_denied(policy, aaguid) &&
		!attestation_trust_model(policy->trust, aaguid, NULL).revoked &&
		(policy->allow_models.count == 0 || policy_models_name(&policy->allow_models, aaguid));
}

bool policy_model_denied(const struct policy *policy, const uint8_t aaguid[KEY_AAGUID_SIZE])
{
	return policy_models_name(&policy->deny_models, aaguid);
}

bool policy_wants_attestation(const struct policy *policy, const struct policy_user *user)
{
	if (policy->attestation_roots.path != NULL || policy->mds.path != NULL ||
	    policy->allow_models.count > 0 || policy->deny_models.count > 0)
		return true;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];

		if (rule->require == FACTOR_HARDWARE_KEY && (policy_list_names(policy, rule->users, user) ||
			(rule->approvers != NULL && policy_list_names(policy, rule->approvers, user))))
			return true;
	}
	return false;
}

const char *over_limit_name(enum over_limit over)
{
	switch (over) {
	case OVER_LIMIT_DENY:
		return "deny";
	case OVER_LIMIT_APPROVE:
		return "approve";
	case OVER_LIMIT_LOCK:
		return "lock";
	}
	return "deny";
}
