/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests for a second person's agreement: sealed rows whose version moves on with each state.
 * MUST: never take an older state for a newer one; let no request go from one state to another
 * but as they may.
 */
#include "verifier/state/store/store_internal.h"

#include <stdlib.h>
#include <string.h>

#define REQUESTS_PAGE_ROWS 64

static struct row_identity requests_identity_of(const char *id, int64_t version)
{
	return (struct row_identity){
		.table = SEALED_REQUESTS, .key = id, .key_size = strlen(id), .version = version};
}

static enum stepup_error requests_seal_row(struct store_session *session,
	const struct approval_request *request, int64_t version, uint8_t **sealed, size_t *size)
{
	struct row_identity identity = requests_identity_of(request->id, version);
	uint8_t *plain = NULL;
	size_t plain_size = 0;
	enum stepup_error error = approval_request_pack(request, &plain, &plain_size);

	if (error == STEPUP_OK)
		error = row_seal(session, &identity, plain, plain_size, sealed, size);
	free(plain);
	return error;
}

/* The request in the statement's row: id, user_id, open, expires, version, key_id, sealed. */
static enum stepup_error requests_read_row(struct store_session *session, struct db_statement *statement,
	struct approval_request *request)
{
	size_t id_size = 0, user_size = 0, plain_size = 0;
	const char *id = db_column_text(statement, 0, &id_size);
	const uint8_t *user_id = db_column_blob(statement, 1, &user_size);
	int64_t version = db_column_int(statement, 4);
	struct row_identity identity;
	uint8_t *plain = NULL;
	enum stepup_error error;

	if (id == NULL || strlen(id) != id_size || id_size >= REQUEST_ID_SIZE)
		return STEPUP_CORRUPT;
	identity = requests_identity_of(id, version);
	error = row_unseal(session, &identity, statement, 5, &plain, &plain_size);
	if (error == STEPUP_OK)
		error = approval_request_unpack(plain, plain_size, request);
	free(plain);
	if (error != STEPUP_OK)
		return error;
	memcpy(request->id, id, id_size + 1);
	request->version = version;
	if (user_id == NULL || user_size != USER_ID_SIZE ||
	    memcmp(user_id, request->user_id, USER_ID_SIZE) != 0 ||
	    request_is_open(request) != (db_column_int(statement, 2) == 1) ||
	    request->expires != db_column_int(statement, 3))
		return STEPUP_CORRUPT;
	return STEPUP_OK;
}

enum stepup_error store_request_find(struct store_session *session, const char *id,
	struct approval_request *request)
{
	struct vault_row row;
	enum stepup_error error;

	memset(request, 0, sizeof(*request));
	error = vault_find(session, VAULT_REQUESTS, &DB_TEXT(id), &row);
	if (error != STEPUP_OK)
		return error;
	error = requests_read_row(session, row.statement, request);
	request->seen = row.seen;
	if (error == STEPUP_CORRUPT)
		vault_unreadable(session, VAULT_REQUESTS, &DB_TEXT(id), &row);
	db_reset(row.statement);
	if (error != STEPUP_OK)
		approval_request_clear(request);
	return error;
}

enum stepup_error store_request_add(struct store_session *session, struct approval_request *request)
{
	uint8_t *sealed = NULL;
	size_t size = 0;
	enum stepup_error error = request->state == REQUEST_REQUESTED && request->version == 0 &&
		request_id_is_valid(request->id) ? requests_seal_row(session, request, 1, &sealed, &size)
		: STEPUP_INTERNAL;

	if (error == STEPUP_OK) {
		const struct db_value row[] = {DB_TEXT(request->id), DB_BLOB(request->user_id, USER_ID_SIZE),
			DB_INT(1), DB_INT(request->expires), DB_INT(1), DB_TEXT(session->store->key_id),
			DB_BLOB(sealed, size)};

		error = vault_write(session, VAULT_REQUESTS, SQL_REQUEST_ADD, row,
			sizeof(row) / sizeof(row[0]), row, &request->seen);
	}
	free(sealed);
	if (error == STEPUP_OK)
		request->version = 1;
	return error;
}

enum stepup_error store_request_move(struct store_session *session, struct approval_request *request,
	enum request_state to)
{
	int64_t version = request->version + 1;
	uint8_t *sealed = NULL;
	size_t size = 0;
	enum stepup_error error;

	if (!session->in_transaction || request->version == 0 || !request_may_become(request->state, to))
		return STEPUP_INTERNAL;
	request->state = to;
	error = requests_seal_row(session, request, version, &sealed, &size);
	if (error == STEPUP_OK) {
		const struct db_value id = DB_TEXT(request->id),
			open = DB_INT(request_is_open(request) ? 1 : 0), expires = DB_INT(request->expires),
			now = DB_INT(version), key_id = DB_TEXT(session->store->key_id),
			bytes = DB_BLOB(sealed, size);

		error = vault_write(session, VAULT_REQUESTS, SQL_REQUEST_UPDATE,
			STORE_VALUES(open, expires, now, key_id, bytes, id, DB_INT(request->version)),
			(const struct db_value[]){id, DB_BLOB(request->user_id, USER_ID_SIZE), open, expires,
				now, key_id, bytes}, &request->seen);
	}
	free(sealed);
	if (error == STEPUP_OK)
		request->version = version;
	return error;
}

