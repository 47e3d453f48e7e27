/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verifier/factors/webauthn/webauthn.h, assertions: each step of WebAuthn Level 3 section 7.2 refuses what
 * it is there for.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/makers/webauthn_maker.h"
#include "verifier/factors/webauthn/webauthn.h"
#include "lib/evidence/key_bytes.h"
#include "verifier/rules/words/notices.h"

static const int algorithms[] = {KEY_ES256, KEY_ES384, KEY_EDDSA, KEY_RS256};
#define ALGORITHM_COUNT (sizeof(algorithms) / sizeof(algorithms[0]))

static const char *const origins[] = {"https://other.example.com", MADE_ORIGIN, NULL};
static const uint8_t challenge[32] = "the challenge of this one action";
static const uint8_t user_handle[16] = "0123456789abcde";

/* An assertion on its way: what was made, what is expected, what came out. */
struct assertion {
	struct made_authenticator authenticator;
	struct key_credential key;
	struct made_blob data, client_data, signature;
	struct webauthn_expected expected;
	struct webauthn_assertion response;
	struct webauthn_assertion_result result;
	const char *why;
};

static struct webauthn_bytes bytes_of(const struct made_blob *blob)
{
	return (struct webauthn_bytes){.bytes = blob->bytes, .size = blob->size};
}

/* Makes the authenticator's data anew and signs it. */
static void sign(struct assertion *it)
{
	authenticator_make_data(&it->authenticator, false, &it->data);
	webauthn_sign(&it->authenticator.key, &it->data, &it->client_data, &it->signature);
	it->response.authenticator_data = bytes_of(&it->data);
	it->response.client_data = bytes_of(&it->client_data);
	it->response.signature = bytes_of(&it->signature);
}

/* Signs with client data of that type, origin and further members. */
static void sign_client_data(struct assertion *it, const char *type, const char *origin, const char *more)
{
	client_data_make(type, challenge, origin, more, &it->client_data);
	sign(it);
}

static void make(int algorithm, struct assertion *it)
{
	memset(it, 0, sizeof(*it));
	authenticator_make(algorithm, &it->authenticator);
	it->key.algorithm = algorithm;
	memcpy(it->key.public_key, it->authenticator.key.raw, it->authenticator.key.raw_size);
	it->key.public_key_size = it->authenticator.key.raw_size;
	memcpy(it->key.id, it->authenticator.id, it->authenticator.id_size);
	it->key.id_size = it->authenticator.id_size;
	it->expected = (struct webauthn_expected){.rp_id = MADE_RP_ID, .user_verification = true,
		.origins = origins, .user_handle = {user_handle, sizeof(user_handle)}};
	memcpy(it->expected.challenge, challenge, sizeof(challenge));
	it->response.id = (struct webauthn_bytes){it->authenticator.id, it->authenticator.id_size};
	sign_client_data(it, "webauthn.get", MADE_ORIGIN, "");
}

static enum stepup_error verify(struct assertion *it)
{
	return webauthn_assert(&it->expected, &it->response, &it->key, &it->result, &it->why);
}

static void assert_granted(struct assertion *it)
{
	assert_int_equal(verify(it), STEPUP_OK);
	assert_null(it->why);
}

static void assert_refused(struct assertion *it, enum stepup_error error, const char *why)
{
	it->result.user_verified = true;
	assert_int_equal(verify(it), error);
	assert_string_equal(it->why, why);
	assert_false(it->result.user_verified);
}

static void clear(struct assertion *it)
{
	key_release(&it->authenticator.key);
}

#define WITH_EACH_ALGORITHM(it) \
	for (size_t algorithm = 0; algorithm < ALGORITHM_COUNT; algorithm++) \
		for (make(algorithms[algorithm], (it)); (it)->authenticator.key.pkey != NULL; clear(it))

static void a_key_s_assertion_is_taken(void **state)
{
	struct assertion it;

	(void)state;
	WITH_EACH_ALGORITHM (&it) {
		assert_granted(&it);
		assert_int_equal(it.result.counter, 1);
		assert_int_equal(it.result.counter_result, COUNTER_ROSE);
		assert_true(it.result.user_verified);
		assert_false(it.result.backed_up);
	}
}

