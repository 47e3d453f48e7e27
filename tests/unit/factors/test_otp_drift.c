/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens whose clock is not the host's (RFC 6238 section 6, RFC 4226 section 7.4), and a host whose clock is
 * not its people's. */
#include "tests/unit/cmocka_tap.h"

#include <string.h>

#include "verifier/factors/otp.h"
#include "verifier/rules/limits/clock_votes.h"

#define HERE 1000000 /* the host's step */

static struct credential token(void)
{
	struct credential credential = {
		.type = CREDENTIAL_TOTP,
		.state = CREDENTIAL_LIVE,
		.otp = {.digits = 8, .period_seconds = 30, .bytes = "12345678901234567890", .size = 20,
			.last_step = -1, .resync_counter = -1},
	};

	return credential;
}

/* What comes of the code of a step `off` the host's, when that is `here`. */
static enum otp_result try_at(struct credential *credential, int64_t here, int64_t off, int64_t floor)
{
	enum otp_result result;
	char code[9];

	assert_int_equal(otp_code(&credential->otp, here + off, code), STEPUP_OK);
	assert_int_equal(otp_check(credential, code, here * 30 + 7, floor, &result), STEPUP_OK);
	return result;
}

static void a_token_that_drifts_a_step_a_month_is_followed_so_far_and_no_further(void **state)
{
	(void)state;
	for (int way = -1; way <= 1; way += 2) {
		struct credential credential = token();
		int64_t here = HERE;

		for (int month = 1; month <= OTP_DRIFT_MAX_STEPS; month++, here += 86400) {
			assert_int_equal(try_at(&credential, here, way * month, 0), OTP_ACCEPTED);
			assert_int_equal(credential.otp.drift_steps, way * month);
			assert_int_equal(otp_off_seconds(&credential), way * month * 30);
		}
		assert_int_equal(try_at(&credential, here, way * (OTP_DRIFT_MAX_STEPS + 1), 0), OTP_WRONG);
	}
}

static void a_guesser_has_three_steps_or_four(void **state)
{
	(void)state;
	for (int64_t drift = -OTP_DRIFT_MAX_STEPS; drift <= OTP_DRIFT_MAX_STEPS; drift++) {
		int taken = 0;

		for (int64_t off = -OTP_DRIFT_MAX_STEPS - 2; off <= OTP_DRIFT_MAX_STEPS + 2; off++) {
			struct credential credential = token();

			credential.otp.drift_steps = drift;
			taken += try_at(&credential, HERE, off, 0) == OTP_ACCEPTED;
		}
		assert_in_range(taken, 2, 4);
	}
}

static void two_codes_in_a_row_set_a_clock_right(void **state)
{
	(void)state;
	for (int64_t off = -OTP_DRIFT_MAX_STEPS; off < OTP_DRIFT_MAX_STEPS; off += 7) {
		struct credential credential = token();

		if (off >= -2 && off <= 1)
			continue;
		assert_int_equal(try_at(&credential, HERE, off, 0), OTP_RESYNC);
		assert_int_equal(otp_far_seconds(&credential, HERE * 30 + 7), off * 30);
		assert_int_equal(try_at(&credential, HERE + 1, off, 0), OTP_ACCEPTED);
		assert_int_equal(credential.otp.drift_steps, off);
		assert_int_equal(try_at(&credential, HERE + 1, off, 0), OTP_SPENT);
		assert_int_equal(try_at(&credential, HERE + 2, off, 0), OTP_ACCEPTED);
	}
}

static void two_far_codes_that_are_not_in_a_row_do_not(void **state)
{
	struct credential credential = token();

	(void)state;
	assert_int_equal(try_at(&credential, HERE, -9, 0), OTP_RESYNC);
	assert_int_equal(try_at(&credential, HERE, -7, 0), OTP_RESYNC); /* one is left out */
	assert_int_equal(try_at(&credential, HERE, -7, 0), OTP_RESYNC); /* the same again */
	assert_int_equal(try_at(&credential, HERE, -40, 0), OTP_WRONG); /* a wrong one ends it */
	assert_int_equal(try_at(&credential, HERE, -6, 0), OTP_RESYNC);
	assert_int_equal(try_at(&credential, HERE, -5, 0), OTP_ACCEPTED);
}

