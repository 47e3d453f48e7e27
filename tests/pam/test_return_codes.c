/* SPDX-License-Identifier: BSD-2-Clause */
/* What the module returns, says, reads and leaves: arguments, environment, items, refusals. The
 * verifier is scripted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/pam/pam_fixture.h"

#define CODE {"123456"}

static void a_granted_code_is_success(void **state)
{
	struct trial trial = {.service = "plain", .user = "alice", .answers = CODE};

	(void)state;
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SUCCESS);
	assert_int_equal(trial.prompts, 1);
	assert_int_equal(trial.told, 0);
	assert_string_equal(trial.said[0].text, "Export 102000 contacts of trezor\nYou approve as "
		"alice.\nCode: ");
	assert_non_null(strstr(fake.shared->last[FAKE_ANSWER], "\"code\":\"123456\""));
	assert_non_null(strstr(fake.shared->last[FAKE_ANSWER], "\"transaction\":\"T-1\""));
}

static void all_phases_succeed_after_a_grant(void **state)
{
	struct trial trial = {.service = "both", .user = "alice", .phases = "asc", .answers = CODE};

	(void)state;
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SUCCESS);
	assert_int_equal(trial.prompts, 1);
}

struct refusal {
	const char *name;
	int auth, account;
};

/* Each of the verifier's errors, and two that it doesn't have. */
static const struct refusal refusals[] = {
	{"io.stepup.Verify1.NotEnrolled", PAM_AUTH_ERR, PAM_PERM_DENIED},
	{"io.stepup.Verify1.TooWeak", PAM_AUTH_ERR, PAM_PERM_DENIED},
	{"io.stepup.Verify1.Locked", PAM_AUTH_ERR, PAM_PERM_DENIED},
	{"io.stepup.Verify1.Frozen", PAM_AUTH_ERR, PAM_PERM_DENIED},
	{"io.stepup.Verify1.Throttled", PAM_MAXTRIES, PAM_PERM_DENIED},
	{"io.stepup.Verify1.OverLimit", PAM_AUTH_ERR, PAM_PERM_DENIED},
	{"io.stepup.Verify1.NeedsApproval", PAM_AUTH_ERR, PAM_PERM_DENIED},
	{"io.stepup.Verify1.BadAnswer", PAM_MAXTRIES, PAM_PERM_DENIED},
	{"io.stepup.Verify1.Expired", PAM_AUTH_ERR, PAM_PERM_DENIED},
	{"io.stepup.Verify1.NotAllowed", PAM_AUTH_ERR, PAM_PERM_DENIED},
	{"io.stepup.Verify1.BadDetails", PAM_AUTH_ERR, PAM_PERM_DENIED},
	{"io.stepup.Verify1.UnknownAction", PAM_AUTH_ERR, PAM_PERM_DENIED},
	{"io.stepup.Verify1.Unavailable", PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
	{"io.stepup.Verify1.Ok", PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
	{"io.stepup.Verify1.", PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
	{"io.stepup.Admin1.Locked", PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
	{"org.varlink.service.InvalidParameter", PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
	{"org.varlink.service.MethodNotFound", PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
	{"", PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
};

static void refuse_with(enum fake_method method, const char *name)
{
	fake_verifier_reset(&fake);
	snprintf(fake.shared->replies[method], FAKE_TEXT_MAX,
		"{\"error\":\"%s\",\"parameters\":{\"message\":\"These words.\"}}", name);
}

static void each_refusal_has_its_code(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		for (int method = FAKE_BEGIN; method <= FAKE_ACCOUNT; method++) {
			struct trial trial = {.service = "plain", .user = "alice", .answers = CODE,
				.phases = method == FAKE_ACCOUNT ? "c" : "a"};
			int wanted = method == FAKE_ACCOUNT ? refusals[i].account : refusals[i].auth;

			refuse_with((enum fake_method)method, refusals[i].name);
			trial_run(&trial);
			if (trial.code != wanted)
				fail_msg("%s to method %d: got %s, wanted %s", refusals[i].name, method,
					pam_code_name(trial.code), pam_code_name(wanted));
		}
	}
}

static void a_refusal_is_told_in_the_verifiers_words(void **state)
{
	struct trial trial = {.service = "plain", .user = "alice", .answers = CODE};

	(void)state;
	strcpy(fake.shared->replies[FAKE_BEGIN], FAKE_LOCKED);
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_AUTH_ERR);
	assert_int_equal(trial.prompts, 0);
	assert_int_equal(trial.said_count, 1);
	assert_int_equal(trial.said[0].style, PAM_ERROR_MSG);
	assert_string_equal(trial.said[0].text, "Your access is locked. Quote L-83.");
}

static void a_refusal_is_told_even_to_a_host_that_asked_for_silence(void **state)
{
	struct trial trial = {.service = "plain", .user = "alice", .answers = CODE, .flags = PAM_SILENT};

	(void)state;
	strcpy(fake.shared->replies[FAKE_BEGIN], FAKE_LOCKED);
	trial_run(&trial);
	assert_int_equal(trial.told, 1);
}

static void a_wrong_code_is_asked_for_again_under_the_reason(void **state)
{
	struct trial trial = {.service = "plain", .user = "alice", .answers = {"000000", "123456"}};

	(void)state;
	strcpy(fake.shared->replies[FAKE_ANSWER], FAKE_WRONG("2"));
	strcpy(fake.shared->second_answer, FAKE_GRANT);
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SUCCESS);
	assert_int_equal(trial.prompts, 2);
	assert_string_equal(trial.said[1].text,
		"That code did not work.\nExport 102000 contacts of trezor\nYou approve as alice.\nCode: ");
}

static void three_wrong_codes_are_maxtries(void **state)
{
	struct trial trial = {
		.service = "plain", .user = "alice", .answers = {"000000", "000001", "000002", "123456"}};

	(void)state;
	strcpy(fake.shared->replies[FAKE_ANSWER], FAKE_WRONG("2"));
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_MAXTRIES);
	assert_int_equal(trial.prompts, 3);
	assert_int_equal(fake.shared->calls[FAKE_ANSWER], 3);
	assert_int_equal(trial.told, 1);
}

static void no_tries_left_ends_it_at_once(void **state)
{
	struct trial trial = {.service = "plain", .user = "alice", .answers = {"000000", "123456"}};

	(void)state;
	strcpy(fake.shared->replies[FAKE_ANSWER], FAKE_WRONG("0"));
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_MAXTRIES);
	assert_int_equal(trial.prompts, 1);
}

#define THROTTLED(seconds) \
	"{\"error\":\"io.stepup.Verify1.Throttled\",\"parameters\":{\"message\":\"Too " \
	"soon.\",\"retry_after\":" seconds "}}"

static void an_answer_that_came_too_soon_is_asked_for_again(void **state)
{
	struct trial trial = {.service = "plain", .user = "alice", .answers = {"123456", "123456"}};

	(void)state;
	strcpy(fake.shared->replies[FAKE_ANSWER], THROTTLED("5"));
	strcpy(fake.shared->second_answer, FAKE_GRANT);
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SUCCESS);
	assert_string_equal(trial.said[1].text, "Too soon.\nExport 102000 contacts of trezor\nYou approve "
		"as alice.\nCode: ");
}

static void one_that_can_not_come_in_time_any_more_is_refused(void **state)
{
	struct trial trial = {.service = "plain", .user = "alice", .answers = {"123456", "123456"}};

	(void)state;
	strcpy(fake.shared->replies[FAKE_ANSWER], THROTTLED("90"));
	strcpy(fake.shared->second_answer, FAKE_GRANT);
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_MAXTRIES);
	assert_int_equal(trial.prompts, 1);
	assert_string_equal(trial.said[1].text, "Too soon.");
}

