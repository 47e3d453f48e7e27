/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compact bytes for what the store seals: a writer that grows and a reader that checks every length.
 * Numbers are big-endian, byte strings stand behind their length. A failure sticks, so that a caller checks
 * once, at the end.
 * MUST: wipe what it lets go; never read past the end; call nothing whole that has bytes left over.
 * Layer: verifier/state/records/. libc only.
 */
#ifndef STEPUP_VERIFIER_PACK_H
#define STEPUP_VERIFIER_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

struct pack_writer {
	uint8_t *bytes;
	size_t size, capacity;
	enum stepup_error error; /* the first that happened */
};

void pack_u8(struct pack_writer *writer, unsigned value);
void pack_i64(struct pack_writer *writer, int64_t value);
void pack_raw(struct pack_writer *writer, const void *bytes, size_t size);
/* At most 65535 bytes behind their length. */
void pack_bytes(struct pack_writer *writer, const void *bytes, size_t size);
/* A text without its NUL. */
void pack_text(struct pack_writer *writer, const char *text);
/* Gives the bytes to the caller, who wipes and frees them, or the error. */
enum stepup_error pack_finish(struct pack_writer *writer, uint8_t **bytes, size_t *size);
/* Wipes and frees what a writer holds. */
void pack_clear(struct pack_writer *writer);

struct pack_reader {
	const uint8_t *bytes;
	size_t left;
	bool broken;
};

/* The next value; 0 where the reader is broken. */
unsigned unpack_u8(struct pack_reader *reader);
/* As unpack_u8; above `maximum` breaks the reader. */
unsigned unpack_u8_at_most(struct pack_reader *reader, unsigned maximum);
int64_t unpack_i64(struct pack_reader *reader);
void unpack_raw(struct pack_reader *reader, void *bytes, size_t size);
/* At most `capacity` bytes; their number. */
size_t unpack_bytes(struct pack_reader *reader, void *bytes, size_t capacity);
/* At most `capacity` - 1 bytes without a NUL among them, and a NUL. */
void unpack_text(struct pack_reader *reader, char *text, size_t capacity);
/* STEPUP_CORRUPT where anything was broken or bytes are left over. */
enum stepup_error unpack_finish(const struct pack_reader *reader);

#endif
