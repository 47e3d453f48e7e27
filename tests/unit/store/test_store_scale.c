/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a decision costs doesn't hang on how much there has been: not by time, which a test machine tells
 * badly, but by the steps that SQLite takes for it and the bytes that a start reads.
 */
#include "tests/unit/store/store_fixture.h"

#include <sqlite3.h>

#define T 1700000000
#define FEW 1000
#define MANY 30000
#define IN_WINDOW 100 /* values and uses since the window began, however many there are before */

/* --- counting SQLite's steps, in every connection that is opened --- */

static int64_t steps, scans;

static int count_steps(unsigned kind, void *context, void *statement, void *nanoseconds)
{
	(void)kind;
	(void)context;
	(void)nanoseconds;
	steps += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1);
	scans += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
	return 0;
}

static int watch(sqlite3 *handle, const char **message, const struct sqlite3_api_routines *routines)
{
	(void)message;
	(void)routines;
	return sqlite3_trace_v2(handle, SQLITE_TRACE_PROFILE, count_steps, NULL);
}

/* --- stores, young and old --- */

static void value_of(int number, uint8_t value[DIGEST_SIZE])
{
	memset(value, 0x5a, DIGEST_SIZE);
	memcpy(value, &number, sizeof(number));
}

/* So many log entries, and uses of each kind by one user: all but IN_WINDOW of them before T. */
static struct fixture *filled(int count)
{
	struct fixture *fixture = fixture_new();
	struct user_record *record = fixture_user("alice", "0123456789abcdef0123");
	struct merkle_tree tree;
	uint8_t value[DIGEST_SIZE];

	assert_ok(store_begin(fixture->writer));
	for (int i = 0; i < count; i++) {
		int64_t at = T - count + IN_WINDOW + i;

		value_of(i, value);
		assert_ok(fixture_log(fixture->writer, "an entry"));
		assert_ok(store_use_add(fixture->writer, record, "x count", at, 1));
		assert_ok(store_use_add_value(fixture->writer, record, "x different y", at, value));
	}
	assert_ok(store_user_save(fixture->writer, record));
	assert_ok(store_log_tree(fixture->writer, &tree));
	assert_ok(store_log_checkpoint_add(fixture->writer, &tree, T, "note"));
	assert_ok(store_commit(fixture->writer));
	user_record_free(&record);
	return fixture;
}

/* What an accepted step-up does with its limits and the log. */
static void decide(struct fixture *fixture, int number)
{
	struct user_record *record = NULL;
	struct use_values values;
	uint8_t value[DIGEST_SIZE];
	int64_t used = 0;

	value_of(number, value);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_user_find(fixture->writer, "alice", &record));
	assert_ok(store_use_sum(fixture->writer, record, "x count", T - 1, &used));
	assert_in_range(used, IN_WINDOW, IN_WINDOW + 10);
	assert_ok(store_use_values(fixture->writer, record, "x different y", T - 1, value, 200, &values));
	assert_in_range(values.different, IN_WINDOW, IN_WINDOW + 10);
	assert_ok(store_use_add(fixture->writer, record, "x count", T + 200 + number, 1));
	assert_ok(store_use_add_value(fixture->writer, record, "x different y", T + 200 + number, value));
	assert_ok(fixture_log(fixture->writer, "one more"));
	assert_ok(store_user_save(fixture->writer, record));
	assert_ok(store_commit(fixture->writer));
	user_record_free(&record);
}

static int64_t steps_of_a_decision(int count)
{
	struct fixture *fixture = filled(count);

	decide(fixture, 1); /* prepares the statements */
	steps = scans = 0;
	decide(fixture, 2);
	assert_int_equal(scans, 0);
	fixture_free(fixture);
	return steps;
}

static void a_decision_takes_as_many_steps_with_much_behind_it_as_with_little(void **state)
{
	int64_t few = steps_of_a_decision(FEW), many = steps_of_a_decision(MANY);

	(void)state;
	assert_true(few > 100);
	assert_in_range(many, few - 20, few + 20);
}

static int64_t steps_of_pruning(int count, int64_t before)
{
	struct fixture *fixture = filled(count);
	int removed = 0;

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_use_prune(fixture->writer, before, 40, &removed));
	steps = scans = 0;
	assert_ok(store_use_prune(fixture->writer, before, 40, &removed));
	assert_int_equal(removed, before > T - FEW ? 40 : 0);
	assert_int_equal(scans, 0);
	assert_ok(store_commit(fixture->writer));
	fixture_free(fixture);
	return steps;
}

static void pruning_takes_as_many_steps_with_many_rows_as_with_few(void **state)
{
	int64_t few = steps_of_pruning(FEW, T), many = steps_of_pruning(MANY, T);

	(void)state;
	assert_in_range(many, few - 20, few + 20);
	assert_in_range(steps_of_pruning(MANY, T - 2 * MANY), 0, 100); /* nothing to do */
}

