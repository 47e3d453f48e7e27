/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests for a second person's agreement: sealed rows whose version moves on with each state.
 * MUST: never take an older state for a newer one while the process lives; let no request go from one state to another but as they may.
 */
#include "verifier/state/store_internal.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_ROWS 64

static struct row_identity identity_of(const char *id, int64_t version)
{
	return (struct row_identity){.table = SEALED_REQUESTS, .key = id, .key_size = strlen(id), .version = version};
}

static enum stepup_error seal_row(struct store_session *session, const struct approval_request *request, int64_t version, uint8_t **sealed,
	size_t *size)
{
	struct row_identity identity = identity_of(request->id, version);
	uint8_t *plain = NULL;
	size_t plain_size = 0;
	enum stepup_error error = approval_request_pack(request, &plain, &plain_size);

	if (error == STEPUP_OK)
		error = row_seal(session, &identity, plain, plain_size, sealed, size);
	free(plain);
	return error;
}

/* The request in the statement's row: id, user_id, open, expires, version, key_id, sealed. */
static enum stepup_error read_row(struct store_session *session, struct db_statement *statement, struct approval_request *request)
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
	identity = identity_of(id, version);
	error = row_unseal(session, &identity, statement, 5, &plain, &plain_size);
	if (error == STEPUP_OK)
		error = approval_request_unpack(plain, plain_size, request);
	free(plain);
	if (error != STEPUP_OK)
		return error;
	memcpy(request->id, id, id_size + 1);
	request->version = version;
	if (user_id == NULL || user_size != USER_ID_SIZE || memcmp(user_id, request->user_id, USER_ID_SIZE) != 0 ||
	    request_is_open(request) != (db_column_int(statement, 2) == 1) || request->expires != db_column_int(statement, 3))
		return STEPUP_CORRUPT;
	return STEPUP_OK;
}

static enum stepup_error find_once(struct store_session *session, const char *id, struct approval_request *request, struct version_check *check)
{
	struct row_identity identity = identity_of(id, 0);
	struct db_statement *statement = NULL;
	bool found = false;
	uint64_t number = 0;
	enum stepup_error error = row_number(&identity, &number);

	if (error == STEPUP_OK)
		error = session_query(session, SQL_REQUEST_FIND, STORE_VALUES(DB_TEXT(id)), &statement);
	if (error == STEPUP_OK)
		error = db_step(statement, &found);
	if (error == STEPUP_OK)
		error = found ? read_row(session, statement, request) : STEPUP_NOT_FOUND;
	if (statement != NULL)
		db_reset(statement);
	if (error == STEPUP_OK)
		error = version_check(session, number, request->version, check);
	else
		check->again = false;
	return error;
}

enum stepup_error store_request_find(struct store_session *session, const char *id, struct approval_request *request)
{
	struct version_check check = {0};
	enum stepup_error error;

	memset(request, 0, sizeof(*request));
	do {
		approval_request_clear(request);
		error = find_once(session, id, request, &check);
	} while (error == STEPUP_OK && check.again);
	if (error != STEPUP_OK)
		approval_request_clear(request);
	return error;
}

static enum stepup_error note_version(struct store_session *session, const char *id, int64_t version)
{
	struct row_identity identity = identity_of(id, version);
	uint64_t number = 0;
	enum stepup_error error = row_number(&identity, &number);

	return error == STEPUP_OK ? version_write(session, number, version) : error;
}

enum stepup_error store_request_add(struct store_session *session, struct approval_request *request)
{
	uint8_t *sealed = NULL;
	size_t size = 0;
	enum stepup_error error = request->state == REQUEST_REQUESTED && request->version == 0 && request_id_is_valid(request->id)
		? seal_row(session, request, 1, &sealed, &size)
		: STEPUP_INTERNAL;

	if (error == STEPUP_OK)
		error = session_write(session, SQL_REQUEST_ADD, STORE_VALUES(DB_TEXT(request->id), DB_BLOB(request->user_id, USER_ID_SIZE), DB_INT(1),
			DB_INT(request->expires), DB_INT(1), DB_TEXT(session->store->key_id), DB_BLOB(sealed, size)), NULL);
	free(sealed);
	if (error == STEPUP_OK)
		error = note_version(session, request->id, 1);
	if (error == STEPUP_OK)
		request->version = 1;
	return error;
}

