/* SPDX-License-Identifier: BSD-2-Clause */
/* The benchmark's security key, on OpenSSL. */
#include "tests/bench/bench_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/base64url.h"

#define DATA_SIZE 37 /* rpIdHash, flags, counter (WebAuthn section 6.1) */
#define TOUCHED_AND_VERIFIED 0x05

struct bench_key {
	EVP_PKEY *pkey;
};

struct bench_key *bench_key_open(const char *path)
{
	struct bench_key *key = calloc(1, sizeof(*key));
	FILE *file = fopen(path, "re");

	if (key != NULL && file != NULL)
		key->pkey = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	if (file != NULL)
		(void)fclose(file);
	if (key != NULL && key->pkey == NULL) {
		free(key);
		key = NULL;
	}
	return key;
}

void bench_key_close(struct bench_key *key)
{
	if (key != NULL)
		EVP_PKEY_free(key->pkey);
	free(key);
}

static int coordinate(const struct bench_key *key, const char *name, uint8_t *bytes)
{
	BIGNUM *value = NULL;
	int good = EVP_PKEY_get_bn_param(key->pkey, name, &value) == 1 &&
		BN_bn2binpad(value, bytes, 32) == 32;

	BN_free(value);
	return good;
}

int bench_key_public(const struct bench_key *key, uint8_t point[BENCH_PUBLIC_SIZE])
{
	return coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X, point) &&
		coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y, point + 32);
}

enum stepup_error bench_key_id(long number, uint8_t id[DIGEST_SIZE])
{
	char text[40];
	int length = snprintf(text, sizeof(text), "bench key %ld", number);

	return digest_sha256(text, (size_t)length, id);
}

static enum stepup_error make_data(uint32_t counter, uint8_t data[DATA_SIZE])
{
	enum stepup_error error = digest_sha256(BENCH_RP_ID, strlen(BENCH_RP_ID), data);

	data[32] = TOUCHED_AND_VERIFIED;
	for (int i = 0; i < 4; i++)
		data[33 + i] = (uint8_t)(counter >> (24 - 8 * i));
	return error;
}

static int sign(const struct bench_key *key, const uint8_t *data, const char *client_data, uint8_t *signature,
	size_t *size)
{
	uint8_t message[DATA_SIZE + DIGEST_SIZE];
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int good;

	memcpy(message, data, DATA_SIZE);
	good = context != NULL &&
		digest_sha256(client_data, strlen(client_data), message + DATA_SIZE) == STEPUP_OK &&
		EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key->pkey) == 1 &&
		EVP_DigestSign(context, signature, size, message, sizeof(message)) == 1;
	EVP_MD_CTX_free(context);
	return good;
}

static json_t *bytes_to_json(const void *bytes, size_t size)
{
	char *text = base64url_encode_new(bytes, size);
	json_t *json = text == NULL ? NULL : json_string(text);

	free(text);
	return json;
}

json_t *bench_key_answer(const struct bench_key *key, const json_t *options, long number, uint32_t counter)
{
	const char *challenge = json_string_value(json_object_get(options, "challenge"));
	uint8_t id[DIGEST_SIZE], data[DATA_SIZE], signature[128];
	size_t size = sizeof(signature);
	char client_data[512];

	if (challenge == NULL || bench_key_id(number, id) != STEPUP_OK ||
	    make_data(counter, data) != STEPUP_OK)
		return NULL;
	if (snprintf(client_data, sizeof(client_data),
		    "{\"type\":\"webauthn.get\",\"challenge\":\"%s\",\"origin\":\"" BENCH_ORIGIN
		    "\",\"crossOrigin\":false}",
		    challenge) >= (int)sizeof(client_data) || !sign(key, data, client_data, signature, &size))
		return NULL;
	return json_pack("{s:o, s:o, s:s, s:{s:o, s:o, s:o}}", "id", bytes_to_json(id, sizeof(id)),
		"rawId", bytes_to_json(id, sizeof(id)), "type", "public-key", "response", "clientDataJSON",
		bytes_to_json(client_data, strlen(client_data)), "authenticatorData",
		bytes_to_json(data, sizeof(data)), "signature", bytes_to_json(signature, size));
}
