/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What clients send for a key, as JSON; the first byte says by which way, and whether to enrol. An assertion
 * that is taken (one is among the seeds) holds by OpenSSL's judgement too, which has no part in the ceremony.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/sshsig.h"
#include "lib/evidence/key_bytes.h"
#include "lib/wire/base64url.h"
#include "lib/wire/canonical_json.h"
#include "verifier/factors/attestation/attestation_ssh.h"
#include "verifier/factors/webauthn/key_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of "ES256, packed" in tests/vectors/webauthn_chromium.json. */
static const uint8_t public_key[64] = {0x80, 0xdb, 0xf7, 0xad, 0x70, 0x9e, 0xc9, 0x08, 0xbd, 0x77, 0x52, 0x90,
	0xc5, 0x7c, 0x58, 0x85, 0x62, 0xb9, 0x0e, 0xa4, 0x41, 0x2a, 0x06, 0x44, 0x57, 0xd7, 0x70, 0x89, 0x49,
	0x79, 0x37, 0x6d, 0xad, 0xd1, 0x0c, 0xf4, 0x1a, 0x89, 0x4d, 0xec, 0x77, 0xd6, 0x02, 0x8d, 0x64, 0xe1,
	0x34, 0xf6, 0x40, 0x04, 0xcc, 0x7f, 0x3d, 0x60, 0xc2, 0x7c, 0xf3, 0xf2, 0xf1, 0x36, 0x6e, 0xff,
	0xb6, 0x95};
static const char challenge[] = "Z8RweG1z3JXyyjUMbcuoVP6OIb1dI2iu4zJcqnW2Txk";
static const char credential_id[] = "Q4qHIHcog8olmOqtQ0rA7_n7HBqGDrP6tlvDoWWoTnc";

static void try_assertion(const struct webauthn_assertion *assertion, bool seat)
{
	static const char *const origins[] = {"https://support.example.com", NULL};
	static const uint8_t own[] = "{\"type\":\"webauthn.get\"}";
	struct webauthn_expected expected = {.rp_id = "example.com", .origins = origins};
	struct key_credential key = {.algorithm = KEY_ES256, .public_key_size = sizeof(public_key)};
	struct webauthn_assertion_result result;
	struct webauthn_bytes client_data = assertion->client_data;
	uint8_t bytes[AUTHENTICATOR_DATA_MAX + DIGEST_SIZE];
	size_t size = 0;
	const char *why;

	memcpy(key.public_key, public_key, sizeof(public_key));
	if (base64url_decode(credential_id, key.id, sizeof(key.id), &key.id_size) != STEPUP_OK ||
	    base64url_decode(challenge, expected.challenge, sizeof(expected.challenge), &size) != STEPUP_OK)
		abort();
	if (seat)
		expected.client_data = client_data = (struct webauthn_bytes){own, sizeof(own) - 1};
	if (webauthn_assert(&expected, assertion, &key, &result, &why) != STEPUP_OK) {
		if (why == NULL || result.counter != 0)
			abort();
		return;
	}
	memcpy(bytes, assertion->authenticator_data.bytes, assertion->authenticator_data.size);
	if (digest_sha256(client_data.bytes, client_data.size,
		    bytes + assertion->authenticator_data.size) != STEPUP_OK ||
	    key_signature_check(KEY_ES256, public_key, sizeof(public_key), bytes,
		    assertion->authenticator_data.size + DIGEST_SIZE, assertion->signature.bytes,
		    assertion->signature.size) != STEPUP_OK)
		abort();
}

static void try_registration(const struct webauthn_registration *registration)
{
	static const uint8_t own[] = "{\"type\":\"webauthn.create\"}";
	static const int algorithms[] = {KEY_ES256, 0};
	const struct webauthn_expected expected = {
		.rp_id = "example.com", .algorithms = algorithms, .client_data = {own, sizeof(own) - 1}};
	struct key_credential key;
	const char *why;

	(void)webauthn_register(&expected, registration, NULL, 1800000000, &key, &why);
}

static void try_agent(const struct key_answer_agent *agent)
{
	static const char message[] = "{\"v\":1,\"purpose\":\"auth\"}";
	const struct byte_cursor blob = {.at = agent->attestation.bytes, .left = agent->attestation.size};
	const struct byte_cursor given = {.at = agent->challenge.bytes, .left = agent->challenge.size};
	struct key_credential made = {0};
	struct ssh_signature signature;
	struct ssh_key key;
	const char *why;

	if (ssh_key_parse(agent->key.bytes, agent->key.size, &key) != STEPUP_OK)
		return;
	if (sshsig_check(&key, "stepup@stepup.example.com", message, strlen(message), false,
		    agent->signature.bytes, agent->signature.size, &signature,
		    &why) == STEPUP_OK && (signature.flags & FLAG_USER_PRESENT) == 0)
		abort();
	if (blob.at != NULL &&
	    attestation_ssh_check(blob, given, &key, NULL, 1800000000, &made, &why) == STEPUP_OK &&
	    made.attestation == ATTESTATION_VERIFIED)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum via ways[] = {VIA_BROWSER, VIA_SEAT, VIA_AGENT};
	struct key_answer answer;
	json_t *object = NULL;
	const char *why = NULL;
	enum via via;
	bool enrolment;

	if (size == 0 || json_parse_object((const char *)data + 1, size - 1, &object) != STEPUP_OK)
		return 0;
	via = ways[data[0] / 2 % 3];
	enrolment = data[0] % 2 == 1;
	if (key_answer_parse(via, enrolment, object, &answer, &why) != STEPUP_OK) {
		if (why == NULL || answer.memory != NULL)
			abort();
	} else if (via == VIA_AGENT) {
		try_agent(&answer.agent);
	} else if (enrolment) {
		try_registration(&answer.registration);
	} else {
		try_assertion(&answer.assertion, via == VIA_SEAT);
	}
	key_answer_clear(&answer);
	json_decref(object);
	return 0;
}
