/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What real browsers, authenticators and tools made (tests/vectors/), through everything a client's answer
 * goes through: JSON to bytes, then the ceremony; and that no changed bit of any of it passes.
 */
#include "tests/unit/cmocka_tap.h"

#include <jansson.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/sshsig.h"
#include "lib/wire/base64url.h"
#include "tests/unit/makers/certificate_maker.h"
#include "verifier/factors/attestation/attestation_ssh.h"
#include "verifier/factors/webauthn/key_answer.h"

#define VECTORS STEPUP_TEST_SOURCE "/tests/vectors/"

static const int asked[] = {KEY_ES256, KEY_EDDSA, KEY_ES384, KEY_RS256, 0};

/* A file of vectors, and trust in its root. */
struct vectors {
	json_t *file;
	struct attestation_trust *trust;
	const char *origins[2];
};

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	assert_non_null(text);
	return text;
}

static size_t bytes_of(const json_t *object, const char *name, uint8_t *bytes, size_t capacity)
{
	size_t size = 0;

	assert_int_equal(base64url_decode(text_of(object, name), bytes, capacity, &size), STEPUP_OK);
	return size;
}

/* The root goes through a folder, as an administrator would have it. */
static struct attestation_trust *trust_root(const json_t *file)
{
	struct attestation_trust *trust = NULL;
	struct made_certificate root = {.x509 = NULL};
	char folder[64];
	const unsigned char *at = root.der;

	if (json_object_get(file, "root") == NULL)
		return NULL;
	root.size = bytes_of(file, "root", root.der, sizeof(root.der));
	root.x509 = d2i_X509(NULL, &at, (long)root.size);
	assert_non_null(root.x509);
	folder_make(folder);
	folder_put_certificate(folder, "root.pem", &root);
	trust = folder_trust(folder);
	folder_remove(folder);
	X509_free(root.x509);
	return trust;
}

static void open_vectors(const char *name, struct vectors *vectors)
{
	char path[512];
	json_error_t error;

	(void)snprintf(path, sizeof(path), VECTORS "%s", name);
	vectors->file = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (vectors->file == NULL)
		fail_msg("%s: %s", path, error.text);
	vectors->trust = trust_root(vectors->file);
	vectors->origins[0] = json_string_value(json_object_get(vectors->file, "origin"));
	vectors->origins[1] = NULL;
}

static void close_vectors(struct vectors *vectors)
{
	attestation_trust_free(&vectors->trust);
	json_decref(vectors->file);
}

static struct webauthn_expected expected_of(const struct vectors *vectors, const json_t *half)
{
	struct webauthn_expected expected = {
		.rp_id = text_of(vectors->file, "rp_id"),
		.origins = vectors->origins,
		.algorithms = asked,
		.user_handle = {(const uint8_t *)"0123456789abcdef", 16},
	};

	assert_int_equal(bytes_of(half, "challenge", expected.challenge, sizeof(expected.challenge)),
		sizeof(expected.challenge));
	return expected;
}

/* Registers; what came of it against the vector's word. False where it was refused. */
static bool register_vector(const struct vectors *vectors, const json_t *vector, struct key_credential *key)
{
	const json_t *half = json_object_get(vector, "registration");
	const char *should = text_of(vector, "expected"), *why = NULL;
	struct webauthn_expected expected = expected_of(vectors, half);
	struct key_answer answer;
	enum stepup_error error;

	assert_int_equal(key_answer_parse(VIA_BROWSER, true, json_object_get(half, "response"), &answer,
			&why), STEPUP_OK);
	error = webauthn_register(&expected, &answer.registration, vectors->trust, MADE_NOW, key, &why);
	key_answer_clear(&answer);
	if (strncmp(should, "refused: ", strlen("refused: ")) == 0) {
		assert_int_not_equal(error, STEPUP_OK);
		assert_string_equal(why, should + strlen("refused: "));
		return false;
	}
	if (error != STEPUP_OK)
		fail_msg("%s: %s", text_of(vector, "name"), why);
	assert_string_equal(key_attestation_name(key->attestation), should);
	return true;
}