/* Arguments. */
struct line {
	const char *arguments;
	int code;
};

static const struct line lines[] = {
	{"action=customer.export SOCKET", PAM_SUCCESS},
	{"action=customer.export SOCKET debug", PAM_SUCCESS},
	{"action=customer.export SOCKET timeout=030", PAM_SUCCESS},
	{"action=customer.export SOCKET timeout=600", PAM_SUCCESS},
	{"action=customer.export SOCKET conversation=text", PAM_SUCCESS},
	{"action=customer.export SOCKET details=env receipt=env", PAM_SUCCESS},
	{"action=customer.export SOCKET agent=env", PAM_SUCCESS},
	{"SOCKET", PAM_SERVICE_ERR},
	{"SOCKET details=env", PAM_SERVICE_ERR},
	{"action= SOCKET", PAM_SERVICE_ERR},
	{"action=Customer SOCKET", PAM_SERVICE_ERR},
	{"action=../x SOCKET", PAM_SERVICE_ERR},
	{"action=%n%n SOCKET", PAM_SERVICE_ERR},
	{"action SOCKET", PAM_SERVICE_ERR},
	{"action=customer.export action=customer.export SOCKET", PAM_SERVICE_ERR},
	{"action=customer.export SOCKET nullok", PAM_SERVICE_ERR},
	{"action=customer.export SOCKET alwaysok", PAM_SERVICE_ERR},
	{"action=customer.export SOCKET Debug", PAM_SERVICE_ERR},
	{"action=customer.export SOCKET debug=1", PAM_SERVICE_ERR},
	{"action=customer.export SOCKET debugging", PAM_SERVICE_ERR},
	{"action=customer.export SOCKET timeout=", PAM_SERVICE_ERR},
	{"action=customer.export SOCKET timeout=0", PAM_SERVICE_ERR},
	{"action=customer.export SOCKET timeout=601", PAM_SERVICE_ERR},
	{"action=customer.export SOCKET timeout=99999999999999999999", PAM_SERVICE_ERR},
	{"action=customer.export SOCKET timeout=-1", PAM_SERVICE_ERR},
	{"action=customer.export SOCKET timeout=5s", PAM_SERVICE_ERR},
	{"action=customer.export SOCKET timeout=+5", PAM_SERVICE_ERR},
	{"action=customer.export SOCKET conversation=", PAM_SERVICE_ERR},
	{"action=customer.export SOCKET conversation=xml", PAM_SERVICE_ERR},
	{"action=customer.export SOCKET details=file", PAM_SERVICE_ERR},
	{"action=customer.export SOCKET receipt=", PAM_SERVICE_ERR},
	{"action=customer.export SOCKET agent=", PAM_SERVICE_ERR},
	{"action=customer.export SOCKET agent=/tmp/agent", PAM_SERVICE_ERR},
	{"action=customer.export SOCKET agent", PAM_SERVICE_ERR},
	{"action=customer.export socket=", PAM_SERVICE_ERR},
	{"action=customer.export socket=verify.sock", PAM_SERVICE_ERR},
	{"action=customer.export SOCKET SOCKET", PAM_SERVICE_ERR},
};

