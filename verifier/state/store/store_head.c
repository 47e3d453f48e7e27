/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The head of the store: one a transaction, in the newest row of the log. An entry waits for it until COMMIT,
 * so that a transaction makes one head and writes no row twice; only what moves rows without logging anything
 * updates the newest row.
 * MUST: leave the newest row of the log with a head of exactly this transaction.
 */
#include "verifier/state/store/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"

#define HOST_NUMBER 1 /* the one host of a store in SQLite */
#define BEFORE_FIRST (-1) /* the row that bears the head of an empty log */
#define MESSAGE_MAX (2048 + 128)

/* What both tags begin with: store, host, the head's numbers. Returns the size. */
static size_t head_put_numbers(const struct store *store, const struct store_head *head, uint8_t which,
	uint8_t *message)
{
	uint8_t packed[STORE_HEAD_SIZE];
	const size_t numbers = STORE_HEAD_SIZE - 2 * STORE_HEAD_TAG_SIZE;

	store_head_pack(head, packed);
	message[0] = which;
	message[1] = HOST_NUMBER;
	memcpy(message + 2, store->id, STORE_ID_SIZE);
	memcpy(message + 2 + STORE_ID_SIZE, packed, numbers);
	return 2 + STORE_ID_SIZE + numbers;
}

static size_t put_term(const struct row_term *term, uint8_t *message)
{
	for (unsigned i = 0; i < 8; i++) {
		message[i] = (uint8_t)(term->high >> (56 - 8 * i));
		message[8 + i] = (uint8_t)(term->low >> (56 - 8 * i));
	}
	return 16;
}

static enum stepup_error head_finish(struct store_session *session, uint8_t *message, size_t size,
	uint8_t tag[STORE_HEAD_TAG_SIZE])
{
	struct kept_mac *kept = NULL;
	size_t full = (size + KEPT_MAC_BLOCK - 1) / KEPT_MAC_BLOCK * KEPT_MAC_BLOCK;
	enum stepup_error error = session_mac(session, VAULT_MAC_HEADS, &kept);

	memset(message + size, 0, full - size);
	if (error == STEPUP_OK)
		error = kept_mac_of(kept, message, full, tag);
	wipe_memory(message, full);
	return error;
}

static enum stepup_error tag_rows(struct store_session *session, const struct store_head *head,
	const struct vault_state *state, uint8_t tag[STORE_HEAD_TAG_SIZE])
{
	uint8_t message[128];
	size_t size = head_put_numbers(session->store, head, 1, message);
	struct row_term sum = {0};
	enum stepup_error error;

	for (unsigned i = 0; i < VAULT_COUNT; i++)
		row_term_add(&sum, &state->sums[i]);
	size += put_term(&sum, message + size);
	error = head_finish(session, message, size, tag);
	WIPE_OBJECT(&sum);
	return error;
}

/* The tree's compact range, whose length its size says, as the root needs no hashing then. */
static enum stepup_error tag_log(struct store_session *session, const struct store_head *head,
	const struct merkle_tree *tree, uint8_t tag[STORE_HEAD_TAG_SIZE])
{
	uint8_t message[MESSAGE_MAX];
	size_t size = head_put_numbers(session->store, head, 2, message),
		range = merkle_range_count(tree) * (size_t)DIGEST_SIZE;

	if (range > sizeof(message) - size - KEPT_MAC_BLOCK || tree->size != (uint64_t)head->log_size)
		return STEPUP_CORRUPT;
	memcpy(message + size, tree->range, range);
	return head_finish(session, message, size + range, tag);
}

enum stepup_error head_table_tag(struct store_session *session, enum vault_table table,
	const struct vault_state *state, int64_t batch, uint8_t tag[STORE_HEAD_TAG_SIZE])
{
	const struct row_term numbers = {.high = (uint64_t)batch, .low = (uint64_t)state->rows[table]};
	uint8_t message[128];
	size_t size = 4 + STORE_ID_SIZE;

	message[0] = 3;
	message[1] = HOST_NUMBER;
	message[2] = (uint8_t)table;
	message[3] = 0;
	memcpy(message + 4, session->store->id, STORE_ID_SIZE);
	size += put_term(&numbers, message + size);
	size += put_term(&state->sums[table], message + size);
	return head_finish(session, message, size, tag);
}

enum stepup_error head_tag(struct store_session *session, struct store_head *head,
	const struct vault_state *state, const struct merkle_tree *tree)
{
	enum stepup_error error = tag_rows(session, head, state, head->tag_rows);

	return error == STEPUP_OK ? tag_log(session, head, tree, head->tag_log) : error;
}

enum stepup_error head_check(struct store_session *session, const struct store_head *head,
	const struct vault_state *state, const struct merkle_tree *tree, bool *rows_fit, bool *log_fits)
{
	uint8_t rows[STORE_HEAD_TAG_SIZE], log[STORE_HEAD_TAG_SIZE] = {0};
	enum stepup_error error = tag_rows(session, head, state, rows);

	*rows_fit = error == STEPUP_OK && equal_constant_time(rows, head->tag_rows, sizeof(rows));
	*log_fits = false;
	if (error == STEPUP_OK && tree->size == (uint64_t)head->log_size) {
		error = tag_log(session, head, tree, log);
		*log_fits = error == STEPUP_OK && equal_constant_time(log, head->tag_log, sizeof(log));
	}
	WIPE_ARRAY(rows);
	return error;
}

