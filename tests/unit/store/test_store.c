/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the store keeps, gives back and takes back: users, keys; commits, rollbacks, savepoints.
 */
#include "tests/unit/store/store_fixture.h"
#include "verifier/state/store/store_internal.h"

/* --- users --- */

static void a_user_comes_back_as_saved(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *record = NULL;

	fixture_add_user(fixture, "alice", "0123456789abcdef0123");
	assert_ok(store_user_find(fixture->reader, "alice", &record));
	assert_string_equal(record->name, "alice");
	assert_int_equal(record->version, 1);
	assert_int_equal(record->credential_count, 1);
	assert_memory_equal(record->credentials[0].otp.bytes, "0123456789abcdef0123", 20);
	user_record_free(&record);
	assert_error(store_user_find(fixture->reader, "bob", &record), STEPUP_NOT_FOUND);
	assert_null(record);
}

static void saving_moves_the_version_on_and_refuses_a_stale_record(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *first = NULL, *second = NULL;

	fixture_add_user(fixture, "alice", "0123456789abcdef0123");
	assert_ok(store_user_find(fixture->reader, "alice", &first));
	assert_ok(store_user_find(fixture->reader, "alice", &second));
	assert_ok(store_begin(fixture->writer));
	first->credentials[0].otp.last_step = 5;
	assert_ok(store_user_save(fixture->writer, first));
	assert_int_equal(first->version, 2);
	assert_error(store_user_save(fixture->writer, second), STEPUP_CORRUPT);
	assert_int_equal(second->version, 1);
	assert_ok(store_commit(fixture->writer));
	user_record_free(&second);
	assert_ok(store_user_find(fixture->reader, "alice", &second));
	assert_int_equal(second->version, 2);
	assert_int_equal(second->credentials[0].otp.last_step, 5);
	user_record_free(&first);
	user_record_free(&second);
}

static void a_second_user_of_the_same_name_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *record = fixture_user("alice", "another secret......");

	fixture_add_user(fixture, "alice", "0123456789abcdef0123");
	assert_ok(store_begin(fixture->writer));
	assert_error(store_user_save(fixture->writer, record), STEPUP_EXISTS);
	assert_int_equal(record->version, 0);
	store_rollback(fixture->writer);
	user_record_free(&record);
}

static void a_user_saved_twice_in_one_transaction_is_found_there_as_saved_last(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *record = fixture_user("alice", "0123456789abcdef0123"), *found = NULL;

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_user_save(fixture->writer, record));
	assert_ok(store_user_save(fixture->writer, record));
	assert_ok(store_user_find(fixture->writer, "alice", &found));
	assert_int_equal(found->version, 2);
	user_record_free(&found);
	assert_error(store_user_find(fixture->reader, "alice", &found), STEPUP_NOT_FOUND);
	assert_ok(store_commit(fixture->writer));
	assert_ok(store_user_find(fixture->reader, "alice", &found));
	user_record_free(&found);
	user_record_free(&record);
}

static void nothing_is_written_outside_a_transaction_or_by_a_reader(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *record = fixture_user("alice", "0123456789abcdef0123");

	assert_error(store_user_save(fixture->writer, record), STEPUP_INTERNAL);
	assert_error(store_begin(fixture->reader), STEPUP_INTERNAL);
	assert_error(store_user_save(fixture->reader, record), STEPUP_INTERNAL);
	assert_error(store_fact_set(fixture->writer, "a", "b"), STEPUP_INTERNAL);
	assert_error(fixture_log(fixture->writer, "x"), STEPUP_INTERNAL);
	assert_error(store_commit(fixture->writer), STEPUP_INTERNAL);
	user_record_free(&record);
	assert_error(store_user_find(fixture->reader, "alice", &record), STEPUP_NOT_FOUND);
}

struct seen {
	char names[64][USER_NAME_SIZE];
	int count, stop_after;
	struct fixture *fixture;
};

