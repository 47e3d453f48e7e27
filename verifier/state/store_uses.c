/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What limits count. Rows aren't sealed: whoever can write to the database can take them away (HACKING.md says so).
 */
#include "verifier/state/store_internal.h"

#include <string.h>

#define LIMIT_ID_SIZE 16

static enum stepup_error limit_id(const char *limit_key, uint8_t digest[DIGEST_SIZE])
{
	return digest_sha256(limit_key, strlen(limit_key), digest);
}

static struct db_value value_of(const uint8_t *value)
{
	return value != NULL ? DB_BLOB(value, DIGEST_SIZE) : DB_BLOB("", 0);
}

enum stepup_error store_use_add(struct store_session *session, const uint8_t user_id[USER_ID_SIZE], const char *limit_key,
	int64_t at, const uint8_t value[DIGEST_SIZE], int64_t amount)
{
	uint8_t digest[DIGEST_SIZE];
	enum stepup_error error;

	if (amount < 0)
		return STEPUP_INVALID;
	error = limit_id(limit_key, digest);
	if (error == STEPUP_OK)
		error = session_write(session, SQL_USE_ADD, STORE_VALUES(DB_BLOB(user_id, USER_ID_SIZE), DB_BLOB(digest, LIMIT_ID_SIZE),
			DB_INT(at), value_of(value), DB_INT(amount)), NULL);
	return error;
}

/* Adds without wrapping: a negative number was put there by somebody, and counts as the most. */
static int64_t add_up(int64_t sum, int64_t amount)
{
	return amount < 0 || sum > INT64_MAX - amount ? INT64_MAX : sum + amount;
}

enum stepup_error store_use_total(struct store_session *session, const uint8_t user_id[USER_ID_SIZE], const char *limit_key,
	int64_t since, const uint8_t value[DIGEST_SIZE], struct use_total *total)
{
	struct db_statement *statement = NULL;
	uint8_t digest[DIGEST_SIZE], last[DIGEST_SIZE] = {0};
	size_t size = 0, last_size = 0;
	bool row = true;
	enum stepup_error error = limit_id(limit_key, digest);

	*total = (struct use_total){0};
	if (error == STEPUP_OK)
		error = session_query(session, SQL_USE_ROWS, STORE_VALUES(DB_BLOB(user_id, USER_ID_SIZE), DB_BLOB(digest, LIMIT_ID_SIZE),
			DB_INT(since)), &statement);
	while (error == STEPUP_OK) {
		const uint8_t *found;

		error = db_step(statement, &row);
		if (error != STEPUP_OK || !row)
			break;
		found = db_column_blob(statement, 0, &size);
		total->count = add_up(total->count, db_column_int(statement, 1));
		total->sum = add_up(total->sum, db_column_int(statement, 2));
		if (size != DIGEST_SIZE)
			continue;
		if (last_size != size || memcmp(last, found, size) != 0)
			total->different++;
		memcpy(last, found, size);
		last_size = size;
		total->has_value |= value != NULL && memcmp(found, value, DIGEST_SIZE) == 0;
	}
	if (statement != NULL)
		db_reset(statement);
	return error;
}

enum stepup_error store_use_prune(struct store_session *session, int64_t before, int most, int *removed)
{
	int64_t changed = 0;
	enum stepup_error error = session_write(session, SQL_USE_PRUNE, STORE_VALUES(DB_INT(before), DB_INT(most)), &changed);

	*removed = (int)changed;
	return error;
}
