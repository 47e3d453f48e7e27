/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which files make the policy, whose they may be, and what ships with them: the example and the manual page.
 */
#include "tests/unit/makers/certificate_maker.h"
#include "tests/unit/rules/policy_fixture.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "verifier/rules/reading/policy_build.h"

#define TOP "issuer = \"https://s.example\"\n"
#define RULE(name) "action " name " { users = { a } prompt = \"x\" require = { code } }\n"

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	umask(022);
	strcpy(folder, "/tmp/stepup-policy-XXXXXX");
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void put(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	assert_int_equal(fputs(text, file) >= 0, 1);
	assert_int_equal(fclose(file), 0);
}

static enum stepup_error load(bool trusted, struct policy **policy, char **why)
{
	char path[256];

	snprintf(path, sizeof(path), "%s", path_of("stepup.conf"));
	return policy_load(path, trusted, policy, why);
}

static void expect_refusal(enum stepup_error expected, const char *words)
{
	struct policy *policy = NULL;
	char *why = NULL;

	assert_int_equal(load(true, &policy, &why), expected);
	assert_null(policy);
	assert_non_null(why);
	if (strstr(why, words) == NULL)
		fail_msg("expected %s in: %s", words, why);
	free(why);
}

static void expect_warning(const char *words)
{
	struct policy *policy = NULL;
	char *why = NULL;

	assert_int_equal(load(true, &policy, &why), STEPUP_OK);
	assert_non_null(policy->warnings[0]);
	if (strstr(policy->warnings[0], words) == NULL)
		fail_msg("expected %s in: %s", words, policy->warnings[0]);
	policy_release(&policy);
}

static void drop_ins_are_read_in_bytewise_order_and_others_are_not(void **state)
{
	struct policy *policy = NULL;
	char *why = NULL;

	(void)state;
	put("stepup.conf", TOP);
	assert_int_equal(mkdir(path_of("stepup.conf.d"), 0755), 0);
	put("stepup.conf.d/10-b.conf", RULE("b.two"));
	put("stepup.conf.d/B.conf", RULE("b.three"));
	put("stepup.conf.d/.hidden.conf", "nonsense");
	put("stepup.conf.d/old.conf.bak", "nonsense");
	put("stepup.conf.d/.conf", "nonsense");
	assert_int_equal(load(true, &policy, &why), STEPUP_OK);
	assert_non_null(policy_rule(policy, "b.two"));
	assert_true(strstr(policy_rule(policy, "b.three")->place.file, "/stepup.conf.d/B.conf") != NULL);
	policy_release(&policy);

	put("stepup.conf.d/10-a.conf", RULE("b.two"));
	expect_refusal(STEPUP_INVALID, "10-b.conf:1: action b.two is in ");
	put("stepup.conf.d/10-a.conf", "help = \"x\"\n" TOP);
	expect_refusal(STEPUP_INVALID, "10-a.conf:2: \"issuer\" is in ");
}

static void a_group_may_be_used_in_a_file_before_its_own(void **state)
{
	struct policy *policy = NULL;
	char *why = NULL;

	(void)state;
	put("stepup.conf", TOP "action a.b { users = { \"@late\" } prompt = \"x\" require = { code } }\n");
	assert_int_equal(mkdir(path_of("stepup.conf.d"), 0755), 0);
	put("stepup.conf.d/groups.conf", "group late { members = { a } }\n");
	assert_int_equal(load(true, &policy, &why), STEPUP_OK);
	policy_release(&policy);
}

