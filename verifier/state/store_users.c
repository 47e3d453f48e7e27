/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Users: one sealed row each, whose version is the user's head.
 * MUST: hand out a record only where the seal holds for exactly this name, id and version, and the version is the newest that was ever seen.
 */
#include "verifier/state/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "lib/wipe.h"

#define PAGE_ROWS 32

static struct row_identity identity_of(const uint8_t user_id[USER_ID_SIZE], const char *name, int64_t version)
{
	return (struct row_identity){.table = SEALED_USERS, .key = user_id, .key_size = USER_ID_SIZE, .user_id = user_id, .name = name,
		.version = version};
}

static void free_bytes(uint8_t **bytes, size_t size)
{
	void *memory = *bytes;

	wipe_free(&memory, size);
	*bytes = NULL;
}

/* Unseals the record in the statement's row: name, user_id, version, locked, key_id, sealed. */
static enum stepup_error unseal_row(struct store_session *session, struct db_statement *statement, struct user_record **record)
{
	size_t name_size = 0, id_size = 0, plain_size = 0;
	const char *name = db_column_text(statement, 0, &name_size);
	const uint8_t *user_id = db_column_blob(statement, 1, &id_size);
	int64_t version = db_column_int(statement, 2), locked = db_column_int(statement, 3);
	struct user_record *made = NULL;
	struct row_identity identity;
	uint8_t *plain = NULL;
	enum stepup_error error;

	if (name == NULL || strlen(name) != name_size || name_size >= USER_NAME_SIZE || id_size != USER_ID_SIZE)
		return STEPUP_CORRUPT;
	identity = identity_of(user_id, name, version);
	error = row_unseal(session, &identity, statement, 4, &plain, &plain_size);
	if (error == STEPUP_OK)
		error = user_record_unpack(plain, plain_size, &made);
	free_bytes(&plain, plain_size);
	if (error != STEPUP_OK)
		return error;
	if (made->version != version || strcmp(made->name, name) != 0 || memcmp(made->user_id, user_id, USER_ID_SIZE) != 0
		|| made->lock.locked != (locked == 1)) {
		user_record_free(&made);
		return STEPUP_CORRUPT;
	}
	*record = made;
	return STEPUP_OK;
}

/* The same, and then uid. */
static enum stepup_error read_row(struct store_session *session, struct db_statement *statement, struct user_record **record)
{
	enum stepup_error error = unseal_row(session, statement, record);

	if (error != STEPUP_OK || (*record)->uid == db_column_int(statement, 6))
		return error;
	user_record_free(record);
	return STEPUP_CORRUPT;
}

static enum stepup_error check_record(struct store_session *session, struct user_record **record, struct version_check *check)
{
	struct row_identity identity = identity_of((*record)->user_id, NULL, 0);
	uint64_t row = 0;
	enum stepup_error error = row_number(&identity, &row);

	if (error == STEPUP_OK)
		error = version_check(session, row, (*record)->version, check);
	if (error != STEPUP_OK || check->again)
		user_record_free(record);
	return error;
}

static enum stepup_error find_once(struct store_session *session, const char *name, struct user_record **record, struct version_check *check)
{
	struct db_statement *statement = NULL;
	bool row = false;
	enum stepup_error error = session_query(session, SQL_USER_FIND, STORE_VALUES(DB_TEXT(name)), &statement);

	if (error == STEPUP_OK)
		error = db_step(statement, &row);
	if (error == STEPUP_OK)
		error = row ? read_row(session, statement, record) : STEPUP_NOT_FOUND;
	if (statement != NULL)
		db_reset(statement);
	return error == STEPUP_OK ? check_record(session, record, check) : error;
}

enum stepup_error store_user_find(struct store_session *session, const char *name, struct user_record **record)
{
	struct version_check check = {0};
	enum stepup_error error;

	*record = NULL;
	do
		error = find_once(session, name, record, &check);
	while (error == STEPUP_OK && check.again);
	return error;
}

/* Writes the sealed record at the version after the one it has. */
static enum stepup_error write_row(struct store_session *session, const struct user_record *record, int64_t before, const uint8_t *sealed,
	size_t sealed_size)
{
	const char *key_id = session->store->key_id;
	int64_t changed = 0;
	enum stepup_error error;

	if (before == 0)
		return session_write(session, SQL_USER_INSERT, STORE_VALUES(DB_INT(record->version), DB_INT(record->lock.locked), DB_INT(record->uid),
			DB_TEXT(key_id), DB_BLOB(sealed, sealed_size), DB_BLOB(record->user_id, USER_ID_SIZE), DB_TEXT(record->name)), NULL);
	error = session_write(session, SQL_USER_UPDATE, STORE_VALUES(DB_INT(record->version), DB_INT(record->lock.locked), DB_INT(record->uid),
		DB_TEXT(key_id), DB_BLOB(sealed, sealed_size), DB_BLOB(record->user_id, USER_ID_SIZE), DB_TEXT(record->name),
		DB_INT(before)), &changed);
	return error == STEPUP_OK && changed != 1 ? STEPUP_CORRUPT : error;
}

