/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sealing of rows: AES-256-GCM under a key of its own for every seal, made from a table's subkey and a random
 * 192-bit nonce (C2SP XAES-256-GCM), so that random nonces are safe for any number of seals, where plain GCM
 * ends at 2^32 (NIST SP 800-38D section 8.3).
 * MUST: use a nonce once; give out no byte of what doesn't authenticate; wipe plain texts and derived keys.
 * Layer: verifier/state/vault/. OpenSSL's libcrypto; knows no database.
 */
#ifndef STEPUP_VERIFIER_SEAL_H
#define STEPUP_VERIFIER_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

#define SEAL_KEY_SIZE 32
#define SEAL_NONCE_SIZE 24
#define SEAL_TAG_SIZE 16
#define SEAL_OVERHEAD (1 + SEAL_NONCE_SIZE + SEAL_TAG_SIZE) /* bytes that a sealed value is longer by */

/* A table's key with what is computed from it once. */
struct seal_key {
	uint8_t key[SEAL_KEY_SIZE];
	uint8_t mask[16]; /* K1 of CMAC */
};

/* Cipher contexts, kept because making one costs more than a seal; one per thread. */
struct seal_context;

enum stepup_error seal_context_new(struct seal_context **context);
void seal_context_free(struct seal_context **context);

enum stepup_error seal_key_init(struct seal_context *context, struct seal_key *seal_key,
	const uint8_t key[SEAL_KEY_SIZE]);

/* Seals `plain` together with `bound`, which is not part of the result; the caller frees `*sealed`. */
enum stepup_error seal(struct seal_context *context, const struct seal_key *key, const void *bound,
	size_t bound_size, const void *plain, size_t plain_size, uint8_t **sealed, size_t *sealed_size);

/* Opens; the caller wipes and frees `*plain`, which has room for one more byte. STEPUP_CORRUPT where key,
 * bound bytes or sealed bytes are not those of the seal. */
enum stepup_error unseal(struct seal_context *context, const struct seal_key *key, const void *bound,
	size_t bound_size, const void *sealed, size_t sealed_size, uint8_t **plain, size_t *plain_size);

/* seal() with a nonce of the caller's: for test vectors, and the whole of seal() otherwise. */
enum stepup_error seal_with_nonce(struct seal_context *context, const struct seal_key *key,
	const uint8_t nonce[SEAL_NONCE_SIZE], const void *bound, size_t bound_size, const void *plain,
	size_t plain_size, uint8_t *sealed);

/* AES-256-CMAC (NIST SP 800-38B) of whole blocks: for rows that are no secret, in a fraction of a seal's
 * time. `size` is a multiple of 16, from 16 to 256. */
enum stepup_error seal_mac(struct seal_context *context, const struct seal_key *key, const void *bytes,
	size_t size, uint8_t mac[SEAL_TAG_SIZE]);

#endif
