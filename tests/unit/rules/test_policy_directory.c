/* SPDX-License-Identifier: BSD-2-Clause */
/* What the directory says of a policy's names: groups by number, users by another spelling, and what holds
 * where it can't say. */
#include "tests/unit/rules/policy_fixture.h"

#include "verifier/rules/policy/policy.h"

#define TOP "issuer = \"https://stepup.example.com\"\n"
#define TEXT \
	TOP "group desk { unix = \"Domain Users\" }\n" \
		"group team { members = { \"CORP\\\\asmith\", \"anna smith\", bob } }\n" \
	    "caller console { unix-user = \"CONSOLE\" users = { \"*\" } actions = { \"a.*\" } }\n" \
	    "action a.desk { users = { \"@desk\" } prompt = \"x\" require = { code } }\n" \
	    "action a.team { users = { \"@team\" } prompt = \"x\" require = { code } }\n" \
	    "action a.one { users = { \"ASmith\", \"Ghost\" } prompt = \"x\" require = { code } }\n"

static bool silent;
static unsigned asked;

static enum stepup_error group(const char *name, int64_t *gid)
{
	asked++;
	*gid = silent ? -1 : strcmp(name, "Domain Users") == 0 ? 10513 : -1;
	return silent ? STEPUP_UNAVAILABLE : STEPUP_OK;
}

/* Doesn't mind case, and knows one alias. */
static enum stepup_error user(const char *name, char **canonical)
{
	static const char *const accounts[][2] = {{"ASmith", "asmith"}, {"CORP\\asmith", "asmith"},
		{"CONSOLE", "console"}, {"bob", "bob"},
		{"anna smith", "anna smith"}};

	asked++;
	*canonical = NULL;
	for (size_t i = 0; !silent && i < sizeof(accounts) / sizeof(accounts[0]); i++)
		if (strcmp(accounts[i][0], name) == 0)
			*canonical = strdup(accounts[i][1]);
	return silent ? STEPUP_UNAVAILABLE : STEPUP_OK;
}

static void ask(struct policy *policy)
{
	const struct directory_questions questions = {.group = group, .user = user};
	struct policy_directory *found = policy_directory_ask(policy, &questions, policy->directory);

	assert_non_null(found);
	policy_directory_set(policy, found);
}

static struct policy *load(void)
{
	struct policy *policy = load_good(TEXT);

	policy_directory_set(policy, NULL);
	silent = false;
	asked = 0;
	return policy;
}

static bool named(const struct policy *policy, const char *action, const char *name, gid_t gid)
{
	const gid_t gids[] = {100, gid};
	const struct policy_user who = {.name = name, .gids = gids, .gid_count = 2};

	return policy_list_names(policy, policy_rule(policy, action)->users, &who);
}

static void a_unix_group_is_compared_by_its_number_and_may_have_blanks(void **state)
{
	struct policy *policy = load();

	(void)state;
	ask(policy);
	assert_true(named(policy, "a.desk", "carol", 10513));
	assert_false(named(policy, "a.desk", "carol", 10514));
	policy_release(&policy);
}

static void a_name_counts_by_any_spelling_that_the_directory_takes_for_it(void **state)
{
	struct policy *policy = load();
	const struct policy_user renamed = {.name = "asmith-jones", .also = "asmith"};

	(void)state;
	assert_false(named(policy, "a.one", "asmith", 100));
	ask(policy);
	assert_true(named(policy, "a.one", "asmith", 100));
	assert_true(named(policy, "a.team", "asmith", 100));
	assert_true(named(policy, "a.team", "anna smith", 100));
	assert_false(named(policy, "a.one", "ghost", 100));
	assert_false(named(policy, "a.one", "bob", 100));
	assert_true(policy_list_names(policy, policy_rule(policy, "a.team")->users, &renamed));
	assert_true(policy_unix_user_is(policy, "CONSOLE", 500, "console"));
	assert_false(policy_unix_user_is(policy, "CONSOLE", 500, "consol"));
	policy_release(&policy);
}

static void what_the_directory_could_not_say_stays_as_it_was_known_or_unsure(void **state)
{
	struct policy *policy = load();
	char *const *desk = policy_rule(policy, "a.desk")->users;

	(void)state;
	silent = true;
	assert_true(policy_list_is_unsure(policy, desk));
	ask(policy);
	assert_true(policy_list_is_unsure(policy, desk));
	assert_false(policy_directory_is_complete(policy->directory));
	assert_false(named(policy, "a.desk", "carol", 10513));
	silent = false;
	ask(policy);
	assert_true(policy_directory_is_complete(policy->directory));
	silent = true;
	ask(policy);
	assert_false(policy_directory_is_complete(policy->directory));
	assert_false(policy_list_is_unsure(policy, desk));
	assert_true(named(policy, "a.desk", "carol", 10513));
	assert_true(named(policy, "a.one", "asmith", 100));
	policy_release(&policy);
}

struct heard {
	int unknown, otherwise;
};

static void hear(void *context, const char *written, const char *canonical)
{
	struct heard *heard = context;

	if (canonical == NULL)
		assert_string_equal(written, "Ghost");
	*(canonical == NULL ? &heard->unknown : &heard->otherwise) += 1;
}

static void each_name_is_asked_for_once_and_unknown_ones_are_told(void **state)
{
	struct policy *policy = load();
	struct heard heard = {0};

	(void)state;
	ask(policy);
	assert_int_equal(asked, 1 + 6); /* a group; two in a.one, three in team, console */
	policy_directory_each(policy->directory, hear, &heard);
	assert_int_equal(heard.unknown, 1);
	assert_int_equal(heard.otherwise, 3);
	policy_release(&policy);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_unix_group_is_compared_by_its_number_and_may_have_blanks),
	cmocka_unit_test(a_name_counts_by_any_spelling_that_the_directory_takes_for_it),
	cmocka_unit_test(what_the_directory_could_not_say_stays_as_it_was_known_or_unsure),
	cmocka_unit_test(each_name_is_asked_for_once_and_unknown_ones_are_told),
};

TAP_MAIN(tests)