static bool see(void *context, const struct user_record *record)
{
	struct seen *seen = context;

	if (seen->count < 64)
		strcpy(seen->names[seen->count], record->name);
	return ++seen->count != seen->stop_after;
}

/* While the list is read, the reader may look up users and the writer may move them on. */
static bool see_and_write(void *context, const struct user_record *record)
{
	struct seen *seen = context;
	struct user_record *again = NULL;

	assert_ok(store_user_find(seen->fixture->reader, record->name, &again));
	assert_ok(store_begin(seen->fixture->writer));
	assert_ok(store_user_save(seen->fixture->writer, again));
	assert_ok(store_commit(seen->fixture->writer));
	user_record_free(&again);
	assert_ok(store_user_find(seen->fixture->writer, "u59", &again));
	assert_ok(store_begin(seen->fixture->writer));
	assert_ok(store_user_save(seen->fixture->writer, again));
	assert_ok(store_commit(seen->fixture->writer));
	user_record_free(&again);
	return see(context, record);
}

static void users_are_listed_in_order_page_by_page(void **state)
{
	struct fixture *fixture = *state;
	struct seen seen = {.fixture = fixture};
	int64_t count = 0;
	char name[8];

	for (int i = 59; i >= 0; i--) {
		snprintf(name, sizeof(name), "u%02d", i);
		fixture_add_user(fixture, name, "0123456789abcdef0123");
	}
	assert_ok(store_user_count(fixture->reader, &count));
	assert_int_equal(count, 60);
	assert_ok(store_user_each(fixture->reader, "", 1000, see, &seen));
	assert_int_equal(seen.count, 60);
	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "u%02d", i);
		assert_string_equal(seen.names[i], name);
	}
	seen.count = 0;
	assert_ok(store_user_each(fixture->reader, "u05", 40, see, &seen));
	assert_int_equal(seen.count, 40);
	assert_string_equal(seen.names[0], "u06");
	seen.count = 0;
	seen.stop_after = 33;
	assert_ok(store_user_each(fixture->reader, "", 1000, see, &seen));
	assert_int_equal(seen.count, 33);
	seen.count = 0;
	assert_ok(store_user_each(fixture->reader, "u59", 10, see, &seen));
	assert_int_equal(seen.count, 0);
	assert_ok(store_user_each(fixture->reader, "", 0, see, &seen));
	assert_int_equal(seen.count, 0);
	seen.stop_after = 0;
	assert_ok(store_user_each(fixture->reader, "", 1000, see_and_write, &seen));
	assert_int_equal(seen.count, 60);
}

static bool note_name(void *context, const struct user_record *record)
{
	char *names = context;

	strcat(names, record->name);
	strcat(names, " ");
	return true;
}

static void the_records_of_a_uid_are_found_whatever_their_names(void **state)
{
	static const struct {
		const char *name;
		int64_t uid;
	} people[] = {{"asmith", 1004}, {"bob", 1005}, {"admin-asmith", 1004}, {"gone", -1}, {"moved", 1006}};
	struct fixture *fixture = *state;
	struct user_record *record = NULL;
	char names[64] = "";

	assert_ok(store_begin(fixture->writer));
	for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
		record = user_record_new(people[i].name, people[i].uid);
		assert_ok(store_user_save(fixture->writer, record));
		user_record_free(&record);
	}
	assert_ok(store_user_find(fixture->writer, "moved", &record));
	record->uid = 1004;
	assert_ok(store_user_save(fixture->writer, record));
	user_record_free(&record);
	assert_ok(store_commit(fixture->writer));
	assert_ok(store_user_each_of_uid(fixture->reader, 1004, note_name, names));
	assert_string_equal(names, "admin-asmith asmith moved ");
	names[0] = '\0';
	assert_ok(store_user_each_of_uid(fixture->reader, 1006, note_name, names));
	assert_ok(store_user_each_of_uid(fixture->reader, -1, note_name, names));
	assert_string_equal(names, "");
}