static void each_argument_is_known_or_an_error(void **state)
{
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		int got;

		snprintf(text, sizeof(text), "auth required MODULE %s\n", lines[i].arguments);
		service_write("line", text);
		got = authenticate("line", "alice", "123456");
		if (got != lines[i].code)
			fail_msg("\"%s\": got %s, wanted %s", lines[i].arguments, pam_code_name(got),
				pam_code_name(lines[i].code));
	}
}

static void a_bad_line_reaches_no_verifier(void **state)
{
	(void)state;
	service_write("line", "auth required MODULE action=customer.export SOCKET nullok\n"
		"account required MODULE SOCKET nullok\n");
	assert_pam_code(authenticate("line", "alice", "123456"), PAM_SERVICE_ERR);
	assert_int_equal(fake.shared->calls[FAKE_BEGIN], 0);
}

static void a_bad_line_refuses_the_account_too(void **state)
{
	struct trial trial = {.service = "line", .user = "alice", .phases = "c"};

	(void)state;
	service_write("line", "account required MODULE SOCKET nullok\n");
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SERVICE_ERR);
}

static void a_socket_path_that_is_too_long_is_an_error(void **state)
{
	char text[512], path[200];

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	snprintf(text, sizeof(text), "auth required MODULE action=customer.export socket=%s\n", path);
	service_write("line", text);
	assert_pam_code(authenticate("line", "alice", "123456"), PAM_SERVICE_ERR);
}

