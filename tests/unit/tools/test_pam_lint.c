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

#include "tools/stepup/pam/pam_lint.h"

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
	(void)snprintf(seen->text + used, sizeof(seen->text) - used, "%s:%d: %s\n",
		strrchr(finding->file, '/') + 1, finding->line, finding->sentence);
}

static bool is_ruled(void *context, const char *action)
{
	(void)context;
	return strcmp(action, "forgotten") != 0;
}

/* A service file of a made-up host; the last one has no name. */
struct file {
	const char *name, *content;
};

/* Lints a folder of these files. */
static struct seen lint_host(const struct file files[], size_t *used)
{
	char folder[] = "/tmp/pam_lint_XXXXXX", path[128];
	struct seen seen = {0};
	const struct pam_listener listener = {.told = note, .has_rule = is_ruled, .context = &seen};

	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; files[i].name != NULL; i++) {
		FILE *file;

		(void)snprintf(path, sizeof(path), "%s/%s", folder, files[i].name);
		file = fopen(path, "w");
		assert_non_null(file);
		assert_true(fputs(files[i].content, file) >= 0);
		assert_int_equal(fclose(file), 0);
	}
	assert_int_equal(pam_lint_folder(folder, NULL, &listener, used), STEPUP_OK);
	for (size_t i = 0; files[i].name != NULL; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, files[i].name);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(folder), 0);
	return seen;
}

/* What Debian has, in short. */
#define COMMON_AUTH {"common-auth", "auth [success=1 default=ignore] pam_unix.so nullok\n" \
	"auth requisite pam_deny.so\nauth required pam_permit.so\n"}
#define COMMON_ACCOUNT {"common-account", "account required pam_unix.so\n"}

/* A file of that name and content, on a host with those. */
static struct seen lint_named(const char *name, const char *content, bool *uses)
{
	const struct file host[] = {COMMON_AUTH, COMMON_ACCOUNT, {name, content}, {NULL, NULL}};
	size_t used;
	struct seen seen = lint_host(host, &used);

