/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What limits on different values count: one row a value, at its newest use. The rows of a user and limit
 * hang together as a list by time, newest first: the user's record, sealed, names the first one by number and
 * time, and each row names the one before it, under a MAC. So whoever counts reads no further than the window
 * or the limit's number, and a row that was taken out, changed or brought back breaks the list.
 *
 * MUST: give a row another number whenever it moves, and never an old one: then no former state of a row fits
 * into the list of today.
 */
#include "verifier/state/store/store_internal.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define AHEAD_MAX 1000 /* rows written again where the clock was set back; beyond, a use is dated later */

#define SETTLED_MAX 65536 /* rows of one list that are moved where the clock was ahead */

/* A place in the list; number 0 for its end. */
struct link {
	int64_t number, at;
};

struct value_row {
	uint8_t value[DIGEST_SIZE];
	struct link here, before;
};

/* One user's list of one limit. */
struct value_list {
	struct store_session *session;
	const uint8_t *user_id;
	const uint8_t *limit;
};

/* What the MAC is over: whole blocks. */
struct value_bound {
	uint8_t user_id[USER_ID_SIZE], limit[USE_LIMIT_SIZE], value[DIGEST_SIZE];
	uint64_t number, at, before, before_at;
};

static struct value_bound bound_of(const struct value_list *list, const struct value_row *row)
{
	struct value_bound bound = {
		.number = htobe64((uint64_t)row->here.number),
		.at = htobe64((uint64_t)row->here.at),
		.before = htobe64((uint64_t)row->before.number),
		.before_at = htobe64((uint64_t)row->before.at),
	};

	memcpy(bound.user_id, list->user_id, USER_ID_SIZE);
	memcpy(bound.limit, list->limit, USE_LIMIT_SIZE);
	memcpy(bound.value, row->value, DIGEST_SIZE);
	return bound;
}

static enum stepup_error row_set(const struct value_list *list, const struct value_row *row)
{
	struct value_bound bound = bound_of(list, row);
	uint8_t mac[SEAL_TAG_SIZE];
	enum stepup_error error = row_mac(list->session, SEALED_USE_VALUES, &bound, sizeof(bound), mac);

	if (error == STEPUP_OK)
		error = session_write(list->session, SQL_VALUE_SET,
			STORE_VALUES(DB_BLOB(list->user_id, USER_ID_SIZE),
				DB_BLOB(list->limit, USE_LIMIT_SIZE), DB_BLOB(row->value, DIGEST_SIZE),
				DB_INT(row->here.number), DB_INT(row->here.at), DB_INT(row->before.number),
				DB_INT(row->before.at), DB_BLOB(mac, sizeof(mac))), NULL);
	return error;
}

/* The next row of a statement; STEPUP_NOT_FOUND at its end. */
static enum stepup_error row_next(const struct value_list *list, struct db_statement *statement,
	struct value_row *row)
{
	struct value_bound bound;
	const uint8_t *value;
	size_t size = 0;
	bool found = false;
	enum stepup_error error = db_step(statement, &found);

	if (error != STEPUP_OK || !found)
		return error == STEPUP_OK ? STEPUP_NOT_FOUND : error;
	value = db_column_blob(statement, 0, &size);
	if (size != DIGEST_SIZE)
		return STEPUP_CORRUPT;
	memcpy(row->value, value, DIGEST_SIZE);
	row->here = (struct link){db_column_int(statement, 1), db_column_int(statement, 2)};
	row->before = (struct link){db_column_int(statement, 3), db_column_int(statement, 4)};
	bound = bound_of(list, row);
	return row_mac_check(list->session, SEALED_USE_VALUES, &bound, sizeof(bound), statement, 5);
}

/* The row of a value; STEPUP_NOT_FOUND. */
static enum stepup_error row_of_value(const struct value_list *list, const uint8_t value[DIGEST_SIZE],
	struct value_row *row)
{
	struct db_statement *statement = NULL;
	enum stepup_error error = session_query(list->session, SQL_VALUE_FIND,
		STORE_VALUES(DB_BLOB(list->user_id, USER_ID_SIZE), DB_BLOB(list->limit, USE_LIMIT_SIZE),
			DB_BLOB(value, DIGEST_SIZE)), &statement);

	if (error == STEPUP_OK)
		error = row_next(list, statement, row);
	if (statement != NULL)
		db_reset(statement);
	return error;
}

