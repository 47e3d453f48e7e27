/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SQLite driver. The write-ahead log is kept at full size and moved to the database by a connection that
 * isn't the writer's; every commit is synced before it returns.
 * MUST: report a commit only after its sync; run no trigger, view or function that a tampered
 * schema brings along.
 */
#include "verifier/state/db/db.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "verifier/state/db/sqlite_file.h"

#define LOG_OVERGROWN_SIZE (4 * SQLITE_LOG_FULL_SIZE) /* cut back at the next start */
#define BUSY_TIMEOUT_MS 1000
#define READER_CACHE_KIB 2048 /* enough for the upper pages of 100,000 users' indexes */
#define WRITER_CACHE_KIB 6144
#define TROUBLE_SIZE 160

enum fixed { FIXED_BEGIN, FIXED_COMMIT, FIXED_ROLLBACK, FIXED_SAVEPOINT, FIXED_SAVEPOINT2, FIXED_RELEASE,
	FIXED_RELEASE2, FIXED_UNDO, FIXED_UNDO2, FIXED_COUNT };

static const char *const fixed_sql[FIXED_COUNT] = {"BEGIN IMMEDIATE", "COMMIT", "ROLLBACK", "SAVEPOINT one",
	"SAVEPOINT two", "RELEASE one", "RELEASE two", "ROLLBACK TO one", "ROLLBACK TO two"};

struct db {
	sqlite3 *handle;
	struct db_statement *fixed[FIXED_COUNT];
	int64_t log_frames;
	char trouble[TROUBLE_SIZE];
};

struct db_statement {
	struct db *db;
	sqlite3_stmt *handle;
};

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void library_start(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MULTITHREAD); /* each connection on one thread at a time */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static enum stepup_error db_sqlite_translate(int code)
{
	if (code == SQLITE_IOERR_NOMEM)
		return STEPUP_NO_MEMORY;
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return STEPUP_OK;
	case SQLITE_NOMEM:
		return STEPUP_NO_MEMORY;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return STEPUP_TIMEOUT;
	case SQLITE_IOERR:
	case SQLITE_FULL:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return STEPUP_IO;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return STEPUP_CORRUPT;
	case SQLITE_CONSTRAINT:
		return STEPUP_EXISTS;
	case SQLITE_TOOBIG:
		return STEPUP_TOO_LONG;
	default:
		return STEPUP_INTERNAL;
	}
}

/* Keeps the words for logs, gives the error. */
static enum stepup_error failed(struct db *db, int code)
{
	enum stepup_error error = db_sqlite_translate(code);

	if (error != STEPUP_OK)
		snprintf(db->trouble, sizeof(db->trouble), "%s (%d)",
			db->handle != NULL ? sqlite3_errmsg(db->handle) : sqlite3_errstr(code), code);
	return error;
}

/* --- connections --- */

static int count_log_frames(void *context, sqlite3 *handle, const char *name, int frames)
{
	struct db *db = context;

	(void)handle;
	(void)name;
	db->log_frames = frames;
	return SQLITE_OK;
}

static enum stepup_error configure(struct db *db)
{
	int persist = 1, ok = SQLITE_OK;

	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
	ok |= sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	ok |= sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	ok |= sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	ok |= sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	ok |= sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	ok |= sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	ok |= sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	ok |= sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	ok |= sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
	return ok == SQLITE_OK ? STEPUP_OK : STEPUP_INTERNAL;
}

static enum stepup_error connect_to(const char *place, struct db **db)
{
	struct db *made = calloc(1, sizeof(*made));
	enum stepup_error error;
	int code;

	if (made == NULL)
		return STEPUP_NO_MEMORY;
	(void)pthread_once(&library_once, library_start);
	code = sqlite3_open_v2(place, &made->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	error = failed(made, code);
	if (error == STEPUP_OK && sqlite3_db_readonly(made->handle, "main") != 0)
		error = STEPUP_IO; /* SQLite falls back to reading without a word */
	if (error == STEPUP_OK)
		error = configure(made);
	*db = made;
	if (error != STEPUP_OK)
		db_close(db);
	return error;
}

#define NUMBER_TEXT(number) NUMBER_TEXT_(number)
#define NUMBER_TEXT_(number) #number

enum stepup_error db_open(const char *place, enum db_access access, struct db **db)
{
	enum stepup_error error = connect_to(place, db);

