/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many answers of keys are verified a second by one thread: the arithmetic alone, no socket, no store.
 * One line of JSON a subject: {"subject", "per_second"}.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/evidence/key_bytes.h"
#include "lib/evidence/sshsig.h"
#include "tests/unit/makers/ssh_maker.h"
#include "tests/unit/makers/webauthn_maker.h"
#include "verifier/factors/webauthn/webauthn.h"

#define NAMESPACE "stepup@bench.example.com"

static const uint8_t challenge[32] = "the challenge of this one action";
static const char *const origins[] = {MADE_ORIGIN, NULL};
static const char message[] = "{\"v\":1,\"purpose\":\"auth\"}";

static double now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void say(const char *subject, long count, double seconds)
{
	printf("{\"subject\": \"%s\", \"per_second\": %.0f}\n", subject, (double)count / seconds);
}

static void webauthn_rate(const char *subject, int algorithm, double seconds)
{
	struct made_authenticator authenticator;
	struct made_blob data, client_data, signature;
	struct key_credential key = {.algorithm = algorithm};
	struct webauthn_expected expected = {
		.rp_id = MADE_RP_ID, .user_verification = true, .origins = origins};
	struct webauthn_assertion response;
	struct webauthn_assertion_result result;
	const char *why;
	long count = 0;
	double began;

	authenticator_make(algorithm, &authenticator);
	memcpy(key.public_key, authenticator.key.raw, authenticator.key.raw_size);
	key.public_key_size = authenticator.key.raw_size;
	memcpy(key.id, authenticator.id, authenticator.id_size);
	key.id_size = authenticator.id_size;
	memcpy(expected.challenge, challenge, sizeof(challenge));
	client_data_make("webauthn.get", challenge, MADE_ORIGIN, "", &client_data);
	authenticator_make_data(&authenticator, false, &data);
	webauthn_sign(&authenticator.key, &data, &client_data, &signature);
	response = (struct webauthn_assertion){
		.id = {key.id, key.id_size},
		.client_data = {client_data.bytes, client_data.size},
		.authenticator_data = {data.bytes, data.size},
		.signature = {signature.bytes, signature.size},
	};
	for (began = now(); now() - began < seconds; count++)
		if (webauthn_assert(&expected, &response, &key, &result, &why) != STEPUP_OK)
			abort();
	say(subject, count, now() - began);
	key_release(&authenticator.key);
}

static void ssh_rate(const char *subject, int algorithm, double seconds)
{
	struct made_key key;
	struct made_blob key_blob, blob;
	struct ssh_key parsed;
	struct ssh_signature signature;
	const char *why;
	long count = 0;
	double began;

	key_make(algorithm, &key);
	ssh_make_key_blob(&key, "ssh:", &key_blob);
	ssh_make_sshsig(&key, "ssh:", FLAG_USER_PRESENT, 7, NAMESPACE, message, strlen(message), &blob);
	if (ssh_key_parse(key_blob.bytes, key_blob.size, &parsed) != STEPUP_OK)
		abort();
	for (began = now(); now() - began < seconds; count++)
		if (sshsig_check(&parsed, NAMESPACE, message, strlen(message), false, blob.bytes, blob.size,
			    &signature, &why) != STEPUP_OK)
			abort();
	say(subject, count, now() - began);
	key_release(&key);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 1;

	webauthn_rate("WebAuthn ES256", KEY_ES256, seconds);
	webauthn_rate("WebAuthn ES384", KEY_ES384, seconds);
	webauthn_rate("WebAuthn EdDSA", KEY_EDDSA, seconds);
	webauthn_rate("WebAuthn RS256", KEY_RS256, seconds);
	ssh_rate("agent, sk-ssh-ed25519", KEY_EDDSA, seconds);
	ssh_rate("agent, sk-ecdsa-sha2-nistp256", KEY_ES256, seconds);
	return 0;
}
