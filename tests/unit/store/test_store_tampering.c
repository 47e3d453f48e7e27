/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What somebody can do who may write to the database but doesn't have the master key: nothing
 * that isn't noticed.
 */
#include "tests/unit/store/store_fixture.h"

#include <sqlite3.h>

#define SECRET "0123456789abcdef0123"

/* Changes one byte of a blob in place. */
static void flip(const struct fixture *fixture, const char *table, const char *column, size_t at,
	uint8_t mask)
{
	sqlite3 *handle = NULL;
	sqlite3_blob *blob = NULL;
	uint8_t byte;

	assert_int_equal(sqlite3_open(fixture->place, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_blob_open(handle, "main", table, column, 1, 1, &blob), SQLITE_OK);
	assert_int_equal(sqlite3_blob_read(blob, &byte, 1, (int)at), SQLITE_OK);
	byte ^= mask;
	assert_int_equal(sqlite3_blob_write(blob, &byte, 1, (int)at), SQLITE_OK);
	sqlite3_blob_close(blob);
	sqlite3_close(handle);
}

static size_t length_of(const struct fixture *fixture, const char *sql)
{
	sqlite3 *handle = NULL;
	sqlite3_stmt *statement = NULL;
	size_t length;

	assert_int_equal(sqlite3_open(fixture->place, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	length = (size_t)sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(handle);
	return length;
}

static enum stepup_error find(struct store_session *session, const char *name)
{
	struct user_record *record = NULL;
	enum stepup_error error = store_user_find(session, name, &record);

	assert_true((error == STEPUP_OK) == (record != NULL));
	user_record_free(&record);
	return error;
}

static enum stepup_error reopen(struct fixture *fixture)
{
	char *why = NULL;
	enum stepup_error error;

	fixture_close(fixture);
	error = store_open(fixture->url, fixture->key, &fixture->store, &why);
	if (error == STEPUP_OK) {
		assert_ok(store_session_open(fixture->store, true, &fixture->writer));
		assert_ok(store_session_open(fixture->store, false, &fixture->reader));
	} else {
		assert_non_null(why);
	}
	free(why);
	return error;
}

/* Saves a user once more. */
static void touch(struct fixture *fixture, const char *name, bool locked)
{
	struct user_record *record = NULL;

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_user_find(fixture->writer, name, &record));
	record->lock.locked = locked;
	assert_ok(store_user_save(fixture->writer, record));
	assert_ok(store_commit(fixture->writer));
	user_record_free(&record);
}

static void every_changed_byte_of_a_users_row_is_refused(void **state)
{
	struct fixture *fixture = *state;
	size_t size;

	fixture_add_user(fixture, "alice", SECRET);
	size = length_of(fixture, "SELECT length(sealed) FROM users");
	assert_true(size > 100);
	for (size_t at = 0; at < size; at++) {
		uint8_t mask = (uint8_t)(1 << at % 8);

		flip(fixture, "users", "sealed", at, mask);
		assert_error(find(fixture->reader, "alice"), STEPUP_CORRUPT);
		flip(fixture, "users", "sealed", at, mask);
	}
	assert_ok(find(fixture->reader, "alice"));
}

static void no_secret_stands_in_the_files(void **state)
{
	struct fixture *fixture = *state;
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	struct receipt_row row = {
		.jti = "AAAAAAAAAAAAAAAAAAAAAA", .user = "alice", .credential = "C-verysecretcredential"};

	fixture_add_user(fixture, "alice", SECRET);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_key_add(fixture->writer, "receipt", "k", SECRET, 1));
	assert_ok(store_receipt_add(fixture->writer, &row));
	assert_ok(store_commit(fixture->writer));
	assert_ok(store_checkpoint_wal(fixture->store));
	fixture_close(fixture);
	for (unsigned i = 0; i < 3; i++) {
		char path[160];
		FILE *file;
		char *bytes = malloc(16 * 1024 * 1024);
		size_t size;

		snprintf(path, sizeof(path), "%s%s", fixture->place, suffixes[i]);
		file = fopen(path, "r");
		if (file != NULL) {
			size = fread(bytes, 1, 16 * 1024 * 1024, file);
			assert_null(memmem(bytes, size, SECRET, strlen(SECRET)));
			assert_null(memmem(bytes, size, "verysecret", 10));
			fclose(file);
		}
		free(bytes);
	}
}

static void every_other_column_of_a_users_row_is_bound_too(void **state)
{
	struct fixture *fixture = *state;
	static const char *const changes[][2] = {
		{"UPDATE users SET name = 'mallory'", "UPDATE users SET name = 'alice'"},
		{"UPDATE users SET version = version + 1", "UPDATE users SET version = version - 1"},
		{"UPDATE users SET version = '1'", "UPDATE users SET version = 1"},
		{"UPDATE users SET version = 'x'", "UPDATE users SET version = 1"},
		{"UPDATE users SET locked = 1", "UPDATE users SET locked = 0"},
		{"UPDATE users SET uid = uid + 1", "UPDATE users SET uid = uid - 1"},
		{"UPDATE users SET key_id = 'ffffffff'",
			"UPDATE users SET key_id = (SELECT key_id FROM meta)"},
		{"UPDATE users SET user_id = flip(user_id, 16)", NULL},
	};

	fixture_add_user(fixture, "alice", SECRET);
	for (unsigned i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		fixture_tamper(fixture, changes[i][0]);
		if (i == 2) { /* the column's type makes a number of it again */
			assert_ok(find(fixture->reader, "alice"));
			continue;
		}
		assert_error(find(fixture->reader, i == 0 ? "mallory" : "alice"), STEPUP_CORRUPT);
		if (changes[i][1] != NULL) {
			fixture_tamper(fixture, changes[i][1]);
			assert_ok(find(fixture->reader, "alice"));
		}
	}
}

static void rows_changed_between_two_users_are_refused(void **state)
{
	struct fixture *fixture = *state;

	fixture_add_user(fixture, "alice", SECRET);
	fixture_add_user(fixture, "bob", SECRET);
	fixture_tamper(fixture, "CREATE TEMP TABLE t AS SELECT name, sealed FROM users;"
		"UPDATE users SET sealed = (SELECT sealed FROM t WHERE t.name <> users.name)");
	assert_error(find(fixture->reader, "alice"), STEPUP_CORRUPT);
	assert_error(find(fixture->reader, "bob"), STEPUP_CORRUPT);
	fixture_tamper(fixture, "CREATE TEMP TABLE t AS SELECT name, sealed FROM users;"
		"UPDATE users SET sealed = (SELECT sealed FROM t WHERE t.name <> users.name)");
	assert_ok(find(fixture->reader, "bob"));
	/* whole rows under each other's names */
	fixture_tamper(fixture, "UPDATE users SET name = 'x' WHERE name = 'alice'; "
		"UPDATE users SET name = 'alice' WHERE name = 'bob';"
		"UPDATE users SET name = 'bob' WHERE name = 'x'");
	assert_error(find(fixture->reader, "alice"), STEPUP_CORRUPT);
	assert_error(find(fixture->reader, "bob"), STEPUP_CORRUPT);
	assert_error(find(fixture->writer, "bob"), STEPUP_CORRUPT);
}

static void an_old_row_brought_back_is_refused(void **state)
{
	struct fixture *fixture = *state;

	fixture_add_user(fixture, "alice", SECRET);
	fixture_tamper(fixture, "CREATE TABLE aside.kept AS SELECT * FROM users");
	touch(fixture, "alice", true);
	fixture_tamper(fixture, "DELETE FROM users; INSERT INTO users SELECT * FROM aside.kept");
	assert_error(find(fixture->reader, "alice"), STEPUP_CORRUPT);
	assert_error(find(fixture->writer, "alice"), STEPUP_CORRUPT);
	assert_ok(store_begin(fixture->writer));
	assert_error(find(fixture->writer, "alice"), STEPUP_CORRUPT);
	store_rollback(fixture->writer);
}

static bool ignore_record(void *context, const struct user_record *record)
{
	(void)record;
	*(int *)context += 1;
	return true;
}

static void an_old_row_brought_back_is_refused_in_lists_too(void **state)
{
	struct fixture *fixture = *state;
	int seen = 0;

	fixture_add_user(fixture, "alice", SECRET);
	fixture_tamper(fixture, "CREATE TABLE aside.kept AS SELECT * FROM users");
	touch(fixture, "alice", true);
	fixture_tamper(fixture, "DELETE FROM users; INSERT INTO users SELECT * FROM aside.kept");
	assert_ok(store_user_each(fixture->reader, "", 10, ignore_record, &seen));
	assert_int_equal(seen, 0);
	assert_int_equal(store_wrong_count(fixture->store), 1);
}

static void a_version_read_once_is_the_least_from_then_on(void **state)
{
	struct fixture *fixture = *state;

	fixture_add_user(fixture, "alice", SECRET);
	fixture_tamper(fixture, "CREATE TABLE aside.kept AS SELECT * FROM users");
	touch(fixture, "alice", false);
	fixture_close(fixture); /* what was seen is forgotten */
	fixture_open(fixture);
	assert_ok(find(fixture->reader, "alice"));
	fixture_tamper(fixture, "DELETE FROM users; INSERT INTO users SELECT * FROM aside.kept");
	assert_error(find(fixture->reader, "alice"), STEPUP_CORRUPT);
}

static void a_lock_taken_out_of_the_hint_is_noticed(void **state)
{
	struct fixture *fixture = *state;

	fixture_add_user(fixture, "alice", SECRET);
	touch(fixture, "alice", true);
	fixture_tamper(fixture, "UPDATE users SET locked = 0");
	assert_error(find(fixture->reader, "alice"), STEPUP_CORRUPT);
}

static void triggers_and_views_somebody_adds_do_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *record = NULL;

	fixture_add_user(fixture, "alice", SECRET);
	fixture_tamper(fixture,
		"CREATE TRIGGER back AFTER UPDATE ON users BEGIN UPDATE users SET version = 1; END");
	touch(fixture, "alice", true);
	assert_ok(store_user_find(fixture->reader, "alice", &record));
	assert_int_equal(record->version, 2);
	user_record_free(&record);
	fixture_tamper(fixture, "DROP TRIGGER back; ALTER TABLE users RENAME TO hidden; "
		"CREATE VIEW users AS SELECT * FROM hidden");
	assert_int_not_equal(find(fixture->reader, "alice"), STEPUP_OK);
	assert_int_not_equal(find(fixture->reader, "alice"), STEPUP_NOT_FOUND);
}

