/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verifier/factors/webauthn/webauthn.h, registrations without certificates: each step of WebAuthn Level 3
 * section 7.1 refuses what it is there for. Those with certificates are in test_attestation.c.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/makers/webauthn_maker.h"
#include "lib/evidence/key_bytes.h"
#include "verifier/factors/webauthn/webauthn.h"

static const int algorithms[] = {KEY_ES256, KEY_ES384, KEY_EDDSA, KEY_RS256};
#define ALGORITHM_COUNT (sizeof(algorithms) / sizeof(algorithms[0]))

static const char *const origins[] = {MADE_ORIGIN, NULL};
static const int asked[] = {KEY_ES256, KEY_EDDSA, KEY_ES384, KEY_RS256, 0};
static const uint8_t challenge[32] = "the challenge of this enrolment";

/* A registration on its way. */
struct registration {
	struct made_authenticator authenticator;
	struct made_blob data, client_data, statement, object;
	struct webauthn_expected expected;
	struct webauthn_registration response;
	struct key_credential key;
	const char *why;
};

static struct webauthn_bytes bytes_of(const struct made_blob *blob)
{
	return (struct webauthn_bytes){.bytes = blob->bytes, .size = blob->size};
}

/* The object around what is there now. */
static void wrap(struct registration *it, const char *format)
{
	attestation_make_object(format, &it->statement, &it->data, &it->object);
	it->response.attestation_object = bytes_of(&it->object);
	it->response.client_data = bytes_of(&it->client_data);
}

/* No attestation. */
static void register_none(struct registration *it)
{
	authenticator_make_data(&it->authenticator, true, &it->data);
	it->statement.size = 0;
	blob_head(&it->statement, 5, 0);
	wrap(it, "none");
}

/* By the key itself: as `algorithm`, which should be the key's. */
static void register_self_as(struct registration *it, int64_t algorithm)
{
	struct made_blob signature;

	authenticator_make_data(&it->authenticator, true, &it->data);
	webauthn_sign(&it->authenticator.key, &it->data, &it->client_data, &signature);
	it->statement.size = 0;
	blob_head(&it->statement, 5, 2);
	blob_cbor_text(&it->statement, "alg");
	blob_cbor_int(&it->statement, algorithm);
	blob_cbor_text(&it->statement, "sig");
	blob_cbor_bytes(&it->statement, signature.bytes, signature.size);
	wrap(it, "packed");
}

static void make(int algorithm, struct registration *it)
{
	memset(it, 0, sizeof(*it));
	authenticator_make(algorithm, &it->authenticator);
	client_data_make("webauthn.create", challenge, MADE_ORIGIN, "", &it->client_data);
	it->expected = (struct webauthn_expected){
		.rp_id = MADE_RP_ID, .user_verification = true, .origins = origins, .algorithms = asked};
	memcpy(it->expected.challenge, challenge, sizeof(challenge));
	it->response.id = (struct webauthn_bytes){it->authenticator.id, it->authenticator.id_size};
	it->response.transports = TRANSPORT_USB | TRANSPORT_NFC;
	register_none(it);
}

static void clear(struct registration *it)
{
	key_release(&it->authenticator.key);
}

static enum stepup_error verify(struct registration *it)
{
	return webauthn_register(&it->expected, &it->response, NULL, 0, &it->key, &it->why);
}

static void assert_refused(struct registration *it, enum stepup_error error, const char *why)
{
	static const struct key_credential nothing;

	assert_int_equal(verify(it), error);
	assert_string_equal(it->why, why);
	assert_memory_equal(&it->key, &nothing, sizeof(nothing));
}

static void a_key_without_attestation_is_recorded(void **state)
{
	struct registration it;

	(void)state;
	for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
		make(algorithms[i], &it);
		assert_int_equal(verify(&it), STEPUP_OK);
		assert_string_equal(it.why, "there is no attestation");
		assert_int_equal(it.key.algorithm, algorithms[i]);
		assert_int_equal(it.key.public_key_size, it.authenticator.key.raw_size);
		assert_memory_equal(it.key.public_key, it.authenticator.key.raw, it.key.public_key_size);
		assert_int_equal(it.key.id_size, 32);
		assert_memory_equal(it.key.id, it.authenticator.id, 32);
		assert_memory_equal(it.key.aaguid, it.authenticator.aaguid, 16);
		assert_int_equal(it.key.counter, 1);
		assert_int_equal(it.key.attestation, ATTESTATION_NONE);
		assert_true(it.key.user_verified);
		assert_false(it.key.backup_eligible);
		assert_false(it.key.backed_up);
		assert_int_equal(it.key.transports, TRANSPORT_USB | TRANSPORT_NFC);
		assert_string_equal(it.key.application, "");
		assert_string_equal(it.key.model, "");
		clear(&it);
	}
}

