/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Users: one sealed row each, whose version is the user's head.
 * MUST: hand out a record only where the seal holds for exactly this name, id and version, and the row is the
 * one that the memory has.
 */
#include "verifier/state/store/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"

#define USERS_PAGE_ROWS 32

static struct row_identity users_identity_of(const uint8_t user_id[USER_ID_SIZE], const char *name,
	int64_t version)
{
	return (struct row_identity){.table = SEALED_USERS, .key = user_id, .key_size = USER_ID_SIZE,
		.user_id = user_id, .name = name, .version = version};
}

static void free_bytes(uint8_t **bytes, size_t size)
{
	void *memory = *bytes;

	wipe_free(&memory, size);
	*bytes = NULL;
}

/* Unseals the record in the statement's row: name, user_id, version, locked, uid, key_id, sealed. */
static enum stepup_error unseal_row(struct store_session *session, struct db_statement *statement,
	struct user_record **record)
{
	size_t name_size = 0, id_size = 0, plain_size = 0;
	const char *name = db_column_text(statement, 0, &name_size);
	const uint8_t *user_id = db_column_blob(statement, 1, &id_size);
	int64_t version = db_column_int(statement, 2), locked = db_column_int(statement, 3);
	struct user_record *made = NULL;
	struct row_identity identity;
	uint8_t *plain = NULL;
	enum stepup_error error;

	if (name == NULL || strlen(name) != name_size || name_size >= USER_NAME_SIZE ||
	    id_size != USER_ID_SIZE)
		return STEPUP_CORRUPT;
	identity = users_identity_of(user_id, name, version);
	error = row_unseal(session, &identity, statement, 5, &plain, &plain_size);
	if (error == STEPUP_OK)
		error = user_record_unpack(plain, plain_size, &made);
	free_bytes(&plain, plain_size);
	if (error != STEPUP_OK)
		return error;
	if (made->version != version || strcmp(made->name, name) != 0 ||
	    memcmp(made->user_id, user_id, USER_ID_SIZE) != 0 || made->lock.locked != (locked == 1)) {
		user_record_free(&made);
		return STEPUP_CORRUPT;
	}
	*record = made;
	return STEPUP_OK;
}

/* The same, with its uid, which the upgrade fills in. */
static enum stepup_error users_read_row(struct store_session *session, struct db_statement *statement,
	struct user_record **record)
{
	enum stepup_error error = unseal_row(session, statement, record);

	if (error != STEPUP_OK || (*record)->uid == db_column_int(statement, 4))
		return error;
	user_record_free(record);
	return STEPUP_CORRUPT;
}

enum stepup_error store_user_find(struct store_session *session, const char *name,
	struct user_record **record)
{
	struct vault_row row;
	enum stepup_error error;

	*record = NULL;
	error = vault_find(session, VAULT_USERS, &DB_TEXT(name), &row);
	if (error != STEPUP_OK)
		return error;
	error = users_read_row(session, row.statement, record);
	if (error == STEPUP_OK)
		(*record)->seen = row.seen;
	else if (error == STEPUP_CORRUPT)
		vault_unreadable(session, VAULT_USERS, &DB_TEXT(name), &row);
	db_reset(row.statement);
	return error;
}

/* Writes the sealed record at the version after the one it has; `old_name` is the row's where it differs
 * from the record's, else NULL. What is indexed is written only where it changed: no page of an index is,
 * for an accepted code. */
static enum stepup_error users_write_row(struct store_session *session, struct user_record *record,
	const char *old_name, int64_t before, const uint8_t *sealed, size_t sealed_size)
{
	const struct db_value name = DB_TEXT(record->name), id = DB_BLOB(record->user_id, USER_ID_SIZE),
		version = DB_INT(record->version), locked = DB_INT(record->lock.locked),
		uid = DB_INT(record->uid), key_id = DB_TEXT(session->store->key_id),
		bytes = DB_BLOB(sealed, sealed_size);
	const struct db_value row[] = {name, id, version, locked, uid, key_id, bytes};

	if (before == 0)
		return vault_write(session, VAULT_USERS, SQL_USER_INSERT, row, sizeof(row) / sizeof(row[0]),
			row, &record->seen);
	if (old_name == NULL && record->uid == record->seen.group)
		return vault_write(session, VAULT_USERS, SQL_USER_UPDATE,
			STORE_VALUES(version, locked, key_id, bytes, id, name, DB_INT(before)), row,
			&record->seen);
	return vault_write(session, VAULT_USERS, SQL_USER_UPDATE_ALL, STORE_VALUES(version, locked, uid,
			key_id, bytes, name, id, old_name != NULL ? DB_TEXT(old_name) : name, DB_INT(before)),
		row, &record->seen);
}

