/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An authenticator's attestation certificate: what it signed, and what a packed attestation demands of it.
 * Layer: verifier/factors/attestation/, OpenSSL's libcrypto.
 */
#ifndef STEPUP_VERIFIER_ATTESTATION_CERTIFICATE_H
#define STEPUP_VERIFIER_ATTESTATION_CERTIFICATE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/byte_cursor.h"
#include "lib/base/error.h"
#include "verifier/rules/trust/attestation_trust.h"

/* Whether the certificate's key made a signature. STEPUP_BAD_ANSWER where not, or where the key is of another
 * kind than the algorithm's. */
enum stepup_error attestation_certificate_signed(const struct attestation_certificate *certificate,
	int64_t algorithm, const void *message, size_t size, struct byte_cursor signature);

/* The COSE algorithm (lib/evidence/key_signature.h) that the certificate's key signs with; 0 where
 * there is none for it. */
int attestation_certificate_algorithm(const struct attestation_certificate *certificate);

/* Whether the certificate is as WebAuthn Level 3 section 8.2.1 demands, and made for the model that the
 * authenticator data names. STEPUP_BAD_ANSWER with what is wrong in `*why` (static). */
enum stepup_error attestation_certificate_is_packed(const struct attestation_certificate *certificate,
	const uint8_t aaguid[16], const char **why);

#endif
