/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A store as an older version left it becomes one of this version, with all that was in it, or
 * stays as it was.
 */
#include "tests/unit/store/store_fixture.h"

#include <fcntl.h>
#include <sqlite3.h>

#include "tests/unit/store/disk_faults.h"

/* A closed store made of what an older version left; the file says what is in it. */
static struct fixture *of_file(const char *path)
{
	struct fixture *fixture = fixture_folder();
	FILE *file = fopen(path, "r");
	char *sql = calloc(1, 65536);
	size_t size;
	int fd;

	assert_non_null(file);
	assert_non_null(sql);
	size = fread(sql, 1, 65535, file);
	assert_true(size > 1000 && size < 65535);
	fclose(file);
	fd = open(fixture->place, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	close(fd);
	fixture_tamper(fixture, sql);
	free(sql);
	return fixture;
}

static struct fixture *of_schema_1(void)
{
	return of_file(STEPUP_TEST_SOURCE "/tests/unit/store/schema_1.sql");
}

static struct fixture *of_schema_2(void)
{
	return of_file(STEPUP_TEST_SOURCE "/tests/unit/store/schema_2.sql");
}

static int64_t number_of(const struct fixture *fixture, const char *sql)
{
	sqlite3 *handle = NULL;
	sqlite3_stmt *statement = NULL;
	int64_t number;

	assert_int_equal(sqlite3_open(fixture->place, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(handle);
	return number;
}

static int64_t schema_of(const struct fixture *fixture)
{
	return number_of(fixture, "PRAGMA user_version");
}

static bool add_freeze(void *context, const struct freeze *freeze)
{
	assert_string_equal(freeze->action, "customer.*");
	*(int *)context += 1;
	return true;
}

/* All that schema_1.sql has, and that it can be written. */
static void check_all_is_there(struct fixture *fixture)
{
	struct user_record *record = NULL;
	struct invitation invitation;
	struct receipt_row receipt;
	struct use_values values;
	uint8_t digest[DIGEST_SIZE] = {0};
	int freezes = 0;
	int64_t size = 0;

	assert_ok(store_user_find(fixture->reader, "alice", &record));
	assert_int_equal(record->credential_count, 1);
	assert_string_equal(record->credentials[0].label, "phone");
	assert_memory_equal(record->credentials[0].otp.bytes, "0123456789abcdef0123", 20);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_user_save(fixture->writer, record));
	assert_ok(fixture_log(fixture->writer, "four"));
	assert_ok(store_commit(fixture->writer));
	user_record_free(&record);
	assert_ok(store_user_find(fixture->reader, "bob", &record));
	assert_string_equal(record->lock.reference, "L-7");
	digest[0] = 1;
	assert_ok(store_use_values(fixture->reader, record, "customer.view/1", 0, digest, 10, &values));
	assert_int_equal(values.different, 1);
	assert_true(values.has_value);
	user_record_free(&record);
	memset(digest, 5, sizeof(digest));
	assert_ok(store_invitation_find(fixture->reader, digest, &invitation));
	assert_string_equal(invitation.user, "carol");
	assert_false(invitation.first);
	assert_ok(store_freeze_each(fixture->reader, add_freeze, &freezes));
	assert_int_equal(freezes, 1);
	assert_ok(store_receipt_find(fixture->reader, "AAAAAAAAAAAAAAAAAAAAAA", &receipt));
	assert_ok(store_log_size(fixture->reader, &size));
	assert_int_equal(size, 5); /* three, that the vault begins, and the one above */
}

static void a_store_of_schema_1_is_brought_to_this_one_with_all_that_is_in_it(void **state)
{
	struct fixture *fixture = of_schema_1();

	(void)state;
	assert_int_equal(schema_of(fixture), 1);
	fixture_open(fixture);
	check_all_is_there(fixture);
	fixture_close(fixture);
	assert_int_equal(schema_of(fixture), STORE_SCHEMA);
	assert_int_equal(number_of(fixture, "SELECT COUNT(*) FROM key_ids"), 0);
	fixture_open(fixture); /* as any store of this schema */
	fixture_free(fixture);
}

#define T2 1700000000 /* when schema_2.sql's uses begin */

static int64_t sum_since(struct store_session *session, const struct user_record *record,
	const char *limit_key, int64_t since)
{
	int64_t used = -1;

	assert_ok(store_use_sum(session, record, limit_key, since, &used));
	return used;
}

static int64_t different_since(struct fixture *fixture, struct store_session *session,
	const struct user_record *record, int64_t since, const char *account, bool there)
{
	uint8_t value[DIGEST_SIZE];
	struct use_values values;

	assert_ok(store_keyed_digest(fixture->store, DIGEST_LIMIT_VALUE, account, strlen(account), value));
	assert_ok(store_use_values(session, record, "customer.view different account", since, value,
			100, &values));
	assert_int_equal(values.has_value, there);
	return values.different;
}

static void what_schema_2_counted_is_counted_on_to_the_second(void **state)
{
	struct fixture *fixture = of_schema_2();
	struct user_record *record = NULL;
	struct store_session *session;

	(void)state;
	fixture_open(fixture);
	session = fixture->writer;
	assert_ok(store_begin(session));
	assert_ok(store_user_find(session, "alice", &record));
	assert_int_equal(sum_since(session, record, "customer.export count", T2 - 1), 4);
	assert_int_equal(sum_since(session, record, "customer.export count", T2), 3);
	assert_int_equal(sum_since(session, record, "customer.export count", T2 + 10), 2);
	assert_int_equal(sum_since(session, record, "customer.export count", T2 + 20), 0);
	assert_int_equal(sum_since(session, record, "customer.export sum records", T2 - 1), 5700);
	assert_int_equal(sum_since(session, record, "customer.export sum records", T2 + 19), 700);
	assert_int_equal(different_since(fixture, session, record, T2 - 1, "account-1", true), 5);
	assert_int_equal(different_since(fixture, session, record, T2 + 3, "account-1", true), 2);
	assert_int_equal(different_since(fixture, session, record, T2 + 3, "account-2", false), 2);
	assert_ok(store_use_add(session, record, "customer.export count", T2 + 30, 1));
	assert_int_equal(sum_since(session, record, "customer.export count", T2), 4);
	assert_ok(store_user_save(session, record));
	assert_ok(store_commit(session));
	user_record_free(&record);
	assert_ok(store_user_find(fixture->reader, "bob", &record));
	assert_int_equal(sum_since(fixture->reader, record, "customer.export count", T2), 1);
	user_record_free(&record);
	fixture_close(fixture);
	assert_int_equal(schema_of(fixture), STORE_SCHEMA);
	/* open ones end, and are asked for again */
	assert_int_equal(number_of(fixture, "SELECT COUNT(*) FROM requests"), 0);
	fixture_free(fixture);
}

static void a_row_that_is_no_use_stops_the_upgrade_and_leaves_schema_2(void **state)
{
	struct fixture *fixture = of_schema_2();
	struct store *store = NULL;
	char *why = NULL;

	(void)state;
	fixture_tamper(fixture, "UPDATE uses SET value = X'00' WHERE at = 1700000003");
	assert_error(store_open(fixture->url, fixture->key, &store, &why), STEPUP_CORRUPT);
	free(why);
	assert_int_equal(schema_of(fixture), 2);
	assert_int_equal(number_of(fixture, "SELECT COUNT(*) FROM uses"), 12);
	fixture_free(fixture);
}

static void an_upgraded_store_has_the_tables_of_a_new_one(void **state)
{
	static const char tables[] = "SELECT COUNT(*) FROM sqlite_schema";
	struct fixture *old = of_schema_1(), *new = fixture_new();

	(void)state;
	fixture_open(old);
	fixture_close(old);
	fixture_close(new);
	assert_int_equal(number_of(old, tables), number_of(new, tables));
	assert_int_equal(number_of(old, "SELECT COUNT(*) FROM pragma_table_info('key_ids')"),
		number_of(new, "SELECT COUNT(*) FROM pragma_table_info('key_ids')"));
	fixture_free(old);
	fixture_free(new);
}

static bool count_one(void *context, const struct user_record *record)
{
	assert_true(record->uid >= 0);
	*(int *)context += 1;
	return true;
}

static void an_upgraded_store_finds_its_users_by_uid(void **state)
{
	struct fixture *fixture = of_schema_2();
	struct user_record *record = NULL;
	int found = 0;

	(void)state;
	fixture_open(fixture);
	assert_ok(store_user_find(fixture->reader, "alice", &record));
	assert_true(record->uid >= 0);
	assert_ok(store_user_each_of_uid(fixture->reader, record->uid, count_one, &found));
	assert_int_equal(found, 2); /* bob has the same */
	user_record_free(&record);
	fixture_free(fixture);
}

static void a_wrong_master_key_upgrades_nothing(void **state)
{
	struct fixture *fixture = of_schema_1();
	struct store *store = NULL;
	char *why = NULL;

	(void)state;
	master_key_free(&fixture->key);
	fixture->key = fixture_key(8);
	assert_error(store_open(fixture->url, fixture->key, &store, &why), STEPUP_CORRUPT);
	assert_non_null(strstr(why, "master key"));
	assert_int_equal(schema_of(fixture), 1);
	free(why);
	fixture_free(fixture);
}

static void a_disk_that_fails_on_the_way_leaves_schema_1_or_this_one_whole(void **state)
{
	bool failed = true;
	int refused = 0;

	(void)state;
	for (int number = 1; failed; number++) {
		for (int kind = DISK_NO_SPACE; kind < DISK_FAULT_COUNT; kind++) {
			struct fixture *fixture = of_schema_1();
			struct store *store = NULL;
			char *why = NULL;
			enum stepup_error error;

			disk_fail((enum disk_fault)kind, number, 0);
			error = store_open(fixture->url, fixture->key, &store, &why);
			failed = disk_has_failed();
			disk_forget();
			store_close(&store);
			refused += error != STEPUP_OK;
			if (error == STEPUP_OK)
				assert_int_equal(schema_of(fixture), STORE_SCHEMA);
			else if (schema_of(fixture) == 1)
				assert_int_equal(number_of(fixture,
						"SELECT COUNT(*) FROM sqlite_schema WHERE name = 'key_ids'"),
					0);
			else
				assert_int_equal(number_of(fixture, "SELECT COUNT(*) FROM key_ids"), 0);
			free(why);
			fixture_open(fixture);
			check_all_is_there(fixture);
			fixture_free(fixture);
		}
	}
	assert_true(refused >= 3);
}

static void another_schemas_number_in_the_file_is_noticed(void **state)
{
	struct fixture *fixture = fixture_new();
	struct store *store = NULL;
	char *why = NULL;

	(void)state;
	fixture_close(fixture);
	fixture_tamper(fixture, "PRAGMA user_version = 1");
	assert_error(store_open(fixture->url, fixture->key, &store, &why), STEPUP_CORRUPT);
	free(why);
	why = NULL;
	fixture_tamper(fixture, "PRAGMA user_version = 0");
	assert_error(store_open(fixture->url, fixture->key, &store, &why), STEPUP_CORRUPT);
	free(why);
	fixture_free(fixture);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_store_of_schema_1_is_brought_to_this_one_with_all_that_is_in_it),
	cmocka_unit_test(what_schema_2_counted_is_counted_on_to_the_second),
	cmocka_unit_test(a_row_that_is_no_use_stops_the_upgrade_and_leaves_schema_2),
	cmocka_unit_test(an_upgraded_store_has_the_tables_of_a_new_one),
	cmocka_unit_test(an_upgraded_store_finds_its_users_by_uid),
	cmocka_unit_test(a_wrong_master_key_upgrades_nothing),
	cmocka_unit_test(a_disk_that_fails_on_the_way_leaves_schema_1_or_this_one_whole),
	cmocka_unit_test(another_schemas_number_in_the_file_is_noticed),
};

TAP_MAIN(tests)
