/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small facts by name, and the list of frozen actions, which is one of them: sealed whole, so that no single
 * freeze can be taken out.
 */
#include "verifier/state/store/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "verifier/state/records/pack.h"

#define FREEZES_NAME ".freezes"
#define FREEZES_MAX 200       /* that stand */
/* that are remembered one by one; beyond that they become one for all actions */
#define THAWED_MAX 50
#define FREEZES_STORED_MAX 255
#define FREEZES_FORMAT 2 /* 1: only those that stand, without the place in the log; still read */
#define FREEZES_FORMAT_OLDEST 1

static struct row_identity facts_identity_of(const char *name, int64_t version)
{
	return (struct row_identity){
		.table = SEALED_FACTS, .key = name, .key_size = strlen(name), .version = version};
}

/* --- facts --- */

static enum stepup_error read_fact(struct store_session *session, const char *name, uint8_t **value,
	size_t *size, int64_t *version, struct row_seen *seen)
{
	struct row_identity identity = facts_identity_of(name, 0);
	struct vault_row row;
	enum stepup_error error;

	*value = NULL;
	error = vault_find(session, VAULT_FACTS, &DB_TEXT(name), &row);
	*seen = row.seen;
	if (error != STEPUP_OK)
		return error;
	identity.version = *version = db_column_int(row.statement, 1);
	error = row_unseal(session, &identity, row.statement, 2, value, size);
	if (error == STEPUP_CORRUPT)
		vault_unreadable(session, VAULT_FACTS, &DB_TEXT(name), &row);
	db_reset(row.statement);
	return error;
}

enum stepup_error fact_read(struct store_session *session, const char *name, uint8_t **value, size_t *size)
{
	struct row_seen seen;
	int64_t version = 0;

	return read_fact(session, name, value, size, &version, &seen);
}

/* Writes the row at its new version. */
static enum stepup_error facts_write_row(struct store_session *session, const struct row_identity *identity,
	const void *value, size_t size, struct row_seen *seen)
{
	uint8_t *sealed = NULL;
	size_t sealed_size = 0;
	enum stepup_error error = row_seal(session, identity, value, size, &sealed, &sealed_size);

	if (error == STEPUP_OK) {
		const struct db_value name = {
			.kind = DB_KIND_TEXT, .bytes = identity->key, .size = identity->key_size},
			version = DB_INT(identity->version), key_id = DB_TEXT(session->store->key_id),
			bytes = DB_BLOB(sealed, sealed_size);

		error = vault_write(session, VAULT_FACTS,
			identity->version > 1 ? SQL_FACT_UPDATE : SQL_FACT_INSERT,
			STORE_VALUES(version, key_id, bytes, name),
			(const struct db_value[]){name, version, key_id, bytes}, seen);
	}
	free(sealed);
	return error;
}

enum stepup_error fact_write(struct store_session *session, const char *name, const void *value, size_t size)
{
	struct row_identity identity;
	struct row_seen seen = {0};
	uint8_t *old = NULL;
	size_t old_size = 0;
	int64_t version = 0;
	enum stepup_error error = read_fact(session, name, &old, &old_size, &version, &seen);

	free(old);
	if (error == STEPUP_NOT_FOUND)
		error = STEPUP_OK;
	identity = facts_identity_of(name, version + 1);
	return error == STEPUP_OK ? facts_write_row(session, &identity, value, size, &seen) : error;
}

enum stepup_error store_fact_get(struct store_session *session, const char *name, char *value, size_t size)
{
	uint8_t *bytes = NULL;
	size_t length = 0;
	enum stepup_error error;

	if (name[0] == '\0' || name[0] == '.')
		return STEPUP_INVALID;
	error = fact_read(session, name, &bytes, &length);
	if (error == STEPUP_OK && length >= size)
		error = STEPUP_TOO_LONG;
	if (error == STEPUP_OK) {
		memcpy(value, bytes, length);
		value[length] = '\0';
	}
	free(bytes);
	return error;
}

enum stepup_error store_fact_set(struct store_session *session, const char *name, const char *value)
{
	if (name[0] == '\0' || name[0] == '.')
		return STEPUP_INVALID;
	return fact_write(session, name, value, strlen(value));
}

/* --- what is kept of the configuration --- */

static const char *const kept_names[] = {[STORE_KEPT_POLICY] = ".policy", [STORE_KEPT_MODELS] = ".models"};

enum stepup_error store_kept_get(struct store_session *session, enum store_kept which, uint8_t **bytes,
	size_t *size)
{
	return fact_read(session, kept_names[which], bytes, size);
}

enum stepup_error store_kept_set(struct store_session *session, enum store_kept which, const uint8_t *bytes,
	size_t size)
{
	return fact_write(session, kept_names[which], bytes, size);
}

/* --- frozen actions --- */

struct freeze_list {
	struct freeze *freezes;
	size_t count;
};

static enum stepup_error freezes_write(struct store_session *session, const struct freeze_list *list)
{
	struct pack_writer writer = {0};
	uint8_t *bytes = NULL;
	size_t size = 0;
	enum stepup_error error;

