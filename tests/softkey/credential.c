/* SPDX-License-Identifier: BSD-2-Clause */
/* Making credentials and signing with them. */
#include "tests/softkey/credential.h"

#include <openssl/rand.h>
#include <openssl/sha.h>
#include <string.h>

#include "tests/softkey/attestation.h"

static void put_rp_id_hash(const struct softkey *key, const char *rp, struct cbor_out *out)
{
	uint8_t hash[HASH_SIZE];

	SHA256((const unsigned char *)rp, strlen(rp), hash);
	if ((key->options.faults & FAULT_RP_ID_HASH) != 0)
		hash[0] ^= 1;
	cbor_raw(out, hash, sizeof(hash));
}

/* What it says of the touch and the person, truly or not. */
static uint8_t put_flags(const struct softkey *key, unsigned flags, struct cbor_out *out)
{
	unsigned faults = key->options.faults;
	uint8_t said;

	if ((faults & FAULT_UP_CLEAR) != 0)
		flags &= ~(unsigned)FLAG_UP;
	if ((faults & FAULT_UV_CLEAR) != 0)
		flags &= ~(unsigned)FLAG_UV;
	if ((faults & FAULT_SYNCED) != 0)
		flags |= FLAG_BE | FLAG_BS;
	said = (uint8_t)flags;
	cbor_raw(out, &said, 1);
	return said;
}

static unsigned put_counter(struct softkey *key, struct cbor_out *out)
{
	unsigned counter = (key->options.faults & FAULT_STALE_COUNTER) != 0
				   ? (unsigned)json_integer_value(json_object_get(key->state.root, "counter"))
				   : state_count(&key->state);
	uint8_t bytes[4];

	if ((key->options.faults & FAULT_NO_COUNTER) != 0)
		counter = 0;
	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(counter >> (24 - 8 * i));
	cbor_raw(out, bytes, sizeof(bytes));
	return counter;
}

/* Signs authenticator data and the hash of the client data behind it. */
static bool sign_both(const struct softkey *key, EVP_PKEY *pair, int algorithm,
	const struct cbor_out *auth_data, const uint8_t *client_data_hash, uint8_t *signature, size_t *size)
{
	struct cbor_out both = *auth_data;

	cbor_raw(&both, client_data_hash, HASH_SIZE);
	if (both.bad || !key_pair_sign(pair, algorithm, both.bytes, both.size, signature, size))
		return false;
	if ((key->options.faults & FAULT_BAD_SIGNATURE) != 0)
		signature[*size - 1] ^= 1;
	return true;
}

static bool remember(
	struct softkey *key, const struct credential_request *request, const struct credential_made *made)
{
	json_t *credential = json_pack("{s:s, s:i, s:b, s:i, s:s}", "rp", request->rp,
		"algorithm", request->algorithm, "resident", request->resident,
		"protect", request->protect != 0 ? request->protect : key->options.protect,
		"user_name", request->user_name);
	size_t size = 0;
	unsigned char *der = key_pair_to_der(made->pair, &size);
	bool done = credential != NULL && der != NULL;

	if (done) {
		state_set_bytes(credential, "id", made->id, sizeof(made->id));
		state_set_bytes(credential, "key", der, size);
		state_set_bytes(credential, "user_id", request->user_id, request->user_id_size);
		done = json_array_append(state_credentials(&key->state), credential) == 0 &&
		       state_save(&key->state);
	}
	OPENSSL_free(der);
	json_decref(credential);
	return done;
}

/* Attested credential data (WebAuthn section 6.5.2) and extensions. */
static void put_attested(
	const struct softkey *key, const struct credential_request *request, struct credential_made *made)
{
	static const uint8_t no_aaguid[16] = {0};
	const uint8_t length[2] = {0, CREDENTIAL_ID_SIZE};
	struct cbor_out *out = &made->auth_data;

	cbor_raw(out, key->options.attestation == SOFTKEY_NONE ? no_aaguid : key->options.aaguid, 16);
	cbor_raw(out, length, sizeof(length));
	cbor_raw(out, made->id, sizeof(made->id));
	key_pair_cose(made->pair, request->algorithm, out);
	if ((key->options.faults & FAULT_BAD_POINT) != 0)
		out->bytes[out->size - 1] ^= 1;
	if (request->protect != 0) {
		cbor_map(out, 1);
		cbor_text(out, "credProtect");
		cbor_int(out, request->protect);
	}
}

static bool attest(
	struct softkey *key, const struct credential_request *request, struct credential_made *made)
{
	struct attestation attestation;
	int length;
	bool done;

	made->signature_algorithm = request->algorithm;
	if (key->options.attestation != SOFTKEY_PACKED)
		return sign_both(key, made->pair, request->algorithm, &made->auth_data,
			request->client_data_hash, made->signature, &made->signature_size);
	made->signature_algorithm = ALGORITHM_ES256;
	if (!attestation_open(key->options.ca, key->options.aaguid, &attestation))
		return false;
	length = i2d_X509(attestation.certificate, &made->certificate);
	made->certificate_size = length > 0 ? (size_t)length : 0;
	done = length > 0 && sign_both(key, attestation.key, ALGORITHM_ES256, &made->auth_data,
				     request->client_data_hash, made->signature, &made->signature_size);
	attestation_close(&attestation);
	return done;
}

bool credential_make(
	struct softkey *key, const struct credential_request *request, struct credential_made *made)
{
	unsigned flags = request->flags | FLAG_AT | (request->protect != 0 ? FLAG_ED : 0U);

	made->pair = key_pair_new(request->algorithm);
	made->certificate = NULL;
	made->auth_data.size = 0;
	made->auth_data.bad = false;
	if (made->pair == NULL || RAND_bytes(made->id, sizeof(made->id)) != 1)
		return false;
	put_rp_id_hash(key, request->rp, &made->auth_data);
	put_flags(key, flags, &made->auth_data);
	put_counter(key, &made->auth_data);
	put_attested(key, request, made);
	return !made->auth_data.bad && attest(key, request, made) && remember(key, request, made);
}

void credential_made_clear(struct credential_made *made)
{
	EVP_PKEY_free(made->pair);
	OPENSSL_free(made->certificate);
	made->pair = NULL;
	made->certificate = NULL;
}

bool credential_sign(struct softkey *key, const json_t *credential, const uint8_t client_data_hash[HASH_SIZE],
	uint8_t flags, struct credential_assertion *assertion)
{
	int algorithm = (int)json_integer_value(json_object_get(credential, "algorithm"));
	uint8_t der[4096];
	size_t size = 0;
	EVP_PKEY *pair = NULL;
	bool done;

	assertion->auth_data.size = 0;
	assertion->auth_data.bad = false;
	if (state_bytes(credential, "key", der, sizeof(der), &size))
		pair = key_pair_from_der(der, size);
	put_rp_id_hash(key, json_string_value(json_object_get(credential, "rp")), &assertion->auth_data);
	assertion->flags = put_flags(key, flags, &assertion->auth_data);
	assertion->counter = put_counter(key, &assertion->auth_data);
	done = pair != NULL &&
	       sign_both(key, pair, algorithm, &assertion->auth_data, client_data_hash, assertion->signature,
		       &assertion->signature_size) &&
	       state_save(&key->state);
	EVP_PKEY_free(pair);
	return done;
}