/* --- invitations --- */

static void add_invitation(struct fixture *fixture, uint8_t byte, const char *user)
{
	struct invitation invitation = {.expires = 99, .by = "carol"};

	memset(invitation.digest, byte, DIGEST_SIZE);
	strcpy(invitation.user, user);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_invitation_add(fixture->writer, &invitation));
	assert_ok(store_commit(fixture->writer));
}

static enum stepup_error find_invitation(struct fixture *fixture, uint8_t byte)
{
	struct invitation invitation;
	uint8_t digest[DIGEST_SIZE];

	memset(digest, byte, sizeof(digest));
	return store_invitation_find(fixture->reader, digest, &invitation);
}

static void a_forged_or_changed_invitation_is_refused(void **state)
{
	struct fixture *fixture = *state;
	size_t size;

	add_invitation(fixture, 1, "alice");
	size = length_of(fixture, "SELECT length(sealed) FROM invitations");
	for (size_t at = 0; at < size; at++) {
		flip(fixture, "invitations", "sealed", at, 0x80);
		assert_error(find_invitation(fixture, 1), STEPUP_CORRUPT);
		flip(fixture, "invitations", "sealed", at, 0x80);
	}
	/* alice's invitation under a text that somebody else knows */
	fixture_tamper(fixture, "UPDATE invitations "
		"SET digest = x'0202020202020202020202020202020202020202020202020202020202020202'");
	assert_error(find_invitation(fixture, 2), STEPUP_CORRUPT);
	fixture_tamper(fixture, "DELETE FROM invitations; INSERT INTO invitations SELECT"
		" x'0303030303030303030303030303030303030303030303030303030303030303', key_id, "
		"zeroblob(80) FROM meta");
	assert_error(find_invitation(fixture, 3), STEPUP_CORRUPT);
}

