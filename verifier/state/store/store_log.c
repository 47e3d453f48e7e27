/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log: entries appended as leaves of a Merkle tree whose compact range is in memory, so that an entry
 * costs the same at any size.
 * MUST: write exactly the bytes that were hashed; leave no gap; start from nothing but a checkpoint
 * whose seal holds.
 */
#include "verifier/state/store/store_internal.h"

#include <endian.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/log_beside.h"
#include "lib/wire/canonical_json.h"

#define LOG_PAGE_ROWS 32
#define HOUR_SECONDS 3600
#define END_ENTRIES 1000 /* read at the start */

/* --- appending --- */

/* What is to stand beside an entry. */
struct beside {
	char *text; /* canonical JSON; NULL for nothing */
	uint8_t salt[DIGEST_SIZE];
};

/* Has the entry commit to it, under this salt or one of its own (NULL). */
static enum stepup_error commit_beside(json_t *entry, const json_t *details, const uint8_t *salt,
	struct beside *beside)
{
	char commitment[LOG_BESIDE_SIZE];
	size_t size = 0;
	enum stepup_error error;

	if (details == NULL)
		return STEPUP_OK;
	if (salt != NULL)
		memcpy(beside->salt, salt, DIGEST_SIZE);
	else if (RAND_bytes(beside->salt, DIGEST_SIZE) != 1)
		return STEPUP_INTERNAL;
	error = json_canonical(details, &beside->text, &size);
	if (error == STEPUP_OK)
		error = log_beside_commit(beside->text, size, beside->salt, commitment);
	if (error == STEPUP_OK && json_object_set_new(entry, "beside", json_string(commitment)) != 0)
		error = STEPUP_NO_MEMORY;
	return error;
}

static enum stepup_error add_beside(struct store_session *session, int64_t index, const struct beside *beside)
{
	if (beside->text == NULL)
		return STEPUP_OK;
	return session_write(session, SQL_LOG_DETAILS_ADD,
		STORE_VALUES(DB_INT(index), DB_BLOB(beside->salt, DIGEST_SIZE), DB_TEXT(beside->text)), NULL);
}

enum stepup_error store_log_append(struct store_session *session, json_t *entry, const json_t *details,
	const uint8_t salt[DIGEST_SIZE], int64_t *index)
{
	int64_t at = (int64_t)session->tree.size;
	struct merkle_tree tree = session->tree;
	struct beside beside = {0};
	char *text = NULL;
	size_t size = 0;
	enum stepup_error error = STEPUP_NO_MEMORY;

	if (entry == NULL)
		return error;
	if (!session->in_transaction) {
		error = STEPUP_INTERNAL;
		goto out;
	}
	if (json_object_set_new(entry, "index", json_integer(at)) != 0
		|| json_object_set_new(entry, "host", json_string(session->store->host)) != 0)
		goto out;
	error = commit_beside(entry, details, salt, &beside);
	if (error == STEPUP_OK)
		error = json_canonical(entry, &text, &size);
	if (error == STEPUP_OK)
		error = merkle_append(&tree, text, size);
	if (error == STEPUP_OK)
		error = head_flush(session);
	if (error == STEPUP_OK)
		error = add_beside(session, at, &beside);
	if (error == STEPUP_OK)
		error = events_note(session, entry, at);
	if (error == STEPUP_EXISTS)
		error = STEPUP_CORRUPT; /* somebody else wrote at the log's end */
	if (error == STEPUP_OK) {
		session->entry = text; /* waits for the transaction's head, or for the next entry */
		session->entry_at = at;
		session->tree = tree;
		*index = at;
		text = NULL;
	}
out:
	free(beside.text);
	free(text);
	json_decref(entry);
	return error;
}

int64_t store_log_next(struct store_session *session)
{
	struct merkle_tree tree;

	return store_log_tree(session, &tree) == STEPUP_OK ? (int64_t)tree.size : 0;
}

enum stepup_error store_log_tree(struct store_session *session, struct merkle_tree *tree)
{
	if (session->in_transaction) {
		*tree = session->tree;
		return STEPUP_OK;
	}
	(void)pthread_mutex_lock(&session->store->lock);
	*tree = session->store->tree;
	(void)pthread_mutex_unlock(&session->store->lock);
	return STEPUP_OK;
}