/* The PAM environment. */
static void the_environment_names_action_details_and_session(void **state)
{
	struct trial trial = {
		.service = "env",
		.user = "alice",
		.answers = CODE,
		.variables = {"STEPUP_ACTION=customer.export",
			"STEPUP_DETAILS={\"account\":\"trezor\",\"records\":102000}",
			"STEPUP_SESSION=0123456789abcdef0123456789abcdef"},
	};

	(void)state;
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SUCCESS);
	assert_non_null(strstr(fake.shared->last[FAKE_BEGIN], "\"action\":\"customer.export\""));
	assert_non_null(strstr(fake.shared->last[FAKE_BEGIN],
			"\"details\":{\"account\":\"trezor\",\"records\":102000}"));
	assert_non_null(strstr(fake.shared->last[FAKE_BEGIN],
			"\"session\":\"0123456789abcdef0123456789abcdef\""));
	assert_int_equal(trial.variables_left, 0);
}

static void the_environment_is_emptied_after_a_refusal_too(void **state)
{
	struct trial trial = {
		.service = "env",
		.user = "alice",
		.answers = CODE,
		.variables = {"STEPUP_ACTION=customer.export", "STEPUP_DETAILS=[]", "STEPUP_SESSION=x",
			"STEPUP_RECEIPT=old"},
	};

	(void)state;
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_AUTH_ERR);
	assert_int_equal(trial.variables_left, 0);
	assert_string_equal(trial.receipt, "");
}

static void without_details_env_the_environment_is_emptied_and_not_used(void **state)
{
	struct trial trial = {.service = "plain", .user = "alice", .answers = CODE, .variables = {
			"STEPUP_ACTION=harmless.thing", "STEPUP_DETAILS={\"a\":1}", "STEPUP_SESSION=x"}};

	(void)state;
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SUCCESS);
	assert_non_null(strstr(fake.shared->last[FAKE_BEGIN], "\"action\":\"customer.export\""));
	assert_null(strstr(fake.shared->last[FAKE_BEGIN], "details"));
	assert_null(strstr(fake.shared->last[FAKE_BEGIN], "session"));
	assert_int_equal(trial.variables_left, 0);
}

static void the_process_environment_is_never_read(void **state)
{
	struct trial trial = {.service = "env", .user = "alice", .answers = CODE};

	(void)state;
	setenv("STEPUP_ACTION", "customer.export", 1);
	trial_run(&trial);
	unsetenv("STEPUP_ACTION");
	assert_pam_code(trial.code, PAM_SERVICE_ERR);
	assert_int_equal(fake.shared->calls[FAKE_BEGIN], 0);
}

static void the_environment_may_not_name_another_action_than_the_line(void **state)
{
	struct trial trial = {.service = "line", .user = "alice", .answers = CODE,
		.variables = {"STEPUP_ACTION=customer.view"}};

	(void)state;
	service_write("line", "auth required MODULE action=customer.export details=env SOCKET\n");
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SERVICE_ERR);
	assert_int_equal(fake.shared->calls[FAKE_BEGIN], 0);
}

static void details_that_are_no_json_object_are_refused(void **state)
{
	static const char *const bad[] = {"", "x", "[]", "1", "null", "{", "{}x", "{\"a\":1,\"a\":2}",
		"{\"a\":\"\\ud800\"}", "{\"a\":1e999}", "\xff"};
	char variable[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct trial trial = {.service = "env", .user = "alice", .answers = CODE,
			.variables = {"STEPUP_ACTION=customer.export", variable}};

		snprintf(variable, sizeof(variable), "STEPUP_DETAILS=%s", bad[i]);
		trial_run(&trial);
		if (trial.code != PAM_AUTH_ERR)
			fail_msg("details \"%s\": got %s", bad[i], pam_code_name(trial.code));
		assert_int_equal(fake.shared->calls[FAKE_BEGIN], 0);
	}
}

