/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a store says of itself: its random id, sealed under the master key together with the schema's number;
 * and the way from an older schema to this one.
 * MUST: leave an older store as it was, or wholly of this schema, whatever happens on the way.
 */
#include "verifier/state/store/store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/log_types.h"
#include "lib/base/wipe.h"
#include "verifier/host/clock.h"

#define KEY_CHECK "stepup key check"

static enum stepup_error subkey(const struct store *store, const struct master_key *key, const char *purpose,
	uint8_t bytes[MASTER_KEY_SIZE])
{
	char full[64 + 2 * STORE_ID_SIZE];
	char id[2 * STORE_ID_SIZE + 1];

	for (unsigned i = 0; i < STORE_ID_SIZE; i++)
		snprintf(id + 2 * i, 3, "%02x", store->id[i]);
	snprintf(full, sizeof(full), "store/%s/%s", id, purpose);
	return master_key_derive(key, full, bytes);
}

/* Subkeys hang on the store's id, so that rows of another store under the same master key are
 * worth nothing here. */
enum stepup_error meta_keys_make(struct store *store, const struct master_key *key,
	struct seal_context *context, bool meta_only)
{
	static const char *const purposes[SEALED_COUNT] = {"meta", "users", "invitations", "facts",
		"receipts", "checkpoints", "keys", "key_ids", "requests", "use_totals", "use_values"};
	static const char *const vault_purposes[VAULT_MAC_COUNT] = {"terms", "names", "heads"};
	uint8_t bytes[MASTER_KEY_SIZE] = {0};
	enum stepup_error error = STEPUP_OK;

	for (unsigned i = 0; error == STEPUP_OK && i < SEALED_COUNT; i++) {
		if ((i == SEALED_META) != meta_only)
			continue;
		error = meta_only ? master_key_derive(key, "store/meta", bytes)
			: subkey(store, key, purposes[i], bytes);
		if (error == STEPUP_OK)
			error = seal_key_init(context, &store->keys[i], bytes);
	}
	if (error == STEPUP_OK && !meta_only)
		error = subkey(store, key, "digests", bytes);
	if (error == STEPUP_OK && !meta_only)
		error = digest_keys_make(store, bytes);
	for (unsigned i = 0; error == STEPUP_OK && !meta_only && i < VAULT_MAC_COUNT; i++)
		error = subkey(store, key, vault_purposes[i], store->vault_keys[i]);
	WIPE_ARRAY(bytes);
	return error;
}

/* The one row of the table meta. Opening it tells whether the master key is the store's, and that nobody
 * changed the schema's number. */
static struct row_identity identity_of(int schema)
{
	return (struct row_identity){
		.table = SEALED_META, .key = KEY_CHECK, .key_size = sizeof(KEY_CHECK) - 1, .version = schema};
}

/* Before the vault begins: in a new store, or in an upgrade. */
static enum stepup_error meta_write_row(struct store_session *session, enum statement_id statement)
{
	struct row_identity identity = identity_of(STORE_SCHEMA);
	uint8_t *sealed = NULL;
	size_t size = 0;
	enum stepup_error error =
		row_seal(session, &identity, session->store->id, STORE_ID_SIZE, &sealed, &size);

	if (error == STEPUP_OK) {
		const struct db_value name = DB_TEXT(KEY_CHECK), key_id = DB_TEXT(session->store->key_id),
			bytes = DB_BLOB(sealed, size);

		error = vault_write(session, VAULT_META, statement, STORE_VALUES(key_id, bytes, name),
			(const struct db_value[]){name, key_id, bytes}, &(struct row_seen){0});
	}
	free(sealed);
	return error;
}

enum stepup_error meta_write(struct store_session *session)
{
	return meta_write_row(session, SQL_META_SET);
}

