/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/wire/message.h: a message is exactly what its table says, and the tables are exactly what the
 * .varlink texts say.
 */
#include "tests/unit/cmocka_tap.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/receipt_check.h"
#include "lib/wire/action.h"
#include "lib/wire/message.h"
#include "lib/wire/user_name.h"

static const struct field fields[] = {
	{"text", FIELD_TEXT, 5, true},
	{"number", FIELD_NUMBER, 10, false},
	{"bool", FIELD_BOOL, 0, false},
	{"object", FIELD_OBJECT, 2, false},
	{"texts", FIELD_TEXTS, 3, false},
	{"objects", FIELD_OBJECTS, 2, false},
	{NULL, FIELD_TEXT, 0, false},
};

/* Checks one JSON text; NULL for one that is as the table says, else the field that is named. */
static const char *checked(const char *text)
{
	static char bad_field[FIELD_NAME_SIZE];
	json_t *object = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	enum stepup_error error;

	assert_non_null(object);
	error = message_check(fields, object, bad_field);
	json_decref(object);
	assert_true(error == STEPUP_OK || error == STEPUP_INVALID);
	return error == STEPUP_OK ? NULL : bad_field;
}

static void a_message_as_its_table_says_is_fine(void **state)
{
	(void)state;
	assert_null(checked("{\"text\":\"12345\"}"));
	assert_null(checked("{\"text\":\"\",\"number\":10,\"bool\":false,\"object\":{\"a\":[1]},"
			"\"texts\":[\"abc\",\"\"],\"objects\":[{},{}]}"));
	assert_null(checked("{\"text\":\"\",\"number\":0,\"bool\":true,\"object\":{},\"texts\":[],"
			"\"objects\":[]}"));
	assert_null(checked("{\"text\":\"\u00e9\u00e9\"}"));
}

static void null_counts_as_left_out(void **state)
{
	(void)state;
	assert_null(checked("{\"text\":\"a\",\"number\":null,\"bool\":null,\"object\":null,\"texts\":null,"
			"\"objects\":null}"));
	assert_string_equal(checked("{\"text\":null}"), "text");
}

static void a_missing_field_is_named(void **state)
{
	(void)state;
	assert_string_equal(checked("{}"), "text");
	assert_string_equal(checked("{\"number\":1}"), "text");
}

static void an_unknown_field_is_named(void **state)
{
	(void)state;
	assert_string_equal(checked("{\"text\":\"a\",\"uid\":0}"), "uid");
	assert_string_equal(checked("{\"text\":\"a\",\"Text\":\"b\"}"), "Text");
	assert_string_equal(checked("{\"text\":\"a\",\"other\":null}"), "other");
}

static void a_field_of_another_type_is_named(void **state)
{
	static const char *const values[] = {"\"a\"", "1", "1.5", "true", "{}", "[]", "[\"a\"]",
		"[{}]", "[1]"};
	/* Which of the values each field takes. */
	static const struct {
		const char *name, *takes;
	} matrix[] = {{"text", "100000000"}, {"number", "010000000"}, {"bool", "000100000"},
		{"object", "000010000"}, {"texts", "000001100"}, {"objects", "000001010"}};

	(void)state;
	for (size_t f = 0; f < 6; f++) {
		for (size_t v = 0; v < 9; v++) {
			const char *bad;
			char message[128];

			(void)snprintf(message, sizeof(message), "{%s\"%s\":%s}",
				f == 0 ? "" : "\"text\":\"\",", matrix[f].name, values[v]);
			bad = checked(message);
			if (matrix[f].takes[v] == '1')
				assert_null(bad);
			else
				assert_string_equal(bad, matrix[f].name);
		}
	}
}

static void a_field_beyond_its_maximum_is_named(void **state)
{
	(void)state;
	assert_string_equal(checked("{\"text\":\"123456\"}"), "text");
	assert_string_equal(checked("{\"text\":\"\u00e9\u00e9\u00e9\"}"), "text"); /* bytes count */
	assert_string_equal(checked("{\"text\":\"\",\"number\":11}"), "number");
	assert_string_equal(checked("{\"text\":\"\",\"number\":-1}"), "number");
	assert_string_equal(checked("{\"text\":\"\",\"object\":{\"a\":1,\"b\":2,\"c\":3}}"), "object");
	assert_string_equal(checked("{\"text\":\"\",\"texts\":[\"abcd\"]}"), "texts");
	assert_string_equal(checked("{\"text\":\"\",\"objects\":[{},{},{}]}"), "objects");
}