enum stepup_error head_read(struct store_session *session, struct store_head *head)
{
	struct db_statement *statement = NULL;
	const uint8_t *bytes;
	size_t size = 0;
	bool row = false;
	enum stepup_error error = session_query(session, SQL_HEAD_GET, NULL, 0, &statement);

	if (error == STEPUP_OK)
		error = db_step(statement, &row);
	if (error == STEPUP_OK && !row)
		error = STEPUP_CORRUPT;
	if (error == STEPUP_OK) {
		bytes = db_column_blob(statement, 1, &size);
		error = store_head_unpack(bytes, size, head);
	}
	/* it stands in the row of the last entry that it counts */
	if (error == STEPUP_OK && db_column_int(statement, 0) != head->log_size - 1)
		error = STEPUP_CORRUPT;
	if (statement != NULL)
		db_reset(statement);
	return error;
}

/* --- writing --- */

static enum stepup_error insert(struct store_session *session, const struct db_value *head)
{
	static const struct db_value none = {.kind = DB_KIND_NULL};
	enum stepup_error error = session_write(session, SQL_LOG_ADD, STORE_VALUES(DB_INT(session->entry_at),
			DB_TEXT(session->entry), head != NULL ? *head : none), NULL);

	free(session->entry);
	session->entry = NULL;
	return error == STEPUP_EXISTS ? STEPUP_CORRUPT : error; /* somebody else wrote at the log's end */
}

enum stepup_error head_flush(struct store_session *session)
{
	if (session->entry == NULL)
		return STEPUP_OK;
	session->moved = true;
	return insert(session, NULL);
}

/* The next head's numbers and tags. */
static enum stepup_error head_make(struct store_session *session, uint8_t packed[STORE_HEAD_SIZE])
{
	struct store *store = session->store;
	struct store_head *head = &session->head;
	enum stepup_error error;

	(void)pthread_mutex_lock(&store->lock);
	*head = store->head;
	(void)pthread_mutex_unlock(&store->lock);
	if (head->batch == INT64_MAX)
		return STEPUP_TOO_LONG;
	head->batch += session->begins ? 0 : 1;
	head->at = session->at; /* as the mark knows; the clock may have been set since */
	head->log_size = (int64_t)session->tree.size;
	head->clean = session->stops_clean;
	head->moved = session->leaves;
	head->running = !session->stops_clean && !session->leaves && !session->arrives;
	error = head_tag(session, head, &session->vault, &session->tree);
	store_head_pack(head, packed);
	return error;
}

enum stepup_error head_write(struct store_session *session)
{
	uint8_t packed[STORE_HEAD_SIZE];
	int64_t changed = 0;
	enum stepup_error error;

	if (!session->store->vault_ready ||
	    (!session->moved && session->entry == NULL && !session->stops_clean))
		return head_flush(session);
	error = head_make(session, packed);
	if (error != STEPUP_OK)
		return error;
	session->has_head = true;
	if (session->entry != NULL)
		return insert(session, &DB_BLOB(packed, sizeof(packed)));
	error = session_write(session, SQL_HEAD_SET, STORE_VALUES(DB_BLOB(packed, sizeof(packed)),
			DB_INT((int64_t)session->tree.size - 1)), &changed);
	return error == STEPUP_OK && changed != 1 ? STEPUP_CORRUPT : error;
}

enum stepup_error head_begin(struct store_session *session)
{
	static const char nothing[] = "";
	const struct db_value none = {.kind = DB_KIND_NULL};

	return session_write(session, SQL_LOG_ADD,
		STORE_VALUES(DB_INT(BEFORE_FIRST), DB_TEXT(nothing), none), NULL);
}

/* --- for the mark --- */

void store_begin_epoch(struct store *store, const struct store_head *seen)
{
	struct store_head *head = &store->head;

	(void)pthread_mutex_lock(&store->lock);
	if (seen != NULL && seen->epoch > head->epoch)
		head->epoch = seen->epoch;
	if (seen != NULL && seen->batch > head->batch)
		head->batch = seen->batch;
	head->epoch += head->epoch < UINT32_MAX;
	(void)pthread_mutex_unlock(&store->lock);
}


void store_head_now(struct store *store, struct store_head *head)
{
	(void)pthread_mutex_lock(&store->lock);
	*head = store->head;
	(void)pthread_mutex_unlock(&store->lock);
}

enum stepup_error store_head_fits_log(struct store_session *session,
	const struct store_head *head, bool *fits)
{
	uint8_t tag[STORE_HEAD_TAG_SIZE];
	struct merkle_tree tree;
	enum stepup_error error = log_tree_at(session, head->log_size, &tree);

	*fits = false;
	if (error == STEPUP_NOT_FOUND)
		return STEPUP_OK;
	if (error == STEPUP_OK)
		error = tag_log(session, head, &tree, tag);
	*fits = error == STEPUP_OK && equal_constant_time(tag, head->tag_log, sizeof(tag));
	return error;
}
