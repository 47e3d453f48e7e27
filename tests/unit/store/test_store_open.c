/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the store refuses at the start, and that it changes nothing of what it refuses.
 */
#include "tests/unit/store/store_fixture.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Opens, closes again; the sentence must say `words`. */
static enum stepup_error try(const struct fixture *fixture, const char *words)
{
	struct store *store = NULL;
	char *why = NULL;
	enum stepup_error error = store_open(fixture->url, fixture->key, &store, &why);

	if (error == STEPUP_OK)
		store_close(&store);
	else if (why == NULL || strstr(why, words) == NULL)
		fail_msg("\"%s\" doesn't say \"%s\"", why ? why : "", words);
	free(why);
	return error;
}

static char *content(const char *path, size_t *size)
{
	FILE *file = fopen(path, "r");
	char *bytes = malloc(32 * 1024 * 1024);

	assert_non_null(file);
	*size = fread(bytes, 1, 32 * 1024 * 1024, file);
	fclose(file);
	return bytes;
}

static void write_at(const char *path, off_t at, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, size, at), size);
	close(fd);
}

/* A closed store with a user in it. */
static struct fixture *closed(void)
{
	struct fixture *fixture = fixture_new();

	fixture_add_user(fixture, "alice", "0123456789abcdef0123");
	assert_ok(store_checkpoint_wal(fixture->store));
	fixture_close(fixture);
	return fixture;
}

static void a_new_store_is_its_owners_alone(void **state)
{
	struct fixture *fixture = fixture_folder();
	static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
	struct stat st;
	char path[200];

	(void)state;
	snprintf(fixture->place, sizeof(fixture->place), "%s/state/stepup.db", fixture->folder);
	snprintf(fixture->url, sizeof(fixture->url), "sqlite:%s", fixture->place);
	umask(0);
	fixture_open(fixture);
	umask(022);
	for (unsigned i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s%s", fixture->place, suffixes[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	snprintf(path, sizeof(path), "%s/state", fixture->folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	snprintf(path, sizeof(path), "%s.new", fixture->place);
	assert_int_not_equal(stat(path, &st), 0);
	fixture_free(fixture);
}

static void the_write_ahead_log_has_its_full_size_from_the_start_and_keeps_it(void **state)
{
	struct fixture *fixture = fixture_new();
	struct stat before, after;
	char path[200];

	(void)state;
	snprintf(path, sizeof(path), "%s-wal", fixture->place);
	assert_int_equal(stat(path, &before), 0);
	assert_true(before.st_size >= 4 * 1024 * 1024);
	for (int i = 0; i < 30; i++) {
		char name[8];

		snprintf(name, sizeof(name), "u%d", i);
		fixture_add_user(fixture, name, "0123456789abcdef0123");
		if (i % 10 == 9)
			assert_ok(store_checkpoint_wal(fixture->store));
	}
	fixture_close(fixture);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_size, after.st_size);
	fixture_free(fixture);
}

static void an_address_must_be_an_absolute_path(void **state)
{
	static const char *const urls[] = {"", "sqlite:", "sqlite:stepup.db", "postgresql:///x",
		"/var/lib/stepup/stepup.db"};
	struct master_key *key = fixture_key(1);

	(void)state;
	for (unsigned i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct store *store = NULL;
		char *why = NULL;

		assert_error(store_open(urls[i], key, &store, &why), STEPUP_INVALID);
		assert_non_null(strstr(why, "sqlite:/"));
		free(why);
	}
	master_key_free(&key);
}

