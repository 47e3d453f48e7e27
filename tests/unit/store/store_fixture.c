/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scratch stores for tests.
 */
#include "tests/unit/store/store_fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <sqlite3.h>
#include <sys/stat.h>

struct master_key *fixture_key(uint8_t byte)
{
	uint8_t bytes[MASTER_KEY_SIZE];
	struct master_key *key = NULL;

	memset(bytes, byte, sizeof(bytes));
	assert_ok(master_key_from_bytes(bytes, &key));
	return key;
}

struct fixture *fixture_folder(void)
{
	const char *scratch = getenv("TMPDIR");
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	snprintf(fixture->folder, sizeof(fixture->folder), "%s/stepup-test-XXXXXX",
		scratch && strlen(scratch) < 40 ? scratch : "/tmp");
	assert_non_null(mkdtemp(fixture->folder));
	snprintf(fixture->place, sizeof(fixture->place), "%s/stepup.db", fixture->folder);
	snprintf(fixture->url, sizeof(fixture->url), "sqlite:%s", fixture->place);
	fixture->key = fixture_key(7);
	return fixture;
}

void fixture_open(struct fixture *fixture)
{
	char *why = NULL;

	if (store_open(fixture->url, fixture->key, &fixture->store, &why) != STEPUP_OK)
		fail_msg("%s", why ? why : "no reason given");
	assert_ok(store_session_open(fixture->store, true, &fixture->writer));
	assert_ok(store_session_open(fixture->store, false, &fixture->reader));
}

struct fixture *fixture_new(void)
{
	struct fixture *fixture = fixture_folder();

	fixture_open(fixture);
	return fixture;
}

void fixture_close(struct fixture *fixture)
{
	store_session_close(&fixture->writer);
	store_session_close(&fixture->reader);
	store_close(&fixture->store);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

void fixture_free(struct fixture *fixture)
{
	fixture_close(fixture);
	master_key_free(&fixture->key);
	(void)nftw(fixture->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(fixture);
}

int fixture_setup(void **state)
{
	*state = fixture_new();
	return 0;
}

int fixture_teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

struct user_record *fixture_user(const char *name, const char *secret)
{
	struct user_record *record = user_record_new(name, 1000);
	struct credential *credential;

	assert_non_null(record);
	credential = user_record_add_credential(record);
	assert_non_null(credential);
	credential->type = CREDENTIAL_TOTP;
	snprintf(credential->label, sizeof(credential->label), "phone");
	credential->otp.digits = 6;
	credential->otp.period_seconds = 30;
	credential->otp.size = strlen(secret);
	memcpy(credential->otp.bytes, secret, strlen(secret));
	return record;
}

void fixture_add_user(struct fixture *fixture, const char *name, const char *secret)
{
	struct user_record *record = fixture_user(name, secret);

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_user_save(fixture->writer, record));
	assert_ok(store_commit(fixture->writer));
	user_record_free(&record);
}

enum stepup_error fixture_log(struct store_session *session, const char *text)
{
	int64_t index = -1;

	return store_log_append(session, json_pack("{s:s, s:s}", "kind", "test", "text", text), NULL,
		NULL, &index);
}

/* flip(BLOB, PLACE): the same bytes, but for one bit of the one at PLACE (from 1, as in substr). */
static void flip(sqlite3_context *context, int count, sqlite3_value **values)
{
	uint8_t bytes[4096];
	const void *blob = sqlite3_value_blob(values[0]);
	int size = sqlite3_value_bytes(values[0]), place = sqlite3_value_int(values[1]);

	(void)count;
	if (blob == NULL || size > (int)sizeof(bytes) || place < 1 || place > size) {
		sqlite3_result_error(context, "flip: no such byte", -1);
		return;
	}
	memcpy(bytes, blob, (size_t)size);
	bytes[place - 1] ^= 1;
	sqlite3_result_blob(context, bytes, size, SQLITE_TRANSIENT);
}

void fixture_tamper(const struct fixture *fixture, const char *sql)
{
	sqlite3 *handle = NULL;
	char *message = NULL, aside[160];

	assert_int_equal(sqlite3_open(fixture->place, &handle), SQLITE_OK);
	sqlite3_busy_timeout(handle, 5000);
	snprintf(aside, sizeof(aside), "ATTACH '%s/aside.db' AS aside", fixture->folder);
	assert_int_equal(sqlite3_exec(handle, aside, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_create_function(handle, "flip", 2, SQLITE_UTF8, NULL, flip, NULL, NULL),
		SQLITE_OK);
	if (sqlite3_exec(handle, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	sqlite3_close(handle);
}

void fixture_log_root(const struct fixture *fixture, int64_t *size, uint8_t root[DIGEST_SIZE])
{
	sqlite3 *handle = NULL;
	sqlite3_stmt *statement = NULL;
	struct merkle_tree tree;

	merkle_init(&tree);
	assert_int_equal(sqlite3_open(fixture->place, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(handle,
			"SELECT idx, entry FROM log_entries WHERE idx >= 0 ORDER BY idx", -1, &statement,
			NULL), SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		assert_int_equal(sqlite3_column_int64(statement, 0), tree.size);
		assert_ok(merkle_append(&tree, sqlite3_column_text(statement, 1),
				(size_t)sqlite3_column_bytes(statement, 1)));
	}
	sqlite3_finalize(statement);
	sqlite3_close(handle);
	*size = (int64_t)tree.size;
	assert_ok(merkle_root(&tree, root));
}

/* Copies FOLDER/FROM to FOLDER/TO; where the first isn't there, the second isn't afterwards. */
static void copy(const struct fixture *fixture, const char *from, const char *to)
{
	char path[128], bytes[4096];
	ssize_t got;
	int in, out;

	snprintf(path, sizeof(path), "%s/%s", fixture->folder, to);
	(void)unlink(path);
	snprintf(path, sizeof(path), "%s/%s", fixture->folder, from);
	in = open(path, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return;
	snprintf(path, sizeof(path), "%s/%s", fixture->folder, to);
	out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(out >= 0);
	while ((got = read(in, bytes, sizeof(bytes))) > 0)
		assert_true(write(out, bytes, (size_t)got) == got);
	assert_int_equal(got, 0);
	(void)close(in);
	(void)close(out);
}

void fixture_save(const struct fixture *fixture, const char *name)
{
	char wal[64];

	snprintf(wal, sizeof(wal), "%s-wal", name);
	copy(fixture, "stepup.db", name);
	copy(fixture, "stepup.db-wal", wal);
}

void fixture_restore(const struct fixture *fixture, const char *name)
{
	char wal[64];

	snprintf(wal, sizeof(wal), "%s-wal", name);
	copy(fixture, name, "stepup.db");
	copy(fixture, wal, "stepup.db-wal");
}

void fixture_log_many(struct fixture *fixture, int count)
{
	assert_ok(store_begin(fixture->writer));
	for (int i = 0; i < count; i++)
		assert_ok(fixture_log(fixture->writer, "many"));
	assert_ok(store_commit(fixture->writer));
}
