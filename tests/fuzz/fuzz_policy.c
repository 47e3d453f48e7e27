/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A configuration from any bytes: loaded or refused with a reason; and what is loaded can be asked.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "verifier/rules/reading/policy_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct policy *policy)
{
	static const gid_t groups[] = {100};
	const struct policy_user user = {.name = "alice", .gids = groups, .gid_count = 1};

	if (policy->issuer == NULL || policy->warnings == NULL || policy->rule_count < 3)
		abort();
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];

		if (rule->users == NULL || rule->users[0] == NULL || rule->require < FACTOR_CODE ||
		    rule->require > FACTOR_HARDWARE_KEY)
			abort();
		if (i < policy->exact_count && policy_rule(policy, rule->name) != rule)
			abort();
		(void)policy_list_names(policy, rule->users, &user);
		(void)policy_code_may(rule, rule->name);
		(void)policy_caller_may(policy, 1000, "console", &user, rule->name);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct policy_source source = {.file = "fuzz.conf", .bytes = (const char *)data, .size = size};
	struct policy *policy = NULL;
	char *why = NULL;
	enum stepup_error error = policy_load_sources(&source, 1, &policy, &why);

	if ((error == STEPUP_OK) != (policy != NULL) || (error == STEPUP_INVALID) != (why != NULL))
		abort();
	if (policy != NULL)
		ask(policy);
	if (why != NULL && !utf8_is_valid(why, strlen(why)))
		abort();
	free(why);
	policy_release(&policy);
	return 0;
}