static void a_key_that_attests_to_itself_is_recorded_so(void **state)
{
	struct registration it;

	(void)state;
	for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
		make(algorithms[i], &it);
		register_self_as(&it, algorithms[i]);
		assert_int_equal(verify(&it), STEPUP_OK);
		assert_string_equal(it.why, "the key attests to itself");
		assert_int_equal(it.key.attestation, ATTESTATION_SELF);
		clear(&it);
	}
}

static void every_changed_bit_of_a_self_attested_registration_is_refused(void **state)
{
	struct registration it;

	(void)state;
	for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
		struct made_blob *const parts[] = {&it.object, &it.client_data};

		make(algorithms[i], &it);
		register_self_as(&it, algorithms[i]);
		for (size_t part = 0; part < 2; part++)
			for (size_t bit = 0; bit < 8 * parts[part]->size; bit++) {
				parts[part]->bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
				/* only a format of another name, which is not looked into: no
				 * attestation then */
				if (verify(&it) == STEPUP_OK)
					assert_int_equal(it.key.attestation, ATTESTATION_NONE);
				parts[part]->bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
			}
		assert_int_equal(verify(&it), STEPUP_OK);
		clear(&it);
	}
}

static void steps_5_to_11_client_data_is_a_registration_s_for_here(void **state)
{
	static const struct {
		const char *type, *origin, *more, *why;
		enum stepup_error error;
	} cases[] = {
		{"webauthn.get", MADE_ORIGIN, "", "wrong type", STEPUP_BAD_ANSWER},
		{"webauthn.create", "https://support.example.com.evil", "", "wrong origin",
			STEPUP_BAD_ANSWER},
		{"webauthn.create", "http://support.example.com", "", "wrong origin", STEPUP_BAD_ANSWER},
		{"webauthn.create", MADE_ORIGIN, ",\"topOrigin\":\"https://evil.example\"",
			"framed by another origin", STEPUP_BAD_ANSWER},
		/* twice */
		{"webauthn.create", MADE_ORIGIN, ",\"crossOrigin\":true", "client data is malformed",
			STEPUP_INVALID},
	};
	struct registration it;

	(void)state;
	make(KEY_ES256, &it);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		client_data_make(cases[i].type, challenge, cases[i].origin, cases[i].more, &it.client_data);
		register_none(&it);
		assert_refused(&it, cases[i].error, cases[i].why);
	}
	client_data_make("webauthn.create", it.authenticator.id, MADE_ORIGIN, "", &it.client_data);
	register_none(&it);
	assert_refused(&it, STEPUP_BAD_ANSWER, "wrong challenge");
	it.response.client_data = (struct webauthn_bytes){NULL, 0};
	assert_refused(&it, STEPUP_INVALID, "client data is malformed");
	clear(&it);
}

static void step_12_the_attestation_is_over_this_client_data(void **state)
{
	struct registration it;

	(void)state;
	make(KEY_ES256, &it);
	register_self_as(&it, KEY_ES256);
	client_data_make("webauthn.create", challenge, MADE_ORIGIN, ",\"x\":1", &it.client_data);
	it.response.client_data = bytes_of(&it.client_data);
	assert_refused(&it, STEPUP_BAD_ANSWER, "attestation signature");
	clear(&it);
}

static void at_the_seat_client_data_is_the_verifier_s_own(void **state)
{
	struct registration it;

	(void)state;
	make(KEY_ES256, &it);
	client_data_make("webauthn.create", challenge, "stepup://bastion1", "", &it.client_data);
	register_self_as(&it, KEY_ES256);
	assert_refused(&it, STEPUP_BAD_ANSWER, "wrong origin"); /* in a browser */
	it.expected.client_data = bytes_of(&it.client_data);
	it.response.client_data = (struct webauthn_bytes){NULL, 0};
	it.response.id = (struct webauthn_bytes){NULL, 0};
	assert_int_equal(verify(&it), STEPUP_OK);
	it.expected.client_data.size--;
	assert_refused(&it, STEPUP_BAD_ANSWER, "attestation signature");
	clear(&it);
}

