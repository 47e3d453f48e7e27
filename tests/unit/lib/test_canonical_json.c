/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/wire/canonical_json.h: RFC 8785's own examples as far as they apply (no fractions here), and
 * the strict parser.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/canonical_json.h"

static void assert_canonical(const char *text, const char *expected)
{
	json_t *value = NULL;
	char *canonical = NULL;
	size_t size = 0;

	assert_int_equal(json_parse_object(text, strlen(text), &value), STEPUP_OK);
	assert_int_equal(json_canonical(value, &canonical, &size), STEPUP_OK);
	assert_string_equal(canonical, expected);
	assert_int_equal(size, strlen(expected));
	free(canonical);
	json_decref(value);
}

static void members_stand_in_the_order_of_their_utf16_units(void **state)
{
	(void)state;
	/* RFC 8785 section 3.2.3 */
	assert_canonical("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew Letter "
		"Dalet With Dagesh\","
		"\"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\","
		"\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}",
		"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\",\"\u00f6\":\"Latin "
		"Small Letter O With Diaeresis\","
		"\"\u20ac\":\"Euro Sign\",\"\U0001f600\":\"Emoji: "
		"Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}");
	assert_canonical("{\"ab\":1,\"a\":2,\"\":3,\"aa\":4}", "{\"\":3,\"a\":2,\"aa\":4,\"ab\":1}");
	assert_canonical("{\"\\uffff\":1,\"\\ud800\\udc00\":2,\"\\ud7ff\":3,\"\\ue000\":4}",
		"{\"\ud7ff\":3,\"\U00010000\":2,\"\ue000\":4,\"\uffff\":1}");
}

static void strings_have_these_escapes_and_no_others(void **state)
{
	(void)state;
	/* RFC 8785 section 3.2.2.2 */
	assert_canonical("{\"s\":\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\"}",
		"{\"s\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
	assert_canonical("{\"s\":\"\\b\\t\\n\\f\\r\\u001f\\u007f\\u0001\"}",
		"{\"s\":\"\\b\\t\\n\\f\\r\\u001f\x7f\\u0001\"}");
	assert_canonical("{\"s\":\"<\\u2028>\"}", "{\"s\":\"<\u2028>\"}");
}

/* What needs an escape, and what doesn't, stands before, behind and between either. */
static void escapes_are_the_same_wherever_they_stand(void **state)
{
	static const struct {
		const char *character, *written;
	} pieces[] = {{"", ""}, {"a", "a"}, {"bc", "bc"}, {"\xc3\xa4", "\xc3\xa4"}, {"\x7f", "\x7f"},
		{"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"}, {"\"", "\\\""}, {"\\", "\\\\"}, {"\n", "\\n"},
		{"\x01", "\\u0001"}};
	enum { COUNT = sizeof(pieces) / sizeof(pieces[0]) };

	(void)state;
	for (size_t n = 0; n < COUNT * COUNT * COUNT; n++) {
		const size_t a = n / COUNT / COUNT, b = n / COUNT % COUNT, c = n % COUNT;
		char text[16], expected[32], *canonical = NULL;
		size_t size = 0;
		json_t *value;

		snprintf(text, sizeof(text), "%s%s%s", pieces[a].character, pieces[b].character,
			pieces[c].character);
		snprintf(expected, sizeof(expected), "\"%s%s%s\"", pieces[a].written, pieces[b].written,
			pieces[c].written);
		value = json_string(text);
		assert_int_equal(json_canonical(value, &canonical, &size), STEPUP_OK);
		assert_string_equal(canonical, expected);
		assert_int_equal(size, strlen(expected));
		free(canonical);
		json_decref(value);
	}
}

static void white_space_goes_and_values_stay(void **state)
{
	(void)state;
	assert_canonical(" { \"b\" : [ true , false , null , { } , [ ] ] ,\n"
		"\"a\" : { \"z\" : -5 , \"y\" : 0 } } ",
		"{\"a\":{\"y\":0,\"z\":-5},\"b\":[true,false,null,{},[]]}");
	assert_canonical("{\"n\":9007199254740991,\"m\":-9007199254740991}",
		"{\"m\":-9007199254740991,\"n\":9007199254740991}");
	assert_canonical("{\"n\":-0}", "{\"n\":0}");
}

static void fractions_and_large_numbers_have_no_canonical_form(void **state)
{
	static const char *const bad[] = {"{\"n\":1.5}", "{\"n\":1e2}", "{\"n\":1.0}",
		"{\"n\":9007199254740992}", "{\"n\":-9007199254740992}", "{\"a\":[[{\"n\":0.1}]]}"};
	char *canonical = NULL;
	size_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *value = NULL;

		assert_int_equal(json_parse_object(bad[i], strlen(bad[i]), &value), STEPUP_OK);
		assert_int_equal(json_canonical(value, &canonical, &size), STEPUP_INVALID);
		assert_null(canonical);
		json_decref(value);
	}
	assert_int_equal(json_canonical(NULL, &canonical, &size), STEPUP_INVALID);
}

