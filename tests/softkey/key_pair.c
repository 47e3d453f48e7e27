/* SPDX-License-Identifier: BSD-2-Clause */
/* The software authenticator's key pairs. */
#include "tests/softkey/key_pair.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

enum cose_label {
	LABEL_KTY = 1,
	LABEL_ALG = 3,
	LABEL_CRV = -1,
	LABEL_X = -2,
	LABEL_Y = -3,
	LABEL_RSA_N = -1,
	LABEL_RSA_E = -2
};

EVP_PKEY *key_pair_new(int algorithm)
{
	switch (algorithm) {
	case ALGORITHM_ES256:
		return EVP_EC_gen("P-256");
	case ALGORITHM_EDDSA:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	case ALGORITHM_RS256:
		return EVP_RSA_gen(2048);
	default:
		return NULL;
	}
}

unsigned char *key_pair_to_der(EVP_PKEY *pair, size_t *size)
{
	unsigned char *der = NULL;
	int length = i2d_PrivateKey(pair, &der);

	*size = length > 0 ? (size_t)length : 0;
	return length > 0 ? der : NULL;
}

EVP_PKEY *key_pair_from_der(const unsigned char *der, size_t size)
{
	return d2i_AutoPrivateKey(NULL, &der, (long)size);
}

bool key_pair_sign(EVP_PKEY *pair, int algorithm, const void *data, size_t size, uint8_t *signature,
	size_t *signature_size)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	const EVP_MD *hash = algorithm == ALGORITHM_EDDSA ? NULL : EVP_sha256();
	bool done;

	*signature_size = SIGNATURE_SIZE_MAX;
	done = context != NULL && EVP_DigestSignInit(context, NULL, hash, NULL, pair) == 1 &&
	       EVP_DigestSign(context, signature, signature_size, data, size) == 1;
	EVP_MD_CTX_free(context);
	return done;
}

bool key_pair_point(EVP_PKEY *pair, uint8_t point[64])
{
	BIGNUM *x = NULL, *y = NULL;
	bool done = EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
		    EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1 &&
		    BN_bn2binpad(x, point, 32) == 32 && BN_bn2binpad(y, point + 32, 32) == 32;

	BN_free(x);
	BN_free(y);
	return done;
}

bool key_pair_ed25519(EVP_PKEY *pair, uint8_t key[32])
{
	size_t size = 32;

	return EVP_PKEY_get_raw_public_key(pair, key, &size) == 1 && size == 32;
}

static void cose_es256(EVP_PKEY *pair, struct cbor_out *out)
{
	uint8_t point[64];

	if (!key_pair_point(pair, point))
		out->bad = true;
	cbor_map(out, 5);
	cbor_int(out, LABEL_KTY);
	cbor_int(out, 2);
	cbor_int(out, LABEL_ALG);
	cbor_int(out, ALGORITHM_ES256);
	cbor_int(out, LABEL_CRV);
	cbor_int(out, 1);
	cbor_int(out, LABEL_X);
	cbor_bytes(out, point, 32);
	cbor_int(out, LABEL_Y);
	cbor_bytes(out, point + 32, 32);
}

static void cose_eddsa(EVP_PKEY *pair, struct cbor_out *out)
{
	uint8_t key[32];

	if (!key_pair_ed25519(pair, key))
		out->bad = true;
	cbor_map(out, 4);
	cbor_int(out, LABEL_KTY);
	cbor_int(out, 1);
	cbor_int(out, LABEL_ALG);
	cbor_int(out, ALGORITHM_EDDSA);
	cbor_int(out, LABEL_CRV);
	cbor_int(out, 6);
	cbor_int(out, LABEL_X);
	cbor_bytes(out, key, 32);
}

static void cose_rs256(EVP_PKEY *pair, struct cbor_out *out)
{
	BIGNUM *n = NULL, *e = NULL;
	uint8_t modulus[256], exponent[3];

	if (EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
		EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_RSA_E, &e) != 1 ||
		BN_bn2binpad(n, modulus, 256) != 256 || BN_bn2binpad(e, exponent, 3) != 3)
		out->bad = true;
	BN_free(n);
	BN_free(e);
	cbor_map(out, 4);
	cbor_int(out, LABEL_KTY);
	cbor_int(out, 3);
	cbor_int(out, LABEL_ALG);
	cbor_int(out, ALGORITHM_RS256);
	cbor_int(out, LABEL_RSA_N);
	cbor_bytes(out, modulus, 256);
	cbor_int(out, LABEL_RSA_E);
	cbor_bytes(out, exponent, 3);
}

void key_pair_cose(EVP_PKEY *pair, int algorithm, struct cbor_out *out)
{
	if (algorithm == ALGORITHM_ES256)
		cose_es256(pair, out);
	else if (algorithm == ALGORITHM_EDDSA)
		cose_eddsa(pair, out);
	else
		cose_rs256(pair, out);
}

EVP_PKEY *key_pair_from_point(const uint8_t point[64])
{
	uint8_t octets[65] = {4};
	char group[] = "P-256";
	OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, octets, sizeof(octets)),
		OSSL_PARAM_construct_end()};
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	memcpy(octets + 1, point, 64);
	if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
		EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	return key;
}
