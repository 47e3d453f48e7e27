/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a database of SQLite's holds together, at the start (db_check of db.h).
 * MUST: take seconds at any size; take nothing for whole that it had to read and couldn't.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "verifier/state/db/db.h"
#include "verifier/state/db/sqlite_file.h"

#define CHECK_WHOLE_PAGES 16384 /* 64 MiB: read in a fraction of a second */

/* Asks something that has one answer, a number or "ok"; `table` (NULL where there is none) is the
 * statement's parameter. */
static enum stepup_error sqlite_check_ask(struct db *db, const char *sql, const char *table,
	int64_t *number, bool *ok)
{
	struct db_statement *statement = NULL;
	bool row = false;
	size_t size;
	const char *text;
	enum stepup_error error = db_prepare(db, sql, &statement);

	if (error == STEPUP_OK && table != NULL)
		error = db_bind(statement, &DB_TEXT(table), 1);
	if (error == STEPUP_OK)
		error = db_step(statement, &row);
	if (error == STEPUP_OK && row) {
		*number = db_column_int(statement, 0);
		text = db_column_text(statement, 0, &size);
		*ok = text != NULL && strcmp(text, "ok") == 0;
	}
	db_statement_free(&statement);
	return error;
}

/* Pages that stand neither in the file nor, perhaps, in the write-ahead log. */
static enum stepup_error end_is_there(struct db *db, int64_t pages, bool *ok)
{
	struct stat file, log = {.st_size = 0};
	char *path = NULL;
	enum stepup_error error = STEPUP_OK;

	if (asprintf(&path, "%s-wal", db_place(db)) < 0)
		return STEPUP_NO_MEMORY;
	if (stat(db_place(db), &file) != 0 || (stat(path, &log) != 0 && errno != ENOENT))
		error = STEPUP_IO;
	else
		*ok = pages - file.st_size / SQLITE_FILE_PAGE_SIZE <= log.st_size / SQLITE_FRAME_SIZE;
	free(path);
	return error;
}

static bool is_among(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

static enum stepup_error check_tables(struct db *db, const char *const *grown, bool *ok)
{
	struct db_statement *tables = NULL;
	bool row = true;
	int64_t number;
	size_t size;
	enum stepup_error error =
		db_prepare(db, "SELECT name FROM sqlite_schema WHERE type = 'table'", &tables);

	while (error == STEPUP_OK && *ok) {
		const char *name;

		error = db_step(tables, &row);
		if (error != STEPUP_OK || !row)
			break;
		name = db_column_text(tables, 0, &size);
		if (name == NULL)
			error = STEPUP_CORRUPT;
		else if (!is_among(name, grown))
			error = sqlite_check_ask(db, "SELECT * FROM pragma_quick_check($1)", name,
				&number, ok);
	}
	db_statement_free(&tables);
	return error;
}

enum stepup_error db_check_copy(const char *copy, int schema, int *found, char **why)
{
	static const char *const none[] = {NULL};
	struct db *db = NULL;
	enum stepup_error error = db_open_alone(copy, &db);

	if (error == STEPUP_OK)
		error = db_check(db, schema, none, found, why);
	db_close(&db);
	return error == STEPUP_CORRUPT ? sqlite_file_is_torn(copy, why) : error;
}

enum stepup_error db_check(struct db *db, int schema, const char *const *grown, int *found, char **why)
{
	const char *place = db_place(db);
	int64_t number = INT64_MAX, pages = 0;
	bool ok = false;
	enum stepup_error error = sqlite_check_ask(db, "PRAGMA user_version", NULL, &number, &ok);

	if (error == STEPUP_OK && number > schema)
		return sqlite_file_is_newer(place, why);
	if (error == STEPUP_OK && number < 1)
		return sqlite_file_is_torn(place, why);
	*found = error == STEPUP_OK ? (int)number : 0;
	if (error == STEPUP_OK)
		error = sqlite_check_ask(db, "PRAGMA page_count", NULL, &pages, &ok);
	if (error == STEPUP_OK && pages <= CHECK_WHOLE_PAGES)
		error = sqlite_check_ask(db, "PRAGMA quick_check(1)", NULL, &number, &ok);
	else if (error == STEPUP_OK)
		error = end_is_there(db, pages, &ok);
	if (error == STEPUP_OK && ok && pages > CHECK_WHOLE_PAGES)
		error = check_tables(db, grown, &ok);
	if (error == STEPUP_CORRUPT || (error == STEPUP_OK && !ok))
		return sqlite_file_is_torn(place, why);
	return error;
}

/* --- the schema --- */

#define STATEMENTS_MAX 64

/* The statements of a text, which end with a semicolon each. */
static size_t sqlite_check_split(const char *sql, const char *starts[STATEMENTS_MAX],
	size_t sizes[STATEMENTS_MAX])
{
	size_t count = 0;
	const char *end;

	for (; (end = strchr(sql, ';')) != NULL && count < STATEMENTS_MAX; sql = end + 1) {
		starts[count] = sql;
		sizes[count++] = (size_t)(end - sql);
	}
	return count;
}

/* Whether a row of the schema is one of the statements that none was yet; or an index that belongs to a
 * table's own text. */
static bool is_expected(struct db_statement *row, const char *const *starts, size_t *sizes, size_t count)
{
	struct db_value made;
	size_t size = 0;
	const char *type = db_column_text(row, 0, &size);

	if (!db_column(row, 2, &made))
		return type != NULL && strcmp(type, "index") == 0;
	for (size_t i = 0; i < count; i++)
		if (made.kind == DB_KIND_TEXT && sizes[i] == made.size && made.size > 0 &&
		    memcmp(starts[i], made.bytes, made.size) == 0) {
			sizes[i] = 0;
			return true;
		}
	return false;
}

enum stepup_error db_schema_is(struct db *db, const char *sql, bool *same, char *name, size_t name_size)
{
	const char *starts[STATEMENTS_MAX];
	size_t sizes[STATEMENTS_MAX], size = 0, count = sqlite_check_split(sql, starts, sizes);
	struct db_statement *rows = NULL;
	bool row = true;
	enum stepup_error error = db_prepare(db, "SELECT type, name, sql FROM sqlite_schema", &rows);

	*same = true;
	while (error == STEPUP_OK && *same) {
		error = db_step(rows, &row);
		if (error != STEPUP_OK || !row)
			break;
		*same = is_expected(rows, starts, sizes, count);
		if (!*same)
			(void)snprintf(name, name_size, "%s", db_column_text(rows, 1,
					&size) != NULL ? db_column_text(rows, 1, &size) : "a nameless thing");
	}
	for (size_t i = 0; error == STEPUP_OK && *same && i < count; i++)
		if (sizes[i] > 0) {
			*same = false;
			(void)snprintf(name, name_size, "%.*s", (int)sizes[i], starts[i]);
		}
	db_statement_free(&rows);
	return error;
}
