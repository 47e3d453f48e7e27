/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signing keys, sealed, and keyed digests.
 */
#include "verifier/state/store/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"

#define KEYS_MAX 64 /* of one purpose */
#define KID_SIZE 128

struct stored_key {
	char kid[KID_SIZE];
	char *secret;
	int64_t at;
};

static struct row_identity keys_identity_of(const char *purpose, const char *kid, int64_t at)
{
	return (struct row_identity){.table = SEALED_KEYS, .key = purpose, .key_size = strlen(purpose),
		.name = kid, .version = at};
}

enum stepup_error store_key_add(struct store_session *session, const char *purpose, const char *kid,
	const char *secret, int64_t at)
{
	struct row_identity identity = keys_identity_of(purpose, kid, at);
	uint8_t *sealed = NULL;
	size_t size = 0;
	enum stepup_error error;

	if (strlen(kid) >= KID_SIZE)
		return STEPUP_TOO_LONG;
	error = row_seal(session, &identity, secret, strlen(secret), &sealed, &size);
	if (error == STEPUP_OK) {
		const struct db_value row[] = {DB_TEXT(purpose), DB_TEXT(kid), DB_INT(at),
			DB_TEXT(session->store->key_id), DB_BLOB(sealed, size)};

		error = vault_write(session, VAULT_KEYS, SQL_KEY_ADD, row, sizeof(row) / sizeof(row[0]), row,
			&(struct row_seen){0});
	}
	free(sealed);
	return error;
}

/* The key in the statement's row: purpose, kid, at, key_id, sealed. */
static enum stepup_error keys_read_row(struct store_session *session, struct db_statement *statement,
	const char *purpose, struct stored_key *key)
{
	struct row_identity identity;
	uint8_t *plain = NULL;
	size_t size = 0;
	enum stepup_error error;

	key->at = db_column_int(statement, 2);
	identity = keys_identity_of(purpose, key->kid, key->at);
	error = row_unseal(session, &identity, statement, 3, &plain, &size);
	if (error != STEPUP_OK)
		return error;
	key->secret = (char *)plain; /* unseal() leaves room for one more byte */
	key->secret[size] = '\0';
	return strlen(key->secret) == size ? STEPUP_OK : STEPUP_CORRUPT;
}

/* The kids of one purpose, newest first. All keys are walked: a list by purpose could hide one. */
static enum stepup_error keys_list(struct store_session *session, const char *purpose,
	struct stored_key *keys, size_t *count)
{
	struct db_statement *statement = NULL;
	bool row = true;
	enum stepup_error error = session_query(session, SQL_KEY_ALL, NULL, 0, &statement);

	*count = 0;
	while (error == STEPUP_OK && *count < KEYS_MAX) {
		const char *found, *kid;
		size_t purpose_size = 0, size = 0;

		error = db_step(statement, &row);
		if (error != STEPUP_OK || !row)
			break;
		found = db_column_text(statement, 0, &purpose_size);
		kid = db_column_text(statement, 1, &size);
		if (found == NULL || kid == NULL || size >= KID_SIZE || strlen(kid) != size)
			error = STEPUP_CORRUPT;
		else if (purpose_size == strlen(purpose) && strcmp(found, purpose) == 0)
			memcpy(keys[(*count)++].kid, kid, size + 1);
	}
	if (statement != NULL)
		db_reset(statement);
	return error;
}

static enum stepup_error read_one(struct store_session *session, const char *purpose, struct stored_key *key)
{
	struct vault_row row;
	enum stepup_error error = vault_find(session, VAULT_KEYS,
		(const struct db_value[]){DB_TEXT(purpose), DB_TEXT(key->kid)}, &row);

	if (error != STEPUP_OK)
		return error == STEPUP_NOT_FOUND ? STEPUP_CORRUPT : error; /* keys never go */
	error = keys_read_row(session, row.statement, purpose, key);
	db_reset(row.statement);
	return error;
}

enum stepup_error store_key_each(struct store_session *session, const char *purpose,
	bool (*each)(void *context, const char *kid, const char *secret, int64_t at), void *context)
{
	struct stored_key *keys = calloc(KEYS_MAX, sizeof(*keys));
	size_t count = 0;
	int64_t all;
	enum stepup_error error;

	if (keys == NULL)
		return STEPUP_NO_MEMORY;
	error = keys_list(session, purpose, keys, &count);
	if (error == STEPUP_OK)
		error = vault_count(session, VAULT_KEYS, false, &all);
	for (size_t i = 0; error == STEPUP_OK && i < count; i++)
		error = read_one(session, purpose, &keys[i]);
	for (size_t i = 0; error == STEPUP_OK && i < count; i++)
		if (!each(context, keys[i].kid, keys[i].secret, keys[i].at))
			break;
	for (size_t i = 0; i < count; i++)
		wipe_free_string(&keys[i].secret);
	free(keys);
	return error;
}

/* --- keyed digests --- */

enum stepup_error digest_keys_make(struct store *store, const uint8_t key[MASTER_KEY_SIZE])
{
	static const char *const purposes[DIGEST_COUNT] = {
		[DIGEST_GUESS_SOURCE] = "guess-source",
		[DIGEST_LIMIT_VALUE] = "limit-value",
		[DIGEST_CREDENTIAL_SECRET] = "credential-secret",
		[DIGEST_KEY_PUBLIC] = "key-public",
		[DIGEST_KEY_ID] = "key-id",
		[DIGEST_INVITATION_TRIES] = "invitation-tries",
		[DIGEST_DECOY] = "decoy",
		[DIGEST_DECOY_KEY] = "decoy-key",
	};
	enum stepup_error error = STEPUP_OK;

	for (unsigned i = 0; error == STEPUP_OK && i < DIGEST_COUNT; i++)
		error = digest_hmac_sha256(key, MASTER_KEY_SIZE, purposes[i], strlen(purposes[i]),
			store->digest_keys[i]);
	return error;
}

enum stepup_error store_keyed_digest(const struct store *store, enum store_digest of, const void *bytes,
	size_t size, uint8_t digest[DIGEST_SIZE])
{
	return digest_hmac_sha256(store->digest_keys[of], DIGEST_SIZE, bytes, size, digest);
}
