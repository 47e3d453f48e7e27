/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registrations attested by certificates, through verifier/factors/webauthn/webauthn.h: what counts as
 * hardware, and what only says so.
 */
#include "tests/unit/cmocka_tap.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/makers/certificate_maker.h"
#include "tests/unit/makers/webauthn_maker.h"
#include "verifier/factors/attestation/attestation.h"
#include "verifier/factors/webauthn/webauthn.h"

static const char *const origins[] = {MADE_ORIGIN, NULL};
static const int asked[] = {KEY_ES256, KEY_EDDSA, KEY_ES384, KEY_RS256, 0};
static const uint8_t challenge[32] = "the challenge of this enrolment";
static const uint8_t other_model[16] = {1, 2, 3};

/* A registration, the maker's certificates behind it, and the folder of trusted roots. */
struct attested {
	struct made_authenticator authenticator;
	struct made_certificate root, leaf;
	struct made_blob data, client_data, statement, object;
	struct webauthn_expected expected;
	struct webauthn_registration response;
	struct key_credential key;
	struct attestation_trust *trust;
	char folder[64];
	int64_t now;
	const char *why;
};

static void make(int algorithm, struct attested *it)
{
	struct certificate_shape root = certificate_shape_authority("Root"), leaf;

	memset(it, 0, sizeof(*it));
	authenticator_make(algorithm, &it->authenticator);
	client_data_make("webauthn.create", challenge, MADE_ORIGIN, "", &it->client_data);
	it->expected = (struct webauthn_expected){
		.rp_id = MADE_RP_ID, .user_verification = true, .origins = origins, .algorithms = asked};
	memcpy(it->expected.challenge, challenge, sizeof(challenge));
	it->response.id = (struct webauthn_bytes){it->authenticator.id, it->authenticator.id_size};
	it->now = MADE_NOW;
	leaf = certificate_shape_leaf(it->authenticator.aaguid);
	certificate_make(KEY_ES256, &root, NULL, &it->root);
	certificate_make(KEY_ES256, &leaf, &it->root, &it->leaf);
	folder_make(it->folder);
	folder_put_certificate(it->folder, "maker.pem", &it->root);
	it->trust = folder_trust(it->folder);
}

static void clear(struct attested *it)
{
	key_release(&it->authenticator.key);
	certificate_release(&it->root);
	certificate_release(&it->leaf);
	attestation_trust_free(&it->trust);
	folder_remove(it->folder);
}

static void wrap(struct attested *it, const char *format)
{
	attestation_make_object(format, &it->statement, &it->data, &it->object);
	it->response.attestation_object = (struct webauthn_bytes){it->object.bytes, it->object.size};
	it->response.client_data = (struct webauthn_bytes){it->client_data.bytes, it->client_data.size};
}

/* Packed, signed by `signer` as `algorithm`, with these certificates in this order. */
static void register_chain(struct attested *it, const struct made_key *signer, int64_t algorithm,
	const struct made_certificate *const *chain, size_t count)
{
	struct made_blob signature;

	authenticator_make_data(&it->authenticator, true, &it->data);
	webauthn_sign(signer, &it->data, &it->client_data, &signature);
	it->statement.size = 0;
	blob_head(&it->statement, 5, 3);
	blob_cbor_text(&it->statement, "alg");
	blob_cbor_int(&it->statement, algorithm);
	blob_cbor_text(&it->statement, "sig");
	blob_cbor_bytes(&it->statement, signature.bytes, signature.size);
	blob_cbor_text(&it->statement, "x5c");
	blob_head(&it->statement, 4, count);
	for (size_t i = 0; i < count; i++)
		blob_cbor_bytes(&it->statement, chain[i]->der, chain[i]->size);
	wrap(it, "packed");
}

static void register_packed(struct attested *it)
{
	register_chain(it, &it->leaf.key, it->leaf.key.algorithm,
		(const struct made_certificate *[]){&it->leaf}, 1);
}

/* With another certificate than `make` made, of that shape and issuer. */
static void register_shape(struct attested *it, int algorithm, const struct certificate_shape *shape)
{
	certificate_release(&it->leaf);
	certificate_make(algorithm, shape, &it->root, &it->leaf);
	register_packed(it);
}

