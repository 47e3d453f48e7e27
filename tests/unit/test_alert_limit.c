/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How often people are alerted.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/rules/alert_limit.h"

#define NOON INT64_C(1795449000)

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct alert_limit));
	return *state == NULL;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void the_first_of_a_kind_about_a_user_is_told_at_once(void **state)
{
	struct alert_limit *limit = *state;

	assert_true(alert_limit_take(limit, "alice", "lock", NOON));
	assert_false(alert_limit_take(limit, "alice", "lock", NOON));
	assert_true(alert_limit_take(limit, "bob", "lock", NOON));
	assert_true(alert_limit_take(limit, "alice", "guessing", NOON));
	assert_true(alert_limit_take(limit, "", "lock", NOON));
}

static void a_flood_is_one_alert_and_then_its_number(void **state)
{
	struct alert_limit *limit = *state;
	struct alert_slot due;

	assert_true(alert_limit_take(limit, "alice", "guessing", NOON));
	for (int i = 0; i < 1000; i++)
		assert_false(alert_limit_take(limit, "alice", "guessing", NOON + i % 299));
	assert_false(alert_limit_due(limit, NOON + ALERT_QUIET_SECONDS - 1, &due));
	assert_false(alert_limit_take(limit, "alice", "guessing", NOON + ALERT_QUIET_SECONDS + 5));
	assert_true(alert_limit_due(limit, NOON + ALERT_QUIET_SECONDS + 5, &due));
	assert_string_equal(due.user, "alice");
	assert_string_equal(due.kind, "guessing");
	assert_int_equal(due.held_back, 1001);
	assert_int_equal(due.since, NOON);
	assert_false(alert_limit_due(limit, NOON + ALERT_QUIET_SECONDS + 5, &due));
	assert_false(alert_limit_take(limit, "alice", "guessing", NOON + ALERT_QUIET_SECONDS + 6));
}

static void after_a_quiet_time_the_next_is_told_at_once(void **state)
{
	struct alert_limit *limit = *state;
	struct alert_slot due;

	assert_true(alert_limit_take(limit, "alice", "lock", NOON));
	assert_false(alert_limit_due(limit, NOON + ALERT_QUIET_SECONDS, &due));
	assert_true(alert_limit_take(limit, "alice", "lock", NOON + ALERT_QUIET_SECONDS));
	assert_true(alert_limit_take(limit, "alice", "lock", NOON - 3600)); /* the clock was set back */
}

static void more_users_than_there_is_room_for_forget_the_oldest(void **state)
{
	struct alert_limit *limit = *state;
	char name[32];

	for (int i = 0; i <= ALERT_SLOTS; i++) {
		(void)snprintf(name, sizeof(name), "user%d", i);
		assert_true(alert_limit_take(limit, name, "lock", NOON + i / 10));
	}
	assert_false(alert_limit_take(limit, "user500", "lock", NOON + 60));
	assert_true(alert_limit_take(limit, "user0", "lock", NOON + 60));
}

static void names_and_kinds_of_any_length_are_bounded(void **state)
{
	struct alert_limit *limit = *state;
	char text[1000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_true(alert_limit_take(limit, text, text, NOON));
	assert_false(alert_limit_take(limit, text, text, NOON));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(the_first_of_a_kind_about_a_user_is_told_at_once, setup, teardown),
	cmocka_unit_test_setup_teardown(a_flood_is_one_alert_and_then_its_number, setup, teardown),
	cmocka_unit_test_setup_teardown(after_a_quiet_time_the_next_is_told_at_once, setup, teardown),
	cmocka_unit_test_setup_teardown(more_users_than_there_is_room_for_forget_the_oldest, setup, teardown),
	cmocka_unit_test_setup_teardown(names_and_kinds_of_any_length_are_bounded, setup, teardown),
};

TAP_MAIN(tests)
