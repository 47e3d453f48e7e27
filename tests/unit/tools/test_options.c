/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tools/stepup: the table of commands and options, details from a command line, a token's secret.
 */
#include "tests/unit/cmocka_tap.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/suggest.h"
#include "tools/stepup/calls/details.h"
#include "tools/stepup/enrolling/token_secret.h"
#include "tools/stepup/shell/commands.h"
#include "tools/stepup/shell/page.h"

static enum exit_status parse(char **words, struct invocation *invocation)
{
	FILE *nowhere = fopen("/dev/null", "w");
	enum exit_status status;
	int count = 0;

	while (words[count] != NULL)
		count++;
	status = invocation_parse(command_table, count, words, nowhere, invocation);
	(void)fclose(nowhere);
	return status;
}

#define ASSERT_PARSES(status, ...) \
	do { \
		struct invocation parsed_; \
		char text_[][32] = {__VA_ARGS__}; \
		char *words_[16] = {(char[]){"stepup"}}; \
		for (size_t i_ = 0; i_ < sizeof(text_) / sizeof(text_[0]); i_++) \
			words_[i_ + 1] = text_[i_]; \
		assert_int_equal(parse(words_, &parsed_), status); \
		invocation_clear(&parsed_); \
	} while (0)

static void one_slip_is_understood_and_another_word_is_not(void **state)
{
	static const struct {
		const char *word, *candidate;
		bool near;
	} all[] = {{"aprove", "approve", true}, {"apporve", "approve", true}, {"approvex", "approve", true},
		{"axprove", "approve", true}, {"lock", "log", false}, {"wait", "test", false},
		{"", "approve", false}, {"approve-approve-approve-approve-approve", "approve", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if ((suggest_nearer(all[i].word, all[i].candidate, NULL) != NULL) != all[i].near)
			fail_msg("\"%s\" for \"%s\"", all[i].word, all[i].candidate);
	assert_string_equal(suggest_nearer("requets", "requests", "report"), "requests");
	assert_string_equal(suggest_nearer("requests", "request", "requests"), "requests");
}

static void sentences_are_folded_between_words(void **state)
{
	static const struct {
		const char *text;
		size_t width, column;
		const char *folded;
	} all[] = {
		{"one two three", 0, 0, "one two three"},
		{"one two three", 8, 0, "one two\nthree"},
		{"one two three", 7, 0, "one two\nthree"},
		{"one two three", 6, 0, "one\ntwo\nthree"},
		{"one two three", 8, 3, "one\ntwo\nthree"},
		{"unbreakable word", 4, 0, "unbreakable\nword"},
		{"one\ntwo three", 9, 0, "one\ntwo three"},
		{"Code: ", 8, 0, "Code: "},
		{"\u00e4\u00f6 \u00fc\u00df", 4, 0, "\u00e4\u00f6\n\u00fc\u00df"},
	};

	(void)state;
	(void)setlocale(LC_ALL, "C.UTF-8");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char *folded = page_fold(all[i].text, all[i].width, all[i].column);

		assert_string_equal(folded, all[i].folded);
		free(folded);
	}
}

static void every_row_is_whole_and_its_name_its_own(void **state)
{
	(void)state;
	for (int id = 0; id < OPTION_TOTAL; id++) {
		assert_non_null(option_table[id].name);
		assert_non_null(option_table[id].help);
		for (int other = 0; other < id; other++)
			assert_string_not_equal(option_table[id].name, option_table[other].name);
	}
	for (const struct command_row *row = command_table; row->name != NULL; row++) {
		assert_non_null(row->run);
		assert_true(row->help[0] >= 'a' && row->help[0] <= 'z');
		assert_true(row->least <= row->most);
		assert_ptr_equal(command_find(command_table, row->name), row);
		if (row->alias != NULL)
			assert_ptr_equal(command_find(command_table, row->alias), row);
		assert_true((row->completion == COMPLETE_WORDS) == (row->words != NULL));
	}
}

static void every_option_belongs_to_a_command(void **state)
{
	uint64_t used = COMMON_OPTIONS | OPTION(OPTION_VERSION);

	(void)state;
	for (const struct command_row *row = command_table; row->name != NULL; row++)
		used |= row->options;
	assert_true(used == OPTION(OPTION_TOTAL) - 1);
}

static void options_may_stand_anywhere_before_the_dashes(void **state)
{
	char words[][32] = {"stepup", "--json", "confirm", "--receipt=env", "a.b", "--user", "x", "n=1", "--",
		"run", "--json"};
	char *argv[12] = {NULL};
	struct invocation invocation;

	(void)state;
	for (size_t i = 0; i < 11; i++)
		argv[i] = words[i];
	assert_int_equal(parse(argv, &invocation), EXIT_DONE);
	assert_string_equal(invocation.command->name, "confirm");
	assert_int_equal(invocation.argument_count, 2);
	assert_string_equal(invocation.arguments[0], "a.b");
	assert_string_equal(invocation.arguments[1], "n=1");
	assert_null(invocation.arguments[2]);
	assert_true(option_given(&invocation, OPTION_JSON));
	assert_string_equal(option_text(&invocation, OPTION_RECEIPT, ""), "env");
	assert_string_equal(option_text(&invocation, OPTION_USER, ""), "x");
	assert_string_equal(invocation.child[0], "run");
	assert_string_equal(invocation.child[1], "--json");
	invocation_clear(&invocation);
}

static void nothing_unknown_doubled_or_misplaced_is_taken(void **state)
{
	(void)state;
	ASSERT_PARSES(EXIT_DONE, "log", "show", "--count", "5");
	ASSERT_PARSES(EXIT_DONE, "enrol", "hotp");
	ASSERT_PARSES(EXIT_USAGE, "nonsense");
	ASSERT_PARSES(EXIT_USAGE, "log");
	ASSERT_PARSES(EXIT_USAGE, "lo", "show");
	ASSERT_PARSES(EXIT_USAGE, "list", "--jso");
	ASSERT_PARSES(EXIT_USAGE, "list", "-j");
	ASSERT_PARSES(EXIT_USAGE, "list", "--json=yes");
	ASSERT_PARSES(EXIT_USAGE, "list", "--json", "--json");
	ASSERT_PARSES(EXIT_USAGE, "list", "--user");
	ASSERT_PARSES(EXIT_USAGE, "list", "--reason", "x");
	ASSERT_PARSES(EXIT_USAGE, "list", "--", "true");
	ASSERT_PARSES(EXIT_USAGE, "list", "a", "b");
	ASSERT_PARSES(EXIT_USAGE, "confirm");
	ASSERT_PARSES(EXIT_USAGE, "unlock", "a", "b");
}

static void usage_names_every_option_of_a_command(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	usage_command(out, command_find(command_table, "enroll"));
	(void)fclose(out);
	for (int id = 0; id < OPTION_TOTAL; id++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "  --%s", option_table[id].name);
		if (((command_find(command_table, "enroll")->options | COMMON_OPTIONS) & OPTION(id)) != 0)
			assert_non_null(strstr(text, name));
	}
	free(text);
}

