/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verifier/rules/limits/guessing.h: how many guesses are looked at, by table and by random histories held
 * against a plain model.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdlib.h>
#include <string.h>

#include "verifier/rules/limits/guessing.h"

#define DAY 86400

static const uint8_t home[GUESS_SOURCE_SIZE] = {1}, elsewhere[GUESS_SOURCE_SIZE] = {2};

/* One guess, charged as the handler does: asked first, then counted. True where it was looked at. */
static bool guess_wrong(struct guess_state *state, const uint8_t source[GUESS_SOURCE_SIZE], int64_t now)
{
	if (!guess_allow(state, source, now).allowed)
		return false;
	(void)guess_failed(state, source, now);
	return true;
}

/* Guesses every second of an interval; how many were looked at. */
static int hammer(struct guess_state *state, const uint8_t source[GUESS_SOURCE_SIZE],
	int64_t from, int64_t to)
{
	int looked_at = 0;

	for (int64_t now = from; now < to; now++)
		looked_at += guess_wrong(state, source, now);
	return looked_at;
}

static void an_unknown_source_has_5_in_15_minutes_and_10_a_day(void **state)
{
	struct guess_state guesses = {0};

	(void)state;
	assert_int_equal(hammer(&guesses, elsewhere, 1000000, 1000000 + 15 * 60), 5);
	assert_int_equal(hammer(&guesses, elsewhere, 1000000 + 15 * 60, 1000000 + DAY), 5);
	assert_int_equal(hammer(&guesses, elsewhere, 1000000 + DAY, 1000000 + DAY + 2), 1);
}

static void all_unknown_sources_share_one_bucket(void **state)
{
	struct guess_state guesses = {0};
	uint8_t source[GUESS_SOURCE_SIZE] = {0};
	int looked_at = 0;

	(void)state;
	for (int64_t now = 1000000; now < 1000000 + DAY; now += 7) {
		memcpy(source, &now, sizeof(now)); /* a new one each time */
		looked_at += guess_wrong(&guesses, source, now);
	}
	assert_int_equal(looked_at, 10);
}

static void a_known_source_has_10_a_day(void **state)
{
	struct guess_state guesses = {0};

	(void)state;
	guess_succeeded(&guesses, home, 1000000);
	assert_int_equal(hammer(&guesses, home, 1000001, 1000001 + DAY), 10);
}

static void success_does_not_empty_a_bucket(void **state)
{
	struct guess_state guesses = {0};
	int looked_at = 0;

	(void)state;
	guess_succeeded(&guesses, home, 1000000);
	/* a few wrong ones, then the owner's right one, again and again */
	for (int64_t hour = 1; hour <= 24; hour++) {
		for (int64_t i = 0; i < 4; i++)
			looked_at += guess_wrong(&guesses, home, 1000000 + hour * 3600 - 3000 + i * 300);
		guess_succeeded(&guesses, home, 1000000 + hour * 3600 - 60);
	}
	assert_int_equal(looked_at, 10);
}

static void four_wrong_a_day_with_successes_between_still_lock(void **state)
{
	struct guess_state guesses = {0};
	int64_t now = 1000000;

	(void)state;
	for (int i = 0; i < 10; i++) {
		guess_succeeded(&guesses, home, now);
		now += 3600;
		assert_true(guess_wrong(&guesses, home, now));
		now += 3600;
	}
	guess_succeeded(&guesses, home, now);
	assert_false(guess_allow(&guesses, home, now + 60).allowed);
	assert_true(guess_allow(&guesses, home, now + 60).retry_after_seconds > 0);
}

static void the_delay_grows_by_5_seconds_per_failure_and_ends_with_a_success(void **state)
{
	struct guess_state guesses = {0};
	int64_t now = 1000000;

	(void)state;
	guess_succeeded(&guesses, home, now);
	for (int64_t n = 1; n <= 4; n++) {
		now += 1000;
		assert_true(guess_wrong(&guesses, home, now));
		assert_int_equal(guess_allow(&guesses, home, now).retry_after_seconds, n * 5);
		assert_false(guess_allow(&guesses, home, now + n * 5 - 1).allowed);
		assert_true(guess_allow(&guesses, home, now + n * 5).allowed);
	}
	guess_succeeded(&guesses, home, now + 100);
	assert_true(guess_wrong(&guesses, home, now + 101));
	assert_int_equal(guess_allow(&guesses, home, now + 101).retry_after_seconds, 5);
}

