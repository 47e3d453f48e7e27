/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether rows that were found wrong are right again.
 * MUST: take nothing for right that was not looked at anew.
 */
#include "verifier/state/store/store_internal.h"

static bool ignore(void *context, const struct user_record *record)
{
	(void)context;
	(void)record;
	return true;
}

enum stepup_error wrong_row_look(struct store_session *session, const struct wrong_row *wrong)
{
	struct db_value key[WRONG_KEYS_MAX];
	struct vault_row row;
	int64_t count;
	enum stepup_error error = STEPUP_OK;

	switch (wrong->kind) {
	case WRONG_LIST:
		error = vault_count(session, wrong->table, wrong->name != 0, &count);
		return error == STEPUP_CORRUPT ? STEPUP_OK : error;
	case WRONG_GROUP:
		error = store_user_each_of_uid(session, (int64_t)wrong->name, ignore, NULL);
		return error == STEPUP_CORRUPT ? STEPUP_OK : error;
	case WRONG_ROW:
		break;
	}
	for (unsigned i = 0; i < WRONG_KEYS_MAX; i++)
		key[i] = (struct db_value){.kind = wrong->keys[i].kind, .number = wrong->keys[i].number,
			.bytes = wrong->keys[i].bytes, .size = wrong->keys[i].size};
	error = vault_find(session, wrong->table, key, &row);
	if (error == STEPUP_OK) {
		error = vault_opens(session, wrong->table, row.statement);
		db_reset(row.statement);
	}
	if (error == STEPUP_OK || error == STEPUP_NOT_FOUND)
		vault_right(session, wrong->table, wrong->name);
	return error == STEPUP_CORRUPT || error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}

enum stepup_error store_wrong_recheck(struct store_session *session)
{
	struct store *store = session->store;
	enum stepup_error error = STEPUP_OK;

	for (size_t i = store_wrong_count(store); error == STEPUP_OK && i > 0; i--) {
		struct wrong_row wrong = {0};
		bool there;

		(void)pthread_mutex_lock(&store->lock);
		there = i <= store->wrong_count;
		if (there)
			wrong = store->wrong[i - 1];
		(void)pthread_mutex_unlock(&store->lock);
		if (there)
			error = wrong_row_look(session, &wrong);
	}
	return error;
}
