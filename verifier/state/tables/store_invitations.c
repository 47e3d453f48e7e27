/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invitations: sealed, single use. One that was taken has no row in the vault, so that a copy of its
 * row is of no use.
 */
#include "verifier/state/store/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "verifier/state/records/pack.h"

#define IS_FIRST 1U
#define IS_EXCUSED 2U
#define INVITATION_FORMAT 3       /* what is written */
#define INVITATION_FORMAT_PLAIN 2 /* of generation 0; still read */
#define INVITATION_FORMAT_FIRST 1 /* so is root's first one, which is told by its maker's name; still read */
#define GENERATION_NAME ".invitations"
#define VERSION_OPEN 1
#define INVITATIONS_PAGE_ROWS 64

static struct row_identity invitations_identity_of(const uint8_t *digest)
{
	return (struct row_identity){
		.table = SEALED_INVITATIONS, .key = digest, .key_size = DIGEST_SIZE, .version = VERSION_OPEN};
}

/* --- generations: what was made before the present one is void, wherever its row may be --- */

static enum stepup_error generation_read(struct store_session *session, int64_t *generation)
{
	struct pack_reader reader;
	uint8_t *bytes = NULL;
	size_t size = 0;
	enum stepup_error error = fact_read(session, GENERATION_NAME, &bytes, &size);

	*generation = 0;
	if (error == STEPUP_OK) {
		reader = (struct pack_reader){.bytes = bytes, .left = size};
		*generation = unpack_i64(&reader);
		error = unpack_finish(&reader);
	}
	free(bytes);
	return error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}

static enum stepup_error generation_raise(struct store_session *session)
{
	struct pack_writer writer = {0};
	uint8_t *bytes = NULL;
	size_t size = 0;
	int64_t generation = 0;
	enum stepup_error error = generation_read(session, &generation);

	pack_i64(&writer, generation + 1);
	if (error == STEPUP_OK)
		error = pack_finish(&writer, &bytes, &size);
	if (error == STEPUP_OK)
		error = fact_write(session, GENERATION_NAME, bytes, size);
	pack_clear(&writer);
	free(bytes);
	return error;
}

/* --- one invitation --- */

static enum stepup_error pack(const struct invitation *invitation, int64_t generation, uint8_t **bytes,
	size_t *size)
{
	struct pack_writer writer = {0};

	pack_u8(&writer, INVITATION_FORMAT);
	pack_text(&writer, invitation->user);
	pack_text(&writer, invitation->by);
	pack_i64(&writer, invitation->expires);
	pack_u8(&writer, (invitation->first ? IS_FIRST : 0U) | (invitation->excused ? IS_EXCUSED : 0U));
	pack_i64(&writer, generation);
	return pack_finish(&writer, bytes, size);
}

static enum stepup_error unpack(const uint8_t *bytes, size_t size, struct invitation *invitation,
	int64_t *generation)
{
	struct pack_reader reader = {.bytes = bytes, .left = size};
	unsigned format = unpack_u8_at_most(&reader, INVITATION_FORMAT), marks = 0;

	if (format < INVITATION_FORMAT_FIRST)
		return STEPUP_CORRUPT;
	unpack_text(&reader, invitation->user, sizeof(invitation->user));
	unpack_text(&reader, invitation->by, sizeof(invitation->by));
	invitation->expires = unpack_i64(&reader);
	if (format != INVITATION_FORMAT_FIRST)
		marks = unpack_u8_at_most(&reader,
			format == INVITATION_FORMAT ? IS_FIRST | IS_EXCUSED : IS_FIRST);
	else if (strcmp(invitation->by, "root") == 0)
		marks = IS_FIRST;
	invitation->first = (marks & IS_FIRST) != 0;
	invitation->excused = (marks & IS_EXCUSED) != 0;
	*generation = format == INVITATION_FORMAT ? unpack_i64(&reader) : 0;
	return unpack_finish(&reader);
}

