/* SPDX-License-Identifier: BSD-2-Clause */
/* authenticatorClientPIN. */
#include "tests/softkey/pin.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <string.h>

#define PIN_HASH_SIZE 16
#define PIN_PADDED_SIZE 64
#define PIN_RETRIES 8
#define MISMATCHES_MAX 3
#define BLOCK 16

enum subcommand {
	GET_RETRIES = 1,
	GET_KEY_AGREEMENT = 2,
	SET_PIN = 3,
	CHANGE_PIN = 4,
	GET_PIN_TOKEN = 5,
	GET_UV_TOKEN = 6,
	GET_PIN_TOKEN_WITH_PERMISSIONS = 9
};

struct pin_request {
	int64_t protocol, subcommand, permissions;
	bool has_peer;
	uint8_t peer[64]; /* the platform's point */
	const uint8_t *parameter, *new_pin, *pin_hash;
	size_t parameter_size, new_pin_size, pin_hash_size;
	char rp[RP_SIZE];
};

struct shared_secret {
	int64_t protocol;
	uint8_t mac_key[HASH_SIZE], cipher_key[HASH_SIZE];
};

bool pin_is_set(const struct softkey *key)
{
	return json_object_get(key->state.root, "pin") != NULL;
}

void pin_set(struct softkey *key, const char *pin)
{
	uint8_t hash[HASH_SIZE];

	SHA256((const unsigned char *)pin, strlen(pin), hash);
	state_set_bytes(key->state.root, "pin", hash, PIN_HASH_SIZE);
	json_object_set_new(key->state.root, "retries", json_integer(PIN_RETRIES));
}

bool pin_session_start(struct softkey *key)
{
	EVP_PKEY_free(key->pin.agreement);
	key->pin = (struct pin_session){.agreement = key_pair_new(ALGORITHM_ES256)};
	return key->pin.agreement != NULL && RAND_bytes(key->pin.token, sizeof(key->pin.token)) == 1;
}

static int retries(const struct softkey *key)
{
	if ((key->options.faults & FAULT_PIN_BLOCKED) != 0)
		return 0;
	return (int)json_integer_value(json_object_get(key->state.root, "retries"));
}

/* --- the two protocols
 * -----------------------------------------------------------------------------------------------------------
 */

static bool hkdf(const uint8_t *secret, const char *info, uint8_t out[HASH_SIZE])
{
	static const uint8_t salt[HASH_SIZE] = {0};
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
	size_t size = HASH_SIZE;
	bool done =
		context != NULL && EVP_PKEY_derive_init(context) == 1 &&
		EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256()) == 1 &&
		EVP_PKEY_CTX_set1_hkdf_salt(context, salt, sizeof(salt)) == 1 &&
		EVP_PKEY_CTX_set1_hkdf_key(context, secret, HASH_SIZE) == 1 &&
		EVP_PKEY_CTX_add1_hkdf_info(context, (const unsigned char *)info, (int)strlen(info)) == 1 &&
		EVP_PKEY_derive(context, out, &size) == 1;

	EVP_PKEY_CTX_free(context);
	return done;
}

static bool agree(struct softkey *key, const struct pin_request *request, struct shared_secret *shared)
{
	EVP_PKEY *peer = request->has_peer ? key_pair_from_point(request->peer) : NULL;
	EVP_PKEY_CTX *context = peer != NULL ? EVP_PKEY_CTX_new(key->pin.agreement, NULL) : NULL;
	uint8_t x[HASH_SIZE];
	size_t size = sizeof(x);
	bool done = context != NULL && EVP_PKEY_derive_init(context) == 1 &&
		    EVP_PKEY_derive_set_peer(context, peer) == 1 && EVP_PKEY_derive(context, x, &size) == 1;

	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(peer);
	shared->protocol = request->protocol;
	if (done && shared->protocol == 2)
		return hkdf(x, "CTAP2 HMAC key", shared->mac_key) &&
		       hkdf(x, "CTAP2 AES key", shared->cipher_key);
	if (done) {
		SHA256(x, sizeof(x), shared->mac_key);
		memcpy(shared->cipher_key, shared->mac_key, HASH_SIZE);
	}
	return done;
}

