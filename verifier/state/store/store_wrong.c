/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows that are not what they should be: noted when somebody meets one, once each, until the
 * right row is back.
 * MUST: take no memory while somebody waits for an answer; forget none that is still wrong, but say how many
 * there was no room for.
 */
#include "verifier/state/store/store_internal.h"

#include <stdio.h>
#include <string.h>

/* The place of one that is noted already; the list's end where none is. */
static size_t wrong_place_of(const struct store *store, enum vault_table table, enum wrong_kind kind,
	uint64_t name)
{
	size_t i = 0;

	while (i < store->wrong_count &&
	    (store->wrong[i].table != table || store->wrong[i].kind != kind || store->wrong[i].name != name))
		i++;
	return i;
}

void wrong_row_of(struct wrong_row *wrong, enum vault_table table, const struct db_value *key, uint64_t name)
{
	*wrong = (struct wrong_row){.table = table, .name = name};
	for (unsigned i = 0; i < vault_tables[table].keys; i++) {
		struct wrong_key *to = &wrong->keys[i];

		to->kind = key[i].kind;
		to->number = key[i].number;
		to->size = key[i].kind != DB_KIND_INT && key[i].size <= sizeof(to->bytes) ? key[i].size : 0;
		if (to->size > 0)
			memcpy(to->bytes, key[i].bytes, to->size);
	}
}

static void wrong_note(struct store_session *session, const struct wrong_row *wrong)
{
	struct store *store = session->store;
	size_t place;

	(void)pthread_mutex_lock(&store->lock);
	place = wrong_place_of(store, wrong->table, wrong->kind, wrong->name);
	if (place == store->wrong_count && place < WRONG_ROWS_MAX)
		store->wrong[store->wrong_count++] = *wrong;
	else if (place == store->wrong_count)
		store->wrong_more++;
	(void)pthread_mutex_unlock(&store->lock);
}

void vault_wrong(struct store_session *session, enum vault_table table, const struct db_value *key,
	uint64_t name, int64_t found, int64_t known)
{
	struct wrong_row wrong;

	wrong_row_of(&wrong, table, key, name);
	wrong.found = found;
	wrong.known = known;
	wrong_note(session, &wrong);
}

void vault_unreadable(struct store_session *session, enum vault_table table, const struct db_value *key,
	const struct vault_row *row)
{
	if (session->store->vault_ready)
		vault_wrong(session, table, key, row->seen.row, -1, -1);
}

void vault_wrong_list(struct store_session *session, enum vault_table table, bool flagged, int64_t found,
	int64_t known)
{
	wrong_note(session, &(struct wrong_row){
			.table = table, .kind = WRONG_LIST, .name = flagged, .found = found, .known = known});
}

void vault_wrong_group(struct store_session *session, enum vault_table table, int64_t group)
{
	wrong_note(session, &(struct wrong_row){.table = table, .kind = WRONG_GROUP, .name = (uint64_t)group,
			.found = -1, .known = -1});
}

static void take_off(struct store_session *session, enum vault_table table, enum wrong_kind kind,
	uint64_t name)
{
	struct store *store = session->store;
	size_t place;

	(void)pthread_mutex_lock(&store->lock);
	place = store->wrong_count > 0 ? wrong_place_of(store, table, kind, name) : 0;
	if (place < store->wrong_count)
		store->wrong[place] = store->wrong[--store->wrong_count];
	(void)pthread_mutex_unlock(&store->lock);
}

void vault_right(struct store_session *session, enum vault_table table, uint64_t name)
{
	take_off(session, table, WRONG_ROW, name);
}

void vault_right_list(struct store_session *session, enum vault_table table, bool flagged)
{
	take_off(session, table, WRONG_LIST, flagged);
}

void vault_right_group(struct store_session *session, enum vault_table table, int64_t group)
{
	take_off(session, table, WRONG_GROUP, (uint64_t)group);
}

/* --- for those who tell of them --- */

/* A text of somebody's who may have written anything: bytes beside printable ASCII become question marks. */
static void wrong_put_text(char *to, size_t room, const struct wrong_key *key, size_t most)
{
	size_t size = key->size < most ? key->size : most;

	if (size >= room)
		size = room - 1;
	for (size_t i = 0; i < size; i++)
		to[i] = key->bytes[i] < 0x20 || key->bytes[i] == 0x7f ? '?' : (char)key->bytes[i];
	to[size] = '\0';
}

#define SHOWN 8 /* digits of a digest, characters of an id */

static void put_name(const struct wrong_row *wrong, struct store_wrong *out)
{
	const struct wrong_key *key = &wrong->keys[wrong->table == VAULT_KEYS ? 1 : 0];

	if (wrong->kind != WRONG_ROW)
		return;
	switch (key->kind) {
	case DB_KIND_INT:
		(void)snprintf(out->name, sizeof(out->name), "%lld/%lld", (long long)key->number,
			(long long)wrong->keys[1].number);
		break;
	case DB_KIND_TEXT:
		wrong_put_text(out->name, sizeof(out->name), key, wrong->table == VAULT_RECEIPTS ||
			wrong->table == VAULT_REQUESTS ? SHOWN : sizeof(key->bytes));
		break;
	case DB_KIND_BLOB:
		for (size_t i = 0; i < SHOWN / 2 && i < key->size; i++)
			(void)snprintf(out->name + 2 * i, 3, "%02x", key->bytes[i]);
		break;
	case DB_KIND_NULL:
		break;
	}
}

static void wrong_describe(const struct wrong_row *wrong, struct store_wrong *out)
{
	*out = (struct store_wrong){
		.table = vault_tables[wrong->table].name,
		.list = wrong->kind != WRONG_ROW,
		.is_user = wrong->table == VAULT_USERS && wrong->kind == WRONG_ROW,
		.found = wrong->found,
		.known = wrong->known,
	};
	put_name(wrong, out);
}

bool store_wrong_at(struct store *store, size_t place, struct store_wrong *wrong)
{
	bool there;

	(void)pthread_mutex_lock(&store->lock);
	there = place < store->wrong_count;
	if (there)
		wrong_describe(&store->wrong[place], wrong);
	(void)pthread_mutex_unlock(&store->lock);
	return there;
}

size_t store_wrong_count(struct store *store)
{
	size_t count;

	(void)pthread_mutex_lock(&store->lock);
	count = store->wrong_count;
	(void)pthread_mutex_unlock(&store->lock);
	return count;
}

bool store_wrong_untold(struct store *store, struct store_wrong *wrong)
{
	size_t i = 0;

	*wrong = (struct store_wrong){0};
	(void)pthread_mutex_lock(&store->lock);
	while (i < store->wrong_count && store->wrong[i].told)
		i++;
	if (i < store->wrong_count) {
		store->wrong[i].told = true;
		wrong_describe(&store->wrong[i], wrong);
	}
	(void)pthread_mutex_unlock(&store->lock);
	return wrong->table != NULL;
}
