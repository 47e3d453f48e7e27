/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writers and readers of compact bytes.
 */
#include "verifier/state/records/pack.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"

#define FIRST_CAPACITY 512

/* Makes room for `size` more; realloc() would leave a copy behind. */
static bool pack_make_room(struct pack_writer *writer, size_t size)
{
	size_t capacity = writer->capacity ? writer->capacity : FIRST_CAPACITY;
	uint8_t *bytes;

	if (writer->error != STEPUP_OK)
		return false;
	if (size <= writer->capacity - writer->size)
		return true;
	while (capacity - writer->size < size)
		capacity *= 2;
	bytes = malloc(capacity);
	if (bytes == NULL) {
		writer->error = STEPUP_NO_MEMORY;
		return false;
	}
	if (writer->size > 0)
		memcpy(bytes, writer->bytes, writer->size);
	if (writer->bytes != NULL)
		wipe_memory(writer->bytes, writer->size);
	free(writer->bytes);
	writer->bytes = bytes;
	writer->capacity = capacity;
	return true;
}

void pack_raw(struct pack_writer *writer, const void *bytes, size_t size)
{
	if (size == 0 || !pack_make_room(writer, size))
		return;
	memcpy(writer->bytes + writer->size, bytes, size);
	writer->size += size;
}

void pack_u8(struct pack_writer *writer, unsigned value)
{
	uint8_t byte = (uint8_t)value;

	if (value > UINT8_MAX && writer->error == STEPUP_OK)
		writer->error = STEPUP_TOO_LONG;
	pack_raw(writer, &byte, 1);
}

void pack_i64(struct pack_writer *writer, int64_t value)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
	pack_raw(writer, bytes, sizeof(bytes));
}

void pack_bytes(struct pack_writer *writer, const void *bytes, size_t size)
{
	if (size > UINT16_MAX && writer->error == STEPUP_OK)
		writer->error = STEPUP_TOO_LONG;
	if (size > UINT16_MAX)
		return;
	pack_u8(writer, (unsigned)(size >> 8));
	pack_u8(writer, (unsigned)(size & 0xff));
	pack_raw(writer, bytes, size);
}

void pack_text(struct pack_writer *writer, const char *text)
{
	pack_bytes(writer, text, strlen(text));
}

enum stepup_error pack_finish(struct pack_writer *writer, uint8_t **bytes, size_t *size)
{
	enum stepup_error error = writer->error;

	if (error != STEPUP_OK) {
		pack_clear(writer);
		return error;
	}
	*bytes = writer->bytes;
	*size = writer->size;
	*writer = (struct pack_writer){0};
	return STEPUP_OK;
}

void pack_clear(struct pack_writer *writer)
{
	if (writer->bytes != NULL)
		wipe_memory(writer->bytes, writer->size);
	free(writer->bytes);
	*writer = (struct pack_writer){0};
}

static const uint8_t *pack_take(struct pack_reader *reader, size_t size)
{
	const uint8_t *at = reader->bytes;

	if (reader->broken || size > reader->left) {
		reader->broken = true;
		return NULL;
	}
	reader->bytes += size;
	reader->left -= size;
	return at;
}

unsigned unpack_u8(struct pack_reader *reader)
{
	const uint8_t *at = pack_take(reader, 1);

	return at != NULL ? *at : 0;
}

unsigned unpack_u8_at_most(struct pack_reader *reader, unsigned maximum)
{
	unsigned value = unpack_u8(reader);

	if (value > maximum)
		reader->broken = true;
	return value > maximum ? 0 : value;
}

int64_t unpack_i64(struct pack_reader *reader)
{
	const uint8_t *at = pack_take(reader, 8);
	uint64_t value = 0;

	for (unsigned i = 0; at != NULL && i < 8; i++)
		value = value << 8 | at[i];
	return (int64_t)value;
}

void unpack_raw(struct pack_reader *reader, void *bytes, size_t size)
{
	const uint8_t *at = pack_take(reader, size);

	if (at != NULL)
		memcpy(bytes, at, size);
}

size_t unpack_bytes(struct pack_reader *reader, void *bytes, size_t capacity)
{
	size_t size = (size_t)unpack_u8(reader) << 8;

	size |= unpack_u8(reader);
	if (size > capacity)
		reader->broken = true;
	unpack_raw(reader, bytes, size);
	return reader->broken ? 0 : size;
}

void unpack_text(struct pack_reader *reader, char *text, size_t capacity)
{
	size_t size = unpack_bytes(reader, text, capacity - 1);

	text[size] = '\0';
	if (memchr(text, '\0', size) != NULL)
		reader->broken = true;
}

enum stepup_error unpack_finish(const struct pack_reader *reader)
{
	return reader->broken || reader->left > 0 ? STEPUP_CORRUPT : STEPUP_OK;
}
