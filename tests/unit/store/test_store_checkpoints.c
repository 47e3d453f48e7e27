/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log's checkpoints get fewer with time: all of a day, then one an hour, the newest always; and the log
 * holds as it did.
 */
#include "tests/unit/store/store_fixture.h"

#include <sqlite3.h>

#define T 1699999200 /* an hour begins */
#define HOUR 3600
#define COUNT 1000

/* An entry and a checkpoint every five minutes. */
static void fill(struct fixture *fixture)
{
	struct merkle_tree tree;

	assert_ok(store_begin(fixture->writer));
	for (int i = 0; i < COUNT; i++) {
		assert_ok(fixture_log(fixture->writer, "an entry"));
		assert_ok(store_log_tree(fixture->writer, &tree));
		assert_ok(store_log_checkpoint_add(fixture->writer, &tree, T + i * 300, "note"));
	}
	assert_ok(store_commit(fixture->writer));
}

/* As housekeeping does it; how many went. */
static int thin(struct fixture *fixture, int64_t before)
{
	int64_t from = 0, last;
	int removed = 0, all = 0;

	do {
		last = from;
		assert_ok(store_begin(fixture->writer));
		assert_ok(store_log_checkpoint_thin(fixture->writer, before, &from, &removed));
		assert_ok(store_commit(fixture->writer));
		assert_in_range(removed, 0, CHECKPOINTS_THINNED_AT_ONCE);
		assert_true(from >= last);
		all += removed;
	} while (removed > 0 || from > last);
	return all;
}

/* How many checkpoints there are from before a time and from later, and how many of the
 * former begin no hour. */
static void count(const struct fixture *fixture, int64_t before, int *older, int *younger, int *odd)
{
	sqlite3 *handle = NULL;
	sqlite3_stmt *statement = NULL;

	*older = *younger = *odd = 0;
	assert_int_equal(sqlite3_open(fixture->place, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(handle, "SELECT at FROM checkpoints", -1, &statement, NULL),
		SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		int64_t at = sqlite3_column_int64(statement, 0);

		*older += at < before;
		*younger += at >= before;
		*odd += at < before && at % HOUR != 0;
	}
	sqlite3_finalize(statement);
	sqlite3_close(handle);
}

static void one_an_hour_is_left_of_what_is_older(void **state)
{
	struct fixture *fixture = *state;
	const int64_t before = T + 50 * HOUR;
	int older, younger, odd;

	fill(fixture);
	assert_int_equal(thin(fixture, before), 50 * 11);
	count(fixture, before, &older, &younger, &odd);
	assert_int_equal(older, 50);
	assert_int_equal(younger, COUNT - 50 * 12);
	assert_int_equal(odd, 0);
	assert_int_equal(thin(fixture, before), 0); /* again, from the beginning */
	assert_int_equal(thin(fixture, before + HOUR), 11);
}

static void the_newest_is_never_removed(void **state)
{
	struct fixture *fixture = *state;
	char *note = NULL;
	int64_t size = 0;

	fill(fixture);
	(void)thin(fixture, INT64_MAX);
	assert_ok(store_log_checkpoint_newest(fixture->reader, &size, &note));
	assert_int_equal(size, COUNT);
	free(note);
	fixture_close(fixture);
	fixture_open(fixture);
	assert_int_equal(store_log_next(fixture->reader), COUNT);
}

static void roots_at_any_size_are_what_they_were(void **state)
{
	struct fixture *fixture = *state;
	uint8_t before[COUNT / 50][DIGEST_SIZE], after[DIGEST_SIZE];

	fill(fixture);
	for (int i = 0; i < COUNT / 50; i++)
		assert_ok(store_log_root_at(fixture->reader, 50 * i + 7, before[i]));
	assert_true(thin(fixture, INT64_MAX) > 0);
	for (int i = 0; i < COUNT / 50; i++) {
		assert_ok(store_log_root_at(fixture->reader, 50 * i + 7, after));
		assert_memory_equal(after, before[i], DIGEST_SIZE);
	}
}

static void few_checkpoints_are_left_alone(void **state)
{
	struct fixture *fixture = *state;
	struct merkle_tree tree;

	assert_int_equal(thin(fixture, INT64_MAX), 0);
	assert_ok(store_begin(fixture->writer));
	for (int i = 0; i < 2; i++) {
		assert_ok(fixture_log(fixture->writer, "an entry"));
		assert_ok(store_log_tree(fixture->writer, &tree));
		assert_ok(store_log_checkpoint_add(fixture->writer, &tree, T + i, "note"));
	}
	assert_ok(store_commit(fixture->writer));
	assert_int_equal(thin(fixture, INT64_MAX), 0);
}

#define FACT(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)
static const struct CMUnitTest tests[] = {
	FACT(one_an_hour_is_left_of_what_is_older),
	FACT(the_newest_is_never_removed),
	FACT(roots_at_any_size_are_what_they_were),
	FACT(few_checkpoints_are_left_alone),
};

TAP_MAIN(tests)