static void step_13_the_object_is_canonical_and_whole(void **state)
{
	static const char *const malformed[] = {
		"", "a0", "80", "f6", "a363666d74646e6f6e65",
		/* no authenticator data */
		"a263666d74646e6f6e656761747453746d74a0",
		/* keys out of order */
		"a36761747453746d74a063666d74646e6f6e656861757468446174614100",
		/* indefinite length */
		"bf63666d74646e6f6e656761747453746d74a06861757468446174614100ff",
		"a363666d74646e6f6e656761747453746d74f66861757468446174614100",             /* no map */
		/* text instead of bytes */
		"a363666d74646e6f6e656761747453746d74a06861757468446174616100",
		/* bytes instead of text */
		"a363666d74446e6f6e656761747453746d74a06861757468446174614100",
		/* none has something in it */
		"a363666d74646e6f6e656761747453746d74a163616c67266861757468446174614100",
	};
	struct registration it;

	(void)state;
	make(KEY_ES256, &it);
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		it.object.size = 0;
		blob_hex(&it.object, malformed[i]);
		it.response.attestation_object = bytes_of(&it.object);
		assert_refused(&it, STEPUP_INVALID, "attestation object is malformed");
	}
	register_none(&it);
	for (size_t size = it.object.size; it.object.size-- > 0 && size > 0;) {
		it.response.attestation_object = bytes_of(&it.object);
		assert_refused(&it, STEPUP_INVALID, "attestation object is malformed");
	}
	register_none(&it);
	blob_u8(&it.object, 0);
	it.response.attestation_object = bytes_of(&it.object);
	assert_refused(&it, STEPUP_INVALID, "attestation object is malformed");
	it.object.size = 0;
	while (it.object.size <= WEBAUTHN_ATTESTATION_OBJECT_MAX)
		blob_u8(&it.object, 0);
	it.response.attestation_object = bytes_of(&it.object);
	assert_refused(&it, STEPUP_INVALID, "attestation object is too long");
	clear(&it);
}

/* Replaces the COSE key. */
static void register_cose(struct registration *it, const char *hex)
{
	struct made_blob cose = {.size = 0};

	authenticator_make_data(&it->authenticator, true, &it->data);
	it->data.size = 37 + 16 + 2 + it->authenticator.id_size;
	blob_hex(&cose, hex);
	blob_raw(&it->data, cose.bytes, cose.size);
	wrap(it, "none");
}

#define X "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296" /* P-256's base point */
#define Y "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"

static void step_13_the_key_matches_its_algorithm(void **state)
{
	static const struct {
		const char *hex, *why;
	} cases[] = {
		{"a5010203262001215820" X "225820" Y, NULL},
		{"", "credential public key is malformed"},
		{"a0", "credential public key is malformed"},
		{"a501020326200121582000", "credential public key does not match its algorithm"},
		/* alg 36 */
		{"a5010203182420", "credential public key is of an algorithm that nobody asked for"},
		/* RS1 */
		{"a501020339fffe", "credential public key is of an algorithm that nobody asked for"},
		/* ES256K */
		{"a5010203382e2008215820" X "225820" Y,
			"credential public key is of an algorithm that nobody asked for"},
		/* EdDSA in EC2 */
		{"a5010203272001215820" X "225820" Y, "credential public key does not match its algorithm"},
		/* ES256 in OKP */
		{"a5010103262001215820" X "225820" Y, "credential public key does not match its algorithm"},
		/* on P-384 */
		{"a5010203262002215820" X "225820" Y, "credential public key does not match its algorithm"},
		/* x too short */
		{"a501020326200121581f" X "225820" Y, "credential public key does not match its algorithm"},
		/* compressed */
		{"a5010203262001215820" X "22f5", "credential public key does not match its algorithm"},
		/* without y */
		{"a4010203262001215820" X, "credential public key does not match its algorithm"},
		{"a601020326200121582000" X, "credential public key does not match its algorithm"},
		/* out of order */
		{"a5010203262001225820" Y "215820" X, "credential public key does not match its algorithm"},
		/* with a key id */
		{"a6010202410103262001215820" X "225820" Y, "credential public key is malformed"},
		/* with a private part */
		{"a6010203262001215820" X "225820" Y "2300",
			"credential public key does not match its algorithm"},
		{"a5010203262001215820" Y "225820" X,
			"credential public key is no point of its curve, or too weak"},
		{"a401010327200621582001000000000000000000000000000000000000000000000000000000000000" "00",
			/* small order */
			"credential public key is no point of its curve, or too weak"},
		{"a501020326200121582" "0" X "225820" Y "00",
			"authenticator data does not end where it should, or its extensions are malformed"},
		/* 2 in two bytes */
		{"a501180203262001215820" X "225820" Y, "credential public key is malformed"},
	};
	struct registration it;

	(void)state;
	make(KEY_ES256, &it);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		register_cose(&it, cases[i].hex);
		if (cases[i].why == NULL)
			assert_int_equal(verify(&it), STEPUP_OK);
		else
			assert_refused(&it, STEPUP_INVALID, cases[i].why);
	}
	clear(&it);
}