static void what_others_can_write_is_refused(void **state)
{
	struct policy *policy = NULL;
	char *why = NULL;

	(void)state;
	put("stepup.conf", TOP);
	assert_int_equal(chmod(path_of("stepup.conf"), 0664), 0);
	expect_refusal(STEPUP_UNSAFE_FILE, "others can write");
	assert_int_equal(load(false, &policy, &why), STEPUP_OK); /* to look at it is fine */
	policy_release(&policy);
	assert_int_equal(chmod(path_of("stepup.conf"), 0644), 0);
	assert_int_equal(mkdir(path_of("stepup.conf.d"), 0755), 0);
	assert_int_equal(chmod(path_of("stepup.conf.d"), 0775), 0);
	expect_refusal(STEPUP_UNSAFE_FILE, "others can write");
	assert_int_equal(chmod(path_of("stepup.conf.d"), 0755), 0);
	put("stepup.conf.d/a.conf", RULE("a.b"));
	assert_int_equal(chmod(path_of("stepup.conf.d/a.conf"), 0666), 0);
	expect_refusal(STEPUP_UNSAFE_FILE, "a.conf: others can write");
}

static void links_pipes_and_nothing_are_refused(void **state)
{
	char target[256], name[256];

	(void)state;
	expect_refusal(STEPUP_NOT_FOUND, "stepup.conf: does not exist");
	put("real.conf", TOP);
	snprintf(target, sizeof(target), "%s", path_of("real.conf"));
	snprintf(name, sizeof(name), "%s", path_of("stepup.conf"));
	assert_int_equal(symlink(target, name), 0);
	expect_refusal(STEPUP_UNSAFE_FILE, "symbolic link");
	assert_int_equal(unlink(name), 0);
	assert_int_equal(link(target, name), 0);
	expect_refusal(STEPUP_UNSAFE_FILE, "hard link");
	assert_int_equal(unlink(name), 0);
	assert_int_equal(mkfifo(name, 0600), 0);
	expect_refusal(STEPUP_UNSAFE_FILE, "not a regular file");
	assert_int_equal(unlink(name), 0);
	assert_int_equal(mkdir(name, 0755), 0);
	expect_refusal(STEPUP_UNSAFE_FILE, "not a regular file");
}

static void a_file_of_more_than_8_mib_is_refused(void **state)
{
	(void)state;
	put("stepup.conf", TOP);
	assert_int_equal(truncate(path_of("stepup.conf"), POLICY_FILE_MAX + 1), 0);
	expect_refusal(STEPUP_TOO_LONG, "longer than ");
}

static char *read_source(const char *name)
{
	char path[512];
	FILE *file;
	char *text = NULL;
	size_t size = 0;

	snprintf(path, sizeof(path), "%s/%s", STEPUP_TEST_SOURCE, name);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_true(getdelim(&text, &size, '\0', file) > 0);
	fclose(file);
	return text;
}

static void the_example_loads_without_a_warning(void **state)
{
	struct policy *policy = NULL;
	char *why = NULL;
	enum stepup_error error =
		policy_load(STEPUP_TEST_SOURCE "/examples/stepup.conf", false, &policy, &why);

	(void)state;
	if (error != STEPUP_OK)
		fail_msg("%s", why);
	if (policy->warnings[0] != NULL)
		fail_msg("%s", policy->warnings[0]);
	assert_non_null(policy_rule(policy, "login.sshd"));
	assert_non_null(policy_rule(policy, "sudo"));
	assert_string_equal(policy_rule(policy, "stepup.revoke")->name, "stepup.*");
	policy_release(&policy);
}

/* What tests/incident shows of it in the whole. */
static void in_the_example_a_code_opens_customers_up_to_a_limit_and_nothing_else(void **state)
{
	struct policy *policy = NULL;
	const struct rule *view, *export, *reveal;
	char *why = NULL;

	(void)state;
	assert_int_equal(policy_load(STEPUP_TEST_SOURCE "/examples/stepup.conf", false, &policy, &why),
		STEPUP_OK);
	view = policy_rule(policy, "customer.view");
	assert_int_equal(view->require, FACTOR_CODE);
	assert_int_equal(view->fresh_for_seconds, 15 * 60);
	export = policy_rule(policy, "customer.export");
	reveal = policy_rule(policy, "customer.reveal_key");
	assert_int_equal(export->require, FACTOR_KEY);
	assert_true(export->pin && reveal->pin);
	assert_int_equal(reveal->require, FACTOR_KEY);
	assert_int_equal(reveal->over_limit, OVER_LIMIT_LOCK);
	assert_int_equal(view->over_limit, OVER_LIMIT_APPROVE);
	assert_int_equal(export->over_limit, OVER_LIMIT_APPROVE);
	assert_true(view->hard_limit_count > 0 && export->hard_limit_count > 0);
	policy_release(&policy);
}

