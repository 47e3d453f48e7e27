/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The software authenticator as an OpenSSH security key provider (OpenSSH's PROTOCOL.u2f, API version
 * 0x000a0000), for ssh-keygen, ssh-add and ssh-agent: SSH_SK_PROVIDER or -w. How it is stands in the
 * environment variable SOFTKEY, the words of softkey-run with spaces between them, e.g.
 * SOFTKEY="state=/tmp/x/key pin=1234".
 */
#include <openssl/ecdsa.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/softkey/credential.h"
#include "tests/softkey/pin.h"

#define SK_API_VERSION 0x000a0000
#define SK_ALGORITHM_ECDSA 0x00
#define SK_ALGORITHM_ED25519 0x01
#define SK_FLAG_UP 0x01
#define SK_FLAG_UV 0x04
#define SK_FLAG_RESIDENT 0x20
#define SK_ERROR_GENERAL (-1)
#define SK_ERROR_UNSUPPORTED (-2)
#define SK_ERROR_PIN_REQUIRED (-3)
#define SK_ERROR_DEVICE_NOT_FOUND (-4)

struct sk_enroll_response {
	uint8_t flags;
	uint8_t *public_key;
	size_t public_key_len;
	uint8_t *key_handle;
	size_t key_handle_len;
	uint8_t *signature;
	size_t signature_len;
	uint8_t *attestation_cert;
	size_t attestation_cert_len;
	uint8_t *authdata;
	size_t authdata_len;
};

struct sk_sign_response {
	uint8_t flags;
	uint32_t counter;
	uint8_t *sig_r;
	size_t sig_r_len;
	uint8_t *sig_s;
	size_t sig_s_len;
};

struct sk_resident_key {
	uint32_t alg;
	size_t slot;
	char *application;
	struct sk_enroll_response key;
	uint8_t flags;
	uint8_t *user_id;
	size_t user_id_len;
};

struct sk_option {
	char *name;
	char *value;
	uint8_t required;
};

#define EXPORTED __attribute__((visibility("default")))

uint32_t sk_api_version(void);
int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len, const char *application,
	uint8_t flags, const char *pin, struct sk_option **options,
	struct sk_enroll_response **enroll_response);
int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application,
	const uint8_t *key_handle, size_t key_handle_len, uint8_t flags, const char *pin,
	struct sk_option **options, struct sk_sign_response **sign_response);
int sk_load_resident_keys(
	const char *pin, struct sk_option **options, struct sk_resident_key ***rks, size_t *nrks);

EXPORTED uint32_t sk_api_version(void)
{
	return SK_API_VERSION;
}

/* The key of the environment, plugged in, with its state open. */
static bool open_key(struct softkey *key)
{
	const char *words = getenv("SOFTKEY");
	struct softkey_options options;
	char *copy, *rest, *word;
	bool fine = words != NULL;

	softkey_options_init(&options);
	copy = strdup(words != NULL ? words : "");
	for (word = strtok_r(copy, " ", &rest); word != NULL && fine; word = strtok_r(NULL, " ", &rest))
		fine = softkey_options_word(&options, word);
	free(copy);
	return fine && softkey_init(key, &options) && state_open(&key->state);
}

/* Whether that is the PIN; here nobody stands between us and the key, so no protocol is needed. */
static bool is_the_pin(const struct softkey *key, const char *pin)
{
	uint8_t given[HASH_SIZE], held[HASH_SIZE];
	size_t size = 0;

	SHA256((const unsigned char *)pin, strlen(pin), given);
	return state_bytes(key->state.root, "pin", held, sizeof(held), &size) && size == 16 &&
	       memcmp(given, held, 16) == 0;
}

/* What a person did: touched it and, where that was asked for, proved who they are. */
static int ask_person(struct softkey *key, const char *pin, uint8_t flags, uint8_t *done)
{
	*done = 0;
	if ((flags & SK_FLAG_UV) != 0 || (pin != NULL && pin[0] != '\0')) {
		if (pin == NULL || pin[0] == '\0' || !is_the_pin(key, pin))
			return SK_ERROR_PIN_REQUIRED;
		*done |= FLAG_UV;
	}
	if ((flags & SK_FLAG_UP) != 0) {
		if (softkey_touch(key) != CTAP_OK)
			return SK_ERROR_GENERAL;
		*done |= FLAG_UP;
	}
	return 0;
}

