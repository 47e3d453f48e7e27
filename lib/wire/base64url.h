/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Base64url without padding (RFC 4648 section 5), and plain base64 with padding (section 4) for signed notes.
 * Decoding is strict: no white space, no padding where none belongs, no left-over bits.
 * Layer: lib/wire/, libc only.
 */
#ifndef STEPUP_LIB_BASE64URL_H
#define STEPUP_LIB_BASE64URL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

/* Characters that `size` bytes take in base64url, without the NUL. */
#define BASE64URL_LENGTH(size) (((size) * 4 + 2) / 3)

/* Encodes into `text`, which has room for BASE64URL_LENGTH(size) + 1 characters. */
void base64url_encode(const void *bytes, size_t size, char *text);

/* The same in memory of its own, which the caller frees. NULL where there is no memory. */
char *base64url_encode_new(const void *bytes, size_t size);

/* Decodes a NUL-terminated text into at most `capacity` bytes; their number goes to `*size`.
 * STEPUP_INVALID for anything but canonical base64url, STEPUP_TOO_LONG where the room is too small. */
enum stepup_error base64url_decode(const char *text, void *bytes, size_t capacity, size_t *size);

/* Plain base64 with padding; the caller frees. NULL where there is no memory. */
char *base64_encode_new(const void *bytes, size_t size);

/* Plain base64 with padding, as strict as base64url_decode. */
enum stepup_error base64_decode(const char *text, void *bytes, size_t capacity, size_t *size);

#endif
