/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RFC 8785 for the values that are signed here, and the strict parser for what comes in through a door.
 * MUST: give one text for one value; refuse what has no canonical form; never recurse deeper than DEPTH_MAX.
 */
#include "lib/wire/canonical_json.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "lib/base/wipe.h"

#define DEPTH_MAX 32
#define NUMBER_MAX INT64_C(9007199254740991) /* 2^53-1, RFC 8785 section 3.2.2.3 and appendix B */

/* Text that grows; `failed` sticks, so that writers need not check each step. */
struct writer {
	char *text;
	size_t length, capacity;
	enum stepup_error failed;
};

/* Moves the text to a larger place, and wipes it where it was. */
static bool move_text(struct writer *writer, size_t capacity)
{
	void *old = writer->text;
	char *text = malloc(capacity);

	if (text == NULL)
		return false;
	if (writer->length > 0)
		memcpy(text, old, writer->length);
	wipe_free(&old, writer->capacity);
	writer->text = text;
	writer->capacity = capacity;
	return true;
}

static void write_bytes(struct writer *writer, const char *bytes, size_t size)
{
	size_t capacity = writer->capacity;

	if (writer->failed != STEPUP_OK)
		return;
	if (size >= SIZE_MAX / 2 - writer->length) {
		writer->failed = STEPUP_TOO_LONG;
		return;
	}
	while (capacity < writer->length + size + 1)
		capacity = capacity == 0 ? 256 : capacity * 2;
	if (capacity != writer->capacity && !move_text(writer, capacity)) {
		writer->failed = STEPUP_NO_MEMORY;
		return;
	}
	memcpy(writer->text + writer->length, bytes, size);
	writer->length += size;
	writer->text[writer->length] = '\0';
}

static void write_text(struct writer *writer, const char *text)
{
	write_bytes(writer, text, strlen(text));
}

/* A string with the escapes of RFC 8785 section 3.2.2.2 and no others. */
static void write_string(struct writer *writer, const char *text, size_t size)
{
	static const char *const shorts[0x20] = {
		['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r"};
	char escape[8];
	size_t written = 0; /* of the text; what needs no escape is written in one go */

	if (!utf8_is_valid(text, size)) {
		writer->failed = writer->failed != STEPUP_OK ? writer->failed : STEPUP_INVALID;
		return;
	}
	write_text(writer, "\"");
	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (byte >= 0x20 && byte != '"' && byte != '\\')
			continue;
		write_bytes(writer, text + written, i - written);
		written = i + 1;
		if (byte >= 0x20) {
			(void)snprintf(escape, sizeof(escape), "\\%c", byte);
			write_text(writer, escape);
		} else if (shorts[byte] != NULL) {
			write_text(writer, shorts[byte]);
		} else {
			(void)snprintf(escape, sizeof(escape), "\\u%04x", byte);
			write_text(writer, escape);
		}
	}
	write_bytes(writer, text + written, size - written);
	write_text(writer, "\"");
}

static void write_number(struct writer *writer, json_int_t number)
{
	char digits[32];

	if (number > NUMBER_MAX || number < -NUMBER_MAX) {
		writer->failed = writer->failed != STEPUP_OK ? writer->failed : STEPUP_INVALID;
		return;
	}
	(void)snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT, number);
	write_text(writer, digits);
}

/* UTF-8 bytes sort like code points, UTF-16 units don't: there U+10000 and above (units D800…DFFF) stand
 * before U+E000…U+FFFF. Both texts are valid UTF-8, so their first bytes EE and EF (U+E000…U+FFFF) and F0…F4
 * need only change places. */
static unsigned utf16_rank(unsigned char byte)
{
	if (byte == 0xee || byte == 0xef)
		return byte + 0x10u;
	return byte;
}

/* Order of RFC 8785 section 3.2.3: by UTF-16 code units. */
static int compare_names(const void *left, const void *right)
{
	const unsigned char *a = *(const unsigned char *const *)left,
		*b = *(const unsigned char *const *)right;

	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return (int)utf16_rank(*a) - (int)utf16_rank(*b);
}

