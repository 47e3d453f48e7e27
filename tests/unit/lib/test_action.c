/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/wire/action.h: exactly the declared details, of the declared types, in one canonical form.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdlib.h>
#include <string.h>

#include "lib/wire/action.h"

static const struct detail_spec export_specs[] = {{"records", DETAIL_NUMBER}, {"account", DETAIL_TEXT}};

/* Parses customer.export with these details, which it takes over. */
static enum stepup_error parse_export(json_t *details, struct action **action,
	char bad_detail[DETAIL_NAME_SIZE])
{
	enum stepup_error error;

	*action = NULL;
	error = action_parse("customer.export", details, export_specs, 2, action, bad_detail);
	json_decref(details);
	return error;
}

static void assert_bad_detail(json_t *details, const char *name)
{
	char bad_detail[DETAIL_NAME_SIZE];
	struct action *action;

	assert_int_equal(parse_export(details, &action, bad_detail), STEPUP_BAD_DETAILS);
	assert_null(action);
	assert_string_equal(bad_detail, name);
}

static void declared_details_are_parsed_and_stand_in_order(void **state)
{
	char bad_detail[DETAIL_NAME_SIZE], *text = NULL;
	struct action *action;
	size_t size = 0;

	(void)state;
	assert_int_equal(parse_export(json_pack("{s:i, s:s}", "records", 102000, "account", "trez\"or"),
			&action, bad_detail), STEPUP_OK);
	assert_int_equal(action->detail_count, 2);
	assert_string_equal(action->details[0].name, "account");
	assert_string_equal(action_detail(action, "account")->text, "trez\"or");
	assert_int_equal(action_detail(action, "records")->number, 102000);
	assert_null(action_detail(action, "other"));
	assert_int_equal(action_canonical(action, &text, &size), STEPUP_OK);
	assert_string_equal(text, "{\"action\":\"customer.export\",\"details\":{\"account\":\"trez\\\"or\","
		"\"records\":102000}}");
	assert_int_equal(size, strlen(text));
	free(text);
	action_free(&action);
	assert_null(action);
}

static void an_action_without_details_needs_none(void **state)
{
	char bad_detail[DETAIL_NAME_SIZE], *text = NULL;
	struct action *action = NULL;
	json_t *empty = json_object();
	size_t size;

	(void)state;
	assert_int_equal(action_parse("login.sshd", NULL, NULL, 0, &action, bad_detail), STEPUP_OK);
	assert_int_equal(action_canonical(action, &text, &size), STEPUP_OK);
	assert_string_equal(text, "{\"action\":\"login.sshd\",\"details\":{}}");
	free(text);
	action_free(&action);
	assert_int_equal(action_parse("login.sshd", empty, NULL, 0, &action, bad_detail), STEPUP_OK);
	action_free(&action);
	json_decref(empty);
}

static void missing_unknown_and_mistyped_details_are_named(void **state)
{
	(void)state;
	assert_bad_detail(json_object(), "records");
	assert_bad_detail(json_pack("{s:i}", "records", 5), "account");
	assert_bad_detail(json_pack("{s:i, s:s, s:s}", "records", 5, "account", "a", "extra", "x"), "extra");
	assert_bad_detail(json_pack("{s:s, s:s}", "records", "5", "account", "a"), "records");
	assert_bad_detail(json_pack("{s:i, s:i}", "records", 5, "account", 5), "account");
	assert_bad_detail(json_pack("{s:b, s:s}", "records", 1, "account", "a"), "records");
	assert_bad_detail(json_pack("{s:n, s:s}", "records", "account", "a"), "records");
	assert_bad_detail(json_pack("{s:f, s:s}", "records", 5.0, "account", "a"), "records");
	assert_bad_detail(json_pack("{s:i, s:{}}", "records", 5, "account"), "account");
}