	pack_u8(&writer, FREEZES_FORMAT);
	pack_u8(&writer, (unsigned)list->count);
	for (size_t i = 0; i < list->count; i++) {
		pack_text(&writer, list->freezes[i].action);
		pack_text(&writer, list->freezes[i].reference);
		pack_text(&writer, list->freezes[i].reason);
		pack_text(&writer, list->freezes[i].by);
		pack_i64(&writer, list->freezes[i].at);
		pack_i64(&writer, list->freezes[i].log);
		pack_i64(&writer, list->freezes[i].thawed);
	}
	error = pack_finish(&writer, &bytes, &size);
	if (error == STEPUP_OK)
		error = fact_write(session, FREEZES_NAME, bytes, size);
	free(bytes);
	return error;
}

static enum stepup_error unpack_freezes(const uint8_t *bytes, size_t size, struct freeze_list *list)
{
	struct pack_reader reader = {.bytes = bytes, .left = size};
	unsigned format = unpack_u8_at_most(&reader, FREEZES_FORMAT);
	size_t count;

	if (format < FREEZES_FORMAT_OLDEST)
		return STEPUP_CORRUPT;
	count = unpack_u8_at_most(&reader, FREEZES_STORED_MAX);
	list->freezes = calloc(count + 1, sizeof(*list->freezes)); /* room for one more */
	if (list->freezes == NULL)
		return STEPUP_NO_MEMORY;
	list->count = count;
	for (size_t i = 0; i < count; i++) {
		struct freeze *freeze = &list->freezes[i];

		unpack_text(&reader, freeze->action, sizeof(freeze->action));
		unpack_text(&reader, freeze->reference, sizeof(freeze->reference));
		unpack_text(&reader, freeze->reason, sizeof(freeze->reason));
		unpack_text(&reader, freeze->by, sizeof(freeze->by));
		freeze->at = unpack_i64(&reader);
		if (format == FREEZES_FORMAT) {
			freeze->log = unpack_i64(&reader);
			freeze->thawed = unpack_i64(&reader);
		}
	}
	return unpack_finish(&reader);
}

/* A store without the list has lost it. */
static enum stepup_error freezes_read(struct store_session *session, struct freeze_list *list)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	enum stepup_error error = fact_read(session, FREEZES_NAME, &bytes, &size);

	if (error == STEPUP_OK)
		error = unpack_freezes(bytes, size, list);
	free(bytes);
	return error == STEPUP_NOT_FOUND ? STEPUP_CORRUPT : error;
}

enum stepup_error freezes_init(struct store_session *session)
{
	const struct freeze_list none = {0};

	return freezes_write(session, &none);
}

/* Where the one that stands under that name is; the list's end where none does. */
static size_t freeze_place(const struct freeze_list *list, const char *action)
{
	size_t i = 0;

	while (i < list->count &&
	    (list->freezes[i].thawed != 0 || strcmp(list->freezes[i].action, action) != 0))
		i++;
	return i;
}

/* Forgets those that were thawed too long ago to matter; never one whose time lies ahead, where the
 * clock was set back. */
static void forget_thawed(struct freeze_list *list, int64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->freezes[i].thawed == 0 || now - list->freezes[i].thawed <= FREEZE_KEPT_SECONDS)
			list->freezes[kept++] = list->freezes[i];
	list->count = kept;
}

static size_t count_thawed(const struct freeze_list *list)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += list->freezes[i].thawed != 0;
	return count;
}

/* One remembered for all actions in the place of each: more is void than has to be, for some minutes, and
 * nobody's freeze finds no room. */
static void join_thawed(struct freeze_list *list, int64_t now)
{
	struct freeze all = {.action = "*", .thawed = now};
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (list->freezes[i].thawed == 0)
			list->freezes[kept++] = list->freezes[i];
		else if (list->freezes[i].log > all.log)
			all.log = list->freezes[i].log;
	}
	list->freezes[kept++] = all;
	list->count = kept;
}

enum stepup_error store_freeze_add(struct store_session *session, const struct freeze *freeze)
{
	struct freeze_list list = {0};
	enum stepup_error error = freezes_read(session, &list);

	if (error == STEPUP_OK && freeze_place(&list, freeze->action) < list.count)
		error = STEPUP_EXISTS;
	if (error == STEPUP_OK)
		forget_thawed(&list, freeze->at);
	if (error == STEPUP_OK && list.count - count_thawed(&list) >= FREEZES_MAX)
		error = STEPUP_TOO_LONG;
	if (error == STEPUP_OK) {
		list.freezes[list.count++] = *freeze;
		error = freezes_write(session, &list);
	}
	free(list.freezes);
	return error;
}

enum stepup_error store_freeze_thaw(struct store_session *session, const char *action, int64_t at)
{
	struct freeze_list list = {0};
	size_t place;
	enum stepup_error error = at > 0 ? freezes_read(session, &list) : STEPUP_INVALID;

	if (error != STEPUP_OK)
		goto out;
	place = freeze_place(&list, action);
	if (place == list.count) {
		error = STEPUP_NOT_FOUND;
		goto out;
	}
	list.freezes[place].thawed = at;
	forget_thawed(&list, at);
	if (count_thawed(&list) > THAWED_MAX)
		join_thawed(&list, at);
	error = freezes_write(session, &list);
out:
	free(list.freezes);
	return error;
}

enum stepup_error store_freeze_each(struct store_session *session,
	bool (*each)(void *context, const struct freeze *freeze), void *context)
{
	struct freeze_list list = {0};
	enum stepup_error error = freezes_read(session, &list);

	for (size_t i = 0; error == STEPUP_OK && i < list.count; i++)
		if (!each(context, &list.freezes[i]))
			break;
	free(list.freezes);
	return error;
}