enum stepup_error store_log_size(struct store_session *session, int64_t *size)
{
	(void)pthread_mutex_lock(&session->store->lock);
	*size = (int64_t)session->store->tree.size;
	(void)pthread_mutex_unlock(&session->store->lock);
	return STEPUP_OK;
}

/* --- reading --- */

struct log_row {
	int64_t index;
	char *entry, *details;
	uint8_t salt[DIGEST_SIZE];
	bool has_salt;
};

static void page_clear(struct log_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(rows[i].entry);
		free(rows[i].details);
		rows[i] = (struct log_row){0};
	}
}

/* The row of the statement: idx, entry, details, salt. */
static enum stepup_error read_row(struct db_statement *statement, struct log_row *row)
{
	size_t entry_size = 0, details_size = 0, salt_size = 0;
	const char *entry = db_column_text(statement, 1, &entry_size);
	const char *details = db_column_text(statement, 2, &details_size);
	const uint8_t *salt = db_column_blob(statement, 3, &salt_size);

	row->index = db_column_int(statement, 0);
	if (entry == NULL || strlen(entry) != entry_size ||
	    (details != NULL && strlen(details) != details_size))
		return STEPUP_CORRUPT;
	row->entry = strdup(entry);
	if (row->entry == NULL)
		return STEPUP_NO_MEMORY;
	row->details = details == NULL ? NULL : strdup(details);
	if (details != NULL && row->details == NULL)
		return STEPUP_NO_MEMORY;
	row->has_salt = salt_size == DIGEST_SIZE;
	if (row->has_salt)
		memcpy(row->salt, salt, DIGEST_SIZE);
	return STEPUP_OK;
}

/* Reads a page whole before anybody is called back: an open statement would hold an old view
 * of the database. */
static enum stepup_error page_read(struct store_session *session, int64_t from, int64_t to,
	struct log_row *rows, size_t *count)
{
	struct db_statement *statement = NULL;
	bool row = true;
	enum stepup_error error = head_flush(session);

	*count = 0;
	if (error == STEPUP_OK)
		error = session_query(session, SQL_LOG_PAGE, STORE_VALUES(DB_INT(from), DB_INT(to)),
			&statement);
	while (error == STEPUP_OK && *count < LOG_PAGE_ROWS) {
		error = db_step(statement, &row);
		if (error != STEPUP_OK || !row)
			break;
		error = read_row(statement, &rows[*count]);
		(*count)++;
	}
	if (statement != NULL)
		db_reset(statement);
	return error;
}

enum stepup_error store_log_each(struct store_session *session, int64_t from, int count,
	bool (*each)(void *context, int64_t index, const char *entry, const char *details,
		const uint8_t *salt), void *context)
{
	struct log_row rows[LOG_PAGE_ROWS] = {0};
	size_t got = 0;
	bool more = count > 0;
	enum stepup_error error = STEPUP_OK;

	while (error == STEPUP_OK && more) {
		int page = count < LOG_PAGE_ROWS ? count : LOG_PAGE_ROWS;

		error = page_read(session, from, from + page, rows, &got);
		for (size_t i = 0; error == STEPUP_OK && more && i < got; i++)
			more = each(context, rows[i].index, rows[i].entry, rows[i].details,
				rows[i].has_salt ? rows[i].salt : NULL);
		page_clear(rows, got);
		from += page;
		count -= page;
		/* a page that lacks some rows has been cut into: the reader sees by the indexes */
		more = more && got > 0 && count > 0;
	}
	return error;
}

/* --- the tree from what is stored --- */

/* `key` is the size, big-endian: a database may move to a host of the other kind. */
static struct row_identity checkpoint_identity(const uint64_t *key, const char *note, int64_t at)
{
	return (struct row_identity){.table = SEALED_CHECKPOINTS, .key = key, .key_size = sizeof(*key),
		.name = note, .version = at};
}

/* The newest checkpoint at or below `size`: its tree, and its note where wanted. STEPUP_NOT_FOUND
 * where there is none. */
