/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Public keys and signatures of ES256, ES384, EdDSA (Ed25519) and RS256, by OpenSSL's EVP. What EVP takes
 * without a word is looked at here: an Ed25519 key that is no point or one of small order, an RSA exponent of
 * 1. OpenSSL itself refuses DER with a second form, r and s out of range, an Ed25519 S above the order, and
 * an RSA signature above the modulus; the unit test holds it to that.
 */
#include "lib/evidence/key_signature.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdbool.h>
#include <string.h>

#define ED25519_KEY_SIZE 32
#define RSA_MODULUS_SIZE 256
#define RSA_EXPONENT_SIZE 3
#define RSA_EXPONENT_MIN 65537
#define POINT_MAX 97 /* bytes: 0x04 and two coordinates of P-384 */

static const struct curve {
	int algorithm;
	const char *group, *digest;
	size_t key_size; /* bytes: x and y */
} curves[] = {
	{KEY_ES256, "P-256", "SHA256", 64},
	{KEY_ES384, "P-384", "SHA384", 96},
};

static const struct curve *curve_of(int algorithm)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (curves[i].algorithm == algorithm)
			return &curves[i];
	return NULL;
}

/* Makes a key of `type` from parameters; NULL where they make none. */
static EVP_PKEY *key_from(const char *type, OSSL_PARAM *parameters)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (context == NULL || parameters == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
		EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	return key;
}

/* OpenSSL takes the coordinates only where they are a point of the curve. */
static EVP_PKEY *key_ec(const struct curve *curve, const uint8_t *bytes)
{
	uint8_t point[POINT_MAX] = {0x04};
	char group[8] = {0};
	OSSL_PARAM parameters[3];

	memcpy(group, curve->group, strlen(curve->group));
	memcpy(point + 1, bytes, curve->key_size);
	parameters[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	parameters[1] =
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + curve->key_size);
	parameters[2] = OSSL_PARAM_construct_end();
	return key_from("EC", parameters);
}

/* A modulus of exactly 2048 bits, odd, and an odd exponent that is no smaller than what everybody uses. */
static bool rsa_is_sound(const uint8_t *bytes)
{
	const uint8_t *e = bytes + RSA_MODULUS_SIZE;
	unsigned long exponent = (unsigned long)e[0] << 16 | (unsigned long)e[1] << 8 | e[2];

	return (bytes[0] & 0x80) != 0 && (bytes[RSA_MODULUS_SIZE - 1] & 1) != 0 &&
		exponent >= RSA_EXPONENT_MIN && (exponent & 1) != 0;
}

static EVP_PKEY *key_rsa(const uint8_t *bytes)
{
	BIGNUM *n = BN_bin2bn(bytes, RSA_MODULUS_SIZE, NULL);
	BIGNUM *e = BN_bin2bn(bytes + RSA_MODULUS_SIZE, RSA_EXPONENT_SIZE, NULL);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	OSSL_PARAM *parameters = NULL;
	EVP_PKEY *key = NULL;

	if (n != NULL && e != NULL && builder != NULL &&
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		parameters = OSSL_PARAM_BLD_to_param(builder);
	if (parameters != NULL)
		key = key_from("RSA", parameters);
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(builder);
	BN_free(n);
	BN_free(e);
	return key;
}

/* Whether y, without its sign, is below p, and not that of one of the eight points of small order, whose keys
 * agree to any message. */
static bool ed25519_is_sound(const uint8_t *bytes)
{
	static const uint8_t small[][ED25519_KEY_SIZE] = {
		{0x00}, {0x01},
		{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
			0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d,
			0x53, 0xfc, 0x05},
		{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
			0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92,
			0xac, 0x03, 0x7a},
		{0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0x7f},
	};
	uint8_t y[ED25519_KEY_SIZE];
	bool above = true;

	memcpy(y, bytes, sizeof(y));
	y[31] &= 0x7f;
	for (size_t i = 1; i < 31; i++)
		above = above && y[i] == 0xff;
	if (above && y[31] == 0x7f && y[0] >= 0xed)
		return false;
	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++)
		if (memcmp(y, small[i], sizeof(y)) == 0)
			return false;
	return true;
}