/* The same for a row that has another name so far. */
static enum stepup_error write_renamed_row(struct store_session *session, const struct user_record *record, const char *old_name, int64_t before,
	const uint8_t *sealed, size_t sealed_size)
{
	int64_t changed = 0;
	enum stepup_error error = session_write(session, SQL_USER_RENAME, STORE_VALUES(DB_INT(record->version),
		DB_TEXT(session->store->key_id), DB_BLOB(sealed, sealed_size), DB_TEXT(record->name),
		DB_BLOB(record->user_id, USER_ID_SIZE), DB_TEXT(old_name), DB_INT(before)), &changed);

	return error == STEPUP_OK && changed != 1 ? STEPUP_CORRUPT : error;
}

/* Saves; `old_name` is the row's where it differs from the record's, else NULL. */
static enum stepup_error save(struct store_session *session, struct user_record *record, const char *old_name)
{
	int64_t before = record->version;
	struct row_identity identity;
	uint8_t *plain = NULL, *sealed = NULL;
	size_t plain_size = 0, sealed_size = 0;
	uint64_t row = 0;
	enum stepup_error error;

	if (before < 0 || before == INT64_MAX)
		return STEPUP_INVALID;
	record->version = before + 1;
	identity = identity_of(record->user_id, record->name, record->version);
	error = user_record_pack(record, &plain, &plain_size);
	if (error == STEPUP_OK)
		error = row_seal(session, &identity, plain, plain_size, &sealed, &sealed_size);
	free_bytes(&plain, plain_size);
	if (error == STEPUP_OK && old_name == NULL)
		error = write_row(session, record, before, sealed, sealed_size);
	else if (error == STEPUP_OK)
		error = write_renamed_row(session, record, old_name, before, sealed, sealed_size);
	free(sealed);
	if (error == STEPUP_OK)
		error = row_number(&identity, &row);
	if (error == STEPUP_OK)
		error = version_write(session, row, record->version);
	if (error != STEPUP_OK)
		record->version = before;
	return error;
}

enum stepup_error store_user_save(struct store_session *session, struct user_record *record)
{
	return save(session, record, NULL);
}

enum stepup_error store_user_rename(struct store_session *session, struct user_record *record, const char *name)
{
	char old_name[USER_NAME_SIZE];
	enum stepup_error error;

	if (record->version == 0 || *name == '\0' || strlen(name) >= sizeof(record->name))
		return STEPUP_INVALID;
	memcpy(old_name, record->name, sizeof(old_name));
	memset(record->name, 0, sizeof(record->name));
	memcpy(record->name, name, strlen(name));
	error = save(session, record, old_name);
	if (error != STEPUP_OK)
		memcpy(record->name, old_name, sizeof(old_name));
	return error;
}

/* --- lists --- */

struct page {
	struct user_record *records[PAGE_ROWS];
	size_t count;
};

static void page_clear(struct page *page)
{
	for (size_t i = 0; i < page->count; i++)
		user_record_free(&page->records[i]);
	page->count = 0;
}

struct list {
	enum statement_id id;
	int64_t uid; /* SQL_USER_OF_UID's */
	bool (*each)(void *context, const struct user_record *record);
	void *context;
};

static enum stepup_error list_query(struct store_session *session, const struct list *list, const char *after, int limit, struct db_statement **statement)
{
	const int rows = limit < PAGE_ROWS ? limit : PAGE_ROWS;

	if (list->id == SQL_USER_OF_UID)
		return session_query(session, list->id, STORE_VALUES(DB_INT(list->uid), DB_TEXT(after), DB_INT(rows)), statement);
	return session_query(session, list->id, STORE_VALUES(DB_TEXT(after), DB_INT(rows)), statement);
}

/* Reads the next page whole before anybody is called back: an open statement would hold an old view of the database. */
static enum stepup_error page_read(struct store_session *session, const struct list *list, const char *after, int limit, struct page *page)
{
	struct db_statement *statement = NULL;
	bool row = true;
	enum stepup_error error = list_query(session, list, after, limit, &statement);

