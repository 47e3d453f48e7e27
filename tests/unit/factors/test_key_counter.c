/* SPDX-License-Identifier: BSD-2-Clause */
/* A key's counter, in the order of signatures and in the order of answers. */
#include "tests/unit/cmocka_tap.h"

#include "verifier/factors/webauthn/key_counter.h"

/* Of a key whose counter stood at 5 when the record was of version 10. */
static struct key_credential at_five(void)
{
	struct key_credential key = {.counter = 0};

	key_counter_accept(&key, 5, 9);
	return key;
}

static enum webauthn_counter judge(const struct key_credential *key, int64_t counter, int64_t version)
{
	int64_t before;

	return key_counter_judge(key, counter, version, &before);
}

static void a_counter_has_to_rise(void **state)
{
	const struct key_credential key = at_five();

	(void)state;
	assert_int_equal(judge(&key, 6, 10), COUNTER_ROSE);
	assert_int_equal(judge(&key, 5, 10), COUNTER_FELL);
	assert_int_equal(judge(&key, 4, 10), COUNTER_FELL);
	assert_int_equal(judge(&key, 0, 10), COUNTER_FELL);
}

static void a_key_that_does_not_count_is_absent_until_it_does(void **state)
{
	struct key_credential key = {.counter = 0};

	(void)state;
	assert_int_equal(judge(&key, 0, 1), COUNTER_ABSENT);
	key_counter_accept(&key, 0, 1);
	assert_int_equal(key.recent_count, 0);
	key_counter_accept(&key, 3, 2);
	assert_int_equal(judge(&key, 0, 1), COUNTER_FELL);
}

static void two_questions_that_were_open_at_once_are_answered_in_either_order(void **state)
{
	struct key_credential key = at_five();
	int64_t before;

	(void)state;
	key_counter_accept(&key, 7, 10);
	assert_int_equal(key_counter_judge(&key, 6, 10, &before), COUNTER_LATE);
	assert_int_equal(before, 5);
	key_counter_accept(&key, 6, 11);
	assert_int_equal(key.counter, 7);
	assert_int_equal(judge(&key, 6, 10), COUNTER_FELL); /* once */
	assert_int_equal(judge(&key, 7, 10), COUNTER_FELL);
	assert_int_equal(judge(&key, 5, 10), COUNTER_FELL);
	assert_int_equal(judge(&key, 8, 10), COUNTER_ROSE);
}

static void a_question_put_after_it_was_accepted_takes_none_below(void **state)
{
	struct key_credential key = at_five();

	(void)state;
	key_counter_accept(&key, 7, 10);
	assert_int_equal(judge(&key, 6, 11), COUNTER_FELL);
	key_counter_accept(&key, 9, 11);
	assert_int_equal(judge(&key, 8, 11), COUNTER_LATE);
	assert_int_equal(judge(&key, 6, 11), COUNTER_FELL);
	assert_int_equal(judge(&key, 6, 10), COUNTER_LATE);
}

static void where_it_is_not_known_what_was_accepted_in_between_it_has_to_rise(void **state)
{
	struct key_credential key = at_five();

	(void)state;
	for (int64_t i = 0; i < KEY_RECENT_MAX - 1; i++)
		key_counter_accept(&key, 10 + 2 * i, 10 + i);
	assert_int_equal(judge(&key, 9, 10), COUNTER_LATE);
	key_counter_accept(&key, 100, 99);
	assert_int_equal(judge(&key, 9, 10), COUNTER_FELL);
	assert_int_equal(judge(&key, 99, 99), COUNTER_LATE);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_counter_has_to_rise),
	cmocka_unit_test(a_key_that_does_not_count_is_absent_until_it_does),
	cmocka_unit_test(two_questions_that_were_open_at_once_are_answered_in_either_order),
	cmocka_unit_test(a_question_put_after_it_was_accepted_takes_none_below),
	cmocka_unit_test(where_it_is_not_known_what_was_accepted_in_between_it_has_to_rise),
};

TAP_MAIN(tests)
