/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What hooks are still to be told of: noted with its entry, kept until it is removed.
 */
#include "tests/unit/store/store_fixture.h"

/* The entry's "events" member says which it is. */
static unsigned filter(void *context, const json_t *entry)
{
	(void)context;
	return (unsigned)json_integer_value(json_object_get(entry, "events"));
}

static char turns[64]; /* what the watch was told: "b0" for begun at depth 0, "u0" for undone */

static void tell(char turn, unsigned depth)
{
	size_t used = strlen(turns);

	(void)snprintf(turns + used, sizeof(turns) - used, "%c%u", turn, depth);
}

static void begun(void *context, unsigned depth)
{
	(void)context;
	tell('b', depth);
}

static void undone(void *context, unsigned depth)
{
	(void)context;
	tell('u', depth);
}

#define ALERT (1U << STORE_EVENT_ALERT)
#define LOCKED (1U << STORE_EVENT_LOCKED)

static int setup(void **state)
{
	int result = fixture_setup(state);

	turns[0] = '\0';
	store_events_watch(((struct fixture *)*state)->store,
		&(struct store_event_watch){.filter = filter, .begun = begun, .undone = undone});
	return result;
}

/* In the transaction under way. */
static void append(struct fixture *fixture, unsigned events, int64_t at)
{
	int64_t index;

	assert_ok(store_log_append(fixture->writer, json_pack("{s:i, s:I}", "events", (int)events,
				"at", (json_int_t)at), NULL, NULL, &index));
}

static void add(struct fixture *fixture, unsigned events, int64_t at)
{
	assert_ok(store_begin(fixture->writer));
	append(fixture, events, at);
	assert_ok(store_commit(fixture->writer));
}

static void remove_first(struct fixture *fixture, enum store_event event, int64_t index)
{
	struct event_row row;

	assert_ok(store_event_first(fixture->reader, &row));
	assert_int_equal(row.event, event);
	assert_int_equal(row.index, index);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_event_remove(fixture->writer, &row));
	assert_error(store_event_remove(fixture->writer, &row), STEPUP_NOT_FOUND);
	assert_ok(store_commit(fixture->writer));
}

static void locks_come_first_then_the_oldest(void **state)
{
	struct fixture *fixture = *state;
	struct event_row row;

	assert_error(store_event_first(fixture->reader, &row), STEPUP_NOT_FOUND);
	add(fixture, ALERT, 100);
	add(fixture, 0, 101);
	add(fixture, 1U << STORE_EVENT_ENROLLED | ALERT, 102);
	add(fixture, LOCKED | ALERT, 103);
	assert_ok(store_event_after(fixture->reader, STORE_EVENT_ALERT, 0, &row));
	assert_int_equal(row.index, 2);
	remove_first(fixture, STORE_EVENT_LOCKED, 3);
	remove_first(fixture, STORE_EVENT_ENROLLED, 2);
	remove_first(fixture, STORE_EVENT_ALERT, 0);
	remove_first(fixture, STORE_EVENT_ALERT, 2);
	remove_first(fixture, STORE_EVENT_ALERT, 3);
	assert_error(store_event_first(fixture->reader, &row), STEPUP_NOT_FOUND);
}

static void an_event_stands_and_falls_with_its_entry(void **state)
{
	struct fixture *fixture = *state;
	struct event_row row;
	uint64_t before = store_events_noted(fixture->store);

	assert_ok(store_begin(fixture->writer));
	append(fixture, ALERT, 100);
	store_rollback(fixture->writer);
	assert_error(store_event_first(fixture->reader, &row), STEPUP_NOT_FOUND);
	assert_int_equal(store_events_noted(fixture->store), before);
	assert_ok(store_begin(fixture->writer));
	append(fixture, 0, 100);
	assert_ok(store_commit(fixture->writer));
	assert_int_equal(store_events_noted(fixture->store), before);
	add(fixture, ALERT, 100);
	assert_int_equal(store_events_noted(fixture->store), before + 1);
	fixture_close(fixture);
	fixture_open(fixture);
	assert_ok(store_event_first(fixture->reader, &row));
	assert_int_equal(row.index, 1);
}

static void the_watch_hears_where_its_entries_begin_and_that_they_were_undone(void **state)
{
	struct fixture *fixture = *state;

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_savepoint(fixture->writer));
	append(fixture, 0, 100);
	assert_ok(store_release(fixture->writer));
	assert_ok(store_savepoint(fixture->writer));
	append(fixture, ALERT, 100);
	store_rollback_to(fixture->writer);
	assert_ok(store_commit(fixture->writer));
	assert_string_equal(turns, "b0b1b1u1");
	turns[0] = '\0';
	assert_ok(store_begin(fixture->writer));
	append(fixture, ALERT, 100);
	store_rollback(fixture->writer);
	assert_string_equal(turns, "b0u0");
}