static void numbers_are_whole_and_at_most_two_to_the_53_minus_1(void **state)
{
	char bad_detail[DETAIL_NAME_SIZE];
	struct action *action;

	(void)state;
	assert_bad_detail(json_pack("{s:i, s:s}", "records", -1, "account", "a"), "records");
	assert_bad_detail(json_pack("{s:I, s:s}", "records", (json_int_t)(DETAIL_NUMBER_MAX + 1),
			"account", "a"), "records");
	assert_int_equal(parse_export(json_pack("{s:I, s:s}", "records", (json_int_t)DETAIL_NUMBER_MAX,
				"account", ""), &action, bad_detail), STEPUP_OK);
	assert_true(action_detail(action, "records")->number == DETAIL_NUMBER_MAX);
	action_free(&action);
}

static void texts_are_at_most_512_bytes(void **state)
{
	char text[DETAIL_TEXT_MAX + 2], bad_detail[DETAIL_NAME_SIZE];
	struct action *action;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[DETAIL_TEXT_MAX + 1] = '\0';
	assert_bad_detail(json_pack("{s:i, s:s}", "records", 5, "account", text), "account");
	text[DETAIL_TEXT_MAX] = '\0';
	assert_int_equal(parse_export(json_pack("{s:i, s:s}", "records", 5, "account", text), &action,
			bad_detail), STEPUP_OK);
	action_free(&action);
}

static void texts_with_nul_are_refused(void **state)
{
	json_t *details = json_pack("{s:i, s:o}", "records", 5, "account", json_stringn("a\0b", 3));

	(void)state;
	assert_bad_detail(details, "account");
}

static void a_long_unknown_name_is_cut_at_a_whole_character(void **state)
{
	char name[129] = "", expected[DETAIL_NAME_SIZE] = "";

	(void)state;
	for (int i = 0; i < 64; i++)
		strcat(name, "\u00e9");
	memcpy(expected, name, 62);
	assert_bad_detail(json_pack("{s:i, s:s, s:s}", "records", 5, "account", "a", name, "x"), expected);
}

/* Takes `details` over. */
static void assert_fault(json_t *details, enum detail_fault fault)
{
	char bad_detail[DETAIL_NAME_SIZE];
	struct action *action = NULL;

	assert_int_equal(action_parse("customer.export", details, export_specs, 2, &action, bad_detail),
		STEPUP_BAD_DETAILS);
	assert_int_equal(action_detail_fault(details, export_specs, 2, bad_detail), fault);
	json_decref(details);
}

static void what_is_wrong_with_a_detail_is_told_apart(void **state)
{
	char text[DETAIL_TEXT_MAX + 2];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[DETAIL_TEXT_MAX + 1] = '\0';
	assert_fault(json_object(), DETAIL_MISSING);
	assert_fault(json_pack("{s:i}", "records", 5), DETAIL_MISSING);
	assert_fault(json_pack("{s:i, s:s, s:s}", "records", 5, "account", "a", "extra", "x"),
		DETAIL_UNKNOWN);
	assert_fault(json_pack("{s:i, s:i}", "records", 5, "account", 5), DETAIL_NO_TEXT);
	assert_fault(json_pack("{s:i, s:o}", "records", 5, "account", json_stringn("a\0b", 3)),
		DETAIL_NO_TEXT);
	assert_fault(json_pack("{s:i, s:s}", "records", 5, "account", text), DETAIL_TOO_LONG);
	assert_fault(json_pack("{s:s, s:s}", "records", "5", "account", "a"), DETAIL_NO_NUMBER);
	assert_fault(json_pack("{s:f, s:s}", "records", 5.0, "account", "a"), DETAIL_NO_NUMBER);
	assert_fault(json_pack("{s:i, s:s}", "records", -1, "account", "a"), DETAIL_OUT_OF_RANGE);
	assert_fault(json_pack("{s:I, s:s}", "records", (json_int_t)(DETAIL_NUMBER_MAX + 1), "account", "a"),
		DETAIL_OUT_OF_RANGE);
}

