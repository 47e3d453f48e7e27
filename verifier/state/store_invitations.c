/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invitations: sealed, single use. One that was taken is remembered as such while the process lives, so that a copy of its row is of no use.
 */
#include "verifier/state/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "verifier/state/pack.h"

#define INVITATION_FORMAT 2       /* what is written */
#define INVITATION_FORMAT_FIRST 1 /* root's first one is told by its maker's name; still read */
#define VERSION_OPEN 1
#define VERSION_GONE 2
#define PAGE_ROWS 64

static struct row_identity identity_of(const uint8_t *digest)
{
	return (struct row_identity){.table = SEALED_INVITATIONS, .key = digest, .key_size = DIGEST_SIZE, .version = VERSION_OPEN};
}

static enum stepup_error pack(const struct invitation *invitation, uint8_t **bytes, size_t *size)
{
	struct pack_writer writer = {0};

	pack_u8(&writer, INVITATION_FORMAT);
	pack_text(&writer, invitation->user);
	pack_text(&writer, invitation->by);
	pack_i64(&writer, invitation->expires);
	pack_u8(&writer, invitation->first);
	return pack_finish(&writer, bytes, size);
}

static enum stepup_error unpack(const uint8_t *bytes, size_t size, struct invitation *invitation)
{
	struct pack_reader reader = {.bytes = bytes, .left = size};
	unsigned format = unpack_u8(&reader);

	if (format != INVITATION_FORMAT && format != INVITATION_FORMAT_FIRST)
		return STEPUP_CORRUPT;
	unpack_text(&reader, invitation->user, sizeof(invitation->user));
	unpack_text(&reader, invitation->by, sizeof(invitation->by));
	invitation->expires = unpack_i64(&reader);
	invitation->first = format == INVITATION_FORMAT_FIRST ? strcmp(invitation->by, "root") == 0 : unpack_u8_at_most(&reader, 1) != 0;
	return unpack_finish(&reader);
}

enum stepup_error store_invitation_add(struct store_session *session, const struct invitation *invitation)
{
	struct row_identity identity = identity_of(invitation->digest);
	uint8_t *plain = NULL, *sealed = NULL;
	size_t plain_size = 0, sealed_size = 0;
	enum stepup_error error = pack(invitation, &plain, &plain_size);

	if (error == STEPUP_OK)
		error = row_seal(session, &identity, plain, plain_size, &sealed, &sealed_size);
	if (error == STEPUP_OK)
		error = session_write(session, SQL_INVITATION_ADD, STORE_VALUES(DB_BLOB(invitation->digest, DIGEST_SIZE),
			DB_TEXT(session->store->key_id), DB_BLOB(sealed, sealed_size)), NULL);
	free(plain);
	free(sealed);
	return error;
}

/* The invitation in the statement's row: digest, key_id, sealed. */
static enum stepup_error read_row(struct store_session *session, struct db_statement *statement, struct invitation *invitation)
{
	size_t digest_size = 0, plain_size = 0;
	const uint8_t *digest = db_column_blob(statement, 0, &digest_size);
	struct row_identity identity = identity_of(digest);
	uint8_t *plain = NULL;
	enum stepup_error error;

	if (digest_size != DIGEST_SIZE)
		return STEPUP_CORRUPT;
	memcpy(invitation->digest, digest, DIGEST_SIZE);
	error = row_unseal(session, &identity, statement, 1, &plain, &plain_size);
	if (error == STEPUP_OK)
		error = unpack(plain, plain_size, invitation);
	free(plain);
	return error;
}

enum stepup_error store_invitation_find(struct store_session *session, const uint8_t digest[DIGEST_SIZE], struct invitation *invitation)
{
	struct row_identity identity = identity_of(digest);
	struct db_statement *statement = NULL;
	bool row = false;
	uint64_t number = 0;
	enum stepup_error error = row_number(&identity, &number);

