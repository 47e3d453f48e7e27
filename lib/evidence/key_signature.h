/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a public key made a signature over a message, by OpenSSL alone. What the log's replay rests on, and
 * what SSH keys and attestations are checked by; WebAuthn assertions go through libfido2
 * (verifier/factors/webauthn/webauthn.h), so the two check each other.
 * MUST: refuse a key that isn't a point of its curve (or is one of small order, which would agree to any
 * message), r or s out of range, and every second way to write one and the same signature.
 * Layer: lib/evidence/ (part "evidence"), OpenSSL's libcrypto. Not linked into the PAM module.
 */
#ifndef STEPUP_LIB_KEY_SIGNATURE_H
#define STEPUP_LIB_KEY_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

#define KEY_PUBLIC_MAX 259     /* bytes: RSA-2048 as n and e; P-256 takes 64 (x, y), P-384 96, Ed25519 32 */
#define KEY_SIGNATURE_MAX 1024 /* bytes: more than any of them makes */

/* COSE algorithm identifiers (RFC 9053, RFC 8812). */
enum key_algorithm { KEY_ES256 = -7, KEY_EDDSA = -8, KEY_ES384 = -35, KEY_RS256 = -257 };

/* How many bytes a public key of that algorithm has; 0 for an algorithm that is none of the above. */
size_t key_public_size(int algorithm);

/* Whether these bytes are a public key of that algorithm: ES256 x ‖ y (64 bytes), ES384 x ‖ y (96),
 * EdDSA the 32 bytes of Ed25519, RS256 n (256 bytes) ‖ e (3 bytes). STEPUP_INVALID where not, and for
 * any other algorithm. */
enum stepup_error key_public_check(int algorithm, const uint8_t *key, size_t key_size);

/* STEPUP_OK where the signature (DER for ECDSA, 64 bytes for EdDSA, 256 for RS256) over the message holds,
 * STEPUP_BAD_ANSWER where it doesn't, STEPUP_INVALID where the key is none. */
enum stepup_error key_signature_check(int algorithm, const uint8_t *key, size_t key_size, const void *message,
	size_t size, const uint8_t *signature, size_t signature_size);

#endif