static void a_taken_or_voided_invitation_brought_back_is_gone_all_the_same(void **state)
{
	struct fixture *fixture = *state;
	uint8_t digest[DIGEST_SIZE];

	add_invitation(fixture, 1, "alice");
	add_invitation(fixture, 2, "bob");
	fixture_tamper(fixture, "CREATE TABLE aside.kept AS SELECT * FROM invitations");
	memset(digest, 1, sizeof(digest));
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_invitation_take(fixture->writer, digest));
	assert_ok(store_invitation_void(fixture->writer, "bob", false, NULL));
	assert_ok(store_commit(fixture->writer));
	fixture_tamper(fixture, "INSERT INTO invitations SELECT * FROM aside.kept");
	assert_error(find_invitation(fixture, 1), STEPUP_CORRUPT);
	assert_error(find_invitation(fixture, 2), STEPUP_CORRUPT);
	fixture_tamper(fixture, "DELETE FROM invitations");
	assert_error(find_invitation(fixture, 1), STEPUP_NOT_FOUND);
	assert_int_equal(store_wrong_count(fixture->store), 2);
	assert_ok(store_wrong_recheck(fixture->reader));
	assert_int_equal(store_wrong_count(fixture->store), 0);
}

static void voiding_takes_unreadable_invitations_too(void **state)
{
	struct fixture *fixture = *state;

	add_invitation(fixture, 1, "alice");
	flip(fixture, "invitations", "sealed", 30, 1);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_invitation_void(fixture->writer, "bob", false, NULL));
	assert_ok(store_commit(fixture->writer));
	assert_error(find_invitation(fixture, 1), STEPUP_NOT_FOUND);
}