static void write_value(struct writer *writer, const json_t *value, int depth);

static void write_object(struct writer *writer, const json_t *object, int depth)
{
	size_t count = json_object_size(object), i = 0;
	const char **names = NULL;
	const char *name;
	json_t *member;

	if (count == 0) {
		write_text(writer, "{}");
		return;
	}
	names = calloc(count, sizeof(*names));
	if (names == NULL) {
		writer->failed = STEPUP_NO_MEMORY;
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)object, name, member)
		names[i++] = name;
	qsort(names, count, sizeof(*names), compare_names);
	for (i = 0; i < count && writer->failed == STEPUP_OK; i++) {
		write_text(writer, i == 0 ? "{" : ",");
		write_string(writer, names[i], strlen(names[i]));
		write_text(writer, ":");
		write_value(writer, json_object_get(object, names[i]), depth);
	}
	write_text(writer, "}");
	free(names);
}

static void write_array(struct writer *writer, const json_t *array, int depth)
{
	write_text(writer, "[");
	for (size_t i = 0; i < json_array_size(array) && writer->failed == STEPUP_OK; i++) {
		if (i > 0)
			write_text(writer, ",");
		write_value(writer, json_array_get(array, i), depth);
	}
	write_text(writer, "]");
}

static void write_value(struct writer *writer, const json_t *value, int depth)
{
	if (writer->failed != STEPUP_OK)
		return;
	if (value == NULL || depth >= DEPTH_MAX) {
		writer->failed = STEPUP_INVALID;
		return;
	}
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		write_object(writer, value, depth + 1);
		break;
	case JSON_ARRAY:
		write_array(writer, value, depth + 1);
		break;
	case JSON_STRING:
		write_string(writer, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		write_number(writer, json_integer_value(value));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		write_text(writer, json_is_true(value) ? "true" : "false");
		break;
	case JSON_NULL:
		write_text(writer, "null");
		break;
	case JSON_REAL:
	default:
		writer->failed = STEPUP_INVALID;
		break;
	}
}

enum stepup_error json_canonical(const json_t *value, char **text, size_t *size)
{
	struct writer writer = {0};
	void *bytes;

	write_value(&writer, value, 0);
	if (writer.failed != STEPUP_OK) {
		bytes = writer.text;
		wipe_free(&bytes, writer.capacity);
		return writer.failed;
	}
	*text = writer.text;
	*size = writer.length;
	return STEPUP_OK;
}

/* The place of the quote that ends a string, of which `at` is the first byte; `size` or more if none does. */
static size_t string_end(const char *text, size_t size, size_t at)
{
	while (at < size && text[at] != '"')
		at += text[at] == '\\' ? 2 : 1;
	return at;
}

/* Whether brackets outside strings nest at most DEPTH_MAX deep. Looked at before parsing, because the
 * parser recurses. */
static bool depth_is_fine(const char *text, size_t size)
{
	int depth = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] == '"')
			i = string_end(text, size, i + 1);
		else if (text[i] == '{' || text[i] == '[')
			depth++;
		else if (text[i] == '}' || text[i] == ']')
			depth--;
		if (depth > DEPTH_MAX)
			return false;
	}
	return true;
}

enum stepup_error json_parse_object(const char *text, size_t size, json_t **object)
{
	json_error_t error;
	json_t *value;

	if (!utf8_is_valid(text, size) || !depth_is_fine(text, size))
		return STEPUP_INVALID;
	/* Without JSON_ALLOW_NUL jansson refuses \u0000; without JSON_DISABLE_EOF_CHECK it refuses what
	 * follows the object. */
	value = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	if (value == NULL)
		return json_error_code(&error) == json_error_out_of_memory ? STEPUP_NO_MEMORY
			: STEPUP_INVALID;
	if (!json_is_object(value)) {
		json_decref(value);
		return STEPUP_INVALID;
	}
	*object = value;
	return STEPUP_OK;
}
