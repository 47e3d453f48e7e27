/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one place where the verifier asks libfido2: whether an assertion is by a key, for an RP ID,
 * with the user there.
 * MUST: tell libfido2 to look at the flags, which it does only where told to.
 * Layer: verifier/factors/webauthn/, libfido2.
 */
#ifndef STEPUP_VERIFIER_WEBAUTHN_KEY_H
#define STEPUP_VERIFIER_WEBAUTHN_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/byte_cursor.h"
#include "lib/base/error.h"
#include "lib/evidence/digest.h"

/* What an authenticator signed, and with what. */
struct webauthn_signed {
	const char *rp_id;
	bool user_verification;
	int algorithm; /* and its public key, as lib/evidence/key_signature.h has it */
	const uint8_t *public_key;
	size_t public_key_size;
	struct byte_cursor authenticator_data;
	const uint8_t *client_data_hash; /* DIGEST_SIZE bytes */
	struct byte_cursor signature;
};

/* STEPUP_OK where it holds, STEPUP_BAD_ANSWER where it doesn't, STEPUP_INVALID where the key is none,
 * STEPUP_NO_MEMORY. */
enum stepup_error webauthn_key_verify(const struct webauthn_signed *what);

#endif
