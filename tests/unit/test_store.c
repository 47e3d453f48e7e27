/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the store keeps, gives back and takes back: every typed function, commits, rollbacks, savepoints.
 */
#include "lib/log_beside.h"
#include "tests/unit/store_fixture.h"

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

/* --- invitations, facts, freezes --- */

static void add_invitation(struct fixture *fixture, uint8_t byte, const char *user)
{
	struct invitation invitation = {.expires = 99};

	memset(invitation.digest, byte, DIGEST_SIZE);
	strcpy(invitation.user, user);
	strcpy(invitation.by, "carol");
	invitation.first = byte == 3;
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_invitation_add(fixture->writer, &invitation));
	assert_ok(store_commit(fixture->writer));
}

static void an_invitation_is_taken_once(void **state)
{
	struct fixture *fixture = *state;
	struct invitation invitation;
	uint8_t digest[DIGEST_SIZE];

	memset(digest, 3, sizeof(digest));
	add_invitation(fixture, 3, "alice");
	assert_ok(store_invitation_find(fixture->reader, digest, &invitation));
	assert_string_equal(invitation.user, "alice");
	assert_string_equal(invitation.by, "carol");
	assert_int_equal(invitation.expires, 99);
	assert_true(invitation.first);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_invitation_take(fixture->writer, digest));
	store_rollback(fixture->writer);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_invitation_take(fixture->writer, digest));
	assert_error(store_invitation_take(fixture->writer, digest), STEPUP_NOT_FOUND);
	assert_error(store_invitation_find(fixture->writer, digest, &invitation), STEPUP_NOT_FOUND);
	assert_ok(store_commit(fixture->writer));
	assert_error(store_invitation_find(fixture->reader, digest, &invitation), STEPUP_NOT_FOUND);
	assert_ok(store_begin(fixture->writer));
	assert_error(store_invitation_take(fixture->writer, digest), STEPUP_NOT_FOUND);
	store_rollback(fixture->writer);
}

static void invitations_of_one_user_or_of_all_are_voided(void **state)
{
	struct fixture *fixture = *state;
	struct invitation invitation;
	uint8_t digest[DIGEST_SIZE];

	for (uint8_t i = 1; i <= 130; i++)
		add_invitation(fixture, i, i % 2 ? "alice" : "bob");
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_invitation_void(fixture->writer, "alice", false));
	assert_ok(store_commit(fixture->writer));
	for (uint8_t i = 1; i <= 130; i++) {
		memset(digest, i, sizeof(digest));
		assert_error(store_invitation_find(fixture->reader, digest, &invitation), i % 2 ? STEPUP_NOT_FOUND : STEPUP_OK);
	}
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_invitation_void(fixture->writer, NULL, false));
	assert_ok(store_commit(fixture->writer));
	memset(digest, 2, sizeof(digest));
	assert_error(store_invitation_find(fixture->reader, digest, &invitation), STEPUP_NOT_FOUND);
}

static void those_that_somebody_made_are_voided_too_but_for_the_first(void **state)
{
	struct fixture *fixture = *state;
	struct invitation made = {.user = "bob", .by = "alice", .expires = 1000, .digest = {1}}, first = {.user = "dave", .by = "alice", .expires = 1000,
		.digest = {2}, .first = true}, others = {.user = "erin", .by = "carol", .expires = 1000, .digest = {3}}, found;

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_invitation_add(fixture->writer, &made));
	assert_ok(store_invitation_add(fixture->writer, &first));
	assert_ok(store_invitation_add(fixture->writer, &others));
	assert_ok(store_invitation_void(fixture->writer, "alice", true));
	assert_ok(store_commit(fixture->writer));
	assert_error(store_invitation_find(fixture->reader, made.digest, &found), STEPUP_NOT_FOUND);
	assert_ok(store_invitation_find(fixture->reader, first.digest, &found));
	assert_ok(store_invitation_find(fixture->reader, others.digest, &found));
}