static void every_changed_bit_is_refused(void **state)
{
	struct assertion it;

	(void)state;
	WITH_EACH_ALGORITHM (&it) {
		struct made_blob *const parts[] = {&it.data, &it.client_data, &it.signature};

		for (size_t part = 0; part < 3; part++)
			for (size_t bit = 0; bit < 8 * parts[part]->size; bit++) {
				parts[part]->bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
				assert_int_not_equal(verify(&it), STEPUP_OK);
				assert_non_null(it.why);
				parts[part]->bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
			}
		assert_granted(&it);
	}
}

/* At the seat the client data is the verifier's, and no member of it is looked at: the
 * signature alone holds it. */
static void every_changed_bit_is_refused_at_the_seat_too(void **state)
{
	struct assertion it;

	(void)state;
	WITH_EACH_ALGORITHM (&it) {
		struct made_blob *const parts[] = {&it.data, &it.client_data, &it.signature};

		it.expected.client_data = bytes_of(&it.client_data);
		it.response.client_data = (struct webauthn_bytes){NULL, 0};
		assert_granted(&it);
		for (size_t part = 0; part < 3; part++)
			for (size_t bit = 0; bit < 8 * parts[part]->size; bit++) {
				parts[part]->bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
				assert_int_not_equal(verify(&it), STEPUP_OK);
				parts[part]->bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
			}
		assert_granted(&it);
	}
}

static void step_5_another_credential_is_refused(void **state)
{
	struct assertion it;

	(void)state;
	make(KEY_ES256, &it);
	it.key.id[31] ^= 1;
	assert_refused(&it, STEPUP_BAD_ANSWER, "another credential");
	it.key.id[31] ^= 1;
	it.response.id.size--;
	assert_refused(&it, STEPUP_BAD_ANSWER, "another credential");
	it.response.id = (struct webauthn_bytes){NULL, 0};
	assert_refused(&it, STEPUP_BAD_ANSWER, "another credential");
	it.key.id_size = 0;
	assert_refused(&it, STEPUP_BAD_ANSWER, "another credential");
	clear(&it);
}

static void step_6_a_user_handle_is_the_user_s(void **state)
{
	static const uint8_t other[16] = "0123456789abcdX";
	struct assertion it;

	(void)state;
	make(KEY_ES256, &it);
	it.response.user_handle = it.expected.user_handle;
	assert_granted(&it);
	/* some browsers have an empty one for none */
	it.response.user_handle = (struct webauthn_bytes){user_handle, 0};
	assert_granted(&it);
	it.response.user_handle = (struct webauthn_bytes){user_handle, 15};
	assert_refused(&it, STEPUP_BAD_ANSWER, "user handle is another user's");
	it.response.user_handle = (struct webauthn_bytes){other, sizeof(other)};
	assert_refused(&it, STEPUP_BAD_ANSWER, "user handle is another user's");
	it.expected.user_handle = (struct webauthn_bytes){NULL, 0};
	assert_refused(&it, STEPUP_BAD_ANSWER, "user handle is another user's");
	clear(&it);
}

static void step_7_authenticator_data_ends_where_it_should(void **state)
{
	struct assertion it;

	(void)state;
	make(KEY_ES256, &it);
	for (it.data.size = 0; it.data.size <= 40; it.data.size++) {
		if (it.data.size == 37)
			continue;
		it.data.bytes[37] = it.data.bytes[38] = it.data.bytes[39] = 0;
		webauthn_sign(&it.authenticator.key, &it.data, &it.client_data, &it.signature);
		it.response.authenticator_data = bytes_of(&it.data);
		it.response.signature = bytes_of(&it.signature);
		assert_refused(&it, STEPUP_INVALID, it.data.size < 37 ? "authenticator data is cut short" :
			"authenticator data does not end where it should, or its extensions are malformed");
	}
	it.response.authenticator_data = (struct webauthn_bytes){NULL, 0};
	assert_refused(&it, STEPUP_INVALID, "authenticator data is cut short");
	clear(&it);
}

static void step_7_an_assertion_has_no_credential_in_it(void **state)
{
	struct assertion it;

	(void)state;
	make(KEY_ES256, &it);
	authenticator_make_data(&it.authenticator, true, &it.data);
	webauthn_sign(&it.authenticator.key, &it.data, &it.client_data, &it.signature);
	it.response.authenticator_data = bytes_of(&it.data);
	it.response.signature = bytes_of(&it.signature);
	assert_refused(&it, STEPUP_INVALID, "authenticator data of an assertion has a credential in it");
	clear(&it);
}