/* Whether x² = (y² - 1) / (d y² + 1) has a solution modulo p (RFC 8032 section 5.1.3), by Euler's criterion
 * on the product of the two. OpenSSL would find out only at the first signature. */
static enum stepup_error ed25519_on_curve(const uint8_t *bytes)
{
	static const char prime[] = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
	/* (p - 1) / 2 */
	static const char half[] = "3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff6";
	static const char curve_d[] = "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3";
	BIGNUM *p = NULL, *exponent = NULL, *d = NULL, *u = NULL, *v = NULL;
	BN_CTX *context = BN_CTX_new();
	enum stepup_error error = STEPUP_INTERNAL;
	uint8_t y[ED25519_KEY_SIZE];

	memcpy(y, bytes, sizeof(y));
	y[31] &= 0x7f;
	u = BN_lebin2bn(y, sizeof(y), NULL);
	v = BN_new();
	if (context != NULL && u != NULL && v != NULL && BN_hex2bn(&p, prime) != 0 &&
	    BN_hex2bn(&exponent, half) != 0 && BN_hex2bn(&d, curve_d) != 0 &&
	    BN_mod_sqr(u, u, p, context) == 1 && BN_mod_mul(v, u, d, p, context) == 1 &&
	    BN_sub_word(u, 1) == 1 && BN_add_word(v, 1) == 1 && BN_mod_mul(u, u, v, p, context) == 1 &&
	    BN_mod_exp(u, u, exponent, p, context) == 1)
		error = BN_is_one(u) ? STEPUP_OK : STEPUP_INVALID;
	BN_free(p);
	BN_free(exponent);
	BN_free(d);
	BN_free(u);
	BN_free(v);
	BN_CTX_free(context);
	return error;
}

size_t key_public_size(int algorithm)
{
	const struct curve *curve = curve_of(algorithm);

	if (curve != NULL)
		return curve->key_size;
	if (algorithm == KEY_RS256)
		return RSA_MODULUS_SIZE + RSA_EXPONENT_SIZE;
	return algorithm == KEY_EDDSA ? ED25519_KEY_SIZE : 0;
}

/* The key as OpenSSL's own; the caller frees it. */
static enum stepup_error key_make(int algorithm, const uint8_t *key, size_t key_size, EVP_PKEY **made)
{
	const struct curve *curve = curve_of(algorithm);

	*made = NULL;
	if (key_size == 0 || key_size != key_public_size(algorithm))
		return STEPUP_INVALID;
	if (curve != NULL)
		*made = key_ec(curve, key);
	else if (algorithm == KEY_EDDSA && ed25519_is_sound(key))
		*made = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, key_size);
	else if (algorithm == KEY_RS256 && rsa_is_sound(key))
		*made = key_rsa(key);
	return *made == NULL ? STEPUP_INVALID : STEPUP_OK;
}

enum stepup_error key_public_check(int algorithm, const uint8_t *key, size_t key_size)
{
	EVP_PKEY *made = NULL;
	enum stepup_error error = key_make(algorithm, key, key_size, &made);

	EVP_PKEY_free(made);
	if (error == STEPUP_OK && algorithm == KEY_EDDSA)
		error = ed25519_on_curve(key);
	return error;
}

static const char *digest_of(int algorithm)
{
	const struct curve *curve = curve_of(algorithm);

	if (curve != NULL)
		return curve->digest;
	return algorithm == KEY_EDDSA ? NULL : "SHA256";
}

enum stepup_error key_signature_check(int algorithm, const uint8_t *key, size_t key_size, const void *message,
	size_t size, const uint8_t *signature, size_t signature_size)
{
	EVP_PKEY *made = NULL;
	EVP_MD_CTX *md = NULL;
	enum stepup_error error = key_make(algorithm, key, key_size, &made);

	if (error != STEPUP_OK)
		goto out;
	error = STEPUP_INTERNAL;
	md = EVP_MD_CTX_new();
	if (md == NULL ||
	    EVP_DigestVerifyInit_ex(md, NULL, digest_of(algorithm), NULL, NULL, made, NULL) != 1)
		goto out;
	error = signature_size > 0 && EVP_DigestVerify(md, signature, signature_size, message, size) == 1
		? STEPUP_OK
		: STEPUP_BAD_ANSWER;
out:
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(made);
	return error;
}
