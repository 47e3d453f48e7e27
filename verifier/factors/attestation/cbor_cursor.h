/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CBOR (RFC 8949) from authenticators, read in place: the CTAP2 canonical form that WebAuthn prescribes (FIDO
 * CTAP 2.1 section 8), and nothing else. No memory is taken, whatever lengths the bytes claim. A failure
 * sticks, as in lib/base/byte_cursor.h.
 * MUST: refuse indefinite lengths, numbers written longer than needed, keys out of order or twice (but where
 * nobody looks), tags, floats, text that isn't UTF-8, and nesting deeper than CBOR_DEPTH_MAX.
 * Layer: verifier/factors/attestation/.
 */
#ifndef STEPUP_VERIFIER_CBOR_CURSOR_H
#define STEPUP_VERIFIER_CBOR_CURSOR_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/byte_cursor.h"

#define CBOR_DEPTH_MAX 4 /* levels of arrays and maps */

/* The next item, which must be of that type; 0 or an empty, broken cursor otherwise. */
int64_t cbor_integer(struct byte_cursor *cursor);
struct byte_cursor cbor_bytes(struct byte_cursor *cursor);
struct byte_cursor cbor_text(struct byte_cursor *cursor);
size_t cbor_array(struct byte_cursor *cursor); /* how many items follow */

/* A map whose entries are taken one by one. */
struct cbor_map {
	size_t left;
	struct byte_cursor previous; /* the key before, as written */
};
struct cbor_map cbor_map(struct byte_cursor *cursor);

/* Moves on to the next entry, and checks that its key, which the caller reads next, belongs
 * behind the one before. */
void cbor_map_next(struct byte_cursor *cursor, struct cbor_map *map);

/* Whether the next entry's key is this text or this number; then it has been read, and the
 * value stands next. */
bool cbor_map_next_is(struct byte_cursor *cursor, struct cbor_map *map, const char *text);
bool cbor_map_next_is_number(struct byte_cursor *cursor, struct cbor_map *map, int64_t number);

/* Passes over the next item, all of it. */
void cbor_skip(struct byte_cursor *cursor);

/* Passes over the next item, whatever order the keys of its maps have: for what nobody looks into. */
void cbor_skip_unseen(struct byte_cursor *cursor);

/* Passes over a map whose keys are texts. */
void cbor_skip_text_map(struct byte_cursor *cursor);

#endif
