/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes keys and signatures.
 */
#include "tests/unit/makers/key_maker.h"
#include "tests/unit/cmocka_tap.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static void number(const EVP_PKEY *pkey, const char *name, uint8_t *bytes, int size)
{
	BIGNUM *value = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(pkey, name, &value), 1);
	assert_int_equal(BN_bn2binpad(value, bytes, size), size);
	BN_free(value);
}

void key_make(int algorithm, struct made_key *key)
{
	EVP_PKEY *pkey = NULL;

	memset(key, 0, sizeof(*key));
	key->algorithm = algorithm;
	switch (algorithm) {
	case KEY_ES256:
	case KEY_ES384:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", algorithm == KEY_ES256 ? "P-256" : "P-384");
		assert_non_null(pkey);
		key->raw_size = algorithm == KEY_ES256 ? 64 : 96;
		number(pkey, OSSL_PKEY_PARAM_EC_PUB_X, key->raw, (int)key->raw_size / 2);
		number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, key->raw + key->raw_size / 2, (int)key->raw_size / 2);
		break;
	case KEY_EDDSA:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		key->raw_size = 32;
		assert_int_equal(EVP_PKEY_get_raw_public_key(pkey, key->raw, &key->raw_size), 1);
		break;
	case KEY_RS256:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
		key->raw_size = 259;
		number(pkey, OSSL_PKEY_PARAM_RSA_N, key->raw, 256);
		number(pkey, OSSL_PKEY_PARAM_RSA_E, key->raw + 256, 3);
		break;
	default:
		fail();
	}
	key->pkey = pkey;
}

void key_release(struct made_key *key)
{
	EVP_PKEY_free(key->pkey);
	key->pkey = NULL;
}

void key_sign(const struct made_key *key, const void *message, size_t size, uint8_t *signature,
	size_t *signature_size)
{
	const char *digest = key->algorithm == KEY_EDDSA ? NULL
		: key->algorithm == KEY_ES384 ? "SHA384" : "SHA256";
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	*signature_size = KEY_SIGNATURE_MAX;
	assert_int_equal(EVP_DigestSignInit_ex(md, NULL, digest, NULL, NULL, key->pkey, NULL), 1);
	assert_int_equal(EVP_DigestSign(md, signature, signature_size, message, size), 1);
	EVP_MD_CTX_free(md);
}
