/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks messages against their tables.
 * MUST: refuse a field that isn't in the table, one of another type, one that is too long, and a
 * missing one; name it.
 */
#include "lib/wire/message.h"

#include <string.h>

#include "lib/base/display_text.h"

#define TEXTS_MAX 64

const struct method *interface_method(const struct interface *interface, const char *name)
{
	for (const struct method *method = interface->methods; method->name != NULL; method++) {
		if (strcmp(method->name, name) == 0)
			return method;
	}
	return NULL;
}

/* A field's name as it may be shown: printable ASCII, cut to size. */
static void name_bad_field(char bad_field[FIELD_NAME_SIZE], const char *name)
{
	size_t length = 0;

	for (; name[length] != '\0' && length < FIELD_NAME_SIZE - 1; length++)
		bad_field[length] = name[length] > ' ' && name[length] < 0x7f ? name[length] : '?';
	bad_field[length] = '\0';
}

static const struct field *find_field(const struct field *fields, const char *name)
{
	for (const struct field *field = fields; field->name != NULL; field++) {
		if (strcmp(field->name, name) == 0)
			return field;
	}
	return NULL;
}

static bool text_fits(const json_t *value, int64_t maximum)
{
	return json_is_string(value) && json_string_length(value) <= (size_t)maximum &&
		utf8_is_valid(json_string_value(value), json_string_length(value));
}

static bool texts_fit(const json_t *value, int64_t maximum)
{
	if (!json_is_array(value) || json_array_size(value) > TEXTS_MAX)
		return false;
	for (size_t i = 0; i < json_array_size(value); i++) {
		if (!text_fits(json_array_get(value, i), maximum))
			return false;
	}
	return true;
}

static bool objects_fit(const json_t *value, int64_t maximum)
{
	if (!json_is_array(value) || json_array_size(value) > (size_t)maximum)
		return false;
	for (size_t i = 0; i < json_array_size(value); i++) {
		if (!json_is_object(json_array_get(value, i)))
			return false;
	}
	return true;
}

static bool value_fits(const struct field *field, const json_t *value)
{
	switch (field->type) {
	case FIELD_TEXT:
		return text_fits(value, field->maximum);
	case FIELD_NUMBER:
		return json_is_integer(value) && json_integer_value(value) >= 0 &&
			json_integer_value(value) <= field->maximum;
	case FIELD_BOOL:
		return json_is_boolean(value);
	case FIELD_OBJECT:
		return json_is_object(value) && json_object_size(value) <= (size_t)field->maximum;
	case FIELD_TEXTS:
		return texts_fit(value, field->maximum);
	case FIELD_OBJECTS:
		return objects_fit(value, field->maximum);
	case FIELD_ARRAY:
		return json_is_array(value) && json_array_size(value) <= (size_t)field->maximum;
	}
	return false;
}

enum stepup_error message_check(const struct field *fields, const json_t *object,
	char bad_field[FIELD_NAME_SIZE])
{
	const char *name;
	json_t *value;

	bad_field[0] = '\0';
	if (!json_is_object(object))
		return STEPUP_INVALID;
	json_object_foreach((json_t *)(uintptr_t)object, name, value) {
		const struct field *field = find_field(fields, name);

		if (field == NULL || (!json_is_null(value) && !value_fits(field, value))) {
			name_bad_field(bad_field, name);
			return STEPUP_INVALID;
		}
	}
	for (const struct field *field = fields; field->name != NULL; field++) {
		value = json_object_get(object, field->name);
		if (field->required && (value == NULL || json_is_null(value))) {
			name_bad_field(bad_field, field->name);
			return STEPUP_INVALID;
		}
	}
	return STEPUP_OK;
}

const char *message_text(const json_t *object, const char *field)
{
	return json_string_value(json_object_get(object, field));
}

int64_t message_number(const json_t *object, const char *field, int64_t otherwise)
{
	const json_t *value = json_object_get(object, field);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool message_bool(const json_t *object, const char *field, bool otherwise)
{
	const json_t *value = json_object_get(object, field);

	return json_is_boolean(value) ? json_is_true(value) : otherwise;
}
