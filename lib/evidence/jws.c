/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JOSE. What libjose is given was built here: its view of the header, of the key and of the algorithm can't
 * differ from ours.
 */
#include "lib/evidence/jws.h"

#include <jose/jwk.h>
#include <jose/jws.h>
#include <jose/openssl.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json_wipe.h"
#include "lib/wire/canonical_json.h"

#define JWKS_KEYS_MAX 64

/* --- the compact form --- */

enum stepup_error jws_split(const char *text, size_t size, struct jws *jws)
{
	char *first, *second;

	if (memchr(text, '\0', size) != NULL)
		return STEPUP_INVALID;
	jws->memory = strndup(text, size);
	if (jws->memory == NULL)
		return STEPUP_NO_MEMORY;
	first = strchr(jws->memory, '.');
	second = first == NULL ? NULL : strchr(first + 1, '.');
	if (second == NULL || strchr(second + 1, '.') != NULL)
		return STEPUP_INVALID;
	*first = *second = '\0';
	jws->header = jws->memory;
	jws->payload = first + 1;
	jws->signature = second + 1;
	return STEPUP_OK;
}

void jws_clear(struct jws *jws)
{
	free(jws->memory);
	*jws = (struct jws){0};
}

char *jws_signing_input(const struct jws *jws)
{
	char *input = NULL;

	return asprintf(&input, "%s.%s", jws->header, jws->payload) < 0 ? NULL : input;
}

enum stepup_error jws_part_object(const char *part, json_t **object)
{
	size_t size = 0, capacity = strlen(part);
	char *bytes = malloc(capacity + 1);
	enum stepup_error error;

	if (bytes == NULL)
		return STEPUP_NO_MEMORY;
	error = base64url_decode(part, bytes, capacity, &size);
	if (error == STEPUP_OK)
		error = json_parse_object(bytes, size, object);
	free(bytes);
	return error == STEPUP_TOO_LONG ? STEPUP_INVALID : error;
}

/* --- ES256 --- */

enum stepup_error jws_es256_check(const struct jws *jws, const json_t *jwk)
{
	uint8_t signature[JWS_ES256_SIZE];
	size_t size = 0;
	json_t *flat;
	bool holds;

	if (base64url_decode(jws->signature, signature, sizeof(signature), &size) != STEPUP_OK ||
	    size != sizeof(signature))
		return STEPUP_INVALID;
	flat = json_pack("{s:s, s:s, s:s}", "protected", jws->header, "payload", jws->payload,
		"signature", jws->signature);
	if (flat == NULL)
		return STEPUP_NO_MEMORY;
	holds = jose_jws_ver(NULL, flat, NULL, jwk, true);
	json_decref(flat);
	return holds ? STEPUP_OK : STEPUP_CORRUPT;
}

enum stepup_error jws_es256_from_der(const uint8_t *der, size_t size, uint8_t raw[JWS_ES256_SIZE])
{
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)size);
	bool done = signature != NULL &&
		BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, P256_COORDINATE_SIZE) > 0 &&
		BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + P256_COORDINATE_SIZE,
			P256_COORDINATE_SIZE) > 0;

	ECDSA_SIG_free(signature);
	return done ? STEPUP_OK : STEPUP_INTERNAL;
}

enum stepup_error jws_es256_to_der(const uint8_t raw[JWS_ES256_SIZE], uint8_t der[JWS_ES256_DER_MAX],
	size_t *size)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, P256_COORDINATE_SIZE, NULL),
		*s = BN_bin2bn(raw + P256_COORDINATE_SIZE, P256_COORDINATE_SIZE, NULL);
	unsigned char *at = der;
	int written = -1;

	if (pair != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
		r = s = NULL; /* the pair's now */
		written = i2d_ECDSA_SIG(pair, &at);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(pair);
	if (written < 0)
		return STEPUP_NO_MEMORY;
	*size = (size_t)written;
	return STEPUP_OK;
}

/* --- keys --- */

enum stepup_error jwk_make(json_t **jwk)
{
	*jwk = json_pack("{s:s}", "alg", "ES256");
	if (*jwk == NULL)
		return STEPUP_NO_MEMORY;
	if (jose_jwk_gen(NULL, *jwk) && json_object_del(*jwk, "key_ops") == 0)
		return STEPUP_OK;
	json_wipe_free(jwk);
	return STEPUP_INTERNAL;
}

enum stepup_error jwk_kid(const json_t *jwk, char kid[JWK_KID_SIZE])
{
	uint8_t bytes[DIGEST_SIZE];

	if (jose_jwk_thp_buf(NULL, jwk, "S256", bytes, sizeof(bytes)) != sizeof(bytes))
		return STEPUP_INTERNAL;
	base64url_encode(bytes, sizeof(bytes), kid);
	return STEPUP_OK;
}

json_t *jwk_public(const json_t *jwk, const char *kid)
{
	return json_pack("{s:s, s:s, s:O, s:O, s:s, s:s, s:s}", "kty", "EC", "crv", "P-256",
		"x", json_object_get(jwk, "x"), "y", json_object_get(jwk, "y"), "alg", "ES256", "use", "sig",
		"kid", kid);
}

EVP_PKEY *jwk_key(const json_t *jwk)
{
	return jose_openssl_jwk_to_EVP_PKEY(NULL, jwk);
}

bool jwk_text_is(const json_t *object, const char *name, const char *expected)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL && strcmp(text, expected) == 0;
}

static bool coordinate_is_valid(const json_t *key, const char *name)
{
	const char *text = json_string_value(json_object_get(key, name));
	uint8_t bytes[P256_COORDINATE_SIZE];
	size_t size = 0;

	return text != NULL && base64url_decode(text, bytes, sizeof(bytes), &size) == STEPUP_OK &&
		size == sizeof(bytes);
}

/* A member that a key need not have, but not another one either. */
static bool may_be(const json_t *key, const char *name, const char *expected)
{
	return json_object_get(key, name) == NULL || jwk_text_is(key, name, expected);
}

static bool is_es256(const json_t *key)
{
	return jwk_text_is(key, "kty", "EC") && jwk_text_is(key, "crv", "P-256") &&
		coordinate_is_valid(key, "x") && coordinate_is_valid(key, "y") &&
		may_be(key, "alg", "ES256") && may_be(key, "use", "sig");
}

/* Two keys of one name are an error of whoever made the set: nothing is verified by it. */
enum stepup_error jwks_find(const json_t *jwks, const char *kid, json_t **jwk)
{
	const json_t *keys = json_object_get(jwks, "keys"), *key, *found = NULL;
	size_t index;

	if (!json_is_array(keys) || json_array_size(keys) > JWKS_KEYS_MAX)
		return STEPUP_INVALID;
	json_array_foreach(keys, index, key) {
		if (!jwk_text_is(key, "kid", kid))
			continue;
		if (found != NULL)
			return STEPUP_CORRUPT;
		found = key;
	}
	if (found == NULL || !is_es256(found))
		return STEPUP_CORRUPT;
	*jwk = json_pack("{s:s, s:s, s:O, s:O}", "kty", "EC", "crv", "P-256",
		"x", json_object_get(found, "x"), "y", json_object_get(found, "y"));
	return *jwk == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
}
