/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verifier's own actions, stepup.*: one table.
 */
#include <string.h>

#include "verifier/rules/policy/policy.h"

#define TEXT(name) {name, DETAIL_TEXT}

static const struct own_action own_actions[] = {
	{.action = "stepup.test", .prompt = "Try your step-up. Nothing else happens"},
	{.action = "stepup.enroll", .prompt = "Add another authenticator ({type}) to your account",
		.details = {TEXT("type")}, .detail_count = 1},
	{.action = "stepup.remove", .prompt = "Remove {label} from your account",
		.details = {TEXT("credential")}, .detail_count = 1},
	{.action = "stepup.invite", .prompt = "Invite {user} to enrol", .details = {TEXT("user")},
		.detail_count = 1, .administrator = true},
	{.action = "stepup.users", .prompt = "Show who is enrolled", .administrator = true},
	{.action = "stepup.credentials", .prompt = "Show the authenticators of {user}",
		.details = {TEXT("user")}, .detail_count = 1, .administrator = true},
	{.action = "stepup.revoke", .prompt = "Revoke authenticators of {user}: {credential}",
		.details = {TEXT("credential"), TEXT("user")}, .detail_count = 2, .administrator = true},
	{.action = "stepup.lock", .prompt = "Lock the access of {users}", .details = {TEXT("users")},
		.detail_count = 1, .administrator = true},
	{.action = "stepup.unlock", .prompt = "Give {user} access again", .details = {TEXT("user")},
		.detail_count = 1, .administrator = true},
	{.action = "stepup.freeze", .prompt = "Freeze {action} for everybody", .details = {TEXT("action")},
		.detail_count = 1, .administrator = true},
	{.action = "stepup.thaw", .prompt = "Allow {action} again", .details = {TEXT("action")},
		.detail_count = 1, .administrator = true},
	{.action = "stepup.log", .prompt = "Read the log", .administrator = true},
	{.action = "stepup.reload", .prompt = "Read the policy again", .administrator = true},
};

const struct own_action *policy_own_action(const char *action)
{
	for (size_t i = 0; action != NULL && i < sizeof(own_actions) / sizeof(own_actions[0]); i++)
		if (strcmp(own_actions[i].action, action) == 0)
			return &own_actions[i];
	return NULL;
}

void policy_details(const struct rule *rule, const char *action, const struct detail_spec **specs,
	size_t *count)
{
	const struct own_action *own = policy_own_action(action);

	*specs = own != NULL ? own->details : rule->details;
	*count = own != NULL ? own->detail_count : rule->detail_count;
}