static bool crypt(
	const uint8_t *secret, const uint8_t *iv, bool encrypt, const uint8_t *in, size_t size, uint8_t *out)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int length = 0;
	bool done = context != NULL &&
		    EVP_CipherInit_ex(context, EVP_aes_256_cbc(), NULL, secret, iv, encrypt ? 1 : 0) == 1 &&
		    EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
		    EVP_CipherUpdate(context, out, &length, in, (int)size) == 1 && (size_t)length == size;

	EVP_CIPHER_CTX_free(context);
	return done;
}

/* Protocol two carries its IV in front. */
static bool decrypt(const struct shared_secret *shared, const uint8_t *in, size_t size, uint8_t *out,
	size_t capacity, size_t *length)
{
	static const uint8_t zero[BLOCK] = {0};
	size_t head = shared->protocol == 2 ? BLOCK : 0;

	if (size < head || (size - head) % BLOCK != 0 || size - head > capacity)
		return false;
	*length = size - head;
	return crypt(shared->cipher_key, head > 0 ? in : zero, false, in + head, *length, out);
}

static bool encrypt_token(struct softkey *key, const struct shared_secret *shared, struct cbor_out *reply)
{
	uint8_t out[BLOCK + HASH_SIZE] = {0};
	size_t head = shared->protocol == 2 ? BLOCK : 0;

	if ((head > 0 && RAND_bytes(out, BLOCK) != 1) ||
		!crypt(shared->cipher_key, out, true, key->pin.token, HASH_SIZE, out + head))
		return false;
	cbor_map(reply, 1);
	cbor_int(reply, 2);
	cbor_bytes(reply, out, head + HASH_SIZE);
	return true;
}

static bool mac_holds(int64_t protocol, const uint8_t mac_key[HASH_SIZE], const uint8_t *data,
	size_t data_size, const uint8_t *mac, size_t size)
{
	uint8_t expected[HASH_SIZE];

	return size == (protocol == 2 ? HASH_SIZE : HASH_SIZE / 2) &&
	       HMAC(EVP_sha256(), mac_key, HASH_SIZE, data, data_size, expected, NULL) != NULL &&
	       memcmp(expected, mac, size) == 0;
}

/* --- the subcommands
 * -----------------------------------------------------------------------------------------------------------
 */

static void read_cose(struct cbor_in *in, struct pin_request *request)
{
	for (size_t pairs = cbor_read_map(in); pairs > 0 && !in->bad; pairs--) {
		int64_t label = cbor_read_int(in);
		const uint8_t *coordinate;
		size_t size;

		if (label != -2 && label != -3) {
			cbor_skip(in);
			continue;
		}
		coordinate = cbor_read_bytes(in, &size);
		if (size != 32)
			in->bad = true;
		else
			memcpy(request->peer + (label == -3 ? 32 : 0), coordinate, 32);
	}
	request->has_peer = true;
}

static void read_parameter(struct cbor_in *in, struct pin_request *request)
{
	switch (cbor_read_int(in)) {
	case 1:
		request->protocol = cbor_read_int(in);
		break;
	case 2:
		request->subcommand = cbor_read_int(in);
		break;
	case 3:
		read_cose(in, request);
		break;
	case 4:
		request->parameter = cbor_read_bytes(in, &request->parameter_size);
		break;
	case 5:
		request->new_pin = cbor_read_bytes(in, &request->new_pin_size);
		break;
	case 6:
		request->pin_hash = cbor_read_bytes(in, &request->pin_hash_size);
		break;
	case 9:
		request->permissions = cbor_read_int(in);
		break;
	case 10:
		cbor_read_string(in, request->rp, sizeof(request->rp));
		break;
	default:
		cbor_skip(in);
	}
}

