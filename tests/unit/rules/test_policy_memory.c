/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Out of memory while a policy is loaded or asked: refused, never half a policy. The program's own
 * allocations fail one after another (linked with --wrap).
 */
#include "tests/unit/rules/policy_fixture.h"

static long countdown = -1; /* allocations until one fails; below 0 none does */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__wrap_strdup(const char *text);

static bool fails(void)
{
	return countdown >= 0 && countdown-- == 0;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	return fails() ? NULL : __real_reallocarray(old, count, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

/* Loads with the Nth allocation failing, for every N, until nothing failed any more. */
static void starve(const char *text, enum stepup_error in_the_end)
{
	const struct policy_source source = {.file = "f", .bytes = text, .size = strlen(text)};

	for (long n = 0; n < 100000; n++) {
		struct policy *policy = NULL;
		char *why = NULL;
		enum stepup_error error;
		bool starved;

		countdown = n;
		error = policy_load_sources(&source, 1, &policy, &why);
		starved = countdown < 0;
		countdown = -1;
		free(why);
		assert_int_equal(error == STEPUP_OK, policy != NULL);
		if (starved && in_the_end == STEPUP_OK)
			assert_int_equal(error, STEPUP_NO_MEMORY);
		policy_release(&policy);
		if (!starved) {
			assert_int_equal(error, in_the_end);
			assert_true(n > 8);
			return;
		}
	}
	fail();
}

static void a_good_policy_without_memory_is_refused(void **state)
{
	(void)state;
	starve(DESIGN_EXAMPLE, STEPUP_OK);
	starve("issuer = \"https://s.example\"\ncooling-off = 1h\nattestation-roots = \"/r\"\nmds = \"/m\"\n"
		"mds-root = \"/p\"\n"
		"allow-models = { \"2fc0579f-8113-47ea-b116-bb5a8db9202a\" }\n", STEPUP_OK);
}

static void a_bad_policy_without_memory_is_refused(void **state)
{
	(void)state;
	starve(DESIGN_EXAMPLE "action a.b { users = { \"@nobody\" } require = { none } }\nhost = 5 5\n}\n",
		STEPUP_INVALID);
	starve(DESIGN_EXAMPLE "action a.b { users = { \"@nobody\" } require = { none } }\n", STEPUP_INVALID);
}

static void a_prompt_without_memory_is_none(void **state)
{
	struct policy *policy = load_good(DESIGN_EXAMPLE);
	json_t *details = json_pack("{s:s}", "account", "two words");
	const struct rule *rule = policy_rule(policy, "customer.view");
	const struct prompt_facts facts = {.user = "alice"};
	struct action *action = NULL;
	char bad[DETAIL_NAME_SIZE], *prompt;

	(void)state;
	assert_int_equal(action_parse("customer.view", details, rule->details, rule->detail_count, &action,
			bad), STEPUP_OK);
	countdown = 0;
	prompt = policy_prompt(rule, action, &facts);
	countdown = -1;
	assert_null(prompt);
	action_free(&action);
	json_decref(details);
	policy_release(&policy);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_good_policy_without_memory_is_refused),
	cmocka_unit_test(a_bad_policy_without_memory_is_refused),
	cmocka_unit_test(a_prompt_without_memory_is_none),
};
TAP_MAIN(tests)
