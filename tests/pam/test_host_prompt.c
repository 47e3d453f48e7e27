/* SPDX-License-Identifier: BSD-2-Clause */
/* pam_module/host_prompt: which of sudo's command lines put a prompt of sudo's in the place
 * of the module's. */
#include "tests/unit/cmocka_tap.h"

#include <string.h>

#include "pam_module/host_prompt.h"

#define WORDS_MAX 8

struct line {
	const char *words[WORDS_MAX];
	bool replaced;
};

static const struct line lines[] = {
	{{"sudo", "id"}, false},
	{{"sudo", "-p", "Password:", "id"}, true},
	{{"sudo", "-pPassword:", "id"}, true},
	{{"sudo", "--prompt=x", "id"}, true},
	{{"sudo", "--prompt", "x", "id"}, true},
	{{"sudo", "--pro", "x", "id"}, true},
	/* As ansible has it. */
	{{"sudo", "-H", "-S", "-p", "[sudo via ansible, key=x] password:", "-u", "root", "/bin/sh"}, true},
	{{"/usr/bin/sudo", "-kSp", "x", "id"}, true},
	{{"sudo", "-u", "root", "-p", "x", "id"}, true},
	{{"sudo", "--user", "root", "-p", "x", "id"}, true},
	{{"sudo", "--user=root", "-p", "x", "id"}, true},
	{{"sudo", "-h", "-p", "x", "id"}, true},
	{{"sudo", "A=b", "-p", "x", "id"}, true},
	/* The p of something else. */
	{{"sudo", "grep", "-p", "x"}, false},
	{{"sudo", "--", "-p"}, false},
	{{"sudo", "-u", "-p", "id"}, false},
	{{"sudo", "-upeter", "id"}, false},
	{{"sudo", "--preserve-env", "id"}, false},
	{{"sudo", "-R", "-p", "id"}, false},
	{{"sudo", "-"}, false},
	{{"sudo"}, false},
	{{""}, false},
};

static void sudos_own_prompt_is_found_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char arguments[256];
		size_t size = 0;

		for (size_t j = 0; j < WORDS_MAX && lines[i].words[j] != NULL; j++) {
			memcpy(arguments + size, lines[i].words[j], strlen(lines[i].words[j]) + 1);
			size += strlen(lines[i].words[j]) + 1;
		}
		if (host_prompt_in_arguments(arguments, size) != lines[i].replaced)
			fail_msg("line %zu: %s %s", i, lines[i].words[0],
				lines[i].words[1] != NULL ? lines[i].words[1] : "");
	}
}

static void what_is_cut_off_may_have_one(void **state)
{
	(void)state;
	assert_true(host_prompt_in_arguments("sudo\0-H\0-", 9));
	assert_false(host_prompt_in_arguments("", 0));
}

static void other_services_and_programs_are_not_looked_at(void **state)
{
	(void)state;
	assert_false(host_prompt_is_replaced(NULL));
	assert_false(host_prompt_is_replaced("sshd"));
	assert_false(host_prompt_is_replaced("sudo")); /* this program isn't sudo */
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(sudos_own_prompt_is_found_and_nothing_else),
	cmocka_unit_test(what_is_cut_off_may_have_one),
	cmocka_unit_test(other_services_and_programs_are_not_looked_at),
};

TAP_MAIN(tests)