	*uses = used > 0;
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
		"auth [success=1 default=bad] pam_stepup.so action=a\nauth requisite pam_deny.so\n"
		"auth required pam_permit.so\n" ACCOUNT,
		"# a comment\nauth requisite pam_unix.so\n" AUTH "@include common-account\n" ACCOUNT,
		"auth required /usr/lib/security/pam_stepup.so \\\n  action=a # trailing\n" ACCOUNT,
		"session optional pam_unix.so\n",
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
		{"auth [success=ok system_err=ok default=die] pam_stepup.so action=a\n" ACCOUNT, 1,
			"system_err=ok"},
		{"auth [success=ok maxtries=2 default=die] pam_stepup.so action=a\n" ACCOUNT, 1,
			"maxtries=2"},
		{"auth sufficient pam_unix.so\n" AUTH ACCOUNT, 2, "is skipped when pam_unix.so on line 1"},
		{"auth [success=1 default=ignore] pam_unix.so\n" AUTH ACCOUNT, 2, "is skipped"},
		{"auth [success=done default=die] pam_unix.so\n" AUTH ACCOUNT, 2, "is skipped"},
		{"auth [success=2 default=bad] pam_stepup.so action=a\nauth required pam_deny.so\n" ACCOUNT,
			1, "jumps over 2"},
		{"auth required pam_stepup.so action=a nullok\n" ACCOUNT, 1, "`nullok`"},
		{"auth required pam_stepup.so action= \n" ACCOUNT, 1, "`action=`"},
		{"auth required pam_stepup.so\n" ACCOUNT, 1, "names no action"},
		{AUTH "account required pam_stepup.so details=env\n", 2, "`details=env` but names no action"},
		{AUTH "account required pam_stepup.so receipt=env\n", 2, "`receipt=env` but names no action"},
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

static void a_wrong_password_that_goes_on_to_the_step_up_is_told_of(void **state)
{
	static const char *const told[] = {
		"auth required pam_unix.so\n" AUTH ACCOUNT,
		"auth [success=ok default=bad] pam_sss.so\n" AUTH ACCOUNT,
		"auth optional pam_unix.so\n" AUTH ACCOUNT,
		"auth required pam_env.so\nauth [success=1 default=ignore] pam_unix.so\n"
		"auth required pam_deny.so\nauth required pam_permit.so\n" AUTH ACCOUNT,
		"auth [default=1 success=ok] pam_unix.so\nauth requisite pam_deny.so\n" AUTH ACCOUNT,
		"auth substack common-auth\n" AUTH ACCOUNT,
	};
	static const char *const quiet[] = {
		"auth requisite pam_unix.so\n" AUTH ACCOUNT,
		"auth [success=ok default=die] pam_unix.so\n" AUTH ACCOUNT,
		"auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n"
		"auth required pam_permit.so\n" AUTH ACCOUNT,
		"auth [success=2 default=ignore] pam_unix.so\nauth [success=1 default=ignore] pam_sss.so\n"
		"auth requisite pam_deny.so\n" AUTH ACCOUNT,
		"@include common-auth\n" AUTH ACCOUNT,
		"auth include common-auth\n" AUTH ACCOUNT,
		"auth required pam_env.so\nauth required pam_faildelay.so delay=3000000\n" AUTH ACCOUNT,
		AUTH "auth required pam_unix.so\n" ACCOUNT,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		struct seen seen = lint(told[i]);

		if (seen.errors != 0 || seen.warnings != 1 ||
		    strstr(seen.text, "use up the owner's tries") == NULL ||
		    strstr(seen.text, "`requisite` there") == NULL)
			fail_msg("%s gave %s", told[i], seen.text);
	}
	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
		if (strstr(lint(quiet[i]).text, "use up the owner's tries") != NULL)
			fail_msg("%s is told of", quiet[i]);
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
	struct seen seen =
		lint_named("sshd", AUTH "account required pam_stepup.so action=login.sshd\n", &uses);

	(void)state;
	assert_int_equal(seen.errors, 1);
	assert_non_null(strstr(seen.text, "account phase"));
	assert_int_equal(lint(AUTH "account required pam_stepup.so action=login.sshd\n").errors, 0);
}

static void an_action_without_a_rule_is_an_error(void **state)
{
	struct seen seen =
		lint("account required pam_stepup.so\nauth required pam_stepup.so action=forgotten\n");

	(void)state;
	assert_int_equal(seen.errors, 1);
	assert_int_equal(seen.line, 2);
	assert_non_null(strstr(seen.text, "no rule for `forgotten`"));
}

static void files_without_the_module_are_not_counted(void **state)
{
	bool uses = true;
	struct seen seen = lint_named("passwd", "auth optional pam_unix.so nonsense\n", &uses);

	(void)state;
	assert_false(uses);
	assert_int_equal(seen.errors + seen.warnings, 0);
}

/* --- doors that were forgotten --- */

static const char debian_sudo[] = "@include common-auth\n@include common-account\n";
static const char our_sudo[] = "@include common-auth\nauth required pam_stepup.so action=sudo\n"
	"account required pam_stepup.so action=sudo\n"
	"@include common-account\n";

/* Whether that service, with that content, beside Debian's includes, is told of as open. */
static bool is_told_of(const char *name, const char *content)
{
	bool uses;
	struct seen seen = lint_named(name, content, &uses);
	char start[64];

	(void)snprintf(start, sizeof(start), "%s:0: is open without pam_stepup.so", name);
	return strstr(seen.text, start) != NULL;
}

static void every_service_that_opens_something_without_the_module_is_told_of(void **state)
{
	static const char *const names[] = {"sudo", "sudo-i", "sudo-machine", "su", "su-l", "login", "sshd",
		"cron", "atd", "systemd-user", "polkit-1", "gdm-password", "other", "acme-console"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!is_told_of(names[i], debian_sudo))
			fail_msg("%s is forgotten", names[i]);
	assert_true(is_told_of("systemd-user", "account required pam_unix.so\n"
			"session required pam_unix.so\n"));
}

static void services_that_open_nothing_are_left_out(void **state)
{
	static const char *const names[] = {"passwd", "chsh", "chfn", "newusers"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is_told_of(names[i], debian_sudo))
			fail_msg("%s is told of", names[i]);
	assert_false(is_told_of("acme", "session required pam_unix.so\npassword required pam_unix.so\n"));
	assert_false(is_told_of("sudo.dpkg-dist", debian_sudo));
	assert_false(is_told_of("runuser", "auth sufficient pam_rootok.so\nsession required pam_unix.so\n"));
}

static void what_is_included_is_looked_at_where_it_is_included(void **state)
{
	const struct file debian[] = {COMMON_AUTH,
		{"common-account", "account required pam_unix.so\naccount required pam_stepup.so\n"},
		{"sudo", debian_sudo},
		{"acme", "account include common-account\nauth substack common-auth\n"},
		{"other", "auth required pam_unix.so\n@include common-account\n"}, {NULL, NULL}};
	size_t used;
	struct seen seen = lint_host(debian, &used);

	(void)state;
	if (seen.errors + seen.warnings != 0)
		fail_msg("%s", seen.text);
	assert_int_equal(used, 4);
}

static void a_whole_include_that_ends_the_stack_early_is_found(void **state)
{
	const struct file skipping[] = {
		{"early", "auth required pam_unix.so\nauth sufficient pam_permit.so\n"},
		{"acme", "auth include early\n" AUTH ACCOUNT}, {NULL, NULL}};
	const struct file inside[] = {{"early", "auth required pam_unix.so\nauth sufficient pam_permit.so\n"},
		{"acme", "auth substack early\n" AUTH ACCOUNT}, {NULL, NULL}};
	const struct file jumping[] = {{"early", "auth required pam_unix.so\nauth required pam_unix.so\n"},
		{"acme", "auth [success=1 default=ignore] pam_unix.so\nauth substack early\n" AUTH ACCOUNT},
			{NULL, NULL}};
	const struct file over[] = {{"early", "auth required pam_unix.so\nauth required pam_unix.so\n"},
		{"acme", "auth [success=2 default=ignore] pam_unix.so\nauth substack early\n" AUTH ACCOUNT},
			{NULL, NULL}};
	size_t used;
	struct seen seen = lint_host(skipping, &used);

	(void)state;
	assert_int_equal(seen.errors, 1);
	assert_non_null(strstr(seen.text, "acme:2: is skipped when pam_permit.so on line 2 of "));
	assert_int_equal(lint_host(inside, &used).errors, 0);
	assert_int_equal(lint_host(jumping, &used).errors, 0);
	assert_int_equal(lint_host(over, &used).errors, 1);
}

static void an_include_that_is_missing_or_includes_itself_is_told_of(void **state)
{
	const struct file missing[] = {{"acme", "@include nowhere\n" AUTH ACCOUNT}, {NULL, NULL}};
	const struct file itself[] = {{"acme", AUTH ACCOUNT "@include acme\n"}, {NULL, NULL}};
	size_t used;
	struct seen seen = lint_host(missing, &used);

	(void)state;
	assert_int_equal(seen.warnings, 1);
	assert_non_null(strstr(seen.text, "acme:1: includes nowhere, which could not be read"));
	assert_int_equal(lint_host(itself, &used).errors, 0);
	assert_true(is_told_of("acme", "auth include nowhere\n"));
}

static void a_link_that_leads_nowhere_hides_no_other_service(void **state)
{
	char folder[] = "/tmp/pam_lint_XXXXXX", link[64], other[64];
	struct seen seen = {0};
	const struct pam_listener listener = {.told = note, .has_rule = is_ruled, .context = &seen};
	size_t used = 0;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(link, sizeof(link), "%s/aaa", folder);
	(void)snprintf(other, sizeof(other), "%s/su", folder);
	assert_int_equal(symlink("nowhere", link), 0);
	file = fopen(other, "w");
	assert_non_null(file);
	assert_true(fputs("auth required pam_unix.so\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(pam_lint_folder(folder, NULL, &listener, &used), STEPUP_OK);
	assert_non_null(strstr(seen.text, "su:0: is open"));
	assert_int_equal(unlink(link), 0);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void the_twin_of_a_service_that_asks_is_an_error(void **state)
{
	const struct file half[] = {COMMON_AUTH, COMMON_ACCOUNT, {"sudo", our_sudo}, {"sudo-i", debian_sudo},
		{NULL, NULL}};
	const struct file neither[] = {COMMON_AUTH, COMMON_ACCOUNT, {"sudo", debian_sudo},
		{"sudo-i", debian_sudo}, {NULL, NULL}};
	const struct file both[] = {COMMON_AUTH, COMMON_ACCOUNT, {"sudo", our_sudo}, {"sudo-i", our_sudo},
		{NULL, NULL}};
	size_t used;
	struct seen seen = lint_host(half, &used);

	(void)state;
	assert_int_equal(seen.errors, 1);
	assert_non_null(strstr(seen.text,
			"sudo-i:0: is open without pam_stepup.so: `sudo -i` uses this service, not sudo's"));
	seen = lint_host(neither, &used);
	assert_int_equal(seen.errors, 0);
	assert_int_equal(seen.warnings, 2);
	seen = lint_host(both, &used);
	assert_int_equal(seen.errors + seen.warnings, 0);
}

static void a_shut_door_is_no_open_one(void **state)
{
	static const char shut[] =
		"auth sufficient pam_rootok.so\nauth requisite pam_deny.so\naccount required pam_unix.so\n";

	(void)state;
	assert_false(is_told_of("su", shut));
	assert_false(is_told_of("su-l", shut));
	assert_false(is_told_of("other", "auth required pam_deny.so\naccount required pam_deny.so\n"));
	/* Programs that root starts have root's uid: there pam_rootok.so lets everybody in. */
	assert_true(is_told_of("login", shut));
	assert_true(is_told_of("acme", shut));
	/* A refusal that something jumps over. */
	assert_true(is_told_of("su", "auth [success=1 default=ignore] pam_unix.so\n"
			"auth requisite pam_deny.so\nauth required pam_permit.so\n"));
	assert_true(is_told_of("su", "auth sufficient pam_unix.so\nauth requisite pam_deny.so\n"));
	assert_true(is_told_of("su", "auth required pam_unix.so\nauth optional pam_deny.so\n"));
	/* NOPASSWD leaves the refusal out. */
	assert_true(is_told_of("sudo-machine", "auth requisite pam_deny.so\naccount required pam_unix.so\n"));
	assert_false(is_told_of("sudo-machine", "auth requisite pam_deny.so\n"
			"account required pam_stepup.so\n"));
	/* Of su an account line looks at whom one becomes. */
	assert_true(is_told_of("su", "@include common-auth\n" ACCOUNT));
}

static void root_may_pass_only_where_that_is_the_way_in(void **state)
{
	static const char past[] = "auth required pam_unix.so\n"
		"account [success=1 default=ignore] pam_succeed_if.so quiet uid = 0\n" ACCOUNT;
	bool uses;

	(void)state;
	assert_int_equal(lint_named("login", past, &uses).errors, 0);
	assert_int_equal(lint_named("cron", past, &uses).errors, 0);
	assert_int_equal(lint_named("sudo", past, &uses).errors, 1);
	assert_int_equal(lint_named("sshd", past, &uses).errors, 1);
	assert_int_equal(lint_named("cron", "auth required pam_unix.so\n"
			"account [success=1 default=ignore] pam_succeed_if.so quiet uid < 1000\n" ACCOUNT,
			&uses).errors, 1);
	assert_int_equal(lint_named("cron", "auth required pam_unix.so\n"
			"account [success=1 default=ignore] pam_succeed_if.so uid = 0 user ingroup x\n"
			ACCOUNT, &uses).errors, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_stacks_have_no_finding),
		cmocka_unit_test(bad_stacks_are_errors_at_their_line),
		cmocka_unit_test(a_wrong_password_that_goes_on_to_the_step_up_is_told_of),
		cmocka_unit_test(an_auth_line_without_an_account_line_is_a_warning),
		cmocka_unit_test(sshd_account_line_with_an_action_is_an_error),
		cmocka_unit_test(an_action_without_a_rule_is_an_error),
		cmocka_unit_test(every_service_that_opens_something_without_the_module_is_told_of),
		cmocka_unit_test(services_that_open_nothing_are_left_out),
		cmocka_unit_test(what_is_included_is_looked_at_where_it_is_included),
		cmocka_unit_test(a_whole_include_that_ends_the_stack_early_is_found),
		cmocka_unit_test(an_include_that_is_missing_or_includes_itself_is_told_of),
		cmocka_unit_test(a_link_that_leads_nowhere_hides_no_other_service),
		cmocka_unit_test(the_twin_of_a_service_that_asks_is_an_error),
		cmocka_unit_test(a_shut_door_is_no_open_one),
		cmocka_unit_test(root_may_pass_only_where_that_is_the_way_in),
		cmocka_unit_test(files_without_the_module_are_not_counted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pam_lint", tests, NULL, NULL);
}
