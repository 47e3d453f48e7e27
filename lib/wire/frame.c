/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Varlink framing. Bytes are kept only from the first unfinished message on; what is taken out or
 * dropped is wiped.
 */
#include "lib/wire/frame.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"

#define FRAME_FIRST_CAPACITY 1024

void frame_reader_init(struct frame_reader *reader, size_t limit)
{
	*reader = (struct frame_reader){.limit = limit};
}

void frame_reader_clear(struct frame_reader *reader)
{
	void *bytes = reader->bytes;

	wipe_free(&bytes, reader->capacity);
	*reader = (struct frame_reader){.limit = reader->limit};
}

/* Makes room for `size` more bytes behind those held; realloc would leave the old ones lying about. */
static enum stepup_error reserve(struct frame_reader *reader, size_t size)
{
	size_t needed, capacity = reader->capacity;
	void *old = reader->bytes;
	char *bytes;

	if (__builtin_add_overflow(reader->length, size, &needed) || needed > SIZE_MAX / 2)
		return STEPUP_TOO_LONG;
	if (reader->start + needed <= capacity)
		return STEPUP_OK;
	if (capacity == 0)
		capacity = FRAME_FIRST_CAPACITY;
	while (capacity < needed)
		capacity *= 2;
	bytes = malloc(capacity);
	if (bytes == NULL)
		return STEPUP_NO_MEMORY;
	if (reader->length > 0)
		memcpy(bytes, reader->bytes + reader->start, reader->length);
	wipe_free(&old, reader->capacity);
	reader->bytes = bytes;
	reader->start = 0;
	reader->capacity = capacity;
	return STEPUP_OK;
}

/* Bytes of the unfinished message at the end of what is held. */
static size_t unfinished_length(const struct frame_reader *reader)
{
	const char *first = reader->bytes + reader->start;
	const char *last = reader->length > 0 ? memrchr(first, '\0', reader->length) : NULL;

	return last != NULL ? (size_t)(first + reader->length - last - 1) : reader->length;
}

/* Whether every message keeps the limit with these bytes added, the unfinished last one (which still needs
 * its NUL) included. */
static bool limit_holds(const struct frame_reader *reader, const char *bytes, size_t size)
{
	size_t pending = unfinished_length(reader);

	while (size > 0) {
		const char *end = memchr(bytes, '\0', size);
		size_t taken = end != NULL ? (size_t)(end - bytes) + 1 : size;
		size_t needed = end != NULL ? taken : taken + 1;

		if (needed > reader->limit || pending > reader->limit - needed)
			return false;
		pending = end != NULL ? 0 : pending + taken;
		bytes += taken;
		size -= taken;
	}
	return true;
}

enum stepup_error frame_reader_feed(struct frame_reader *reader, const char *bytes, size_t size)
{
	enum stepup_error error;

	if (size == 0)
		return STEPUP_OK;
	if (!limit_holds(reader, bytes, size))
		return STEPUP_TOO_LONG;
	error = reserve(reader, size);
	if (error != STEPUP_OK)
		return error;
	memcpy(reader->bytes + reader->start + reader->length, bytes, size);
	reader->length += size;
	return STEPUP_OK;
}

enum stepup_error frame_reader_next(struct frame_reader *reader, char **message, size_t *size)
{
	char *first = reader->bytes + reader->start;
	const char *end = reader->length > 0 ? memchr(first, '\0', reader->length) : NULL;
	size_t taken;
	char *copy;

	if (end == NULL)
		return STEPUP_NOT_FOUND;
	taken = (size_t)(end - first) + 1;
	copy = malloc(taken);
	if (copy == NULL)
		return STEPUP_NO_MEMORY;
	memcpy(copy, first, taken);
	wipe_memory(first, taken);
	reader->start = reader->length == taken ? 0 : reader->start + taken;
	reader->length -= taken;
	*message = copy;
	*size = taken - 1;
	return STEPUP_OK;
}
