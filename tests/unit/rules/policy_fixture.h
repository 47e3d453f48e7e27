/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policies for tests, from text.
 */
#ifndef STEPUP_TESTS_POLICY_FIXTURE_H
#define STEPUP_TESTS_POLICY_FIXTURE_H

#include "tests/unit/cmocka_tap.h"

#include <stdlib.h>
#include <string.h>

#include "verifier/rules/policy/policy_directory.h"
#include "verifier/rules/reading/policy_file.h"

/* The example of the design, section 6. */
#define DESIGN_EXAMPLE \
	"issuer  = \"https://stepup.example.com\"\n" \
	"rp-id   = \"example.com\"                    # permanent: a change voids every key\n" \
	"origins = { \"https://support.example.com\" }\n" \
	"store   = \"sqlite:/var/lib/stepup/stepup.db\"\n" \
	"help    = \"Security desk, +1 555 0100\"     # shown whenever somebody is stuck\n" \
	"\n" \
	"group leads   { members = { carol, dave } }       # or unix = \"support-leads\"\n" \
	"group support { unix = \"support\" }\n" \
	"\n" \
	"caller console { unix-user = \"console\"  users = { \"@support\" }  " \
	"actions = { \"customer.*\" } }\n" \
	"service export { unix-user = \"exportd\" }\n" \
	"\n" \
	"action login.sshd { users = { \"@support\" }  prompt = \"Sign in to {host}\"  " \
	"require = { code } }\n" \
	"\n" \
	"action customer.view {\n" \
	"    users = { \"@support\" }      details = { \"account:text\" }\n" \
	"    prompt = \"Look at customer {account}\"\n" \
	"    require = { code }          fresh-for = 15m\n" \
	"    limit = { \"40 different account per 1h\", \"120 different account per 24h\" }\n" \
	"    over-limit = approve        approvers = { \"@leads\" }\n" \
	"}\n" \
	"action customer.export {\n" \
	"    users = { \"@support\" }      details = { \"account:text\", \"records:number\" }\n" \
	"    prompt = \"Export {records} contacts of {account}\"\n" \
	"    require = { hardware-key, pin }\n" \
	"    limit = { \"5 per 24h\", \"20000 records per 24h\" }\n" \
	"    over-limit = approve        approvers = { \"@leads\" }\n" \
	"    service = export\n" \
	"}\n"

#define GID_SUPPORT 5001 /* of the unix group support, in the directory that load_good() asks */

static inline enum stepup_error fixture_group(const char *name, int64_t *gid)
{
	*gid = strcmp(name, "support") == 0 ? GID_SUPPORT : -1;
	return STEPUP_OK;
}

static inline enum stepup_error fixture_user(const char *name, char **canonical)
{
	*canonical = strdup(name);
	return STEPUP_OK;
}

/* Loads one text as the file "f"; the policy or NULL, and then what is wrong in `*why`, which
 * the caller frees. */
static inline struct policy *load_sized(const char *text, size_t size, char **why)
{
	const struct policy_source source = {.file = "f", .bytes = text, .size = size};
	struct policy *policy = NULL;
	enum stepup_error error = policy_load_sources(&source, 1, &policy, why);

	assert_true(error == STEPUP_OK || error == STEPUP_INVALID);
	assert_true((error == STEPUP_OK) == (policy != NULL));
	assert_true((error == STEPUP_OK) == (*why == NULL));
	return policy;
}

/* The same for a text that must load. */
static inline struct policy *load_good(const char *text)
{
	char *why = NULL;
	struct policy *policy = load_sized(text, strlen(text), &why);

	if (policy == NULL)
		fail_msg("does not load: %s", why);
	policy_directory_set(policy, policy_directory_ask(policy, &(struct directory_questions){
				.group = fixture_group, .user = fixture_user}, policy->directory));
	return policy;
}

#endif
