/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What limits count, as running totals: so much in all up to a time. What a window holds is the newest total
 * less the one where the window begins: two rows, whatever was used. The newest total stands in the user's
 * record, sealed; a row says what the total was from `at` on `until` the next use, under a MAC.
 *
 * MUST: take a row for the window's beginning only where its MAC holds and it covers that second: an older
 * one, or none, has been put there by somebody. Where the clock was set back, what was used after that time
 * moves to the newest use's time, and never counts for less.
 */
#include "verifier/state/store/store_internal.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

struct total_row {
	int64_t at, until, total;
};

/* What the MAC is over: whole blocks. */
struct total_bound {
	uint8_t user_id[USER_ID_SIZE], limit[USE_LIMIT_SIZE];
	uint64_t at, until, total, zero;
};

static struct total_bound uses_bound_of(const uint8_t *user_id, const uint8_t *limit,
	const struct total_row *row)
{
	struct total_bound bound = {.at = htobe64((uint64_t)row->at), .until = htobe64((uint64_t)row->until),
		.total = htobe64((uint64_t)row->total)};

	memcpy(bound.user_id, user_id, USER_ID_SIZE);
	memcpy(bound.limit, limit, USE_LIMIT_SIZE);
	return bound;
}

enum stepup_error use_limit_id(const char *limit_key, uint8_t limit[USE_LIMIT_SIZE])
{
	uint8_t digest[DIGEST_SIZE];
	enum stepup_error error = digest_sha256(limit_key, strlen(limit_key), digest);

	if (error == STEPUP_OK)
		memcpy(limit, digest, USE_LIMIT_SIZE);
	return error;
}

static enum stepup_error uses_row_set(struct store_session *session, const uint8_t *user_id,
	const uint8_t *limit, const struct total_row *row)
{
	struct total_bound bound = uses_bound_of(user_id, limit, row);
	uint8_t mac[SEAL_TAG_SIZE];
	enum stepup_error error = row_mac(session, SEALED_USE_TOTALS, &bound, sizeof(bound), mac);

	if (error == STEPUP_OK)
		error = session_write(session, SQL_TOTAL_SET, STORE_VALUES(DB_BLOB(user_id, USER_ID_SIZE),
				DB_BLOB(limit, USE_LIMIT_SIZE), DB_INT(row->at), DB_INT(row->until),
				DB_INT(row->total), DB_BLOB(mac, sizeof(mac))), NULL);
	return error;
}

/* The row that covers a second of the tally's time, from its beginning to its newest use. */
static enum stepup_error row_at(struct store_session *session, const uint8_t *user_id,
	const struct use_tally *tally, int64_t at, struct total_row *row)
{
	struct db_statement *statement = NULL;
	struct total_bound bound;
	bool found = false;
	enum stepup_error error =
		session_query(session, SQL_TOTAL_AT, STORE_VALUES(DB_BLOB(user_id, USER_ID_SIZE),
				DB_BLOB(tally->limit, USE_LIMIT_SIZE), DB_INT(at)), &statement);

	if (error == STEPUP_OK)
		error = db_step(statement, &found);
	if (error == STEPUP_OK && !found)
		error = STEPUP_CORRUPT;
	if (error == STEPUP_OK) {
		*row = (struct total_row){db_column_int(statement, 0), db_column_int(statement, 1),
			db_column_int(statement, 2)};
		bound = uses_bound_of(user_id, tally->limit, row);
		error = row_mac_check(session, SEALED_USE_TOTALS, &bound, sizeof(bound), statement, 3);
	}
	if (statement != NULL)
		db_reset(statement);
	if (error == STEPUP_OK &&
	    (row->at < tally->first || row->at > at || row->until <= at || row->total > tally->total))
		error = STEPUP_CORRUPT;
	return error;
}

static int64_t add_up(int64_t sum, int64_t amount)
{
	return sum > INT64_MAX - amount ? INT64_MAX : sum + amount;
}

