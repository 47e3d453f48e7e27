/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vault (verifier/state/store/store_vault.h) against somebody who writes the database: over a restart,
 * while running, and where a row had not been read since the start. What was brought back, taken out, added
 * or changed is noticed, and with the right row in its place nothing is wrong any more.
 */
#include "tests/unit/store/store_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>

#include "verifier/state/store/store_internal.h"
#include "verifier/state/store/store_mark.h"

#define SECRET "0123456789abcdef0123"
#define JTI "AAAAAAAAAAAAAAAAAAAAAA"
#define EVENT (1U << STORE_EVENT_ALERT)

static const uint8_t invited[DIGEST_SIZE] = {5};
static char asked[REQUEST_ID_SIZE];

static unsigned filter(void *context, const json_t *entry)
{
	(void)context;
	return (unsigned)json_integer_value(json_object_get(entry, "events"));
}

static void turn(void *context, unsigned depth)
{
	(void)context;
	(void)depth;
}

static void watch(struct fixture *fixture)
{
	store_events_watch(fixture->store,
		&(struct store_event_watch){.filter = filter, .begun = turn, .undone = turn});
}

static struct key_credential key_of(uint8_t byte)
{
	struct key_credential key = {.algorithm = KEY_ES256, .public_key_size = 64, .id_size = 48};

	memset(key.public_key, byte, key.public_key_size);
	memset(key.id, byte, key.id_size);
	return key;
}

/* Saves a user once more, locked or not. */
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

static enum stepup_error find_user(struct store_session *session, const char *name)
{
	struct user_record *record = NULL;
	enum stepup_error error = store_user_find(session, name, &record);

	user_record_free(&record);
	return error;
}

/* Something in every table, then one step on: a lock, a redemption, an agreement used, an invitation taken,
 * an event told. What stood before that is kept aside as before_TABLE, what stands now as now_TABLE. */
static void keep(struct fixture *fixture, const char *when)
{
	char sql[256];

	for (unsigned i = 0; i < VAULT_COUNT; i++) {
		snprintf(sql, sizeof(sql), "CREATE TABLE aside.%s_%s AS SELECT * FROM %s", when,
			vault_tables[i].name, vault_tables[i].name);
		fixture_tamper(fixture, sql);
	}
}

static void fill(struct fixture *fixture)
{
	const struct key_credential key = key_of(3);
	const struct key_owner owner = {.user_id = {1}, .credential = "C-alice"};
	struct approval_request request = {.state = REQUEST_REQUESTED, .uid = 1000, .requested = 100,
		.expires = 700, .user = "alice", .action = "x"};
	struct receipt_row receipt = {
		.jti = JTI, .issued = 100, .expires = 160, .user = "alice", .audience = "export"};
	struct invitation invitation = {.user = "carol", .by = "alice", .expires = 99};
	struct event_row event;
	int64_t index;

	watch(fixture);
	fixture_add_user(fixture, "alice", SECRET);
	fixture_add_user(fixture, "bob", SECRET);
	assert_ok(request_id_make(request.id));
	strcpy(asked, request.id);
	request.details = strdup("{}");
	request.prompt = strdup("Export");
	memcpy(invitation.digest, invited, DIGEST_SIZE);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_key_id_add(fixture->writer, &key, &owner));
	assert_ok(store_request_add(fixture->writer, &request));
	assert_ok(store_receipt_add(fixture->writer, &receipt));
	assert_ok(store_invitation_add(fixture->writer, &invitation));
	assert_ok(store_fact_set(fixture->writer, "colour", "red"));
	assert_ok(store_key_add(fixture->writer, "receipt", "old", "secret", 1));
	assert_ok(store_log_append(fixture->writer, json_pack("{s:i, s:i}", "events", (int)EVENT, "at", 50),
			NULL, NULL, &index));
	assert_ok(store_commit(fixture->writer));
	keep(fixture, "before");
	touch(fixture, "alice", true);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_receipt_redeem(fixture->writer, JTI, 120, "job", 7));
	assert_ok(store_request_move(fixture->writer, &request, REQUEST_APPROVED));
	assert_ok(store_request_move(fixture->writer, &request, REQUEST_CONSUMED));
	assert_ok(store_invitation_take(fixture->writer, invited));
	assert_ok(store_fact_set(fixture->writer, "colour", "green"));
	assert_ok(store_key_add(fixture->writer, "receipt", "new", "secret", 2));
	assert_ok(store_event_first(fixture->writer, &event));
	assert_ok(store_event_remove(fixture->writer, &event));
	assert_ok(store_log_append(fixture->writer, json_pack("{s:i, s:i}", "events", (int)EVENT, "at", 60),
			NULL, NULL, &index));
	assert_ok(store_commit(fixture->writer));
	approval_request_clear(&request);
	keep(fixture, "now");
}

