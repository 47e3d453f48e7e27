/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes that tests put together, right or wrong: SSH's numbers and strings (RFC 4251 section 5), CBOR's heads
 * (RFC 8949 section 3).
 */
#ifndef STEPUP_TESTS_UNIT_BLOB_H
#define STEPUP_TESTS_UNIT_BLOB_H

#include <stddef.h>
#include <stdint.h>

struct made_blob {
	uint8_t bytes[32768];
	size_t size;
};

void blob_raw(struct made_blob *blob, const void *bytes, size_t size);
void blob_u8(struct made_blob *blob, unsigned value);
void blob_u16(struct made_blob *blob, unsigned value);
void blob_u32(struct made_blob *blob, uint32_t value);
void blob_string(struct made_blob *blob, const void *bytes, size_t size);
void blob_text(struct made_blob *blob, const char *text);

/* CBOR: the shortest head of a major type (0 … 7), and items. */
void blob_head(struct made_blob *blob, unsigned major, uint64_t value);
void blob_cbor_int(struct made_blob *blob, int64_t value);
void blob_cbor_bytes(struct made_blob *blob, const void *bytes, size_t size);
void blob_cbor_text(struct made_blob *blob, const char *text);

/* Reads hexadecimal; its bytes are appended. */
void blob_hex(struct made_blob *blob, const char *hex);

#endif