enum stepup_error store_request_move(struct store_session *session, struct approval_request *request, enum request_state to)
{
	int64_t version = request->version + 1, changed = 0;
	uint8_t *sealed = NULL;
	size_t size = 0;
	enum stepup_error error;

	if (!session->in_transaction || request->version == 0 || !request_may_become(request->state, to))
		return STEPUP_INTERNAL;
	request->state = to;
	error = seal_row(session, request, version, &sealed, &size);
	if (error == STEPUP_OK)
		error = session_write(session, SQL_REQUEST_UPDATE, STORE_VALUES(DB_INT(request_is_open(request) ? 1 : 0), DB_INT(request->expires),
			DB_INT(version), DB_TEXT(session->store->key_id), DB_BLOB(sealed, size), DB_TEXT(request->id), DB_INT(request->version)),
			&changed);
	free(sealed);
	if (error == STEPUP_OK && changed != 1)
		error = STEPUP_CORRUPT;
	if (error == STEPUP_OK)
		error = note_version(session, request->id, version);
	if (error == STEPUP_OK)
		request->version = version;
	return error;
}

/* Ids from a statement that gives nothing else, at most PAGE_ROWS. */
static enum stepup_error collect(struct store_session *session, enum statement_id id, const struct db_value *values, size_t value_count,
	char (*ids)[REQUEST_ID_SIZE], size_t *count)
{
	struct db_statement *statement = NULL;
	size_t size = 0;
	bool row = true;
	enum stepup_error error = session_query(session, id, values, value_count, &statement);

	*count = 0;
	while (error == STEPUP_OK && *count < PAGE_ROWS) {
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

/* The next ids of a walk: the open ones, or all of one user. */
static enum stepup_error next_page(struct store_session *session, const uint8_t *user_id, const char *after, char (*ids)[REQUEST_ID_SIZE],
	size_t *count)
{
	if (user_id == NULL)
		return collect(session, SQL_REQUEST_OPEN, STORE_VALUES(DB_TEXT(after), DB_INT(PAGE_ROWS)), ids, count);
	return collect(session, SQL_REQUEST_OF_USER, STORE_VALUES(DB_BLOB(user_id, USER_ID_SIZE), DB_TEXT(after), DB_INT(PAGE_ROWS)), ids, count);
}

enum stepup_error store_request_each(struct store_session *session, const uint8_t *user_id, request_visit *visit, void *context)
{
	char ids[PAGE_ROWS][REQUEST_ID_SIZE], after[REQUEST_ID_SIZE] = "";
	size_t count = PAGE_ROWS;
	enum stepup_error error = STEPUP_OK;
	bool more = true;

	while (error == STEPUP_OK && more && count == PAGE_ROWS) {
		error = next_page(session, user_id, after, ids, &count);
		if (error == STEPUP_OK && count > 0)
			memcpy(after, ids[count - 1], sizeof(after));
		for (size_t i = 0; error == STEPUP_OK && more && i < count; i++) {
			struct approval_request request;

			error = store_request_find(session, ids[i], &request);
			if (error == STEPUP_NOT_FOUND) { /* a reader, and somebody pruned it meanwhile */
				error = STEPUP_OK;
				continue;
			}
			if (error == STEPUP_OK)
				error = visit(context, &request, &more);
			approval_request_clear(&request);
		}
	}
	return error;
}

enum stepup_error store_request_prune(struct store_session *session, int64_t before, int most, int *removed)
{
	char ids[PAGE_ROWS][REQUEST_ID_SIZE];
	size_t count = PAGE_ROWS;
	enum stepup_error error = STEPUP_OK;

	*removed = 0;
	while (error == STEPUP_OK && *removed < most && count == PAGE_ROWS) {
		int64_t limit = most - *removed < PAGE_ROWS ? most - *removed : PAGE_ROWS;

		error = collect(session, SQL_REQUEST_OLD, STORE_VALUES(DB_INT(before), DB_INT(limit)), ids, &count);
		for (size_t i = 0; error == STEPUP_OK && i < count; i++) {
			error = session_write(session, SQL_REQUEST_DELETE, STORE_VALUES(DB_TEXT(ids[i])), NULL);
			if (error == STEPUP_OK)
				error = note_version(session, ids[i], 0);
			*removed += error == STEPUP_OK;
		}
	}
	return error;
}