static uint8_t *copy_of(const void *bytes, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	if (copy != NULL && size > 0)
		memcpy(copy, bytes, size);
	return copy;
}

/* The public key as OpenSSH wants it: an uncompressed point, or 32 bytes. */
static bool put_public_key(
	const struct credential_made *made, int algorithm, struct sk_enroll_response *response)
{
	uint8_t octets[65] = {4};
	bool es256 = algorithm == ALGORITHM_ES256;
	bool done = es256 ? key_pair_point(made->pair, octets + 1) : key_pair_ed25519(made->pair, octets);

	response->public_key_len = es256 ? 65 : 32;
	response->public_key = copy_of(octets, response->public_key_len);
	return done && response->public_key != NULL;
}

static bool fill_response(
	const struct credential_made *made, int algorithm, uint8_t flags, struct sk_enroll_response *response)
{
	struct cbor_out auth_data = {.size = 0};

	cbor_bytes(&auth_data, made->auth_data.bytes, made->auth_data.size);
	response->flags = flags;
	response->key_handle = copy_of(made->id, sizeof(made->id));
	response->key_handle_len = sizeof(made->id);
	response->signature = copy_of(made->signature, made->signature_size);
	response->signature_len = made->signature_size;
	if (made->certificate != NULL) {
		response->attestation_cert = copy_of(made->certificate, made->certificate_size);
		response->attestation_cert_len = made->certificate_size;
	}
	response->authdata = copy_of(auth_data.bytes, auth_data.size);
	response->authdata_len = auth_data.size;
	return put_public_key(made, algorithm, response);
}

/* Members of the options that we know; one that is required and unknown is an error. */
static bool read_options(struct sk_option **options, struct credential_request *request)
{
	for (size_t i = 0; options != NULL && options[i] != NULL; i++) {
		if (strcmp(options[i]->name, "user") == 0)
			snprintf(request->user_name, sizeof(request->user_name), "%s", options[i]->value);
		else if (options[i]->required)
			return false;
	}
	return true;
}

EXPORTED int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len, const char *application,
	uint8_t flags, const char *pin, struct sk_option **options,
	struct sk_enroll_response **enroll_response)
{
	struct credential_request request = {.user_id_size = 1, .resident = (flags & SK_FLAG_RESIDENT) != 0};
	struct credential_made made = {.pair = NULL};
	struct sk_enroll_response *response = calloc(1, sizeof(*response));
	struct softkey key;
	int r = SK_ERROR_DEVICE_NOT_FOUND;

	request.algorithm = alg == SK_ALGORITHM_ED25519 ? ALGORITHM_EDDSA : ALGORITHM_ES256;
	snprintf(request.rp, sizeof(request.rp), "%s", application);
	SHA256(challenge, challenge_len, request.client_data_hash);
	if (response == NULL || alg > SK_ALGORITHM_ED25519 || !read_options(options, &request))
		return SK_ERROR_UNSUPPORTED;
	if (open_key(&key))
		/* Making a credential always takes a touch, whatever signing with it will take. */
		r = ask_person(&key, pin, (uint8_t)(flags | SK_FLAG_UP | (pin_is_set(&key) ? SK_FLAG_UV : 0)),
			&request.flags);
	if (r == 0 && (!credential_make(&key, &request, &made) ||
			      !fill_response(&made, request.algorithm, flags, response)))
		r = SK_ERROR_GENERAL;
	credential_made_clear(&made);
	softkey_clear(&key);
	if (r == 0)
		*enroll_response = response;
	return r;
}

