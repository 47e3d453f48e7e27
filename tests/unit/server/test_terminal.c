/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verifier/host/terminal.h, against a made-up /proc: what tells sittings apart, and what makes one unknown.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "verifier/host/terminal.h"

#define SHELL 100
#define CALLER 200
#define LATER_MS 3600000

static char proc[] = "/tmp/stepup-terminal.XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[200];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", proc, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void make_folder(const char *name)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/%s", proc, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void write_stat(int pid, const char *program, int session, int tty, int started_ticks)
{
	char name[40], text[300];

	(void)snprintf(name, sizeof(name), "%d/stat", pid);
	(void)snprintf(text, sizeof(text), "%d (%s) S 1 %d %d %d %d 4194304 1 2 3 4 5 6 7 8 20 0 1 0 %d 1000 "
		"2000 18446744073709551615\n", pid, program, pid, session, tty, pid, started_ticks);
	write_file(name, text);
}

/* A shell that leads a session on a terminal, and a program that it started. */
static int set_up(void **state)
{
	static bool made;

	(void)state;
	if (!made) {
		assert_non_null(mkdtemp(proc));
		make_folder("100");
		make_folder("200");
		made = true;
	}
	write_stat(SHELL, "bash", SHELL, 34816, 5000);
	write_stat(CALLER, "stepup", SHELL, 34816, 6000);
	write_file("200/loginuid", "1000");
	write_file("200/sessionid", "7");
	return 0;
}

static enum stepup_error look(uint8_t terminal[DIGEST_SIZE])
{
	return terminal_of_in(proc, CALLER, 1000, LATER_MS, terminal);
}

static void the_same_sitting_has_the_same_name(void **state)
{
	uint8_t first[DIGEST_SIZE], second[DIGEST_SIZE];

	(void)state;
	assert_int_equal(look(first), STEPUP_OK);
	write_stat(CALLER, "another) R 1 1 (program", SHELL, 34816, 9000);
	assert_int_equal(look(second), STEPUP_OK);
	assert_memory_equal(first, second, DIGEST_SIZE);
}

static void another_login_session_leader_or_terminal_is_another_sitting(void **state)
{
	uint8_t before[DIGEST_SIZE], after[DIGEST_SIZE];

	for (int change = 1; change < 6; change++) {
		(void)set_up(state);
		assert_int_equal(look(before), STEPUP_OK);
		switch (change) {
		case 1: write_file("200/loginuid", "1001"); break;
		case 2: write_file("200/sessionid", "8"); break;
		case 3: write_stat(SHELL, "bash", SHELL, 34816, 5001); break;
		case 4:
			write_stat(SHELL, "bash", SHELL, 34817, 5000);
			write_stat(CALLER, "stepup", SHELL, 34817, 6000);
			break;
		default: break;
		}
		assert_int_equal(terminal_of_in(proc, CALLER, change == 5 ? 1001 : 1000, LATER_MS, after),
			STEPUP_OK);
		assert_memory_not_equal(before, after, DIGEST_SIZE);
	}
}

static void anything_missing_is_no_sitting(void **state)
{
	uint8_t terminal[DIGEST_SIZE];

	for (int change = 0; change < 8; change++) {
		(void)set_up(state);
		switch (change) {
		case 0: write_file("200/loginuid", "4294967295"); break;
		case 1: write_file("200/sessionid", "4294967295"); break;
		case 2: write_file("200/sessionid", ""); break;
		case 3: write_stat(CALLER, "stepup", SHELL, 0, 6000); break; /* no terminal */
		/* the leader's number is another's now */
		case 4: write_stat(SHELL, "bash", 1, 34816, 5000); break;
		/* the leader is younger than its child */
		case 5: write_stat(SHELL, "bash", SHELL, 34816, 7000); break;
		case 6: write_stat(CALLER, "stepup", 300, 34816, 6000); break; /* the leader is gone */
		case 7: write_file("200/stat", "200 (stepup) S 1\n"); break;
		default: break;
		}
		assert_int_equal(look(terminal), STEPUP_NOT_FOUND);
	}
	(void)set_up(state);
	assert_int_equal(terminal_of_in(proc, 300, 1000, LATER_MS, terminal), STEPUP_NOT_FOUND);
}

static void a_process_that_began_after_its_caller_connected_is_another_one(void **state)
{
	long ticks = sysconf(_SC_CLK_TCK);
	uint8_t terminal[DIGEST_SIZE];

	(void)state;
	write_stat(CALLER, "stepup", SHELL, 34816, (int)(100 * ticks));
	assert_int_equal(terminal_of_in(proc, CALLER, 1000, 100 * 1000, terminal), STEPUP_OK);
	assert_int_equal(terminal_of_in(proc, CALLER, 1000, 98 * 1000, terminal), STEPUP_NOT_FOUND);
}

/* All of it can be read in /proc, and a caller may name any session for its own account. */
static void a_sitting_is_no_session_that_somebody_could_spell_out(void **state)
{
	const char *const texts[] = {"terminal uid 1000 login 1000 audit 7 leader 200 5000 tty 34816",
		"login 1000 audit 7"};
	uint8_t kernels[DIGEST_SIZE], named[DIGEST_SIZE];

	(void)state;
	assert_int_equal(look(kernels), STEPUP_OK);
	assert_int_equal(digest_sha256(texts[0], strlen(texts[0]), named), STEPUP_OK);
	assert_memory_not_equal(kernels, named, DIGEST_SIZE);
	assert_int_equal(terminal_login_in(proc, CALLER, LATER_MS, kernels), STEPUP_OK);
	assert_int_equal(digest_sha256(texts[1], strlen(texts[1]), named), STEPUP_OK);
	assert_memory_not_equal(kernels, named, DIGEST_SIZE);
}

static void a_login_is_the_same_whoever_its_processes_become(void **state)
{
	uint8_t first[DIGEST_SIZE], second[DIGEST_SIZE];

	(void)state;
	assert_int_equal(terminal_login_in(proc, CALLER, LATER_MS, first), STEPUP_OK);
	write_stat(CALLER, "su", CALLER, 0, 9000); /* a session of its own, no terminal */
	assert_int_equal(terminal_login_in(proc, CALLER, LATER_MS, second), STEPUP_OK);
	assert_memory_equal(first, second, DIGEST_SIZE);
	write_file("200/sessionid", "8");
	assert_int_equal(terminal_login_in(proc, CALLER, LATER_MS, second), STEPUP_OK);
	assert_memory_not_equal(first, second, DIGEST_SIZE);
	write_file("200/loginuid", "4294967295");
	assert_int_equal(terminal_login_in(proc, CALLER, LATER_MS, second), STEPUP_NOT_FOUND);
}

static int clean_up(void **state)
{
	char command[100];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", proc);
	return system(command);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup(the_same_sitting_has_the_same_name, set_up),
	cmocka_unit_test_setup(another_login_session_leader_or_terminal_is_another_sitting, set_up),
	cmocka_unit_test_setup(anything_missing_is_no_sitting, set_up),
	cmocka_unit_test_setup(a_login_is_the_same_whoever_its_processes_become, set_up),
	cmocka_unit_test_setup(a_sitting_is_no_session_that_somebody_could_spell_out, set_up),
	cmocka_unit_test_setup_teardown(a_process_that_began_after_its_caller_connected_is_another_one,
		set_up, clean_up),
};

TAP_MAIN(tests)