static void usage_has_every_command_under_a_heading(void **state)
{
	char *text = NULL;
	size_t size = 0, headings = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	usage_all(command_table, out);
	assert_int_equal(fclose(out), 0);
	for (const struct command_row *row = command_table; row->name != NULL; row++) {
		char line[64];

		(void)snprintf(line, sizeof(line), "\n  %s ", row->name);
		assert_non_null(strstr(text, line));
	}
	for (const char *at = strstr(text, ":\n  "); at != NULL; at = strstr(at + 1, ":\n  "))
		headings++;
	assert_int_equal(headings, 8);
	free(text);
}

static void digits_are_numbers_until_the_rule_wants_a_text(void **state)
{
	const char *const arguments[] = {"a=trezor", "b=102000", "c=\"5\"", "d:=7", "e=007",
		"f=9007199254740992", "g=", "h=x=y"};
	json_t *details = NULL;

	(void)state;
	assert_int_equal(details_parse(arguments, 8, &details), EXIT_DONE);
	assert_string_equal(json_string_value(json_object_get(details, "a")), "trezor");
	assert_int_equal(json_integer_value(json_object_get(details, "b")), 102000);
	assert_string_equal(json_string_value(json_object_get(details, "c")), "5");
	assert_int_equal(json_integer_value(json_object_get(details, "d")), 7);
	assert_string_equal(json_string_value(json_object_get(details, "e")), "007");
	assert_string_equal(json_string_value(json_object_get(details, "f")), "9007199254740992");
	assert_string_equal(json_string_value(json_object_get(details, "g")), "");
	assert_string_equal(json_string_value(json_object_get(details, "h")), "x=y");
	assert_true(details_make_text(details, arguments, 8, "b"));
	assert_string_equal(json_string_value(json_object_get(details, "b")), "102000");
	assert_false(details_make_text(details, arguments, 8, "b"));
	assert_false(details_make_text(details, arguments, 8, "d"));
	assert_false(details_make_text(details, arguments, 8, "a"));
	assert_false(details_make_text(details, arguments, 8, "z"));
	json_decref(details);
}

static void assert_secret(const char *text, const char *expected)
{
	char *base32 = NULL;

	assert_int_equal(token_secret_parse(text, &base32), expected != NULL ? STEPUP_OK : STEPUP_INVALID);
	if (expected != NULL)
		assert_string_equal(base32, expected);
	else
		assert_null(base32);
	free(base32);
}

static void a_token_s_secret_is_hex_or_base32(void **state)
{
	char longest[132];

	(void)state;
	/* RFC 6238's key */
	assert_secret("3132333435363738393031323334353637383930\n", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
	assert_secret("31 32-33 34", "GEZDGNA");
	assert_secret("gezd gnbv gy3t qojq gezd gnbv gy3t qojq====\r\n", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
	assert_secret("base32:ABCDEF", "ABCDEF");
	assert_secret("hex:ABCDEF", "VPG66");
	assert_secret("", NULL);
	assert_secret("hex:", NULL);
	assert_secret("hex:GG", NULL);
	assert_secret("ABC10", NULL);
	assert_secret("secret!", NULL);
	memset(longest, 'A', sizeof(longest));
	longest[129] = '\0';
	{
		char *base32 = NULL;

		assert_int_equal(token_secret_parse(longest, &base32), STEPUP_TOO_LONG);
		assert_null(base32);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(one_slip_is_understood_and_another_word_is_not),
	cmocka_unit_test(sentences_are_folded_between_words),
	cmocka_unit_test(every_row_is_whole_and_its_name_its_own),
	cmocka_unit_test(every_option_belongs_to_a_command),
	cmocka_unit_test(options_may_stand_anywhere_before_the_dashes),
	cmocka_unit_test(nothing_unknown_doubled_or_misplaced_is_taken),
	cmocka_unit_test(usage_names_every_option_of_a_command),
	cmocka_unit_test(usage_has_every_command_under_a_heading),
	cmocka_unit_test(digits_are_numbers_until_the_rule_wants_a_text),
	cmocka_unit_test(a_token_s_secret_is_hex_or_base32),
};

TAP_MAIN(tests)