static void facts_are_kept_by_name(void **state)
{
	struct fixture *fixture = *state;
	char value[8];

	assert_error(store_fact_get(fixture->reader, "colour", value, sizeof(value)), STEPUP_NOT_FOUND);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_fact_set(fixture->writer, "colour", "red"));
	assert_ok(store_fact_set(fixture->writer, "colour", "green"));
	assert_ok(store_fact_set(fixture->writer, "empty", ""));
	assert_error(store_fact_set(fixture->writer, ".freezes", "mine"), STEPUP_INVALID);
	assert_error(store_fact_set(fixture->writer, "", "mine"), STEPUP_INVALID);
	assert_ok(store_commit(fixture->writer));
	assert_ok(store_fact_get(fixture->reader, "colour", value, sizeof(value)));
	assert_string_equal(value, "green");
	assert_ok(store_fact_get(fixture->reader, "empty", value, sizeof(value)));
	assert_string_equal(value, "");
	assert_error(store_fact_get(fixture->reader, "colour", value, 5), STEPUP_TOO_LONG);
}

static bool count_freeze(void *context, const struct freeze *freeze)
{
	char *names = context;

	if (freeze->thawed != 0)
		strcat(names, "-");
	strcat(names, freeze->action);
	strcat(names, " ");
	return true;
}

static void assert_freezes(const struct fixture *fixture, const char *expected)
{
	char names[512] = "";

	assert_ok(store_freeze_each(fixture->reader, count_freeze, names));
	assert_string_equal(names, expected);
}

static void actions_are_frozen_and_thawed(void **state)
{
	struct fixture *fixture = *state;
	struct freeze freeze = {.at = 5, .action = "customer.export", .reference = "F-1", .reason = "odd", .by = "carol"};

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_freeze_add(fixture->writer, &freeze));
	assert_error(store_freeze_add(fixture->writer, &freeze), STEPUP_EXISTS);
	strcpy(freeze.action, "login.*");
	assert_ok(store_freeze_add(fixture->writer, &freeze));
	assert_ok(store_commit(fixture->writer));
	assert_freezes(fixture, "customer.export login.* ");
	assert_ok(store_begin(fixture->writer));
	assert_error(store_freeze_thaw(fixture->writer, "customer.export", 0), STEPUP_INVALID);
	assert_ok(store_freeze_thaw(fixture->writer, "customer.export", 9));
	assert_error(store_freeze_thaw(fixture->writer, "customer.export", 9), STEPUP_NOT_FOUND);
	assert_ok(store_commit(fixture->writer));
	assert_freezes(fixture, "-customer.export login.* ");
}

/* Whoever redeems has to know of it for as long as anything lives that was approved before. */
static void what_was_thawed_is_known_for_a_while(void **state)
{
	struct fixture *fixture = *state;
	struct freeze freeze = {.at = 5, .action = "customer.export", .reference = "F-1"};

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_freeze_add(fixture->writer, &freeze));
	assert_ok(store_freeze_thaw(fixture->writer, "customer.export", 9));
	freeze.at = 10;
	assert_ok(store_freeze_add(fixture->writer, &freeze)); /* once more under the name */
	assert_ok(store_commit(fixture->writer));
	assert_freezes(fixture, "-customer.export customer.export ");
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_freeze_thaw(fixture->writer, "customer.export", 9 + FREEZE_KEPT_SECONDS));
	assert_ok(store_commit(fixture->writer));
	assert_freezes(fixture, "-customer.export -customer.export ");
	strcpy(freeze.action, "login.sshd");
	freeze.at = 3; /* a clock that was set back */
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_freeze_add(fixture->writer, &freeze));
	assert_ok(store_commit(fixture->writer));
	assert_freezes(fixture, "-customer.export -customer.export login.sshd ");
	strcpy(freeze.action, "login.su");
	freeze.at = 9 + FREEZE_KEPT_SECONDS + 1;
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_freeze_add(fixture->writer, &freeze));
	assert_ok(store_commit(fixture->writer));
	assert_freezes(fixture, "-customer.export login.sshd login.su ");
}