static void the_locked_are_listed(void **state)
{
	struct fixture *fixture = *state;
	struct seen seen = {0};
	struct user_record *record = NULL;

	fixture_add_user(fixture, "alice", "0123456789abcdef0123");
	fixture_add_user(fixture, "bob", "0123456789abcdef0123");
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_user_find(fixture->writer, "bob", &record));
	record->lock.locked = true;
	assert_ok(store_user_save(fixture->writer, record));
	assert_ok(store_commit(fixture->writer));
	assert_ok(store_user_each_locked(fixture->reader, see, &seen));
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.names[0], "bob");
	assert_ok(store_begin(fixture->writer));
	record->lock.locked = false;
	assert_ok(store_user_save(fixture->writer, record));
	assert_ok(store_commit(fixture->writer));
	seen.count = 0;
	assert_ok(store_user_each_locked(fixture->reader, see, &seen));
	assert_int_equal(seen.count, 0);
	user_record_free(&record);
}

/* --- transactions --- */

static void a_rollback_takes_back_rows_versions_and_the_tree(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *record = NULL, *found = NULL;
	int64_t size = 0;

	fixture_add_user(fixture, "alice", "0123456789abcdef0123");
	assert_ok(store_user_find(fixture->reader, "alice", &record));
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_user_save(fixture->writer, record));
	assert_ok(fixture_log(fixture->writer, "lost"));
	assert_int_equal(store_log_next(fixture->writer), 1);
	store_rollback(fixture->writer);
	assert_int_equal(store_log_next(fixture->writer), 0);
	assert_ok(store_log_size(fixture->reader, &size));
	assert_int_equal(size, 0);
	assert_ok(store_user_find(fixture->reader, "alice", &found));
	assert_int_equal(found->version, 1);
	/* and the next transaction goes on from there */
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_user_save(fixture->writer, found));
	assert_ok(fixture_log(fixture->writer, "kept"));
	assert_ok(store_commit(fixture->writer));
	assert_ok(store_log_size(fixture->reader, &size));
	assert_int_equal(size, 1);
	user_record_free(&found);
	user_record_free(&record);
}

static void a_savepoint_undone_takes_back_its_own_part_only(void **state)
{
	struct fixture *fixture = *state;
	uint8_t root[DIGEST_SIZE], expected[DIGEST_SIZE];
	struct merkle_tree tree;
	int64_t size = 0;
	char value[16];

	assert_ok(store_begin(fixture->writer));
	assert_ok(fixture_log(fixture->writer, "one"));
	assert_ok(store_savepoint(fixture->writer));
	assert_ok(fixture_log(fixture->writer, "undone"));
	assert_ok(store_fact_set(fixture->writer, "colour", "red"));
	assert_ok(store_savepoint(fixture->writer));
	assert_ok(fixture_log(fixture->writer, "undone too"));
	assert_int_equal(store_log_next(fixture->writer), 3);
	store_rollback_to(fixture->writer);
	assert_int_equal(store_log_next(fixture->writer), 2);
	store_rollback_to(fixture->writer);
	assert_int_equal(store_log_next(fixture->writer), 1);
	assert_error(store_fact_get(fixture->writer, "colour", value, sizeof(value)), STEPUP_NOT_FOUND);
	assert_ok(store_savepoint(fixture->writer));
	assert_ok(fixture_log(fixture->writer, "two"));
	assert_error(store_commit(fixture->writer), STEPUP_INTERNAL); /* a savepoint is open */
	assert_ok(store_release(fixture->writer));
	assert_ok(store_commit(fixture->writer));
	fixture_log_root(fixture, &size, expected);
	assert_int_equal(size, 2);
	assert_ok(store_log_tree(fixture->reader, &tree));
	assert_ok(merkle_root(&tree, root));
	assert_memory_equal(root, expected, sizeof(root));
}

