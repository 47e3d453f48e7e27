/* SPDX-License-Identifier: BSD-2-Clause */
/* A store for tests; see scratch_store.h. */
#include "tests/unit/scratch_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/cmocka_tap.h"

void scratch_store_make(struct scratch_store *scratch)
{
	uint8_t bytes[MASTER_KEY_SIZE];

	memset(scratch, 0, sizeof(*scratch));
	memset(bytes, 0x42, sizeof(bytes));
	(void)snprintf(scratch->folder, sizeof(scratch->folder), "/tmp/stepup-test-XXXXXX");
	assert_non_null(mkdtemp(scratch->folder));
	(void)snprintf(scratch->url, sizeof(scratch->url), "sqlite:%s/stepup.db", scratch->folder);
	(void)snprintf(scratch->highwater, sizeof(scratch->highwater), "%s/highwater", scratch->folder);
	assert_int_equal(master_key_from_bytes(bytes, &scratch->key), STEPUP_OK);
}

void scratch_store_open(struct scratch_store *scratch)
{
	char *why = NULL;
	enum stepup_error error = store_open(scratch->url, scratch->key, &scratch->store, &why);

	if (error != STEPUP_OK)
		fail_msg("%s: %s", stepup_error_name(error), why != NULL ? why : "no reason given");
	assert_int_equal(store_session_open(scratch->store, true, &scratch->writer), STEPUP_OK);
}

void scratch_store_close(struct scratch_store *scratch)
{
	store_session_close(&scratch->writer);
	store_close(&scratch->store);
}

static void copy(const char *folder, const char *from, const char *to)
{
	char path[512];
	struct stat status;
	int in, out;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, from);
	in = open(path, O_RDONLY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, to);
	if (in < 0) {
		(void)unlink(path);
		return;
	}
	out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(out >= 0);
	assert_int_equal(fstat(in, &status), 0);
	assert_true(sendfile(out, in, NULL, (size_t)status.st_size) == status.st_size);
	(void)close(in);
	(void)close(out);
}

void scratch_store_save(const struct scratch_store *scratch, const char *name)
{
	char wal[64];

	(void)snprintf(wal, sizeof(wal), "%s-wal", name);
	copy(scratch->folder, "stepup.db", name);
	copy(scratch->folder, "stepup.db-wal", wal);
}

void scratch_store_restore(const struct scratch_store *scratch, const char *name)
{
	char wal[64];

	(void)snprintf(wal, sizeof(wal), "%s-wal", name);
	copy(scratch->folder, name, "stepup.db");
	copy(scratch->folder, wal, "stepup.db-wal");
}

void scratch_store_tamper(const struct scratch_store *scratch, const char *sql)
{
	sqlite3 *db = NULL;
	char *message = NULL;

	assert_int_equal(sqlite3_open(strchr(scratch->url, ':') + 1, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s", message);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

void scratch_store_remove(struct scratch_store *scratch)
{
	DIR *folder;
	struct dirent *entry;

	scratch_store_close(scratch);
	master_key_free(&scratch->key);
	folder = opendir(scratch->folder);
	while (folder != NULL && (entry = readdir(folder)) != NULL)
		(void)unlinkat(dirfd(folder), entry->d_name, 0);
	(void)closedir(folder);
	(void)rmdir(scratch->folder);
}