static void more_than_64_texts_are_too_many(void **state)
{
	json_t *texts = json_array(), *object = json_pack("{s:s, s:o}", "text", "", "texts", texts);
	char bad_field[FIELD_NAME_SIZE];

	(void)state;
	for (int i = 0; i < 64; i++)
		json_array_append_new(texts, json_string("a"));
	assert_int_equal(message_check(fields, object, bad_field), STEPUP_OK);
	json_array_append_new(texts, json_string("a"));
	assert_int_equal(message_check(fields, object, bad_field), STEPUP_INVALID);
	assert_string_equal(bad_field, "texts");
	json_decref(object);
}

static void a_text_with_nul_is_refused(void **state)
{
	(void)state;
	assert_string_equal(checked("{\"text\":\"a\\u0000\"}"), "text");
	assert_string_equal(checked("{\"text\":\"\",\"texts\":[\"\\u0000\"]}"), "texts");
}

static void what_is_no_object_is_refused(void **state)
{
	char bad_field[FIELD_NAME_SIZE];

	(void)state;
	assert_string_equal(checked("[]"), "");
	assert_string_equal(checked("5"), "");
	assert_int_equal(message_check(fields, NULL, bad_field), STEPUP_INVALID);
}

static void a_hostile_field_name_is_made_printable_and_cut(void **state)
{
	char message[600], name[400];
	const char *bad;

	(void)state;
	assert_null(strpbrk(checked("{\"text\":\"\",\"\\u001b[2J\\n\\u202e\":1}"), "\x1b\n\xe2"));
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	(void)snprintf(message, sizeof(message), "{\"text\":\"\",\"%s\":1}", name);
	bad = checked(message);
	assert_int_equal(strlen(bad), FIELD_NAME_SIZE - 1);
}

static void fields_are_read_with_a_default_for_what_was_left_out(void **state)
{
	json_t *object = json_pack("{s:s, s:i, s:b, s:n}", "text", "a", "number", 7, "bool", 1, "none");

	(void)state;
	assert_string_equal(message_text(object, "text"), "a");
	assert_null(message_text(object, "none"));
	assert_null(message_text(object, "number"));
	assert_int_equal(message_number(object, "number", -1), 7);
	assert_int_equal(message_number(object, "none", -1), -1);
	assert_true(message_bool(object, "bool", false));
	assert_true(message_bool(object, "none", true));
	assert_false(message_bool(object, "missing", false));
	json_decref(object);
}

/* Reading the .varlink texts: comments go, white space goes. */

static char *squeezed(const char *text)
{
	char *out = malloc(strlen(text) + 1), *end = out;

	for (; *text != '\0'; text++) {
		if (*text == '#')
			text += strcspn(text, "\n");
		if (strncmp(text, "method ", 7) == 0 && end[-1] != '@') {
			*end++ = '@';
			text += 6;
		} else if (strncmp(text, "error ", 6) == 0 || strncmp(text, "type ", 5) == 0) {
			*end++ = '%';
		} else if (*text != '\0' && !isspace((unsigned char)*text)) {
			*end++ = *text;
		}
		if (*text == '\0')
			break;
	}
	*end = '\0';
	return out;
}

/* Compares "name:type,…)" with a table and returns the place behind the bracket. */
static const char *compare_fields(const struct interface *interface, const char *method, const char *text,
	const struct field *table)
{
	for (; *text != ')'; table++) {
		size_t length = strcspn(text, ":");
		char name[64] = "", type[64] = "";
		bool required;
		const char *expected;

		memcpy(name, text, length);
		text += length + 1;
		required = *text != '?';
		text += required ? 0 : 1;
		length = *text == '(' ? strcspn(text, ")") + 1 : strcspn(text, ",)");
		memcpy(type, text, length);
		text += length;
		text += *text == ',' ? 1 : 0;
		if (table->name == NULL)
			fail_msg("%s.%s: %s is not in the table", interface->name, method, name);
		expected = strcmp(type, "string") == 0 ? "TEXT" : strcmp(type, "int") == 0 ? "NUMBER"
			: strcmp(type, "bool") == 0 ? "BOOL" : strcmp(type, "object") == 0 ? "OBJECT"
			: strcmp(type, "[]string") == 0 ? "TEXTS" : strncmp(type, "[]", 2) == 0 ? "OBJECTS"
			: isupper((unsigned char)type[0]) ? "OBJECT" : type;
		assert_string_equal(table->name, name);
		assert_string_equal(((const char *const[]){"TEXT", "NUMBER", "BOOL", "OBJECT", "TEXTS",
					"OBJECTS"})[table->type], expected);
		if (table->required != required)
			fail_msg("%s.%s: %s: required or not?", interface->name, method, name);
		if (table->type != FIELD_BOOL && table->maximum <= 0)
			fail_msg("%s.%s: %s has no maximum", interface->name, method, name);
	}
	if (table->name != NULL)
		fail_msg("%s.%s: %s is not in the text", interface->name, method, table->name);
	return text + 1;
}

