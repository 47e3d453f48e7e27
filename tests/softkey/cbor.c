/* SPDX-License-Identifier: BSD-2-Clause */
/* As much CBOR as CTAP2 needs. */
#include "tests/softkey/cbor.h"

#include <string.h>

enum major {
	MAJOR_UNSIGNED,
	MAJOR_NEGATIVE,
	MAJOR_BYTES,
	MAJOR_TEXT,
	MAJOR_ARRAY,
	MAJOR_MAP,
	MAJOR_TAG,
	MAJOR_SIMPLE
};

#define SIMPLE_FALSE 20
#define SIMPLE_TRUE 21
#define DEPTH_MAX 8

/* An item's head; false where it is torn or of indefinite length. */
static bool read_head(struct cbor_in *in, enum major *major, uint64_t *value)
{
	size_t following;
	uint8_t first;

	if (in->bad || in->at == in->end)
		goto bad;
	first = *in->at++;
	*major = (enum major)(first >> 5);
	*value = first & 0x1f;
	if (*value < 24)
		return true;
	if (*value > 27)
		goto bad;
	following = (size_t)1 << (*value - 24);
	if ((size_t)(in->end - in->at) < following)
		goto bad;
	*value = 0;
	while (following-- > 0)
		*value = *value << 8 | *in->at++;
	return true;
bad:
	in->bad = true;
	return false;
}

static uint64_t read_of(struct cbor_in *in, enum major wanted)
{
	enum major major;
	uint64_t value;

	if (!read_head(in, &major, &value) || major != wanted) {
		in->bad = true;
		return 0;
	}
	return value;
}

size_t cbor_read_map(struct cbor_in *in)
{
	return (size_t)read_of(in, MAJOR_MAP);
}

size_t cbor_read_array(struct cbor_in *in)
{
	return (size_t)read_of(in, MAJOR_ARRAY);
}

int64_t cbor_read_int(struct cbor_in *in)
{
	enum major major;
	uint64_t value;

	if (!read_head(in, &major, &value) || major > MAJOR_NEGATIVE || value > INT32_MAX) {
		in->bad = true;
		return 0;
	}
	return major == MAJOR_UNSIGNED ? (int64_t)value : -1 - (int64_t)value;
}

bool cbor_read_bool(struct cbor_in *in)
{
	uint64_t value = read_of(in, MAJOR_SIMPLE);

	if (value != SIMPLE_TRUE && value != SIMPLE_FALSE)
		in->bad = true;
	return !in->bad && value == SIMPLE_TRUE;
}

static const uint8_t *read_string(struct cbor_in *in, enum major major, size_t *size)
{
	uint64_t length = read_of(in, major);
	const uint8_t *bytes = in->at;

	*size = 0;
	if (in->bad || length > (uint64_t)(in->end - in->at)) {
		in->bad = true;
		return NULL;
	}
	in->at += length;
	*size = (size_t)length;
	return bytes;
}

const uint8_t *cbor_read_bytes(struct cbor_in *in, size_t *size)
{
	return read_string(in, MAJOR_BYTES, size);
}

const char *cbor_read_text(struct cbor_in *in, size_t *size)
{
	return (const char *)read_string(in, MAJOR_TEXT, size);
}

void cbor_read_string(struct cbor_in *in, char *text, size_t capacity)
{
	size_t size;
	const char *found = cbor_read_text(in, &size);

	text[0] = '\0';
	if (found == NULL || size >= capacity || memchr(found, '\0', size) != NULL) {
		in->bad = true;
		return;
	}
	memcpy(text, found, size);
	text[size] = '\0';
}

static void skip(struct cbor_in *in, int depth)
{
	enum major major;
	uint64_t value, items = 0;

	if (depth > DEPTH_MAX || !read_head(in, &major, &value)) {
		in->bad = true;
		return;
	}
	if (major == MAJOR_BYTES || major == MAJOR_TEXT) {
		if (value > (uint64_t)(in->end - in->at))
			in->bad = true;
		else
			in->at += value;
	}
	if (major == MAJOR_ARRAY)
		items = value;
	else if (major == MAJOR_MAP)
		items = value * 2;
	for (; items > 0 && !in->bad; items--)
		skip(in, depth + 1);
}

void cbor_skip(struct cbor_in *in)
{
	skip(in, 0);
}

void cbor_raw(struct cbor_out *out, const void *bytes, size_t size)
{
	if (out->bad || size > sizeof(out->bytes) - out->size) {
		out->bad = true;
		return;
	}
	if (size > 0)
		memcpy(out->bytes + out->size, bytes, size);
	out->size += size;
}

static void write_head(struct cbor_out *out, enum major major, uint64_t value)
{
	uint8_t head[9] = {(uint8_t)(major << 5)};
	size_t following = value < 24		 ? 0
			   : value < 0x100	 ? 1
			   : value < 0x10000	 ? 2
			   : value < 0x100000000 ? 4
						 : 8;

	if (following == 0)
		head[0] = (uint8_t)(head[0] | value);
	else
		head[0] = (uint8_t)(head[0] | (following == 1	       ? 24
						      : following == 2 ? 25
						      : following == 4 ? 26
								       : 27));
	for (size_t i = 0; i < following; i++)
		head[1 + i] = (uint8_t)(value >> (8 * (following - 1 - i)));
	cbor_raw(out, head, 1 + following);
}

void cbor_map(struct cbor_out *out, size_t pairs)
{
	write_head(out, MAJOR_MAP, pairs);
}

void cbor_array(struct cbor_out *out, size_t elements)
{
	write_head(out, MAJOR_ARRAY, elements);
}

void cbor_int(struct cbor_out *out, int64_t value)
{
	if (value < 0)
		write_head(out, MAJOR_NEGATIVE, (uint64_t)(-1 - value));
	else
		write_head(out, MAJOR_UNSIGNED, (uint64_t)value);
}

void cbor_bool(struct cbor_out *out, bool value)
{
	write_head(out, MAJOR_SIMPLE, value ? SIMPLE_TRUE : SIMPLE_FALSE);
}

void cbor_bytes(struct cbor_out *out, const void *bytes, size_t size)
{
	write_head(out, MAJOR_BYTES, size);
	cbor_raw(out, bytes, size);
}

void cbor_text(struct cbor_out *out, const char *text)
{
	write_head(out, MAJOR_TEXT, strlen(text));
	cbor_raw(out, text, strlen(text));
}