/* Voids bob's invitations while alice's is changed, or hidden; then puts hers back. */
static void void_meanwhile(struct fixture *fixture, const char *change, const char *back)
{
	fixture_tamper(fixture, change);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_invitation_void(fixture->writer, "bob", false, NULL));
	assert_ok(store_commit(fixture->writer));
	fixture_tamper(fixture, back);
}

static void where_an_invitation_is_changed_or_hidden_voiding_takes_all(void **state)
{
	struct fixture *fixture = *state;

	add_invitation(fixture, 1, "alice");
	void_meanwhile(fixture, "UPDATE invitations SET sealed = flip(sealed, 6)",
		"UPDATE invitations SET sealed = flip(sealed, 6)");
	assert_error(find_invitation(fixture, 1), STEPUP_NOT_FOUND);
	add_invitation(fixture, 2, "alice");
	assert_ok(find_invitation(fixture, 2)); /* new ones are good */
	void_meanwhile(fixture,
		"CREATE TABLE aside.kept AS SELECT * FROM invitations; DELETE FROM invitations",
		"INSERT INTO invitations SELECT * FROM aside.kept");
	assert_error(find_invitation(fixture, 2), STEPUP_NOT_FOUND);
}

/* --- receipts --- */

static const char jti[] = "AAAAAAAAAAAAAAAAAAAAAA";

static void add_receipt(struct fixture *fixture)
{
	struct receipt_row row = {.issued = 100, .expires = 160, .user = "alice", .audience = "export"};

	strcpy(row.jti, jti);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_receipt_add(fixture->writer, &row));
	assert_ok(store_commit(fixture->writer));
}