static bool count_user(void *context, const struct user_record *record)
{
	(void)record;
	++*(int *)context;
	return true;
}

static bool ignore_key(void *context, const char *kid, const char *secret, int64_t at)
{
	(void)secret;
	(void)at;
	snprintf(context, 16, "%s", kid);
	return false;
}

/* --- reads, each as the verifier does it --- */

static enum stepup_error read_user(struct fixture *fixture)
{
	return find_user(fixture->reader, "alice");
}

static enum stepup_error read_key_id(struct fixture *fixture)
{
	const struct key_credential key = key_of(3);
	struct key_owner owner;

	return store_key_id_find(fixture->reader, &key, &owner);
}

static enum stepup_error read_receipt(struct fixture *fixture)
{
	struct receipt_row row;

	return store_receipt_find(fixture->reader, JTI, &row);
}

static enum stepup_error read_request(struct fixture *fixture)
{
	struct approval_request request;
	enum stepup_error error = store_request_find(fixture->reader, asked, &request);

	if (error == STEPUP_OK)
		approval_request_clear(&request);
	return error;
}

static enum stepup_error read_invitation(struct fixture *fixture)
{
	struct invitation invitation;

	return store_invitation_find(fixture->reader, invited, &invitation);
}

static enum stepup_error read_fact(struct fixture *fixture)
{
	char value[16];

	return store_fact_get(fixture->reader, "colour", value, sizeof(value));
}

static enum stepup_error read_key(struct fixture *fixture)
{
	char kid[16] = "";

	return store_key_each(fixture->reader, "receipt", ignore_key, kid);
}

/* The events that there are are told whatever becomes of others; what is wrong is noted. */
static enum stepup_error read_event(struct fixture *fixture)
{
	struct event_row row;
	enum stepup_error error = store_event_first(fixture->reader, &row);

	return store_wrong_count(fixture->store) > 0 ? STEPUP_CORRUPT : error;
}

/* What somebody does to each table, and who notices. `right`: what the read says of the right rows. */
static const struct act {
	const char *table;
	enum stepup_error (*read)(struct fixture *fixture);
	enum stepup_error right;
} acts[] = {
	{"users", read_user, STEPUP_OK},
	{"key_ids", read_key_id, STEPUP_OK},
	{"receipts", read_receipt, STEPUP_OK},
	{"requests", read_request, STEPUP_OK},
	{"invitations", read_invitation, STEPUP_NOT_FOUND},
	{"facts", read_fact, STEPUP_OK},
	{"keys", read_key, STEPUP_OK},
	{"events", read_event, STEPUP_OK},
};
#define ACTS (sizeof(acts) / sizeof(acts[0]))

static void put_rows(struct fixture *fixture, const char *table, const char *when)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "DELETE FROM %s; INSERT INTO %s SELECT * FROM aside.%s_%s", table, table,
		when, table);
	fixture_tamper(fixture, sql);
}

static void take_rows(struct fixture *fixture, const char *table)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "DELETE FROM %s", table);
	fixture_tamper(fixture, sql);
}

static void assert_no_start(struct fixture *fixture, const char *doing)
{
	char *why = NULL;
	enum stepup_error error = store_open(fixture->url, fixture->key, &fixture->store, &why);

	if (error != STEPUP_CORRUPT || why == NULL ||
	    strstr(why, "Nothing was changed and nothing is approved") == NULL)
		fail_msg("%s: %s, %s", doing, stepup_error_name(error), why != NULL ? why : "");
	free(why);
}