	if (error != STEPUP_OK)
		return error;
	error = db_execute(*db,
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
		"PRAGMA journal_size_limit = -1; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = FAST;"
		"PRAGMA cell_size_check = ON;");
	if (error == STEPUP_OK)
		error = db_execute(*db, access == DB_READ ? "PRAGMA cache_size = -"
			NUMBER_TEXT(READER_CACHE_KIB) "; PRAGMA query_only = ON;" : "PRAGMA cache_size = -"
			NUMBER_TEXT(WRITER_CACHE_KIB) ";");
	(void)sqlite3_wal_hook((*db)->handle, count_log_frames, *db);
	for (unsigned i = 0; error == STEPUP_OK && access == DB_WRITE && i < FIXED_COUNT; i++)
		error = db_prepare(*db, fixed_sql[i], &(*db)->fixed[i]);
	if (error != STEPUP_OK)
		db_close(db);
	return error;
}

void db_close(struct db **db)
{
	if (*db == NULL)
		return;
	for (unsigned i = 0; i < FIXED_COUNT; i++)
		db_statement_free(&(*db)->fixed[i]);
	(void)sqlite3_close_v2((*db)->handle);
	free(*db);
	*db = NULL;
}

const char *db_place(const struct db *db)
{
	return sqlite3_db_filename(db->handle, "main");
}

const char *db_trouble(const struct db *db)
{
	return db->trouble;
}

enum stepup_error db_execute(struct db *db, const char *sql)
{
	return failed(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

/* --- statements --- */

enum stepup_error db_prepare(struct db *db, const char *sql, struct db_statement **statement)
{
	struct db_statement *made = calloc(1, sizeof(*made));
	enum stepup_error error;

	if (made == NULL)
		return STEPUP_NO_MEMORY;
	made->db = db;
	error = failed(db,
		sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &made->handle, NULL));
	if (error == STEPUP_OK)
		*statement = made;
	else
		db_statement_free(&made);
	return error;
}

void db_statement_free(struct db_statement **statement)
{
	if (*statement == NULL)
		return;
	(void)sqlite3_finalize((*statement)->handle);
	free(*statement);
	*statement = NULL;
}

static int bind_one(sqlite3_stmt *handle, int place, const struct db_value *value)
{
	static const char nothing[1];
	/* a NULL pointer would bind NULL */
	const char *bytes = value->bytes != NULL ? value->bytes : nothing;

	switch (value->kind) {
	case DB_KIND_INT:
		return sqlite3_bind_int64(handle, place, value->number);
	case DB_KIND_TEXT:
		return sqlite3_bind_text64(handle, place, bytes, value->size, SQLITE_STATIC, SQLITE_UTF8);
	case DB_KIND_BLOB:
		return sqlite3_bind_blob64(handle, place, bytes, value->size, SQLITE_STATIC);
	case DB_KIND_NULL:
		return sqlite3_bind_null(handle, place);
	}
	return SQLITE_MISUSE;
}

enum stepup_error db_bind(struct db_statement *statement, const struct db_value *values, size_t count)
{
	int code = SQLITE_OK;

	if (sqlite3_bind_parameter_count(statement->handle) != (int)count)
		return STEPUP_INTERNAL;
	for (size_t i = 0; code == SQLITE_OK && i < count; i++)
		code = bind_one(statement->handle, (int)i + 1, &values[i]);
	return failed(statement->db, code);
}

enum stepup_error db_step(struct db_statement *statement, bool *row)
{
	int code = sqlite3_step(statement->handle);