static void another_verifier_on_the_same_store_is_refused(void **state)
{
	struct fixture *fixture = fixture_new();
	int status;

	(void)state;
	assert_error(try(fixture, "another verifier"), STEPUP_EXISTS);
	fixture_add_user(fixture, "alice", "0123456789abcdef0123"); /* the first goes on */
	fflush(NULL);
	if (fork() == 0)
		_exit(try(fixture, "another verifier") == STEPUP_EXISTS ? 0 : 1);
	assert_true(wait(&status) > 0 && WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	fixture_close(fixture);
	assert_ok(try(fixture, ""));
	fixture_free(fixture);
}

static void a_wrong_master_key_is_refused(void **state)
{
	struct fixture *fixture = closed();
	char *before, *after;
	size_t size_before, size_after;

	(void)state;
	before = content(fixture->place, &size_before);
	master_key_free(&fixture->key);
	fixture->key = fixture_key(8);
	assert_error(try(fixture, "Put the right master key back"), STEPUP_CORRUPT);
	after = content(fixture->place, &size_after);
	assert_int_equal(size_before, size_after);
	assert_memory_equal(before, after, size_before);
	free(before);
	free(after);
	master_key_free(&fixture->key);
	fixture->key = fixture_key(7);
	assert_ok(try(fixture, ""));
	fixture_free(fixture);
}

static void files_that_others_can_write_or_read_are_refused(void **state)
{
	struct fixture *fixture = closed();
	static const mode_t modes[] = {0620, 0602, 0640, 0604};
	static const char *const suffixes[] = {"", "-wal"};
	char path[200];

	(void)state;
	for (unsigned s = 0; s < 2; s++) {
		snprintf(path, sizeof(path), "%s%s", fixture->place, suffixes[s]);
		for (unsigned i = 0; i < 4; i++) {
			assert_int_equal(chmod(path, modes[i]), 0);
			assert_error(try(fixture, "chmod"), STEPUP_UNSAFE_FILE);
		}
		assert_int_equal(chmod(path, 0600), 0);
	}
	assert_int_equal(chmod(fixture->folder, 0770), 0);
	assert_error(try(fixture, "chmod"), STEPUP_UNSAFE_FILE);
	assert_int_equal(chmod(fixture->folder, 0700), 0);
	assert_ok(try(fixture, ""));
	fixture_free(fixture);
}

static void links_and_fifos_are_refused(void **state)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
	char path[200], aside[200];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct fixture *fixture = closed();
		const char *shown = i < 3 ? "" : "emove it";

		snprintf(path, sizeof(path), "%s%s", fixture->place, suffixes[i]);
		snprintf(aside, sizeof(aside), "%s/aside", fixture->folder);
		if (access(path, F_OK) != 0)
			write_at(path, 0, "x", 1);
		assert_int_equal(rename(path, aside), 0);
		assert_int_equal(symlink(aside, path), 0);
		assert_error(try(fixture, shown), STEPUP_UNSAFE_FILE);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(link(aside, path), 0);
		assert_error(try(fixture, shown), STEPUP_UNSAFE_FILE);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(mkfifo(path, 0600), 0);
		assert_error(try(fixture, shown), STEPUP_UNSAFE_FILE);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(mkdir(path, 0700), 0);
		assert_int_not_equal(try(fixture, ""), STEPUP_OK);
		fixture_free(fixture);
	}
}

static void a_folder_that_is_a_link_is_refused(void **state)
{
	struct fixture *fixture = closed();
	char name[160];

	(void)state;
	snprintf(name, sizeof(name), "%s/link", fixture->folder);
	assert_int_equal(symlink(fixture->folder, name), 0);
	snprintf(fixture->url, sizeof(fixture->url), "sqlite:%s/stepup.db", name);
	assert_error(try(fixture, "link"), STEPUP_UNSAFE_FILE);
	fixture_free(fixture);
}

/* The number at `offset` of the header, where it stands for everybody without opening the database. */
static void a_newer_schema_is_refused_and_the_file_left_as_it_was(void **state)
{
	struct fixture *fixture = closed();
	static const uint8_t newer[4] = {0, 0, 0, STORE_SCHEMA + 1};
	char *before, *after;
	size_t size_before, size_after;

	(void)state;
	write_at(fixture->place, 60, newer, sizeof(newer));
	before = content(fixture->place, &size_before);
	assert_error(try(fixture, "newer version"), STEPUP_INVALID);
	after = content(fixture->place, &size_after);
	assert_int_equal(size_before, size_after);
	assert_memory_equal(before, after, size_before);
	free(before);
	free(after);
	fixture_free(fixture);
}

static void a_newer_schema_in_the_write_ahead_log_is_seen_too(void **state)
{
	struct fixture *fixture = closed();
	sqlite3 *handle = NULL;
	int persist = 1;
	char *before, *after;
	size_t size_before, size_after;

	(void)state;
	assert_int_equal(sqlite3_open(fixture->place, &handle), SQLITE_OK);
	sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	assert_int_equal(sqlite3_exec(handle, "PRAGMA wal_autocheckpoint = 0; PRAGMA user_version = 99", NULL,
			NULL, NULL), SQLITE_OK);
	sqlite3_close(handle);
	before = content(fixture->place, &size_before);
	assert_error(try(fixture, "newer version"), STEPUP_INVALID);
	after = content(fixture->place, &size_after);
	assert_int_equal(size_before, size_after);
	assert_memory_equal(before, after, size_before);
	free(before);
	free(after);
	fixture_free(fixture);
}