static void step_8_client_data_is_one_json_object(void **state)
{
	static const char *const malformed[] = {"", "{}{}", "[]", "null", "{", "{\"type\":\"webauthn.get\",}",
		"\xef\xbb\xbf{}", "{\"a\":\"\xff\"}"};
	struct assertion it;

	(void)state;
	make(KEY_ES256, &it);
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		it.client_data.size = 0;
		blob_raw(&it.client_data, malformed[i], strlen(malformed[i]));
		sign(&it);
		assert_refused(&it, STEPUP_INVALID, "client data is malformed");
	}
	sign_client_data(&it, "webauthn.get", MADE_ORIGIN, ",\"origin\":\"" MADE_ORIGIN "\"");
	assert_refused(&it, STEPUP_INVALID, "client data is malformed"); /* a member twice */
	it.client_data.size = 0;
	for (size_t i = 0; i < CLIENT_DATA_MAX; i++)
		blob_raw(&it.client_data, " ", 1);
	blob_raw(&it.client_data, "{}", 2);
	sign(&it);
	assert_refused(&it, STEPUP_INVALID, "client data is malformed");
	clear(&it);
}

static void step_10_the_type_is_that_of_an_assertion(void **state)
{
	static const char *const others[] = {"webauthn.create", "webauthn.get ", "Webauthn.get",
		"payment.get", ""};
	struct assertion it;

	(void)state;
	make(KEY_ES256, &it);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		sign_client_data(&it, others[i], MADE_ORIGIN, "");
		assert_refused(&it, STEPUP_BAD_ANSWER, "wrong type");
	}
	clear(&it);
}

static void step_11_another_challenge_is_refused(void **state)
{
	static const char empty[] = "{\"type\":\"webauthn.get\",\"challenge\":\"\",\"origin\":\""
		MADE_ORIGIN "\"}";
	struct assertion it;

	(void)state;
	make(KEY_ES256, &it);
	it.expected.challenge[0] ^= 1;
	assert_refused(&it, STEPUP_BAD_ANSWER, "wrong challenge");
	it.expected.challenge[0] ^= 1;
	it.expected.challenge[31] ^= 1;
	assert_refused(&it, STEPUP_BAD_ANSWER, "wrong challenge");
	it.client_data.size = 0;
	blob_raw(&it.client_data, empty, strlen(empty));
	sign(&it);
	assert_refused(&it, STEPUP_BAD_ANSWER, "wrong challenge");
	clear(&it);
}

static void step_12_look_alikes_of_an_origin_are_refused(void **state)
{
	static const char *const others[] = {"https://support.example.com.evil", "https://a.example.evil",
		"http://support.example.com", "https://support.example.com:8443",
		"https://support.example.com:443", "https://support.example.com.",
		"https://support.example.com/", "https://SUPPORT.example.com", "https://example.com",
		"https://evil-support.example.com", "https://s\xd1\x83pport.example.com",
		"https://xn--spport-8fg.example.com", "support.example.com", "", "null", "stepup://bastion1",
		"https://support.example.com\\u0000"};
	struct assertion it;

	(void)state;
	make(KEY_ES256, &it);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]) - 1; i++) {
		sign_client_data(&it, "webauthn.get", others[i], "");
		assert_refused(&it, STEPUP_BAD_ANSWER, "wrong origin");
	}
	sign_client_data(&it, "webauthn.get", others[sizeof(others) / sizeof(others[0]) - 1], "");
	assert_refused(&it, STEPUP_INVALID, "client data is malformed"); /* NUL */
	/* the other one of the list */
	sign_client_data(&it, "webauthn.get", "https://other.example.com", "");
	assert_granted(&it);
	it.expected.origins = NULL;
	assert_refused(&it, STEPUP_BAD_ANSWER, "wrong origin");
	clear(&it);
}

