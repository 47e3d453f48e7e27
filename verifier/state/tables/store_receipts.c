/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receipts: sealed rows that go once from issued to redeemed.
 * MUST: redeem a receipt at most once, also where somebody brings the row of an issued one back.
 */
#include "verifier/state/store/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "verifier/state/records/pack.h"

/* 1: without an approver; 2: without the redemption's entry and the versions; both still read */
#define RECEIPT_FORMAT 3
#define RECEIPT_FORMAT_APPROVER 2
#define RECEIPT_FORMAT_OLDEST 1
#define VERSION_ISSUED 1
#define VERSION_REDEEMED 2
#define RECEIPTS_PAGE_ROWS 64

static struct row_identity receipts_identity_of(const char *jti, int64_t version)
{
	return (struct row_identity){
		.table = SEALED_RECEIPTS, .key = jti, .key_size = strlen(jti), .version = version};
}

static enum stepup_error receipts_pack(const struct receipt_row *row, uint8_t **bytes, size_t *size)
{
	struct pack_writer writer = {0};

	pack_u8(&writer, RECEIPT_FORMAT);
	pack_text(&writer, row->user);
	pack_raw(&writer, row->user_id, USER_ID_SIZE);
	pack_text(&writer, row->credential);
	pack_text(&writer, row->audience);
	pack_raw(&writer, row->digest, DIGEST_SIZE);
	pack_i64(&writer, row->issued);
	pack_i64(&writer, row->expires);
	pack_i64(&writer, row->redeemed);
	pack_text(&writer, row->exec_id);
	pack_i64(&writer, row->log_index);
	pack_text(&writer, row->approver);
	pack_raw(&writer, row->approver_id, USER_ID_SIZE);
	pack_text(&writer, row->approver_credential);
	pack_i64(&writer, row->redeemed_log);
	pack_i64(&writer, row->user_version);
	pack_i64(&writer, row->approver_version);
	return pack_finish(&writer, bytes, size);
}

static enum stepup_error receipts_unpack(const uint8_t *bytes, size_t size, struct receipt_row *row)
{
	struct pack_reader reader = {.bytes = bytes, .left = size};
	unsigned format = unpack_u8_at_most(&reader, RECEIPT_FORMAT);

	if (format < RECEIPT_FORMAT_OLDEST)
		return STEPUP_CORRUPT;
	unpack_text(&reader, row->user, sizeof(row->user));
	unpack_raw(&reader, row->user_id, USER_ID_SIZE);
	unpack_text(&reader, row->credential, sizeof(row->credential));
	unpack_text(&reader, row->audience, sizeof(row->audience));
	unpack_raw(&reader, row->digest, DIGEST_SIZE);
	row->issued = unpack_i64(&reader);
	row->expires = unpack_i64(&reader);
	row->redeemed = unpack_i64(&reader);
	unpack_text(&reader, row->exec_id, sizeof(row->exec_id));
	row->log_index = unpack_i64(&reader);
	if (format >= RECEIPT_FORMAT_APPROVER) {
		unpack_text(&reader, row->approver, sizeof(row->approver));
		unpack_raw(&reader, row->approver_id, USER_ID_SIZE);
		unpack_text(&reader, row->approver_credential, sizeof(row->approver_credential));
	}
	row->redeemed_log = format == RECEIPT_FORMAT ? unpack_i64(&reader)
		: row->redeemed != 0 ? row->log_index : 0;
	if (format == RECEIPT_FORMAT) {
		row->user_version = unpack_i64(&reader);
		row->approver_version = unpack_i64(&reader);
	}
	return unpack_finish(&reader);
}

static enum stepup_error seal_row(struct store_session *session, const struct receipt_row *row,
	int64_t version, uint8_t **sealed, size_t *size)
{
	struct row_identity identity = receipts_identity_of(row->jti, version);
	uint8_t *plain = NULL;
	size_t plain_size = 0;
	enum stepup_error error = receipts_pack(row, &plain, &plain_size);

	if (error == STEPUP_OK)
		error = row_seal(session, &identity, plain, plain_size, sealed, size);
	free(plain);
	return error;
}