/* A policy whose line 2 names the folder's place `roots`. */
static void put_policy_with_roots(void)
{
	char text[512];

	snprintf(text, sizeof(text),
		"issuer = \"https://s.example\"\nattestation-roots = \"%s/roots\"\n", folder);
	put("stepup.conf", text);
}

static void attestation_roots_are_loaded_with_the_policy(void **state)
{
	struct certificate_shape shape = certificate_shape_authority("Maker");
	struct made_certificate root;
	struct policy *policy = NULL;
	char *why = NULL;

	(void)state;
	put_policy_with_roots();
	assert_int_equal(mkdir(path_of("roots"), 0755), 0);
	certificate_make(KEY_ES256, &shape, NULL, &root);
	folder_put_certificate(path_of("roots"), "maker.pem", &root);
	assert_int_equal(load(true, &policy, &why), STEPUP_OK);
	assert_non_null(policy->trust);
	policy_release(&policy);
	put("stepup.conf", "issuer = \"https://s.example\"\n");
	assert_int_equal(load(true, &policy, &why), STEPUP_OK);
	assert_null(policy->trust);
	policy_release(&policy);
	certificate_release(&root);
}

static void attestation_roots_that_can_not_be_used_are_told_with_their_line(void **state)
{
	struct policy *policy = NULL;
	char *why = NULL, expected[256];

	(void)state;
	put_policy_with_roots();
	snprintf(expected, sizeof(expected), "%s/stepup.conf:2: %s/roots", folder, folder);
	expect_refusal(STEPUP_NOT_FOUND, expected);
	/* Whoever looks at a configuration elsewhere needn't have the files. */
	assert_int_equal(load(false, &policy, &why), STEPUP_OK);
	assert_non_null(strstr(policy->warnings[0], expected));
	assert_null(policy->warnings[1]);
	policy_release(&policy);
	assert_int_equal(mkdir(path_of("roots"), 0755), 0);
	expect_refusal(STEPUP_NOT_FOUND, "there is no file NAME.pem in it");
	folder_put(path_of("roots"), "maker.pem", "no certificate", 14);
	snprintf(expected, sizeof(expected), "%s/stepup.conf:2: %s/roots/maker.pem: has no certificate",
		folder, folder);
	expect_refusal(STEPUP_INVALID, expected);
	assert_int_equal(load(false, &policy, &why), STEPUP_INVALID);
	assert_non_null(strstr(why, expected));
	free(why);
}

static void metadata_that_is_not_there_is_told_with_its_line(void **state)
{
	struct certificate_shape shape = certificate_shape_authority("Alliance");
	struct made_certificate root;
	char text[512];

	(void)state;
	certificate_make(KEY_ES256, &shape, NULL, &root);
	folder_put_certificate(folder, "mds.pem", &root);
	snprintf(text, sizeof(text), "issuer = \"https://s.example\"\nmds-root = \"%s/mds.pem\"\n"
		"\nmds = \"%s/mds.jwt\"\n", folder, folder);
	put("stepup.conf", text);
	expect_warning("stepup.conf:4: ");
	put("mds.jwt", "no metadata");
	expect_warning("stepup.conf:4: ");
	assert_int_equal(unlink(path_of("mds.pem")), 0);
	expect_refusal(STEPUP_NOT_FOUND, "stepup.conf:2: ");
	certificate_release(&root);
}

