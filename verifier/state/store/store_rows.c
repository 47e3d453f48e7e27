/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sealed rows: what a seal is bound to.
 * MUST: bind table, key, owner, name and version into every seal, each behind its length, so that no row
 * passes for another.
 */
#include "verifier/state/store/store_internal.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"
#include "verifier/state/records/pack.h"

static const char *const table_names[SEALED_COUNT] = {"meta", "users", "invitations", "facts", "receipts",
	"checkpoints", "keys", "key_ids", "requests", "use_totals", "use_values"};

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

enum stepup_error row_seal(struct store_session *session, const struct row_identity *identity,
	const void *plain, size_t plain_size, uint8_t **sealed, size_t *sealed_size)
{
	uint8_t *bound = NULL;
	size_t bound_size = 0;
	enum stepup_error error = bound_bytes(identity, &bound, &bound_size);

	if (error == STEPUP_OK)
		error = seal(session->seal, &session->store->keys[identity->table], bound, bound_size, plain,
			plain_size, sealed, sealed_size);
	free(bound);
	return error;
}

enum stepup_error row_unseal_value(struct store_session *session, const struct row_identity *identity,
	const struct sealed_value *value, uint8_t **plain, size_t *plain_size)
{
	const char *key_id = session->store->key_id;
	uint8_t *bound = NULL;
	size_t bound_size = 0;
	enum stepup_error error;

	if (value->key_id.kind != DB_KIND_TEXT || value->sealed.kind != DB_KIND_BLOB ||
	    value->key_id.size != strlen(key_id) ||
	    memcmp(value->key_id.bytes, key_id, value->key_id.size) != 0)
		return STEPUP_CORRUPT;
	error = bound_bytes(identity, &bound, &bound_size);
	if (error == STEPUP_OK)
		error = unseal(session->seal, &session->store->keys[identity->table], bound, bound_size,
			value->sealed.bytes, value->sealed.size, plain, plain_size);
	free(bound);
	return error;
}

enum stepup_error row_unseal(struct store_session *session, const struct row_identity *identity,
	struct db_statement *statement, int key_id_column, uint8_t **plain, size_t *plain_size)
{
	struct sealed_value value;

	if (!db_column(statement, key_id_column, &value.key_id) ||
	    !db_column(statement, key_id_column + 1, &value.sealed))
		return STEPUP_CORRUPT;
	return row_unseal_value(session, identity, &value, plain, plain_size);
}

enum stepup_error row_mac(struct store_session *session, enum sealed_table table, const void *bytes,
	size_t size, uint8_t mac[SEAL_TAG_SIZE])
{
	return seal_mac(session->seal, &session->store->keys[table], bytes, size, mac);
}

enum stepup_error row_mac_check(struct store_session *session, enum sealed_table table, const void *bytes,
	size_t size, struct db_statement *statement, int column)
{
	uint8_t mac[SEAL_TAG_SIZE] = {0};
	size_t found_size = 0;
	const uint8_t *found = db_column_blob(statement, column, &found_size);
	enum stepup_error error = row_mac(session, table, bytes, size, mac);

	if (error == STEPUP_OK && (found_size != sizeof(mac) || CRYPTO_memcmp(found, mac, sizeof(mac)) != 0))
		error = STEPUP_CORRUPT;
	return error;
}