static void huge_details_are_refused(void **state)
{
	char *variable = malloc(70000);
	struct trial trial = {.service = "env", .user = "alice", .answers = CODE};

	(void)state;
	strcpy(variable, "STEPUP_DETAILS={\"account\":\"");
	memset(variable + strlen(variable), 'a', 65536);
	strcpy(variable + 27 + 65536 - 1, "\"}");
	trial.variables[0] = "STEPUP_ACTION=customer.export";
	trial.variables[1] = variable;
	trial_run(&trial);
	free(variable);
	assert_pam_code(trial.code, PAM_AUTH_ERR);
	assert_int_equal(fake.shared->calls[FAKE_BEGIN], 0);
}

static void deeply_nested_details_are_refused(void **state)
{
	char variable[8000] = "STEPUP_DETAILS=";
	struct trial trial = {.service = "env", .user = "alice", .answers = CODE};

	(void)state;
	for (size_t i = strlen(variable); i < sizeof(variable) - 6; i += 5)
		memcpy(variable + i, "{\"a\":", 6);
	trial.variables[0] = "STEPUP_ACTION=customer.export";
	trial.variables[1] = variable;
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_AUTH_ERR);
}

static void the_receipt_is_handed_over_only_with_receipt_env(void **state)
{
	struct trial with = {.service = "env", .user = "alice", .answers = CODE,
		.variables = {"STEPUP_ACTION=customer.export"}};
	struct trial without = {.service = "plain", .user = "alice", .answers = CODE};

	(void)state;
	trial_run(&with);
	trial_run(&without);
	assert_pam_code(with.code, PAM_SUCCESS);
	assert_pam_code(without.code, PAM_SUCCESS);
	assert_string_equal(with.receipt, "eyJ.receipt.sig");
	assert_string_equal(without.receipt, "");
}

static void an_older_receipt_does_not_outlive_the_next_try(void **state)
{
	struct trial trial = {
		.service = "plain", .user = "alice", .answers = CODE, .variables = {"STEPUP_RECEIPT=older"}};

	(void)state;
	strcpy(fake.shared->replies[FAKE_ANSWER], FAKE_LOCKED);
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_AUTH_ERR);
	assert_string_equal(trial.receipt, "");
}

static void an_account_line_that_asks_nothing_leaves_the_receipt(void **state)
{
	struct trial trial = {.service = "kept", .user = "alice", .phases = "ac", .answers = CODE,
		.variables = {"STEPUP_RECEIPT=older"}};

	(void)state;
	service_write("kept", "auth required MODULE action=customer.export receipt=env SOCKET\n"
			      "account required MODULE action=customer.export SOCKET\n");
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SUCCESS);
	assert_int_equal(fake.shared->calls[FAKE_BEGIN], 1);
	assert_string_equal(trial.receipt, "eyJ.receipt.sig");
}

/* Runs the account phase alone with an older step-up's receipt, which must be gone afterwards; its code. */
static int account_with_older_receipt(const char *service, const char *details)
{
	struct trial trial = {
		.service = service, .user = "alice", .phases = "c", .answers = CODE,
		.variables = {"STEPUP_RECEIPT=older", details}};

	trial_run(&trial);
	assert_string_equal(trial.receipt, "");
	return trial.code;
}

static void an_account_line_that_asks_takes_an_older_receipt_away(void **state)
{
	(void)state;
	assert_pam_code(account_with_older_receipt("both", NULL), PAM_SUCCESS);
	strcpy(fake.shared->replies[FAKE_ANSWER], FAKE_LOCKED);
	assert_int_not_equal(account_with_older_receipt("both", NULL), PAM_SUCCESS);
}

static void so_does_one_that_cannot_ask(void **state)
{
	(void)state;
	service_write("details", "account required MODULE action=customer.export details=env SOCKET\n");
	assert_pam_code(account_with_older_receipt("details", "STEPUP_DETAILS=[]"), PAM_AUTH_ERR);
	assert_int_equal(fake.shared->calls[FAKE_BEGIN], 0);
}

static void an_account_line_for_another_action_takes_the_receipt_away(void **state)
{
	struct trial trial = {.service = "another", .user = "alice", .phases = "ac", .answers = CODE};

	(void)state;
	service_write("another", "auth required MODULE action=customer.export receipt=env SOCKET\n"
				 "account required MODULE action=customer.delete SOCKET\n");
	trial_run(&trial);
	assert_int_equal(fake.shared->calls[FAKE_BEGIN], 2);
	assert_string_equal(trial.receipt, "");
}