static enum stepup_error checkpoint_find(struct store_session *session, int64_t size,
	struct merkle_tree *tree, char **note)
{
	struct db_statement *statement = NULL;
	struct row_identity identity;
	uint8_t *range = NULL;
	size_t range_size = 0, note_size = 0;
	const char *text;
	uint64_t key;
	int64_t found;
	bool row = false;
	enum stepup_error error =
		session_query(session, SQL_CHECKPOINT_NEWEST, STORE_VALUES(DB_INT(size)), &statement);

	if (error == STEPUP_OK)
		error = db_step(statement, &row);
	if (error != STEPUP_OK || !row) {
		error = error == STEPUP_OK ? STEPUP_NOT_FOUND : error;
		goto out;
	}
	error = STEPUP_CORRUPT;
	found = db_column_int(statement, 0);
	text = db_column_text(statement, 2, &note_size);
	if (text == NULL || found < 0)
		goto out;
	key = htobe64((uint64_t)found);
	identity = checkpoint_identity(&key, text, db_column_int(statement, 1));
	error = row_unseal(session, &identity, statement, 3, &range, &range_size);
	if (error != STEPUP_OK)
		goto out;
	merkle_init(tree);
	tree->size = (uint64_t)found;
	if (range_size != merkle_range_count(tree) * (size_t)DIGEST_SIZE) {
		error = STEPUP_CORRUPT;
		goto out;
	}
	memcpy(tree->range, range, range_size);
	if (note != NULL && (*note = strdup(text)) == NULL)
		error = STEPUP_NO_MEMORY;
out:
	if (statement != NULL)
		db_reset(statement);
	free(range);
	return error;
}

/* Appends the stored entries up to `size`; `exactly` where so many must be there. */
static enum stepup_error tree_extend(struct store_session *session, struct merkle_tree *tree, int64_t size,
	bool exactly)
{
	struct db_statement *statement = NULL;
	bool row = true;
	enum stepup_error error = head_flush(session);

	if (error == STEPUP_OK)
		error = session_query(session, SQL_LOG_ENTRIES,
			STORE_VALUES(DB_INT((int64_t)tree->size), DB_INT(size)), &statement);
	while (error == STEPUP_OK) {
		size_t length = 0;
		const char *entry;

		error = db_step(statement, &row);
		if (error != STEPUP_OK || !row)
			break;
		entry = db_column_text(statement, 1, &length);
		if (entry == NULL || db_column_int(statement, 0) != (int64_t)tree->size)
			error = STEPUP_CORRUPT;
		else
			error = merkle_append(tree, entry, length);
	}
	if (statement != NULL)
		db_reset(statement);
	if (error == STEPUP_OK && exactly && tree->size != (uint64_t)size)
		error = STEPUP_CORRUPT;
	return error;
}

enum stepup_error log_tree_load(struct store_session *session, struct merkle_tree *tree)
{
	enum stepup_error error = checkpoint_find(session, INT64_MAX, tree, NULL);

	if (error == STEPUP_NOT_FOUND) {
		merkle_init(tree);
		error = STEPUP_OK;
	}
	return error == STEPUP_OK ? tree_extend(session, tree, INT64_MAX, false) : error;
}

static bool count_entry(void *context, int64_t index, const char *entry, const char *details,
	const uint8_t *salt)
{
	int64_t *next = context;

	(void)entry;
	(void)details;
	(void)salt;
	return index == (*next)++;
}

enum stepup_error log_end_check(struct store_session *session, int64_t size)
{
	int64_t next = size > END_ENTRIES ? size - END_ENTRIES : 0;
	enum stepup_error error = store_log_each(session, next, END_ENTRIES, count_entry, &next);

	return error == STEPUP_OK && next != size ? STEPUP_CORRUPT : error;
}

enum stepup_error log_tree_at(struct store_session *session, int64_t size, struct merkle_tree *tree)
{
	enum stepup_error error;

	if (size < 0)
		return STEPUP_NOT_FOUND;
	error = checkpoint_find(session, size, tree, NULL);
	if (error == STEPUP_NOT_FOUND) {
		merkle_init(tree);
		error = STEPUP_OK;
	}
	return error == STEPUP_OK ? tree_extend(session, tree, size, true) : error;
}

enum stepup_error store_log_root_at(struct store_session *session, int64_t size, uint8_t root[DIGEST_SIZE])
{
	struct merkle_tree tree;
	enum stepup_error error = size > store_log_next(session) ? STEPUP_NOT_FOUND
		: log_tree_at(session, size, &tree);

