/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/base/sentence.h: what a row says, and that nothing is said of which a part is missing.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/sentence.h"

static void says(const char *text, struct sentence_values *values, const char *expected)
{
	char *filled = sentence_fill(text, values);

	if (expected == NULL) {
		assert_null(filled);
	} else {
		assert_non_null(filled);
		assert_string_equal(filled, expected);
	}
	sentence_values_clear(values);
	free(filled);
}

static void a_value_stands_where_its_name_does(void **state)
{
	struct sentence_values values = {0};

	(void)state;
	sentence_set(&values, "user", "ann");
	sentence_set_number(&values, "asked", -7);
	says("{user} asked for {asked}: {user}.", &values, "ann asked for -7: ann.");
	says("Nothing to fill.", &values, "Nothing to fill.");
	says("", &values, "");
}

static void what_is_missing_has_another_word_or_no_sentence(void **state)
{
	struct sentence_values values = {0};

	(void)state;
	says("{action|This} needs a key.", &values, "This needs a key.");
	says("{action} needs a key.", &values, NULL);
	sentence_set(&values, "action", "");
	sentence_set(&values, "action", NULL);
	says("{action|this}", &values, "this");
	sentence_set(&values, "action", "export");
	says("{action|This} needs a key.", &values, "export needs a key.");
}

static void a_part_is_left_out_with_its_value(void **state)
{
	static const char text[] =
		"Over the limit[ of {limit}] for {action|this}[: {asked} of {maximum}].";
	struct sentence_values values = {0};

	(void)state;
	says(text, &values, "Over the limit for this.");
	sentence_set(&values, "limit", "5 per 24h");
	sentence_set_number(&values, "asked", 6);
	says(text, &values, "Over the limit of 5 per 24h for this.");
	sentence_set_number(&values, "asked", 6);
	sentence_set_number(&values, "maximum", 5);
	says(text, &values, "Over the limit for this: 6 of 5.");
}

static void a_part_may_hang_on_a_name_that_it_does_not_say(void **state)
{
	static const char text[] =
		"Nothing was [enrols?enrolled][!enrols?approved].[left? {count|All} left.]";
	struct sentence_values values = {0};

	(void)state;
	says(text, &values, "Nothing was approved.");
	sentence_set_flag(&values, "enrols", true);
	sentence_set_flag(&values, "left", false);
	says(text, &values, "Nothing was enrolled.");
	sentence_set_flag(&values, "left", true);
	says(text, &values, "Nothing was approved. All left.");
}

static void a_malformed_text_says_nothing(void **state)
{
	static const char *const names[] = {"user", NULL};
	static const char *const texts[] = {"{user", "user}", "{}", "{User}", "{user-name}", "[open", "open]",
		"[a [b] c]", "[{user]", "[{user|a] b}",
		"{user?}", "{unknown}", "[unknown?a]", "[a {unknown|b}]",
		"{abcdefghijklmnopqrstuvwxyzabcdefghijk}"};

	(void)state;
	assert_true(sentence_is_whole("[user?Dear {user|you}][!user?Hello], [{user} or ]you.", names));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct sentence_values values = {0};
		char *filled;

		assert_false(sentence_is_whole(texts[i], names));
		if (strstr(texts[i], "unknown") != NULL)
			continue;
		sentence_set(&values, "user", "ann");
		filled = sentence_fill(texts[i], &values);
		assert_true(filled == NULL || strchr(texts[i], '[') != NULL);
		free(filled);
		sentence_values_clear(&values);
	}
}