static void step_13_a_registration_has_a_credential_in_it(void **state)
{
	struct registration it;

	(void)state;
	make(KEY_ES256, &it);
	authenticator_make_data(&it.authenticator, false, &it.data);
	wrap(&it, "none");
	assert_refused(&it, STEPUP_INVALID, "authenticator data has no credential in it");
	it.data.bytes[32] |= 0x40;
	wrap(&it, "none");
	assert_refused(&it, STEPUP_INVALID, "attested credential data is cut short");
	it.data.size = 0;
	wrap(&it, "none");
	assert_refused(&it, STEPUP_INVALID, "authenticator data is cut short");
	while (it.data.size <= AUTHENTICATOR_DATA_MAX)
		blob_u8(&it.data, 0);
	wrap(&it, "none");
	assert_refused(&it, STEPUP_INVALID, "authenticator data is too long");
	clear(&it);
}

static void steps_14_to_19_rp_id_and_flags_count(void **state)
{
	struct registration it;

	(void)state;
	make(KEY_ES256, &it);
	it.authenticator.rp_id = "example.org";
	register_none(&it);
	assert_refused(&it, STEPUP_BAD_ANSWER, "wrong RP ID");
	it.authenticator.rp_id = MADE_RP_ID;
	it.authenticator.flags = 0x04;
	register_none(&it);
	assert_refused(&it, STEPUP_BAD_ANSWER, "user presence is missing");
	it.authenticator.flags = 0x01;
	register_none(&it);
	assert_refused(&it, STEPUP_BAD_ANSWER, "user verification is missing");
	it.expected.user_verification = false;
	assert_int_equal(verify(&it), STEPUP_OK);
	assert_false(it.key.user_verified);
	it.authenticator.flags = 0x15;
	register_none(&it);
	assert_refused(&it, STEPUP_BAD_ANSWER, "backed up but not eligible for backup");
	it.authenticator.flags = 0x1d;
	register_none(&it);
	assert_int_equal(verify(&it), STEPUP_OK);
	assert_true(it.key.backup_eligible);
	assert_true(it.key.backed_up);
	clear(&it);
}

static void step_20_an_algorithm_that_was_not_asked_for_is_refused(void **state)
{
	static const int only_eddsa[] = {KEY_EDDSA, 0}, none[] = {0};
	struct registration it;

	(void)state;
	make(KEY_ES256, &it);
	it.expected.algorithms = only_eddsa;
	assert_refused(&it, STEPUP_BAD_ANSWER, "algorithm was not asked for");
	it.expected.algorithms = none;
	assert_refused(&it, STEPUP_BAD_ANSWER, "algorithm was not asked for");
	it.expected.algorithms = NULL;
	assert_refused(&it, STEPUP_BAD_ANSWER, "algorithm was not asked for");
	clear(&it);
}

static void step_22_a_self_attestation_is_of_the_key_s_algorithm(void **state)
{
	struct registration it;

	(void)state;
	make(KEY_ES256, &it);
	register_self_as(&it, KEY_EDDSA);
	assert_refused(&it, STEPUP_BAD_ANSWER, "self attestation is of another algorithm than the key's");
	register_self_as(&it, 0);
	assert_refused(&it, STEPUP_BAD_ANSWER, "self attestation is of another algorithm than the key's");
	clear(&it);
}

