/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading bytes from outside part by part, and writing such bytes: big-endian numbers, and strings behind a
 * length of four bytes (RFC 4251 section 5). A failure sticks, so that a caller checks once, at the end.
 * MUST: never read past the end; call nothing whole that has bytes left over.
 * Layer: lib/base/, libc only.
 */
#ifndef STEPUP_LIB_BYTE_CURSOR_H
#define STEPUP_LIB_BYTE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

/* A stretch of somebody else's bytes. */
struct byte_cursor {
	const uint8_t *at;
	size_t left;
	bool broken;
};

/* The next number; 0 where the cursor is broken. */
uint8_t cursor_u8(struct byte_cursor *cursor);
uint16_t cursor_u16(struct byte_cursor *cursor);
uint32_t cursor_u32(struct byte_cursor *cursor);

/* The next `size` bytes, within the cursor's own; NULL where there aren't so many. */
const uint8_t *cursor_raw(struct byte_cursor *cursor, size_t size);

/* The next string, as a cursor of its own; a broken one where there is none. */
struct byte_cursor cursor_string(struct byte_cursor *cursor);

/* The next string as text without a NUL inside, into `text` of `capacity` bytes; breaks the cursor where it
 * has one or doesn't fit. */
void cursor_text(struct byte_cursor *cursor, char *text, size_t capacity);

/* Whether everything left is exactly this text. */
bool cursor_is(const struct byte_cursor *cursor, const char *text);

/* Whether nothing was broken and nothing is left over. */
bool cursor_is_done(const struct byte_cursor *cursor);

/* Zero-initialise. */
struct byte_writer {
	uint8_t *bytes; /* owned */
	size_t size, capacity;
	bool broken;    /* no memory, or a string too long for its length */
};

void writer_u8(struct byte_writer *writer, uint8_t value);
void writer_u32(struct byte_writer *writer, uint32_t value);
void writer_raw(struct byte_writer *writer, const void *bytes, size_t size);
void writer_string(struct byte_writer *writer, const void *bytes, size_t size);
void writer_text(struct byte_writer *writer, const char *text); /* a string without its NUL */

/* Gives the bytes to the caller, who frees them, or STEPUP_NO_MEMORY; the writer is empty after it. */
enum stepup_error writer_finish(struct byte_writer *writer, uint8_t **bytes, size_t *size);

#endif