/* Saves; `old_name` is the row's where it differs from the record's, else NULL. */
static enum stepup_error save(struct store_session *session, struct user_record *record, const char *old_name)
{
	int64_t before = record->version;
	struct row_identity identity;
	uint8_t *plain = NULL, *sealed = NULL;
	size_t plain_size = 0, sealed_size = 0;
	enum stepup_error error;

	if (before < 0 || before == INT64_MAX)
		return STEPUP_INVALID;
	record->version = before + 1;
	identity = users_identity_of(record->user_id, record->name, record->version);
	error = user_record_pack(record, &plain, &plain_size);
	if (error == STEPUP_OK)
		error = row_seal(session, &identity, plain, plain_size, &sealed, &sealed_size);
	free_bytes(&plain, plain_size);
	if (error == STEPUP_OK)
		error = users_write_row(session, record, old_name, before, sealed, sealed_size);
	free(sealed);
	if (error != STEPUP_OK)
		record->version = before;
	return error;
}

enum stepup_error store_user_save(struct store_session *session, struct user_record *record)
{
	return save(session, record, NULL);
}

enum stepup_error store_user_rename(struct store_session *session, struct user_record *record,
	const char *name)
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

struct user_page {
	char names[USERS_PAGE_ROWS][USER_NAME_SIZE];
	size_t count;
};

struct user_list {
	enum statement_id id;
	int64_t uid; /* SQL_USER_OF_UID's */
	bool (*each)(void *context, const struct user_record *record);
	void *context;
};

static enum stepup_error list_query(struct store_session *session, const struct user_list *list,
	const char *after, int limit, struct db_statement **statement)
{
	const int rows = limit < USERS_PAGE_ROWS ? limit : USERS_PAGE_ROWS;

	if (list->id == SQL_USER_OF_UID)
		return session_query(session, list->id,
			STORE_VALUES(DB_INT(list->uid), DB_TEXT(after), DB_INT(rows)), statement);
	return session_query(session, list->id, STORE_VALUES(DB_TEXT(after), DB_INT(rows)), statement);
}

/* The next names, in order, above `after`. Read whole before anybody is called back: an open statement would
 * hold an old view of the database. */
static enum stepup_error users_page_read(struct store_session *session, const struct user_list *list,
	const char *after, int limit, struct user_page *page)
{
	struct db_statement *statement = NULL;
	bool row = true;
	enum stepup_error error = list_query(session, list, after, limit, &statement);

	page->count = 0;
	while (error == STEPUP_OK && page->count < USERS_PAGE_ROWS) {
		const char *name;
		size_t size = 0;

		error = db_step(statement, &row);
		if (error != STEPUP_OK || !row)
			break;
		name = db_column_text(statement, 0, &size);
		if (name == NULL || size >= USER_NAME_SIZE || strlen(name) != size ||
		    strcmp(name, after) <= 0) {
			error = STEPUP_CORRUPT; /* or one twice: the index was changed */
			break;
		}
		memcpy(page->names[page->count], name, size + 1);
		after = page->names[page->count++];
	}
	if (statement != NULL)
		db_reset(statement);
	return error;
}

/* Each row of a page as of now. One that isn't what it should be is left out: it is noted, and nothing is
 * approved for it; but nobody is told that these are all the records of an account then. */
static enum stepup_error page_visit(struct store_session *session, const struct user_list *list,
	const struct user_page *page, bool *more)
{
	enum stepup_error error = STEPUP_OK;

	for (size_t i = 0; error == STEPUP_OK && *more && i < page->count; i++) {
		struct user_record *record = NULL;

		error = store_user_find(session, page->names[i], &record);
		/* else it is another account's by now */
		if (error == STEPUP_OK && (list->id != SQL_USER_OF_UID || record->uid == list->uid))
			*more = list->each(list->context, record);
		/* renamed meanwhile, or wrong */
		if (error == STEPUP_NOT_FOUND || (error == STEPUP_CORRUPT && list->id != SQL_USER_OF_UID))
			error = STEPUP_OK;
		user_record_free(&record);
	}
	return error;
}

