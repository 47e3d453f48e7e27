/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How often people are alerted.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/evidence/alerts/alert_limit.h"

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
	struct alert_slot *due;

	assert_true(alert_limit_take(limit, "alice", "guessing", NOON));
	for (int i = 0; i < 1000; i++)
		assert_false(alert_limit_take(limit, "alice", "guessing", NOON + i % 299));
	assert_null(alert_limit_due(limit, NOON + ALERT_QUIET_SECONDS - 1));
	assert_false(alert_limit_take(limit, "alice", "guessing", NOON + ALERT_QUIET_SECONDS + 5));
	due = alert_limit_due(limit, NOON + ALERT_QUIET_SECONDS + 5);
	assert_non_null(due);
	assert_string_equal(due->user, "alice");
	assert_string_equal(due->kind, "guessing");
	assert_int_equal(due->held_back, 1001);
	assert_int_equal(due->since, NOON);
	alert_limit_told(limit, due, NOON + ALERT_QUIET_SECONDS + 5);
	assert_null(alert_limit_due(limit, NOON + ALERT_QUIET_SECONDS + 5));
	assert_false(alert_limit_take(limit, "alice", "guessing", NOON + ALERT_QUIET_SECONDS + 6));
}

static void after_a_quiet_time_the_next_is_told_at_once(void **state)
{
	struct alert_limit *limit = *state;

	assert_true(alert_limit_take(limit, "alice", "lock", NOON));
	assert_null(alert_limit_due(limit, NOON + ALERT_QUIET_SECONDS));
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

static void what_holds_alerts_back_is_forgotten_last(void **state)
{
	struct alert_limit *limit = *state;
	struct alert_slot *due;
	char name[32];

	assert_true(alert_limit_take(limit, "alice", "lock", NOON));
	assert_false(alert_limit_take(limit, "alice", "lock", NOON));
	for (int i = 0; i < 2 * ALERT_SLOTS; i++) {
		(void)snprintf(name, sizeof(name), "user%d", i);
		assert_true(alert_limit_take(limit, name, "lock", NOON + 1 + i / 10));
	}
	due = alert_limit_due(limit, NOON + ALERT_QUIET_SECONDS);
	assert_non_null(due);
	assert_string_equal(due->user, "alice");
	assert_int_equal(due->held_back, 1);
}

static void where_all_hold_alerts_back_the_oldest_is_forgotten(void **state)
{
	struct alert_limit *limit = *state;
	char name[32];

	for (int i = 0; i < ALERT_SLOTS; i++) {
		(void)snprintf(name, sizeof(name), "user%d", i);
		assert_true(alert_limit_take(limit, name, "lock", NOON + i));
		assert_false(alert_limit_take(limit, name, "lock", NOON + i));
	}
	assert_true(alert_limit_take(limit, "alice", "lock", NOON + ALERT_SLOTS));
	assert_false(alert_limit_take(limit, "user1", "lock", NOON + 1));
	assert_true(alert_limit_take(limit, "user0", "lock", NOON));
}

static void an_alert_that_is_undone_is_told_again(void **state)
{
	struct alert_limit *limit = *state;

	assert_true(alert_limit_take(limit, "alice", "lock", NOON));
	alert_limit_undo(limit, 0);
	assert_true(alert_limit_take(limit, "alice", "lock", NOON + 1));
	alert_limit_settle(limit);
	assert_true(alert_limit_take(limit, "alice", "lock", NOON + 1 + ALERT_QUIET_SECONDS));
	alert_limit_undo(limit, 0);
	assert_true(alert_limit_take(limit, "alice", "lock", NOON + 2 + ALERT_QUIET_SECONDS));
}

static void what_was_held_back_is_due_again_where_telling_it_is_undone(void **state)
{
	struct alert_limit *limit = *state;
	struct alert_slot *due;
	size_t mark;

	assert_true(alert_limit_take(limit, "alice", "lock", NOON));
	for (int i = 0; i < 3; i++)
		assert_false(alert_limit_take(limit, "alice", "lock", NOON));
	mark = alert_limit_mark(limit);
	alert_limit_told(limit, alert_limit_due(limit, NOON + ALERT_QUIET_SECONDS),
		NOON + ALERT_QUIET_SECONDS);
	assert_false(alert_limit_take(limit, "alice", "lock", NOON + ALERT_QUIET_SECONDS));
	alert_limit_undo(limit, mark);
	due = alert_limit_due(limit, NOON + ALERT_QUIET_SECONDS);
	assert_non_null(due);
	assert_int_equal(due->held_back, 3);
	assert_int_equal(due->since, NOON);
}

/* Told, given away to somebody else, and all of that undone: nobody is alerted of an
 * account without a name. */
static void a_slot_that_was_given_away_meanwhile_tells_of_nobody(void **state)
{
	struct alert_limit *limit = *state;
	char name[32];

	for (int i = 0; i < ALERT_SLOTS; i++) {
		(void)snprintf(name, sizeof(name), "user%d", i);
		assert_true(alert_limit_take(limit, name, "lock", NOON));
		assert_false(alert_limit_take(limit, name, "lock", NOON));
	}
	alert_limit_settle(limit);
	alert_limit_told(limit, alert_limit_due(limit, NOON + ALERT_QUIET_SECONDS),
		NOON + ALERT_QUIET_SECONDS);
	/* into the one that holds nothing back */
	assert_true(alert_limit_take(limit, "alice", "lock", NOON + ALERT_QUIET_SECONDS));
	alert_limit_undo(limit, 0);
	for (int i = 0; i < ALERT_SLOTS; i++)
		assert_true(limit->slots[i].kind[0] != '\0' || limit->slots[i].held_back == 0);
}

static void what_came_before_a_mark_stays(void **state)
{
	struct alert_limit *limit = *state;
	size_t mark;

	assert_true(alert_limit_take(limit, "alice", "lock", NOON));
	mark = alert_limit_mark(limit);
	assert_true(alert_limit_take(limit, "bob", "lock", NOON));
	alert_limit_undo(limit, mark);
	assert_false(alert_limit_take(limit, "alice", "lock", NOON));
	assert_true(alert_limit_take(limit, "bob", "lock", NOON));
}

static void more_changes_than_can_be_undone_stay(void **state)
{
	struct alert_limit *limit = *state;
	struct alert_slot *due;

	for (int i = 0; i < ALERT_CHANGES_MAX + 10; i++)
		(void)alert_limit_take(limit, "alice", "lock", NOON);
	assert_int_equal(alert_limit_mark(limit), ALERT_CHANGES_MAX);
	alert_limit_undo(limit, 10);
	due = alert_limit_due(limit, NOON + ALERT_QUIET_SECONDS);
	assert_non_null(due);
	assert_int_equal(due->held_back, 9);
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
	cmocka_unit_test_setup_teardown(what_holds_alerts_back_is_forgotten_last, setup, teardown),
	cmocka_unit_test_setup_teardown(where_all_hold_alerts_back_the_oldest_is_forgotten, setup, teardown),
	cmocka_unit_test_setup_teardown(an_alert_that_is_undone_is_told_again, setup, teardown),
	cmocka_unit_test_setup_teardown(what_was_held_back_is_due_again_where_telling_it_is_undone,
		setup, teardown),
	cmocka_unit_test_setup_teardown(what_came_before_a_mark_stays, setup, teardown),
	cmocka_unit_test_setup_teardown(a_slot_that_was_given_away_meanwhile_tells_of_nobody,
		setup, teardown),
	cmocka_unit_test_setup_teardown(more_changes_than_can_be_undone_stay, setup, teardown),
	cmocka_unit_test_setup_teardown(names_and_kinds_of_any_length_are_bounded, setup, teardown),
};

TAP_MAIN(tests)
