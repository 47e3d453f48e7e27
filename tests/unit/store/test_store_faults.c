/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The path of an accepted code on a failing disk, without memory, and killed: nothing is reported done that
 * isn't there afterwards, and what failed can be done again.
 */
#include "tests/unit/store/store_fixture.h"

#include <openssl/crypto.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "tests/unit/store/disk_faults.h"

#define KILLS 8

/* --- memory that runs out: ours by the linker's --wrap, the libraries' by their own hooks --- */

static long memory_left = -1; /* allocations until one fails; -1 for no end */
static bool memory_failed, memory_stays_out;

static bool out_of_memory(void)
{
	if (memory_left < 0)
		return false;
	if (memory_left > 0) {
		memory_left--;
		return false;
	}
	if (!memory_stays_out)
		memory_left = -1;
	memory_failed = true;
	return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size)
{
	return out_of_memory() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return out_of_memory() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	return out_of_memory() ? NULL : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text)
{
	return out_of_memory() ? NULL : __real_strdup(text);
}

static sqlite3_mem_methods sqlite_memory;

static void *sqlite_malloc(int size)
{
	return out_of_memory() ? NULL : sqlite_memory.xMalloc(size);
}

static void *sqlite_realloc(void *memory, int size)
{
	return out_of_memory() ? NULL : sqlite_memory.xRealloc(memory, size);
}

static void *openssl_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return out_of_memory() ? NULL : __real_malloc(size);
}

static void *openssl_realloc(void *memory, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return out_of_memory() ? NULL : __real_realloc(memory, size);
}

static void openssl_free(void *memory, const char *file, int line)
{
	(void)file;
	(void)line;
	free(memory);
}

static int hook_memory(void **state)
{
	sqlite3_mem_methods hooked;

	(void)state;
	if (CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) != 1
		|| sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_memory) != SQLITE_OK)
		return -1;
	hooked = sqlite_memory;
	hooked.xMalloc = sqlite_malloc;
	hooked.xRealloc = sqlite_realloc;
	json_set_alloc_funcs(__wrap_malloc, free);
	return sqlite3_config(SQLITE_CONFIG_MALLOC, &hooked) == SQLITE_OK ? 0 : -1;
}

/* --- what one accepted code does --- */

static enum stepup_error accept_in(struct store_session *session)
{
	struct user_record *record = NULL;
	uint8_t salt[DIGEST_SIZE] = {1};
	json_t *details = NULL;
	int64_t index = -1;
	enum stepup_error error = store_user_find(session, "alice", &record);

	if (error == STEPUP_OK) {
		record->credentials[0].otp.last_step++;
		error = store_use_add(session, record, "x", record->version, 1);
	}
	if (error == STEPUP_OK)
		error = store_use_add_value(session, record, "y", record->version, salt);
	if (error == STEPUP_OK)
		error = store_user_save(session, record);
	details = json_pack("{s:s}", "account", "trezor");
	if (error == STEPUP_OK)
		error = details != NULL
			? store_log_append(session, json_pack("{s:s}", "type", "grant"), details, salt,
				&index)
			: STEPUP_NO_MEMORY;
	json_decref(details);
	user_record_free(&record);
	return error;
}

static enum stepup_error accept_once(struct store_session *session)
{
	enum stepup_error error = store_begin(session);

	if (error != STEPUP_OK)
		return error;
	error = accept_in(session);
	if (error == STEPUP_OK)
		return store_commit(session);
	store_rollback(session);
	return error;
}

/* That exactly so many were accepted, from memory and from the file. */
static void check_accepted(struct fixture *fixture, int64_t accepted)
{
	struct user_record *record = NULL;
	int64_t used = 0;
	struct merkle_tree tree;
	uint8_t root[DIGEST_SIZE], expected[DIGEST_SIZE];
	int64_t size = -1;

	assert_ok(store_user_find(fixture->reader, "alice", &record));
	assert_int_equal(record->version, accepted + 1);
	assert_int_equal(record->credentials[0].otp.last_step, accepted - 1);
	assert_ok(store_use_sum(fixture->reader, record, "x", 0, &used));
	assert_int_equal(used, accepted);
	user_record_free(&record);
	fixture_log_root(fixture, &size, expected);
	assert_int_equal(size, accepted);
	assert_ok(store_log_tree(fixture->reader, &tree));
	assert_int_equal(tree.size, accepted);
	assert_ok(merkle_root(&tree, root));
	assert_memory_equal(root, expected, sizeof(root));
}

