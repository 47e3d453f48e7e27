/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Facts about a loaded policy: which rule, who, through whom, with what prompt.
 */
#include "tests/unit/rules/policy_fixture.h"

#include <stdio.h>

#include "verifier/rules/policy/policy.h"
#include "verifier/rules/reading/policy_accounts.h"

static const gid_t in_support[] = {GID_SUPPORT}, others[] = {7, 8};
static const struct policy_user alice = {.name = "alice", .gids = in_support, .gid_count = 1},
	carol = {.name = "carol"}, mallory = {.name = "mallory"};

static void the_designs_example_means_what_it_says(void **state)
{
	struct policy *policy = load_good(DESIGN_EXAMPLE);
	const struct rule *view = policy_rule(policy, "customer.view"),
		*export = policy_rule(policy, "customer.export");

	(void)state;
	assert_string_equal(policy->issuer, "https://stepup.example.com");
	assert_string_equal(policy->rp_id, "example.com");
	assert_string_equal(policy->origins[0], "https://support.example.com");
	assert_null(policy->origins[1]);
	assert_string_equal(policy->store, "sqlite:/var/lib/stepup/stepup.db");
	assert_string_equal(policy->help, "Security desk, +1 555 0100");
	assert_non_null(policy->host);
	assert_int_equal(view->require, FACTOR_CODE);
	assert_int_equal(view->fresh_for_seconds, 15 * 60);
	assert_int_equal(view->limit_count, 2);
	assert_int_equal(view->limits[1].kind, LIMIT_DIFFERENT);
	assert_int_equal(view->limits[1].maximum, 120);
	assert_int_equal(view->limits[1].window_seconds, 24 * 3600);
	assert_string_equal(view->limits[1].detail, "account");
	assert_int_equal(view->place.line, 15);
	assert_string_equal(view->place.file, "f");
	assert_int_equal(export->require, FACTOR_HARDWARE_KEY);
	assert_true(export->pin);
	assert_string_equal(export->service, "export");
	assert_int_equal(export->receipt_seconds, 60);
	assert_int_equal(export->limits[0].kind, LIMIT_COUNT);
	assert_int_equal(export->limits[1].kind, LIMIT_SUM);
	assert_int_equal(export->limits[1].maximum, 20000);
	assert_int_equal(export->over_limit, OVER_LIMIT_APPROVE);
	assert_int_equal(export->details[1].type, DETAIL_NUMBER);
	assert_true(policy_list_names(policy, view->users, &alice));
	assert_false(policy_list_names(policy, view->users, &carol));
	assert_true(policy_list_names(policy, view->approvers, &carol));
	policy_release(&policy);
	assert_null(policy);
}

static void what_no_rule_names_is_denied(void **state)
{
	struct policy *policy = load_good(DESIGN_EXAMPLE);

	(void)state;
	assert_null(policy_rule(policy, "customer.delete"));
	assert_null(policy_rule(policy, "customer"));
	assert_null(policy_rule(policy, ""));
	assert_null(policy_rule(policy, "../customer.view"));
	assert_null(policy_rule(policy, "stepup.lock"));
	assert_null(policy_rule(policy, "stepup.nothing"));
	assert_non_null(policy_rule(policy, "stepup.test"));
	assert_non_null(policy_rule(policy, "stepup.enroll"));
	assert_non_null(policy_rule(policy, "stepup.remove"));
	assert_true(policy_list_names(policy, policy_rule(policy, "stepup.test")->users, &mallory));
	policy_release(&policy);
}

#define TOP "issuer = \"https://s.example\"\n"

static void an_exact_name_wins_then_the_longest_pattern(void **state)
{
	struct policy *policy = load_good(TOP
		"action \"*\" { users = { a } prompt = \"any {action}\" require = { code } }\n"
		"action \"customer.*\" { users = { a } prompt = \"customer {action}\" require = { code } }\n"
		"action customer.view { users = { a } prompt = \"exact\" require = { code } }\n"
		"action \"customer.view.*\" { users = { a } "
		"prompt = \"view {action}\" require = { code } }\n");
	static const struct {
		const char *action, *rule;
	} all[] = {{"customer.view", "customer.view"}, {"customer.list", "customer.*"},
		{"customer.view.all", "customer.view.*"}, {"customer", "*"}, {"customers.view", "*"},
		{"other", "*"}};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_string_equal(policy_rule(policy, all[i].action)->name, all[i].rule);
	policy_release(&policy);
}

static const char *const administrators[] = {"stepup.invite", "stepup.users", "stepup.credentials",
	"stepup.revoke", "stepup.lock", "stepup.unlock", "stepup.freeze", "stepup.thaw", "stepup.log",
	"stepup.reload"};

