/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sealed rows: what a seal is bound to, and the versions that must never go back.
 * MUST: bind table, key, owner, name and version into every seal, each behind its length, so that no row passes for another.
 */
#include "verifier/state/store_internal.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wipe.h"
#include "verifier/state/pack.h"

static const char *const table_names[SEALED_COUNT] = {"meta", "users", "invitations", "facts", "receipts", "checkpoints", "keys", "key_ids",
	"requests", "use_totals", "use_values"};

static enum stepup_error bound_bytes(const struct row_identity *identity, uint8_t **bytes, size_t *size)
{
	struct pack_writer writer = {0};

	pack_text(&writer, table_names[identity->table]);
	pack_bytes(&writer, identity->key, identity->key_size);
	pack_bytes(&writer, identity->user_id, identity->user_id != NULL ? USER_ID_SIZE : 0);
	pack_text(&writer, identity->name != NULL ? identity->name : "");
	pack_i64(&writer, identity->version);
	return pack_finish(&writer, bytes, size);
}

enum stepup_error row_seal(struct store_session *session, const struct row_identity *identity, const void *plain, size_t plain_size,
	uint8_t **sealed, size_t *sealed_size)
{
	uint8_t *bound = NULL;
	size_t bound_size = 0;
	enum stepup_error error = bound_bytes(identity, &bound, &bound_size);

	if (error == STEPUP_OK)
		error = seal(session->seal, &session->store->keys[identity->table], bound, bound_size, plain, plain_size, sealed, sealed_size);
	free(bound);
	return error;
}

enum stepup_error row_unseal(struct store_session *session, const struct row_identity *identity, struct db_statement *statement,
	int key_id_column, uint8_t **plain, size_t *plain_size)
{
	uint8_t *bound = NULL;
	size_t bound_size = 0, id_size = 0, sealed_size = 0;
	const char *key_id = db_column_text(statement, key_id_column, &id_size);
	const uint8_t *sealed = db_column_blob(statement, key_id_column + 1, &sealed_size);
	enum stepup_error error;

	if (key_id == NULL || sealed == NULL || strcmp(key_id, session->store->key_id) != 0)
		return STEPUP_CORRUPT;
	error = bound_bytes(identity, &bound, &bound_size);
	if (error == STEPUP_OK)
		error = unseal(session->seal, &session->store->keys[identity->table], bound, bound_size, sealed, sealed_size, plain, plain_size);
	free(bound);
	return error;
}

enum stepup_error row_mac(struct store_session *session, enum sealed_table table, const void *bytes, size_t size, uint8_t mac[SEAL_TAG_SIZE])
{
	return seal_mac(session->seal, &session->store->keys[table], bytes, size, mac);
}

enum stepup_error row_mac_check(struct store_session *session, enum sealed_table table, const void *bytes, size_t size,
	struct db_statement *statement, int column)
{
	uint8_t mac[SEAL_TAG_SIZE] = {0};
	size_t found_size = 0;
	const uint8_t *found = db_column_blob(statement, column, &found_size);
	enum stepup_error error = row_mac(session, table, bytes, size, mac);

	if (error == STEPUP_OK && (found_size != sizeof(mac) || CRYPTO_memcmp(found, mac, sizeof(mac)) != 0))
		error = STEPUP_CORRUPT;
	return error;
}

/* Users go by their id, which is random; others by a digest of table and key. */
enum stepup_error row_number(const struct row_identity *identity, uint64_t *number)
{
	struct row_identity place = {.table = identity->table, .key = identity->key, .key_size = identity->key_size};
	uint8_t digest[DIGEST_SIZE] = {0};
	uint8_t *bytes = NULL;
	size_t size = 0;
	enum stepup_error error;

	if (identity->user_id != NULL) {
		memcpy(number, identity->user_id, sizeof(*number));
		return STEPUP_OK;
	}
	error = bound_bytes(&place, &bytes, &size);
	if (error == STEPUP_OK)
		error = digest_sha256(bytes, size, digest);
	memcpy(number, digest, sizeof(*number));
	free(bytes);
	return error;
}

enum stepup_error version_check(struct store_session *session, uint64_t row, int64_t version, struct version_check *check)
{
	struct version_memory *versions = &session->store->versions;
	enum stepup_error error = STEPUP_OK;
	int64_t highest;
	bool second = check->again;

	check->again = false;
	(void)pthread_mutex_lock(&session->store->lock);
	highest = version_memory_get(versions, row);
	if (second && row == check->row)
		highest = check->floor;
	if (version < highest && !second && !session->in_transaction) {
		check->again = true;
		check->row = row;
		check->floor = highest;
	} else if (version < highest || version <= 0 || (second && row != check->row)) {
		error = STEPUP_CORRUPT;
	} else if (!session->in_transaction && version > highest) {
		error = version_memory_reserve(versions, session->store->versions_promised + 1);
		if (error == STEPUP_OK)
			version_memory_raise(versions, row, version);
	}
	(void)pthread_mutex_unlock(&session->store->lock);
	return error;
}

int64_t version_highest(struct store_session *session, uint64_t row)
{
	int64_t highest;

	(void)pthread_mutex_lock(&session->store->lock);
	highest = version_memory_get(&session->store->versions, row);
	(void)pthread_mutex_unlock(&session->store->lock);
	for (size_t i = 0; i < session->pending_count; i++)
		if (session->pending[i].row == row)
			highest = session->pending[i].version;
	return highest;
}

enum stepup_error version_write(struct store_session *session, uint64_t row, int64_t version)
{
	enum stepup_error error;

	if (session->pending_count == session->pending_capacity) {
		size_t capacity = session->pending_capacity ? 2 * session->pending_capacity : 64;
		struct pending_version *larger = realloc(session->pending, capacity * sizeof(*larger));

		if (larger == NULL)
			return STEPUP_NO_MEMORY;
		session->pending = larger;
		session->pending_capacity = capacity;
	}
	(void)pthread_mutex_lock(&session->store->lock);
	error = version_memory_reserve(&session->store->versions, session->store->versions_promised + 1);
	session->store->versions_promised += error == STEPUP_OK;
	(void)pthread_mutex_unlock(&session->store->lock);
	if (error == STEPUP_OK)
		session->pending[session->pending_count++] = (struct pending_version){.row = row, .version = version};
	return error;
}

void version_unwrite(struct store_session *session, size_t count)
{
	(void)pthread_mutex_lock(&session->store->lock);
	session->store->versions_promised -= session->pending_count - count;
	(void)pthread_mutex_unlock(&session->store->lock);
	session->pending_count = count;
}