/* --- the disk --- */

static void nothing_is_accepted_on_a_failing_disk_that_is_not_there_afterwards(void **state)
{
	struct fixture *fixture = *state;
	int64_t accepted = 0;
	int refused = 0;

	fixture_add_user(fixture, "alice", "0123456789abcdef0123");
	for (int kind = DISK_NO_SPACE; kind < DISK_FAULT_COUNT; kind++) {
		bool failed = true;

		for (int number = 1; failed; number++) {
			enum stepup_error error;

			disk_fail((enum disk_fault)kind, number, 1);
			error = accept_once(fixture->writer);
			failed = disk_has_failed();
			disk_forget();
			accepted += error == STEPUP_OK;
			refused += error != STEPUP_OK;
			if (error != STEPUP_OK) {
				assert_true(failed);
				assert_error(error, STEPUP_IO);
			}
		}
		check_accepted(fixture, accepted);
	}
	assert_true(refused >= 8);
	fixture_close(fixture);
	fixture_open(fixture);
	check_accepted(fixture, accepted);
}

static void a_disk_that_fails_for_long_is_recovered_from_at_once(void **state)
{
	struct fixture *fixture = *state;
	int64_t accepted = 0;

	fixture_add_user(fixture, "alice", "0123456789abcdef0123");
	for (int kind = DISK_NO_SPACE; kind < DISK_FAULT_COUNT; kind++) {
		disk_fail((enum disk_fault)kind, 1, 0);
		for (int i = 0; i < 3; i++)
			assert_error(accept_once(fixture->writer), STEPUP_IO);
		assert_true(strlen(store_trouble(fixture->writer)) > 0);
		disk_forget();
		assert_ok(accept_once(fixture->writer));
		accepted++;
		check_accepted(fixture, accepted);
	}
}

static void moving_the_write_ahead_log_on_a_failing_disk_loses_nothing(void **state)
{
	struct fixture *fixture = *state;
	int64_t accepted = 0;

	fixture_add_user(fixture, "alice", "0123456789abcdef0123");
	for (int kind = DISK_NO_SPACE; kind < DISK_FAULT_COUNT; kind++) {
		bool failed = true;

		for (int number = 1; failed; number++) {
			assert_ok(accept_once(fixture->writer));
			accepted++;
			disk_fail((enum disk_fault)kind, number, 1);
			if (store_checkpoint_wal(fixture->store) != STEPUP_OK)
				assert_true(disk_has_failed());
			failed = disk_has_failed();
			disk_forget();
			check_accepted(fixture, accepted);
		}
	}
	fixture_close(fixture);
	fixture_open(fixture);
	check_accepted(fixture, accepted);
}

static void a_new_store_on_a_failing_disk_is_whole_or_not_there(void **state)
{
	bool failed = true;

	(void)state;
	for (int number = 1; failed; number += 2) {
		struct fixture *fixture = fixture_folder();
		struct store *store = NULL;
		char *why = NULL;
		enum stepup_error error;

		disk_fail(number % 4 == 1 ? DISK_NO_SPACE : DISK_SYNC_FAILS,
			number % 4 == 1 ? number : number / 2, 1);
		error = store_open(fixture->url, fixture->key, &store, &why);
		failed = disk_has_failed();
		disk_forget();
		if (error != STEPUP_OK) {
			assert_true(failed);
			assert_non_null(why);
		}
		free(why);
		store_close(&store);
		fixture_open(fixture);
		fixture_add_user(fixture, "alice", "0123456789abcdef0123");
		fixture_free(fixture);
	}
}

/* --- memory --- */