enum stepup_error store_receipt_add(struct store_session *session, const struct receipt_row *row)
{
	uint8_t *sealed = NULL;
	size_t size = 0;
	enum stepup_error error = row->redeemed != 0 ? STEPUP_INVALID
		: seal_row(session, row, VERSION_ISSUED, &sealed, &size);

	if (error == STEPUP_OK) {
		const struct db_value values[] = {DB_TEXT(row->jti), DB_INT(row->expires),
			DB_INT(VERSION_ISSUED), DB_TEXT(session->store->key_id), DB_BLOB(sealed, size)};

		error = vault_write(session, VAULT_RECEIPTS, SQL_RECEIPT_ADD, values,
			sizeof(values) / sizeof(values[0]), values, &(struct row_seen){0});
	}
	free(sealed);
	return error;
}

/* The receipt in the statement's row: jti, expires, version, key_id, sealed. */
static enum stepup_error receipts_read_row(struct store_session *session, struct db_statement *statement,
	struct receipt_row *row, int64_t *version)
{
	size_t jti_size = 0, plain_size = 0;
	const char *jti = db_column_text(statement, 0, &jti_size);
	int64_t expires = db_column_int(statement, 1);
	struct row_identity identity;
	uint8_t *plain = NULL;
	enum stepup_error error;

	if (jti == NULL || strlen(jti) != jti_size || jti_size >= RECEIPT_ID_SIZE)
		return STEPUP_CORRUPT;
	*row = (struct receipt_row){0};
	memcpy(row->jti, jti, jti_size + 1);
	*version = db_column_int(statement, 2);
	identity = receipts_identity_of(jti, *version);
	error = row_unseal(session, &identity, statement, 3, &plain, &plain_size);
	if (error == STEPUP_OK)
		error = receipts_unpack(plain, plain_size, row);
	free(plain);
	if (error == STEPUP_OK &&
	    (row->expires != expires || (row->redeemed != 0) != (*version == VERSION_REDEEMED)))
		error = STEPUP_CORRUPT;
	return error;
}

enum stepup_error store_receipt_find(struct store_session *session, const char *jti, struct receipt_row *row)
{
	struct vault_row found;
	int64_t version = 0;
	enum stepup_error error = vault_find(session, VAULT_RECEIPTS, &DB_TEXT(jti), &found);

	if (error != STEPUP_OK)
		return error;
	error = receipts_read_row(session, found.statement, row, &version);
	row->seen = found.seen;
	if (error == STEPUP_CORRUPT)
		vault_unreadable(session, VAULT_RECEIPTS, &DB_TEXT(jti), &found);
	db_reset(found.statement);
	return error;
}

static enum stepup_error write_redeemed(struct store_session *session, struct receipt_row *row)
{
	uint8_t *sealed = NULL;
	size_t size = 0;
	enum stepup_error error = seal_row(session, row, VERSION_REDEEMED, &sealed, &size);

	if (error == STEPUP_OK) {
		const struct db_value jti = DB_TEXT(row->jti), version = DB_INT(VERSION_REDEEMED),
			key_id = DB_TEXT(session->store->key_id), bytes = DB_BLOB(sealed, size);

		error = vault_write(session, VAULT_RECEIPTS, SQL_RECEIPT_UPDATE,
			STORE_VALUES(version, key_id, bytes, jti),
			(const struct db_value[]){jti, DB_INT(row->expires), version, key_id, bytes},
			&row->seen);
	}
	free(sealed);
	return error;
}

enum stepup_error store_receipt_redeem(struct store_session *session, const char *jti, int64_t at,
	const char *exec_id, int64_t log)
{
	struct receipt_row row;
	enum stepup_error error;

	if (at <= 0 || log <= 0 || strlen(exec_id) >= sizeof(row.exec_id))
		return STEPUP_INVALID;
	if (!session->in_transaction)
		return STEPUP_INTERNAL;
	error = store_receipt_find(session, jti, &row);
	if (error == STEPUP_OK && row.redeemed != 0)
		error = STEPUP_EXISTS;
	if (error != STEPUP_OK)
		return error;
	row.redeemed = at;
	row.redeemed_log = log;
	strcpy(row.exec_id, exec_id);
	return write_redeemed(session, &row);
}