static void no_pattern_but_its_own_reaches_the_verifiers_actions(void **state)
{
	struct policy *policy = load_good(TOP
		"action \"*\" { users = { \"*\" } prompt = \"any {action}\" require = { code } }\n");

	(void)state;
	for (size_t i = 0; i < sizeof(administrators) / sizeof(administrators[0]); i++)
		assert_null(policy_rule(policy, administrators[i]));
	policy_release(&policy);
	assert_false(policy_pattern_matches("*", "stepup.lock"));
	assert_false(policy_pattern_matches("s*", "stepup.lock"));
	assert_true(policy_pattern_matches("stepup.*", "stepup.lock"));
	assert_true(policy_pattern_matches("stepup.lock", "stepup.lock"));
	assert_false(policy_pattern_matches("", "stepup.lock"));
	assert_true(policy_pattern_matches("*", "customer.view"));
	assert_false(policy_pattern_matches("customer.*", "customer"));
}

static void administrators_verbs_are_denied_until_a_rule_names_them_and_want_more_than_a_code(void **state)
{
	struct policy *policy = load_good(DESIGN_EXAMPLE);
	struct policy *plain =
		load_good(TOP "action \"stepup.*\" { users = { root-alice } require = { code } }\n");
	struct policy *enough = load_good(TOP
		"action \"stepup.*\" { users = { root-alice } require = { code } code-is-enough = yes }\n");

	(void)state;
	for (size_t i = 0; i < sizeof(administrators) / sizeof(administrators[0]); i++) {
		const char *action = administrators[i];

		assert_true(policy_own_action(action)->administrator);
		assert_null(policy_rule(policy, action));
		assert_false(policy_code_may(policy_rule(plain, action), action));
		assert_true(policy_code_may(policy_rule(enough, action), action));
	}
	assert_null(policy_rule(enough, "stepup.nothing"));
	/* What is for everybody's own use stays with its built-in rule. */
	assert_string_equal(policy_rule(enough, "stepup.enroll")->place.file, "built-in");
	assert_true(policy_code_may(policy_rule(enough, "stepup.enroll"), "stepup.enroll"));
	policy_release(&policy);
	policy_release(&plain);
	policy_release(&enough);
}

static void the_configuration_may_replace_a_rule_for_own_use(void **state)
{
	struct policy *policy =
		load_good(TOP "action stepup.enroll { users = { bob } require = { hardware-key } }\n");
	const struct rule *rule = policy_rule(policy, "stepup.enroll");

	(void)state;
	assert_string_equal(rule->users[0], "bob");
	assert_int_equal(rule->require, FACTOR_HARDWARE_KEY);
	assert_false(policy_code_may(rule, "stepup.enroll"));
	policy_release(&policy);
}

