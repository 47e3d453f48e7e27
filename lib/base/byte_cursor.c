/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cursors over bytes from outside, and a writer that grows.
 */
#include "lib/base/byte_cursor.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 256

const uint8_t *cursor_raw(struct byte_cursor *cursor, size_t size)
{
	const uint8_t *at = cursor->at;

	if (cursor->broken || size > cursor->left) {
		cursor->broken = true;
		return NULL;
	}
	if (size > 0) {
		cursor->at += size;
		cursor->left -= size;
	}
	return at;
}

/* The next number of `size` bytes. */
static uint32_t cursor_number(struct byte_cursor *cursor, size_t size)
{
	const uint8_t *at = cursor_raw(cursor, size);
	uint32_t value = 0;

	for (size_t i = 0; at != NULL && i < size; i++)
		value = value << 8 | at[i];
	return value;
}

uint8_t cursor_u8(struct byte_cursor *cursor)
{
	return (uint8_t)cursor_number(cursor, 1);
}

uint16_t cursor_u16(struct byte_cursor *cursor)
{
	return (uint16_t)cursor_number(cursor, 2);
}

uint32_t cursor_u32(struct byte_cursor *cursor)
{
	return cursor_number(cursor, 4);
}

struct byte_cursor cursor_string(struct byte_cursor *cursor)
{
	size_t size = cursor_u32(cursor);
	struct byte_cursor string = {.at = cursor_raw(cursor, size), .left = size};

	if (cursor->broken)
		string = (struct byte_cursor){.broken = true};
	return string;
}

void cursor_text(struct byte_cursor *cursor, char *text, size_t capacity)
{
	struct byte_cursor string = cursor_string(cursor);

	text[0] = '\0';
	if (string.broken || string.left >= capacity ||
	    (string.left > 0 && memchr(string.at, '\0', string.left) != NULL)) {
		cursor->broken = true;
		return;
	}
	if (string.left > 0)
		memcpy(text, string.at, string.left);
	text[string.left] = '\0';
}

bool cursor_is(const struct byte_cursor *cursor, const char *text)
{
	return !cursor->broken && cursor->left == strlen(text) &&
		(cursor->left == 0 || memcmp(cursor->at, text, cursor->left) == 0);
}

bool cursor_is_done(const struct byte_cursor *cursor)
{
	return !cursor->broken && cursor->left == 0;
}

/* Room for `size` more bytes; false where there is none. */
static bool writer_room(struct byte_writer *writer, size_t size)
{
	size_t capacity = writer->capacity == 0 ? FIRST_CAPACITY : writer->capacity;
	uint8_t *bytes;

	if (writer->broken || size > SIZE_MAX / 4 || writer->size > SIZE_MAX / 4)
		writer->broken = true;
	if (writer->broken)
		return false;
	while (capacity < writer->size + size)
		capacity *= 2;
	if (capacity == writer->capacity)
		return true;
	bytes = realloc(writer->bytes, capacity);
	if (bytes == NULL) {
		writer->broken = true;
		return false;
	}
	writer->bytes = bytes;
	writer->capacity = capacity;
	return true;
}

void writer_raw(struct byte_writer *writer, const void *bytes, size_t size)
{
	if (!writer_room(writer, size) || size == 0)
		return;
	memcpy(writer->bytes + writer->size, bytes, size);
	writer->size += size;
}

void writer_u8(struct byte_writer *writer, uint8_t value)
{
	writer_raw(writer, &value, 1);
}

void writer_u32(struct byte_writer *writer, uint32_t value)
{
	uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
		(uint8_t)value};

	writer_raw(writer, bytes, sizeof(bytes));
}

void writer_string(struct byte_writer *writer, const void *bytes, size_t size)
{
	if (size > UINT32_MAX)
		writer->broken = true;
	writer_u32(writer, (uint32_t)size);
	writer_raw(writer, bytes, size);
}

void writer_text(struct byte_writer *writer, const char *text)
{
	writer_string(writer, text, strlen(text));
}

enum stepup_error writer_finish(struct byte_writer *writer, uint8_t **bytes, size_t *size)
{
	bool done = writer_room(writer, 0);

	*bytes = NULL;
	*size = 0;
	if (done) {
		*bytes = writer->bytes;
		*size = writer->size;
	} else {
		free(writer->bytes);
	}
	*writer = (struct byte_writer){0};
	return done ? STEPUP_OK : STEPUP_NO_MEMORY;
}