	if (error == STEPUP_OK && version_highest(session, number) >= VERSION_GONE)
		error = STEPUP_NOT_FOUND;
	if (error == STEPUP_OK)
		error = session_query(session, SQL_INVITATION_FIND, STORE_VALUES(DB_BLOB(digest, DIGEST_SIZE)), &statement);
	if (error == STEPUP_OK)
		error = db_step(statement, &row);
	if (error == STEPUP_OK)
		error = row ? read_row(session, statement, invitation) : STEPUP_NOT_FOUND;
	if (statement != NULL)
		db_reset(statement);
	return error;
}

static enum stepup_error take(struct store_session *session, const uint8_t digest[DIGEST_SIZE])
{
	struct row_identity identity = identity_of(digest);
	int64_t changed = 0;
	uint64_t number = 0;
	enum stepup_error error = session_write(session, SQL_INVITATION_DELETE, STORE_VALUES(DB_BLOB(digest, DIGEST_SIZE)), &changed);

	if (error == STEPUP_OK && changed != 1)
		error = STEPUP_NOT_FOUND;
	if (error == STEPUP_OK)
		error = row_number(&identity, &number);
	return error == STEPUP_OK ? version_write(session, number, VERSION_GONE) : error;
}

enum stepup_error store_invitation_take(struct store_session *session, const uint8_t digest[DIGEST_SIZE])
{
	struct invitation invitation;
	enum stepup_error error = store_invitation_find(session, digest, &invitation);

	return error == STEPUP_OK ? take(session, digest) : error;
}

static bool is_voided(const struct invitation *invitation, const char *user, bool made_too)
{
	return user == NULL || strcmp(invitation->user, user) == 0 || (made_too && !invitation->first && strcmp(invitation->by, user) == 0);
}

/* Digests of the next rows that are voided, or whose seal doesn't hold: those go too. */
static enum stepup_error collect(struct store_session *session, const char *user, bool made_too, uint8_t after[DIGEST_SIZE],
	uint8_t (*found)[DIGEST_SIZE], size_t *count, bool *more)
{
	struct db_statement *statement = NULL;
	struct invitation invitation;
	size_t rows = 0, size = 0;
	bool row = true;
	enum stepup_error error = session_query(session, SQL_INVITATION_ALL,
		STORE_VALUES(DB_BLOB(after, DIGEST_SIZE), DB_INT(PAGE_ROWS)), &statement);

	*count = 0;
	while (error == STEPUP_OK && row && rows < PAGE_ROWS) {
		error = db_step(statement, &row);
		if (error != STEPUP_OK || !row)
			break;
		(void)db_column_blob(statement, 0, &size);
		if (size != DIGEST_SIZE) {
			error = STEPUP_CORRUPT;
			break;
		}
		error = read_row(session, statement, &invitation);
		if (error == STEPUP_OK || error == STEPUP_CORRUPT) {
			rows++;
			if (error == STEPUP_CORRUPT || is_voided(&invitation, user, made_too))
				memcpy(found[(*count)++], invitation.digest, DIGEST_SIZE);
			error = STEPUP_OK;
		}
	}
	if (statement != NULL)
		db_reset(statement);
	if (rows > 0)
		memcpy(after, invitation.digest, DIGEST_SIZE);
	*more = rows == PAGE_ROWS;
	return error;
}

enum stepup_error store_invitation_void(struct store_session *session, const char *user, bool made_too, int64_t *voided)
{
	uint8_t found[PAGE_ROWS][DIGEST_SIZE], after[DIGEST_SIZE] = {0};
	size_t count = 0;
	bool more = true;
	enum stepup_error error = STEPUP_OK;

	if (voided != NULL)
		*voided = 0;
	while (error == STEPUP_OK && more) {
		error = collect(session, user, made_too, after, found, &count, &more);
		for (size_t i = 0; error == STEPUP_OK && i < count; i++)
			error = take(session, found[i]);
		if (voided != NULL)
			*voided += (int64_t)count;
	}
	return error;
}