/* Over a restart. */
static void rows_of_before_or_taken_out_stop_the_start_and_the_right_ones_do_not(void **state)
{
	struct fixture *fixture = *state;

	fill(fixture);
	fixture_close(fixture);
	for (size_t i = 0; i < ACTS; i++) {
		if (strcmp(acts[i].table, "key_ids") != 0) { /* those stand for ever */
			put_rows(fixture, acts[i].table, "before");
			assert_no_start(fixture, acts[i].table);
		}
		if (strcmp(acts[i].table, "invitations") != 0) { /* there are none now */
			take_rows(fixture, acts[i].table);
			assert_no_start(fixture, acts[i].table);
		}
		put_rows(fixture, acts[i].table, "now");
		fixture_open(fixture);
		watch(fixture);
		assert_error(acts[i].read(fixture), acts[i].right);
		fixture_close(fixture);
	}
	fixture_open(fixture);
}

/* While running, the row unread since the start. */
static void rows_of_before_or_taken_out_are_noticed_while_running(void **state)
{
	struct fixture *fixture = *state;

	fill(fixture);
	for (size_t i = 0; i < ACTS; i++)
		for (unsigned taken = 0; taken < 2; taken++) {
			if ((strcmp(acts[i].table, "key_ids") == 0 && !taken) ||
			    (strcmp(acts[i].table, "invitations") == 0 && taken))
				continue;
			fixture_close(fixture);
			fixture_open(fixture);
			watch(fixture);
			if (taken)
				take_rows(fixture, acts[i].table);
			else
				put_rows(fixture, acts[i].table, "before");
			if (acts[i].read(fixture) != STEPUP_CORRUPT || store_wrong_count(fixture->store) == 0)
				fail_msg("%s %s", acts[i].table, taken ? "taken out" : "of before");
			if (strcmp(acts[i].table, "users") != 0)
				assert_ok(find_user(fixture->reader, "bob")); /* everybody else goes on */
			put_rows(fixture, acts[i].table, "now");
			assert_ok(store_wrong_recheck(fixture->reader));
			assert_int_equal(store_wrong_count(fixture->store), 0);
			assert_error(acts[i].read(fixture), acts[i].right);
		}
}

static void one_row_of_before_is_told_once_and_keeps_nobody_else(void **state)
{
	struct fixture *fixture = *state;
	struct store_wrong wrong;

	fill(fixture);
	fixture_tamper(fixture, "DELETE FROM users WHERE name = 'alice'; "
		"INSERT INTO users SELECT * FROM aside.before_users WHERE name = 'alice'");
	for (int i = 0; i < 3; i++)
		assert_error(find_user(fixture->reader, "alice"), STEPUP_CORRUPT);
	assert_ok(find_user(fixture->reader, "bob"));
	assert_true(store_wrong_untold(fixture->store, &wrong));
	assert_string_equal(wrong.table, "users");
	assert_string_equal(wrong.name, "alice");
	assert_true(wrong.is_user && !wrong.list);
	assert_int_equal(wrong.found, 1);
	assert_int_equal(wrong.known, 2);
	assert_false(store_wrong_untold(fixture->store, &wrong));
	assert_ok(store_begin(fixture->writer));
	assert_error(find_user(fixture->writer, "alice"), STEPUP_CORRUPT); /* nor in the writer's eyes */
	store_rollback(fixture->writer);
}