/* Whoever freezes and thaws again and again takes nobody's room; what was approved before stays void. */
static void what_was_thawed_takes_no_room_from_what_is_frozen(void **state)
{
	struct fixture *fixture = *state;
	struct freeze freeze = {.at = 5, .log = 1};

	assert_ok(store_begin(fixture->writer));
	for (int i = 0; i < 60; i++, freeze.log++) {
		snprintf(freeze.action, sizeof(freeze.action), "customer.action%d", i);
		assert_ok(store_freeze_add(fixture->writer, &freeze));
		assert_ok(store_freeze_thaw(fixture->writer, freeze.action, 6));
	}
	freeze.at = 7 + FREEZE_KEPT_SECONDS; /* no more remembered one by one */
	strcpy(freeze.action, "login.sshd");
	assert_ok(store_freeze_add(fixture->writer, &freeze));
	assert_ok(store_commit(fixture->writer));
	assert_freezes(fixture, "login.sshd ");
	assert_ok(store_begin(fixture->writer));
	for (int i = 0; i < 51; i++, freeze.log++) {
		snprintf(freeze.action, sizeof(freeze.action), "customer.action%d", i);
		assert_ok(store_freeze_add(fixture->writer, &freeze));
		assert_ok(store_freeze_thaw(fixture->writer, freeze.action, freeze.at));
	}
	assert_ok(store_commit(fixture->writer));
	assert_freezes(fixture, "login.sshd -* ");
}

/* --- receipts --- */

static struct receipt_row receipt(const char *jti)
{
	struct receipt_row row = {.issued = 100, .expires = 160, .log_index = 7, .user = "alice", .credential = "C-1", .audience = "export"};

	strcpy(row.jti, jti);
	memset(row.digest, 9, DIGEST_SIZE);
	memset(row.user_id, 8, USER_ID_SIZE);
	return row;
}

static void a_receipt_is_redeemed_once(void **state)
{
	struct fixture *fixture = *state;
	struct receipt_row row = receipt("AAAAAAAAAAAAAAAAAAAAAA"), found;

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_receipt_add(fixture->writer, &row));
	assert_error(store_receipt_add(fixture->writer, &row), STEPUP_EXISTS);
	assert_ok(store_commit(fixture->writer));
	assert_ok(store_receipt_find(fixture->reader, row.jti, &found));
	assert_memory_equal(&row, &found, sizeof(row));
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_receipt_redeem(fixture->writer, row.jti, 120, "job-1"));
	store_rollback(fixture->writer);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_receipt_redeem(fixture->writer, row.jti, 121, "job-2"));
	assert_error(store_receipt_redeem(fixture->writer, row.jti, 122, "job-3"), STEPUP_EXISTS);
	assert_ok(store_commit(fixture->writer));
	assert_ok(store_begin(fixture->writer));
	assert_error(store_receipt_redeem(fixture->writer, row.jti, 122, "job-3"), STEPUP_EXISTS);
	assert_error(store_receipt_redeem(fixture->writer, "BBBBBBBBBBBBBBBBBBBBBB", 122, "x"), STEPUP_NOT_FOUND);
	store_rollback(fixture->writer);
	assert_ok(store_receipt_find(fixture->reader, row.jti, &found));
	assert_int_equal(found.redeemed, 121);
	assert_string_equal(found.exec_id, "job-2");
}

static void old_receipts_are_pruned_and_all_are_voided(void **state)
{
	struct fixture *fixture = *state;
	struct receipt_row row, found;
	char jti[RECEIPT_ID_SIZE];
	int removed = 0;

	assert_ok(store_begin(fixture->writer));
	for (int i = 0; i < 150; i++) {
		snprintf(jti, sizeof(jti), "%022d", i);
		row = receipt(jti);
		row.expires = i;
		assert_ok(store_receipt_add(fixture->writer, &row));
	}
	assert_ok(store_receipt_prune(fixture->writer, 70, 67, &removed));
	assert_int_equal(removed, 67);
	assert_ok(store_receipt_prune(fixture->writer, 70, 67, &removed));
	assert_int_equal(removed, 3);
	assert_ok(store_receipt_redeem(fixture->writer, jti, 5, "job"));
	assert_ok(store_receipt_void_all(fixture->writer, 1000));
	assert_ok(store_commit(fixture->writer));
	for (int i = 0; i < 150; i++) {
		snprintf(jti, sizeof(jti), "%022d", i);
		assert_error(store_receipt_find(fixture->reader, jti, &found), i < 70 ? STEPUP_NOT_FOUND : STEPUP_OK);
		if (i >= 70)
			assert_int_equal(found.redeemed, i == 149 ? 5 : 1000);
	}
}

/* --- log --- */

struct entries {
	int count;
	char last[512], details[512];
	bool salted;
};

