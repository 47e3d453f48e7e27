/* SPDX-License-Identifier: BSD-2-Clause */
/* PAM files: what lets somebody past the step-up is found, and what doesn't is left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/stepup/pam_lint.h"

#define AUTH "auth required pam_stepup.so action=login.sshd\n"
#define ACCOUNT "account required pam_stepup.so\n"

struct seen {
	int errors, warnings, line;
	char text[4096];
};

static void note(void *context, const struct pam_finding *finding)
{
	struct seen *seen = context;
	size_t used = strlen(seen->text);

	seen->errors += finding->is_error;
	seen->warnings += !finding->is_error;
	seen->line = finding->line;
	(void)snprintf(seen->text + used, sizeof(seen->text) - used, "%d: %s\n", finding->line, finding->sentence);
}

static bool is_ruled(void *context, const char *action)
{
	(void)context;
	return strcmp(action, "forgotten") != 0;
}

/* Lints a file of that name and content. */
static struct seen lint_named(const char *name, const char *content, bool *uses)
{
	char folder[] = "/tmp/pam_lint_XXXXXX", path[64];
	struct seen seen = {0};
	const struct pam_listener listener = {.told = note, .has_rule = is_ruled, .context = &seen};
	FILE *file;

	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(pam_lint_file(path, &listener, uses), STEPUP_OK);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	return seen;
}

static struct seen lint(const char *content)
{
	bool uses;

	return lint_named("console", content, &uses);
}

static void good_stacks_have_no_finding(void **state)
{
	static const char *const good[] = {
		AUTH ACCOUNT,
		"auth requisite pam_stepup.so details=env receipt=env conversation=json timeout=50\n" ACCOUNT,
		"auth required pam_stepup.so action=sudo.run agent=env\n" ACCOUNT,
		"auth [success=ok default=die] pam_stepup.so action=a\n" ACCOUNT,
		"auth [success=1 default=bad] pam_stepup.so action=a\nauth requisite pam_deny.so\nauth required pam_permit.so\n" ACCOUNT,
		"# a comment\nauth required pam_unix.so\n" AUTH "@include common-account\n" ACCOUNT,
		"auth required /usr/lib/security/pam_stepup.so \\\n  action=a # trailing\n" ACCOUNT,
		"session optional pam_unix.so\nauth sufficient pam_unix.so\n",
		AUTH "auth sufficient pam_unix.so\n" ACCOUNT,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct seen seen = lint(good[i]);

		if (seen.errors + seen.warnings != 0)
			fail_msg("%s gave %s", good[i], seen.text);
	}
}

static void bad_stacks_are_errors_at_their_line(void **state)
{
	static const struct {
		const char *content;
		int line;
		const char *says;
	} bad[] = {
		{"auth optional pam_stepup.so action=a\n" ACCOUNT, 1, "optional"},
		{"\nauth sufficient pam_stepup.so action=a\n" ACCOUNT, 2, "sufficient"},
		{"auth [success=ok default=ignore] pam_stepup.so action=a\n" ACCOUNT, 1, "default=ignore"},
		{"auth [success=ok system_err=ok default=die] pam_stepup.so action=a\n" ACCOUNT, 1, "system_err=ok"},
		{"auth [success=ok maxtries=2 default=die] pam_stepup.so action=a\n" ACCOUNT, 1, "maxtries=2"},
		{"auth sufficient pam_unix.so\n" AUTH ACCOUNT, 2, "is skipped when pam_unix.so on line 1"},
		{"auth [success=1 default=ignore] pam_unix.so\n" AUTH ACCOUNT, 2, "is skipped"},
		{"auth [success=done default=die] pam_unix.so\n" AUTH ACCOUNT, 2, "is skipped"},
		{"auth [success=2 default=bad] pam_stepup.so action=a\nauth required pam_deny.so\n" ACCOUNT, 1, "jumps over 2"},
		{"auth required pam_stepup.so action=a nullok\n" ACCOUNT, 1, "`nullok`"},
		{"auth required pam_stepup.so action= \n" ACCOUNT, 1, "`action=`"},
		{"auth required pam_stepup.so\n" ACCOUNT, 1, "names no action"},
		{"-auth required pam_stepup.so action=a\n" ACCOUNT, 1, "the `-` in front"},
		{AUTH ACCOUNT "session required pam_stepup.so\n", 3, "no session"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct seen seen = lint(bad[i].content);

		if (seen.errors == 0 || seen.line != bad[i].line || strstr(seen.text, bad[i].says) == NULL)
			fail_msg("%s gave %s", bad[i].content, seen.text);
	}
}

static void an_auth_line_without_an_account_line_is_a_warning(void **state)
{
	struct seen seen = lint(AUTH);

	(void)state;
	assert_int_equal(seen.warnings, 1);
	assert_int_equal(seen.errors, 0);
	assert_non_null(strstr(seen.text, "account required pam_stepup.so"));
}

static void sshd_account_line_with_an_action_is_an_error(void **state)
{
	bool uses;
	struct seen seen = lint_named("sshd", AUTH "account required pam_stepup.so action=login.sshd\n", &uses);

	(void)state;
	assert_int_equal(seen.errors, 1);
	assert_non_null(strstr(seen.text, "account phase"));
	assert_int_equal(lint(AUTH "account required pam_stepup.so action=login.sshd\n").errors, 0);
}

static void an_action_without_a_rule_is_an_error(void **state)
{
	struct seen seen = lint("account required pam_stepup.so\nauth required pam_stepup.so action=forgotten\n");

	(void)state;
	assert_int_equal(seen.errors, 1);
	assert_int_equal(seen.line, 2);
	assert_non_null(strstr(seen.text, "no rule for `forgotten`"));
}

static void files_without_the_module_are_not_counted(void **state)
{
	bool uses = true;
	struct seen seen = lint_named("other", "auth optional pam_unix.so nonsense\n", &uses);

	(void)state;
	assert_false(uses);
	assert_int_equal(seen.errors + seen.warnings, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_stacks_have_no_finding),
		cmocka_unit_test(bad_stacks_are_errors_at_their_line),
		cmocka_unit_test(an_auth_line_without_an_account_line_is_a_warning),
		cmocka_unit_test(sshd_account_line_with_an_action_is_an_error),
		cmocka_unit_test(an_action_without_a_rule_is_an_error),
		cmocka_unit_test(files_without_the_module_are_not_counted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pam_lint", tests, NULL, NULL);
}
