/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wiping of secrets that stand in JSON values: jansson frees texts without overwriting them.
 * Layer: lib/base/, jansson.
 */
#ifndef STEPUP_LIB_JSON_WIPE_H
#define STEPUP_LIB_JSON_WIPE_H

#include <jansson.h>
#include <stddef.h>

#include "lib/base/error.h"

/* Lets go of a value and sets NULL. Texts in it that nobody else holds are overwritten first, at whatever
 * depth. */
void json_wipe_free(json_t **value);

/* `value` as one line of JSON with a NUL behind it, made in one piece so that no copy of a secret stays in
 * freed memory; wipe and free (`*size` bytes, with the NUL). STEPUP_TOO_LONG where that passes `limit`. */
enum stepup_error json_wipe_dump(const json_t *value, size_t limit, char **text, size_t *size);

#endif