/* Items. */
static void service_rhost_and_tty_are_sent_along(void **state)
{
	struct trial trial = {.service = "plain", .user = "alice", .answers = CODE, .rhost = "2001:db8::1",
		.tty = "/dev/pts/3"};

	(void)state;
	trial_run(&trial);
	assert_non_null(strstr(fake.shared->last[FAKE_BEGIN], "\"user\":\"alice\""));
	assert_non_null(strstr(fake.shared->last[FAKE_BEGIN], "\"service\":\"plain\""));
	assert_non_null(strstr(fake.shared->last[FAKE_BEGIN], "\"rhost\":\"2001:db8::1\""));
	assert_non_null(strstr(fake.shared->last[FAKE_BEGIN], "\"tty\":\"/dev/pts/3\""));
}

static void a_name_no_account_can_have_is_refused_unasked(void **state)
{
	static char huge[65536 + 1];
	const char *const bad[] = {"", "a\nb", "a\tb", "\x1b[31mroot", "a\x7f", "\xff\xfe", "\xc0\xaf", huge};

	(void)state;
	memset(huge, 'a', sizeof(huge) - 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		for (int account = 0; account < 2; account++) {
			struct trial trial = {.service = "plain", .user = bad[i],
				.phases = account ? "c" : "a", .answers = CODE};

			trial_run(&trial);
			if (trial.code == PAM_SUCCESS || (bad[i][0] != '\0' && trial.code != PAM_AUTH_ERR))
				fail_msg("name %zu: got %s", i, pam_code_name(trial.code));
			assert_int_equal(fake.shared->calls[FAKE_BEGIN] + fake.shared->calls[FAKE_ACCOUNT],
				0);
		}
	}
}

static void odd_names_reach_the_verifier_as_they_are(void **state)
{
	static const char *const odd[] = {"../../etc/passwd", "%n%n%n%s", "-rf", "a;b", "$(id)",
		"\xc3\xa5sa"};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		char wanted[64];

		strcpy(fake.shared->replies[FAKE_ANSWER], FAKE_WRONG("0"));
		assert_pam_code(authenticate("plain", odd[i], "123456"), PAM_MAXTRIES);
		snprintf(wanted, sizeof(wanted), "\"user\":\"%s\"", odd[i]);
		assert_non_null(strstr(fake.shared->last[FAKE_BEGIN], wanted));
	}
}

static void a_bad_remote_host_or_terminal_is_refused(void **state)
{
	static char huge[4096];
	struct trial trials[] = {
		{.service = "plain", .user = "alice", .answers = CODE, .rhost = "a\nb"},
		{.service = "plain", .user = "alice", .answers = CODE, .rhost = "\xff"},
		{.service = "plain", .user = "alice", .answers = CODE, .rhost = huge},
		{.service = "plain", .user = "alice", .answers = CODE, .tty = "\x1b]0;x"},
	};

	(void)state;
	memset(huge, 'h', sizeof(huge) - 1);
	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
		trial_run(&trials[i]);
		assert_pam_code(trials[i].code, PAM_AUTH_ERR);
	}
	assert_int_equal(fake.shared->calls[FAKE_BEGIN], 0);
}

/* Account. */
static void account_asks_whether_the_user_is_locked_and_nothing_else(void **state)
{
	struct trial trial = {.service = "plain", .user = "alice", .phases = "c", .rhost = "192.0.2.7"};

	(void)state;
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SUCCESS);
	assert_int_equal(trial.said_count, 0);
	assert_int_equal(fake.shared->calls[FAKE_BEGIN], 0);
	assert_non_null(strstr(fake.shared->last[FAKE_ACCOUNT], "\"user\":\"alice\""));
	assert_non_null(strstr(fake.shared->last[FAKE_ACCOUNT], "\"rhost\":\"192.0.2.7\""));
}

static void account_refuses_a_locked_user_with_words(void **state)
{
	struct trial trial = {.service = "plain", .user = "alice", .phases = "c"};

	(void)state;
	strcpy(fake.shared->replies[FAKE_ACCOUNT], FAKE_LOCKED);
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_PERM_DENIED);
	assert_string_equal(trial.said[0].text, "Your access is locked. Quote L-83.");
}

