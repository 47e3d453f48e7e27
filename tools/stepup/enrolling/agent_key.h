/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys of an ssh-agent, and which of them is meant.
 * Layer: tools/stepup/enrolling/.
 */
#ifndef STEPUP_TOOLS_AGENT_KEY_H
#define STEPUP_TOOLS_AGENT_KEY_H

#include <jansson.h>

#include "lib/base/error.h"

/* Reads the key in a .pub file: its blob in base64url; the caller frees. STEPUP_INVALID where the file
 * holds none of the security keys that can be enrolled; STEPUP_NOT_FOUND, STEPUP_TOO_LONG, STEPUP_IO where
 * it can't be read. */
enum stepup_error agent_key_read(const char *path, char **key);

/* Where that key stands in a list of {key, label}; the list's length where it doesn't. */
size_t agent_key_find(const json_t *keys, const char *key);

/* One line for a menu: comment, type, fingerprint as ssh-add -l has it; safe to show; the caller frees. NULL
 * where there is no memory or the entry is none. */
char *agent_key_line(const json_t *entry);

/* The entry's comment where it can be a credential's label; NULL otherwise. */
const char *agent_key_label(const json_t *entry);

#endif
