/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checkpoints of the log as text: C2SP tlog-checkpoint in a C2SP signed-note, signed with Ed25519
 * (signature type 0x01).
 * Layer: lib/evidence/ (part "evidence").
 */
#ifndef STEPUP_LIB_CHECKPOINT_NOTE_H
#define STEPUP_LIB_CHECKPOINT_NOTE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/evidence/digest.h"

#define NOTE_KEY_SIZE 32 /* bytes of an Ed25519 private seed and of a public key */
#define NOTE_NAME_SIZE 256

/* A verifier key "NAME+HASH+BASE64" of a signed note. */
struct note_key {
	char name[NOTE_NAME_SIZE];
	uint8_t key_id[4];
	uint8_t public_key[NOTE_KEY_SIZE];
};

struct checkpoint {
	char origin[NOTE_NAME_SIZE];
	uint64_t size;
	uint8_t root[DIGEST_SIZE];
};

/* Makes the key's name, id and public half from its private seed. */
enum stepup_error note_key_from_seed(const char *name, const uint8_t seed[NOTE_KEY_SIZE],
	struct note_key *key);

/* The vkey text; the caller frees. NULL where there is no memory. */
char *note_key_format(const struct note_key *key);
enum stepup_error note_key_parse(const char *text, struct note_key *key);

/* A signed checkpoint as text; the caller frees. */
enum stepup_error checkpoint_sign(const struct checkpoint *checkpoint, const struct note_key *key,
	const uint8_t seed[NOTE_KEY_SIZE], char **note);

/* Parses and verifies; the key may have had another name then. STEPUP_CORRUPT where no signature by `key`
 * holds, STEPUP_INVALID where the text breaks the format. */
enum stepup_error checkpoint_verify(const char *note, const struct note_key *key,
	struct checkpoint *checkpoint);

/* What a note says, believed or not; STEPUP_INVALID where the text breaks the format. */
enum stepup_error checkpoint_parse(const char *note, struct checkpoint *checkpoint);

#endif
