/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verifier/factors/attestation/attestation_ssh.h: what ssh-keygen -O write-attestation writes.
 */
#include "tests/unit/cmocka_tap.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/makers/certificate_maker.h"
#include "tests/unit/makers/webauthn_maker.h"
#include "verifier/factors/attestation/attestation_ssh.h"

#define CHALLENGE "what was given with -O challenge"

/* A key, its attestation, and the root behind that. */
struct attested {
	struct made_authenticator authenticator;
	struct made_certificate root, leaf;
	struct made_blob data, challenge, signature, blob;
	struct ssh_key key;
	struct key_credential made;
	struct attestation_trust *trust;
	char folder[64];
	const char *why;
};

static struct byte_cursor over(const struct made_blob *blob)
{
	return (struct byte_cursor){.at = blob->bytes, .left = blob->size};
}

/* The blob around certificate (NULL: none), signature and authenticator data. */
static void wrap_as(struct attested *it, const char *type, const struct made_certificate *certificate)
{
	struct made_blob cbor = {.size = 0};

	blob_cbor_bytes(&cbor, it->data.bytes, it->data.size);
	it->blob.size = 0;
	blob_text(&it->blob, type);
	blob_string(&it->blob, certificate == NULL ? NULL : certificate->der,
		certificate == NULL ? 0 : certificate->size);
	blob_string(&it->blob, it->signature.bytes, it->signature.size);
	blob_string(&it->blob, cbor.bytes, cbor.size);
	blob_u32(&it->blob, 0);
	blob_text(&it->blob, "");
}

/* Signs as CTAP2 keys do. */
static void attest(struct attested *it)
{
	authenticator_make_data(&it->authenticator, true, &it->data);
	webauthn_sign(&it->leaf.key, &it->data, &it->challenge, &it->signature);
	wrap_as(it, "ssh-sk-attest-v01", &it->leaf);
}

/* Signs as U2F keys do, which have no AAGUID. */
static void attest_u2f(struct attested *it)
{
	struct made_blob bytes = {.size = 0};
	uint8_t hash[32];

	memset(it->authenticator.aaguid, 0, sizeof(it->authenticator.aaguid));
	authenticator_make_data(&it->authenticator, true, &it->data);
	blob_u8(&bytes, 0);
	blob_raw(&bytes, it->data.bytes, 32);
	SHA256(it->challenge.bytes, it->challenge.size, hash);
	blob_raw(&bytes, hash, 32);
	blob_raw(&bytes, it->authenticator.id, it->authenticator.id_size);
	blob_u8(&bytes, 4);
	blob_raw(&bytes, it->authenticator.key.raw, 64);
	key_sign(&it->leaf.key, bytes.bytes, bytes.size, it->signature.bytes, &it->signature.size);
	wrap_as(it, "ssh-sk-attest-v01", &it->leaf);
}

static void make(int algorithm, struct attested *it)
{
	struct certificate_shape root = certificate_shape_authority("Root"), leaf;

	memset(it, 0, sizeof(*it));
	authenticator_make(algorithm, &it->authenticator);
	it->authenticator.rp_id = "ssh:";
	it->key = (struct ssh_key){.algorithm = algorithm, .public_key_size = it->authenticator.key.raw_size,
		.application = "ssh:"};
	memcpy(it->key.public_key, it->authenticator.key.raw, it->authenticator.key.raw_size);
	leaf = certificate_shape_leaf(it->authenticator.aaguid);
	certificate_make(KEY_ES256, &root, NULL, &it->root);
	certificate_make(KEY_ES256, &leaf, &it->root, &it->leaf);
	folder_make(it->folder);
	folder_put_certificate(it->folder, "maker.pem", &it->root);
	it->trust = folder_trust(it->folder);
	blob_raw(&it->challenge, CHALLENGE, strlen(CHALLENGE));
	attest(it);
}

static void clear(struct attested *it)
{
	key_release(&it->authenticator.key);
	certificate_release(&it->root);
	certificate_release(&it->leaf);
	attestation_trust_free(&it->trust);
	folder_remove(it->folder);
}

static enum stepup_error check(struct attested *it)
{
	memset(&it->made, 0, sizeof(it->made));
	return attestation_ssh_check(over(&it->blob), over(&it->challenge), &it->key, it->trust, MADE_NOW,
		&it->made, &it->why);
}

static void assert_refused(struct attested *it, enum stepup_error error, const char *why)
{
	assert_int_equal(check(it), error);
	assert_string_equal(it->why, why);
}

static void a_chain_to_a_configured_root_verifies(void **state)
{
	static const int algorithms[] = {KEY_EDDSA, KEY_ES256};
	struct attested it;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		make(algorithms[i], &it);
		assert_int_equal(check(&it), STEPUP_OK);
		assert_null(it.why);
		assert_int_equal(it.made.attestation, ATTESTATION_VERIFIED);
		assert_memory_equal(it.made.aaguid, it.authenticator.aaguid, 16);
		attestation_trust_free(&it.trust);
		assert_int_equal(check(&it), STEPUP_OK);
		assert_string_equal(it.why, "no attestation roots are configured");
		assert_int_equal(it.made.attestation, ATTESTATION_UNTRUSTED);
		clear(&it);
	}
}