/* A locked user is never somebody who has no record. */
static void a_locked_user_who_is_gone_renamed_or_another_is_not_nobody(void **state)
{
	struct fixture *fixture = *state;
	static const char *const acts_on_her[] = {"DELETE FROM users WHERE name = 'alice'",
		"UPDATE users SET name = 'alicia' WHERE name = 'alice'",
		"UPDATE users SET user_id = flip(user_id, 16) WHERE name = 'alice'",
		"UPDATE users SET uid = 77 WHERE name = 'alice'"};

	fill(fixture);
	for (size_t i = 0; i < sizeof(acts_on_her) / sizeof(acts_on_her[0]); i++) {
		fixture_tamper(fixture, acts_on_her[i]);
		assert_error(find_user(fixture->reader, "alice"), STEPUP_CORRUPT);
		if (i == 1) /* and nobody is enrolled under the other name */
			assert_error(find_user(fixture->reader, "alicia"), STEPUP_CORRUPT);
		put_rows(fixture, "users", "now");
		assert_ok(find_user(fixture->reader, "alice"));
	}
}

/* One page, changed in the file itself: that of an index, where the table is content and only the memory
 * knows, or that of a table. */
static void rename_in_page(struct fixture *fixture, const char *root, const char *name, const char *to)
{
	uint8_t page[4096], *found;
	sqlite3 *handle = NULL;
	sqlite3_stmt *statement = NULL;
	off_t at;
	int fd;

	assert_int_equal(sqlite3_open(fixture->place, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(handle, "SELECT rootpage FROM sqlite_schema WHERE name = ?", -1,
			&statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_bind_text(statement, 1, root, -1, SQLITE_STATIC), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	at = (off_t)(sqlite3_column_int64(statement, 0) - 1) * (off_t)sizeof(page);
	sqlite3_finalize(statement);
	sqlite3_close(handle);
	fd = open(fixture->place, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, page, sizeof(page), at), sizeof(page));
	found = memmem(page, sizeof(page), name, strlen(name));
	assert_non_null(found);
	memcpy(found, to, strlen(name));
	assert_int_equal(pwrite(fd, page, sizeof(page), at), sizeof(page));
	close(fd);
}

static void a_row_that_its_index_hides_is_not_nobody(void **state)
{
	struct fixture *fixture = *state;

	fill(fixture);
	assert_ok(store_checkpoint_wal(fixture->store));
	store_session_close(&fixture->reader);
	rename_in_page(fixture, "sqlite_autoindex_users_2", "alice", "alicf");
	assert_ok(store_session_open(fixture->store, false, &fixture->reader));
	assert_error(find_user(fixture->reader, "alice"), STEPUP_CORRUPT);
	assert_error(find_user(fixture->reader, "alicf"), STEPUP_CORRUPT);
}

static void a_key_that_was_forgotten_is_enrolled_by_nobody(void **state)
{
	struct fixture *fixture = *state;
	const struct key_credential key = key_of(3);
	const struct key_owner mallory = {.user_id = {9}, .credential = "C-mallory"};

	fill(fixture);
	take_rows(fixture, "key_ids");
	assert_ok(store_begin(fixture->writer));
	assert_error(store_key_id_add(fixture->writer, &key, &mallory), STEPUP_CORRUPT);
	store_rollback(fixture->writer);
	assert_error(read_key_id(fixture), STEPUP_CORRUPT);
}

/* A row that stands where a new one is to go is no "it is there already". */
static void a_row_that_nobody_wrote_is_not_taken_for_one(void **state)
{
	struct fixture *fixture = *state;
	const struct key_credential key = key_of(8);
	const struct key_owner owner = {.user_id = {1}, .credential = "C-alice"};

	fill(fixture);
	assert_ok(store_begin(fixture->writer)); /* so that the digest of the key is one of this store's */
	assert_ok(store_key_id_add(fixture->writer, &key, &owner));
	assert_ok(store_commit(fixture->writer));
	fixture_tamper(fixture, "CREATE TABLE aside.later AS SELECT * FROM key_ids");
	fixture_close(fixture);
	fixture_tamper(fixture,
		"DELETE FROM key_ids WHERE digest NOT IN (SELECT digest FROM aside.now_key_ids)");
	assert_no_start(fixture, "a key taken out");
	assert_ok(store_open_so(&(struct store_opening){.url = fixture->url, .key = fixture->key,
				.as_found = true}, &fixture->store, &(char *){NULL}));
	assert_ok(store_session_open(fixture->store, true, &fixture->writer));
	assert_ok(store_session_open(fixture->store, false, &fixture->reader));
	put_rows(fixture, "key_ids", "now");
	fixture_tamper(fixture, "INSERT INTO key_ids SELECT * FROM aside.later WHERE digest NOT IN "
		"(SELECT digest FROM key_ids)");
	assert_ok(store_begin(fixture->writer));
	assert_error(store_key_id_add(fixture->writer, &key, &owner), STEPUP_CORRUPT);
	store_rollback(fixture->writer);
}

static void what_is_listed_or_counted_is_what_the_memory_counts(void **state)
{
	struct fixture *fixture = *state;
	struct store_wrong wrong;
	int64_t count;
	int seen = 0;

	fill(fixture);
	assert_ok(store_user_each_locked(fixture->reader, count_user, &seen));
	assert_int_equal(seen, 1);
	fixture_tamper(fixture, "UPDATE users SET locked = 0");
	assert_error(store_user_each_locked(fixture->reader, count_user, &seen), STEPUP_CORRUPT);
	assert_true(store_wrong_untold(fixture->store, &wrong));
	assert_true(wrong.list);
	fixture_tamper(fixture, "UPDATE users SET locked = 1 WHERE name = 'alice'");
	assert_ok(store_wrong_recheck(fixture->reader));
	assert_int_equal(store_wrong_count(fixture->store), 0);
	fixture_tamper(fixture, "DELETE FROM users WHERE name = 'bob'");
	assert_error(store_user_count(fixture->reader, &count), STEPUP_CORRUPT);
}

static void a_hint_that_was_moved_stops_the_start(void **state)
{
	struct fixture *fixture = *state;
	static const char *const moves[][2] = {
		{"UPDATE users SET locked = 0 WHERE name = 'alice'",
			"UPDATE users SET locked = 1 WHERE name = 'alice'"},
		{"UPDATE requests SET open = 1", "UPDATE requests SET open = 0"},
		{"UPDATE requests SET expires = expires + 1", "UPDATE requests SET expires = expires - 1"},
		{"UPDATE receipts SET expires = expires + 1", "UPDATE receipts SET expires = expires - 1"},
		{"UPDATE events SET at = at + 1", "UPDATE events SET at = at - 1"},
		{"UPDATE log_entries SET head = NULL", NULL},
	};

	fill(fixture);
	fixture_close(fixture);
	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		fixture_tamper(fixture, moves[i][0]);
		assert_no_start(fixture, moves[i][0]);
		if (moves[i][1] == NULL)
			break;
		fixture_tamper(fixture, moves[i][1]);
		fixture_open(fixture);
		fixture_close(fixture);
	}
}

static void a_schema_that_grew_stops_the_start(void **state)
{
	struct fixture *fixture = *state;
	static const char *const additions[][2] = {{"CREATE TABLE more (x)", "DROP TABLE more"},
		{"CREATE INDEX more ON users (version)", "DROP INDEX more"},
		{"CREATE TRIGGER more AFTER UPDATE ON users BEGIN SELECT 1; END", "DROP TRIGGER more"},
			{"CREATE VIEW more AS SELECT 1", "DROP VIEW more"}};

	fill(fixture);
	fixture_close(fixture);
	for (size_t i = 0; i < sizeof(additions) / sizeof(additions[0]); i++) {
		fixture_tamper(fixture, additions[i][0]);
		assert_no_start(fixture, additions[i][0]);
		fixture_tamper(fixture, additions[i][1]);
		fixture_open(fixture);
		fixture_close(fixture);
	}
}

/* The unique index is content, for its page was left as it was. */
static void a_key_that_comes_twice_stops_the_start(void **state)
{
	struct fixture *fixture = *state;
	char *why = NULL;

	fixture_add_user(fixture, "alice", SECRET);
	fixture_add_user(fixture, "clara", SECRET);
	assert_ok(store_checkpoint_wal(fixture->store));
	fixture_close(fixture);
	rename_in_page(fixture, "users", "clara", "alice");
	assert_error(store_open(fixture->url, fixture->key, &fixture->store, &why), STEPUP_CORRUPT);
	if (strstr(why, "two rows under one key, or a row that this verifier never wrote, "
		    "stand in its table users.") == NULL)
		fail_msg("%s", why);
	free(why);
}

/* --- the check while running --- */

static void a_whole_check_finds_what_nobody_has_read(void **state)
{
	struct fixture *fixture = *state;
	struct store_checked checked;
	struct store_wrong wrong;

	fill(fixture);
	assert_ok(store_check(fixture->reader, &checked));
	assert_true(checked.fits);
	assert_true(checked.rows > 8);
	fixture_tamper(fixture, "DELETE FROM users WHERE name = 'alice'; "
		"INSERT INTO users SELECT * FROM aside.before_users WHERE name = 'alice'");
	assert_ok(store_check(fixture->reader, &checked));
	assert_false(checked.fits);
	assert_true(store_wrong_untold(fixture->store, &wrong));
	assert_string_equal(wrong.name, "alice");
	put_rows(fixture, "users", "now");
	assert_ok(store_wrong_recheck(fixture->reader));
	assert_int_equal(store_wrong_count(fixture->store), 0);
	fixture_tamper(fixture, "DELETE FROM key_ids");
	assert_ok(store_check(fixture->reader, &checked));
	assert_false(checked.fits);
	assert_true(store_wrong_untold(fixture->store, &wrong));
	assert_string_equal(wrong.table, "key_ids");
	put_rows(fixture, "key_ids", "now");
	assert_ok(store_check(fixture->reader, &checked));
	assert_true(checked.fits);
}

/* --- transactions that are undone --- */

static enum stepup_error one_job(struct fixture *fixture, unsigned number)
{
	struct user_record *record = NULL;
	char name[16], value[16];
	enum stepup_error error;

	snprintf(name, sizeof(name), "u%u", number % 5);
	snprintf(value, sizeof(value), "%u", number);
	error = store_user_find(fixture->writer, name, &record);
	if (error == STEPUP_NOT_FOUND) {
		record = fixture_user(name, SECRET);
		error = STEPUP_OK;
	}
	record->uid = 1000 + number % 3;
	record->lock.locked = number % 7 == 0;
	if (error == STEPUP_OK && number % 2 == 0)
		error = fixture_log(fixture->writer, value);
	if (error == STEPUP_OK)
		error = store_user_save(fixture->writer, record);
	if (error == STEPUP_OK && number % 3 == 0)
		error = store_fact_set(fixture->writer, name, value);
	user_record_free(&record);
	return error == STEPUP_OK && number % 4 == 1 ? STEPUP_CANCELLED : error;
}

static void sums_are_those_of_a_scan_after_every_commit_whichever_jobs_fail(void **state)
{
	struct fixture *fixture = *state;
	struct store_checked checked;
	struct store_head before, after;
	unsigned number = 0;

	for (unsigned batch = 0; batch < 60; batch++) {
		store_head_now(fixture->store, &before);
		assert_ok(store_begin(fixture->writer));
		for (unsigned job = 0; job < 1 + batch % 8; job++) {
			assert_ok(store_savepoint(fixture->writer));
			if (one_job(fixture, number++ * 2654435761U >> 16) == STEPUP_OK)
				assert_ok(store_release(fixture->writer));
			else
				store_rollback_to(fixture->writer);
		}
		if (batch % 5 == 4)
			store_rollback(fixture->writer);
		else
			assert_ok(store_commit(fixture->writer));
		store_head_now(fixture->store, &after);
		if (batch % 5 == 4)
			assert_memory_equal(&before, &after, sizeof(before));
		assert_ok(store_check(fixture->reader, &checked));
		if (!checked.fits)
			fail_msg("batch %u", batch);
	}
	assert_int_equal(store_wrong_count(fixture->store), 0);
	fixture_close(fixture);
	fixture_open(fixture);
}

/* --- while others write --- */

#define WRITES 400

struct reading {
	struct fixture *fixture;
	_Atomic bool over;
	long wrong, reads;
};

/* A reader's own session, on its own thread. */
static void *read_on(void *context)
{
	struct reading *reading = context;
	struct store_session *session = NULL;

	if (store_session_open(reading->fixture->store, false, &session) != STEPUP_OK) {
		reading->wrong++;
		return NULL;
	}
	while (!reading->over) {
		int seen = 0;

		reading->wrong += find_user(session, "alice") != STEPUP_OK;
		reading->wrong += store_user_each_locked(session, count_user, &seen) != STEPUP_OK;
		reading->wrong += store_user_each_of_uid(session, 1000, count_user, &seen) != STEPUP_OK;
		reading->reads++;
	}
	store_session_close(&session);
	return NULL;
}

static void who_reads_while_others_write_finds_nothing_wrong(void **state)
{
	struct reading reading = {.fixture = *state};
	pthread_t thread;

	fixture_add_user(reading.fixture, "alice", SECRET);
	assert_int_equal(pthread_create(&thread, NULL, read_on, &reading), 0);
	for (int i = 0; i < WRITES; i++)
		touch(reading.fixture, "alice", i % 2 == 0);
	reading.over = true;
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(reading.wrong, 0);
	assert_int_equal(store_wrong_count(reading.fixture->store), 0);
}

/* An account's records, by its uid, whichever of them came, went or moved. */
static void the_records_of_an_account_are_all_or_an_error(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *record = fixture_user("alias", SECRET);
	int seen = 0;

	fixture_add_user(fixture, "alice", SECRET);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_user_save(fixture->writer, record));
	assert_ok(store_commit(fixture->writer));
	user_record_free(&record);
	assert_ok(store_user_each_of_uid(fixture->reader, 1000, count_user, &seen));
	assert_int_equal(seen, 2);
	assert_ok(store_user_each_of_uid(fixture->reader, 1001, count_user, &seen));
	assert_int_equal(seen, 2);
	fixture_tamper(fixture,
		"CREATE TABLE aside.kept AS SELECT * FROM users; DELETE FROM users WHERE name = 'alias'");
	assert_error(store_user_each_of_uid(fixture->reader, 1000, count_user, &seen), STEPUP_CORRUPT);
	fixture_tamper(fixture, "DELETE FROM users; INSERT INTO users SELECT * FROM aside.kept");
	assert_ok(store_wrong_recheck(fixture->reader));
	assert_int_equal(store_wrong_count(fixture->store), 0);
	fixture_tamper(fixture, "UPDATE users SET uid = 1001 WHERE name = 'alias'");
	assert_error(store_user_each_of_uid(fixture->reader, 1000, count_user, &seen), STEPUP_CORRUPT);
	assert_error(store_user_each_of_uid(fixture->reader, 1001, count_user, &seen), STEPUP_CORRUPT);
}