static void accept_without_memory(struct fixture *fixture, bool stays_out, int64_t *accepted)
{
	bool failed = true;
	int refused = 0;

	for (long number = 0; failed; number++) {
		enum stepup_error error;

		memory_stays_out = stays_out;
		memory_failed = false;
		memory_left = number;
		error = accept_once(fixture->writer);
		memory_left = -1;
		failed = memory_failed;
		if (error != STEPUP_OK)
			assert_true(failed);
		*accepted += error == STEPUP_OK;
		refused += error != STEPUP_OK;
		if (number % 8 == 0 || !failed)
			check_accepted(fixture, *accepted);
	}
	assert_true(refused > 10);
}

static void nothing_is_accepted_without_memory_that_is_not_there_afterwards(void **state)
{
	struct fixture *fixture = *state;
	int64_t accepted = 0;

	fixture_add_user(fixture, "alice", "0123456789abcdef0123");
	accept_without_memory(fixture, false, &accepted);
	accept_without_memory(fixture, true, &accepted);
	fixture_close(fixture);
	fixture_open(fixture);
	check_accepted(fixture, accepted);
}

static void reading_a_user_without_memory_is_never_not_found(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *record = NULL;

	fixture_add_user(fixture, "alice", "0123456789abcdef0123");
	memory_failed = true;
	for (long number = 0; memory_failed; number++) {
		enum stepup_error error;

		memory_failed = false;
		memory_stays_out = true;
		memory_left = number;
		error = store_user_find(fixture->reader, "alice", &record);
		memory_left = -1;
		assert_true((error == STEPUP_OK) == (record != NULL));
		assert_int_not_equal(error, STEPUP_NOT_FOUND);
		if (error != STEPUP_OK)
			assert_true(memory_failed);
		user_record_free(&record);
	}
}

/* --- kill -9 --- */

/* Accepts until killed and says each success once it is one; moves the write-ahead log now and then. */
static void accept_for_ever(struct fixture *fixture, int out)
{
	char *why = NULL;

	if (store_open(fixture->url, fixture->key, &fixture->store, &why) != STEPUP_OK
		|| store_session_open(fixture->store, true, &fixture->writer) != STEPUP_OK)
		_exit(1);
	for (int i = 0;; i++) {
		if (accept_once(fixture->writer) != STEPUP_OK || write(out, "y", 1) != 1)
			_exit(1);
		if (i % 7 == 6 && store_checkpoint_wal(fixture->store) != STEPUP_OK)
			_exit(1);
	}
}

static void what_was_reported_before_a_kill_is_there_after_it(void **state)
{
	struct fixture *fixture = *state;
	int64_t reported = 0, there = 0;
	uint8_t root[DIGEST_SIZE];

	fixture_add_user(fixture, "alice", "0123456789abcdef0123");
	for (int round = 0; round < KILLS; round++) {
		int ends[2], status;
		char said;
		pid_t child;

		fixture_close(fixture);
		assert_int_equal(pipe(ends), 0);
		fflush(NULL);
		child = fork();
		if (child == 0) {
			close(ends[0]);
			accept_for_ever(fixture, ends[1]);
		}
		close(ends[1]);
		for (int i = 0; i < 3 + round * 5; i++) {
			assert_int_equal(read(ends[0], &said, 1), 1);
			reported++;
		}
		assert_int_equal(kill(child, SIGKILL), 0);
		while (read(ends[0], &said, 1) == 1)
			reported++;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		close(ends[0]);
		fixture_open(fixture);
		fixture_log_root(fixture, &there, root);
		/* the last one may have been done and not said */
		assert_true(there == reported || there == reported + 1);
		reported = there;
		check_accepted(fixture, there);
	}
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

static const struct CMUnitTest tests[] = {
	STORE_TEST(nothing_is_accepted_on_a_failing_disk_that_is_not_there_afterwards),
	STORE_TEST(a_disk_that_fails_for_long_is_recovered_from_at_once),
	STORE_TEST(moving_the_write_ahead_log_on_a_failing_disk_loses_nothing),
	cmocka_unit_test(a_new_store_on_a_failing_disk_is_whole_or_not_there),
	STORE_TEST(nothing_is_accepted_without_memory_that_is_not_there_afterwards),
	STORE_TEST(reading_a_user_without_memory_is_never_not_found),
	STORE_TEST(what_was_reported_before_a_kill_is_there_after_it),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, hook_memory, NULL);
}