static void the_delay_is_at_most_300_seconds(void **state)
{
	struct guess_state guesses = {.failures_in_a_row = 90};

	(void)state;
	assert_true(guess_wrong(&guesses, elsewhere, 1000000));
	assert_int_equal(guess_allow(&guesses, elsewhere, 1000000).retry_after_seconds, 300);
	assert_true(guess_allow(&guesses, elsewhere, 1000300).allowed);
}

static void tries_left_counts_down_to_none(void **state)
{
	static const int64_t left[] = {4, 3, 2, 1, 0};
	struct guess_state guesses = {0};
	int64_t now = 1000000;

	(void)state;
	for (size_t i = 0; i < 5; i++, now += 30) {
		assert_int_equal(guess_allow(&guesses, elsewhere, now).tries_left, left[i]);
		assert_true(guess_wrong(&guesses, elsewhere, now));
	}
	assert_false(guess_allow(&guesses, elsewhere, now).allowed);
}

static void a_hundred_failures_in_a_row_suspend_codes_once(void **state)
{
	struct guess_state guesses = {0};
	int64_t now = 1000000;

	(void)state;
	for (int i = 1; i <= 120; i++, now += DAY)
		assert_int_equal(guess_failed(&guesses, elsewhere, now), i == GUESS_SUSPEND_AFTER);
	assert_true(guesses.suspended);
	assert_true(guess_allow(&guesses, elsewhere, now + 30 * DAY).suspended);
	assert_false(guess_allow(&guesses, elsewhere, now + 30 * DAY).allowed);
	assert_false(guess_allow(&guesses, home, now + 30 * DAY).allowed);
}

static void a_success_ends_the_row_towards_suspension(void **state)
{
	struct guess_state guesses = {0};

	(void)state;
	for (int i = 0; i < 99; i++)
		assert_false(guess_failed(&guesses, elsewhere, 1000000 + i * DAY));
	guess_succeeded(&guesses, home, 1000000 + 99 * DAY);
	assert_false(guess_failed(&guesses, elsewhere, 1000000 + 100 * DAY));
	assert_false(guesses.suspended);
}

static void a_source_is_forgotten_after_30_days(void **state)
{
	struct guess_state guesses = {0};

	(void)state;
	guess_succeeded(&guesses, home, 1000000);
	assert_int_equal(guess_allow(&guesses, home, 1000000 + 30 * DAY - 1).tries_left, 9);
	assert_int_equal(guess_allow(&guesses, home, 1000000 + 30 * DAY).tries_left, 4);
}

static void successes_from_many_places_empty_no_bucket(void **state)
{
	struct guess_state guesses = {0};
	uint8_t source[GUESS_SOURCE_SIZE] = {0};
	int64_t now = 1000000;

	(void)state;
	guess_succeeded(&guesses, home, now);
	assert_int_equal(hammer(&guesses, home, now + 1, now + 3600), 10);
	for (uint8_t i = 10; i < 40; i++) {
		source[0] = i;
		guess_succeeded(&guesses, source, now + 3600 + i);
	}
	assert_false(guess_allow(&guesses, home, now + 4000).allowed);
	assert_int_equal(guesses.source_count, GUESS_SOURCES_MAX);
}

static void a_clock_set_back_gives_no_new_guesses(void **state)
{
	struct guess_state guesses = {0};

	(void)state;
	guess_succeeded(&guesses, home, 1000000);
	assert_int_equal(hammer(&guesses, home, 1000001, 1003600), 10);
	assert_int_equal(hammer(&guesses, home, 1000001, 1003600), 0);
	assert_int_equal(hammer(&guesses, home, 1003600 - DAY, 1003600), 0);
}

