/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes what authenticators and browsers make.
 */
#include "tests/unit/makers/webauthn_maker.h"
#include "tests/unit/cmocka_tap.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

void authenticator_make(int algorithm, struct made_authenticator *authenticator)
{
	memset(authenticator, 0, sizeof(*authenticator));
	key_make(algorithm, &authenticator->key);
	authenticator->rp_id = MADE_RP_ID;
	memset(authenticator->aaguid, 0xa6, sizeof(authenticator->aaguid));
	SHA256(authenticator->key.raw, authenticator->key.raw_size, authenticator->id);
	authenticator->id_size = 32;
	authenticator->flags = 0x05;
	authenticator->counter = 1;
}

void authenticator_make_cose_key(const struct made_key *key, struct made_blob *cose)
{
	size_t half = key->raw_size / 2;

	blob_head(cose, 5, key->algorithm == KEY_ES256 || key->algorithm == KEY_ES384 ? 5 : 4);
	blob_cbor_int(cose, 1); /* kty */
	blob_cbor_int(cose, key->algorithm == KEY_EDDSA ? 1 : key->algorithm == KEY_RS256 ? 3 : 2);
	blob_cbor_int(cose, 3); /* alg */
	blob_cbor_int(cose, key->algorithm);
	switch (key->algorithm) {
	case KEY_EDDSA:
		blob_cbor_int(cose, -1);
		blob_cbor_int(cose, 6);
		blob_cbor_int(cose, -2);
		blob_cbor_bytes(cose, key->raw, 32);
		break;
	case KEY_RS256:
		blob_cbor_int(cose, -1);
		blob_cbor_bytes(cose, key->raw, 256);
		blob_cbor_int(cose, -2);
		blob_cbor_bytes(cose, key->raw + 256, 3);
		break;
	default:
		blob_cbor_int(cose, -1);
		blob_cbor_int(cose, key->algorithm == KEY_ES256 ? 1 : 2);
		blob_cbor_int(cose, -2);
		blob_cbor_bytes(cose, key->raw, half);
		blob_cbor_int(cose, -3);
		blob_cbor_bytes(cose, key->raw + half, half);
	}
}

void authenticator_make_data(const struct made_authenticator *authenticator, bool attested,
	struct made_blob *data)
{
	uint8_t hash[32];

	data->size = 0;
	SHA256((const uint8_t *)authenticator->rp_id, strlen(authenticator->rp_id), hash);
	blob_raw(data, hash, sizeof(hash));
	blob_u8(data, authenticator->flags | (attested ? 0x40U : 0) | (authenticator->extensions != NULL
			? 0x80U : 0));
	blob_u32(data, authenticator->counter);
	if (attested) {
		blob_raw(data, authenticator->aaguid, sizeof(authenticator->aaguid));
		blob_u16(data, (unsigned)authenticator->id_size);
		blob_raw(data, authenticator->id, authenticator->id_size);
		authenticator_make_cose_key(&authenticator->key, data);
	}
	if (authenticator->extensions != NULL)
		blob_raw(data, authenticator->extensions->bytes, authenticator->extensions->size);
}

void client_data_make(const char *type, const uint8_t challenge[32], const char *origin, const char *more,
	struct made_blob *client_data)
{
	char text[2048], base64[48];
	int size;

	EVP_EncodeBlock((unsigned char *)base64, challenge, 32);
	base64[43] = '\0'; /* without the padding */
	for (char *at = base64; *at != '\0'; at++)
		*at = (char)(*at == '+' ? '-' : *at == '/' ? '_' : *at);
	size = snprintf(text, sizeof(text),
		"{\"type\":\"%s\",\"challenge\":\"%s\",\"origin\":\"%s\",\"crossOrigin\":false%s}", type,
		base64, origin, more);
	assert_in_range(size, 1, sizeof(text) - 1);
	client_data->size = 0;
	blob_raw(client_data, text, (size_t)size);
}

void webauthn_sign(const struct made_key *key, const struct made_blob *data,
	const struct made_blob *client_data, struct made_blob *signature)
{
	struct made_blob whole = *data;
	uint8_t hash[32];

	SHA256(client_data->bytes, client_data->size, hash);
	blob_raw(&whole, hash, sizeof(hash));
	key_sign(key, whole.bytes, whole.size, signature->bytes, &signature->size);
}

void attestation_make_object(const char *format, const struct made_blob *statement,
	const struct made_blob *data, struct made_blob *object)
{
	object->size = 0;
	blob_head(object, 5, 3);
	blob_cbor_text(object, "fmt");
	blob_cbor_text(object, format);
	blob_cbor_text(object, "attStmt");
	blob_raw(object, statement->bytes, statement->size);
	blob_cbor_text(object, "authData");
	blob_cbor_bytes(object, data->bytes, data->size);
}