static void reading_the_newest_entries_takes_as_many_steps_with_many_before_them(void **state)
{
	int64_t seen[2];
	int counts[2] = {FEW, MANY};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct fixture *fixture = filled(counts[i]);
		uint8_t root[DIGEST_SIZE];
		char *note = NULL;
		int64_t size = 0;

		steps = scans = 0;
		assert_ok(store_log_root_at(fixture->reader, counts[i], root));
		assert_ok(store_log_checkpoint_newest(fixture->reader, &size, &note));
		assert_int_equal(size, counts[i]);
		assert_int_equal(scans, 0);
		seen[i] = steps;
		free(note);
		fixture_free(fixture);
	}
	assert_in_range(seen[1], seen[0] - 20, seen[0] + 20);
}

/* --- the start of a large store --- */

/* Makes the closed store's log larger than what a start reads whole, by what stands beside the entries. */
static struct fixture *large(void)
{
	struct fixture *fixture = filled(FEW);

	fixture_close(fixture);
	fixture_tamper(fixture,
		"WITH RECURSIVE n (i) AS (SELECT 1000000 UNION ALL SELECT i + 1 FROM n WHERE i < 1008600)"
		" INSERT INTO log_details (idx, salt, details) SELECT i, X'', hex(zeroblob(4000)) FROM n; "
		"PRAGMA wal_checkpoint(TRUNCATE)");
	return fixture;
}

/* Bytes that this process has read from files so far. */
static long long bytes_read(void)
{
	FILE *file = fopen("/proc/self/io", "r");
	long long bytes = -1;

	if (file != NULL && fscanf(file, "rchar: %lld", &bytes) != 1)
		bytes = -1;
	if (file != NULL)
		fclose(file);
	return bytes;
}

static void a_start_reads_little_of_a_large_log(void **state)
{
	struct fixture *fixture = large();
	long long before = bytes_read();

	(void)state;
	if (before < 0) {
		fixture_free(fixture);
		skip();
	}
	fixture_open(fixture);
	assert_true(bytes_read() - before < 8 * 1024 * 1024);
	decide(fixture, 1);
	fixture_free(fixture);
}

static void refuse(struct fixture *fixture)
{
	struct store *store = NULL;
	char *why = NULL;

	assert_error(store_open(fixture->url, fixture->key, &store, &why), STEPUP_CORRUPT);
	assert_non_null(why);
	assert_non_null(strstr(why, "damaged"));
	free(why);
}

static int64_t first_page_of(const struct fixture *fixture, const char *name)
{
	sqlite3 *handle = NULL;
	sqlite3_stmt *statement = NULL;
	int64_t page;

	assert_int_equal(sqlite3_open(fixture->place, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(handle, "SELECT rootpage FROM sqlite_schema WHERE name = $1", -1,
			&statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	page = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(handle);
	return page;
}

/* Exchanges a page of the file for these bytes, which become what was there. */
static void exchange(const struct fixture *fixture, int64_t page, uint8_t bytes[4096])
{
	uint8_t former[4096];
	FILE *file = fopen(fixture->place, "r+");

	assert_non_null(file);
	assert_int_equal(fseek(file, (long)(page - 1) * 4096, SEEK_SET), 0);
	assert_int_equal(fread(former, sizeof(former), 1, file), 1);
	assert_int_equal(fseek(file, (long)(page - 1) * 4096, SEEK_SET), 0);
	assert_int_equal(fwrite(bytes, sizeof(former), 1, file), 1);
	assert_int_equal(fclose(file), 0);
	memcpy(bytes, former, sizeof(former));
}

static void a_large_store_that_is_torn_is_refused_too(void **state)
{
	static const char *const places[] = {"users", "users_locked", "receipts", "log_entries",
		"log_details"};
	struct fixture *fixture = large();
	uint8_t bytes[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int64_t page = first_page_of(fixture, places[i]);

		memset(bytes, 0xa5, sizeof(bytes));
		exchange(fixture, page, bytes);
		refuse(fixture);
		exchange(fixture, page, bytes);
	}
	fixture_open(fixture);
	decide(fixture, 1); /* from now on the write-ahead log says how long the file is */
	fixture_close(fixture);
	assert_int_equal(truncate(fixture->place, 55 * 1024 * 1024), 0);
	refuse(fixture);
	fixture_free(fixture);
}

static void a_large_log_that_lacks_one_of_its_newest_entries_is_refused(void **state)
{
	struct fixture *fixture = large();

	(void)state;
	fixture_tamper(fixture, "DELETE FROM log_entries WHERE idx = 900");
	refuse(fixture);
	fixture_free(fixture);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_decision_takes_as_many_steps_with_much_behind_it_as_with_little),
	cmocka_unit_test(pruning_takes_as_many_steps_with_many_rows_as_with_few),
	cmocka_unit_test(reading_the_newest_entries_takes_as_many_steps_with_many_before_them),
	cmocka_unit_test(a_start_reads_little_of_a_large_log),
	cmocka_unit_test(a_large_store_that_is_torn_is_refused_too),
	cmocka_unit_test(a_large_log_that_lacks_one_of_its_newest_entries_is_refused),
};

int main(void)
{
	if (sqlite3_auto_extension((void (*)(void))watch) != SQLITE_OK)
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