static void a_code_satisfies_what_the_rule_lets_it_and_nothing_else(void **state)
{
	static const struct {
		const char *keys;
		bool may;
	} all[] = {
		{"require = { code }", true},
		{"require = { code } service = s", false},
		{"require = { code } service = s code-is-enough = no", false},
		{"require = { code } service = s code-is-enough = yes", true},
		{"require = { key }", false},
		{"require = { hardware-key }", false},
		{"require = { key } always-approve = yes approvers = { b }", false},
		{"require = { code } always-approve = yes approvers = { b }", true},
		{"require = { code } always-approve = yes approvers = { b } code-is-enough = yes", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char text[512];
		struct policy *policy;

		snprintf(text, sizeof(text), TOP "service s { unix-user = x }\n"
			"action a.b { users = { a } prompt = \"x\" %s }\n", all[i].keys);
		policy = load_good(text);
		assert_int_equal(policy_code_may(policy_rule(policy, "a.b"), "a.b"), all[i].may);
		policy_release(&policy);
	}
}

static void lists_name_users_groups_and_everybody(void **state)
{
	struct policy *policy = load_good(TOP "group team { members = { zoe, alice, \"m.b\" } }\n"
		"group support { unix = support }\ngroup empty { members = { } }\n"
		"action a.b { users = { dora, \"@team\", \"@support\", "
		"\"@empty\" } prompt = \"x\" require = { code } }\n"
		"action a.c { users = { \"*\" } prompt = \"x\" require = { code } }\n");
	const struct policy_user listed = {.name = "m.b"};
	const struct policy_user by_unix = {.name = "bob", .gids = in_support, .gid_count = 1};
	const struct policy_user unlisted = {.name = "bob", .gids = others, .gid_count = 2};
	const struct policy_user direct = {.name = "dora"};
	const struct policy_user nobody = {.name = "", .gids = in_support, .gid_count = 1};
	const struct policy_user nameless = {.name = NULL, .gids = in_support, .gid_count = 1};
	const struct policy_user tricky = {.name = "@team"};
	const struct policy_user star = {.name = "*"};
	char *const *users = policy_rule(policy, "a.b")->users;

	(void)state;
	assert_true(policy_list_names(policy, users, &listed));
	assert_true(policy_list_names(policy, users, &by_unix));
	assert_true(policy_list_names(policy, users, &direct));
	assert_false(policy_list_names(policy, users, &unlisted));
	assert_false(policy_list_names(policy, users, &tricky));
	assert_false(policy_list_names(policy, users, &star));
	assert_true(policy_list_names(policy, policy_rule(policy, "a.c")->users, &unlisted));
	assert_false(policy_list_names(policy, policy_rule(policy, "a.c")->users, &nobody));
	assert_false(policy_list_names(policy, policy_rule(policy, "a.c")->users, &nameless));
	assert_false(policy_list_names(policy, NULL, &listed));
	policy_release(&policy);
}

/* DESIGN section 16.4: no process acts for another user, or beyond the actions, unless the
 * configuration names it. */
static void no_process_acts_for_another_user_or_beyond_the_actions_unless_named(void **state)
{
	struct policy *policy = load_good(TOP "group support { unix = support }\n"
		"caller console { unix-user = console "
		"users = { \"@support\" } actions = { \"customer.*\" } }\n"
		"caller other { unix-user = console users = { carol } actions = { login.web } }\n"
		"caller numbered { unix-user = \"#777\" users = { \"*\" } actions = { \"*\" } }\n");
	static const struct {
		uid_t uid;
		const char *account;
	} peers[] = {{0, "root"}, {500, "console"}, {777, NULL}, {778, NULL}, {500, "consol"}, {500, NULL},
		{501, "alice"}, {502, "#777"}};
	static const char *const actions[] = {"customer.view", "login.web", "customer", "stepup.lock",
		"stepup.enroll"};
	const struct policy_user *const people[] = {&alice, &carol, &mallory};

	(void)state;
	for (size_t p = 0; p < sizeof(peers) / sizeof(peers[0]); p++)
		for (size_t a = 0; a < sizeof(actions) / sizeof(actions[0]); a++)
			for (size_t u = 0; u < sizeof(people) / sizeof(people[0]); u++) {
				bool expected = p == 0 || (p == 1 && a == 0 && u == 0) ||
					(p == 1 && a == 1 && u == 1) || (p == 2 && a <= 2);

				assert_int_equal(policy_caller_may(policy, peers[p].uid, peers[p].account,
						people[u], actions[a]), expected);
			}
	policy_release(&policy);
}

static void a_service_is_the_account_that_the_configuration_names(void **state)
{
	struct policy *policy = load_good(TOP
		"service export { unix-user = exportd }\nservice keys { unix-user = \"#902\" }\n");

	(void)state;
	assert_string_equal(policy_service_of(policy, 901, "exportd")->name, "export");
	assert_string_equal(policy_service_of(policy, 902, NULL)->name, "keys");
	assert_string_equal(policy_service_of(policy, 902, "keyd")->name, "keys");
	assert_null(policy_service_of(policy, 902, "exportd")); /* both: nobody can say which */
	assert_null(policy_service_of(policy, 0, "root"));
	assert_null(policy_service_of(policy, 903, NULL));
	policy_release(&policy);
}

static char *prompt_for(const char *prompt, const char *details_spec, json_t *details,
	const struct prompt_facts *facts)
{
	char text[1024], bad[DETAIL_NAME_SIZE];
	const struct detail_spec *specs;
	struct action *action = NULL;
	struct policy *policy;
	const struct rule *rule;
	size_t count;
	char *shown;

	snprintf(text, sizeof(text),
		TOP "action a.b { users = { a } details = { %s } prompt = \"%s\" require = { code } }\n",
		details_spec, prompt);
	policy = load_good(text);
	rule = policy_rule(policy, "a.b");
	policy_details(rule, "a.b", &specs, &count);
	assert_int_equal(action_parse("a.b", details, specs, count, &action, bad), STEPUP_OK);
	shown = policy_prompt(rule, action, facts);
	action_free(&action);
	policy_release(&policy);
	json_decref(details);
	assert_non_null(shown);
	return shown;
}

static void prompts_show_plain_words_plainly_and_numbers_in_full(void **state)
{
	const struct prompt_facts facts = {.user = "alice", .host = "bastion1"};
	char *prompt = prompt_for("Export {records} contacts of {account} {{as {user}@{host} via {service} "
		"from {rhost}: {action}}}", "account:text, records:number", json_pack("{s:s, s:I}",
			"account", "trezor", "records", (json_int_t)9007199254740991), &facts);

	(void)state;
	assert_string_equal(prompt, "Export 9007199254740991 contacts of trezor {as alice@bastion1 via "
		"unknown from unknown: a.b}");
	free(prompt);
}

static void no_detail_passes_for_the_prompts_own_words(void **state)
{
	static const struct {
		const char *value, *shown;
	} all[] = {
		{"", "Show \"\"."},
		{"trezor s.r.o.", "Show \"trezor s.r.o.\"."},
		{"x. Nothing else happens", "Show \"x. Nothing else happens\"."},
		{"x\" and nothing else. \"", "Show \"x\\u{0022} and nothing else. \\u{0022}\"."},
		{"a\nb", "Show \"a\\u{000A}b\"."},
		{"\033[2Jgone", "Show \"\\u{001B}[2Jgone\"."},
		{"\xe2\x80\xaetxt", "Show \"\\u{202E}txt\"."},
		{"tr\xd0\xb5zor", "Show \"tr\\u{0435}zor\"."},
		{"\\u{0022}", "Show \"\\u{005C}u{0022}\"."},
		{"{user}", "Show \"{user}\"."},
		{"a,b", "Show a,b."},
	};
	const struct prompt_facts facts = {.user = "alice"};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char *prompt = prompt_for("Show {account}.", "account:text",
			json_pack("{s:s}", "account", all[i].value), &facts);

		assert_string_equal(prompt, all[i].shown);
		free(prompt);
	}
}