static enum stepup_error redeem(struct fixture *fixture)
{
	enum stepup_error error;

	assert_ok(store_begin(fixture->writer));
	error = store_receipt_redeem(fixture->writer, jti, 120, "job", 7);
	if (error == STEPUP_OK)
		assert_ok(store_commit(fixture->writer));
	else
		store_rollback(fixture->writer);
	return error;
}

static void a_redeemed_receipt_can_not_be_made_unredeemed(void **state)
{
	struct fixture *fixture = *state;
	struct receipt_row row;

	add_receipt(fixture);
	fixture_tamper(fixture, "CREATE TABLE aside.kept AS SELECT * FROM receipts");
	assert_ok(redeem(fixture));
	fixture_tamper(fixture, "UPDATE receipts SET version = 1");
	assert_error(redeem(fixture), STEPUP_CORRUPT);
	fixture_tamper(fixture, "DELETE FROM receipts; INSERT INTO receipts SELECT * FROM aside.kept");
	assert_error(redeem(fixture), STEPUP_CORRUPT);
	assert_error(store_receipt_find(fixture->reader, jti, &row), STEPUP_CORRUPT);
	fixture_tamper(fixture, "DELETE FROM receipts");
	assert_error(redeem(fixture), STEPUP_CORRUPT);
}

static void a_changed_receipt_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct receipt_row row;

	add_receipt(fixture);
	fixture_tamper(fixture, "UPDATE receipts SET expires = 99999");
	assert_error(store_receipt_find(fixture->reader, jti, &row), STEPUP_CORRUPT);
	fixture_tamper(fixture, "UPDATE receipts SET expires = 160");
	assert_ok(store_receipt_find(fixture->reader, jti, &row));
	fixture_tamper(fixture, "UPDATE receipts SET jti = 'BBBBBBBBBBBBBBBBBBBBBB'");
	assert_error(store_receipt_find(fixture->reader, "BBBBBBBBBBBBBBBBBBBBBB", &row), STEPUP_CORRUPT);
	fixture_tamper(fixture,
		"UPDATE receipts SET jti = 'AAAAAAAAAAAAAAAAAAAAAA', sealed = flip(sealed, 41)");
	assert_error(store_receipt_find(fixture->reader, jti, &row), STEPUP_CORRUPT);
	assert_error(redeem(fixture), STEPUP_CORRUPT);
}

/* --- facts, freezes, keys --- */

static void a_fact_can_not_be_changed_moved_taken_or_brought_back(void **state)
{
	struct fixture *fixture = *state;
	char value[16];

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_fact_set(fixture->writer, "colour", "red"));
	assert_ok(store_fact_set(fixture->writer, "shape", "round"));
	assert_ok(store_commit(fixture->writer));
	fixture_tamper(fixture, "CREATE TABLE aside.kept AS SELECT * FROM facts");
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_fact_set(fixture->writer, "colour", "green"));
	assert_ok(store_commit(fixture->writer));
	fixture_tamper(fixture, "UPDATE facts SET sealed = (SELECT sealed FROM aside.kept "
		"WHERE name = 'shape') WHERE name = 'colour'");
	assert_error(store_fact_get(fixture->reader, "colour", value, sizeof(value)), STEPUP_CORRUPT);
	fixture_tamper(fixture, "DELETE FROM facts; INSERT INTO facts SELECT * FROM aside.kept");
	assert_error(store_fact_get(fixture->reader, "colour", value, sizeof(value)), STEPUP_CORRUPT);
	assert_ok(store_fact_get(fixture->reader, "shape", value, sizeof(value)));
	fixture_tamper(fixture, "DELETE FROM facts WHERE name = 'shape'");
	assert_error(store_fact_get(fixture->reader, "shape", value, sizeof(value)), STEPUP_CORRUPT);
}

static bool ignore_freeze(void *context, const struct freeze *freeze)
{
	(void)freeze;
	++*(int *)context;
	return true;
}

