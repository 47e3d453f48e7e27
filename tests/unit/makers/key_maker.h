/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys for tests: made by OpenSSL, signing whatever a test puts together. Nothing here uses the
 * code under test.
 */
#ifndef STEPUP_TESTS_UNIT_KEY_MAKER_H
#define STEPUP_TESTS_UNIT_KEY_MAKER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/evidence/key_signature.h"

struct made_key {
	int algorithm;
	void *pkey; /* EVP_PKEY */
	uint8_t raw[KEY_PUBLIC_MAX];
	size_t raw_size;
};

/* A new key of a COSE algorithm; release it. */
void key_make(int algorithm, struct made_key *key);
void key_release(struct made_key *key);

/* Signs: DER for ECDSA. `signature` has room for KEY_SIGNATURE_MAX. */
void key_sign(const struct made_key *key, const void *message, size_t size, uint8_t *signature,
	size_t *signature_size);

#endif
