/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a database driver does: open, prepare, bind, step, begin, commit, savepoints. Nothing here
 * knows what is stored.
 * Statements use $1, $2 … once each and in order, and only SQL that SQLite and PostgreSQL share; tables are
 * declared with SQLite's type names, which another driver translates. One driver is built in: db_sqlite.c.
 * A connection belongs to one thread at a time.
 * Layer: verifier/state/db/.
 */
#ifndef STEPUP_VERIFIER_DB_H
#define STEPUP_VERIFIER_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

struct db;
struct db_statement;

/* Errors of every function here: STEPUP_IO (the disk failed, is full or read-only), STEPUP_TIMEOUT (somebody
 * else is writing), STEPUP_CORRUPT (the file isn't what it should be), STEPUP_EXISTS (a constraint),
 * STEPUP_NO_MEMORY, STEPUP_INTERNAL (a mistake of ours). */

enum db_access { DB_READ, DB_WRITE };

/* Opens a connection to an existing database. */
enum stepup_error db_open(const char *place, enum db_access access, struct db **db);
void db_close(struct db **db);

/* The path of the database. */
const char *db_place(const struct db *db);

/* What failed last on this connection, in the driver's words, for logs. */
const char *db_trouble(const struct db *db);

/* Runs statements that are needed once. */
enum stepup_error db_execute(struct db *db, const char *sql);

/* --- statements --- */
enum db_kind { DB_KIND_INT, DB_KIND_TEXT, DB_KIND_BLOB, DB_KIND_NULL };

struct db_value {
	enum db_kind kind;
	int64_t number;
	const void *bytes; /* must stay until db_reset */
	size_t size;
};

#define DB_INT(value) ((struct db_value){.kind = DB_KIND_INT, .number = (value)})
#define DB_TEXT(text) ((struct db_value){.kind = DB_KIND_TEXT, .bytes = (text), .size = strlen(text)})
#define DB_BLOB(at, length) ((struct db_value){.kind = DB_KIND_BLOB, .bytes = (at), .size = (length)})

enum stepup_error db_prepare(struct db *db, const char *sql, struct db_statement **statement);
void db_statement_free(struct db_statement **statement);
enum stepup_error db_bind(struct db_statement *statement, const struct db_value *values, size_t count);
/* Goes on to the next row; `*row` false at the end. */
enum stepup_error db_step(struct db_statement *statement, bool *row);
/* Ends what the statement is doing and forgets what is bound; it can be bound again. */
void db_reset(struct db_statement *statement);

/* Columns of the row, from 0; bytes live until the next step or reset. A column of another type gives
 * 0, NULL, size 0. */
int64_t db_column_int(struct db_statement *statement, int column);
const char *db_column_text(struct db_statement *statement, int column, size_t *size);
const uint8_t *db_column_blob(struct db_statement *statement, int column, size_t *size);

/* The column as it stands there, of whatever kind; false where it is NULL or of a kind that nothing here
 * writes. Bytes live as above. */
bool db_column(struct db_statement *statement, int column, struct db_value *value);

/* Rows that the last finished statement changed. */
int64_t db_changed(struct db *db);

/* --- transactions --- */
#define DB_SAVEPOINTS_MAX 2 /* nested */

/* Takes the right to write at once. */
enum stepup_error db_begin(struct db *db);
/* Durable when it returns STEPUP_OK; after anything else the transaction is over and undone. */
enum stepup_error db_commit(struct db *db);
enum stepup_error db_rollback(struct db *db);
/* Whether a transaction is open; a driver may have ended one by itself after a failure. */
bool db_in_transaction(const struct db *db);
enum stepup_error db_savepoint(struct db *db, unsigned depth);
enum stepup_error db_release(struct db *db, unsigned depth);
/* Undoes what happened since the savepoint and ends it. */
enum stepup_error db_rollback_to(struct db *db, unsigned depth);

/* One view of the database for all that a reading connection does until it is let go. */
enum stepup_error db_snapshot(struct db *db);
void db_snapshot_end(struct db *db);

/* --- a file-based driver's place --- */

/* Whether tables and indexes are those that `sql` makes, nothing more, nothing less and nothing else; `name`
 * is then the first that isn't. */
enum stepup_error db_schema_is(struct db *db, const char *sql, bool *same, char *name, size_t name_size);

/* Refuses what isn't ours before anything is touched: no database, another program's, a newer schema than
 * `schema`. The sentence goes to `*why`. STEPUP_NOT_FOUND: an empty file, to be filled by db_create. */
enum stepup_error db_check_file(const char *place, int fd, int schema, char **why);

/* Before it is opened: makes sure that what its write-ahead log holds is on the disk. A sync that failed in
 * another life leaves pages that the kernel takes for written: they are read back, no later sync writes them,
 * and a power cut takes them away. So they are written once more, and synced. STEPUP_IO. */
enum stepup_error db_settle_log(const char *place);

/* Makes a database of an empty file: runs `sql` and marks it as ours and as of `schema`, in a transaction
 * that is left open for the caller to fill and to commit. */
enum stepup_error db_create(const char *place, const char *sql, int schema, struct db **db);

/* Whether the file holds together, and what db_check_file could not see without opening it. `*found` is the
 * file's own schema. A small file is read whole. Of a large one, that its end is there, and every table but
 * those named in `grown` (ends with NULL), which may be larger than anybody wants to wait for at a start. */
enum stepup_error db_check(struct db *db, int schema, const char *const *grown, int *found, char **why);

/* Copies a database as of one moment, also while others use it, to a new file that needs no
 * other beside it. */
enum stepup_error db_copy(const char *place, const char *copy);

/* db_check of such a copy, read whole, which leaves nothing beside it. */
enum stepup_error db_check_copy(const char *copy, int schema, int *found, char **why);

/* Marks the database as of another schema, within a transaction. */
enum stepup_error db_set_schema(struct db *db, int schema);

/* At the start: gives the write-ahead log its full size before anything is written, so that commits overwrite
 * rather than grow it; cuts back one that has grown far beyond. A disk without room for that is no error. */
enum stepup_error db_reserve_log(struct db *db);

/* Bytes that commits have put into the write-ahead log since it was last moved to the database whole. */
int64_t db_log_size(const struct db *db);

/* Moves the write-ahead log to the database as far as that goes without waiting; `*left` is what
 * remains, in pages. */
enum stepup_error db_move_log(struct db *db, int *left);

#endif