static bool read_entry(void *context, int64_t index, const char *entry, const char *details, const uint8_t *salt)
{
	struct entries *entries = context;

	(void)index;
	entries->count++;
	snprintf(entries->last, sizeof(entries->last), "%s", entry);
	snprintf(entries->details, sizeof(entries->details), "%s", details ? details : "");
	entries->salted = salt != NULL;
	return true;
}

static void an_entry_is_kept_as_its_canonical_text_with_index_and_host(void **state)
{
	struct fixture *fixture = *state;
	struct entries entries = {0};
	uint8_t salt[DIGEST_SIZE] = {1};
	json_t *details = json_pack("{s:s}", "account", "trezor");
	char expected[512], host[256] = "", beside[LOG_BESIDE_SIZE];
	int64_t index = -1;

	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	assert_ok(store_begin(fixture->writer));
	assert_int_equal(store_log_next(fixture->writer), 0);
	assert_ok(store_log_append(fixture->writer, json_pack("{s:s, s:s}", "type", "grant", "at", "now\n\"x"), details, salt, &index));
	assert_int_equal(index, 0);
	assert_ok(fixture_log(fixture->writer, "plain"));
	assert_ok(store_commit(fixture->writer));
	assert_ok(store_log_each(fixture->reader, 0, 1, read_entry, &entries));
	assert_ok(log_beside_commit("{\"account\":\"trezor\"}", strlen("{\"account\":\"trezor\"}"), salt, beside));
	snprintf(expected, sizeof(expected), "{\"at\":\"now\\n\\\"x\",\"beside\":\"%s\",\"host\":\"%s\",\"index\":0,\"type\":\"grant\"}", beside, host);
	assert_string_equal(entries.last, expected);
	assert_string_equal(entries.details, "{\"account\":\"trezor\"}");
	assert_true(entries.salted);
	assert_ok(store_log_each(fixture->reader, 1, 100, read_entry, &entries));
	assert_int_equal(entries.count, 2);
	assert_false(entries.salted);
	json_decref(details);
}

static void what_stands_beside_an_entry_has_a_salt_of_its_own_where_none_is_given(void **state)
{
	struct fixture *fixture = *state;
	struct entries entries = {0};
	json_t *beside = json_pack("{s:s}", "label", "Blue");
	char first[512];
	int64_t index = -1;

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_log_append(fixture->writer, json_pack("{s:i}", "at", 1), beside, NULL, &index));
	assert_ok(store_log_append(fixture->writer, json_pack("{s:i}", "at", 1), beside, NULL, &index));
	assert_ok(store_commit(fixture->writer));
	assert_ok(store_log_each(fixture->reader, 0, 1, read_entry, &entries));
	assert_true(entries.salted);
	strcpy(first, strstr(entries.last, "\"beside\""));
	assert_ok(store_log_each(fixture->reader, 1, 1, read_entry, &entries));
	assert_non_null(strstr(entries.last, "\"beside\""));
	first[strlen("\"beside\":\"") + BASE64URL_LENGTH(DIGEST_SIZE)] = '\0';
	assert_null(strstr(entries.last, first)); /* the same text, another commitment: what was erased can't be guessed from another entry */
	json_decref(beside);
}

static void an_entry_without_canonical_form_is_refused(void **state)
{
	struct fixture *fixture = *state;
	int64_t index = -1;

	assert_ok(store_begin(fixture->writer));
	assert_error(store_log_append(fixture->writer, json_pack("{s:f}", "half", 0.5), NULL, NULL, &index), STEPUP_INVALID);
	assert_error(store_log_append(fixture->writer, NULL, NULL, NULL, &index), STEPUP_NO_MEMORY);
	assert_int_equal(store_log_next(fixture->writer), 0);
	store_rollback(fixture->writer);
}

static void log_many(struct fixture *fixture, int count)
{
	assert_ok(store_begin(fixture->writer));
	for (int i = 0; i < count; i++)
		assert_ok(fixture_log(fixture->writer, "many"));
	assert_ok(store_commit(fixture->writer));
}

static void add_checkpoint(struct fixture *fixture, const char *note)
{
	struct merkle_tree tree;

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_log_tree(fixture->writer, &tree));
	assert_ok(store_log_checkpoint_add(fixture->writer, &tree, 5, note));
	assert_ok(store_commit(fixture->writer));
}