/* fido-u2f, whose signature covers neither flags nor AAGUID. */
static void register_u2f_signed(struct attested *it, const struct made_key *signer)
{
	struct made_blob signed_bytes = {.size = 0}, signature = {.size = 0};
	uint8_t hash[32];

	authenticator_make_data(&it->authenticator, true, &it->data);
	blob_u8(&signed_bytes, 0);
	blob_raw(&signed_bytes, it->data.bytes, 32);
	SHA256(it->client_data.bytes, it->client_data.size, hash);
	blob_raw(&signed_bytes, hash, 32);
	blob_raw(&signed_bytes, it->authenticator.id, it->authenticator.id_size);
	blob_u8(&signed_bytes, 4);
	blob_raw(&signed_bytes, it->authenticator.key.raw, it->authenticator.key.raw_size);
	key_sign(signer, signed_bytes.bytes, signed_bytes.size, signature.bytes, &signature.size);
	it->statement.size = 0;
	blob_head(&it->statement, 5, 2);
	blob_cbor_text(&it->statement, "sig");
	blob_cbor_bytes(&it->statement, signature.bytes, signature.size);
	blob_cbor_text(&it->statement, "x5c");
	blob_head(&it->statement, 4, 1);
	blob_cbor_bytes(&it->statement, it->leaf.der, it->leaf.size);
	wrap(it, "fido-u2f");
}

static void register_u2f(struct attested *it)
{
	register_u2f_signed(it, &it->leaf.key);
}

static enum stepup_error verify(struct attested *it)
{
	return webauthn_register(&it->expected, &it->response, it->trust, it->now, &it->key, &it->why);
}

static void assert_attested(struct attested *it, enum key_attestation attestation, const char *why)
{
	assert_int_equal(verify(it), STEPUP_OK);
	assert_int_equal(it->key.attestation, attestation);
	if (why == NULL)
		assert_null(it->why);
	else
		assert_string_equal(it->why, why);
}

static void assert_refused(struct attested *it, const char *why)
{
	assert_int_equal(verify(it), STEPUP_BAD_ANSWER);
	assert_string_equal(it->why, why);
}

static void a_chain_to_a_configured_root_verifies(void **state)
{
	struct attested it;

	(void)state;
	for (size_t i = 0; asked[i] != 0; i++) {
		make(asked[i], &it);
		register_packed(&it);
		assert_attested(&it, ATTESTATION_VERIFIED, NULL);
		assert_memory_equal(it.key.aaguid, it.authenticator.aaguid, 16);
		assert_string_equal(it.key.model, ""); /* only metadata names models */
		clear(&it);
	}
}

static void certificates_of_all_kinds_of_keys_attest(void **state)
{
	struct certificate_shape shape;
	struct attested it;

	(void)state;
	for (size_t i = 0; asked[i] != 0; i++) {
		make(KEY_ES256, &it);
		shape = certificate_shape_leaf(it.authenticator.aaguid);
		register_shape(&it, asked[i], &shape);
		assert_attested(&it, ATTESTATION_VERIFIED, NULL);
		for (size_t j = 0; asked[j] != 0; j++)
			if (i != j) { /* a certificate of one kind, a statement of another */
				register_chain(&it, &it.leaf.key, asked[j],
					(const struct made_certificate *[]){&it.leaf}, 1);
				assert_refused(&it, "attestation signature");
			}
		clear(&it);
	}
}