enum stepup_error meta_read(struct store_session *session, int schema, char **why)
{
	struct store *store = session->store;
	struct row_identity identity = identity_of(schema);
	struct db_statement *statement = NULL;
	uint8_t *id = NULL;
	size_t size = 0;
	bool row = false;
	enum stepup_error error =
		session_query(session, SQL_META_GET, STORE_VALUES(DB_TEXT(KEY_CHECK)), &statement);

	if (error == STEPUP_OK)
		error = db_step(statement, &row);
	if (error == STEPUP_OK && !row)
		error = STEPUP_CORRUPT;
	else if (error == STEPUP_OK) {
		error = row_unseal(session, &identity, statement, 1, &id, &size);
		if (error == STEPUP_CORRUPT &&
		    asprintf(why, "Store %s: the master key is not the one that this store was made with."
			    " Nothing was changed. Put the right master key back.", store->place) < 0)
			*why = NULL;
	}
	if (error == STEPUP_OK && size != STORE_ID_SIZE)
		error = STEPUP_CORRUPT;
	if (error == STEPUP_OK)
		memcpy(store->id, id, STORE_ID_SIZE);
	if (statement != NULL)
		db_reset(statement);
	free(id);
	return error;
}

static bool take_host(void *context, int64_t index, const char *entry, const char *details,
	const uint8_t *salt)
{
	struct store *store = context;
	json_t *object = json_loads(entry, JSON_REJECT_DUPLICATES, NULL);
	const char *host = json_string_value(json_object_get(object, "host"));

	(void)index;
	(void)details;
	(void)salt;
	if (host != NULL && strlen(host) < sizeof(store->host))
		strcpy(store->host, host);
	json_decref(object);
	return true;
}

enum stepup_error meta_take_host(struct store_session *session)
{
	int64_t size = (int64_t)session->tree.size;

	return size > 0 ? store_log_each(session, size - 1, 1, take_host, session->store) : STEPUP_OK;
}

/* From here on every row has its term. What was exchanged before can't be told: the log's entry
 * says when it began. */
static enum stepup_error begin_vault(struct store_session *session, char **why)
{
	int64_t size = (int64_t)session->tree.size, unreadable = 0, index, rows = 0;
	enum stepup_error error = head_begin(session);
	json_t *entry;

	if (error == STEPUP_OK)
		error = vault_begin(session, &unreadable, why);
	if (error == STEPUP_OK)
		error = meta_take_host(session);
	if (error != STEPUP_OK || size == 0)
		return error;
	for (unsigned i = 0; i < VAULT_COUNT; i++)
		rows += session->vault.rows[i];
	entry = json_pack("{s:i, s:s, s:I, s:I, s:I, s:I}", "v", 1, "type",
		log_type_name(LOG_TYPE_VAULT_BEGUN),
		"at", (json_int_t)clock_wall_seconds(), "users", (json_int_t)session->vault.rows[VAULT_USERS],
		"rows", (json_int_t)rows, "unreadable", (json_int_t)unreadable);
	return entry == NULL ? STEPUP_NO_MEMORY : store_log_append(session, entry, NULL, NULL, &index);
}

enum stepup_error meta_upgrade(struct store_session *session, int schema, char **why)
{
	enum stepup_error error = store_begin(session);

	if (error != STEPUP_OK)
		return error;
	error = users_upgrade(session); /* the other steps read and write users as they are now */
	for (; error == STEPUP_OK && schema < STORE_SCHEMA; schema++) {
		error = db_execute(session->db, store_upgrade_sql[schema]);
		if (error == STEPUP_OK && schema == 2)
			error = uses_upgrade(session);
	}
	if (error == STEPUP_OK)
		error = db_set_schema(session->db, STORE_SCHEMA);
	if (error == STEPUP_OK)
		error = meta_write_row(session, SQL_META_UPDATE);
	if (error == STEPUP_OK)
		error = begin_vault(session, why);
	if (error == STEPUP_OK)
		return store_commit(session);
	store_rollback(session);
	return error;
}
