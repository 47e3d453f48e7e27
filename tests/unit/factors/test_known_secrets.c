/* SPDX-License-Identifier: BSD-2-Clause */
/* A secret that somebody has, or had, is known again however it is written. */
#include "tests/unit/store/store_fixture.h"

#include "verifier/doors/enrolment/enrolment.h"
#include "verifier/factors/otp.h"
#include "verifier/rules/people/person.h"

/* Twenty bytes that end in no zero, and so many zeros. */
static struct otp_secret secret_of(size_t zeros)
{
	struct otp_secret secret = {
		.size = 20 + zeros, .digits = 6, .period_seconds = 30, .last_step = -1, .resync_counter = -1};

	memcpy(secret.bytes, "12345678901234567890", 20);
	return secret;
}

static bool is_known(struct fixture *fixture, const struct user_record *record, size_t zeros)
{
	const struct otp_secret secret = secret_of(zeros);
	bool known = false;

	assert_ok(credential_is_known(fixture->store, record, &secret, &known));
	return known;
}

static void a_secret_with_zeros_behind_it_is_the_same(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *record = fixture_user("alice", "12345678901234567890");

	for (size_t had = 0; had <= 44; had += 11) {
		record->credentials[0].otp = secret_of(had);
		for (size_t zeros = 0; zeros <= 44; zeros += 4)
			assert_true(is_known(fixture, record, zeros));
	}
	record->credentials[0].otp.bytes[19] ^= 1;
	assert_false(is_known(fixture, record, 0));
	user_record_free(&record);
}

static void a_revoked_secret_with_zeros_behind_it_is_the_same(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *record = fixture_user("alice", "12345678901234567890");

	for (size_t had = 0; had <= 44; had += 11) {
		record->credentials[0].otp = secret_of(had);
		record->credentials[0].state = CREDENTIAL_LIVE;
		assert_ok(credential_bury(fixture->store, record, &record->credentials[0], 5));
		for (size_t zeros = 0; zeros <= 44; zeros += 4)
			assert_true(is_known(fixture, record, zeros));
	}
	user_record_free(&record);
}

/* Revoked by a version that took a secret as it was written. */
static void a_secret_that_was_buried_with_its_zeros_is_known_without_them(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *record = fixture_user("alice", "12345678901234567890");
	struct otp_secret *otp = &record->credentials[0].otp;
	const struct otp_secret had = secret_of(12);
	uint8_t digest[DIGEST_SIZE];

	assert_ok(store_keyed_digest(fixture->store, DIGEST_CREDENTIAL_SECRET, had.bytes, had.size, digest));
	memcpy(otp->bytes, digest, DIGEST_SIZE);
	otp->size = DIGEST_SIZE;
	record->credentials[0].state = CREDENTIAL_REVOKED;
	for (size_t zeros = 0; zeros <= 44; zeros += 4)
		assert_true(is_known(fixture, record, zeros));
	user_record_free(&record);
}

static void short_secrets_keep_the_zeros_that_make_them_long_enough(void **state)
{
	const struct otp_secret sixteen = {.bytes = {1}, .size = 16}, more = {.bytes = {1}, .size = 40},
		other = {.bytes = {2}, .size = 16};

	(void)state;
	assert_int_equal(otp_secret_length(&sixteen), 16);
	assert_int_equal(otp_secret_length(&more), 16);
	assert_true(otp_secret_equal(&sixteen, &more));
	assert_false(otp_secret_equal(&sixteen, &other));
}

static void whoever_holds_a_padded_twin_of_a_token_is_no_second_person(void **state)
{
	struct user_record *alice = fixture_user("alice", "12345678901234567890"),
		*bob = fixture_user("bob", "12345678901234567890");

	(void)state;
	alice->uid = 1001;
	bob->uid = 1002;
	for (size_t zeros = 0; zeros <= 44; zeros += 4) {
		bob->credentials[0].otp = secret_of(zeros);
		assert_int_equal(person_relation(alice, bob), PERSON_SHARES_KEY);
		assert_int_equal(person_relation(bob, alice), PERSON_SHARES_KEY);
	}
	bob->credentials[0].otp.bytes[0] ^= 1;
	assert_int_equal(person_relation(alice, bob), PERSON_ANOTHER);
	user_record_free(&alice);
	user_record_free(&bob);
}

/* That HMAC pads so is what all of this stands on: liboath's own arithmetic says it. */
static void secrets_that_are_equal_make_equal_codes(void **state)
{
	char codes[2][9];

	(void)state;
	for (int algorithm = OTP_SHA1; algorithm <= OTP_SHA512; algorithm++)
		for (size_t zeros = 0; zeros <= 44; zeros += 44) {
			struct otp_secret secret = secret_of(zeros);

			secret.algorithm = (enum otp_algorithm)algorithm;
			assert_ok(otp_code(&secret, 7, codes[zeros != 0]));
			assert_string_equal(codes[zeros != 0], codes[0]);
		}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(a_secret_with_zeros_behind_it_is_the_same, fixture_setup,
		fixture_teardown),
	cmocka_unit_test_setup_teardown(a_revoked_secret_with_zeros_behind_it_is_the_same, fixture_setup,
		fixture_teardown),
	cmocka_unit_test_setup_teardown(a_secret_that_was_buried_with_its_zeros_is_known_without_them,
		fixture_setup, fixture_teardown),
	cmocka_unit_test(short_secrets_keep_the_zeros_that_make_them_long_enough),
	cmocka_unit_test(whoever_holds_a_padded_twin_of_a_token_is_no_second_person),
	cmocka_unit_test(secrets_that_are_equal_make_equal_codes),
};

TAP_MAIN(tests)