static void a_clock_that_ran_far_ahead_does_not_block_for_ever(void **state)
{
	struct guess_state guesses = {0};
	int64_t far = 1000000 + 3650 * (int64_t)DAY;

	(void)state;
	guess_succeeded(&guesses, home, 1000000);
	assert_int_equal(hammer(&guesses, home, far, far + 1), 1); /* unknown there: long silent */
	assert_true(guess_allow(&guesses, home, 1000100).allowed);
	assert_true(guess_allow(&guesses, elsewhere, 1000100 + 300).allowed);
}

/* A plain history of what was looked at, per bucket, to hold the windows against. */
struct model {
	int64_t times[4096];
	size_t count;
};

static size_t within(const struct model *model, int64_t now, int64_t window)
{
	size_t count = 0;

	for (size_t i = 0; i < model->count; i++)
		count += model->times[i] > now - window;
	return count;
}

/* Random guessers at known and unknown places, with the owner's successes between: the windows are never
 * passed, and an owner who fails at a known place less than 10 times a day is never blocked there by what
 * happens elsewhere. */
static void random_histories_never_pass_a_window_nor_block_a_known_place(void **state)
{
	(void)state;
	srand(20220326);
	for (int round = 0; round < 200; round++) {
		struct guess_state guesses = {0};
		struct model unknown = {.count = 0}, known = {.count = 0};
		int64_t now = 1000000;

		guess_succeeded(&guesses, home, now);
		for (int i = 0; i < 600 && !guesses.suspended; i++) {
			int what = rand() % 100;

			now += rand() % (round % 2 == 0 ? 60 : 3600);
			if (what < 10) {
				guess_succeeded(&guesses, home, now);
			} else if (what < 80) {
				if (guess_wrong(&guesses, elsewhere, now))
					unknown.times[unknown.count++] = now;
				assert_true(within(&unknown, now,
						GUESS_SHORT_WINDOW_SECONDS) <= GUESS_SHORT_MAXIMUM);
				assert_true(within(&unknown, now,
						GUESS_LONG_WINDOW_SECONDS) <= GUESS_LONG_MAXIMUM);
			} else {
				bool fresh = known.count == 0 ||
					known.times[known.count - 1] <= now - 10 * GUESS_DELAY_STEP_SECONDS;
				bool room =
					within(&known, now, GUESS_LONG_WINDOW_SECONDS) < GUESS_LONG_MAXIMUM;
				bool looked_at = guess_wrong(&guesses, home, now);

				if (fresh && room)
					assert_true(looked_at);
				if (looked_at)
					known.times[known.count++] = now;
				assert_true(
					within(&known, now, GUESS_LONG_WINDOW_SECONDS) <= GUESS_LONG_MAXIMUM);
			}
		}
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(an_unknown_source_has_5_in_15_minutes_and_10_a_day),
	cmocka_unit_test(all_unknown_sources_share_one_bucket),
	cmocka_unit_test(a_known_source_has_10_a_day),
	cmocka_unit_test(success_does_not_empty_a_bucket),
	cmocka_unit_test(four_wrong_a_day_with_successes_between_still_lock),
	cmocka_unit_test(the_delay_grows_by_5_seconds_per_failure_and_ends_with_a_success),
	cmocka_unit_test(the_delay_is_at_most_300_seconds),
	cmocka_unit_test(tries_left_counts_down_to_none),
	cmocka_unit_test(a_hundred_failures_in_a_row_suspend_codes_once),
	cmocka_unit_test(a_success_ends_the_row_towards_suspension),
	cmocka_unit_test(a_source_is_forgotten_after_30_days),
	cmocka_unit_test(successes_from_many_places_empty_no_bucket),
	cmocka_unit_test(a_clock_set_back_gives_no_new_guesses),
	cmocka_unit_test(a_clock_that_ran_far_ahead_does_not_block_for_ever),
	cmocka_unit_test(random_histories_never_pass_a_window_nor_block_a_known_place),
};

TAP_MAIN(tests)