static void get_retries(struct softkey *key, struct cbor_out *reply)
{
	cbor_map(reply, 2);
	cbor_int(reply, 3);
	cbor_int(reply, retries(key));
	cbor_int(reply, 4);
	cbor_bool(reply, key->pin.mismatches >= MISMATCHES_MAX);
}

/* The key agreement key has an algorithm of its own in COSE: -25, ECDH-ES + HKDF-256. */
static void get_key_agreement(struct softkey *key, struct cbor_out *reply)
{
	uint8_t point[64];

	if (!key_pair_point(key->pin.agreement, point))
		reply->bad = true;
	cbor_map(reply, 1);
	cbor_int(reply, 1);
	cbor_map(reply, 5);
	cbor_int(reply, 1);
	cbor_int(reply, 2);
	cbor_int(reply, 3);
	cbor_int(reply, -25);
	cbor_int(reply, -1);
	cbor_int(reply, 1);
	cbor_int(reply, -2);
	cbor_bytes(reply, point, 32);
	cbor_int(reply, -3);
	cbor_bytes(reply, point + 32, 32);
}

/* Compares the PIN that came with the one that is set, and counts. */
static enum ctap_status try_pin(
	struct softkey *key, const struct shared_secret *shared, const struct pin_request *request)
{
	uint8_t given[HASH_SIZE], held[HASH_SIZE];
	size_t given_size = 0, held_size = 0;
	int left = retries(key);

	if (left <= 0)
		return CTAP_PIN_BLOCKED;
	if (key->pin.mismatches >= MISMATCHES_MAX || (key->options.faults & FAULT_PIN_LOCKED) != 0)
		return CTAP_PIN_AUTH_BLOCKED;
	json_object_set_new(key->state.root, "retries", json_integer(left - 1));
	if (request->pin_hash == NULL ||
		!decrypt(shared, request->pin_hash, request->pin_hash_size, given, sizeof(given),
			&given_size) ||
		!state_bytes(key->state.root, "pin", held, sizeof(held), &held_size) ||
		given_size != PIN_HASH_SIZE || held_size != PIN_HASH_SIZE ||
		memcmp(given, held, PIN_HASH_SIZE) != 0) {
		int mismatches = key->pin.mismatches + 1;

		if (!pin_session_start(key) || !state_save(&key->state))
			return CTAP_OTHER;
		key->pin.mismatches = mismatches;
		if (left == 1)
			return CTAP_PIN_BLOCKED;
		return mismatches >= MISMATCHES_MAX ? CTAP_PIN_AUTH_BLOCKED : CTAP_PIN_INVALID;
	}
	json_object_set_new(key->state.root, "retries", json_integer(PIN_RETRIES));
	key->pin.mismatches = 0;
	return state_save(&key->state) ? CTAP_OK : CTAP_OTHER;
}

static enum ctap_status store_pin(
	struct softkey *key, const struct shared_secret *shared, const struct pin_request *request)
{
	uint8_t padded[PIN_PADDED_SIZE + 1] = {0};
	size_t size = 0;

	if (!decrypt(shared, request->new_pin, request->new_pin_size, padded, PIN_PADDED_SIZE, &size) ||
		size != PIN_PADDED_SIZE)
		return CTAP_INVALID_PARAMETER;
	if (strlen((const char *)padded) < 4 || strlen((const char *)padded) > 63)
		return CTAP_PIN_POLICY_VIOLATION;
	pin_set(key, (const char *)padded);
	return state_save(&key->state) ? CTAP_OK : CTAP_OTHER;
}

static enum ctap_status set_pin(
	struct softkey *key, const struct shared_secret *shared, const struct pin_request *request)
{
	if (pin_is_set(key) || request->new_pin == NULL ||
		!mac_holds(shared->protocol, shared->mac_key, request->new_pin, request->new_pin_size,
			request->parameter, request->parameter_size))
		return CTAP_PIN_AUTH_INVALID;
	return store_pin(key, shared, request);
}

static enum ctap_status change_pin(
	struct softkey *key, const struct shared_secret *shared, const struct pin_request *request)
{
	uint8_t both[256];
	enum ctap_status status;