static void step_22_packed_statements_have_their_members_and_no_others(void **state)
{
	static const char *const malformed[] = {
		"a0", "a163616c6726", "a16373696740", "a263616c672663736967f6", "a263616c6761006373696740",
		"a36361" "6c672663736967406378356380",         /* x5c empty */
		"a363616c67266373696740637835638" "1f6",       /* no bytes in it */
		"a363616c672663736967406665636461614b40",      /* ECDAA, of old */
		"a263736967406361" "6c6726",                   /* out of order */
		"a263616c67266373696740" "00",
	};
	struct registration it;

	(void)state;
	make(KEY_ES256, &it);
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		it.statement.size = 0;
		blob_hex(&it.statement, malformed[i]);
		wrap(&it, "packed");
		assert_refused(&it, STEPUP_INVALID, "attestation object is malformed");
	}
	it.statement.size = 0;
	blob_hex(&it.statement, "a263616c67266373696740"); /* a signature of no bytes */
	wrap(&it, "packed");
	assert_refused(&it, STEPUP_BAD_ANSWER, "attestation signature");
	clear(&it);
}

static void statements_of_other_formats_count_as_none(void **state)
{
	static const char *const formats[] = {"tpm", "android-key", "apple", "compound", "NONE", ""};
	struct registration it;

	(void)state;
	make(KEY_ES256, &it);
	it.statement.size = 0;
	blob_hex(&it.statement, "a263616c6739010063766572" "63322e30");
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		wrap(&it, formats[i]);
		assert_int_equal(verify(&it), STEPUP_OK);
		assert_int_equal(it.key.attestation, ATTESTATION_NONE);
		assert_string_equal(it.why, "attestation of a format that is not checked counts as none");
	}
	it.statement.size = 0;
	blob_hex(&it.statement, "80");
	wrap(&it, "tpm");
	assert_refused(&it, STEPUP_INVALID, "attestation object is malformed");
	clear(&it);
}

/* The members of an attestation object in the order given. */
static void wrap_in_order(struct registration *it, const char *const names[], size_t count)
{
	it->object.size = 0;
	blob_head(&it->object, 5, count);
	for (size_t i = 0; i < count; i++) {
		blob_cbor_text(&it->object, names[i]);
		if (strcmp(names[i], "fmt") == 0)
			blob_cbor_text(&it->object, "packed");
		else if (strcmp(names[i], "attStmt") == 0)
			blob_raw(&it->object, it->statement.bytes, it->statement.size);
		else
			blob_cbor_bytes(&it->object, it->data.bytes, it->data.size);
	}
	it->response.attestation_object = bytes_of(&it->object);
}

static void an_attestation_that_nobody_asked_for_is_not_looked_into(void **state)
{
	static const char *const provider[] = {"authData", "fmt", "attStmt"},
		*const twice[] = {"fmt", "attStmt", "fmt"}, *const short_one[] = {"fmt", "authData"},
		*const other[] = {"fmt", "attStmt", "data"};
	struct registration it;

	(void)state;
	make(KEY_ES256, &it);
	it.statement.size = 0;
	blob_hex(&it.statement, "a263736967412063616c6726"); /* sig before alg, and no signature */
	wrap_in_order(&it, provider, 3);
	assert_refused(&it, STEPUP_INVALID, "attestation object is malformed");
	it.expected.attestation_unseen = true;
	assert_int_equal(verify(&it), STEPUP_OK);
	assert_int_equal(it.key.attestation, ATTESTATION_NONE);
	assert_string_equal(it.why, "attestation of a format that is not checked counts as none");
	wrap_in_order(&it, twice, 3);
	assert_refused(&it, STEPUP_INVALID, "attestation object is malformed");
	wrap_in_order(&it, short_one, 2);
	assert_refused(&it, STEPUP_INVALID, "attestation object is malformed");
	wrap_in_order(&it, other, 3);
	assert_refused(&it, STEPUP_INVALID, "attestation object is malformed");
	wrap_in_order(&it, provider, 3);
	blob_u8(&it.object, 0);
	it.response.attestation_object = bytes_of(&it.object);
	assert_refused(&it, STEPUP_INVALID, "attestation object is malformed");
	wrap_in_order(&it, provider, 3);
	memcpy(it.expected.challenge, "another challenge", 17);
	assert_refused(&it, STEPUP_BAD_ANSWER, "wrong challenge");
	clear(&it);
}