	*row = code == SQLITE_ROW;
	return failed(statement->db, code);
}

void db_reset(struct db_statement *statement)
{
	(void)sqlite3_reset(statement->handle); /* repeats the step's error */
	(void)sqlite3_clear_bindings(statement->handle);
}

int64_t db_column_int(struct db_statement *statement, int column)
{
	return sqlite3_column_type(statement->handle, column) == SQLITE_INTEGER
		? sqlite3_column_int64(statement->handle, column) : 0;
}

const char *db_column_text(struct db_statement *statement, int column, size_t *size)
{
	const char *text = NULL;

	if (sqlite3_column_type(statement->handle, column) == SQLITE_TEXT)
		text = (const char *)sqlite3_column_text(statement->handle, column);
	*size = text != NULL ? (size_t)sqlite3_column_bytes(statement->handle, column) : 0;
	return text;
}

const uint8_t *db_column_blob(struct db_statement *statement, int column, size_t *size)
{
	const uint8_t *bytes = NULL;

	if (sqlite3_column_type(statement->handle, column) == SQLITE_BLOB)
		bytes = sqlite3_column_blob(statement->handle, column);
	*size = bytes != NULL ? (size_t)sqlite3_column_bytes(statement->handle, column) : 0;
	return bytes;
}

bool db_column(struct db_statement *statement, int column, struct db_value *value)
{
	int type = sqlite3_column_type(statement->handle, column);

	*value = (struct db_value){.kind = DB_KIND_INT};
	if (type == SQLITE_INTEGER) {
		value->number = sqlite3_column_int64(statement->handle, column);
		return true;
	}
	value->kind = type == SQLITE_TEXT ? DB_KIND_TEXT : DB_KIND_BLOB;
	value->bytes = type == SQLITE_TEXT ? (const void *)sqlite3_column_text(statement->handle, column)
		: sqlite3_column_blob(statement->handle, column);
	value->size = (size_t)sqlite3_column_bytes(statement->handle, column);
	return (type == SQLITE_TEXT || type == SQLITE_BLOB) && (value->bytes != NULL || value->size == 0);
}

int64_t db_changed(struct db *db)
{
	return sqlite3_changes64(db->handle);
}

/* --- transactions --- */

static enum stepup_error run_fixed(struct db *db, enum fixed which)
{
	bool row = false;
	enum stepup_error error;

	if (db->fixed[which] == NULL)
		return STEPUP_INTERNAL;
	error = db_step(db->fixed[which], &row);
	db_reset(db->fixed[which]);
	return error;
}

enum stepup_error db_begin(struct db *db)
{
	return run_fixed(db, FIXED_BEGIN);
}

enum stepup_error db_commit(struct db *db)
{
	enum stepup_error error;

	if (!db_in_transaction(db))
		return STEPUP_IO; /* the driver has undone it by itself */
	error = run_fixed(db, FIXED_COMMIT);
	if (error != STEPUP_OK && db_in_transaction(db))
		(void)db_rollback(db);
	return error;
}

enum stepup_error db_rollback(struct db *db)
{
	return db_in_transaction(db) ? run_fixed(db, FIXED_ROLLBACK) : STEPUP_OK;
}

bool db_in_transaction(const struct db *db)
{
	return sqlite3_get_autocommit(db->handle) == 0;
}

enum stepup_error db_savepoint(struct db *db, unsigned depth)
{
	return run_fixed(db, depth == 0 ? FIXED_SAVEPOINT : FIXED_SAVEPOINT2);
}

enum stepup_error db_release(struct db *db, unsigned depth)
{
	return run_fixed(db, depth == 0 ? FIXED_RELEASE : FIXED_RELEASE2);
}

enum stepup_error db_rollback_to(struct db *db, unsigned depth)
{
	enum stepup_error error = run_fixed(db, depth == 0 ? FIXED_UNDO : FIXED_UNDO2);

	return error == STEPUP_OK ? db_release(db, depth) : error;
}

enum stepup_error db_snapshot(struct db *db)
{
	return db_execute(db, "BEGIN");
}

void db_snapshot_end(struct db *db)
{
	if (db_in_transaction(db))
		(void)db_execute(db, "ROLLBACK");
}

/* --- the file --- */

enum stepup_error db_create(const char *place, const char *sql, int schema, struct db **db)
{
	char marks[160];
	enum stepup_error error = connect_to(place, db);

