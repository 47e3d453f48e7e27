/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verifier/host/clock.h: a clock that somebody set is noticed once.
 */
#include "tests/unit/cmocka_tap.h"

#include <time.h>

#include "verifier/host/clock.h"

static void a_watch_begins_without_a_jump(void **state)
{
	struct clock_watch watch = {0};

	(void)state;
	assert_false(clock_watch_jumped(&watch));
	assert_false(clock_watch_jumped(&watch));
}

static void an_offset_that_moved_by_more_than_2_seconds_is_a_jump_told_once(void **state)
{
	static const int64_t moves_ms[] = {-86400000, -3600000, -2500, 2500, 3600000, 86400000};

	(void)state;
	for (size_t i = 0; i < sizeof(moves_ms) / sizeof(moves_ms[0]); i++) {
		struct clock_watch watch = {0};

		assert_false(clock_watch_jumped(&watch));
		watch.offset_ms += moves_ms[i]; /* as if the clock had been set in between */
		assert_true(clock_watch_jumped(&watch));
		assert_false(clock_watch_jumped(&watch));
	}
}

static void a_clock_that_is_slewed_is_no_jump(void **state)
{
	struct clock_watch watch = {0};

	(void)state;
	assert_false(clock_watch_jumped(&watch));
	watch.offset_ms += 1000;
	assert_false(clock_watch_jumped(&watch));
}

static void the_clocks_tell_wall_and_boot_time(void **state)
{
	struct timespec boot;
	int64_t ms;

	(void)state;
	assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &boot), 0);
	ms = clock_boot_ms();
	assert_true(ms >= boot.tv_sec * 1000);
	assert_true(clock_boot_ms() >= ms);
	assert_true(clock_wall_seconds() >= 1600000000);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_watch_begins_without_a_jump),
	cmocka_unit_test(an_offset_that_moved_by_more_than_2_seconds_is_a_jump_told_once),
	cmocka_unit_test(a_clock_that_is_slewed_is_no_jump),
	cmocka_unit_test(the_clocks_tell_wall_and_boot_time),
};

TAP_MAIN(tests)
