/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the module writes down and what it leaves in memory: one line per outcome in the system log, safe to
 * show, without secrets; and no typed code in memory that was given back. The test's own syslog and free
 * stand in front of the C library's.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "tests/pam/pam_fixture.h"

/* Seen by the libraries, which the project's own functions are not. */
#define IN_FRONT __attribute__((visibility("default")))
#define SECRET "493817"

static char log_text[16384];
static int log_lines, log_priority;

static void keep_line(int priority, const char *format, va_list arguments)
{
	size_t length = strlen(log_text);

	vsnprintf(log_text + length, sizeof(log_text) - length, format, arguments);
	if (strncmp(log_text + length, "pam_stepup(", 11) != 0) {
		log_text[length] = '\0'; /* libpam's own */
		return;
	}
	strncat(log_text, "\n", sizeof(log_text) - strlen(log_text) - 1);
	log_lines++;
	log_priority = LOG_PRI(priority);
}

/* What libpam calls, with and without the compiler's checks. */
IN_FRONT void syslog(int priority, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	keep_line(priority, format, arguments);
	va_end(arguments);
}

IN_FRONT void __syslog_chk(int priority, int flag, const char *format, ...);
IN_FRONT void __syslog_chk(int priority, int flag, const char *format, ...)
{
	va_list arguments;

	(void)flag;
	va_start(arguments, format);
	keep_line(priority, format, arguments);
	va_end(arguments);
}

static int setup(void **state)
{
	log_text[0] = '\0';
	log_lines = 0;
	return pam_test_setup(state);
}

static void a_grant_is_one_line(void **state)
{
	(void)state;
	assert_pam_code(authenticate("plain", "alice", SECRET), PAM_SUCCESS);
	assert_int_equal(log_lines, 1);
	assert_non_null(strstr(log_text,
			"pam_stepup(plain:auth): granted customer.export to alice, log entry 7\n"));
	assert_int_equal(log_priority, LOG_INFO);
}

static void a_refusal_is_one_line_with_its_reference(void **state)
{
	struct trial trial = {.service = "plain", .user = "alice", .phases = "c"};

	(void)state;
	strcpy(fake.shared->replies[FAKE_ACCOUNT], FAKE_LOCKED);
	trial_run(&trial);
	assert_int_equal(log_lines, 1);
	assert_non_null(strstr(log_text,
			"pam_stepup(plain:account): refused account to alice: Locked, reference L-83\n"));
	assert_int_equal(log_priority, LOG_NOTICE);
}

static void three_wrong_codes_are_one_line(void **state)
{
	(void)state;
	strcpy(fake.shared->replies[FAKE_ANSWER], FAKE_WRONG("2"));
	assert_pam_code(authenticate("plain", "alice", SECRET), PAM_MAXTRIES);
	assert_int_equal(log_lines, 1);
	assert_non_null(strstr(log_text, "refused customer.export to alice: BadAnswer\n"));
}

static void where_nobody_is_there_to_ask_is_one_line(void **state)
{
	(void)state;
	assert_pam_code(authenticate("plain", "alice", NULL), PAM_CONV_ERR);
	assert_int_equal(log_lines, 1);
	assert_non_null(strstr(log_text,
			"pam_stepup(plain:auth): refused customer.export to alice: nobody to ask\n"));
	assert_int_equal(log_priority, LOG_NOTICE);
}

static void a_verifier_that_is_away_is_an_error_in_the_log(void **state)
{
	(void)state;
	service_write("away", "auth required MODULE action=customer.export socket=/nonexistent/s\n");
	assert_pam_code(authenticate("away", "alice", SECRET), PAM_SYSTEM_ERR);
	assert_int_equal(log_lines, 1);
	assert_non_null(strstr(log_text, "refused customer.export to alice: Unreachable\n"));
	assert_int_equal(log_priority, LOG_ERR);
}

static void an_account_that_may_be_used_is_no_line(void **state)
{
	struct trial trial = {.service = "plain", .user = "alice", .phases = "c"};

	(void)state;
	trial_run(&trial);
	assert_pam_code(trial.code, PAM_SUCCESS);
	assert_int_equal(log_lines, 0);
}

