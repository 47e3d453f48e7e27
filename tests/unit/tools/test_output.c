/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tools/stepup/shell/output: what a program hears of a command that fails.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/stepup/shell/output.h"

#define OUTPUT_SIZE 512

/* Runs the end of a command in a process of its own; its standard output. */
static int run(enum exit_status (*command)(void), bool for_programs, char output[OUTPUT_SIZE])
{
	int pipe_fds[2], status = 0;
	size_t length = 0;
	ssize_t got;
	pid_t child;

	assert_int_equal(pipe(pipe_fds), 0);
	(void)fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (dup2(pipe_fds[1], STDOUT_FILENO) < 0 || freopen("/dev/null", "w", stderr) == NULL)
			_exit(99);
		output_for_programs(for_programs);
		_exit((int)output_end(command()));
	}
	(void)close(pipe_fds[1]);
	while (length < OUTPUT_SIZE - 1 &&
	    (got = read(pipe_fds[0], output + length, OUTPUT_SIZE - 1 - length)) > 0)
		length += (size_t)got;
	output[length] = '\0';
	(void)close(pipe_fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void assert_says(enum exit_status (*command)(void), enum exit_status status, const char *said)
{
	char output[OUTPUT_SIZE];

	assert_int_equal(run(command, true, output), status);
	assert_string_equal(output, said);
	assert_int_equal(run(command, false, output), status);
	assert_null(strstr(output, "\"error\""));
}

static enum exit_status memory_ends(void)
{
	out_of_memory();
}

static void the_end_of_memory_is_told(void **state)
{
	(void)state;
	assert_says(memory_ends, EXIT_REFUSED,
		"{\"error\":\"NoMemory\",\"message\":\"out of memory. Nothing more was done.\"}\n");
}

static enum exit_status a_file_is_missing(void)
{
	(void)complain_failure(STEPUP_NOT_FOUND, "%s: none.", "x");
	complain("Look elsewhere.");
	return EXIT_REFUSED;
}

static void a_failure_keeps_its_own_words(void **state)
{
	(void)state;
	assert_says(a_file_is_missing, EXIT_REFUSED, "{\"error\":\"NotFound\",\"message\":\"x: none.\"}\n");
}

static enum exit_status ends_without_a_name(void)
{
	complain("Something.");
	return EXIT_OUT_OF_REACH;
}

static void a_failure_that_nobody_named_is_told_all_the_same(void **state)
{
	(void)state;
	assert_says(ends_without_a_name, EXIT_OUT_OF_REACH,
		"{\"error\":\"Internal\",\"message\":\"Something.\"}\n");
}

static enum exit_status has_a_result(void)
{
	complain("Don't rely on this.");
	(void)output_json(json_pack("{s:b}", "sound", false));
	return EXIT_REFUSED;
}

static void a_result_is_no_failure_beside(void **state)
{
	(void)state;
	assert_says(has_a_result, EXIT_REFUSED, "{\"sound\":false}\n");
}

static enum exit_status fails_after_a_first_word(void)
{
	(void)output_json(json_pack("{s:s}", "state", "scan"));
	return complain_failure(STEPUP_IO, "Torn.");
}

static void a_failure_after_other_objects_is_told_last(void **state)
{
	(void)state;
	assert_says(fails_after_a_first_word, EXIT_REFUSED,
		"{\"state\":\"scan\"}\n{\"error\":\"Io\",\"message\":\"Torn.\"}\n");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_end_of_memory_is_told),
	cmocka_unit_test(a_failure_keeps_its_own_words),
	cmocka_unit_test(a_failure_that_nobody_named_is_told_all_the_same),
	cmocka_unit_test(a_result_is_no_failure_beside),
	cmocka_unit_test(a_failure_after_other_objects_is_told_last),
};

TAP_MAIN(tests)