/* --- the mark --- */

/* The descriptor under which this process has a file open. */
static int descriptor_of(const char *path)
{
	char link[64], target[256];

	for (int fd = 3; fd < 256; fd++) {
		ssize_t size;

		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		size = readlink(link, target, sizeof(target) - 1);
		if (size > 0 && (target[size] = '\0', strcmp(target, path) == 0))
			return fd;
	}
	return -1;
}

static void what_the_mark_could_not_be_told_is_not_committed_for_anybody(void **state)
{
	struct fixture *fixture = *state;
	char path[160], *why = NULL;
	struct store_head head, marked;
	int64_t seen;
	int fd, kept, full;

	snprintf(path, sizeof(path), "%s/mark", fixture->folder);
	assert_ok(store_mark_make(fixture->store, fixture->key, path, &why));
	fixture_add_user(fixture, "alice", SECRET);
	store_head_now(fixture->store, &head);
	assert_true(store_mark_head(fixture->store, &marked, &seen));
	assert_int_equal(marked.batch, head.batch);
	fd = descriptor_of(path);
	assert_true(fd >= 0);
	kept = dup(fd);
	full = open("/dev/full", O_RDWR | O_CLOEXEC);
	assert_true(kept >= 0 && full >= 0 && dup2(full, fd) == fd);
	assert_ok(store_begin(fixture->writer));
	assert_ok(fixture_log(fixture->writer, "one"));
	assert_error(store_commit(fixture->writer), STEPUP_IO);
	assert_error(store_begin(fixture->writer), STEPUP_IO); /* and nothing goes further ahead of it */
	assert_string_equal(store_trouble(fixture->writer), "the mark can't be written");
	assert_int_equal(dup2(kept, fd), fd);
	assert_ok(store_begin(fixture->writer));
	assert_ok(fixture_log(fixture->writer, "two"));
	assert_ok(store_commit(fixture->writer));
	store_head_now(fixture->store, &head);
	assert_true(store_mark_head(fixture->store, &marked, &seen));
	assert_memory_equal(&marked, &head, sizeof(head));
	close(kept);
	close(full);
}