static void names_are_logged_safely(void **state)
{
	struct trial trial = {.service = "plain", .user = "%n%s\xe2\x80\xae", .answers = {SECRET}};

	(void)state;
	strcpy(fake.shared->replies[FAKE_BEGIN], FAKE_LOCKED);
	trial_run(&trial);
	assert_non_null(strstr(log_text, "to %n%s\\u{202E}: Locked"));
	trial = (struct trial){.service = "plain", .user = "alice\nroot", .answers = {SECRET}};
	trial_run(&trial);
	assert_int_equal(log_lines, 2);
	assert_null(strstr(log_text, "root"));
}

static void a_bad_argument_is_named(void **state)
{
	(void)state;
	service_write("line", "auth required MODULE action=customer.export SOCKET nulllok\n");
	assert_pam_code(authenticate("line", "alice", SECRET), PAM_SERVICE_ERR);
	assert_int_equal(log_lines, 1);
	assert_non_null(strstr(log_text, "\"nulllok\""));
}

static void debug_says_more_and_no_secret(void **state)
{
	static const char *const answers[] = {FAKE_GRANT, FAKE_WRONG("2"), FAKE_LOCKED, "nonsense " SECRET};
	struct trial json = {.service = "line2", .user = "alice",
		.answers = {"{\"method\":\"code\",\"code\":\"" SECRET "\"}"}};

	(void)state;
	service_write("line", "auth required MODULE action=customer.export SOCKET debug\n");
	service_write("line2",
		"auth required MODULE action=customer.export SOCKET debug conversation=json\n");
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		strcpy(fake.shared->replies[FAKE_ANSWER], answers[i]);
		authenticate("line", "alice", SECRET);
		trial_run(&json);
	}
	assert_true(log_lines >= 16);
	assert_null(strstr(log_text, SECRET));
	assert_null(strstr(log_text, "eyJ"));
	assert_null(strstr(log_text, "T-1"));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
extern void __libc_free(void *memory);

static volatile bool watching; /* the compiler knows free(3), and that it looks at nothing */
static volatile int left_behind;

/* Looks at what is given back. */
IN_FRONT void free(void *memory)
{
	if (watching && memory != NULL &&
	    memmem(memory, malloc_usable_size(memory), SECRET, strlen(SECRET)) != NULL)
		left_behind++;
	__libc_free(memory);
}

static void watch(const char *service, const char *reply)
{
	fake_verifier_reset(&fake);
	strcpy(fake.shared->replies[FAKE_ANSWER], reply);
	left_behind = 0;
	watching = true;
	authenticate(service, "alice", SECRET);
	watching = false;
	assert_int_equal(fake.shared->calls[FAKE_ANSWER] > 0, 1);
	assert_int_equal(left_behind, 0);
}

static void no_typed_code_is_in_memory_that_was_given_back(void **state)
{
	void *probe = strdup("xx" SECRET);

	(void)state;
	watching = true;
	free(probe);
	watching = false;
	assert_int_equal(left_behind, 1); /* the watch sees */
	watch("plain", FAKE_GRANT);
	watch("plain", FAKE_WRONG("2"));
	watch("plain", FAKE_LOCKED);
	watch("plain", "nonsense");
	fake.shared->manners[FAKE_ANSWER] = FAKE_CLOSE;
	watch("plain", FAKE_GRANT);
}
#endif

int main(void)
{
#define log_test(f) cmocka_unit_test_setup(f, setup)
	static const struct CMUnitTest tests[] = {
		log_test(a_grant_is_one_line),
		log_test(a_refusal_is_one_line_with_its_reference),
		log_test(three_wrong_codes_are_one_line),
		log_test(where_nobody_is_there_to_ask_is_one_line),
		log_test(a_verifier_that_is_away_is_an_error_in_the_log),
		log_test(an_account_that_may_be_used_is_no_line),
		log_test(names_are_logged_safely),
		log_test(a_bad_argument_is_named),
		log_test(debug_says_more_and_no_secret),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
		log_test(no_typed_code_is_in_memory_that_was_given_back),
#endif
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, pam_group_setup, pam_group_teardown);
}