static void every_changed_bit_of_an_attested_registration_is_refused_or_earns_nothing(void **state)
{
	struct attested it;

	(void)state;
	make(KEY_ES256, &it);
	register_packed(&it);
	for (size_t bit = 0; bit < 8 * it.object.size; bit++) {
		it.object.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (verify(&it) == STEPUP_OK)
			assert_int_not_equal(it.key.attestation, ATTESTATION_VERIFIED);
		it.object.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	assert_attested(&it, ATTESTATION_VERIFIED, NULL);
	clear(&it);
}

static void without_roots_no_chain_leads_anywhere(void **state)
{
	struct attested it;

	(void)state;
	make(KEY_ES256, &it);
	register_packed(&it);
	attestation_trust_free(&it.trust);
	assert_attested(&it, ATTESTATION_UNTRUSTED, "no attestation roots are configured");
	clear(&it);
}

static void a_made_up_authority_earns_nothing_whatever_model_it_names(void **state)
{
	struct certificate_shape root = certificate_shape_authority("Root"), leaf;
	struct made_certificate other;
	struct attested it;

	(void)state;
	make(KEY_ES256, &it);
	leaf = certificate_shape_leaf(it.authenticator.aaguid);
	certificate_make(KEY_ES256, &root, NULL, &other); /* of the very same name */
	certificate_release(&it.leaf);
	certificate_make(KEY_ES256, &leaf, &other, &it.leaf);
	register_packed(&it);
	assert_attested(&it, ATTESTATION_UNTRUSTED, "the attestation leads to no configured root");
	register_chain(&it, &it.leaf.key, KEY_ES256,
		(const struct made_certificate *[]){&it.leaf, &other}, 2);
	assert_attested(&it, ATTESTATION_UNTRUSTED, "the attestation leads to no configured root");
	register_chain(&it, &it.leaf.key, KEY_ES256,
		(const struct made_certificate *[]){&it.leaf, &it.root}, 2);
	assert_attested(&it, ATTESTATION_UNTRUSTED, "the attestation's certificates are not one chain");
	certificate_release(&it.leaf);
	certificate_make(KEY_ES256, &leaf, NULL, &it.leaf); /* signed by itself */
	register_packed(&it);
	assert_attested(&it, ATTESTATION_UNTRUSTED, "the attestation leads to no configured root");
	certificate_release(&other);
	clear(&it);
}

static void a_chain_has_one_order(void **state)
{
	struct certificate_shape shape = certificate_shape_authority("Between"), leaf;
	struct made_certificate first, second, end;
	struct attested it;

	(void)state;
	make(KEY_ES256, &it);
	certificate_make(KEY_ES256, &shape, &it.root, &first);
	shape.name = "Below";
	certificate_make(KEY_ES384, &shape, &first, &second);
	leaf = certificate_shape_leaf(it.authenticator.aaguid);
	certificate_make(KEY_ES256, &leaf, &second, &end);
	register_chain(&it, &end.key, KEY_ES256,
		(const struct made_certificate *[]){&end, &second, &first}, 3);
	assert_attested(&it, ATTESTATION_VERIFIED, NULL);
	register_chain(&it, &end.key, KEY_ES256,
		(const struct made_certificate *[]){&end, &second, &first, &it.root}, 4);
	assert_attested(&it, ATTESTATION_VERIFIED, NULL);
	register_chain(&it, &end.key, KEY_ES256,
		(const struct made_certificate *[]){&end, &first, &second}, 3);
	assert_attested(&it, ATTESTATION_UNTRUSTED, "the attestation's certificates are not one chain");
	/* one is left out */
	register_chain(&it, &end.key, KEY_ES256, (const struct made_certificate *[]){&end, &second}, 2);
	assert_attested(&it, ATTESTATION_UNTRUSTED, "the attestation leads to no configured root");
	register_chain(&it, &end.key, KEY_ES256,
		(const struct made_certificate *[]){&second, &end, &first}, 3);
	assert_refused(&it, "attestation signature");
	/* an authority as authenticator */
	register_chain(&it, &second.key, KEY_ES384, (const struct made_certificate *[]){&second, &first}, 2);
	assert_refused(&it, "attestation certificate is not for an authenticator");
	certificate_release(&first);
	certificate_release(&second);
	certificate_release(&end);
	clear(&it);
}

static void a_certificate_that_is_no_authority_s_signs_no_other(void **state)
{
	struct certificate_shape leaf;
	struct made_certificate below;
	struct attested it;

	(void)state;
	make(KEY_ES256, &it);
	leaf = certificate_shape_leaf(it.authenticator.aaguid);
	certificate_make(KEY_ES256, &leaf, &it.leaf, &below); /* by a real authenticator's key */
	register_chain(&it, &below.key, KEY_ES256, (const struct made_certificate *[]){&below, &it.leaf}, 2);
	assert_attested(&it, ATTESTATION_UNTRUSTED, "the attestation leads to no configured root");
	certificate_release(&below);
	clear(&it);
}

static void more_certificates_than_fit_are_refused(void **state)
{
	const struct made_certificate *chain[ATTESTATION_CHAIN_MAX + 1];
	struct attested it;

	(void)state;
	make(KEY_ES256, &it);
	for (size_t i = 0; i <= ATTESTATION_CHAIN_MAX; i++)
		chain[i] = &it.leaf;
	register_chain(&it, &it.leaf.key, KEY_ES256, chain, ATTESTATION_CHAIN_MAX + 1);
	assert_int_equal(verify(&it), STEPUP_INVALID);
	assert_string_equal(it.why, "attestation object is malformed");
	clear(&it);
}

static void certificates_hold_for_their_time(void **state)
{
	struct attested it;

	(void)state;
	make(KEY_ES256, &it);
	register_packed(&it);
	it.now = MADE_NOW + 2 * MADE_DAY;
	assert_attested(&it, ATTESTATION_UNTRUSTED, "a certificate of the attestation has expired");
	it.now = MADE_NOW - 2 * MADE_DAY;
	assert_attested(&it, ATTESTATION_UNTRUSTED, "a certificate of the attestation is not valid yet");
	it.now = MADE_NOW + 30 * MADE_DAY; /* the root as well */
	assert_attested(&it, ATTESTATION_UNTRUSTED, "a certificate of the attestation has expired");
	clear(&it);
}

static void section_8_2_1_a_certificate_is_as_the_format_demands(void **state)
{
	static const char not_one[] = "attestation certificate is not for an authenticator";
	struct certificate_shape usual, shape;
	struct attested it;

	(void)state;
	make(KEY_ES256, &it);
	usual = certificate_shape_leaf(it.authenticator.aaguid);
	shape = usual;
	shape.unit = "Authenticator attestation";
	register_shape(&it, KEY_ES256, &shape);
	assert_refused(&it, not_one);
	shape.unit = NULL;
	register_shape(&it, KEY_ES256, &shape);
	assert_refused(&it, not_one);
	shape = usual;
	shape.country = NULL;
	register_shape(&it, KEY_ES256, &shape);
	assert_refused(&it, not_one);
	shape = usual;
	shape.organisation = NULL;
	register_shape(&it, KEY_ES256, &shape);
	assert_refused(&it, not_one);
	shape = usual;
	shape.name = NULL;
	register_shape(&it, KEY_ES256, &shape);
	assert_refused(&it, not_one);
	shape = usual;
	shape.constraints = CA;
	register_shape(&it, KEY_ES256, &shape);
	assert_refused(&it, "attestation certificate is an authority's");
	shape.constraints = NO_CONSTRAINTS;
	register_shape(&it, KEY_ES256, &shape);
	assert_refused(&it, "attestation certificate is an authority's");
	shape = usual;
	shape.version = 1;
	shape.constraints = NO_CONSTRAINTS;
	shape.aaguid = NULL;
	register_shape(&it, KEY_ES256, &shape);
	assert_refused(&it, "attestation certificate is not of version 3");
	clear(&it);
}

static void the_form_of_a_certificate_that_leads_nowhere_does_not_matter(void **state)
{
	struct certificate_shape root = certificate_shape_authority("Nobody"), shape;
	struct made_certificate stranger;
	struct attested it;

	(void)state;
	make(KEY_ES256, &it);
	certificate_make(KEY_ES256, &root, NULL, &stranger);
	shape = certificate_shape_leaf(it.authenticator.aaguid);
	shape.constraints = NO_CONSTRAINTS;
	certificate_release(&it.leaf);
	certificate_make(KEY_ES256, &shape, &stranger, &it.leaf);
	register_packed(&it);
	assert_attested(&it, ATTESTATION_UNTRUSTED, "the attestation leads to no configured root");
	certificate_release(&stranger);
	clear(&it);
}

static void a_certificate_for_another_model_is_refused(void **state)
{
	struct certificate_shape shape;
	struct attested it;

	(void)state;
	make(KEY_ES256, &it);
	shape = certificate_shape_leaf(other_model);
	register_shape(&it, KEY_ES256, &shape);
	assert_refused(&it, "attestation certificate is for another model");
	shape = certificate_shape_leaf(it.authenticator.aaguid);
	shape.aaguid_critical = true; /* which no chain may have */
	register_shape(&it, KEY_ES256, &shape);
	assert_attested(&it, ATTESTATION_UNTRUSTED, "the attestation leads to no configured root");
	shape.aaguid_critical = false;
	shape.aaguid_bare = true;
	register_shape(&it, KEY_ES256, &shape);
	assert_refused(&it, "attestation certificate is for another model");
	/* names none: the authenticator's word, signed by the maker's key, counts */
	shape = certificate_shape_leaf(NULL);
	register_shape(&it, KEY_ES256, &shape);
	assert_attested(&it, ATTESTATION_VERIFIED, NULL);
	clear(&it);
}

static void another_key_than_the_certificate_s_attests_nothing(void **state)
{
	struct attested it;

	(void)state;
	make(KEY_ES256, &it);
	register_chain(&it, &it.authenticator.key, KEY_ES256,
		(const struct made_certificate *[]){&it.leaf}, 1);
	assert_refused(&it, "attestation signature");
	register_chain(&it, &it.root.key, KEY_ES256, (const struct made_certificate *[]){&it.leaf}, 1);
	assert_refused(&it, "attestation signature");
	clear(&it);
}

static void a_certificate_that_is_none_attests_nothing(void **state)
{
	struct made_certificate broken;
	struct attested it;

	(void)state;
	make(KEY_ES256, &it);
	broken = it.leaf;
	broken.der[broken.size++] = 0;
	register_chain(&it, &it.leaf.key, KEY_ES256, (const struct made_certificate *[]){&broken}, 1);
	assert_refused(&it, "attestation signature");
	broken.size -= 2;
	register_chain(&it, &it.leaf.key, KEY_ES256, (const struct made_certificate *[]){&broken}, 1);
	assert_refused(&it, "attestation signature");
	broken.size = 0;
	register_chain(&it, &it.leaf.key, KEY_ES256, (const struct made_certificate *[]){&broken}, 1);
	assert_refused(&it, "attestation signature");
	broken = it.leaf; /* the leaf is fine, what comes behind it isn't */
	broken.size--;
	register_chain(&it, &it.leaf.key, KEY_ES256,
		(const struct made_certificate *[]){&it.leaf, &broken}, 2);
	assert_attested(&it, ATTESTATION_UNTRUSTED, "a certificate of the attestation is malformed");
	clear(&it);
}

static void section_8_6_a_u2f_key_is_verified_but_names_no_model(void **state)
{
	static const uint8_t none[16];
	struct attested it;

	(void)state;
	make(KEY_ES256, &it);
	it.expected.user_verification = false;
	it.authenticator.flags = 0x01;
	register_u2f(&it);
	assert_attested(&it, ATTESTATION_VERIFIED, NULL);
	assert_memory_equal(it.key.aaguid, none, 16); /* whatever stands in the data: nobody signed that */
	it.data.bytes[37] ^= 1;
	wrap(&it, "fido-u2f");
	assert_attested(&it, ATTESTATION_VERIFIED, NULL);
	assert_memory_equal(it.key.aaguid, none, 16);
	it.data.bytes[37 + 16 + 2] ^= 1; /* the credential's id */
	wrap(&it, "fido-u2f");
	it.response.id = (struct webauthn_bytes){NULL, 0};
	assert_refused(&it, "attestation signature");
	clear(&it);
}

static void section_8_6_a_u2f_key_is_es256_and_so_is_its_one_certificate(void **state)
{
	struct certificate_shape shape;
	struct attested it;

	(void)state;
	make(KEY_EDDSA, &it);
	register_u2f(&it);
	assert_refused(&it, "fido-u2f attestation of a key that is not ES256");
	clear(&it);
	make(KEY_ES256, &it);
	shape = certificate_shape_leaf(NULL);
	certificate_release(&it.leaf);
	certificate_make(KEY_ES384, &shape, &it.root, &it.leaf);
	register_u2f(&it);
	assert_refused(&it, "attestation signature");
	it.statement.size = 0;
	blob_hex(&it.statement, "a16373696740");
	wrap(&it, "fido-u2f");
	assert_int_equal(verify(&it), STEPUP_INVALID);
	it.statement.size = 0;
	blob_hex(&it.statement, "a26373696740637835638241004100");
	wrap(&it, "fido-u2f");
	assert_int_equal(verify(&it), STEPUP_INVALID);
	clear(&it);
}

/* --- formats as rows --- */

static void register_none(struct attested *it, const struct made_key *signer)
{
	(void)signer; /* there is no signature in it */
	authenticator_make_data(&it->authenticator, true, &it->data);
	it->statement.size = 0;
	blob_head(&it->statement, 5, 0);
	wrap(it, "none");
}

static void register_packed_signed(struct attested *it, const struct made_key *signer)
{
	register_chain(it, signer, signer->algorithm, (const struct made_certificate *[]){&it->leaf}, 1);
}

/* One of no format that has a row, as a packed one is. */
static void register_other(struct attested *it, const struct made_key *signer)
{
	register_packed_signed(it, signer);
	wrap(it, "made-up");
}

static const struct format_case {
	const char *format;
	void (*make)(struct attested *it, const struct made_key *signer);
	enum key_attestation earns; /* signed by the certificate's key */
} format_cases[] = {
	{"none", register_none, ATTESTATION_NONE},
	{"packed", register_packed_signed, ATTESTATION_VERIFIED},
	{"fido-u2f", register_u2f_signed, ATTESTATION_VERIFIED},
	{"other", register_other, ATTESTATION_NONE},
};

static const struct format_case *case_of(const struct attestation_format *format)
{
	for (size_t i = 0; i < sizeof(format_cases) / sizeof(format_cases[0]); i++)
		if (strcmp(format_cases[i].format, format->name) == 0)
			return &format_cases[i];
	fail_msg("format %s has no case among format_cases", format->name);
	return NULL;
}

static void no_format_takes_a_statement_that_another_key_signed(void **state)
{
	struct attested it;

	(void)state;
	for (size_t i = 0; attestation_formats[i] != NULL; i++) {
		const struct attestation_format *format = attestation_formats[i];
		const struct format_case *with = case_of(format);

		make(KEY_ES256, &it);
		with->make(&it, &it.leaf.key);
		assert_attested(&it, with->earns, format->unattested);
		with->make(&it, &it.root.key);
		if (format->unattested != NULL)
			assert_attested(&it, ATTESTATION_NONE, format->unattested);
		else
			assert_refused(&it, "attestation signature");
		clear(&it);
	}
}

static void every_format_is_either_checked_or_counts_as_none(void **state)
{
	(void)state;
	for (size_t i = 0; attestation_formats[i] != NULL; i++) {
		const struct attestation_format *format = attestation_formats[i];

		assert_non_null(format->name);
		assert_non_null(format->read);
		assert_int_equal(format->verify != NULL, format->unattested == NULL);
		assert_int_equal(format->certificate != NULL, format->unattested == NULL);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(attestation_formats[j]->name, format->name);
	}
}

static void a_format_with_half_a_row_holds_for_nothing(void **state)
{
	const struct attestation_format no_check = {"made-up", attestation_packed.read, NULL, NULL,
		true, NULL},
		no_certificate = {"made-up", attestation_packed.read, attestation_packed.verify, NULL,
			true, NULL};
	struct attestation_object object = {.format = &no_check};
	static const struct authenticator_data data;
	static const uint8_t hash[DIGEST_SIZE];
	const char *why = NULL;

	(void)state;
	assert_int_equal(attestation_verify(&object, &data, hash, &why), STEPUP_BAD_ANSWER);
	assert_non_null(why);
	object.format = &no_certificate;
	assert_int_equal(attestation_verify(&object, &data, hash, &why), STEPUP_BAD_ANSWER);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_chain_to_a_configured_root_verifies),
	cmocka_unit_test(certificates_of_all_kinds_of_keys_attest),
	cmocka_unit_test(every_changed_bit_of_an_attested_registration_is_refused_or_earns_nothing),
	cmocka_unit_test(without_roots_no_chain_leads_anywhere),
	cmocka_unit_test(a_made_up_authority_earns_nothing_whatever_model_it_names),
	cmocka_unit_test(a_chain_has_one_order),
	cmocka_unit_test(a_certificate_that_is_no_authority_s_signs_no_other),
	cmocka_unit_test(more_certificates_than_fit_are_refused),
	cmocka_unit_test(certificates_hold_for_their_time),
	cmocka_unit_test(section_8_2_1_a_certificate_is_as_the_format_demands),
	cmocka_unit_test(the_form_of_a_certificate_that_leads_nowhere_does_not_matter),
	cmocka_unit_test(a_certificate_for_another_model_is_refused),
	cmocka_unit_test(another_key_than_the_certificate_s_attests_nothing),
	cmocka_unit_test(a_certificate_that_is_none_attests_nothing),
	cmocka_unit_test(section_8_6_a_u2f_key_is_verified_but_names_no_model),
	cmocka_unit_test(section_8_6_a_u2f_key_is_es256_and_so_is_its_one_certificate),
	cmocka_unit_test(no_format_takes_a_statement_that_another_key_signed),
	cmocka_unit_test(every_format_is_either_checked_or_counts_as_none),
	cmocka_unit_test(a_format_with_half_a_row_holds_for_nothing),
};
TAP_MAIN(tests)