/* Client data from text with any crossOrigin. */
static void sign_text(struct assertion *it, const char *format_tail)
{
	struct made_blob usual;

	client_data_make("webauthn.get", challenge, MADE_ORIGIN, "", &usual);
	it->client_data.size = 0;
	blob_raw(&it->client_data, usual.bytes, usual.size - strlen(",\"crossOrigin\":false}"));
	blob_raw(&it->client_data, format_tail, strlen(format_tail));
	sign(it);
}

static void steps_13_and_14_another_site_s_frame_is_refused(void **state)
{
	static const char *const crossing[] = {",\"crossOrigin\":true}", ",\"crossOrigin\":\"false\"}",
		",\"crossOrigin\":0}", ",\"crossOrigin\":null}"};
	struct assertion it;

	(void)state;
	make(KEY_ES256, &it);
	for (size_t i = 0; i < sizeof(crossing) / sizeof(crossing[0]); i++) {
		sign_text(&it, crossing[i]);
		assert_refused(&it, STEPUP_BAD_ANSWER, "cross-origin");
	}
	sign_text(&it, "}");
	assert_granted(&it);
	sign_client_data(&it, "webauthn.get", MADE_ORIGIN, ",\"topOrigin\":\"https://evil.example\"");
	assert_refused(&it, STEPUP_BAD_ANSWER, "framed by another origin");
	sign_client_data(&it, "webauthn.get", MADE_ORIGIN, ",\"topOrigin\":null");
	assert_refused(&it, STEPUP_BAD_ANSWER, "framed by another origin");
	clear(&it);
}

static void members_that_browsers_add_are_let_pass(void **state)
{
	struct assertion it;

	(void)state;
	make(KEY_ES256, &it);
	sign_client_data(&it, "webauthn.get", MADE_ORIGIN,
		",\"other_keys_can_be_added_here\":\"do not compare clientDataJSON against a template\"");
	assert_granted(&it);
	clear(&it);
}

static void step_15_another_rp_id_is_refused(void **state)
{
	static const char *const others[] = {"support.example.com", "example.com.", "EXAMPLE.com", "com", ""};
	struct assertion it;

	(void)state;
	make(KEY_ES256, &it);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		it.authenticator.rp_id = others[i];
		sign(&it);
		assert_refused(&it, STEPUP_BAD_ANSWER, "wrong RP ID");
	}
	clear(&it);
}

static void steps_16_and_17_presence_and_verification_count(void **state)
{
	struct assertion it;

	(void)state;
	WITH_EACH_ALGORITHM (&it) {
		it.authenticator.flags = 0x04;
		sign(&it);
		assert_refused(&it, STEPUP_BAD_ANSWER, "user presence is missing");
		it.authenticator.flags = 0x01;
		sign(&it);
		assert_refused(&it, STEPUP_BAD_ANSWER, "user verification is missing");
		it.expected.user_verification = false;
		assert_granted(&it);
		assert_false(it.result.user_verified);
		it.authenticator.flags = 0x00;
		sign(&it);
		assert_refused(&it, STEPUP_BAD_ANSWER, "user presence is missing");
	}
}

static void steps_18_and_19_backup_flags_are_consistent(void **state)
{
	struct assertion it;

	(void)state;
	make(KEY_ES256, &it);
	it.authenticator.flags = 0x05 | 0x10;
	sign(&it);
	assert_refused(&it, STEPUP_BAD_ANSWER, "backed up but not eligible for backup");
	it.authenticator.flags = 0x05 | 0x08;
	sign(&it);
	assert_refused(&it, STEPUP_BAD_ANSWER, NOTICE_WHY_BACKUP);
	it.key.backup_eligible = true;
	assert_granted(&it);
	assert_false(it.result.backed_up);
	it.authenticator.flags = 0x05 | 0x18;
	sign(&it);
	assert_granted(&it);
	assert_true(it.result.backed_up);
	it.authenticator.flags = 0x05;
	sign(&it);
	assert_refused(&it, STEPUP_BAD_ANSWER, NOTICE_WHY_BACKUP);
	it.signature.bytes[it.signature.size - 1] ^= 1;
	assert_refused(&it, STEPUP_BAD_ANSWER, "signature"); /* nobody but the key says that of itself */
	clear(&it);
}