static void what_is_no_database_of_ours_is_refused_and_left_as_it_was(void **state)
{
	struct fixture *fixture = fixture_folder();
	char *after;
	size_t size;
	sqlite3 *handle = NULL;

	(void)state;
	write_at(fixture->place, 0, "hello", 5);
	assert_error(try(fixture, "not a database"), STEPUP_CORRUPT);
	after = content(fixture->place, &size);
	assert_int_equal(size, 5);
	assert_memory_equal(after, "hello", 5);
	free(after);
	assert_int_equal(unlink(fixture->place), 0);
	assert_int_equal(sqlite3_open(fixture->place, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_exec(handle, "CREATE TABLE mine (a)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(handle);
	assert_int_equal(chmod(fixture->place, 0600), 0);
	assert_error(try(fixture, "another program"), STEPUP_CORRUPT);
	fixture_free(fixture);
}

static void a_torn_database_is_refused_and_left_as_it_was(void **state)
{
	static const off_t cuts[] = {50, 4096, 3 * 4096 + 100};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct fixture *fixture = closed();
		char *before, *after;
		size_t size_before, size_after;

		assert_int_equal(truncate(fixture->place, cuts[i]), 0);
		before = content(fixture->place, &size_before);
		assert_error(try(fixture, "backup"), STEPUP_CORRUPT);
		after = content(fixture->place, &size_after);
		assert_int_equal(size_before, size_after);
		assert_memory_equal(before, after, size_before);
		free(before);
		free(after);
		fixture_free(fixture);
	}
}

static void garbage_in_a_page_is_refused(void **state)
{
	struct fixture *fixture = closed();
	char garbage[4096];

	(void)state;
	memset(garbage, 0x5a, sizeof(garbage));
	write_at(fixture->place, 4096, garbage, sizeof(garbage));
	assert_error(try(fixture, "damaged"), STEPUP_CORRUPT);
	fixture_free(fixture);
}

static void a_write_ahead_log_without_its_database_is_refused(void **state)
{
	struct fixture *fixture = closed();

	(void)state;
	assert_int_equal(unlink(fixture->place), 0);
	assert_error(try(fixture, "write-ahead log"), STEPUP_CORRUPT);
	assert_int_not_equal(access(fixture->place, F_OK), 0);
	fixture_free(fixture);
}

static void an_empty_file_becomes_a_store(void **state)
{
	struct fixture *fixture = fixture_folder();

	(void)state;
	write_at(fixture->place, 0, "", 0);
	assert_ok(try(fixture, ""));
	fixture_free(fixture);
}

static void a_folder_without_parent_is_said_to_be_missing(void **state)
{
	struct fixture *fixture = fixture_folder();

	(void)state;
	snprintf(fixture->url, sizeof(fixture->url), "sqlite:%s/a/b/stepup.db", fixture->folder);
	assert_error(try(fixture, "doesn't exist"), STEPUP_IO);
	fixture_free(fixture);
}

/* As an ordinary user, because root writes where nobody may. */
static void a_read_only_store_is_refused(void **state)
{
	struct fixture *fixture = closed();
	int status;

	(void)state;
	if (geteuid() != 0) {
		fixture_free(fixture);
		skip();
	}
	assert_int_equal(chown(fixture->folder, 65534, 65534), 0);
	assert_int_equal(chown(fixture->place, 65534, 65534), 0);
	assert_int_equal(chmod(fixture->place, 0400), 0);
	fflush(NULL);
	if (fork() == 0) {
		char path[200];
		static const char *const suffixes[] = {"-wal", "-shm", ".lock"};

		for (unsigned i = 0; i < 3; i++) {
			snprintf(path, sizeof(path), "%s%s", fixture->place, suffixes[i]);
			(void)unlink(path);
		}
		if (setgid(65534) != 0 || setuid(65534) != 0)
			_exit(2);
		_exit(try(fixture, "writable") == STEPUP_IO ? 0 : 1);
	}
	assert_true(wait(&status) > 0 && WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	fixture_free(fixture);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_new_store_is_its_owners_alone),
	cmocka_unit_test(the_write_ahead_log_has_its_full_size_from_the_start_and_keeps_it),
	cmocka_unit_test(an_address_must_be_an_absolute_path),
	cmocka_unit_test(another_verifier_on_the_same_store_is_refused),
	cmocka_unit_test(a_wrong_master_key_is_refused),
	cmocka_unit_test(files_that_others_can_write_or_read_are_refused),
	cmocka_unit_test(links_and_fifos_are_refused),
	cmocka_unit_test(a_folder_that_is_a_link_is_refused),
	cmocka_unit_test(a_newer_schema_is_refused_and_the_file_left_as_it_was),
	cmocka_unit_test(a_newer_schema_in_the_write_ahead_log_is_seen_too),
	cmocka_unit_test(what_is_no_database_of_ours_is_refused_and_left_as_it_was),
	cmocka_unit_test(a_torn_database_is_refused_and_left_as_it_was),
	cmocka_unit_test(garbage_in_a_page_is_refused),
	cmocka_unit_test(a_write_ahead_log_without_its_database_is_refused),
	cmocka_unit_test(an_empty_file_becomes_a_store),
	cmocka_unit_test(a_folder_without_parent_is_said_to_be_missing),
	cmocka_unit_test(a_read_only_store_is_refused),
};

TAP_MAIN(tests)
