/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which keys are, or were, anybody's: each key stands here under keyed digests of what it is
 * known by, for ever.
 * MUST: let no key be enrolled a second time, neither by another user nor after it was revoked.
 */
#include "verifier/state/store/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "verifier/state/records/pack.h"

#define KEY_ID_FORMAT 1
#define NAMES_MAX 2 /* by its public key, and by its WebAuthn credential id where it has one */

static struct row_identity key_ids_identity_of(const uint8_t *digest)
{
	return (struct row_identity){.table = SEALED_KEY_IDS, .key = digest, .key_size = DIGEST_SIZE};
}

/* One name of a key. */
static enum stepup_error name_digest(const struct store *store, enum store_digest of, int64_t number,
	const uint8_t *bytes, size_t size, uint8_t digest[DIGEST_SIZE])
{
	struct pack_writer writer = {0};
	uint8_t *packed = NULL;
	size_t packed_size = 0;
	enum stepup_error error;

	pack_i64(&writer, number);
	pack_bytes(&writer, bytes, size);
	error = pack_finish(&writer, &packed, &packed_size);
	if (error == STEPUP_OK)
		error = store_keyed_digest(store, of, packed, packed_size, digest);
	free(packed);
	return error;
}

static enum stepup_error key_ids_names_of(struct store *store, const struct key_credential *key,
	uint8_t names[NAMES_MAX][DIGEST_SIZE], size_t *count)
{
	enum stepup_error error = name_digest(store, DIGEST_KEY_PUBLIC, key->algorithm, key->public_key,
		key->public_key_size, names[0]);

	*count = 1;
	if (error == STEPUP_OK && key->id_size > 0) {
		error = name_digest(store, DIGEST_KEY_ID, 0, key->id, key->id_size, names[1]);
		*count = 2;
	}
	return error;
}

static enum stepup_error key_ids_add_row(struct store_session *session, const uint8_t digest[DIGEST_SIZE],
	const uint8_t *sealed, size_t size)
{
	const struct db_value row[] = {DB_BLOB(digest, DIGEST_SIZE), DB_TEXT(session->store->key_id),
		DB_BLOB(sealed, size)};

	return vault_write(session, VAULT_KEY_IDS, SQL_KEY_ID_ADD, row, sizeof(row) / sizeof(row[0]), row,
		&(struct row_seen){0});
}

enum stepup_error store_key_id_add(struct store_session *session, const struct key_credential *key,
	const struct key_owner *owner)
{
	uint8_t names[NAMES_MAX][DIGEST_SIZE], *plain = NULL;
	struct pack_writer writer = {0};
	size_t count = 0, plain_size = 0;
	enum stepup_error error = key_ids_names_of(session->store, key, names, &count);

	if (error != STEPUP_OK)
		return error;
	pack_u8(&writer, KEY_ID_FORMAT);
	pack_raw(&writer, owner->user_id, USER_ID_SIZE);
	pack_text(&writer, owner->credential);
	error = pack_finish(&writer, &plain, &plain_size);
	for (size_t i = 0; error == STEPUP_OK && i < count; i++) {
		struct row_identity identity = key_ids_identity_of(names[i]);
		uint8_t *sealed = NULL;
		size_t size = 0;

		error = row_seal(session, &identity, plain, plain_size, &sealed, &size);
		if (error == STEPUP_OK)
			error = key_ids_add_row(session, names[i], sealed, size);
		free(sealed);
	}
	free(plain);
	return error;
}

/* The owner in the statement's row: digest, key_id, sealed. */
static enum stepup_error key_ids_read_row(struct store_session *session, struct db_statement *statement,
	const uint8_t *digest, struct key_owner *owner)
{
	struct row_identity identity = key_ids_identity_of(digest);
	struct pack_reader reader;
	uint8_t *plain = NULL;
	size_t size = 0;
	enum stepup_error error = row_unseal(session, &identity, statement, 1, &plain, &size);

	if (error != STEPUP_OK)
		return error;
	reader = (struct pack_reader){.bytes = plain, .left = size};
	if (unpack_u8(&reader) != KEY_ID_FORMAT)
		reader.broken = true;
	unpack_raw(&reader, owner->user_id, USER_ID_SIZE);
	unpack_text(&reader, owner->credential, sizeof(owner->credential));
	error = unpack_finish(&reader);
	free(plain);
	return error;
}

static enum stepup_error key_ids_find(struct store_session *session, const uint8_t digest[DIGEST_SIZE],
	struct key_owner *owner)
{
	struct vault_row row;
	enum stepup_error error = vault_find(session, VAULT_KEY_IDS, &DB_BLOB(digest, DIGEST_SIZE), &row);

	if (error != STEPUP_OK)
		return error;
	error = key_ids_read_row(session, row.statement, digest, owner);
	if (error == STEPUP_CORRUPT)
		vault_unreadable(session, VAULT_KEY_IDS, &DB_BLOB(digest, DIGEST_SIZE), &row);
	db_reset(row.statement);
	return error;
}

enum stepup_error store_key_id_find(struct store_session *session, const struct key_credential *key,
	struct key_owner *owner)
{
	uint8_t names[NAMES_MAX][DIGEST_SIZE];
	size_t count = 0;
	enum stepup_error error = key_ids_names_of(session->store, key, names, &count),
		found = STEPUP_NOT_FOUND;

	for (size_t i = 0; error == STEPUP_OK && found == STEPUP_NOT_FOUND && i < count; i++)
		found = key_ids_find(session, names[i], owner);
	return error == STEPUP_OK ? found : error;
}