/* A use before the newest: the clock was set back. */
static enum stepup_error add_behind(struct store_session *session, const uint8_t *user_id,
	struct use_tally *tally, int64_t at, int64_t amount)
{
	struct total_row before = {.at = at}, row = {.at = at, .until = tally->at};
	enum stepup_error error;

	error = session_write(session, SQL_TOTAL_AHEAD, STORE_VALUES(DB_BLOB(user_id, USER_ID_SIZE),
			DB_BLOB(tally->limit, USE_LIMIT_SIZE), DB_INT(at)), NULL);
	if (error == STEPUP_OK && at >= tally->first)
		error = row_at(session, user_id, tally, at, &before);
	else if (error == STEPUP_OK)
		tally->first = at;
	row.total = add_up(before.total, amount);
	if (error == STEPUP_OK && before.at < at) {
		before.until = at;
		error = uses_row_set(session, user_id, tally->limit, &before);
	}
	if (error == STEPUP_OK)
		error = uses_row_set(session, user_id, tally->limit, &row);
	tally->total = add_up(tally->total, amount);
	return error;
}

enum stepup_error use_add(struct store_session *session, struct user_record *record,
	const uint8_t limit[USE_LIMIT_SIZE], int64_t at, int64_t amount)
{
	struct use_tally *tally = user_record_tally(record, limit);
	struct total_row row;
	enum stepup_error error = STEPUP_OK;

	if (amount < 0)
		return STEPUP_INVALID;
	if (tally == NULL) {
		tally = user_record_add_tally(record, limit, at - USES_KEPT_SECONDS);
		if (tally == NULL)
			return STEPUP_TOO_LONG;
		tally->first = tally->at = at;
	} else if (tally->total == INT64_MAX && tally->at < at - USES_KEPT_SECONDS) {
		/* can't be counted on; no window reaches as far as that */
		tally->first = tally->at = at;
		tally->total = 0;
	}
	if (at < tally->at)
		return add_behind(session, record->user_id, tally, at, amount);
	if (at > tally->at) {
		row = (struct total_row){.at = tally->at, .until = at, .total = tally->total};
		error = uses_row_set(session, record->user_id, limit, &row);
		tally->at = at;
	}
	tally->total = add_up(tally->total, amount);
	return error;
}

enum stepup_error store_use_add(struct store_session *session, struct user_record *record,
	const char *limit_key, int64_t at, int64_t amount)
{
	uint8_t limit[USE_LIMIT_SIZE];
	enum stepup_error error = use_limit_id(limit_key, limit);

	return error == STEPUP_OK ? use_add(session, record, limit, at, amount) : error;
}

enum stepup_error store_use_sum(struct store_session *session, const struct user_record *record,
	const char *limit_key, int64_t since, int64_t *sum)
{
	const struct use_tally *tally;
	struct total_row row = {0};
	uint8_t limit[USE_LIMIT_SIZE];
	enum stepup_error error = use_limit_id(limit_key, limit);

	*sum = 0;
	if (error != STEPUP_OK)
		return error;
	tally = user_record_tally(record, limit);
	if (tally == NULL || tally->at <= since)
		return STEPUP_OK;
	if (since >= tally->first)
		error = row_at(session, record->user_id, tally, since, &row);
	if (error == STEPUP_OK)
		*sum = tally->total == INT64_MAX ? INT64_MAX : tally->total - row.total;
	return error;
}

/* All that was used from `now` on is used at `now`. */
static enum stepup_error settle_totals(struct store_session *session, const uint8_t *user_id,
	struct use_tally *tally, int64_t now)
{
	struct total_row row = {.at = now};
	int64_t last = now; /* time of the last row to be kept */
	enum stepup_error error = STEPUP_OK;

	if (tally->first > now)
		tally->first = now;
	else
		error = row_at(session, user_id, tally, now, &row);
	if (error == STEPUP_OK && row.at < now) {
		row.until = now;
		error = uses_row_set(session, user_id, tally->limit, &row);
	} else if (error == STEPUP_OK) {
		last = now - 1;
	}
	if (error == STEPUP_OK)
		error = session_write(session, SQL_TOTAL_AHEAD, STORE_VALUES(DB_BLOB(user_id, USER_ID_SIZE),
				DB_BLOB(tally->limit, USE_LIMIT_SIZE), DB_INT(last)), NULL);
	tally->at = now;
	return error;
}