static void a_row_that_names_what_nobody_sets_is_found(void **state)
{
	static const char *const names[] = {"user", "late", NULL};
	const struct sentence whole[] = {{"a", "late user", "Late, {user}."}, {"a", NULL, "Hello."}};
	const struct sentence texts[] = {whole[0], {"b", NULL, "Hello, {usr}."}};
	const struct sentence conditions[] = {whole[0], {"b", "late usr", "Hello."}};
	const struct sentence beginnings[] = {whole[0], {"b", "us", "Hello."}};

	(void)state;
	assert_null(sentence_row_fault(whole, 2, names));
	assert_ptr_equal(sentence_row_fault(texts, 2, names), texts[1].text);
	assert_ptr_equal(sentence_row_fault(conditions, 2, names), conditions[1].text);
	assert_ptr_equal(sentence_row_fault(beginnings, 2, names), beginnings[1].text);
}

static void what_came_from_outside_is_made_safe_and_adds_no_part(void **state)
{
	struct sentence_values values = {0};

	(void)state;
	sentence_set(&values, "user", "a\x1b[31m{help}[b]");
	says("{user}", &values, "a\\u{001B}[31m{help}[b]");
	sentence_set_safe(&values, "user", "[{user}]");
	says("<{user}>", &values, "<[{user}]>");
}

static void counts_times_and_lists_are_said_as_people_do(void **state)
{
	static const struct {
		int64_t seconds;
		const char *said;
	} waits[] = {{1, "1 second"}, {60, "60 seconds"}, {61, "2 minutes"}, {3600, "60 minutes"},
		{3601, "2 hours"}, {7201, "3 hours"}};
	static const char *const labels[] = {"Blue", "Red\n", "Spare"};
	struct sentence_values values = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		sentence_set_wait(&values, "wait", waits[i].seconds);
		says("{wait}", &values, waits[i].said);
	}
	sentence_set_count(&values, "one", 1, "try", "tries");
	sentence_set_count(&values, "two", 2, "try", "tries");
	sentence_set_list(&values, "keys", labels, 3, "\"", " or ");
	sentence_set_list(&values, "first", labels, 1, "", ", ");
	sentence_set_list(&values, "none", labels, 0, "", ", ");
	says("{one}, {two}, {keys}; {first}; {none|none}", &values,
		"1 try, 2 tries, \"Blue\", \"Red\\u{000A}\" or \"Spare\"; Blue; none");
}

static void the_first_row_that_fits_is_said(void **state)
{
	static const struct sentence rows[] = {
		{"bad", "key tries", "key and tries"},
		{"bad", "key", "key"},
		{"bad", NULL, "needs {limit}"},
		{"other", NULL, "other"},
		{"bad", NULL, "last"},
	};
	static const char *const expected[] = {"last", "needs 5", "key", "key and tries"};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct sentence_values values = {0};
		char *said;

		if (i >= 1)
			sentence_set_number(&values, "limit", 5);
		sentence_set_flag(&values, "key", i >= 2);
		sentence_set_flag(&values, "tries", i >= 3);
		said = sentence_say(rows, 5, "bad", &values);
		assert_string_equal(said, expected[i]);
		free(said);
		assert_null(sentence_say(rows, 5, "unheard", &values));
	}
}

static void more_values_than_there_is_room_for_say_nothing(void **state)
{
	struct sentence_values values = {0};

	(void)state;
	for (int i = 0; i <= SENTENCE_VALUES_MAX; i++)
		sentence_set_number(&values, "a", i);
	says("text", &values, NULL);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_value_stands_where_its_name_does),
	cmocka_unit_test(what_is_missing_has_another_word_or_no_sentence),
	cmocka_unit_test(a_part_is_left_out_with_its_value),
	cmocka_unit_test(a_part_may_hang_on_a_name_that_it_does_not_say),
	cmocka_unit_test(a_malformed_text_says_nothing),
	cmocka_unit_test(a_row_that_names_what_nobody_sets_is_found),
	cmocka_unit_test(what_came_from_outside_is_made_safe_and_adds_no_part),
	cmocka_unit_test(counts_times_and_lists_are_said_as_people_do),
	cmocka_unit_test(the_first_row_that_fits_is_said),
	cmocka_unit_test(more_values_than_there_is_room_for_say_nothing),
};

TAP_MAIN(tests)
