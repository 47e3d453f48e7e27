/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * As much CBOR (RFC 8949) as CTAP2 needs: a cursor that reads, a buffer that is written to. Definite lengths
 * only.
 * Layer: tests/softkey/, libc only.
 */
#ifndef STEPUP_TESTS_SOFTKEY_CBOR_H
#define STEPUP_TESTS_SOFTKEY_CBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reading. Whatever isn't as expected sets `bad`, and everything read after that is nothing. */
struct cbor_in {
	const uint8_t *at, *end;
	bool bad;
};

size_t cbor_read_map(struct cbor_in *in);   /* number of pairs that follow */
size_t cbor_read_array(struct cbor_in *in); /* number of elements that follow */
int64_t cbor_read_int(struct cbor_in *in);
bool cbor_read_bool(struct cbor_in *in);
const uint8_t *cbor_read_bytes(struct cbor_in *in, size_t *size);
const char *cbor_read_text(struct cbor_in *in, size_t *size); /* not NUL-terminated */
void cbor_skip(struct cbor_in *in);			      /* one item, whatever it is */

/* Reads a text that must fit; the copy is NUL-terminated. */
void cbor_read_string(struct cbor_in *in, char *text, size_t capacity);

#define CBOR_OUT_SIZE 8192

/* Writing; too much sets `bad`. */
struct cbor_out {
	uint8_t bytes[CBOR_OUT_SIZE];
	size_t size;
	bool bad;
};

void cbor_map(struct cbor_out *out, size_t pairs);
void cbor_array(struct cbor_out *out, size_t elements);
void cbor_int(struct cbor_out *out, int64_t value);
void cbor_bool(struct cbor_out *out, bool value);
void cbor_bytes(struct cbor_out *out, const void *bytes, size_t size);
void cbor_text(struct cbor_out *out, const char *text);
void cbor_raw(struct cbor_out *out, const void *bytes, size_t size); /* as they are */

#endif