/* Changes each bit of some bytes and asks again each time. */
static void assert_no_bit_passes(const struct webauthn_bytes *bytes, const struct webauthn_expected *expected,
	const struct webauthn_assertion *assertion, const struct key_credential *key)
{
	struct webauthn_assertion_result result;
	uint8_t *changed = (uint8_t *)(uintptr_t)bytes->bytes;
	const char *why = NULL;

	for (size_t bit = 0; bit < 8 * bytes->size; bit++) {
		changed[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_not_equal(webauthn_assert(expected, assertion, key, &result, &why), STEPUP_OK);
		changed[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static void assert_vector(const struct vectors *vectors, const json_t *vector,
	const struct key_credential *key)
{
	const json_t *half = json_object_get(vector, "assertion");
	struct webauthn_expected expected = expected_of(vectors, half);
	struct webauthn_assertion_result result;
	struct key_answer answer;
	const char *why = NULL;

	assert_int_equal(key_answer_parse(VIA_BROWSER, false, json_object_get(half, "response"), &answer,
			&why), STEPUP_OK);
	if (webauthn_assert(&expected, &answer.assertion, key, &result, &why) != STEPUP_OK)
		fail_msg("%s: %s", text_of(vector, "name"), why);
	assert_int_equal(result.counter_result, result.counter == 0 ? COUNTER_ABSENT : COUNTER_ROSE);
	assert_no_bit_passes(&answer.assertion.authenticator_data, &expected, &answer.assertion, key);
	assert_no_bit_passes(&answer.assertion.client_data, &expected, &answer.assertion, key);
	assert_no_bit_passes(&answer.assertion.signature, &expected, &answer.assertion, key);
	assert_int_equal(webauthn_assert(&expected, &answer.assertion, key, &result, &why), STEPUP_OK);
	key_answer_clear(&answer);
}

static void verify_all(const char *name, size_t good, size_t refused)
{
	struct key_credential key;
	struct vectors vectors;
	const json_t *vector;
	size_t index;

	open_vectors(name, &vectors);
	json_array_foreach(json_object_get(vectors.file, "vectors"), index, vector) {
		if (!register_vector(&vectors, vector, &key)) {
			refused--;
			continue;
		}
		assert_vector(&vectors, vector, &key);
		good--;
	}
	assert_int_equal(good, 0);
	assert_int_equal(refused, 0);
	close_vectors(&vectors);
}

static void the_specification_s_own_vectors_come_out_as_they_should(void **state)
{
	(void)state;
	verify_all("webauthn_w3c.json", 10, 4);
}

static void what_chromium_made_is_taken(void **state)
{
	(void)state;
	verify_all("webauthn_chromium.json", 6, 0);
}

static void what_ssh_keygen_signed_is_taken_where_it_was_touched(void **state)
{
	struct vectors vectors;
	const json_t *vector;
	size_t index, seen = 0;

	(void)state;
	open_vectors("ssh_keygen.json", &vectors);
	json_array_foreach(json_object_get(vectors.file, "vectors"), index, vector) {
		const char *message = text_of(vectors.file, "message"),
		*namespace = text_of(vectors.file, "namespace"), *why = NULL;
		bool touched = json_is_true(json_object_get(vector, "touched"));
		uint8_t blob[SSH_BLOB_MAX];
		size_t size = bytes_of(vector, "signature", blob, sizeof(blob));
		char comment[SSH_COMMENT_SIZE], *armor;
		struct ssh_signature signature;
		struct ssh_key key;

		assert_int_equal(ssh_key_parse_line(text_of(vector, "public_key"), &key, comment), STEPUP_OK);
		assert_int_equal(sshsig_check(&key, namespace, message, strlen(message), false, blob, size,
				&signature, &why), touched ? STEPUP_OK : STEPUP_BAD_ANSWER);
		if (!touched)
			assert_string_equal(why, "signed without a touch");
		armor = sshsig_armor(&key, namespace, blob, size);
		assert_string_equal(armor, text_of(vector, "armored"));
		free(armor);
		for (size_t bit = 0; bit < 8 * size; bit++) {
			blob[bit / 8] ^= (uint8_t)(1U << bit % 8);
			assert_int_not_equal(sshsig_check(&key, namespace, message, strlen(message), false,
					blob, size, &signature, &why), STEPUP_OK);
			blob[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		seen++;
	}
	assert_int_equal(seen, 4);
	close_vectors(&vectors);
}

static void what_ssh_keygen_wrote_of_attestations_verifies(void **state)
{
	struct vectors vectors;
	const json_t *vector;
	size_t index, seen = 0;

	(void)state;
	open_vectors("ssh_keygen.json", &vectors);
	json_array_foreach(json_object_get(vectors.file, "vectors"), index, vector) {
		uint8_t blob[SSH_BLOB_MAX], challenge[64];
		char comment[SSH_COMMENT_SIZE];
		struct key_credential made = {0};
		struct byte_cursor over_blob = {.at = blob}, over_challenge = {.at = challenge};
		struct ssh_key key;
		const char *why = NULL;

		if (json_object_get(vector, "attestation") == NULL)
			continue;
		over_blob.left = bytes_of(vector, "attestation", blob, sizeof(blob));
		over_challenge.left = bytes_of(vector, "challenge", challenge, sizeof(challenge));
		assert_int_equal(ssh_key_parse_line(text_of(vector, "public_key"), &key, comment), STEPUP_OK);
		if (attestation_ssh_check(over_blob, over_challenge, &key, vectors.trust, MADE_NOW, &made,
			    &why) != STEPUP_OK)
			fail_msg("%s: %s", text_of(vector, "name"), why);
		assert_null(why);
		assert_int_equal(made.attestation, ATTESTATION_VERIFIED);
		seen++;
	}
	assert_int_equal(seen, 2);
	close_vectors(&vectors);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_specification_s_own_vectors_come_out_as_they_should),
	cmocka_unit_test(what_chromium_made_is_taken),
	cmocka_unit_test(what_ssh_keygen_signed_is_taken_where_it_was_touched),
	cmocka_unit_test(what_ssh_keygen_wrote_of_attestations_verifies),
};
TAP_MAIN(tests)