enum stepup_error store_use_settle(struct store_session *session, struct user_record *record, int64_t now)
{
	for (size_t i = 0; i < record->tally_count; i++) {
		struct use_tally tally = record->tallies[i];
		enum stepup_error error;

		if (tally.at <= now + TIMES_AHEAD_SECONDS)
			continue;
		if (tally.first == 0)
			error = use_settle_values(session, record, &tally, now);
		else
			error = settle_totals(session, record->user_id, &tally, now);
		if (error == STEPUP_OK)
			record->tallies[i] = tally;
		else if (error != STEPUP_CORRUPT && error != STEPUP_TOO_LONG)
			return error;
	}
	return STEPUP_OK;
}

enum stepup_error store_use_prune(struct store_session *session, int64_t before, int most, int *removed)
{
	int64_t totals = 0, values = 0;
	enum stepup_error error =
		session_write(session, SQL_TOTAL_PRUNE, STORE_VALUES(DB_INT(before), DB_INT(most)), &totals);

	if (error == STEPUP_OK && totals < most)
		error = session_write(session, SQL_VALUE_PRUNE,
			STORE_VALUES(DB_INT(before), DB_INT(most - totals)), &values);
	*removed = (int)(totals + values);
	return error;
}

/* --- what schema 2 counted --- */

struct upgrade {
	struct store_session *session;
	enum stepup_error error;
};

/* One row of the table that was: a value's, or an amount. */
static enum stepup_error take_over(struct upgrade *upgrade, struct user_record *record,
	struct db_statement *statement)
{
	size_t limit_size = 0, value_size = 0;
	const uint8_t *limit = db_column_blob(statement, 0, &limit_size),
		*value = db_column_blob(statement, 2, &value_size);
	int64_t at = db_column_int(statement, 1), amount = db_column_int(statement, 3);

	if (limit_size != USE_LIMIT_SIZE || (value_size != 0 && value_size != DIGEST_SIZE))
		return STEPUP_CORRUPT;
	if (value_size == DIGEST_SIZE)
		return use_add_value(upgrade->session, record, limit, at, value);
	return use_add(upgrade->session, record, limit, at, amount < 0 ? INT64_MAX : amount);
}

static enum stepup_error upgrade_record(struct upgrade *upgrade, struct user_record *record)
{
	struct db_statement *statement = NULL;
	bool row = true;
	enum stepup_error error = session_query(upgrade->session, SQL_FORMER_USES,
		STORE_VALUES(DB_BLOB(record->user_id, USER_ID_SIZE)), &statement);

	while (error == STEPUP_OK) {
		error = db_step(statement, &row);
		if (error != STEPUP_OK || !row)
			break;
		error = take_over(upgrade, record, statement);
	}
	if (statement != NULL)
		db_reset(statement);
	return error == STEPUP_OK &&
		record->tally_count > 0 ? store_user_save(upgrade->session, record) : error;
}

static bool upgrade_user(void *context, const struct user_record *seen)
{
	struct upgrade *upgrade = context;
	struct user_record *record = NULL;

	upgrade->error = store_user_find(upgrade->session, seen->name, &record);
	if (upgrade->error == STEPUP_OK)
		upgrade->error = upgrade_record(upgrade, record);
	user_record_free(&record);
	return upgrade->error == STEPUP_OK;
}

enum stepup_error uses_upgrade(struct store_session *session)
{
	struct upgrade upgrade = {.session = session};
	enum stepup_error error = store_user_each(session, "", INT32_MAX, upgrade_user, &upgrade);

	if (error == STEPUP_OK)
		error = upgrade.error;
	if (error == STEPUP_OK) {
		db_statement_free(&session->statements[SQL_FORMER_USES]);
		error = db_execute(session->db, "DROP TABLE uses");
	}
	return error;
}