	while (error == STEPUP_OK && row) {
		error = db_step(statement, &row);
		if (error == STEPUP_OK && row && page->count < PAGE_ROWS) {
			error = read_row(session, statement, &page->records[page->count]);
			page->count += error == STEPUP_OK;
		}
	}
	if (statement != NULL)
		db_reset(statement);
	return error;
}

/* The record as of now, where the page's is overtaken already. */
static enum stepup_error check_in_page(struct store_session *session, struct user_record **record)
{
	struct version_check check = {0};
	char name[USER_NAME_SIZE];
	enum stepup_error error;

	memcpy(name, (*record)->name, sizeof(name));
	error = check_record(session, record, &check);
	while (error == STEPUP_OK && check.again)
		error = find_once(session, name, record, &check);
	return error;
}

static enum stepup_error each_user(struct store_session *session, const struct list *list, const char *after, int limit)
{
	struct page page = {.count = 0};
	char last[USER_NAME_SIZE];
	bool more = limit > 0;
	enum stepup_error error = STEPUP_OK;

	if (strlen(after) >= sizeof(last))
		return STEPUP_TOO_LONG;
	strcpy(last, after);
	while (error == STEPUP_OK && more) {
		error = page_read(session, list, last, limit, &page);
		more = page.count == PAGE_ROWS && limit > PAGE_ROWS;
		limit -= (int)page.count;
		if (error == STEPUP_OK && page.count > 0)
			memcpy(last, page.records[page.count - 1]->name, sizeof(last));
		for (size_t i = 0; error == STEPUP_OK && i < page.count; i++) {
			error = check_in_page(session, &page.records[i]);
			if (error == STEPUP_OK && list->id == SQL_USER_OF_UID && page.records[i]->uid != list->uid)
				continue; /* overtaken: it is another account's by now */
			if (error == STEPUP_OK && !list->each(list->context, page.records[i])) {
				more = false;
				break;
			}
		}
		page_clear(&page);
	}
	return error;
}

enum stepup_error store_user_each(struct store_session *session, const char *after, int limit,
	bool (*each)(void *context, const struct user_record *record), void *context)
{
	return each_user(session, &(struct list){.id = SQL_USER_PAGE, .each = each, .context = context}, after, limit);
}

enum stepup_error store_user_each_locked(struct store_session *session,
	bool (*each)(void *context, const struct user_record *record), void *context)
{
	return each_user(session, &(struct list){.id = SQL_USER_PAGE_LOCKED, .each = each, .context = context}, "", INT32_MAX);
}

enum stepup_error store_user_each_of_uid(struct store_session *session, int64_t uid,
	bool (*each)(void *context, const struct user_record *record), void *context)
{
	if (uid < 0)
		return STEPUP_OK;
	return each_user(session, &(struct list){.id = SQL_USER_OF_UID, .uid = uid, .each = each, .context = context}, "", INT32_MAX);
}

enum stepup_error store_user_count(struct store_session *session, int64_t *count)
{
	return session_count(session, SQL_USER_COUNT, count);
}

/* --- the table as older schemas had it --- */

struct former {
	uint8_t user_id[USER_ID_SIZE];
	char name[USER_NAME_SIZE];
	int64_t uid;
};

/* The next user after that name; STEPUP_NOT_FOUND at the end. */
static enum stepup_error former_next(struct store_session *session, const char *after, struct former *former)
{
	const struct list list = {.id = SQL_USER_PAGE};
	struct db_statement *statement = NULL;
	struct user_record *record = NULL;
	bool row = false;
	enum stepup_error error = list_query(session, &list, after, 1, &statement);

	if (error == STEPUP_OK)
		error = db_step(statement, &row);
	if (error == STEPUP_OK)
		error = row ? unseal_row(session, statement, &record) : STEPUP_NOT_FOUND;
	if (error == STEPUP_OK) {
		memcpy(former->user_id, record->user_id, USER_ID_SIZE);
		memcpy(former->name, record->name, sizeof(former->name));
		former->uid = record->uid;
	}
	if (statement != NULL)
		db_reset(statement);
	user_record_free(&record);
	return error;
}

enum stepup_error users_upgrade(struct store_session *session)
{
	struct former former = {.name = ""};
	int64_t changed = 0;
	enum stepup_error error = db_execute(session->db, "ALTER TABLE users ADD COLUMN uid INTEGER NOT NULL DEFAULT -1");

	while (error == STEPUP_OK) {
		error = former_next(session, former.name, &former);
		if (error == STEPUP_OK && former.uid >= 0)
			error = session_write(session, SQL_USER_SET_UID, STORE_VALUES(DB_INT(former.uid), DB_BLOB(former.user_id, USER_ID_SIZE)), &changed);
	}
	return error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}