static void step_25_an_id_has_1_to_1023_bytes(void **state)
{
	struct made_blob id = {.size = 0};
	struct registration it;

	(void)state;
	make(KEY_ES256, &it);
	for (size_t size = 1022; size <= 1024; size++) {
		authenticator_make_data(&it.authenticator, true, &it.data);
		it.data.size = 37 + 16;
		blob_u16(&it.data, (unsigned)size);
		for (id.size = 0; id.size < size;)
			blob_u8(&id, (unsigned)(id.size & 0xff));
		blob_raw(&it.data, id.bytes, id.size);
		authenticator_make_cose_key(&it.authenticator.key, &it.data);
		wrap(&it, "none");
		it.response.id = bytes_of(&id);
		if (size <= 1023)
			assert_int_equal(verify(&it), STEPUP_OK);
		else
			assert_refused(&it, STEPUP_BAD_ANSWER, "credential id is empty or too long");
	}
	it.authenticator.id_size = 0;
	register_none(&it);
	it.response.id = (struct webauthn_bytes){NULL, 0};
	assert_refused(&it, STEPUP_BAD_ANSWER, "credential id is empty or too long");
	clear(&it);
}

static void the_id_is_what_the_response_says(void **state)
{
	struct registration it;

	(void)state;
	make(KEY_ES256, &it);
	it.response.id.size--;
	assert_refused(&it, STEPUP_BAD_ANSWER, "credential id is not the authenticator's");
	it.response.id.size++;
	it.response.id.bytes = it.authenticator.key.raw;
	assert_refused(&it, STEPUP_BAD_ANSWER, "credential id is not the authenticator's");
	clear(&it);
}

static void step_28_extensions_are_well_formed_and_ignored(void **state)
{
	struct made_blob extensions = {.size = 0};
	struct registration it;

	(void)state;
	make(KEY_ES256, &it);
	it.authenticator.extensions = &extensions;
	/* credProtect, which Chromium adds to resident keys */
	blob_hex(&extensions, "a16b6372656450726f7465637402");
	register_self_as(&it, KEY_ES256);
	assert_int_equal(verify(&it), STEPUP_OK);
	extensions.size = 0;
	blob_hex(&extensions, "a26b6372656450726f74656374026b686d61632d736563726574f5"); /* and hmac-secret */
	register_self_as(&it, KEY_ES256);
	assert_int_equal(verify(&it), STEPUP_OK);
	blob_u8(&extensions, 0);
	register_self_as(&it, KEY_ES256);
	assert_refused(&it, STEPUP_INVALID,
		"authenticator data does not end where it should, or its extensions are malformed");
	clear(&it);
}

static void transports_are_those_that_are_known(void **state)
{
	struct registration it;

	(void)state;
	make(KEY_ES256, &it);
	it.response.transports = ~0U;
	assert_int_equal(verify(&it), STEPUP_OK);
	assert_int_equal(it.key.transports, TRANSPORTS_ALL);
	clear(&it);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_key_without_attestation_is_recorded),
	cmocka_unit_test(a_key_that_attests_to_itself_is_recorded_so),
	cmocka_unit_test(every_changed_bit_of_a_self_attested_registration_is_refused),
	cmocka_unit_test(steps_5_to_11_client_data_is_a_registration_s_for_here),
	cmocka_unit_test(step_12_the_attestation_is_over_this_client_data),
	cmocka_unit_test(at_the_seat_client_data_is_the_verifier_s_own),
	cmocka_unit_test(step_13_the_object_is_canonical_and_whole),
	cmocka_unit_test(step_13_the_key_matches_its_algorithm),
	cmocka_unit_test(step_13_a_registration_has_a_credential_in_it),
	cmocka_unit_test(steps_14_to_19_rp_id_and_flags_count),
	cmocka_unit_test(step_20_an_algorithm_that_was_not_asked_for_is_refused),
	cmocka_unit_test(step_22_a_self_attestation_is_of_the_key_s_algorithm),
	cmocka_unit_test(step_22_packed_statements_have_their_members_and_no_others),
	cmocka_unit_test(statements_of_other_formats_count_as_none),
	cmocka_unit_test(an_attestation_that_nobody_asked_for_is_not_looked_into),
	cmocka_unit_test(step_25_an_id_has_1_to_1023_bytes),
	cmocka_unit_test(the_id_is_what_the_response_says),
	cmocka_unit_test(step_28_extensions_are_well_formed_and_ignored),
	cmocka_unit_test(transports_are_those_that_are_known),
};
TAP_MAIN(tests)