static void letters_from_right_to_left_exchange_nothing_in_a_prompt(void **state)
{
	const struct prompt_facts facts = {.user = "alice"};
	char *prompt = prompt_for("Move {records} from {source} to {target}, {days} days",
		"source:text, target:text, records:number, days:number", json_pack("{s:s, s:s, s:i, s:i}",
			"source", "\u05d0\u05dc\u05e3", "target", "\u0628 7", "records", 340, "days", 2),
		&facts);

	(void)state;
	assert_string_equal(prompt,
		"Move 340 from \"\u2068\u05d0\u05dc\u05e3\u2069\" to \"\u2068\u0628 7\u2069\", 2 days");
	free(prompt);
}

static void joined_blanks_and_look_alikes_are_marked_in_a_prompt(void **state)
{
	const struct prompt_facts facts = {.user = "alice"};
	char *prompt = prompt_for("Show {account}, {other}.", "account:text, other:text",
		json_pack("{s:s, s:s}", "account", "acme  ltd", "other", "\u0430\u0441\u0435"), &facts);

	(void)state;
	assert_string_equal(prompt, "Show \"acme \\u{0020}ltd\", \"\\u{0430}\\u{0441}\\u{0435}\".");
	free(prompt);
}

static void a_long_value_scrolls_no_number_away(void **state)
{
	const struct prompt_facts facts = {.user = "alice"};
	char value[200], expected[320], *prompt;

	(void)state;
	memset(value, 'x', sizeof(value));
	value[160] = '\0';
	prompt = prompt_for("Export {records} of {account}", "account:text, records:number, days:number",
		json_pack("{s:s, s:i, s:i}", "account", value, "records", 340, "days", 2), &facts);
	snprintf(expected, sizeof(expected), "Export 340 of %s", value);
	assert_string_equal(prompt, expected);
	free(prompt);
	value[160] = 'x';
	value[161] = '\0';
	prompt = prompt_for("Export {records} of {account}", "account:text, records:number, days:number",
		json_pack("{s:s, s:i, s:i}", "account", value, "records", 340, "days", 2), &facts);
	snprintf(expected, sizeof(expected), "Export 340 of %s (days: 2, records: 340)", value);
	assert_string_equal(prompt, expected);
	free(prompt);
}

static void a_user_name_can_not_rewrite_the_prompt(void **state)
{
	const struct prompt_facts facts = {.user = "bob\r\nApproved", .rhost = "a b"};
	char *prompt = prompt_for("For {user} from {rhost}", "", json_object(), &facts);

	(void)state;
	assert_string_equal(prompt, "For \"bob\\u{000D}\\u{000A}Approved\" from \"a b\"");
	free(prompt);
}

static void a_rules_digest_tells_changed_rules_and_nothing_else(void **state)
{
	static const char *const changed[] = {"users = { b } prompt = \"x\" require = { code }",
		"users = { a } prompt = \"y\" require = { code }",
		"users = { a } prompt = \"x\" require = { key }",
		"users = { a } prompt = \"x\" require = { code } details = { d:text }",
		"users = { a } prompt = \"x\" require = { code } details = { d:number }",
		"users = { a } prompt = \"x\" require = { code } limit = { \"5 per 1h\" }",
		"users = { a } prompt = \"x\" require = { code } limit = { \"5 per 2h\" }",
		"users = { a } prompt = \"x\" require = { code } service = s",
		"users = { a } prompt = \"x\" require = { code } service = s receipt-lifetime = 61s",
		"users = { a } prompt = \"x\" require = { code } code-is-enough = yes",
		"users = { a } prompt = \"x\" require = { code } fresh-for = 5m",
		"users = { a } prompt = \"x\" require = { code } approvers = { b }",
		"users = { a } prompt = \"x\" require = { code } over-limit = lock",
		"users = { a } prompt = \"x\" require = { code } approvers = { b } always-approve = yes"};
	static const char same[] = "\n\n# moved\nissuer = \"https://t.example\"\n"
		"action a.b { require = code\n users = a\n prompt = \"x\" }\n";
	static const char base[] = TOP "action a.b { users = { a } prompt = \"x\" require = { code } }\n";
	struct policy *first = load_good(base), *moved = load_good(same), *again = load_good(base);
	uint8_t seen[32][DIGEST_SIZE];
	size_t count = 1;

	(void)state;
	memcpy(seen[0], policy_rule(first, "a.b")->digest, DIGEST_SIZE);
	assert_memory_equal(seen[0], policy_rule(moved, "a.b")->digest, DIGEST_SIZE);
	assert_memory_not_equal(first->digest, moved->digest, DIGEST_SIZE);
	assert_memory_equal(first->digest, again->digest, DIGEST_SIZE);
	for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
		char text[512];
		struct policy *policy;

		snprintf(text, sizeof(text), TOP "service s { unix-user = x }\naction a.b { %s }\n",
			changed[i]);
		policy = load_good(text);
		memcpy(seen[count], policy_rule(policy, "a.b")->digest, DIGEST_SIZE);
		for (size_t j = 0; j < count; j++)
			assert_memory_not_equal(seen[count], seen[j], DIGEST_SIZE);
		count++;
		policy_release(&policy);
	}
	policy_release(&first);
	policy_release(&moved);
	policy_release(&again);
}

