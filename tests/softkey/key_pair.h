/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The software authenticator's key pairs: ES256, EdDSA (Ed25519), RS256.
 * Layer: tests/softkey/, libcrypto.
 */
#ifndef STEPUP_TESTS_SOFTKEY_KEY_PAIR_H
#define STEPUP_TESTS_SOFTKEY_KEY_PAIR_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "tests/softkey/cbor.h"

enum cose_algorithm { ALGORITHM_ES256 = -7, ALGORITHM_EDDSA = -8, ALGORITHM_RS256 = -257 };

#define SIGNATURE_SIZE_MAX 512

/* A new pair; NULL for an algorithm that isn't ours. */
EVP_PKEY *key_pair_new(int algorithm);

/* The private key as DER, in memory that OPENSSL_free takes; NULL where that fails. And back. */
unsigned char *key_pair_to_der(EVP_PKEY *pair, size_t *size);
EVP_PKEY *key_pair_from_der(const unsigned char *der, size_t size);

/* Signs `data`, with the algorithm's own hash; ECDSA as DER. */
bool key_pair_sign(EVP_PKEY *pair, int algorithm, const void *data, size_t size, uint8_t *signature,
	size_t *signature_size);

/* x and y of a P-256 key, 32 bytes each; an Ed25519 key's 32 bytes. */
bool key_pair_point(EVP_PKEY *pair, uint8_t point[64]);
bool key_pair_ed25519(EVP_PKEY *pair, uint8_t key[32]);

/* The public key as a COSE_Key (RFC 9053). */
void key_pair_cose(EVP_PKEY *pair, int algorithm, struct cbor_out *out);

/* The public key of a point; NULL where it isn't on the curve. */
EVP_PKEY *key_pair_from_point(const uint8_t point[64]);

#endif