static void assert_refused(const char *text, size_t size)
{
	json_t *value = NULL;

	assert_int_equal(json_parse_object(text, size, &value), STEPUP_INVALID);
	assert_null(value);
}

static void only_one_whole_object_is_parsed(void **state)
{
	static const char *const bad[] = {"", " ", "[]", "[{}]", "5", "\"a\"", "null", "true", "{", "}",
		"{}{}", "{} x", "{},", "{\"a\":}", "{\"a\" 1}", "{'a':1}", "{a:1}", "{\"a\":01}",
		"{\"a\":+1}", "{\"a\":1,}", "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":\"\n\"}",
		"{\"a\":\"\\x\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\\ud800\"}", "\xef\xbb\xbf{}",
		"{\"a\":99999999999999999999999999}", "// x\n{}", "{/**/}"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(bad[i], strlen(bad[i]));
}

static void duplicate_members_are_refused(void **state)
{
	(void)state;
	assert_refused("{\"a\":1,\"a\":1}", 13);
	assert_refused("{\"a\":1,\"\\u0061\":2}", 18);
	assert_refused("{\"x\":{\"a\":1,\"a\":2}}", 19);
}

static void nul_is_refused_in_every_disguise(void **state)
{
	(void)state;
	assert_refused("{\"a\":\"x\\u0000y\"}", 16);
	assert_refused("{\"a\\u0000\":1}", 13);
	assert_refused("{\"a\":\"x\0y\"}", 11);
	assert_refused("{}\0", 3);
}

static void broken_utf8_is_refused(void **state)
{
	(void)state;
	assert_refused("{\"a\":\"\xff\"}", 9);
	assert_refused("{\"a\":\"\xc0\xaf\"}", 10);
	assert_refused("{\"a\":\"\xed\xa0\x80\"}", 11);
}

/* An object that nests `depth` deep altogether. */
static char *nested(size_t depth, const char *open, const char *close)
{
	char *text = calloc(depth + 2, 8), *end = text;

	for (size_t i = 1; i < depth; i++)
		end = stpcpy(end, i == 1 ? "{\"a\":" : open);
	end = stpcpy(end, "{}");
	for (size_t i = 1; i < depth; i++)
		end = stpcpy(end, i + 1 == depth ? "}" : close);
	return text;
}

static void nesting_stops_at_32(void **state)
{
	json_t *value = NULL;
	char *text = nested(32, "[", "]");

	(void)state;
	assert_int_equal(json_parse_object(text, strlen(text), &value), STEPUP_OK);
	json_decref(value);
	free(text);
	text = nested(33, "[", "]");
	assert_refused(text, strlen(text));
	free(text);
	text = nested(10000, "{\"a\":", "}");
	assert_refused(text, strlen(text));
	free(text);
	/* Brackets in texts nest nothing. */
	text = strdup("{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[[[[[[[[[[[\"}");
	value = NULL;
	assert_int_equal(json_parse_object(text, strlen(text), &value), STEPUP_OK);
	json_decref(value);
	free(text);
}

static void values_too_deep_are_not_written_either(void **state)
{
	json_t *value = json_object();
	char *canonical = NULL;
	size_t size;

	(void)state;
	for (int i = 0; i < 40; i++)
		value = json_pack("{s:o}", "a", value);
	assert_int_equal(json_canonical(value, &canonical, &size), STEPUP_INVALID);
	assert_null(canonical);
	json_decref(value);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(members_stand_in_the_order_of_their_utf16_units),
	cmocka_unit_test(strings_have_these_escapes_and_no_others),
	cmocka_unit_test(escapes_are_the_same_wherever_they_stand),
	cmocka_unit_test(white_space_goes_and_values_stay),
	cmocka_unit_test(fractions_and_large_numbers_have_no_canonical_form),
	cmocka_unit_test(only_one_whole_object_is_parsed),
	cmocka_unit_test(duplicate_members_are_refused),
	cmocka_unit_test(nul_is_refused_in_every_disguise),
	cmocka_unit_test(broken_utf8_is_refused),
	cmocka_unit_test(nesting_stops_at_32),
	cmocka_unit_test(values_too_deep_are_not_written_either),
};

TAP_MAIN(tests)