static bool warns(const struct policy *policy, const char *words)
{
	for (size_t i = 0; policy->warnings[i] != NULL; i++)
		if (strstr(policy->warnings[i], words) != NULL)
			return true;
	return false;
}

static void what_deserves_a_word_gets_a_warning_with_its_line(void **state)
{
	static const struct {
		const char *text, *words;
	} all[] = {
		{"issuer = \"http://s.example\"\n", "is not https"},
		{TOP "group g { members = { a } }\n", "f:2: group g is not used"},
		{TOP "service s { unix-user = x }\n", "f:2: service s is not named by any action"},
		{TOP "caller c { unix-user = x users = { a } actions = { a.b } }\n",
			"f:2: caller c may ask for \"a.b\", but no action has that name"},
		{TOP "action a.b { users = { a } prompt = \"x\" require = { hardware-key } }\n",
			"f:2: action a.b requires a hardware-key, but without attestation-roots or mds"},
		{TOP "action a.b { users = { a } prompt = \"x\" require = { key } via = { browser } }\n",
			"f:2: action a.b takes a key from a browser only"},
		{TOP "cooling-off = 0s\n", "f:2: cooling-off is 0s"},
		{TOP "action a.b { users = { a } prompt = \"x\" require = { code } code-is-enough = yes }\n",
			"f:2: a typed code is enough for action a.b"},
		{TOP "service s { unix-user = x }\n"
			"action a.b { users = { a } prompt = \"x\" require = { code } service = s }\n",
			"f:3: action a.b has a service, so a code alone is never enough for it"},
		{TOP "service s { unix-user = x }\n"
			"action a.b { users = { a } prompt = \"x\" require = { code } service = s }\n",
			"f:3: action a.b has a service and no limit"},
		{TOP "action stepup.lock { users = { a } require = { code } }\n",
			"f:2: action stepup.lock is for administrators"},
		{TOP "action a.b { users = { a } "
			"details = { n:number } prompt = \"x {n}\" require = { code } }\n",
			"f:2: action a.b has the amount \"n\", but no limit"},
		{TOP "action a.b { users = { a } details = { d:text } prompt = \"x\" require = { code } }\n",
			"does not show {d}"},
		{TOP "action a.b { users = { a } prompt = \"x\" require = { code } approvers = { b } }\n",
			"never asks them"},
		{TOP "action a.b { users = { a } prompt = \"x\" require = { code } over-limit = lock }\n",
			"but has no limit"},
		{TOP "action \"a.*\" { users = { a } prompt = \"{action}\" require = { key } }\n"
			"action a.b { users = { a } prompt = \"x\" require = { code } }\n",
			"f:3: action a.b asks for less than the pattern a.* on line 2"},
		{TOP "action \"a.*\" { users = { a } prompt = \"{action}\" require = { code } limit = \"1 "
			"per 1h\" }\naction a.b { users = { a } prompt = \"x\" require = { code } }\n",
			"f:3: action a.b has no limit; those of the pattern a.* on line 2"},
		{TOP "group g { members = { } }\naction a.b { users = { a } "
			"prompt = \"x\" require = { code } always-approve = yes approvers = \"@g\" }\n",
			"f:3: action a.b needs a second person, but its approvers are nobody"},
		{TOP "action a.b { users = { a } "
			"prompt = \"x\" require = { code } always-approve = yes approvers = c }\n",
			"f:2: action a.b has only one approver"},
		{TOP "action a.b { users = { a } "
			"prompt = \"x\" require = { code } always-approve = yes approvers = { c, \"*\" } }\n",
			"f:2: action a.b lets everybody approve"},
		{TOP "action a.b { users = { a } prompt = \"x\" require = { code } always-approve = yes "
			"approvers = { c, d } fresh-for = 1m }\n",
			"f:2: action a.b asks a second person each time, so its fresh-for does nothing"},
		{TOP "action a.b { users = { a } prompt = \"x\" require = { code } limit = \"9 per 1h\" "
			"hard-limit = \"5 per 24h\" over-limit = approve approvers = { c, d } }\n",
			"f:2: action a.b never reaches its limit \"9 per 1h\", because the hard-limit "
			"\"5 per 24h\" comes first"},
		{TOP "action stepup.lock { users = { a, b } "
			"require = { key } always-approve = yes approvers = { c, d } }\n",
			"f:2: stepup.lock waits for a second person"},
		{TOP "action \"stepup.*\" { users = { a, b } "
			"require = { key } limit = \"9 per 1h\" over-limit = lock }\n",
			"f:2: over-limit = lock in stepup.freeze locks an administrator who has many "
			"accounts to lock"},
		{TOP "action stepup.unlock { users = { a } require = { key } }\n",
			"f:2: only one person may do stepup.unlock"},
		{TOP "rp-id = \"s.example\"\n"
			"origins = { \"https://s.example\", \"https://a.s.example:8443\" }\n",
			"f:3: the rp-id s.example is a domain above a.s.example, "
			"so any page under it can hide people's synced passkeys"},
		{TOP "caller c { unix-user = x users = { \"*\" } actions = { \"*\" } }\n",
			"f:2: caller c may ask for everybody, also for root"},
		{TOP "action \"a.*\" { users = { a } "
			"prompt = \"{action}\" require = { key } fresh-for = 1m }\n",
			"f:2: with its fresh-for, one step-up for any action of the pattern a.* covers "
			"all of them"},
		{TOP "action \"stepup.x.*\" { users = { a } require = { key } }\n",
			"f:2: action stepup.x.* covers no action"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct policy *policy = load_good(all[i].text);

		if (!warns(policy, all[i].words))
			fail_msg("no warning \"%s\" for\n%s", all[i].words, all[i].text);
		policy_release(&policy);
	}
}

static void what_keys_need_is_not_warned_of_where_it_is_there(void **state)
{
	static const char *const all[] = {
		TOP "action a.b { users = { a } prompt = \"x\" require = { key } }\n",
		TOP "attestation-roots = \"/etc/stepup/roots\"\n"
			"action a.b { users = { a } prompt = \"x\" require = { hardware-key } }\n",
		TOP "mds = \"/m\" mds-root = \"/r\"\n"
			"action a.b { users = { a } prompt = \"x\" require = { hardware-key } }\n",
		TOP "origins = { \"https://s.example\" }\n"
			"action a.b { users = { a } prompt = \"x\" require = { key } via = { browser } }\n",
		TOP "cooling-off = 1s\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct policy *policy = load_good(all[i]);

		if (policy->warnings[0] != NULL)
			fail_msg("warning \"%s\" for\n%s", policy->warnings[0], all[i]);
		policy_release(&policy);
	}
}

static void accounts_that_the_host_does_not_know_are_warned_of(void **state)
{
	struct policy *policy = load_good(TOP "group root { unix = root }\n"
		"group gone { unix = no-such-group-1 }\nservice s { unix-user = no-such-user-1 }\n"
		"service t { unix-user = \"#4000000000\" }\n"
		"caller c { unix-user = root users = { \"@root\", \"@gone\" } actions = { a.b } }\n");
	struct complaints warnings = {0};
	char *text;

	(void)state;
	policy_warn_accounts(policy, &warnings);
	text = complaints_text(&warnings);
	assert_string_equal(text, "f:3: this host knows no unix group \"no-such-group-1\", "
		"so group gone has nobody in it here.\n"
		"f:4: this host knows no account \"no-such-user-1\", so service s can't work here.");
	free(text);
	complaints_clear(&warnings);
	policy_release(&policy);
}

static void users_that_the_host_does_not_know_are_warned_of(void **state)
{
	struct policy *policy = load_good(TOP "group g { members = { root, Root, no-such-user-2 } }\n"
		"action a.b { users = { \"@g\", no-such-user-3 } prompt = \"x\" require = { key } }\n");
	struct complaints warnings = {0};
	char *text;

	(void)state;
	policy_warn_accounts(policy, &warnings);
	text = complaints_text(&warnings);
	assert_string_equal(text,
		"f:2: group g names \"Root\", and this host knows no such account. Is it spelt "
		"right?\nf:2: group g names \"no-such-user-2\", and this host knows no such account. Is "
		"it spelt right?\nf:3: action a.b names \"no-such-user-3\", and this host knows no such "
		"account. Is it spelt right?");
	free(text);
	complaints_clear(&warnings);
	policy_release(&policy);
}

#define MODEL_A "2fc0579f-8113-47ea-b116-bb5a8db9202a"
#define MODEL_B "00000000-0000-0000-0000-0000000000ff"

static void what_is_said_about_keys_means_what_it_says(void **state)
{
	struct policy *silent = load_good(TOP),
		*policy = load_good(TOP "cooling-off = 2h\nattestation-roots = \"/etc/stepup/roots\"\n"
			"mds = \"/var/lib/mds.jwt\"\nmds-root = \"/etc/stepup/mds.pem\"\n"
			"require-counter = yes\nallow-models = { \"" MODEL_A "\" }\n");

	(void)state;
	assert_int_equal(silent->cooling_off_seconds, 24 * 3600);
	assert_null(silent->attestation_roots.path);
	assert_null(silent->mds.path);
	assert_null(silent->mds_root.path);
	assert_false(silent->require_counter);
	assert_int_equal(silent->allow_models.count, 0);
	assert_int_equal(policy->cooling_off_seconds, 2 * 3600);
	assert_string_equal(policy->attestation_roots.path, "/etc/stepup/roots");
	assert_int_equal(policy->attestation_roots.place.line, 3);
	assert_string_equal(policy->mds.path, "/var/lib/mds.jwt");
	assert_string_equal(policy->mds.place.file, "f");
	assert_string_equal(policy->mds_root.path, "/etc/stepup/mds.pem");
	assert_int_equal(policy->mds_root.place.line, 5);
	assert_true(policy->require_counter);
	assert_int_equal(policy->allow_models.count, 1);
	policy_release(&silent);
	policy_release(&policy);
}

static void models_are_judged_by_both_lists(void **state)
{
	static const uint8_t a[KEY_AAGUID_SIZE] = {0x2f, 0xc0, 0x57, 0x9f, 0x81, 0x13, 0x47, 0xea, 0xb1, 0x16,
		0xbb, 0x5a, 0x8d, 0xb9, 0x20, 0x2a},
			     b[KEY_AAGUID_SIZE] = {[15] = 0xff}, none[KEY_AAGUID_SIZE] = {0};
	struct policy *silent = load_good(TOP),
		*allow = load_good(TOP "allow-models = { \"" MODEL_A "\" }\n"),
		*deny = load_good(TOP "deny-models = \"" MODEL_B "\"\n");

	(void)state;
	assert_true(policy_model_allowed(silent, a) && policy_model_allowed(silent, b) &&
		policy_model_allowed(silent, none));
	assert_false(policy_model_denied(silent, a) || policy_model_denied(silent, none));
	assert_true(policy_model_allowed(allow, a));
	assert_false(policy_model_allowed(allow, b) || policy_model_allowed(allow, none));
	assert_false(policy_model_denied(allow, b));
	assert_true(policy_model_allowed(deny, a));
	assert_false(policy_model_allowed(deny, b));
	assert_true(policy_model_denied(deny, b));
	policy_release(&silent);
	policy_release(&allow);
	policy_release(&deny);
}

static void a_plain_policy_has_no_warning(void **state)
{
	struct policy *policy =
		load_good(TOP "action login { users = { alice } prompt = \"Sign in\" require = { code } }\n");

	(void)state;
	assert_null(policy->warnings[0]);
	policy_release(&policy);
}

static void what_is_left_out_has_its_default(void **state)
{
	struct policy *policy = load_good(TOP);

	(void)state;
	assert_string_equal(policy->rp_id, "s.example");
	assert_null(policy->origins[0]);
	assert_null(policy->help);
	assert_int_equal(strncmp(policy->store, "sqlite:/", 8), 0);
	assert_true(strlen(policy->host) > 0);
	assert_int_equal(policy->rule_count, 3);
	policy_release(&policy);
}

static void a_policy_lives_until_its_last_reference_goes(void **state)
{
	struct policy *policy = load_good(TOP), *held = policy_reference(policy);

	(void)state;
	policy_release(&policy);
	assert_null(policy);
	assert_string_equal(held->issuer, "https://s.example");
	policy_release(&held);
	policy_release(&held);
}

static void a_very_large_group_loads_and_is_searched(void **state)
{
	enum { MEMBERS = 100000 };
	char *text = malloc((size_t)MEMBERS * 16 + 512), *at = text;
	struct policy_user user = {.name = NULL};
	struct policy *policy;
	char name[32];

	(void)state;
	assert_non_null(text);
	at += sprintf(at, TOP "group big { members = {\n");
	for (int i = 0; i < MEMBERS; i++)
		at += sprintf(at, "user%d,\n", (i * 7919) % MEMBERS);
	sprintf(at, "} }\naction a.b { users = { \"@big\" } prompt = \"x\" require = { code } }\n");
	policy = load_good(text);
	user.name = name;
	for (int i = 0; i < MEMBERS; i += 997) {
		snprintf(name, sizeof(name), "user%d", i);
		assert_true(policy_list_names(policy, policy_rule(policy, "a.b")->users, &user));
		snprintf(name, sizeof(name), "user%d", MEMBERS + i);
		assert_false(policy_list_names(policy, policy_rule(policy, "a.b")->users, &user));
	}
	policy_release(&policy);
	free(text);
}

static void who_approves_brings_the_same_factor_with_a_pin(void **state)
{
	struct policy *policy = load_good(TOP "action a.b { users = { a } "
		"prompt = \"x\" require = { key } always-approve = yes approvers = { b }"
		" limit = { \"1 per 1h\" } }\naction a.c { users = { a } "
		"prompt = \"x\" require = { code } always-approve = yes approvers = { b } }\n"
		"action a.d { users = { a } prompt = \"x\" require = { code } code-is-enough = yes "
		"always-approve = yes approvers = { b } }\n");
	const struct rule *key = policy_rule(policy, "a.b")->approval,
		*code = policy_rule(policy, "a.c")->approval, *enough = policy_rule(policy, "a.d")->approval;

	(void)state;
	assert_true(key->approves && key->pin && key->require == FACTOR_KEY && key->limit_count == 0 &&
		!key->always_approve);
	assert_string_equal(key->users[0], "b");
	assert_memory_equal(key->digest, policy_rule(policy, "a.b")->digest, DIGEST_SIZE);
	assert_false(policy_code_may(code, "a.c"));
	assert_true(code->pin);
	assert_true(policy_code_may(enough, "a.d"));
	assert_false(enough->pin);
	policy_release(&policy);
}

static void a_list_is_of_one_only_where_no_other_can_be_meant(void **state)
{
	char *const one[] = {(char[]){"ann"}, (char[]){"@solo"}, NULL},
		*const two[] = {(char[]){"bob"}, (char[]){"@solo"}, NULL};
	char *const unix_group[] = {(char[]){"@desk"}, NULL}, *const all[] = {(char[]){"*"}, NULL},
		*const none[] = {NULL};
	char *const pair[] = {(char[]){"@pair"}, NULL};
	struct policy *policy = load_good(TOP "group solo { members = { ann } }\n"
		"group pair { members = { ann, bob } }\ngroup desk { unix = \"desk\" }\n");

	(void)state;
	assert_true(policy_list_is_one(policy, one));
	assert_false(policy_list_is_one(policy, two));
	assert_false(policy_list_is_one(policy, pair));
	assert_false(policy_list_is_one(policy, unix_group));
	assert_false(policy_list_is_one(policy, all));
	assert_false(policy_list_is_one(policy, none));
	assert_false(policy_list_is_one(policy, NULL));
	policy_release(&policy);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_list_is_of_one_only_where_no_other_can_be_meant),
	cmocka_unit_test(who_approves_brings_the_same_factor_with_a_pin),
	cmocka_unit_test(the_designs_example_means_what_it_says),
	cmocka_unit_test(what_no_rule_names_is_denied),
	cmocka_unit_test(an_exact_name_wins_then_the_longest_pattern),
	cmocka_unit_test(no_pattern_but_its_own_reaches_the_verifiers_actions),
	cmocka_unit_test(administrators_verbs_are_denied_until_a_rule_names_them_and_want_more_than_a_code),
	cmocka_unit_test(the_configuration_may_replace_a_rule_for_own_use),
	cmocka_unit_test(a_code_satisfies_what_the_rule_lets_it_and_nothing_else),
	cmocka_unit_test(lists_name_users_groups_and_everybody),
	cmocka_unit_test(no_process_acts_for_another_user_or_beyond_the_actions_unless_named),
	cmocka_unit_test(a_service_is_the_account_that_the_configuration_names),
	cmocka_unit_test(prompts_show_plain_words_plainly_and_numbers_in_full),
	cmocka_unit_test(no_detail_passes_for_the_prompts_own_words),
	cmocka_unit_test(letters_from_right_to_left_exchange_nothing_in_a_prompt),
	cmocka_unit_test(joined_blanks_and_look_alikes_are_marked_in_a_prompt),
	cmocka_unit_test(a_long_value_scrolls_no_number_away),
	cmocka_unit_test(a_user_name_can_not_rewrite_the_prompt),
	cmocka_unit_test(a_rules_digest_tells_changed_rules_and_nothing_else),
	cmocka_unit_test(what_deserves_a_word_gets_a_warning_with_its_line),
	cmocka_unit_test(what_keys_need_is_not_warned_of_where_it_is_there),
	cmocka_unit_test(what_is_said_about_keys_means_what_it_says),
	cmocka_unit_test(models_are_judged_by_both_lists),
	cmocka_unit_test(accounts_that_the_host_does_not_know_are_warned_of),
	cmocka_unit_test(users_that_the_host_does_not_know_are_warned_of),
	cmocka_unit_test(a_plain_policy_has_no_warning),
	cmocka_unit_test(what_is_left_out_has_its_default),
	cmocka_unit_test(a_policy_lives_until_its_last_reference_goes),
	cmocka_unit_test(a_very_large_group_loads_and_is_searched),
};
TAP_MAIN(tests)