/* Ids from a statement that gives nothing else, at most REQUESTS_PAGE_ROWS. */
static enum stepup_error requests_collect(struct store_session *session, enum statement_id id,
	const struct db_value *values, size_t value_count, char (*ids)[REQUEST_ID_SIZE], size_t *count)
{
	struct db_statement *statement = NULL;
	size_t size = 0;
	bool row = true;
	enum stepup_error error = session_query(session, id, values, value_count, &statement);

	*count = 0;
	while (error == STEPUP_OK && *count < REQUESTS_PAGE_ROWS) {
		const char *text;

		error = db_step(statement, &row);
		if (error != STEPUP_OK || !row)
			break;
		text = db_column_text(statement, 0, &size);
		if (text == NULL || size >= REQUEST_ID_SIZE || strlen(text) != size)
			error = STEPUP_CORRUPT;
		else
			memcpy(ids[(*count)++], text, size + 1);
	}
	if (statement != NULL)
		db_reset(statement);
	return error;
}

/* A walk: the open ones, or all of one user. */
struct requests_walk {
	const uint8_t *user_id; /* NULL: the open ones */
	enum statement_id open;
	char ids[REQUESTS_PAGE_ROWS][REQUEST_ID_SIZE], after[REQUEST_ID_SIZE];
	size_t count;
};

static enum stepup_error next_page(struct store_session *session, struct requests_walk *walk)
{
	enum stepup_error error;

	if (walk->user_id == NULL)
		error = requests_collect(session, walk->open,
			STORE_VALUES(DB_TEXT(walk->after), DB_INT(REQUESTS_PAGE_ROWS)), walk->ids,
				&walk->count);
	else
		error = requests_collect(session, SQL_REQUEST_OF_USER,
			STORE_VALUES(DB_BLOB(walk->user_id, USER_ID_SIZE), DB_TEXT(walk->after),
				DB_INT(REQUESTS_PAGE_ROWS)), walk->ids, &walk->count);
	if (error == STEPUP_OK && walk->count > 0)
		memcpy(walk->after, walk->ids[walk->count - 1], sizeof(walk->after));
	return error;
}

/* The open ones are walked by their index where it has as many as the memory counts, else by the table, so
 * that none is left standing that should be voided. */
static enum stepup_error choose_list(struct store_session *session, struct requests_walk *walk,
	bool *doubtful)
{
	int64_t count;
	enum stepup_error error = walk->user_id == NULL ? vault_count(session, VAULT_REQUESTS, true, &count)
		: STEPUP_OK;

	*doubtful = error == STEPUP_CORRUPT;
	walk->open = *doubtful ? SQL_REQUEST_OPEN_BY_TABLE : SQL_REQUEST_OPEN;
	return *doubtful ? STEPUP_OK : error;
}

enum stepup_error store_request_each(struct store_session *session, const uint8_t *user_id,
	request_visit *visit, void *context)
{
	struct requests_walk walk = {.user_id = user_id, .count = REQUESTS_PAGE_ROWS};
	bool more = true, doubtful = false;
	enum stepup_error error = choose_list(session, &walk, &doubtful);

	while (error == STEPUP_OK && more && walk.count == REQUESTS_PAGE_ROWS) {
		error = next_page(session, &walk);
		for (size_t i = 0; error == STEPUP_OK && more && i < walk.count; i++) {
			struct approval_request request;

			error = store_request_find(session, walk.ids[i], &request);
			/* pruned meanwhile; or wrong: noted, and nothing comes of it */
			if (error == STEPUP_NOT_FOUND || error == STEPUP_CORRUPT) {
				error = STEPUP_OK;
				continue;
			}
			if (error == STEPUP_OK)
				error = visit(context, &request, &more);
			approval_request_clear(&request);
		}
	}
	return error == STEPUP_OK && doubtful && !session->in_transaction ? STEPUP_CORRUPT : error;
}

/* One that isn't what it should be stays where it is. */
static enum stepup_error delete_request(struct store_session *session, const char *id, bool *deleted)
{
	struct vault_row row;
	int64_t count = 0;
	enum stepup_error error = vault_find(session, VAULT_REQUESTS, &DB_TEXT(id), &row);

	*deleted = false;
	if (error == STEPUP_CORRUPT || error == STEPUP_NOT_FOUND)
		return STEPUP_OK;
	if (error != STEPUP_OK)
		return error;
	db_reset(row.statement);
	error = vault_delete(session, VAULT_REQUESTS, SQL_REQUEST_DELETE, STORE_VALUES(DB_TEXT(id)), &count);
	*deleted = error == STEPUP_OK && count == 1;
	return error;
}

enum stepup_error store_request_prune(struct store_session *session, int64_t before, int most, int *removed)
{
	char ids[REQUESTS_PAGE_ROWS][REQUEST_ID_SIZE];
	size_t count = REQUESTS_PAGE_ROWS;
	bool went = true;
	enum stepup_error error = STEPUP_OK;

	*removed = 0;
	while (error == STEPUP_OK && *removed < most && count == REQUESTS_PAGE_ROWS && went) {
		int64_t limit = most - *removed < REQUESTS_PAGE_ROWS ? most - *removed : REQUESTS_PAGE_ROWS;

		error = requests_collect(session, SQL_REQUEST_OLD,
			STORE_VALUES(DB_INT(before), DB_INT(limit)), ids, &count);
		for (size_t i = 0; error == STEPUP_OK && i < count; i++) {
			error = delete_request(session, ids[i], &went);
			*removed += went;
		}
	}
	return error;
}