static void the_tree_is_rebuilt_from_the_newest_checkpoint_and_what_follows(void **state)
{
	struct fixture *fixture = *state;
	uint8_t root[DIGEST_SIZE], expected[DIGEST_SIZE], at_70[DIGEST_SIZE];
	struct merkle_tree tree;
	int64_t size = 0;
	char *note = NULL;

	assert_error(store_log_checkpoint_newest(fixture->reader, &size, &note), STEPUP_NOT_FOUND);
	log_many(fixture, 70);
	fixture_log_root(fixture, &size, at_70);
	add_checkpoint(fixture, "note of seventy\n");
	log_many(fixture, 33);
	fixture_log_root(fixture, &size, expected);
	fixture_close(fixture);
	fixture_open(fixture);
	assert_ok(store_log_tree(fixture->writer, &tree));
	assert_int_equal(tree.size, 103);
	assert_ok(merkle_root(&tree, root));
	assert_memory_equal(root, expected, sizeof(root));
	assert_ok(store_log_root_at(fixture->reader, 70, root));
	assert_memory_equal(root, at_70, sizeof(root));
	assert_ok(store_log_root_at(fixture->reader, 0, root));
	assert_error(store_log_root_at(fixture->reader, 104, root), STEPUP_NOT_FOUND);
	assert_ok(store_log_checkpoint_newest(fixture->reader, &size, &note));
	assert_int_equal(size, 70);
	assert_string_equal(note, "note of seventy\n");
	free(note);
}

static void all_entries_are_read_in_order_in_any_cut(void **state)
{
	struct fixture *fixture = *state;

	log_many(fixture, 100);
	for (int cut = 1; cut <= 101; cut += 20) {
		struct entries entries = {0};

		for (int64_t from = 0; from < 100; from += cut)
			assert_ok(store_log_each(fixture->reader, from, cut, read_entry, &entries));
		assert_int_equal(entries.count, 100);
		assert_non_null(strstr(entries.last, "\"index\":99"));
	}
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

	assert_ok(store_keyed_digest(fixture->store, "limit", "trezor", 6, a));
	assert_ok(store_keyed_digest(fixture->store, "limit", "trezor", 6, b));
	assert_memory_equal(a, b, sizeof(a));
	assert_ok(store_keyed_digest(fixture->store, "source", "trezor", 6, b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_ok(store_keyed_digest(fixture->store, "limit", "trezos", 6, b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_ok(store_keyed_digest(other->store, "limit", "trezor", 6, b));
	assert_memory_not_equal(a, b, sizeof(a));
	fixture_free(other);
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
	log_many(fixture, 3);
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
	STORE_TEST(the_locked_are_listed),
	STORE_TEST(a_rollback_takes_back_rows_versions_and_the_tree),
	STORE_TEST(a_savepoint_undone_takes_back_its_own_part_only),
	STORE_TEST(savepoints_nest_so_deep_and_no_deeper),
	STORE_TEST(two_writers_take_turns_on_one_log),
	STORE_TEST(a_session_closed_in_a_transaction_leaves_nothing),
	STORE_TEST(an_invitation_is_taken_once),
	STORE_TEST(invitations_of_one_user_or_of_all_are_voided),
	STORE_TEST(those_that_somebody_made_are_voided_too_but_for_the_first),
	STORE_TEST(facts_are_kept_by_name),
	STORE_TEST(actions_are_frozen_and_thawed),
	STORE_TEST(what_was_thawed_is_known_for_a_while),
	STORE_TEST(what_was_thawed_takes_no_room_from_what_is_frozen),
	STORE_TEST(a_receipt_is_redeemed_once),
	STORE_TEST(old_receipts_are_pruned_and_all_are_voided),
	STORE_TEST(an_entry_is_kept_as_its_canonical_text_with_index_and_host),
	STORE_TEST(an_entry_without_canonical_form_is_refused),
	STORE_TEST(what_stands_beside_an_entry_has_a_salt_of_its_own_where_none_is_given),
	STORE_TEST(the_tree_is_rebuilt_from_the_newest_checkpoint_and_what_follows),
	STORE_TEST(all_entries_are_read_in_order_in_any_cut),
	STORE_TEST(keys_come_newest_first),
	STORE_TEST(keyed_digests_differ_by_purpose_text_and_store),
	STORE_TEST(everything_is_there_after_a_restart),
};

TAP_MAIN(tests)