/* What the quickstart fills in; the caller frees. */
static char *fill(char *text, const char *placeholder, const char *value)
{
	char *place = strstr(text, placeholder), *filled = NULL;

	assert_non_null(place);
	assert_true(asprintf(&filled, "%.*s%s%s", (int)(place - text), text, value,
			place + strlen(placeholder)) > 0);
	free(text);
	return filled;
}

/* The quickstart's policy with one of its two rules for exports. */
static struct policy *load_quickstart(const char *exports)
{
	char *text = fill(fill(read_source("examples/quickstart.d/stepup.conf"), "@STATE@", "/STATE"),
		"@ORIGIN@", "http://localhost:8080");
	char *rule = read_source(exports), *whole = NULL;
	struct policy *policy;

	assert_true(asprintf(&whole, "%s%s", text, rule) > 0);
	policy = load_good(whole);
	free(whole);
	free(rule);
	free(text);
	return policy;
}

static void the_quickstarts_policies_load(void **state)
{
	struct policy *policy = load_quickstart("examples/quickstart.d/export-with-code.conf");

	(void)state;
	assert_true(policy_code_may(policy_rule(policy, "customer.export"), "customer.export"));
	policy_release(&policy);
	policy = load_quickstart("examples/quickstart.d/export-with-key.conf");
	assert_int_equal(policy_rule(policy, "customer.export")->require, FACTOR_KEY);
	assert_string_equal(policy->rp_id, "localhost");
	policy_release(&policy);
}

static void the_manual_page_lists_every_key_and_every_action_of_the_verifiers_own(void **state)
{
	static const char *const own[] = {"test", "enroll", "remove", "invite", "users", "credentials",
		"revoke", "lock", "unlock", "freeze", "thaw", "log", "reload"};
	char *page = read_source("man/stepup.conf.5"), line[128];
	size_t items = 0, keys = 0;

	(void)state;
	for (const struct policy_section *section = policy_sections; section->keys != NULL; section++)
		for (const struct policy_key *key = section->keys; key->name != NULL; key++) {
			snprintf(line, sizeof(line), "\n.It Ic %s ", key->name);
			if (strstr(page, line) == NULL)
				fail_msg("stepup.conf(5) does not list %s", key->name);
			keys++;
		}
	for (const char *at = page; (at = strstr(at, "\n.It Ic ")) != NULL; at++)
		items++;
	assert_int_equal(items, keys); /* nor a key that isn't there */
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		snprintf(line, sizeof(line), "stepup.%s", own[i]);
		assert_non_null(policy_own_action(line));
		snprintf(line, sizeof(line), "\n.It Li stepup.%s\n", own[i]);
		assert_non_null(strstr(page, line));
	}
	free(page);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

static const struct CMUnitTest tests[] = {
	IN_FOLDER(drop_ins_are_read_in_bytewise_order_and_others_are_not),
	IN_FOLDER(a_group_may_be_used_in_a_file_before_its_own),
	IN_FOLDER(what_others_can_write_is_refused),
	IN_FOLDER(links_pipes_and_nothing_are_refused),
	IN_FOLDER(a_file_of_more_than_8_mib_is_refused),
	IN_FOLDER(attestation_roots_are_loaded_with_the_policy),
	IN_FOLDER(attestation_roots_that_can_not_be_used_are_told_with_their_line),
	IN_FOLDER(metadata_that_is_not_there_is_told_with_its_line),
	cmocka_unit_test(the_example_loads_without_a_warning),
	cmocka_unit_test(in_the_example_a_code_opens_customers_up_to_a_limit_and_nothing_else),
	cmocka_unit_test(the_quickstarts_policies_load),
	cmocka_unit_test(the_manual_page_lists_every_key_and_every_action_of_the_verifiers_own),
};
TAP_MAIN(tests)