static void names_of_actions_and_details_keep_their_form(void **state)
{
	static const char *const good[] = {"a", "customer.export", "login.sshd", "a1.b-2.c_3", "stepup.lock"};
	static const char *const bad[] = {"", ".", "a.", ".a", "a..b", "A", "a.B", "1a", "a.1", "-a", "a b",
		"a/b", "../a", "a\n", "a*", "a.*", "\u00e4", "%n"};
	char longest[ACTION_NAME_SIZE + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(action_name_is_valid(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(action_name_is_valid(bad[i]));
	assert_false(action_name_is_valid(NULL));
	memset(longest, 'a', sizeof(longest));
	longest[ACTION_NAME_SIZE] = '\0';
	assert_false(action_name_is_valid(longest));
	longest[ACTION_NAME_SIZE - 1] = '\0';
	assert_true(action_name_is_valid(longest));
	assert_true(detail_name_is_valid("a_1"));
	assert_false(detail_name_is_valid("_a"));
	assert_false(detail_name_is_valid("a-b"));
	assert_false(detail_name_is_valid("a.b"));
	assert_false(detail_name_is_valid(""));
	longest[DETAIL_NAME_SIZE] = '\0';
	assert_false(detail_name_is_valid(longest));
	longest[DETAIL_NAME_SIZE - 1] = '\0';
	assert_true(detail_name_is_valid(longest));
}

static void a_bad_name_or_declaration_is_invalid(void **state)
{
	static const struct detail_spec twice[] = {{"a", DETAIL_TEXT}, {"a", DETAIL_NUMBER}};
	struct detail_spec many[DETAIL_COUNT_MAX + 1] = {0};
	char bad_detail[DETAIL_NAME_SIZE];
	struct action *action = NULL;
	json_t *array = json_array(), *details = json_pack("{s:s}", "a", "x");

	(void)state;
	assert_int_equal(action_parse("../x", NULL, NULL, 0, &action, bad_detail), STEPUP_INVALID);
	assert_int_equal(action_parse("x", array, NULL, 0, &action, bad_detail), STEPUP_INVALID);
	assert_int_equal(action_parse("x", details, twice, 2, &action, bad_detail), STEPUP_INVALID);
	for (size_t i = 0; i <= DETAIL_COUNT_MAX; i++)
		many[i].name[0] = (char)('a' + i);
	assert_int_equal(action_parse("x", details, many, DETAIL_COUNT_MAX + 1, &action, bad_detail),
		STEPUP_INVALID);
	assert_null(action);
	json_decref(array);
	json_decref(details);
}

/* --- types as rows --- */

static const struct type_case {
	const char *type, *value, *shown; /* the value as JSON, and as people read it */
	const char *covered, *not_covered;
	/* no value of the type, and what is one too long or too large; "" for none */
	const char *mistyped, *too_much;
	enum detail_fault no_value, too_much_fault;
} type_cases[] = {
	{"text", "\"acme\"", "acme", "\"acme\"", "\"acme2\"", "5", "\"\\u0000\"", DETAIL_NO_TEXT,
		DETAIL_NO_TEXT},
	{"number", "340", "340", "339", "341", "\"340\"", "9007199254740992", DETAIL_NO_NUMBER,
		DETAIL_OUT_OF_RANGE},
};

static const struct type_case *case_of(enum detail_type type)
{
	for (size_t i = 0; i < sizeof(type_cases) / sizeof(type_cases[0]); i++)
		if (strcmp(type_cases[i].type, detail_kind(type)->name) == 0)
			return &type_cases[i];
	fail_msg("type %s has no case among type_cases", detail_kind(type)->name);
	return NULL;
}

static json_t *value_of(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

	assert_non_null(value);
	return value;
}

/* A detail of that type and value; free its text. */
static struct detail detail_of(enum detail_type type, const char *text)
{
	struct detail detail = {.type = type};
	json_t *value = value_of(text);

	assert_int_equal(detail_kind(type)->parse(value, &detail), STEPUP_OK);
	json_decref(value);
	return detail;
}

static void assert_not_taken(enum detail_type type, const char *text, enum detail_fault fault)
{
	struct detail detail = {.text = NULL};
	json_t *value = value_of(text);

	assert_int_equal(detail_kind(type)->parse(value, &detail), STEPUP_BAD_DETAILS);
	assert_int_equal(detail_kind(type)->fault(value), fault);
	json_decref(value);
}

static void each_type_has_a_whole_row_under_a_name_of_its_own(void **state)
{
	enum detail_type named;

	(void)state;
	for (int type = 0; type < DETAIL_TYPE_COUNT; type++) {
		const struct detail_kind *kind = detail_kind((enum detail_type)type);

		assert_true(kind->name != NULL && kind->parse != NULL && kind->fault != NULL &&
			kind->to_json != NULL && kind->covers != NULL && kind->show != NULL);
		assert_true(detail_type_named(kind->name, &named));
		assert_int_equal(named, type);
	}
	assert_false(detail_type_named("", &named));
	assert_false(detail_type_named("Text", &named));
}

static void each_type_reads_writes_shows_and_covers_its_values(void **state)
{
	(void)state;
	for (int type = 0; type < DETAIL_TYPE_COUNT; type++) {
		const struct detail_kind *kind = detail_kind((enum detail_type)type);
		const struct type_case *with = case_of((enum detail_type)type);
		struct detail had = detail_of((enum detail_type)type, with->value);
		struct detail covered = detail_of((enum detail_type)type, with->covered);
		struct detail other = detail_of((enum detail_type)type, with->not_covered);
		json_t *written = kind->to_json(&had), *value = value_of(with->value);
		char room[DETAIL_SHOWN_SIZE];

		assert_true(json_equal(written, value));
		assert_string_equal(kind->show(&had, room), with->shown);
		assert_true(kind->covers(&had, &covered));
		assert_false(kind->covers(&had, &other));
		assert_not_taken((enum detail_type)type, with->mistyped, with->no_value);
		assert_not_taken((enum detail_type)type, with->too_much, with->too_much_fault);
		assert_int_equal(kind->parse(NULL, &(struct detail){.text = NULL}), STEPUP_BAD_DETAILS);
		json_decref(written);
		json_decref(value);
		free(had.text);
		free(covered.text);
		free(other.text);
	}
}

/* A receipt has values without types: a type whose values another type takes as well can't be redeemed. */
static void a_value_says_of_which_one_type_it_is(void **state)
{
	enum detail_type found;

	(void)state;
	for (int type = 0; type < DETAIL_TYPE_COUNT; type++) {
		json_t *value = value_of(case_of((enum detail_type)type)->value);

		assert_int_equal(detail_type_of(value, &found), STEPUP_OK);
		assert_int_equal(found, type);
		json_decref(value);
	}
	assert_int_equal(detail_type_of(NULL, &found), STEPUP_BAD_DETAILS);
	assert_int_equal(detail_type_of(json_true(), &found), STEPUP_BAD_DETAILS);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(declared_details_are_parsed_and_stand_in_order),
	cmocka_unit_test(an_action_without_details_needs_none),
	cmocka_unit_test(missing_unknown_and_mistyped_details_are_named),
	cmocka_unit_test(numbers_are_whole_and_at_most_two_to_the_53_minus_1),
	cmocka_unit_test(texts_are_at_most_512_bytes),
	cmocka_unit_test(texts_with_nul_are_refused),
	cmocka_unit_test(a_long_unknown_name_is_cut_at_a_whole_character),
	cmocka_unit_test(what_is_wrong_with_a_detail_is_told_apart),
	cmocka_unit_test(names_of_actions_and_details_keep_their_form),
	cmocka_unit_test(a_bad_name_or_declaration_is_invalid),
	cmocka_unit_test(each_type_has_a_whole_row_under_a_name_of_its_own),
	cmocka_unit_test(each_type_reads_writes_shows_and_covers_its_values),
	cmocka_unit_test(a_value_says_of_which_one_type_it_is),
};

TAP_MAIN(tests)