static void step_21_another_key_s_signature_is_refused(void **state)
{
	struct assertion it;

	(void)state;
	WITH_EACH_ALGORITHM (&it) {
		struct made_key other;

		key_make(it.key.algorithm, &other);
		webauthn_sign(&other, &it.data, &it.client_data, &it.signature);
		it.response.signature = bytes_of(&it.signature);
		assert_refused(&it, STEPUP_BAD_ANSWER, "signature");
		key_release(&other);
	}
}

static void step_21_a_key_of_another_algorithm_is_refused(void **state)
{
	struct assertion it;

	(void)state;
	WITH_EACH_ALGORITHM (&it)
		for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
			it.key.algorithm = algorithms[i];
			if (algorithms[i] == it.authenticator.key.algorithm)
				assert_granted(&it);
			else
				assert_refused(&it, STEPUP_INVALID, "signature");
		}
	make(KEY_ES256, &it);
	it.key.algorithm = -65535; /* RS1 */
	assert_refused(&it, STEPUP_INVALID, "signature");
	it.key.algorithm = 0;
	assert_refused(&it, STEPUP_INVALID, "signature");
	clear(&it);
}

static void step_21_signatures_of_other_lengths_are_refused(void **state)
{
	struct assertion it;

	(void)state;
	WITH_EACH_ALGORITHM (&it) {
		size_t size = it.signature.size;

		it.signature.bytes[size] = 0;
		for (it.signature.size = 0; it.signature.size <= size + 1; it.signature.size++) {
			it.response.signature = bytes_of(&it.signature);
			if (it.signature.size == size)
				assert_granted(&it);
			else
				assert_refused(&it, STEPUP_BAD_ANSWER, "signature");
		}
		memset(it.signature.bytes, 0, sizeof(it.signature.bytes));
		it.response.signature = (struct webauthn_bytes){it.signature.bytes, KEY_SIGNATURE_MAX + 1};
		assert_refused(&it, STEPUP_BAD_ANSWER, "signature");
		it.response.signature = (struct webauthn_bytes){NULL, 0};
		assert_refused(&it, STEPUP_BAD_ANSWER, "signature");
	}
}

static void step_21_r_and_s_of_zero_are_refused(void **state)
{
	struct assertion it;

	(void)state;
	make(KEY_ES256, &it);
	it.response.signature =
		(struct webauthn_bytes){(const uint8_t *)"\x30\x06\x02\x01\x00\x02\x01\x00", 8};
	assert_refused(&it, STEPUP_BAD_ANSWER, "signature");
	clear(&it);
}

static void step_21_a_public_key_off_the_curve_is_refused(void **state)
{
	struct assertion it;

	(void)state;
	make(KEY_ES256, &it);
	it.key.public_key[63] ^= 1;
	assert_refused(&it, STEPUP_INVALID, "signature");
	it.key.public_key_size = 0;
	assert_refused(&it, STEPUP_INVALID, "signature");
	clear(&it);
}

static void step_22_says_how_the_counter_went(void **state)
{
	static const struct {
		uint32_t counter;
		int64_t known;
		enum webauthn_counter expected;
	} cases[] = {
		{0, 0, COUNTER_ABSENT}, {1, 0, COUNTER_ROSE}, {2, 1, COUNTER_ROSE},
		{UINT32_MAX, 7, COUNTER_ROSE}, {7, 7, COUNTER_FELL}, {6, 7, COUNTER_FELL},
		{0, 7, COUNTER_FELL}, {0, UINT32_MAX, COUNTER_FELL}, {UINT32_MAX, UINT32_MAX, COUNTER_FELL},
	};
	struct assertion it;

	(void)state;
	make(KEY_ES256, &it);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		it.authenticator.counter = cases[i].counter;
		it.key.counter = cases[i].known;
		sign(&it);
		assert_granted(&it);
		assert_int_equal(it.result.counter, cases[i].counter);
		assert_int_equal(it.result.counter_result, cases[i].expected);
	}
	clear(&it);
}