	if (!pin_is_set(key))
		return CTAP_PIN_NOT_SET;
	if (request->new_pin == NULL || request->pin_hash == NULL ||
		request->new_pin_size + request->pin_hash_size > sizeof(both))
		return CTAP_MISSING_PARAMETER;
	memcpy(both, request->new_pin, request->new_pin_size);
	memcpy(both + request->new_pin_size, request->pin_hash, request->pin_hash_size);
	if (!mac_holds(shared->protocol, shared->mac_key, both,
		    request->new_pin_size + request->pin_hash_size, request->parameter,
		    request->parameter_size))
		return CTAP_PIN_AUTH_INVALID;
	status = try_pin(key, shared, request);
	return status == CTAP_OK ? store_pin(key, shared, request) : status;
}

static enum ctap_status get_token(struct softkey *key, const struct shared_secret *shared,
	const struct pin_request *request, struct cbor_out *reply)
{
	enum ctap_status status;

	if (request->subcommand == GET_UV_TOKEN)
		status = key->options.uv ? softkey_touch(key) : CTAP_NOT_ALLOWED;
	else
		status = pin_is_set(key) ? try_pin(key, shared, request) : CTAP_PIN_NOT_SET;
	if (status != CTAP_OK)
		return status;
	if (RAND_bytes(key->pin.token, sizeof(key->pin.token)) != 1)
		return CTAP_OTHER;
	key->pin.permissions = PERMISSION_MAKE_CREDENTIAL | PERMISSION_GET_ASSERTION;
	key->pin.rp[0] = '\0';
	if (request->subcommand != GET_PIN_TOKEN) {
		key->pin.permissions = (unsigned)request->permissions;
		memcpy(key->pin.rp, request->rp, sizeof(key->pin.rp));
	}
	return encrypt_token(key, shared, reply) ? CTAP_OK : CTAP_OTHER;
}

static enum ctap_status with_secret(
	struct softkey *key, const struct pin_request *request, struct cbor_out *reply)
{
	struct shared_secret shared;

	if (!agree(key, request, &shared))
		return CTAP_INVALID_PARAMETER;
	switch (request->subcommand) {
	case SET_PIN:
		return set_pin(key, &shared, request);
	case CHANGE_PIN:
		return change_pin(key, &shared, request);
	case GET_PIN_TOKEN:
	case GET_UV_TOKEN:
	case GET_PIN_TOKEN_WITH_PERMISSIONS:
		return get_token(key, &shared, request, reply);
	default:
		return CTAP_INVALID_PARAMETER;
	}
}

enum ctap_status pin_command(struct softkey *key, struct cbor_in *parameters, struct cbor_out *reply)
{
	struct pin_request request = {.protocol = 0};

	for (size_t pairs = cbor_read_map(parameters); pairs > 0 && !parameters->bad; pairs--)
		read_parameter(parameters, &request);
	if (parameters->bad)
		return CTAP_INVALID_CBOR;
	if (request.subcommand == GET_RETRIES) {
		get_retries(key, reply);
		return CTAP_OK;
	}
	if (request.protocol < 1 || request.protocol > 2 ||
		(key->options.pin_protocols & 1U << request.protocol) == 0)
		return CTAP_INVALID_PARAMETER;
	if (request.subcommand == GET_KEY_AGREEMENT) {
		get_key_agreement(key, reply);
		return CTAP_OK;
	}
	return with_secret(key, &request, reply);
}

enum ctap_status pin_check(struct softkey *key, int64_t protocol, const uint8_t *parameter, size_t size,
	const uint8_t client_data_hash[HASH_SIZE], enum pin_permission permission, const char *rp)
{
	if ((protocol != 1 && protocol != 2) ||
		!mac_holds(protocol, key->pin.token, client_data_hash, HASH_SIZE, parameter, size) ||
		(key->pin.permissions & permission) == 0 ||
		(key->pin.rp[0] != '\0' && strcmp(key->pin.rp, rp) != 0))
		return CTAP_PIN_AUTH_INVALID;
	return CTAP_OK;
}
