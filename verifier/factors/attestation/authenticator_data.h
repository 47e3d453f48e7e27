/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Authenticator data (WebAuthn Level 3, section 6.1) and the COSE key in it (section 6.5.1.1), read in place.
 * MUST: find the end of every part exactly at the end of the bytes; take no key but those of
 * lib/evidence/key_signature.h.
 * Layer: verifier/factors/attestation/.
 */
#ifndef STEPUP_VERIFIER_AUTHENTICATOR_DATA_H
#define STEPUP_VERIFIER_AUTHENTICATOR_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/byte_cursor.h"
#include "lib/base/error.h"
#include "lib/evidence/digest.h"
#include "lib/evidence/key_bytes.h"
#include "lib/evidence/key_signature.h"

#define FLAG_BACKUP_ELIGIBLE 0x08
#define FLAG_BACKED_UP 0x10
#define FLAG_ATTESTED 0x40
#define FLAG_EXTENSIONS 0x80


struct authenticator_data {
	struct byte_cursor whole;      /* what a signature covers */
	const uint8_t *rp_id_hash;     /* DIGEST_SIZE bytes */
	uint8_t flags;
	uint32_t counter;
	/* Registrations only. */
	const uint8_t *aaguid;         /* 16 bytes */
	struct byte_cursor id;         /* the credential's */
	int algorithm;
	uint8_t public_key[KEY_PUBLIC_MAX];
	size_t public_key_size;
};

/* Reads authenticator data; with `attested`, that of a registration, which has a credential in it, otherwise
 * that of an assertion, which has none. STEPUP_INVALID with what is wrong in `*why` (static). */
enum stepup_error authenticator_data_parse(struct byte_cursor bytes, bool attested,
	struct authenticator_data *data, const char **why);

#endif
