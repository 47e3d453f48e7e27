/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The canonical form of JSON, RFC 8785 (JCS), for values made of objects, arrays, strings, booleans, null
 * and whole numbers of at most 2^53-1. Anything else (fractions, larger numbers) is refused: none of it is
 * ever signed here.
 * Layer: lib/wire/, jansson.
 */
#ifndef STEPUP_LIB_CANONICAL_JSON_H
#define STEPUP_LIB_CANONICAL_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "lib/base/error.h"

/* Writes the canonical form to `*text` (NUL-terminated, `*size` bytes without the NUL), which the caller
 * frees. STEPUP_INVALID where the value has no canonical form here. */
enum stepup_error json_canonical(const json_t *value, char **text, size_t *size);

/* Parses one JSON text strictly: one object, UTF-8, no duplicate members, no NUL in strings, nothing after
 * it, nesting of at most 32. The caller owns the result. STEPUP_INVALID otherwise. */
enum stepup_error json_parse_object(const char *text, size_t size, json_t **object);

#endif
