/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signing keys, sealed, and keyed digests.
 */
#include "verifier/state/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "lib/wipe.h"

#define KEYS_MAX 64 /* of one purpose */
#define KID_SIZE 128

struct stored_key {
	char kid[KID_SIZE];
	char *secret;
	int64_t at;
};

static struct row_identity identity_of(const char *purpose, const char *kid, int64_t at)
{
	return (struct row_identity){.table = SEALED_KEYS, .key = purpose, .key_size = strlen(purpose), .name = kid, .version = at};
}

enum stepup_error store_key_add(struct store_session *session, const char *purpose, const char *kid, const char *secret, int64_t at)
{
	struct row_identity identity = identity_of(purpose, kid, at);
	uint8_t *sealed = NULL;
	size_t size = 0;
	enum stepup_error error;

	if (strlen(kid) >= KID_SIZE)
		return STEPUP_TOO_LONG;
	error = row_seal(session, &identity, secret, strlen(secret), &sealed, &size);
	if (error == STEPUP_OK)
		error = session_write(session, SQL_KEY_ADD, STORE_VALUES(DB_TEXT(purpose), DB_TEXT(kid), DB_INT(at),
			DB_TEXT(session->store->key_id), DB_BLOB(sealed, size)), NULL);
	free(sealed);
	return error;
}

/* The key in the statement's row: kid, at, key_id, sealed. */
static enum stepup_error read_row(struct store_session *session, struct db_statement *statement, const char *purpose, struct stored_key *key)
{
	size_t kid_size = 0, size = 0;
	const char *kid = db_column_text(statement, 0, &kid_size);
	struct row_identity identity;
	uint8_t *plain = NULL;
	enum stepup_error error;

	if (kid == NULL || kid_size >= KID_SIZE || strlen(kid) != kid_size)
		return STEPUP_CORRUPT;
	memcpy(key->kid, kid, kid_size + 1);
	key->at = db_column_int(statement, 1);
	identity = identity_of(purpose, key->kid, key->at);
	error = row_unseal(session, &identity, statement, 2, &plain, &size);
	if (error != STEPUP_OK)
		return error;
	key->secret = (char *)plain; /* unseal() leaves room for one more byte */
	key->secret[size] = '\0';
	return strlen(key->secret) == size ? STEPUP_OK : STEPUP_CORRUPT;
}

enum stepup_error store_key_each(struct store_session *session, const char *purpose,
	bool (*each)(void *context, const char *kid, const char *secret, int64_t at), void *context)
{
	struct stored_key *keys = calloc(KEYS_MAX, sizeof(*keys));
	struct db_statement *statement = NULL;
	size_t count = 0;
	bool row = true;
	enum stepup_error error;

	if (keys == NULL)
		return STEPUP_NO_MEMORY;
	error = session_query(session, SQL_KEY_ALL, STORE_VALUES(DB_TEXT(purpose)), &statement);
	while (error == STEPUP_OK && count < KEYS_MAX) {
		error = db_step(statement, &row);
		if (error != STEPUP_OK || !row)
			break;
		error = read_row(session, statement, purpose, &keys[count]);
		count++;
	}
	if (statement != NULL)
		db_reset(statement);
	for (size_t i = 0; error == STEPUP_OK && i < count; i++)
		if (!each(context, keys[i].kid, keys[i].secret, keys[i].at))
			break;
	for (size_t i = 0; i < count; i++)
		wipe_free_string(&keys[i].secret);
	free(keys);
	return error;
}

enum stepup_error store_keyed_digest(struct store *store, const char *purpose, const void *bytes, size_t size, uint8_t digest[DIGEST_SIZE])
{
	uint8_t subkey[DIGEST_SIZE] = {0};
	enum stepup_error error = digest_hmac_sha256(store->digest_key, sizeof(store->digest_key), purpose, strlen(purpose), subkey);

	if (error == STEPUP_OK)
		error = digest_hmac_sha256(subkey, sizeof(subkey), bytes, size, digest);
	WIPE_ARRAY(subkey);
	return error;
}
