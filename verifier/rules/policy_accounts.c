/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accounts of a policy, looked up.
 */
#include "verifier/rules/policy_accounts.h"

#include <grp.h>
#include <pwd.h>

static void warn_unix_user(const struct policy_place *place, const char *kind, const char *name, const char *unix_user,
	struct complaints *warnings)
{
	if (unix_user[0] != '#' && getpwnam(unix_user) == NULL)
		complain(warnings, place->file, place->line, "this host knows no account \"%s\", so nothing can be %s %s here.", unix_user, kind, name);
}

void policy_warn_accounts(const struct policy *policy, struct complaints *warnings)
{
	for (size_t i = 0; i < policy->group_count; i++) {
		const struct policy_group *group = &policy->groups[i];

		if (group->unix_group != NULL && getgrnam(group->unix_group) == NULL)
			complain(warnings, group->place.file, group->place.line,
				"this host knows no unix group \"%s\", so group %s has nobody in it here.", group->unix_group, group->name);
	}
	for (size_t i = 0; i < policy->service_count; i++)
		warn_unix_user(&policy->services[i].place, "service", policy->services[i].name, policy->services[i].unix_user, warnings);
	for (size_t i = 0; i < policy->caller_count; i++)
		warn_unix_user(&policy->callers[i].place, "caller", policy->callers[i].name, policy->callers[i].unix_user, warnings);
}