static void a_transaction_without_entries_is_no_business_of_the_watch(void **state)
{
	struct fixture *fixture = *state;

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_savepoint(fixture->writer));
	store_rollback_to(fixture->writer);
	store_rollback(fixture->writer);
	assert_string_equal(turns, "");
}

static void what_is_too_old_goes(void **state)
{
	struct fixture *fixture = *state;
	int64_t removed = 0;

	add(fixture, ALERT, 100);
	add(fixture, LOCKED, 200);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_event_expire(fixture->writer, 200, &removed));
	assert_ok(store_commit(fixture->writer));
	assert_int_equal(removed, 1);
	remove_first(fixture, STORE_EVENT_LOCKED, 1);
}

static void leave_room_for_one(struct fixture *fixture)
{
	assert_ok(store_begin(fixture->writer));
	for (int i = 0; i < STORE_EVENTS_MAX - 1; i++)
		append(fixture, ALERT, 50);
	assert_ok(store_commit(fixture->writer));
}

static void what_is_dropped_counts_until_the_log_has_it(void **state)
{
	struct fixture *fixture = *state;

	leave_room_for_one(fixture);
	for (int i = 0; i < 3; i++)
		add(fixture, ALERT, 100);
	assert_int_equal(store_events_dropped(fixture->store), 2);
	assert_int_equal(store_events_dropped(fixture->store), 2);
	add(fixture, ALERT, 100);
	store_events_dropped_logged(fixture->store, 2);
	assert_int_equal(store_events_dropped(fixture->store), 1);
}

static void what_is_dropped_with_an_entry_that_is_undone_counts_for_nothing(void **state)
{
	struct fixture *fixture = *state;

	leave_room_for_one(fixture);
	add(fixture, ALERT, 100);
	assert_ok(store_begin(fixture->writer));
	append(fixture, ALERT, 100);
	store_rollback(fixture->writer);
	assert_int_equal(store_events_dropped(fixture->store), 0);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_savepoint(fixture->writer));
	append(fixture, ALERT, 100);
	assert_ok(store_release(fixture->writer));
	assert_ok(store_savepoint(fixture->writer));
	append(fixture, ALERT, 100);
	store_rollback_to(fixture->writer);
	append(fixture, ALERT, 100);
	assert_int_equal(store_events_dropped(fixture->store), 0); /* not before the commit */
	assert_ok(store_commit(fixture->writer));
	assert_int_equal(store_events_dropped(fixture->store), 2);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_commit(fixture->writer));
	assert_int_equal(store_events_dropped(fixture->store), 2);
}

static void without_room_only_locks_are_noted_and_the_rest_is_counted(void **state)
{
	struct fixture *fixture = *state;
	struct event_row row;

	leave_room_for_one(fixture);
	add(fixture, ALERT, 100);
	assert_int_equal(store_events_dropped(fixture->store), 0);
	add(fixture, ALERT, 101);
	add(fixture, ALERT | 1U << STORE_EVENT_ENROLLED, 102);
	add(fixture, LOCKED, 103);
	assert_int_equal(store_events_dropped(fixture->store), 3);
	assert_ok(store_event_first(fixture->reader, &row));
	assert_int_equal(row.event, STORE_EVENT_LOCKED);
	assert_int_equal(row.index, STORE_EVENTS_MAX + 2);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(locks_come_first_then_the_oldest, setup, fixture_teardown),
	cmocka_unit_test_setup_teardown(an_event_stands_and_falls_with_its_entry, setup, fixture_teardown),
	cmocka_unit_test_setup_teardown(the_watch_hears_where_its_entries_begin_and_that_they_were_undone,
		setup, fixture_teardown),
	cmocka_unit_test_setup_teardown(a_transaction_without_entries_is_no_business_of_the_watch, setup,
		fixture_teardown),
	cmocka_unit_test_setup_teardown(what_is_too_old_goes, setup, fixture_teardown),
	cmocka_unit_test_setup_teardown(what_is_dropped_counts_until_the_log_has_it, setup, fixture_teardown),
	cmocka_unit_test_setup_teardown(what_is_dropped_with_an_entry_that_is_undone_counts_for_nothing,
		setup, fixture_teardown),
	cmocka_unit_test_setup_teardown(without_room_only_locks_are_noted_and_the_rest_is_counted, setup,
		fixture_teardown),
};

TAP_MAIN(tests)
