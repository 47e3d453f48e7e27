/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256, HMAC-SHA-256 and SHA-512, and what the first is used on here: an action's digest and the Merkle
 * tree of the log (RFC 6962 section 2).
 * Layer: lib/evidence/ (part "evidence"), OpenSSL's libcrypto. Not linked into the PAM module.
 */
#ifndef STEPUP_LIB_DIGEST_H
#define STEPUP_LIB_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/wire/action.h"

#define DIGEST_SIZE 32 /* bytes of SHA-256 */
#define SHA512_SIZE 64 /* bytes */

/* From any thread. STEPUP_INTERNAL where OpenSSL has no memory or no such algorithm. */
enum stepup_error digest_sha256(const void *bytes, size_t size, uint8_t digest[DIGEST_SIZE]);
enum stepup_error digest_sha512(const void *bytes, size_t size, uint8_t digest[SHA512_SIZE]);
enum stepup_error digest_hmac_sha256(const void *key, size_t key_size, const void *bytes, size_t size,
	uint8_t mac[DIGEST_SIZE]);

/* SHA-256 of the action's canonical form. */
enum stepup_error action_digest(const struct action *action, uint8_t digest[DIGEST_SIZE]);

#endif