static void no_step_at_or_below_the_last_one_sets_a_clock(void **state)
{
	struct credential credential = token();

	(void)state;
	assert_int_equal(try_at(&credential, HERE, 0, 0), OTP_ACCEPTED);
	assert_int_equal(try_at(&credential, HERE, -9, 0), OTP_WRONG);
	assert_int_equal(try_at(&credential, HERE, -8, 0), OTP_WRONG);
	assert_int_equal(credential.otp.resync_counter, -1);
}

static void after_an_unclean_stop_steps_are_spent_by_the_token_s_clock(void **state)
{
	struct credential credential = token();

	(void)state;
	credential.otp.drift_steps = -5;
	assert_int_equal(try_at(&credential, HERE + 1, -5, HERE * 30 + 7), OTP_SPENT);
	assert_int_equal(try_at(&credential, HERE + 2, -5, HERE * 30 + 7), OTP_ACCEPTED);
	credential = token();
	credential.otp.drift_steps = 5;
	assert_int_equal(try_at(&credential, HERE, 5, HERE * 30 + 7), OTP_SPENT);
	assert_int_equal(try_at(&credential, HERE + 1, 5, HERE * 30 + 7), OTP_ACCEPTED);
}

static struct clock_votes watch;

static bool note(int person, int64_t off, int64_t now, size_t *people)
{
	const uint8_t user_id[USER_ID_SIZE] = {(uint8_t)person};

	return clock_votes_note(&watch, user_id, off, now, people);
}

static void many_people_off_the_same_way_say_that_this_host_s_clock_may_be_wrong(void **state)
{
	size_t people;

	(void)state;
	memset(&watch, 0, sizeof(watch));
	for (int i = 0; i < 9; i++)
		assert_false(note(1, -90, 1000 + i, &people)); /* one person, however often */
	assert_false(note(2, 120, 1010, &people));             /* the other way */
	assert_false(note(3, -90, 1020, &people));
	assert_false(note(4, -60, 1030, &people));
	assert_true(note(5, -90, 1040, &people));
	assert_int_equal(people, 4);
	assert_false(note(6, -90, 1050, &people)); /* once an hour */
	/* nobody else of the last half hour */
	assert_false(note(6, -90, 1040 + CLOCK_VOTES_AGAIN_SECONDS, &people));
}

static void people_whose_codes_are_right_say_the_contrary(void **state)
{
	size_t people;

	(void)state;
	memset(&watch, 0, sizeof(watch));
	for (int i = 10; i < 13; i++)
		assert_false(note(i, 0, 1000, &people));
	for (int i = 0; i < 5; i++)
		assert_false(note(i, -90, 1000, &people));
	assert_true(note(5, -90, 1000, &people));
	for (int i = 0; i < 3 * CLOCK_VOTES_SEEN; i++) /* and never past its room */
		(void)note(100 + i, -90, 1000, &people);
	assert_int_equal(people, CLOCK_VOTES_SEEN);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_token_that_drifts_a_step_a_month_is_followed_so_far_and_no_further),
	cmocka_unit_test(a_guesser_has_three_steps_or_four),
	cmocka_unit_test(two_codes_in_a_row_set_a_clock_right),
	cmocka_unit_test(two_far_codes_that_are_not_in_a_row_do_not),
	cmocka_unit_test(no_step_at_or_below_the_last_one_sets_a_clock),
	cmocka_unit_test(after_an_unclean_stop_steps_are_spent_by_the_token_s_clock),
	cmocka_unit_test(many_people_off_the_same_way_say_that_this_host_s_clock_may_be_wrong),
	cmocka_unit_test(people_whose_codes_are_right_say_the_contrary),
};

TAP_MAIN(tests)