static enum stepup_error each_user(struct store_session *session, const struct user_list *list,
	const char *after, int limit)
{
	struct user_page page;
	char last[USER_NAME_SIZE];
	bool more = limit > 0, full = true;
	int64_t count;
	enum stepup_error error = STEPUP_OK;

	if (strlen(after) >= sizeof(last))
		return STEPUP_TOO_LONG;
	strcpy(last, after);
	while (error == STEPUP_OK && more && full && limit > 0) {
		error = users_page_read(session, list, last, limit, &page);
		full = page.count == USERS_PAGE_ROWS;
		limit -= (int)page.count;
		if (error == STEPUP_OK && page.count > 0)
			memcpy(last, page.names[page.count - 1], sizeof(last));
		if (error == STEPUP_OK)
			error = page_visit(session, list, &page, &more);
	}
	if (error == STEPUP_OK)
		error = vault_count(session, VAULT_USERS, list->id == SQL_USER_PAGE_LOCKED, &count);
	return error;
}

enum stepup_error store_user_each(struct store_session *session, const char *after, int limit,
	bool (*each)(void *context, const struct user_record *record), void *context)
{
	return each_user(session, &(struct user_list){.id = SQL_USER_PAGE, .each = each, .context = context},
		after, limit);
}

enum stepup_error store_user_each_locked(struct store_session *session,
	bool (*each)(void *context, const struct user_record *record), void *context)
{
	return each_user(session, &(struct user_list){
			.id = SQL_USER_PAGE_LOCKED, .each = each, .context = context}, "", INT32_MAX);
}

/* The names of one account's records, as the index has them and as the memory says that they are. */
static enum stepup_error names_of_uid(struct store_session *session, const struct user_list *list,
	struct user_page *page, bool *right)
{
	struct db_value names[USERS_PAGE_ROWS];
	enum stepup_error error = users_page_read(session, list, "", USERS_PAGE_ROWS, page);

	*right = false;
	if (error == STEPUP_CORRUPT) /* not in order */
		return STEPUP_OK;
	if (error == STEPUP_OK && page->count == USERS_PAGE_ROWS)
		return STEPUP_TOO_LONG; /* nobody has so many names */
	for (size_t i = 0; error == STEPUP_OK && i < page->count; i++)
		names[i] = DB_TEXT(page->names[i]);
	return error == STEPUP_OK
		? vault_group_is(session, VAULT_USERS, list->uid, names, page->count, right) : error;
}

enum stepup_error store_user_each_of_uid(struct store_session *session, int64_t uid,
	bool (*each)(void *context, const struct user_record *record), void *context)
{
	const struct user_list list = {.id = SQL_USER_OF_UID, .uid = uid, .each = each, .context = context};
	struct user_page page = {.count = 0};
	bool right = false, overtaken = true, more = true;
	enum stepup_error error = STEPUP_OK;

	if (uid < 0)
		return STEPUP_OK;
	for (unsigned i = 0; error == STEPUP_OK && !right && overtaken && i < VAULT_READINGS_MAX; i++) {
		uint64_t generation = vault_generation(session);

		error = names_of_uid(session, &list, &page, &right);
		overtaken = !right && vault_overtaken(session, generation);
	}
	if (error == STEPUP_OK && !right) {
		vault_wrong_group(session, VAULT_USERS, uid);
		return STEPUP_CORRUPT;
	}
	if (error == STEPUP_OK)
		vault_right_group(session, VAULT_USERS, uid);
	return error == STEPUP_OK ? page_visit(session, &list, &page, &more) : error;
}

enum stepup_error store_user_count(struct store_session *session, int64_t *count)
{
	return vault_count(session, VAULT_USERS, false, count);
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
	struct db_statement *statement = NULL;
	struct user_record *record = NULL;
	bool row = false;
	enum stepup_error error =
		session_query(session, SQL_USER_FORMER, STORE_VALUES(DB_TEXT(after)), &statement);

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
	enum stepup_error error =
		db_execute(session->db, "ALTER TABLE users ADD COLUMN uid INTEGER NOT NULL DEFAULT -1");

	while (error == STEPUP_OK) {
		error = former_next(session, former.name, &former);
		if (error == STEPUP_OK && former.uid >= 0)
			error = session_write(session, SQL_USER_SET_UID, STORE_VALUES(DB_INT(former.uid),
					DB_BLOB(former.user_id, USER_ID_SIZE)), &changed);
	}
	return error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}