static void a_freeze_can_not_be_taken_out(void **state)
{
	struct fixture *fixture = *state;
	struct freeze freeze = {.action = "customer.export"};
	int count = 0;

	fixture_tamper(fixture, "CREATE TABLE aside.kept AS SELECT * FROM facts");
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_freeze_add(fixture->writer, &freeze));
	assert_ok(store_commit(fixture->writer));
	fixture_tamper(fixture, "DELETE FROM facts WHERE name = '.freezes'");
	assert_error(store_freeze_each(fixture->reader, ignore_freeze, &count), STEPUP_CORRUPT);
	fixture_tamper(fixture, "INSERT INTO facts SELECT * FROM aside.kept");
	assert_error(store_freeze_each(fixture->reader, ignore_freeze, &count), STEPUP_CORRUPT);
	fixture_tamper(fixture, "DELETE FROM facts");
	assert_error(reopen(fixture), STEPUP_CORRUPT); /* nor does it start without */
	assert_int_equal(count, 0);
}

static bool ignore_key(void *context, const char *kid, const char *secret, int64_t at)
{
	(void)kid;
	(void)secret;
	(void)at;
	++*(int *)context;
	return true;
}

static void a_signing_key_can_not_be_put_in_renamed_or_used_for_something_else(void **state)
{
	struct fixture *fixture = *state;
	static const char *const changes[][2] = {
		{"UPDATE keys SET purpose = 'log'", "UPDATE keys SET purpose = 'receipt'"},
		{"UPDATE keys SET kid = 'x'", "UPDATE keys SET kid = 'k'"},
		{"UPDATE keys SET at = 9", "UPDATE keys SET at = 1"},
	};
	int count = 0;

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_key_add(fixture->writer, "receipt", "k", "secret", 1));
	assert_ok(store_commit(fixture->writer));
	for (unsigned i = 0; i < 3; i++) {
		fixture_tamper(fixture, changes[i][0]);
		assert_error(store_key_each(fixture->reader, i == 0 ? "log" : "receipt", ignore_key, &count),
			STEPUP_CORRUPT);
		fixture_tamper(fixture, changes[i][1]);
	}
	fixture_tamper(fixture,
		"INSERT INTO keys SELECT 'receipt', 'mine', 5, key_id, zeroblob(90) FROM meta");
	assert_error(store_key_each(fixture->reader, "receipt", ignore_key, &count), STEPUP_CORRUPT);
	assert_int_equal(count, 0);
}

static void rows_of_another_store_under_the_same_master_key_are_worth_nothing(void **state)
{
	struct fixture *fixture = *state, *other = fixture_new();
	char sql[512];

	fixture_add_user(fixture, "alice", SECRET);
	fixture_add_user(other, "mallory", SECRET);
	snprintf(sql, sizeof(sql), "ATTACH '%s' AS other; INSERT INTO users SELECT * FROM other.users",
		other->place);
	fixture_tamper(fixture, sql);
	assert_error(find(fixture->reader, "mallory"), STEPUP_CORRUPT);
	assert_ok(find(fixture->reader, "alice"));
	fixture_free(other);
}

/* --- log --- */

static void log_lines(struct fixture *fixture, int count)
{
	assert_ok(store_begin(fixture->writer));
	for (int i = 0; i < count; i++)
		assert_ok(fixture_log(fixture->writer, "line"));
	assert_ok(store_commit(fixture->writer));
}

static void an_entry_taken_out_of_the_middle_stops_the_start(void **state)
{
	struct fixture *fixture = *state;

	log_lines(fixture, 5);
	fixture_tamper(fixture, "DELETE FROM log_entries WHERE idx = 2");
	assert_error(reopen(fixture), STEPUP_CORRUPT);
}

