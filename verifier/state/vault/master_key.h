/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The master key: 32 bytes from a systemd credential or a file that only its owner can read (hex, one line),
 * and the subkeys made from it with HKDF-SHA-256 (RFC 5869), one per purpose.
 * Layer: verifier/state/vault/.
 */
#ifndef STEPUP_VERIFIER_MASTER_KEY_H
#define STEPUP_VERIFIER_MASTER_KEY_H

#include <stdint.h>
#include <stddef.h>

#include "lib/base/error.h"

#define MASTER_KEY_SIZE 32

struct master_key;

/* Reads $CREDENTIALS_DIRECTORY/master.key where that is set, else `path`. Missing, short, readable by others:
 * an error whose sentence in `*why` (the caller frees) says how to mend it. */
enum stepup_error master_key_read(const char *path, struct master_key **key, char **why);

/* For tests and for making one. */
enum stepup_error master_key_from_bytes(const uint8_t bytes[MASTER_KEY_SIZE], struct master_key **key);

/* A 32-byte subkey for `purpose`. */
enum stepup_error master_key_derive(const struct master_key *key, const char *purpose,
	uint8_t subkey[MASTER_KEY_SIZE]);

/* Eight characters that name the key without telling it. */
const char *master_key_id(const struct master_key *key);

void master_key_free(struct master_key **key);

#endif
