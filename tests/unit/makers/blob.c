/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts bytes together.
 */
#include "tests/unit/makers/blob.h"
#include "tests/unit/cmocka_tap.h"

#include <stdlib.h>
#include <string.h>

void blob_raw(struct made_blob *blob, const void *bytes, size_t size)
{
	assert_true(blob->size + size <= sizeof(blob->bytes));
	if (size > 0)
		memcpy(blob->bytes + blob->size, bytes, size);
	blob->size += size;
}

void blob_u8(struct made_blob *blob, unsigned value)
{
	blob_raw(blob, (const uint8_t[]){(uint8_t)value}, 1);
}

void blob_u16(struct made_blob *blob, unsigned value)
{
	blob_u8(blob, value >> 8);
	blob_u8(blob, value & 0xff);
}

void blob_u32(struct made_blob *blob, uint32_t value)
{
	blob_u16(blob, value >> 16);
	blob_u16(blob, value & 0xffff);
}

void blob_string(struct made_blob *blob, const void *bytes, size_t size)
{
	blob_u32(blob, (uint32_t)size);
	blob_raw(blob, bytes, size);
}

void blob_text(struct made_blob *blob, const char *text)
{
	blob_string(blob, text, strlen(text));
}

void blob_head(struct made_blob *blob, unsigned major, uint64_t value)
{
	if (value < 24) {
		blob_u8(blob, major << 5 | (unsigned)value);
	} else if (value <= UINT8_MAX) {
		blob_u8(blob, major << 5 | 24);
		blob_u8(blob, (unsigned)value);
	} else if (value <= UINT16_MAX) {
		blob_u8(blob, major << 5 | 25);
		blob_u16(blob, (unsigned)value);
	} else if (value <= UINT32_MAX) {
		blob_u8(blob, major << 5 | 26);
		blob_u32(blob, (uint32_t)value);
	} else {
		blob_u8(blob, major << 5 | 27);
		blob_u32(blob, (uint32_t)(value >> 32));
		blob_u32(blob, (uint32_t)value);
	}
}

void blob_cbor_int(struct made_blob *blob, int64_t value)
{
	if (value >= 0)
		blob_head(blob, 0, (uint64_t)value);
	else
		blob_head(blob, 1, (uint64_t)(-1 - value));
}

void blob_cbor_bytes(struct made_blob *blob, const void *bytes, size_t size)
{
	blob_head(blob, 2, size);
	blob_raw(blob, bytes, size);
}

void blob_cbor_text(struct made_blob *blob, const char *text)
{
	blob_head(blob, 3, strlen(text));
	blob_raw(blob, text, strlen(text));
}

void blob_hex(struct made_blob *blob, const char *hex)
{
	assert_int_equal(strlen(hex) % 2, 0);
	for (; *hex != '\0'; hex += 2)
		blob_u8(blob, (unsigned)strtoul((char[]){hex[0], hex[1], '\0'}, NULL, 16));
}