static void step_23_extensions_nobody_asked_for_are_well_formed_and_ignored(void **state)
{
	static const char *const fine[] = {"a0", "a163666f6ff5", "a1657468696e6743010203",
		"a263666f6ff56462617a7af6", "a1656465657065818181f5"};
	static const char *const malformed[] = {"", "a1", "a163666f6f", "80", "f5", "a101f5",
		"a163666f6ff5a0", "bf63666f6ff5ff", "a263666f6ff563666f6ff5", "a264626172f563666f6ff5",
		"a163666f6ffb3ff0000000000000", "a163666f6fc101", "b863666f6f", "a1780363666f6ff5",
		"a163666f6f8181818181"};
	struct assertion it;

	(void)state;
	WITH_EACH_ALGORITHM (&it) {
		for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
			struct made_blob extensions = {.size = 0};

			blob_hex(&extensions, fine[i]);
			it.authenticator.extensions = &extensions;
			sign(&it);
			assert_granted(&it);
		}
		for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
			struct made_blob extensions = {.size = 0};

			blob_hex(&extensions, malformed[i]);
			it.authenticator.extensions = &extensions;
			sign(&it);
			assert_refused(&it, STEPUP_INVALID, "authenticator data does not end where it "
				"should, or its extensions are malformed");
		}
	}
}

static void at_the_seat_client_data_is_the_verifier_s_own(void **state)
{
	static const uint8_t own[] = "{\"type\":\"webauthn.get\",\"challenge\":\"x\","
		"\"origin\":\"stepup://bastion1\",\"crossOrigin\":false}";
	struct assertion it;

	(void)state;
	make(KEY_ES256, &it);
	it.expected.client_data = (struct webauthn_bytes){own, sizeof(own) - 1};
	it.response.client_data = (struct webauthn_bytes){NULL, 0};
	assert_refused(&it, STEPUP_BAD_ANSWER, "signature"); /* signed for the browser's */
	it.client_data.size = 0;
	blob_raw(&it.client_data, own, sizeof(own) - 1);
	sign(&it);
	assert_granted(&it); /* the same bytes */
	it.response.client_data = (struct webauthn_bytes){NULL, 0};
	assert_granted(&it);
	blob_raw(&it.client_data, " ", 1);
	sign(&it);
	assert_refused(&it, STEPUP_BAD_ANSWER, "client data is not the verifier's");
	clear(&it);
}

static void a_seat_s_assertion_is_no_browser_s(void **state)
{
	struct assertion it;

	(void)state;
	make(KEY_ES256, &it);
	sign_client_data(&it, "webauthn.get", "stepup://bastion1", "");
	assert_refused(&it, STEPUP_BAD_ANSWER, "wrong origin");
	clear(&it);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_key_s_assertion_is_taken),
	cmocka_unit_test(every_changed_bit_is_refused),
	cmocka_unit_test(every_changed_bit_is_refused_at_the_seat_too),
	cmocka_unit_test(step_5_another_credential_is_refused),
	cmocka_unit_test(step_6_a_user_handle_is_the_user_s),
	cmocka_unit_test(step_7_authenticator_data_ends_where_it_should),
	cmocka_unit_test(step_7_an_assertion_has_no_credential_in_it),
	cmocka_unit_test(step_8_client_data_is_one_json_object),
	cmocka_unit_test(step_10_the_type_is_that_of_an_assertion),
	cmocka_unit_test(step_11_another_challenge_is_refused),
	cmocka_unit_test(step_12_look_alikes_of_an_origin_are_refused),
	cmocka_unit_test(steps_13_and_14_another_site_s_frame_is_refused),
	cmocka_unit_test(members_that_browsers_add_are_let_pass),
	cmocka_unit_test(step_15_another_rp_id_is_refused),
	cmocka_unit_test(steps_16_and_17_presence_and_verification_count),
	cmocka_unit_test(steps_18_and_19_backup_flags_are_consistent),
	cmocka_unit_test(step_21_another_key_s_signature_is_refused),
	cmocka_unit_test(step_21_a_key_of_another_algorithm_is_refused),
	cmocka_unit_test(step_21_signatures_of_other_lengths_are_refused),
	cmocka_unit_test(step_21_r_and_s_of_zero_are_refused),
	cmocka_unit_test(step_21_a_public_key_off_the_curve_is_refused),
	cmocka_unit_test(step_22_says_how_the_counter_went),
	cmocka_unit_test(step_23_extensions_nobody_asked_for_are_well_formed_and_ignored),
	cmocka_unit_test(at_the_seat_client_data_is_the_verifier_s_own),
	cmocka_unit_test(a_seat_s_assertion_is_no_browser_s),
};
TAP_MAIN(tests)
