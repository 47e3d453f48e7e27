/* SPDX-License-Identifier: BSD-2-Clause */
/* Contacts, counted and written as CSV; see contacts.h. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "examples/export-service/contacts.h"

struct contacts {
	sqlite3 *db;
};

struct contacts *contacts_open(const char *path)
{
	struct contacts *contacts = calloc(1, sizeof(*contacts));

	if (contacts &&
		(sqlite3_open_v2(path, &contacts->db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
			sqlite3_busy_timeout(contacts->db, 2000) != SQLITE_OK ||
			sqlite3_exec(contacts->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)) {
		fprintf(stderr, "export-service: %s: %s\n", path, sqlite3_errmsg(contacts->db));
		contacts_close(&contacts);
	}
	return contacts;
}

void contacts_close(struct contacts **contacts)
{
	if (!*contacts)
		return;
	sqlite3_close((*contacts)->db);
	free(*contacts);
	*contacts = NULL;
}

static sqlite3_stmt *prepare_account(struct contacts *contacts, const char *sql, const char *account)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(contacts->db, sql, -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_bind_text(statement, 1, account, -1, SQLITE_STATIC) == SQLITE_OK)
		return statement;
	fprintf(stderr, "export-service: %s\n", sqlite3_errmsg(contacts->db));
	sqlite3_finalize(statement);
	return NULL;
}

int64_t contacts_count(struct contacts *contacts, const char *account)
{
	sqlite3_stmt *statement = prepare_account(contacts, "SELECT (SELECT count(*) FROM contacts "
		"WHERE customer = customers.id) FROM customers WHERE account = ?1", account);
	int64_t count = -1;

	if (statement && sqlite3_step(statement) == SQLITE_ROW)
		count = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return count;
}

/* One field in quotes. What a spreadsheet would run as a formula gets an apostrophe in front. */
static bool write_field(FILE *line, const unsigned char *text, bool last)
{
	fputc('"', line);
	if (text && *text && strchr("=+-@\t\r", *text))
		fputc('\'', line);
	for (; text && *text; text++) {
		if (*text == '"')
			fputc('"', line);
		fputc(*text, line);
	}
	return fputs(last ? "\"\r\n" : "\",", line) != EOF;
}

static bool write_row(sqlite3_stmt *statement, bool (*write)(void *, const char *, size_t), void *context)
{
	char *text = NULL;
	size_t size = 0;
	FILE *line = open_memstream(&text, &size);
	int columns = sqlite3_column_count(statement);
	bool written = line;

	for (int i = 0; written && i < columns; i++)
		written = write_field(line, sqlite3_column_text(statement, i), i == columns - 1);
	if (line && fclose(line))
		written = false;
	written = written && write(context, text, size);
	free(text);
	return written;
}

bool contacts_write(struct contacts *contacts, const char *account, int64_t records,
	bool (*write)(void *context, const char *bytes, size_t size), void *context)
{
	static const char header[] = "\"name\",\"email\",\"city\",\"state\",\"added\"\r\n";
	sqlite3_stmt *statement = prepare_account(contacts,
		"SELECT contacts.name, email, city, state, added FROM contacts JOIN customers "
		"ON customers.id = customer WHERE account = ?1 ORDER BY contacts.id LIMIT ?2", account);
	int64_t written = 0;
	bool sound = statement && sqlite3_bind_int64(statement, 2, records) == SQLITE_OK &&
		write(context, header, sizeof(header) - 1);

	while (sound && sqlite3_step(statement) == SQLITE_ROW) {
		sound = write_row(statement, write, context);
		written++;
	}
	sqlite3_finalize(statement);
	return sound && written == records;
}