	if (error != STEPUP_OK)
		return error;
	snprintf(marks, sizeof(marks), "PRAGMA page_size = %d; PRAGMA synchronous = EXTRA; BEGIN IMMEDIATE; "
		"PRAGMA application_id = %d;"
		"PRAGMA user_version = %d;", SQLITE_FILE_PAGE_SIZE, SQLITE_FILE_APPLICATION, schema);
	error = db_execute(*db, marks);
	if (error == STEPUP_OK)
		error = db_execute(*db, sql);
	for (unsigned i = 0; error == STEPUP_OK && i < FIXED_COUNT; i++)
		error = db_prepare(*db, fixed_sql[i], &(*db)->fixed[i]);
	if (error != STEPUP_OK)
		db_close(db);
	return error;
}

enum stepup_error db_open_alone(const char *place, struct db **db)
{
	enum stepup_error error = connect_to(place, db);
	int persist = 0; /* a log that stays beside it would be opened again, and take what says that there is
			    none */

	if (error == STEPUP_OK &&
		sqlite3_file_control((*db)->handle, "main", SQLITE_FCNTL_PERSIST_WAL, &persist) != SQLITE_OK)
		error = STEPUP_INTERNAL;
	if (error == STEPUP_OK)
		error = db_execute(*db, "PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA; "
			"PRAGMA cell_size_check = ON;");
	if (error != STEPUP_OK)
		db_close(db);
	return error;
}

/* In one step, so that it is of one moment. */
static enum stepup_error copy_pages(struct db *from, struct db *to)
{
	sqlite3_backup *backup = sqlite3_backup_init(to->handle, "main", from->handle, "main");
	int code = backup != NULL ? sqlite3_backup_step(backup, -1) : sqlite3_errcode(to->handle);

	if (backup != NULL && (sqlite3_backup_finish(backup) != SQLITE_OK && code == SQLITE_DONE))
		code = SQLITE_IOERR;
	return code == SQLITE_DONE ? STEPUP_OK : failed(to, code == SQLITE_OK ? SQLITE_BUSY : code);
}

enum stepup_error db_copy(const char *place, const char *copy)
{
	struct db *from = NULL, *to = NULL;
	int fd = open(copy, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	enum stepup_error error = fd >= 0 && close(fd) == 0 ? db_open(place, DB_READ, &from) : STEPUP_IO;

	if (error == STEPUP_OK)
		error = connect_to(copy, &to);
	if (error == STEPUP_OK)
		error = copy_pages(from, to);
	db_close(&to);
	db_close(&from);
	if (error == STEPUP_OK) /* what was copied says that there is a write-ahead log beside it */
		error = db_open_alone(copy, &to);
	db_close(&to);
	return error;
}

enum stepup_error db_set_schema(struct db *db, int schema)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", schema);
	return db_in_transaction(db) ? db_execute(db, sql) : STEPUP_INTERNAL;
}

enum stepup_error db_reserve_log(struct db *db)
{
	enum stepup_error error = STEPUP_IO;
	struct statvfs space;
	struct stat st;
	char *path = NULL;
	int fd = -1;

	if (asprintf(&path, "%s-wal", db_place(db)) < 0)
		return STEPUP_NO_MEMORY;
	fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || fstat(fd, &st) != 0 || fstatvfs(fd, &space) != 0)
		goto out;
	if (st.st_size > LOG_OVERGROWN_SIZE) {
		(void)sqlite3_wal_checkpoint_v2(db->handle, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
		if (fstat(fd, &st) != 0)
			goto out;
	}
	error = STEPUP_OK;
	/* not the disk's last space */
	if (st.st_size < SQLITE_LOG_FULL_SIZE && space.f_bavail >= 4 * SQLITE_LOG_FULL_SIZE / space.f_frsize)
		error = sqlite_log_fill(fd, st.st_size);
out:
	if (fd >= 0)
		close(fd);
	free(path);
	return error;
}

int64_t db_log_size(const struct db *db)
{
	return db->log_frames * SQLITE_FRAME_SIZE;
}

enum stepup_error db_move_log(struct db *db, int *left)
{
	int frames = 0, moved = 0;
	int code = sqlite3_wal_checkpoint_v2(db->handle, "main", SQLITE_CHECKPOINT_PASSIVE, &frames, &moved);

	*left = frames - moved;
	return failed(db, code);
}