/* Killed between commit and mark, they are as far apart as their times: the mark's is of the beginning. */
static void a_clock_that_is_set_within_a_transaction_leaves_its_head_by_the_mark(void **state)
{
	struct fixture *fixture = *state;
	struct store_head head;
	int64_t began;

	assert_ok(store_begin(fixture->writer));
	fixture->writer->at -= 400; /* what it was, by a clock that was set ahead since */
	began = fixture->writer->at;
	assert_ok(fixture_log(fixture->writer, "one"));
	assert_ok(store_commit(fixture->writer));
	store_head_now(fixture->store, &head);
	assert_int_equal(head.at, began);
	assert_ok(store_begin(fixture->writer));
	assert_true(fixture->writer->at >= began + 400);
	store_rollback(fixture->writer);
}

static void a_start_names_the_table_that_was_changed(void **state)
{
	struct fixture *fixture = *state;
	struct store_opening opening = {.url = fixture->url, .key = fixture->key};
	char path[160], *why = NULL;

	snprintf(path, sizeof(path), "%s/mark", fixture->folder);
	assert_ok(store_mark_make(fixture->store, fixture->key, path, &why));
	fill(fixture);
	assert_ok(store_stop_clean(fixture->writer));
	assert_ok(store_mark_tables(fixture->writer));
	fixture_close(fixture);
	fixture_tamper(fixture, "UPDATE users SET locked = 0");
	opening.mark = path;
	assert_error(store_open_so(&opening, &fixture->store, &why), STEPUP_CORRUPT);
	if (strstr(why, "rows of users are not those that this verifier left at ") == NULL)
		fail_msg("%s", why);
	free(why);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

static const struct CMUnitTest tests[] = {
	STORE_TEST(rows_of_before_or_taken_out_stop_the_start_and_the_right_ones_do_not),
	STORE_TEST(rows_of_before_or_taken_out_are_noticed_while_running),
	STORE_TEST(one_row_of_before_is_told_once_and_keeps_nobody_else),
	STORE_TEST(a_locked_user_who_is_gone_renamed_or_another_is_not_nobody),
	STORE_TEST(a_row_that_its_index_hides_is_not_nobody),
	STORE_TEST(a_key_that_was_forgotten_is_enrolled_by_nobody),
	STORE_TEST(a_row_that_nobody_wrote_is_not_taken_for_one),
	STORE_TEST(what_is_listed_or_counted_is_what_the_memory_counts),
	STORE_TEST(a_hint_that_was_moved_stops_the_start),
	STORE_TEST(a_schema_that_grew_stops_the_start),
	STORE_TEST(a_key_that_comes_twice_stops_the_start),
	STORE_TEST(a_whole_check_finds_what_nobody_has_read),
	STORE_TEST(sums_are_those_of_a_scan_after_every_commit_whichever_jobs_fail),
	STORE_TEST(who_reads_while_others_write_finds_nothing_wrong),
	STORE_TEST(the_records_of_an_account_are_all_or_an_error),
	STORE_TEST(what_the_mark_could_not_be_told_is_not_committed_for_anybody),
	STORE_TEST(a_clock_that_is_set_within_a_transaction_leaves_its_head_by_the_mark),
	STORE_TEST(a_start_names_the_table_that_was_changed),
};

TAP_MAIN(tests)