static void compare_interface(const struct interface *interface)
{
	char *text = squeezed(interface->description);
	const struct method *method = interface->methods;
	const char *at = text;

	assert_non_null(strstr(interface->description, interface->name));
	while ((at = strchr(at, '@')) != NULL) {
		size_t length = strcspn(++at, "(");

		assert_non_null(method->name);
		assert_int_equal(strlen(method->name), length);
		assert_memory_equal(method->name, at, length);
		assert_ptr_equal(interface_method(interface, method->name), method);
		at = compare_fields(interface, method->name, at + length + 1, method->in);
		assert_memory_equal(at, "->(", 3);
		at = compare_fields(interface, method->name, at + 3, method->out);
		method++;
	}
	assert_null(method->name);
	free(text);
}

static void the_tables_say_what_the_interface_texts_say(void **state)
{
	(void)state;
	compare_interface(&interface_verify);
	compare_interface(&interface_admin);
	compare_interface(&interface_redeem);
	compare_interface(&interface_hooks);
	assert_null(interface_method(&interface_verify, "Init"));
	assert_null(interface_method(&interface_verify, "begin"));
	assert_null(interface_method(&interface_verify, ""));
}

/* The maximum of a method's field; -1 if it has none of that name. */
static int64_t most(const struct interface *interface, const char *method, const char *name)
{
	const struct field *field = interface_method(interface, method)->in;

	while (field->name != NULL && strcmp(field->name, name) != 0)
		field++;
	return field->name == NULL ? -1 : field->maximum;
}

static void sizes_that_stand_in_texts_and_in_code_are_the_same(void **state)
{
	(void)state;
	assert_int_equal(most(&interface_verify, "Begin", "action"), ACTION_NAME_SIZE - 1);
	assert_int_equal(most(&interface_verify, "Begin", "details"), DETAIL_COUNT_MAX);
	assert_int_equal(most(&interface_verify, "Begin", "user"), USER_NAME_MAX_BYTES);
	assert_int_equal(most(&interface_admin, "Log", "from"), DETAIL_NUMBER_MAX);
	assert_int_equal(most(&interface_redeem, "Redeem", "receipt"), RECEIPT_SIZE_MAX);
}

static void compare_with_file(const struct interface *interface)
{
	char path[4096], text[65536] = "";
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/lib/wire/interfaces/%s.varlink", STEPUP_TEST_SOURCE,
		interface->name);
	file = fopen(path, "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	(void)fclose(file);
	assert_string_equal(interface->description, text);
}

static void what_is_served_is_the_installed_text_byte_for_byte(void **state)
{
	(void)state;
	compare_with_file(&interface_verify);
	compare_with_file(&interface_admin);
	compare_with_file(&interface_redeem);
	compare_with_file(&interface_hooks);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_message_as_its_table_says_is_fine),
	cmocka_unit_test(null_counts_as_left_out),
	cmocka_unit_test(a_missing_field_is_named),
	cmocka_unit_test(an_unknown_field_is_named),
	cmocka_unit_test(a_field_of_another_type_is_named),
	cmocka_unit_test(a_field_beyond_its_maximum_is_named),
	cmocka_unit_test(more_than_64_texts_are_too_many),
	cmocka_unit_test(a_text_with_nul_is_refused),
	cmocka_unit_test(what_is_no_object_is_refused),
	cmocka_unit_test(a_hostile_field_name_is_made_printable_and_cut),
	cmocka_unit_test(fields_are_read_with_a_default_for_what_was_left_out),
	cmocka_unit_test(the_tables_say_what_the_interface_texts_say),
	cmocka_unit_test(sizes_that_stand_in_texts_and_in_code_are_the_same),
	cmocka_unit_test(what_is_served_is_the_installed_text_byte_for_byte),
};

TAP_MAIN(tests)