/* Takes a row out of the list: the one after it, which has to be there, names the one before it instead. */
static enum stepup_error row_bypass(const struct value_list *list, const struct value_row *gone)
{
	struct db_statement *statement = NULL;
	struct value_row after;
	enum stepup_error error = session_query(list->session, SQL_VALUE_AFTER,
		STORE_VALUES(DB_BLOB(list->user_id, USER_ID_SIZE), DB_BLOB(list->limit, USE_LIMIT_SIZE),
			DB_INT(gone->here.number)), &statement);

	if (error == STEPUP_OK)
		error = row_next(list, statement, &after);
	if (statement != NULL)
		db_reset(statement);
	if (error == STEPUP_NOT_FOUND || (error == STEPUP_OK && after.before.number != gone->here.number))
		return STEPUP_CORRUPT;
	if (error != STEPUP_OK)
		return error;
	after.before = gone->before;
	return row_set(list, &after);
}

/* Whether a row is the one that the list goes on with. */
static bool is_at(const struct value_row *row, const struct link *place)
{
	return row->here.number == place->number && row->here.at == place->at;
}

/* The rows later than `at`, newest first, at most `most`, from the list's beginning; `*place` is what comes
 * after them. The caller frees. */
static enum stepup_error rows_ahead(const struct value_list *list, int64_t at, size_t most,
	struct link *place, struct value_row **rows, size_t *count)
{
	struct db_statement *statement = NULL;
	struct value_row *made = calloc(most, sizeof(*made));
	enum stepup_error error = STEPUP_NO_MEMORY;

	if (made == NULL)
		return error;
	error = session_query(list->session, SQL_VALUE_WALK,
		STORE_VALUES(DB_BLOB(list->user_id, USER_ID_SIZE), DB_BLOB(list->limit, USE_LIMIT_SIZE),
			DB_INT((int64_t)most)), &statement);
	while (error == STEPUP_OK && *count < most && place->at > at) {
		error = row_next(list, statement, &made[*count]);
		if (error == STEPUP_NOT_FOUND || (error == STEPUP_OK && !is_at(&made[*count], place)))
			error = STEPUP_CORRUPT;
		else if (error == STEPUP_OK)
			*place = made[(*count)++].before;
	}
	if (statement != NULL)
		db_reset(statement);
	*rows = made;
	return error;
}

/* Writes the new row at its place, and those later than it again after it, all under new numbers. */
static enum stepup_error rows_put(const struct value_list *list, struct use_tally *tally,
	struct value_row *row, struct value_row *ahead, size_t count)
{
	struct link top = {.number = tally->total};
	enum stepup_error error;

	row->here.number = ++top.number;
	top.at = row->here.at;
	error = row_set(list, row);
	while (error == STEPUP_OK && count > 0) {
		struct value_row *moved = &ahead[--count];

		moved->before = top;
		moved->here.number = ++top.number;
		top.at = moved->here.at;
		error = row_set(list, moved);
	}
	tally->total = top.number;
	tally->at = top.at;
	return error;
}

/* What there is of the value already; an empty row where that is older than anybody looks, or nothing. */
static enum stepup_error former_use(const struct value_list *list, const uint8_t value[DIGEST_SIZE],
	int64_t at, struct value_row *former)
{
	enum stepup_error error = row_of_value(list, value, former);

	if (error == STEPUP_NOT_FOUND || (error == STEPUP_OK && former->here.at < at - USES_KEPT_SECONDS)) {
		*former = (struct value_row){.here.number = 0};
		error = STEPUP_OK;
	}
	return error;
}

static enum stepup_error move_to_front(const struct value_list *list, struct use_tally *tally,
	const uint8_t value[DIGEST_SIZE], int64_t at, const struct value_row *former)
{
	struct link place = {.number = tally->total, .at = tally->at};
	struct value_row row = {.here.at = at}, *ahead = NULL;
	size_t count = 0;
	enum stepup_error error = STEPUP_OK;

	if (place.at > at)
		error = rows_ahead(list, at, AHEAD_MAX, &place, &ahead, &count);
	if (error == STEPUP_OK && former->here.number != 0 && place.number == former->here.number)
		place = former->before;
	else if (error == STEPUP_OK && former->here.number != 0)
		error = row_bypass(list, former);
	memcpy(row.value, value, DIGEST_SIZE);
	row.before = place;
	if (place.at > at)
		row.here.at = place.at;
	if (error == STEPUP_OK)
		error = rows_put(list, tally, &row, ahead, count);
	free(ahead);
	return error;
}

enum stepup_error use_settle_values(struct store_session *session, const struct user_record *record,
	struct use_tally *tally, int64_t now)
{
	const struct value_list list = {
		.session = session, .user_id = record->user_id, .limit = tally->limit};
	struct link place = {.number = tally->total, .at = tally->at}, top = place;
	struct value_row *ahead = NULL;
	size_t count = 0;
	enum stepup_error error = rows_ahead(&list, now, SETTLED_MAX, &place, &ahead, &count);