	return error == STEPUP_OK ? merkle_root(&tree, root) : error;
}

enum stepup_error store_log_checkpoint_add(struct store_session *session, const struct merkle_tree *tree,
	int64_t at, const char *note)
{
	int64_t size = (int64_t)tree->size;
	const uint64_t key = htobe64(tree->size);
	struct row_identity identity = checkpoint_identity(&key, note, at);
	uint8_t *sealed = NULL;
	size_t sealed_size = 0;
	enum stepup_error error;

	if (!session->in_transaction || tree->size > session->tree.size)
		return STEPUP_INTERNAL;
	error = row_seal(session, &identity, tree->range, merkle_range_count(tree) * (size_t)DIGEST_SIZE,
		&sealed, &sealed_size);
	if (error == STEPUP_OK)
		error = session_write(session, SQL_CHECKPOINT_ADD, STORE_VALUES(DB_INT(size), DB_INT(at),
				DB_TEXT(note), DB_TEXT(session->store->key_id), DB_BLOB(sealed, sealed_size)),
			NULL);
	free(sealed);
	return error;
}

enum stepup_error store_log_checkpoint_each(struct store_session *session, int64_t from, int64_t to,
	bool (*each)(void *context, const char *note), void *context)
{
	struct db_statement *statement = NULL;
	bool row = true, more = true;
	enum stepup_error error = session_query(session, SQL_CHECKPOINT_NOTES,
		STORE_VALUES(DB_INT(from), DB_INT(to)), &statement);

	while (error == STEPUP_OK && more) {
		size_t size = 0;
		const char *note;

		error = db_step(statement, &row);
		if (error != STEPUP_OK || !row)
			break;
		note = db_column_text(statement, 0, &size);
		if (note == NULL || strlen(note) != size)
			error = STEPUP_CORRUPT;
		else
			more = each(context, note);
	}
	if (statement != NULL)
		db_reset(statement);
	return error;
}

enum stepup_error store_log_checkpoint_newest(struct store_session *session, int64_t *size, char **note)
{
	struct merkle_tree tree;
	enum stepup_error error;

	*note = NULL;
	error = checkpoint_find(session, INT64_MAX, &tree, note);
	if (error == STEPUP_OK)
		*size = (int64_t)tree.size;
	return error;
}

/* --- thinning --- */

struct made {
	int64_t size, at;
};

static enum stepup_error checkpoints_page(struct store_session *session, int64_t from, struct made *page,
	size_t *count)
{
	struct db_statement *statement = NULL;
	bool row = true;
	enum stepup_error error = session_query(session, SQL_CHECKPOINT_PAGE,
		STORE_VALUES(DB_INT(from), DB_INT(CHECKPOINTS_THINNED_AT_ONCE)), &statement);

	*count = 0;
	while (error == STEPUP_OK && *count < CHECKPOINTS_THINNED_AT_ONCE) {
		error = db_step(statement, &row);
		if (error != STEPUP_OK || !row)
			break;
		page[(*count)++] = (struct made){db_column_int(statement, 0), db_column_int(statement, 1)};
	}
	if (statement != NULL)
		db_reset(statement);
	return error;
}

/* What is last in a page is left to the next one: it may be the newest of all. */
enum stepup_error store_log_checkpoint_thin(struct store_session *session, int64_t before, int64_t *from,
	int *removed)
{
	struct made page[CHECKPOINTS_THINNED_AT_ONCE], kept;
	size_t count = 0;
	enum stepup_error error = checkpoints_page(session, *from, page, &count);

	*removed = 0;
	if (error != STEPUP_OK || count < 3)
		return error;
	kept = page[0];
	for (size_t i = 1; error == STEPUP_OK && i < count - 1 && page[i].at < before; i++) {
		if (page[i].at / HOUR_SECONDS != kept.at / HOUR_SECONDS) {
			kept = page[i];
			continue;
		}
		error = session_write(session, SQL_CHECKPOINT_DELETE,
			STORE_VALUES(DB_INT(page[i].size)), NULL);
		*removed += error == STEPUP_OK;
	}
	if (error == STEPUP_OK)
		*from = kept.size;
	return error;
}