static void an_entry_written_behind_our_back_stops_the_log(void **state)
{
	struct fixture *fixture = *state;

	log_lines(fixture, 2);
	fixture_tamper(fixture, "INSERT INTO log_entries VALUES (2, '{}', NULL)");
	assert_ok(store_begin(fixture->writer));
	assert_ok(fixture_log(fixture->writer, "mine"));
	assert_error(store_commit(fixture->writer), STEPUP_CORRUPT);
}

static void a_changed_entry_changes_the_root(void **state)
{
	struct fixture *fixture = *state;
	uint8_t before[DIGEST_SIZE], after[DIGEST_SIZE];

	log_lines(fixture, 5);
	assert_ok(store_log_root_at(fixture->reader, 5, before));
	fixture_tamper(fixture,
		"UPDATE log_entries SET entry = replace(entry, 'line', 'lime') WHERE idx = 3");
	assert_ok(store_log_root_at(fixture->reader, 5, after));
	assert_memory_not_equal(before, after, DIGEST_SIZE);
}

static void a_changed_checkpoint_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct merkle_tree tree;
	int64_t size;
	char *note = NULL;
	static const char *const changes[][2] = {
		{"UPDATE checkpoints SET size = 4", "UPDATE checkpoints SET size = 5"},
		{"UPDATE checkpoints SET note = 'forged'", "UPDATE checkpoints SET note = 'note'"},
		{"UPDATE checkpoints SET at = 2", "UPDATE checkpoints SET at = 1"},
	};

	log_lines(fixture, 5);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_log_tree(fixture->writer, &tree));
	assert_ok(store_log_checkpoint_add(fixture->writer, &tree, 1, "note"));
	assert_ok(store_commit(fixture->writer));
	for (unsigned i = 0; i < 3; i++) {
		fixture_tamper(fixture, changes[i][0]);
		assert_error(store_log_checkpoint_newest(fixture->reader, &size, &note), STEPUP_CORRUPT);
		assert_null(note);
		fixture_tamper(fixture, changes[i][1]);
	}
	assert_ok(store_log_checkpoint_newest(fixture->reader, &size, &note));
	free(note);
	fixture_tamper(fixture, changes[0][0]);
	assert_error(reopen(fixture), STEPUP_CORRUPT);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

static const struct CMUnitTest tests[] = {
	STORE_TEST(every_changed_byte_of_a_users_row_is_refused),
	STORE_TEST(no_secret_stands_in_the_files),
	STORE_TEST(every_other_column_of_a_users_row_is_bound_too),
	STORE_TEST(rows_changed_between_two_users_are_refused),
	STORE_TEST(an_old_row_brought_back_is_refused),
	STORE_TEST(an_old_row_brought_back_is_refused_in_lists_too),
	STORE_TEST(a_version_read_once_is_the_least_from_then_on),
	STORE_TEST(a_lock_taken_out_of_the_hint_is_noticed),
	STORE_TEST(triggers_and_views_somebody_adds_do_nothing),
	STORE_TEST(a_forged_or_changed_invitation_is_refused),
	STORE_TEST(a_taken_or_voided_invitation_brought_back_is_gone_all_the_same),
	STORE_TEST(voiding_takes_unreadable_invitations_too),
	STORE_TEST(where_an_invitation_is_changed_or_hidden_voiding_takes_all),
	STORE_TEST(a_redeemed_receipt_can_not_be_made_unredeemed),
	STORE_TEST(a_changed_receipt_is_refused),
	STORE_TEST(a_fact_can_not_be_changed_moved_taken_or_brought_back),
	STORE_TEST(a_freeze_can_not_be_taken_out),
	STORE_TEST(a_signing_key_can_not_be_put_in_renamed_or_used_for_something_else),
	STORE_TEST(rows_of_another_store_under_the_same_master_key_are_worth_nothing),
	STORE_TEST(an_entry_taken_out_of_the_middle_stops_the_start),
	STORE_TEST(an_entry_written_behind_our_back_stops_the_log),
	STORE_TEST(a_changed_entry_changes_the_root),
	STORE_TEST(a_changed_checkpoint_is_refused),
};

TAP_MAIN(tests)