	if (error == STEPUP_OK && place.at > now)
		error = STEPUP_TOO_LONG;
	while (error == STEPUP_OK && count > 0) {
		struct value_row *moved = &ahead[--count];

		moved->before = place;
		moved->here = (struct link){.number = ++top.number, .at = now};
		place = moved->here;
		error = row_set(&list, moved);
	}
	free(ahead);
	tally->total = place.number;
	tally->at = place.at;
	return error;
}

/* The first number of a list: one that no former list of the same limit has used. */
static int64_t first_number(int64_t at)
{
	return at > 0 && at < (INT64_C(1) << 40) ? at << 20 : 0;
}

enum stepup_error use_add_value(struct store_session *session, struct user_record *record,
	const uint8_t limit[USE_LIMIT_SIZE], int64_t at, const uint8_t value[DIGEST_SIZE])
{
	const struct value_list list = {.session = session, .user_id = record->user_id, .limit = limit};
	struct use_tally *tally = user_record_tally(record, limit);
	struct value_row former, row = {.here = {.number = first_number(at) + 1, .at = at}};
	enum stepup_error error = former_use(&list, value, at, &former);

	if (error != STEPUP_OK)
		return error;
	if (tally != NULL)
		return former.here.number != 0 &&
			former.here.at >= at ? STEPUP_OK : move_to_front(&list, tally, value, at, &former);
	if (former.here.number != 0)
		return STEPUP_CORRUPT;
	tally = user_record_add_tally(record, limit, at - USES_KEPT_SECONDS);
	if (tally == NULL)
		return STEPUP_TOO_LONG;
	tally->total = row.here.number;
	tally->at = at;
	memcpy(row.value, value, DIGEST_SIZE);
	return row_set(&list, &row);
}

enum stepup_error store_use_add_value(struct store_session *session, struct user_record *record,
	const char *limit_key, int64_t at, const uint8_t value[DIGEST_SIZE])
{
	uint8_t limit[USE_LIMIT_SIZE];
	enum stepup_error error = use_limit_id(limit_key, limit);

	return error == STEPUP_OK ? use_add_value(session, record, limit, at, value) : error;
}

/* Counts along the list from `place` on. In a transaction each row has to be the one that was named; a reader
 * may see rows of a commit that its record isn't of yet. */
static enum stepup_error count_rows(const struct value_list *list, struct link place, int64_t since,
	const uint8_t *value, int64_t most, struct use_values *values)
{
	bool strict = list->session->in_transaction;
	struct db_statement *statement = NULL;
	struct value_row row;
	enum stepup_error error = session_query(list->session, SQL_VALUE_WALK,
		STORE_VALUES(DB_BLOB(list->user_id, USER_ID_SIZE), DB_BLOB(list->limit, USE_LIMIT_SIZE),
			DB_INT(most)), &statement);

	while (error == STEPUP_OK && values->different < most && place.at > since) {
		error = row_next(list, statement, &row);
		if (strict && (error == STEPUP_NOT_FOUND || (error == STEPUP_OK && !is_at(&row, &place))))
			error = STEPUP_CORRUPT;
		if (error != STEPUP_OK || row.here.at <= since)
			break;
		values->different++;
		values->has_value |= value != NULL && memcmp(row.value, value, DIGEST_SIZE) == 0;
		place = row.before;
	}
	if (statement != NULL)
		db_reset(statement);
	return error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}

enum stepup_error store_use_values(struct store_session *session, const struct user_record *record,
	const char *limit_key, int64_t since, const uint8_t value[DIGEST_SIZE], int64_t most,
	struct use_values *values)
{
	uint8_t limit[USE_LIMIT_SIZE];
	const struct value_list list = {.session = session, .user_id = record->user_id, .limit = limit};
	const struct use_tally *tally;
	struct value_row row;
	enum stepup_error error = use_limit_id(limit_key, limit);

	*values = (struct use_values){0};
	if (error != STEPUP_OK)
		return error;
	tally = user_record_tally(record, limit);
	if (tally == NULL || tally->at <= since)
		return STEPUP_OK;
	error = count_rows(&list, (struct link){.number = tally->total, .at = tally->at}, since, value,
		most, values);
	if (error != STEPUP_OK || values->has_value || values->different < most || value == NULL)
		return error;
	error = row_of_value(&list, value, &row);
	values->has_value = error == STEPUP_OK && row.here.at > since;
	return error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}