static void a_u2f_key_attests_too(void **state)
{
	struct attested it;

	(void)state;
	make(KEY_ES256, &it);
	attest_u2f(&it);
	assert_int_equal(check(&it), STEPUP_OK);
	assert_int_equal(it.made.attestation, ATTESTATION_VERIFIED);
	clear(&it);
}

static void a_key_may_attest_to_itself(void **state)
{
	struct attested it;

	(void)state;
	make(KEY_EDDSA, &it);
	webauthn_sign(&it.authenticator.key, &it.data, &it.challenge, &it.signature);
	wrap_as(&it, "ssh-sk-attest-v01", NULL);
	assert_int_equal(check(&it), STEPUP_OK);
	assert_int_equal(it.made.attestation, ATTESTATION_SELF);
	it.signature.bytes[0] ^= 1;
	wrap_as(&it, "ssh-sk-attest-v01", NULL);
	assert_refused(&it, STEPUP_BAD_ANSWER, "attestation signature");
	clear(&it);
}

static void every_changed_bit_is_refused_or_earns_nothing(void **state)
{
	struct attested it;

	(void)state;
	make(KEY_ES256, &it);
	/* the last two fields are reserved, and signed by nobody */
	for (size_t bit = 0; bit < 8 * (it.blob.size - 8); bit++) {
		it.blob.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (check(&it) == STEPUP_OK)
			assert_int_not_equal(it.made.attestation, ATTESTATION_VERIFIED);
		it.blob.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	assert_int_equal(check(&it), STEPUP_OK);
	clear(&it);
}

static void another_challenge_is_refused(void **state)
{
	struct attested it;

	(void)state;
	make(KEY_ES256, &it);
	it.challenge.bytes[0] ^= 1;
	assert_refused(&it, STEPUP_BAD_ANSWER, "attestation signature");
	it.challenge.size = 0;
	assert_refused(&it, STEPUP_BAD_ANSWER, "attestation signature");
	clear(&it);
}

static void another_key_s_attestation_is_refused(void **state)
{
	struct made_key other;
	struct attested it;

	(void)state;
	make(KEY_ES256, &it);
	key_make(KEY_ES256, &other);
	memcpy(it.key.public_key, other.raw, other.raw_size);
	assert_refused(&it, STEPUP_BAD_ANSWER, "attestation is another key's");
	key_release(&other);
	clear(&it);
}

static void another_application_s_attestation_is_refused(void **state)
{
	struct attested it;

	(void)state;
	make(KEY_ES256, &it);
	it.authenticator.rp_id = "ssh:elsewhere";
	attest(&it);
	assert_refused(&it, STEPUP_BAD_ANSWER, "attestation is for another application");
	clear(&it);
}

static void flags_count(void **state)
{
	struct attested it;

	(void)state;
	make(KEY_ES256, &it);
	it.authenticator.flags = 0x04;
	attest(&it);
	assert_refused(&it, STEPUP_BAD_ANSWER, "user presence is missing");
	it.authenticator.flags = 0x11;
	attest(&it);
	assert_refused(&it, STEPUP_BAD_ANSWER, "backed up but not eligible for backup");
	it.authenticator.flags = 0x19;
	attest(&it);
	assert_int_equal(check(&it), STEPUP_OK);
	assert_true(it.made.backup_eligible);
	assert_true(it.made.backed_up);
	clear(&it);
}

static void blobs_that_are_malformed_are_refused(void **state)
{
	struct attested it;

	(void)state;
	make(KEY_ES256, &it);
	for (it.blob.size--; it.blob.size > 0; it.blob.size--)
		assert_refused(&it, STEPUP_INVALID, "attestation is malformed");
	assert_refused(&it, STEPUP_INVALID, "attestation is malformed");
	wrap_as(&it, "ssh-sk-attest-v00", &it.leaf);
	assert_refused(&it, STEPUP_INVALID, "attestation is malformed");
	attest(&it);
	blob_u8(&it.blob, 0);
	assert_refused(&it, STEPUP_INVALID, "attestation is malformed");
	authenticator_make_data(&it.authenticator, false, &it.data);
	wrap_as(&it, "ssh-sk-attest-v01", &it.leaf);
	assert_refused(&it, STEPUP_INVALID, "authenticator data has no credential in it");
	clear(&it);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_chain_to_a_configured_root_verifies),
	cmocka_unit_test(a_u2f_key_attests_too),
	cmocka_unit_test(a_key_may_attest_to_itself),
	cmocka_unit_test(every_changed_bit_is_refused_or_earns_nothing),
	cmocka_unit_test(another_challenge_is_refused),
	cmocka_unit_test(another_key_s_attestation_is_refused),
	cmocka_unit_test(another_application_s_attestation_is_refused),
	cmocka_unit_test(flags_count),
	cmocka_unit_test(blobs_that_are_malformed_are_refused),
};
TAP_MAIN(tests)
