/* SPDX-License-Identifier: BSD-2-Clause */
/* Guesses at names without a record. */
#include "tests/unit/cmocka_tap.h"

#include <string.h>

#include "verifier/rules/limits/decoys.h"
#include "verifier/rules/limits/guessing.h"

#define NOW INT64_C(1800000000)

static const uint8_t anywhere[GUESS_SOURCE_SIZE] = {1};

/* The n-th name; all of them in few buckets. */
static const uint8_t *name_of(unsigned n)
{
	static uint8_t name[DIGEST_SIZE];

	memset(name, 0, sizeof(name));
	memcpy(name + 4, &n, sizeof(n));
	name[0] = (uint8_t)(n % 64);
	return name;
}

/* One guess at it; whether it was kept. */
static enum stepup_error guess(struct decoys *decoys, unsigned n, int64_t now)
{
	struct guess_state guesses;

	decoys_find(decoys, name_of(n), &guesses);
	(void)guess_failed(&guesses, anywhere, now);
	return decoys_keep(decoys, name_of(n), &guesses, now);
}

static int64_t failures(const struct decoys *decoys, unsigned n)
{
	struct guess_state guesses;

	decoys_find(decoys, name_of(n), &guesses);
	return guesses.failures_in_a_row;
}

static void guesses_at_a_name_without_record_add_up(void **state)
{
	struct decoys *decoys = decoys_new();
	struct guess_state guesses;

	(void)state;
	for (int i = 0; i < GUESS_SHORT_MAXIMUM; i++)
		assert_int_equal(guess(decoys, 7, NOW + i), STEPUP_OK);
	assert_int_equal(failures(decoys, 7), GUESS_SHORT_MAXIMUM);
	decoys_find(decoys, name_of(7), &guesses);
	assert_false(guess_allow(&guesses, anywhere, NOW + 60).allowed);
	assert_int_equal(failures(decoys, 8), 0);
	assert_int_equal(decoys_count(decoys), 1);
	decoys_free(&decoys);
	assert_null(decoys);
}

static void no_invented_name_pushes_out_one_that_counts(void **state)
{
	struct decoys *decoys = decoys_new();

	(void)state;
	for (unsigned n = 0; n < DECOYS_MAX; n++)
		assert_int_equal(guess(decoys, n, NOW), STEPUP_OK);
	assert_int_equal(guess(decoys, DECOYS_MAX, NOW + 60), STEPUP_TOO_LONG);
	assert_int_equal(decoys_count(decoys), DECOYS_MAX);
	for (unsigned n = 0; n < DECOYS_MAX; n++)
		assert_int_equal(failures(decoys, n), 1);
	assert_int_equal(guess(decoys, 0, NOW + 60), STEPUP_OK);
	assert_int_equal(failures(decoys, 0), 2);
	decoys_free(&decoys);
}

static void where_there_is_no_room_the_one_that_is_idle_longest_goes(void **state)
{
	struct decoys *decoys = decoys_new();

	(void)state;
	for (unsigned n = 0; n < DECOYS_MAX; n++)
		assert_int_equal(guess(decoys, n, NOW + n), STEPUP_OK);
	assert_int_equal(guess(decoys, 0, NOW + DECOYS_MAX), STEPUP_OK); /* the oldest is the second now */
	assert_int_equal(guess(decoys, DECOYS_MAX, NOW + 1 + GUESS_LONG_WINDOW_SECONDS), STEPUP_OK);
	assert_int_equal(failures(decoys, 1), 0);
	assert_int_equal(failures(decoys, 0), 2);
	assert_int_equal(failures(decoys, 2), 1);
	assert_int_equal(decoys_count(decoys), DECOYS_MAX);
	/* the third counts for a second more */
	assert_int_equal(guess(decoys, 1, NOW + 1 + GUESS_LONG_WINDOW_SECONDS), STEPUP_TOO_LONG);
	decoys_free(&decoys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guesses_at_a_name_without_record_add_up),
		cmocka_unit_test(no_invented_name_pushes_out_one_that_counts),
		cmocka_unit_test(where_there_is_no_room_the_one_that_is_idle_longest_goes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