static void account_refuses_a_locked_user_even_after_a_granted_step_up(void **state)
{
	struct trial trial = {.service = "both", .user = "alice", .phases = "ac", .answers = CODE};

	(void)state;
	strcpy(fake.shared->replies[FAKE_ACCOUNT], FAKE_LOCKED);
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_PERM_DENIED);
}

static void account_with_an_action_asks_where_authentication_was_left_out(void **state)
{
	struct trial good = {.service = "both", .user = "alice", .phases = "c", .answers = CODE};
	struct trial bad = {.service = "both", .user = "alice", .phases = "c", .answers = {"000000"}};

	(void)state;
	trial_run(&good);
	assert_pam_code(good.code, PAM_SUCCESS);
	assert_int_equal(good.prompts, 1);
	strcpy(fake.shared->replies[FAKE_ANSWER], FAKE_WRONG("0"));
	trial_run(&bad);
	assert_pam_code(bad.code, PAM_MAXTRIES);
}

static void account_does_not_take_a_step_up_for_another_action(void **state)
{
	struct trial trial = {
		.service = "line", .user = "alice", .phases = "ac", .answers = {"123456", "123457"}};

	(void)state;
	service_write("line", "auth required MODULE action=customer.export SOCKET\n"
			      "account required MODULE action=customer.view SOCKET\n");
	trial_run(&trial);
	assert_int_equal(trial.prompts, 2);
	assert_pam_code(trial.code, PAM_SYSTEM_ERR); /* the scripted verifier grants customer.export only */
}

static void account_takes_its_own_request_from_the_environment(void **state)
{
	struct trial trial = {.service = "line", .user = "alice", .phases = "ac",
		.answers = {"123456", "123457"}, .variables = {"STEPUP_DETAILS={\"records\":1}"}};

	(void)state;
	/* auth takes the variable out; the account phase then has no request of its own. */
	service_write("line", "auth required MODULE action=customer.export details=env SOCKET\n"
			      "account required MODULE action=customer.export details=env SOCKET\n");
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SUCCESS);
	assert_int_equal(trial.prompts, 1);
	/* An account phase alone asks with the details. */
	trial = (struct trial){.service = "line", .user = "alice", .phases = "c", .answers = {"123456"},
		.variables = {"STEPUP_DETAILS={\"records\":2}"}};
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SUCCESS);
	assert_int_equal(trial.prompts, 1);
	assert_non_null(strstr(fake.shared->last[FAKE_BEGIN], "\"records\":2"));
}

static void an_account_line_that_says_how_it_asks_and_not_for_what_is_refused(void **state)
{
	static const char *const arguments[] = {"details=env", "receipt=env",
		"details=env receipt=env conversation=json"};

	(void)state;
	for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
		struct trial trial = {.service = "line", .user = "alice", .phases = "c",
			.variables = {"STEPUP_ACTION=customer.export"}};
		char line[128];

		snprintf(line, sizeof(line), "account required MODULE %s SOCKET\n", arguments[i]);
		service_write("line", line);
		trial_run(&trial);
		assert_pam_code(trial.code, PAM_SERVICE_ERR);
		/* Nor where the environment names nothing. */
		trial.variables[0] = NULL;
		trial_run(&trial);
		assert_pam_code(trial.code, PAM_SERVICE_ERR);
	}
	assert_int_equal(fake.shared->calls[FAKE_BEGIN], 0);
}

static void a_failed_step_up_takes_the_mark_of_an_earlier_one_away(void **state)
{
	struct trial trial = {
		.service = "line", .user = "alice", .phases = "aac", .answers = {"123456", "000000", NULL}};

	(void)state;
	/* The second auth fails but the stack lets it through: the account phase must ask. */
	service_write("line",
		"auth optional MODULE action=customer.export SOCKET\nauth required pam_permit.so\n"
		"account required MODULE action=customer.export SOCKET\n");
	trial.answers[1] = NULL;
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_CONV_ERR);
}