/* r and s of a DER signature, or the 64 bytes of Ed25519. */
static bool split_signature(
	const struct credential_assertion *assertion, uint32_t alg, struct sk_sign_response *response)
{
	const unsigned char *der = assertion->signature;
	ECDSA_SIG *signature;
	uint8_t r[32], s[32];

	if (alg == SK_ALGORITHM_ED25519) {
		response->sig_r = copy_of(assertion->signature, assertion->signature_size);
		response->sig_r_len = assertion->signature_size;
		return response->sig_r != NULL;
	}
	signature = d2i_ECDSA_SIG(NULL, &der, (long)assertion->signature_size);
	if (signature == NULL)
		return false;
	response->sig_r_len = (size_t)BN_bn2bin(ECDSA_SIG_get0_r(signature), r);
	response->sig_s_len = (size_t)BN_bn2bin(ECDSA_SIG_get0_s(signature), s);
	ECDSA_SIG_free(signature);
	response->sig_r = copy_of(r, response->sig_r_len);
	response->sig_s = copy_of(s, response->sig_s_len);
	return response->sig_r != NULL && response->sig_s != NULL;
}

EXPORTED int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application,
	const uint8_t *key_handle, size_t key_handle_len, uint8_t flags, const char *pin,
	struct sk_option **options, struct sk_sign_response **sign_response)
{
	struct sk_sign_response *response = calloc(1, sizeof(*response));
	struct credential_assertion assertion;
	const json_t *credential = NULL;
	uint8_t hash[HASH_SIZE], done = 0;
	struct softkey key;
	int r = SK_ERROR_DEVICE_NOT_FOUND;

	(void)options;
	if (response == NULL)
		return SK_ERROR_GENERAL;
	SHA256(data, data_len, hash);
	if (open_key(&key))
		credential = state_find(&key.state, key_handle, key_handle_len, application);
	if (credential != NULL)
		r = ask_person(&key, pin, flags, &done);
	/* The state was let go while we waited. */
	if (r == 0)
		credential = state_find(&key.state, key_handle, key_handle_len, application);
	if (r == 0 && (credential == NULL || !credential_sign(&key, credential, hash, done, &assertion) ||
			      !split_signature(&assertion, alg, response)))
		r = SK_ERROR_GENERAL;
	if (r == 0) {
		response->flags = assertion.flags;
		response->counter = assertion.counter;
		*sign_response = response;
	}
	softkey_clear(&key);
	return r;
}

static struct sk_resident_key *resident_key(const json_t *credential)
{
	struct sk_resident_key *resident = calloc(1, sizeof(*resident));
	struct credential_made made = {.pair = NULL};
	int algorithm = (int)json_integer_value(json_object_get(credential, "algorithm"));
	uint8_t der[4096];
	size_t size = 0;

	if (resident == NULL || !state_bytes(credential, "key", der, sizeof(der), &size) ||
		!state_bytes(credential, "id", made.id, sizeof(made.id), &(size_t){0}))
		return resident;
	made.pair = key_pair_from_der(der, size);
	resident->alg = algorithm == ALGORITHM_EDDSA ? SK_ALGORITHM_ED25519 : SK_ALGORITHM_ECDSA;
	resident->application = strdup(json_string_value(json_object_get(credential, "rp")));
	resident->flags = SK_FLAG_UP | SK_FLAG_RESIDENT;
	resident->key.key_handle = copy_of(made.id, sizeof(made.id));
	resident->key.key_handle_len = sizeof(made.id);
	resident->user_id = calloc(1, 32);
	resident->user_id_len = 32;
	put_public_key(&made, algorithm, &resident->key);
	credential_made_clear(&made);
	return resident;
}

EXPORTED int sk_load_resident_keys(
	const char *pin, struct sk_option **options, struct sk_resident_key ***rks, size_t *nrks)
{
	struct softkey key;
	json_t *credential;
	size_t i;
	int r = SK_ERROR_DEVICE_NOT_FOUND;

	(void)options;
	*nrks = 0;
	*rks = NULL;
	if (open_key(&key)) {
		r = pin != NULL && is_the_pin(&key, pin) ? 0 : SK_ERROR_PIN_REQUIRED;
		*rks = calloc(json_array_size(state_credentials(&key.state)) + 1, sizeof(**rks));
	}
	json_array_foreach (r == 0 && *rks != NULL ? state_credentials(&key.state) : NULL, i, credential)
		if (json_is_true(json_object_get(credential, "resident")))
			(*rks)[(*nrks)++] = resident_key(credential);
	softkey_clear(&key);
	return r;
}