/* Names from a statement that gives nothing else, at most RECEIPTS_PAGE_ROWS. */
static enum stepup_error receipts_collect(struct store_session *session, enum statement_id id,
	const struct db_value *values, size_t value_count, char (*names)[RECEIPT_ID_SIZE], size_t *count)
{
	struct db_statement *statement = NULL;
	size_t size = 0;
	bool row = true;
	enum stepup_error error = session_query(session, id, values, value_count, &statement);

	*count = 0;
	while (error == STEPUP_OK && *count < RECEIPTS_PAGE_ROWS) {
		const char *jti;

		error = db_step(statement, &row);
		if (error != STEPUP_OK || !row)
			break;
		jti = db_column_text(statement, 0, &size);
		if (jti == NULL || size >= RECEIPT_ID_SIZE || strlen(jti) != size)
			error = STEPUP_CORRUPT;
		else
			memcpy(names[(*count)++], jti, size + 1);
	}
	if (statement != NULL)
		db_reset(statement);
	return error;
}

/* One that isn't what it should be stays where it is. `*deleted` says whether it went. */
static enum stepup_error delete_receipt(struct store_session *session, const char *jti, bool *deleted)
{
	struct vault_row row;
	int64_t count = 0;
	enum stepup_error error = vault_find(session, VAULT_RECEIPTS, &DB_TEXT(jti), &row);

	*deleted = false;
	if (error == STEPUP_CORRUPT || error == STEPUP_NOT_FOUND)
		return STEPUP_OK;
	if (error != STEPUP_OK)
		return error;
	db_reset(row.statement);
	error = vault_delete(session, VAULT_RECEIPTS, SQL_RECEIPT_DELETE, STORE_VALUES(DB_TEXT(jti)), &count);
	*deleted = error == STEPUP_OK && count == 1;
	return error;
}

enum stepup_error store_receipt_prune(struct store_session *session, int64_t before, int most, int *removed)
{
	char names[RECEIPTS_PAGE_ROWS][RECEIPT_ID_SIZE];
	size_t count = RECEIPTS_PAGE_ROWS;
	enum stepup_error error = STEPUP_OK;

	bool went = true;

	*removed = 0;
	while (error == STEPUP_OK && *removed < most && count == RECEIPTS_PAGE_ROWS && went) {
		int64_t limit = most - *removed < RECEIPTS_PAGE_ROWS ? most - *removed : RECEIPTS_PAGE_ROWS;

		error = receipts_collect(session, SQL_RECEIPT_OLD,
			STORE_VALUES(DB_INT(before), DB_INT(limit)), names, &count);
		for (size_t i = 0; error == STEPUP_OK && i < count; i++) {
			error = delete_receipt(session, names[i], &went);
			*removed += went;
		}
	}
	return error;
}

/* One whose seal doesn't hold goes altogether. */
static enum stepup_error receipts_void_one(struct store_session *session, const char *jti, int64_t at)
{
	struct receipt_row row;
	enum stepup_error error = store_receipt_find(session, jti, &row);
	bool deleted;

	if (error == STEPUP_CORRUPT)
		return delete_receipt(session, jti, &deleted);
	if (error != STEPUP_OK || row.redeemed != 0)
		return error;
	row.redeemed = at;
	return write_redeemed(session, &row);
}

enum stepup_error store_receipt_void_all(struct store_session *session, int64_t at)
{
	char names[RECEIPTS_PAGE_ROWS][RECEIPT_ID_SIZE], after[RECEIPT_ID_SIZE] = "";
	size_t count = RECEIPTS_PAGE_ROWS;
	int64_t all;
	enum stepup_error error = at > 0 ? vault_count(session, VAULT_RECEIPTS, false, &all) : STEPUP_INVALID;

	while (error == STEPUP_OK && count == RECEIPTS_PAGE_ROWS) {
		error = receipts_collect(session, SQL_RECEIPT_PAGE,
			STORE_VALUES(DB_TEXT(after), DB_INT(RECEIPTS_PAGE_ROWS)), names, &count);
		if (count > 0)
			memcpy(after, names[count - 1], sizeof(after));
		for (size_t i = 0; error == STEPUP_OK && i < count; i++)
			error = receipts_void_one(session, names[i], at);
	}
	return error;
}