static void the_account_check_ends_within_its_five_seconds(void **state)
{
	struct trial trial = {.service = "plain", .user = "alice", .phases = "c"};

	(void)state;
	fake.shared->manners[FAKE_ACCOUNT] = FAKE_HANG;
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SYSTEM_ERR);
	assert_true(trial.milliseconds >= 4900);
	assert_non_null(strstr(trial.said[0].text,
			"Could not check, so nothing was approved. You did nothing wrong. Try again in a "
			"minute. ["));
}

static void setcred_succeeds_and_asks_nobody(void **state)
{
	struct trial trial = {.service = "plain", .user = "alice", .phases = "s"};

	(void)state;
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SUCCESS);
	assert_int_equal(fake.shared->calls[FAKE_BEGIN] + fake.shared->calls[FAKE_ACCOUNT], 0);
}

static void the_module_gives_no_session_and_no_password_functions(void **state)
{
	struct pam_conv nobody = {NULL, NULL};
	pam_handle_t *handle = NULL;

	(void)state;
	service_write("line", "session required MODULE\npassword required MODULE\n");
	assert_int_equal(pam_start_confdir("line", "alice", &nobody, service_folder(), &handle), PAM_SUCCESS);
	assert_int_not_equal(pam_open_session(handle, 0), PAM_SUCCESS);
	assert_int_not_equal(pam_chauthtok(handle, 0), PAM_SUCCESS);
	pam_end(handle, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		module_test(a_granted_code_is_success),
		module_test(all_phases_succeed_after_a_grant),
		module_test(each_refusal_has_its_code),
		module_test(a_refusal_is_told_in_the_verifiers_words),
		module_test(a_refusal_is_told_even_to_a_host_that_asked_for_silence),
		module_test(a_wrong_code_is_asked_for_again_under_the_reason),
		module_test(three_wrong_codes_are_maxtries),
		module_test(no_tries_left_ends_it_at_once),
		module_test(an_answer_that_came_too_soon_is_asked_for_again),
		module_test(one_that_can_not_come_in_time_any_more_is_refused),
		module_test(each_argument_is_known_or_an_error),
		module_test(a_bad_line_reaches_no_verifier),
		module_test(a_bad_line_refuses_the_account_too),
		module_test(a_socket_path_that_is_too_long_is_an_error),
		module_test(the_environment_names_action_details_and_session),
		module_test(the_environment_is_emptied_after_a_refusal_too),
		module_test(without_details_env_the_environment_is_emptied_and_not_used),
		module_test(the_process_environment_is_never_read),
		module_test(the_environment_may_not_name_another_action_than_the_line),
		module_test(details_that_are_no_json_object_are_refused),
		module_test(huge_details_are_refused),
		module_test(deeply_nested_details_are_refused),
		module_test(the_receipt_is_handed_over_only_with_receipt_env),
		module_test(an_older_receipt_does_not_outlive_the_next_try),
		module_test(an_account_line_that_asks_nothing_leaves_the_receipt),
		module_test(an_account_line_that_asks_takes_an_older_receipt_away),
		module_test(so_does_one_that_cannot_ask),
		module_test(an_account_line_for_another_action_takes_the_receipt_away),
		module_test(service_rhost_and_tty_are_sent_along),
		module_test(a_name_no_account_can_have_is_refused_unasked),
		module_test(odd_names_reach_the_verifier_as_they_are),
		module_test(a_bad_remote_host_or_terminal_is_refused),
		module_test(account_asks_whether_the_user_is_locked_and_nothing_else),
		module_test(account_refuses_a_locked_user_with_words),
		module_test(account_refuses_a_locked_user_even_after_a_granted_step_up),
		module_test(account_with_an_action_asks_where_authentication_was_left_out),
		module_test(account_does_not_take_a_step_up_for_another_action),
		module_test(account_takes_its_own_request_from_the_environment),
		module_test(an_account_line_that_says_how_it_asks_and_not_for_what_is_refused),
	module_test(a_failed_step_up_takes_the_mark_of_an_earlier_one_away),
		module_test(the_account_check_ends_within_its_five_seconds),
		module_test(setcred_succeeds_and_asks_nobody),
		module_test(the_module_gives_no_session_and_no_password_functions),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, pam_group_setup, pam_group_teardown);
}
