/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/replay/log_uses.h: what grants used, by time; what is kept of it, and numbers that no honest log has.
 */
#include "tests/unit/cmocka_tap.h"

#include "lib/replay/log_uses.h"

#define T 1700000000
#define DAY (24 * 3600)

static int setup(void **state)
{
	*state = log_uses_new();
	assert_non_null(*state);
	return 0;
}

static int teardown(void **state)
{
	struct log_uses *uses = *state;

	log_uses_free(&uses);
	return 0;
}

static struct log_use_line *line_of(struct log_uses *uses, const char *key)
{
	struct log_use_line *line = log_uses_line(uses, key);

	assert_non_null(line);
	return line;
}

static void use(struct log_uses *uses, const char *key, int64_t at, int64_t amount)
{
	assert_int_equal(log_use_add(line_of(uses, key), at, amount), STEPUP_OK);
}

static void use_value(struct log_uses *uses, int64_t at, const char *value)
{
	assert_int_equal(log_use_add_value(line_of(uses, "v"), at, value), STEPUP_OK);
}

static void uses_add_up_in_any_order_of_their_times(void **state)
{
	static const int64_t after[] = {15, 14, 12, 8, 8, 8, 0}; /* T - 1 … T + 5 */

	use(*state, "a", T + 2, 4);
	use(*state, "a", T + 5, 8);
	use(*state, "a", T + 1, 2);
	use(*state, "a", T, 1);
	for (int i = 0; i < 7; i++)
		assert_int_equal(log_use_sum(line_of(*state, "a"), T - 1 + i), after[i]);
}

static void a_sweep_keeps_what_a_window_of_a_month_needs(void **state)
{
	use(*state, "a", T, 1);
	use(*state, "a", T + 40 * DAY, 2);
	use(*state, "a", T + 41 * DAY, 4);
	log_uses_sweep(*state, T + 72 * DAY);
	assert_int_equal(log_use_sum(line_of(*state, "a"), T + 41 * DAY - 1), 4);
	assert_int_equal(log_use_sum(line_of(*state, "a"), T - 1), 6);
	log_uses_sweep(*state, T + 73 * DAY);
	assert_int_equal(log_use_sum(line_of(*state, "a"), T - 1), 4);
}

static void a_sweep_lets_go_who_used_nothing_for_long(void **state)
{
	struct log_use_line *kept;

	use(*state, "a", T, 1);
	use(*state, "b", T + 40 * DAY, 2);
	use_value(*state, T, "trezor");
	kept = line_of(*state, "b");
	log_uses_sweep(*state, T + 40 * DAY);
	assert_int_equal(log_use_sum(line_of(*state, "a"), T - 1), 0);
	use(*state, "c", T + 40 * DAY, 4);
	assert_ptr_equal(line_of(*state, "b"), kept);
	assert_int_equal(log_use_sum(line_of(*state, "b"), T), 2);
	assert_false(log_use_maybe_seen(line_of(*state, "v"), T - 1, "trezor"));
}

static void a_value_that_is_let_go_may_be_known_to_who_dated_it_later(void **state)
{
	assert_int_equal(log_uses_time(*state, T + 90 * DAY), STEPUP_OK);
	use_value(*state, T + 90 * DAY, "trezor");
	assert_int_equal(log_uses_time(*state, T), STEPUP_OK);
	assert_int_equal(log_use_sum(line_of(*state, "v"), T), 0);
	assert_int_equal(log_use_sum(line_of(*state, "v"), T - 1), 1);
	log_uses_sweep(*state, T + 33 * DAY);
	assert_int_equal(log_use_sum(line_of(*state, "v"), T - 1), 0);
	assert_true(log_use_maybe_seen(line_of(*state, "v"), T + 80 * DAY, "ledger"));
	assert_false(log_use_maybe_seen(line_of(*state, "v"), T + 90 * DAY, "ledger"));
}

static void a_clock_set_back_by_less_than_a_day_moves_nothing(void **state)
{
	assert_int_equal(log_uses_time(*state, T + DAY), STEPUP_OK);
	use(*state, "a", T + DAY, 1);
	assert_int_equal(log_uses_time(*state, T), STEPUP_OK);
	assert_int_equal(log_use_sum(line_of(*state, "a"), T + DAY - 1), 1);
}

/* In steps, each less than a day. */
static void a_clock_set_back_twice_moves_it_twice(void **state)
{
	assert_int_equal(log_uses_time(*state, T + 90 * DAY), STEPUP_OK);
	use(*state, "a", T + 90 * DAY, 1);
	assert_int_equal(log_uses_time(*state, T + 10), STEPUP_OK);
	assert_int_equal(log_uses_time(*state, T), STEPUP_OK);
	assert_int_equal(log_use_sum(line_of(*state, "a"), T), 0);
	assert_int_equal(log_use_sum(line_of(*state, "a"), T - 1), 1);
}

static void a_value_used_before_one_that_was_used_then_counts_once(void **state)
{
	use_value(*state, T + 10, "trezor");
	use_value(*state, T, "trezor");
	assert_int_equal(log_use_sum(line_of(*state, "v"), T + 9), 1);
	use_value(*state, T + 20, "trezor");
	assert_int_equal(log_use_sum(line_of(*state, "v"), T - 1), 1);
	assert_int_equal(log_use_sum(line_of(*state, "v"), T + 19), 1);
}

/* The verifier dates it later where a thousand others were used then. */
static void a_value_used_before_others_may_be_known_as_long_as_they_are(void **state)
{
	use_value(*state, T + 10, "trezor");
	use_value(*state, T, "ledger");
	assert_int_equal(log_use_sum(line_of(*state, "v"), T), 1);
	assert_true(log_use_maybe_seen(line_of(*state, "v"), T + 9, "ledger"));
	assert_false(log_use_maybe_seen(line_of(*state, "v"), T + 10, "ledger"));
}

static void numbers_beyond_any_limit_do_not_wrap(void **state)
{
	use(*state, "a", T, INT64_MAX);
	use(*state, "a", T + 1, INT64_MAX);
	use(*state, "a", INT64_MAX, 1);
	assert_int_equal(log_use_sum(line_of(*state, "a"), T - 1), INT64_MAX);
	assert_int_equal(log_uses_time(*state, INT64_MAX), STEPUP_OK);
	assert_int_equal(log_uses_time(*state, 0), STEPUP_OK);
	log_uses_sweep(*state, 0);
	log_uses_sweep(*state, INT64_MAX);
}

#define FACT(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static const struct CMUnitTest tests[] = {
	FACT(uses_add_up_in_any_order_of_their_times),
	FACT(a_sweep_keeps_what_a_window_of_a_month_needs),
	FACT(a_sweep_lets_go_who_used_nothing_for_long),
	FACT(a_value_that_is_let_go_may_be_known_to_who_dated_it_later),
	FACT(a_clock_set_back_by_less_than_a_day_moves_nothing),
	FACT(a_clock_set_back_twice_moves_it_twice),
	FACT(a_value_used_before_one_that_was_used_then_counts_once),
	FACT(a_value_used_before_others_may_be_known_as_long_as_they_are),
	FACT(numbers_beyond_any_limit_do_not_wrap),
};

TAP_MAIN(tests)