enum stepup_error store_invitation_add(struct store_session *session, const struct invitation *invitation)
{
	struct row_identity identity = invitations_identity_of(invitation->digest);
	uint8_t *plain = NULL, *sealed = NULL;
	size_t plain_size = 0, sealed_size = 0;
	int64_t generation = 0;
	enum stepup_error error = generation_read(session, &generation);

	if (error == STEPUP_OK)
		error = pack(invitation, generation, &plain, &plain_size);

	if (error == STEPUP_OK)
		error = row_seal(session, &identity, plain, plain_size, &sealed, &sealed_size);
	if (error == STEPUP_OK) {
		const struct db_value row[] = {DB_BLOB(invitation->digest, DIGEST_SIZE),
			DB_TEXT(session->store->key_id), DB_BLOB(sealed, sealed_size)};

		error = vault_write(session, VAULT_INVITATIONS, SQL_INVITATION_ADD, row,
			sizeof(row) / sizeof(row[0]), row, &(struct row_seen){0});
	}
	free(plain);
	free(sealed);
	return error;
}

/* The invitation in the statement's row: digest, key_id, sealed. */
static enum stepup_error invitations_read_row(struct store_session *session, struct db_statement *statement,
	struct invitation *invitation, int64_t *generation)
{
	size_t digest_size = 0, plain_size = 0;
	const uint8_t *digest = db_column_blob(statement, 0, &digest_size);
	struct row_identity identity = invitations_identity_of(digest);
	uint8_t *plain = NULL;
	enum stepup_error error;

	if (digest_size != DIGEST_SIZE)
		return STEPUP_CORRUPT;
	memcpy(invitation->digest, digest, DIGEST_SIZE);
	error = row_unseal(session, &identity, statement, 1, &plain, &plain_size);
	if (error == STEPUP_OK)
		error = unpack(plain, plain_size, invitation, generation);
	free(plain);
	return error;
}

enum stepup_error store_invitation_find(struct store_session *session, const uint8_t digest[DIGEST_SIZE],
	struct invitation *invitation)
{
	struct vault_row row;
	int64_t made = 0, generation = 0;
	enum stepup_error error = vault_find(session, VAULT_INVITATIONS, &DB_BLOB(digest, DIGEST_SIZE), &row);

	if (error != STEPUP_OK)
		return error;
	error = invitations_read_row(session, row.statement, invitation, &made);
	if (error == STEPUP_CORRUPT)
		vault_unreadable(session, VAULT_INVITATIONS, &DB_BLOB(digest, DIGEST_SIZE), &row);
	db_reset(row.statement);
	if (error == STEPUP_OK)
		error = generation_read(session, &generation);
	return error == STEPUP_OK && made != generation ? STEPUP_NOT_FOUND : error;
}

static enum stepup_error invitations_take(struct store_session *session, const uint8_t digest[DIGEST_SIZE])
{
	int64_t deleted = 0;
	enum stepup_error error = vault_delete(session, VAULT_INVITATIONS, SQL_INVITATION_DELETE,
		STORE_VALUES(DB_BLOB(digest, DIGEST_SIZE)), &deleted);

	return error == STEPUP_OK && deleted != 1 ? STEPUP_NOT_FOUND : error;
}

enum stepup_error store_invitation_take(struct store_session *session, const uint8_t digest[DIGEST_SIZE])
{
	struct invitation invitation;
	enum stepup_error error = store_invitation_find(session, digest, &invitation);

	return error == STEPUP_OK ? invitations_take(session, digest) : error;
}

static bool is_voided(const struct invitation *invitation, const char *user, bool made_too)
{
	return user == NULL || strcmp(invitation->user, user) == 0 ||
		(made_too && !invitation->first && strcmp(invitation->by, user) == 0);
}