static void savepoints_nest_so_deep_and_no_deeper(void **state)
{
	struct fixture *fixture = *state;

	assert_error(store_savepoint(fixture->writer), STEPUP_INTERNAL);
	assert_error(store_release(fixture->writer), STEPUP_INTERNAL);
	assert_ok(store_begin(fixture->writer));
	assert_error(store_begin(fixture->writer), STEPUP_INTERNAL);
	assert_ok(store_savepoint(fixture->writer));
	assert_ok(store_savepoint(fixture->writer));
	assert_error(store_savepoint(fixture->writer), STEPUP_INTERNAL);
	assert_ok(store_release(fixture->writer));
	assert_ok(store_release(fixture->writer));
	assert_ok(store_commit(fixture->writer));
}

static void two_writers_take_turns_on_one_log(void **state)
{
	struct fixture *fixture = *state;
	struct store_session *other = NULL;
	int64_t size = 0;
	uint8_t root[DIGEST_SIZE], expected[DIGEST_SIZE];

	assert_ok(store_session_open(fixture->store, true, &other));
	for (int i = 0; i < 5; i++) {
		assert_ok(store_begin(i % 2 ? other : fixture->writer));
		assert_ok(fixture_log(i % 2 ? other : fixture->writer, "turn"));
		assert_ok(store_commit(i % 2 ? other : fixture->writer));
	}
	fixture_log_root(fixture, &size, expected);
	assert_int_equal(size, 5);
	assert_ok(store_log_root_at(fixture->reader, 5, root));
	assert_memory_equal(root, expected, sizeof(root));
	store_session_close(&other);
}

static void a_session_closed_in_a_transaction_leaves_nothing(void **state)
{
	struct fixture *fixture = *state;
	int64_t size = 0;

	assert_ok(store_begin(fixture->writer));
	assert_ok(fixture_log(fixture->writer, "lost"));
	store_session_close(&fixture->writer);
	assert_ok(store_session_open(fixture->store, true, &fixture->writer));
	assert_ok(store_begin(fixture->writer));
	assert_ok(fixture_log(fixture->writer, "kept"));
	assert_ok(store_commit(fixture->writer));
	assert_ok(store_log_size(fixture->reader, &size));
	assert_int_equal(size, 1);
}

/* --- keys, digests --- */

static bool see_key(void *context, const char *kid, const char *secret, int64_t at)
{
	char *all = context;

	sprintf(all + strlen(all), "%s=%s@%ld ", kid, secret, (long)at);
	return true;
}

static void keys_come_newest_first(void **state)
{
	struct fixture *fixture = *state;
	char all[256] = "";

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_key_add(fixture->writer, "receipt", "k1", "secret1", 10));
	assert_ok(store_key_add(fixture->writer, "receipt", "k2", "secret2", 20));
	assert_ok(store_key_add(fixture->writer, "log", "k1", "seed", 15));
	assert_error(store_key_add(fixture->writer, "receipt", "k2", "other", 30), STEPUP_EXISTS);
	assert_ok(store_commit(fixture->writer));
	assert_ok(store_key_each(fixture->reader, "receipt", see_key, all));
	assert_string_equal(all, "k2=secret2@20 k1=secret1@10 ");
}