/* The digests of the next rows. */
static enum stepup_error invitations_page_read(struct store_session *session,
	const uint8_t after[DIGEST_SIZE], uint8_t (*page)[DIGEST_SIZE], size_t *count)
{
	struct db_statement *statement = NULL;
	bool row = true;
	enum stepup_error error = session_query(session, SQL_INVITATION_ALL,
		STORE_VALUES(DB_BLOB(after, DIGEST_SIZE), DB_INT(INVITATIONS_PAGE_ROWS)), &statement);

	*count = 0;
	while (error == STEPUP_OK && *count < INVITATIONS_PAGE_ROWS) {
		const uint8_t *digest;
		size_t size = 0;

		error = db_step(statement, &row);
		if (error != STEPUP_OK || !row)
			break;
		digest = db_column_blob(statement, 0, &size);
		if (size != DIGEST_SIZE || memcmp(digest, after, DIGEST_SIZE) <= 0) {
			error = STEPUP_CORRUPT;
			break;
		}
		memcpy(page[*count], digest, DIGEST_SIZE);
		after = page[(*count)++];
	}
	if (statement != NULL)
		db_reset(statement);
	return error;
}

struct invitations_voiding {
	const char *user;
	bool made_too;
	int64_t voided;
	bool in_doubt; /* a row is not what it should be: it can't be told whose it is */
};

/* Voids one where it is meant; one whose seal doesn't hold goes too. */
static enum stepup_error invitations_void_one(struct store_session *session,
	struct invitations_voiding *voiding, const uint8_t digest[DIGEST_SIZE])
{
	struct invitation invitation = {.expires = 0};
	struct vault_row row;
	int64_t made;
	enum stepup_error error = vault_find(session, VAULT_INVITATIONS, &DB_BLOB(digest, DIGEST_SIZE), &row),
		read;

	if (error == STEPUP_CORRUPT || error == STEPUP_NOT_FOUND) {
		voiding->in_doubt = true;
		return STEPUP_OK;
	}
	if (error != STEPUP_OK)
		return error;
	read = invitations_read_row(session, row.statement, &invitation, &made);
	db_reset(row.statement);
	if (read != STEPUP_OK && read != STEPUP_CORRUPT)
		return read;
	if (read == STEPUP_OK && !is_voided(&invitation, voiding->user, voiding->made_too))
		return STEPUP_OK;
	voiding->voided++;
	return invitations_take(session, digest);
}

/* Whether one is missing, or too many. */
static enum stepup_error look_for_doubt(struct store_session *session, struct invitations_voiding *voiding)
{
	int64_t count;
	enum stepup_error error = vault_count(session, VAULT_INVITATIONS, false, &count);

	voiding->in_doubt = error == STEPUP_CORRUPT;
	return error == STEPUP_CORRUPT ? STEPUP_OK : error;
}

enum stepup_error store_invitation_void(struct store_session *session, const char *user, bool made_too,
	int64_t *voided)
{
	struct invitations_voiding voiding = {.user = user, .made_too = made_too};
	uint8_t page[INVITATIONS_PAGE_ROWS][DIGEST_SIZE], after[DIGEST_SIZE] = {0};
	size_t count = INVITATIONS_PAGE_ROWS;
	enum stepup_error error = look_for_doubt(session, &voiding);

	while (error == STEPUP_OK && count == INVITATIONS_PAGE_ROWS) {
		error = invitations_page_read(session, after, page, &count);
		if (error == STEPUP_CORRUPT) {
			voiding.in_doubt = true;
			count = 0;
			error = STEPUP_OK;
		}
		if (count > 0)
			memcpy(after, page[count - 1], DIGEST_SIZE);
		for (size_t i = 0; error == STEPUP_OK && i < count; i++)
			error = invitations_void_one(session, &voiding, page[i]);
	}
	/* Nobody can keep one from being voided by hiding its row for a moment. */
	if (error == STEPUP_OK && voiding.in_doubt)
		error = generation_raise(session);
	if (voided != NULL)
		*voided = voiding.voided;
	return error;
}