static void keyed_digests_differ_by_purpose_text_and_store(void **state)
{
	struct fixture *fixture = *state, *other = fixture_new();
	uint8_t a[DIGEST_SIZE], b[DIGEST_SIZE];

	assert_ok(store_keyed_digest(fixture->store, DIGEST_LIMIT_VALUE, "trezor", 6, a));
	assert_ok(store_keyed_digest(fixture->store, DIGEST_LIMIT_VALUE, "trezor", 6, b));
	assert_memory_equal(a, b, sizeof(a));
	assert_ok(store_keyed_digest(fixture->store, DIGEST_GUESS_SOURCE, "trezor", 6, b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_ok(store_keyed_digest(fixture->store, DIGEST_LIMIT_VALUE, "trezos", 6, b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_ok(store_keyed_digest(other->store, DIGEST_LIMIT_VALUE, "trezor", 6, b));
	assert_memory_not_equal(a, b, sizeof(a));
	fixture_free(other);
}

/* As every version has made them: what was kept under them is found again. */
static void keyed_digests_are_macs_under_a_subkey_for_each_purpose(void **state)
{
	static const char *const purposes[DIGEST_COUNT] = {"guess-source", "limit-value", "credential-secret",
		"key-public", "key-id", "invitation-tries", "decoy", "decoy-key"};
	struct fixture *fixture = *state;
	const struct store *store = fixture->store;
	uint8_t key[MASTER_KEY_SIZE], subkey[DIGEST_SIZE], expected[DIGEST_SIZE], digest[DIGEST_SIZE];
	char id[2 * STORE_ID_SIZE + 1], purpose[64 + sizeof(id)];

	for (size_t i = 0; i < STORE_ID_SIZE; i++)
		snprintf(id + 2 * i, 3, "%02x", store->id[i]);
	snprintf(purpose, sizeof(purpose), "store/%s/digests", id);
	assert_ok(master_key_derive(fixture->key, purpose, key));
	for (unsigned i = 0; i < DIGEST_COUNT; i++) {
		assert_ok(digest_hmac_sha256(key, sizeof(key), purposes[i], strlen(purposes[i]), subkey));
		assert_ok(digest_hmac_sha256(subkey, sizeof(subkey), "trezor", 6, expected));
		assert_ok(store_keyed_digest(store, i, "trezor", 6, digest));
		assert_memory_equal(digest, expected, DIGEST_SIZE);
	}
}

static void everything_is_there_after_a_restart(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *record = NULL;
	char value[16];

	fixture_add_user(fixture, "alice", "0123456789abcdef0123");
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_fact_set(fixture->writer, "colour", "red"));
	assert_ok(store_commit(fixture->writer));
	assert_ok(store_checkpoint_wal(fixture->store));
	fixture_log_many(fixture, 3);
	fixture_close(fixture);
	fixture_open(fixture);
	assert_ok(store_user_find(fixture->reader, "alice", &record));
	assert_ok(store_fact_get(fixture->reader, "colour", value, sizeof(value)));
	assert_int_equal(store_log_next(fixture->reader), 3);
	user_record_free(&record);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

static const struct CMUnitTest tests[] = {
	STORE_TEST(a_user_comes_back_as_saved),
	STORE_TEST(saving_moves_the_version_on_and_refuses_a_stale_record),
	STORE_TEST(a_second_user_of_the_same_name_is_refused),
	STORE_TEST(a_user_saved_twice_in_one_transaction_is_found_there_as_saved_last),
	STORE_TEST(nothing_is_written_outside_a_transaction_or_by_a_reader),
	STORE_TEST(users_are_listed_in_order_page_by_page),
	STORE_TEST(the_records_of_a_uid_are_found_whatever_their_names),
	STORE_TEST(the_locked_are_listed),
	STORE_TEST(a_rollback_takes_back_rows_versions_and_the_tree),
	STORE_TEST(a_savepoint_undone_takes_back_its_own_part_only),
	STORE_TEST(savepoints_nest_so_deep_and_no_deeper),
	STORE_TEST(two_writers_take_turns_on_one_log),
	STORE_TEST(a_session_closed_in_a_transaction_leaves_nothing),
	STORE_TEST(keys_come_newest_first),
	STORE_TEST(keyed_digests_differ_by_purpose_text_and_store),
	STORE_TEST(keyed_digests_are_macs_under_a_subkey_for_each_purpose),
	STORE_TEST(everything_is_there_after_a_restart),
};

TAP_MAIN(tests)
