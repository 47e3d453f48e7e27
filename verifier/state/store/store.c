/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions and transactions. What a transaction would change in memory (the log's tree, the vault) is kept
 * beside it and counts only once the database has committed.
 * MUST: call nothing committed that the database didn't sync; after a failure put memory back to
 * what is committed.
 */
#include "verifier/state/store/store_internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/wipe.h"
#include "verifier/host/clock.h"

#define MOVE_LOG_FROM (4 * 1024 * 1024) /* bytes of the write-ahead log */
/* how long the writer lets the mover finish: a few syncs of a slow disk */
#define GATE_PATIENCE_NS 100000000

/* --- sessions --- */

enum stepup_error store_session_open(struct store *store, bool writer, struct store_session **session)
{
	struct store_session *made = calloc(1, sizeof(*made));
	enum stepup_error error;

	if (made == NULL)
		return STEPUP_NO_MEMORY;
	made->store = store;
	made->writer = writer;
	error = seal_context_new(&made->seal);
	if (error == STEPUP_OK)
		error = db_open(store->place, writer ? DB_WRITE : DB_READ, &made->db);
	if (error == STEPUP_OK)
		*session = made;
	else
		store_session_close(&made);
	return error;
}

static void connection_close(struct store_session *session)
{
	for (unsigned i = 0; i < SQL_COUNT; i++)
		db_statement_free(&session->statements[i]);
	db_close(&session->db);
}

void store_session_close(struct store_session **session)
{
	if (*session == NULL)
		return;
	store_rollback(*session);
	connection_close(*session);
	seal_context_free(&(*session)->seal);
	free((*session)->pending);
	free((*session)->entry);
	for (unsigned i = 0; i < VAULT_MAC_COUNT; i++)
		kept_mac_free(&(*session)->macs[i]);
	WIPE_OBJECT(*session);
	free(*session);
	*session = NULL;
}

static enum stepup_error connection_renew(struct store_session *session)
{
	enum stepup_error error;

	connection_close(session);
	error = db_open(session->store->place, DB_WRITE, &session->db);
	session->broken = error != STEPUP_OK;
	return error;
}

/* --- the gate between the writer and the log's mover --- */

static void gate_enter(struct store *store)
{
	struct timespec until;

	(void)pthread_mutex_lock(&store->lock);
	if (store->gate_wanted) {
		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += GATE_PATIENCE_NS;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		while (store->gate_wanted &&
		    pthread_cond_timedwait(&store->gate_changed, &store->lock, &until) == 0);
	}
	store->gate_writers++;
	(void)pthread_mutex_unlock(&store->lock);
}

static void gate_leave(struct store *store)
{
	(void)pthread_mutex_lock(&store->lock);
	store->gate_writers--;
	if (store->gate_wanted)
		(void)pthread_cond_broadcast(&store->gate_changed);
	(void)pthread_mutex_unlock(&store->lock);
}

static void gate_close(struct store *store)
{
	(void)pthread_mutex_lock(&store->lock);
	store->gate_wanted = true;
	while (store->gate_writers > 0)
		(void)pthread_cond_wait(&store->gate_changed, &store->lock);
	(void)pthread_mutex_unlock(&store->lock);
}

static void gate_open(struct store *store)
{
	(void)pthread_mutex_lock(&store->lock);
	store->gate_wanted = false;
	(void)pthread_cond_broadcast(&store->gate_changed);
	(void)pthread_mutex_unlock(&store->lock);
}

/* While commits go on, moving never quite catches up, and the log would grow for ever. So the bulk is moved
 * beside them, and what came in meanwhile, a few pages, while the writer waits a moment; the writer then
 * starts the log from its beginning. */
enum stepup_error store_checkpoint_wal(struct store *store)
{
	enum stepup_error error = STEPUP_OK;
	int left = 0;

	(void)pthread_mutex_lock(&store->mover_lock);
	if (store->mover == NULL)
		error = db_open(store->place, DB_WRITE, &store->mover);
	if (error == STEPUP_OK)
		error = db_move_log(store->mover, &left);
	if (error == STEPUP_OK) { /* what has come in since counts in no `left` */
		gate_close(store);
		error = db_move_log(store->mover, &left);
		gate_open(store);
	}
	if (error != STEPUP_OK)
		db_close(&store->mover);
	(void)pthread_mutex_unlock(&store->mover_lock);
	return error;
}

bool store_checkpoint_wal_due(const struct store_session *session)
{
	return session->db != NULL && db_log_size(session->db) >= MOVE_LOG_FROM;
}

const char *store_trouble(const struct store_session *session)
{
	if (session->mark_failed)
		return "the mark can't be written";
	return session->db != NULL ? db_trouble(session->db) : "the database can't be opened";
}

/* --- transactions --- */

/* Memory as of the last commit. */
static void forget_transaction(struct store_session *session)
{
	session->in_transaction = false;
	session->failed = false;
	session->events_begun = 0;
	vault_unwrite(session, 0);
	free(session->entry);
	session->entry = NULL;
	session->moved = session->has_head = session->stops_clean = session->leaves = session->arrives =
		false;
	session->depth = 0;
	gate_leave(session->store);
}

enum stepup_error store_begin(struct store_session *session)
{
	enum stepup_error error = STEPUP_OK;

	if (!session->writer || session->in_transaction)
		return STEPUP_INTERNAL;
	gate_enter(session->store);
	if (session->broken || session->db == NULL)
		error = connection_renew(session);
	session->at = clock_wall_seconds();
	if (error == STEPUP_OK && session->store->mark != NULL) {
		error = mark_prepare(session->store->mark, session->at);
		session->mark_failed = error != STEPUP_OK;
	}
	if (error == STEPUP_OK)
		error = db_begin(session->db);
	if (error != STEPUP_OK) {
		session->broken |= error == STEPUP_IO && !session->mark_failed;
		gate_leave(session->store);
		return error;
	}
	session->in_transaction = true;
	session->has_events = false;
	(void)pthread_mutex_lock(&session->store->lock);
	session->tree = session->store->tree;
	session->vault = session->store->vault;
	session->head = session->store->head;
	(void)pthread_mutex_unlock(&session->store->lock);
	return STEPUP_OK;
}

/* What is durable now becomes what everybody knows. Room for the rows was made when they were written. */
static void publish(struct store_session *session)
{
	struct store *store = session->store;

	(void)pthread_mutex_lock(&store->lock);
	store->tree = session->tree;
	store->events_noted += session->has_events;
	store->events_dropped += session->events_begun > 0 ? session->events_dropped[0] : 0;
	vault_publish(session);
	(void)pthread_mutex_unlock(&store->lock);
}

/* From here on a reader may meet what this transaction wrote. */
static void commit_begins(struct store_session *session)
{
	(void)pthread_mutex_lock(&session->store->lock);
	session->store->committing = session;
	(void)pthread_mutex_unlock(&session->store->lock);
}

static void commit_ends(struct store_session *session)
{
	(void)pthread_mutex_lock(&session->store->lock);
	session->store->committing = NULL;
	(void)pthread_mutex_unlock(&session->store->lock);
}

/* What is durable in the database; whoever waits is told only of what the mark knows, too. */
static enum stepup_error mark_follow(struct store_session *session)
{
	enum stepup_error error = session->has_head &&
		session->store->mark != NULL ? mark_write(session->store->mark, &session->head) : STEPUP_OK;

	session->mark_failed = error != STEPUP_OK;
	return error;
}

enum stepup_error store_commit(struct store_session *session)
{
	enum stepup_error error;

	if (!session->in_transaction || session->depth > 0)
		return STEPUP_INTERNAL;
	if (session->failed || !db_in_transaction(session->db)) {
		store_rollback(session);
		return STEPUP_IO;
	}
	error = session->has_head ? STEPUP_OK
				  : head_write(session); /* a move has looked at its head already */
	if (error != STEPUP_OK) {
		store_rollback(session);
		return error;
	}
	commit_begins(session);
	error = db_commit(session->db);
	if (error == STEPUP_OK) {
		error = mark_follow(session);
		publish(session);
	} else {
		session->broken = true;
		events_undone(session, 0);
	}
	commit_ends(session);
	forget_transaction(session);
	return error;
}

enum stepup_error store_stop_clean(struct store_session *session)
{
	enum stepup_error error = store_begin(session);

	if (error != STEPUP_OK)
		return error;
	session->stops_clean = true;
	return store_commit(session);
}

void store_rollback(struct store_session *session)
{
	if (!session->in_transaction)
		return;
	events_undone(session, 0);
	if (session->db == NULL || db_rollback(session->db) != STEPUP_OK || db_in_transaction(session->db))
		session->broken = true;
	forget_transaction(session);
}

enum stepup_error store_savepoint(struct store_session *session)
{
	enum stepup_error error;

	if (!session->in_transaction || session->depth >= SESSION_SAVEPOINTS_MAX)
		return STEPUP_INTERNAL;
	if (session->failed || !db_in_transaction(session->db)) {
		session->failed = true;
		return STEPUP_IO; /* a savepoint would begin a transaction of its own */
	}
	error = head_flush(session); /* an entry from before must not go with what comes */
	if (error == STEPUP_OK)
		error = db_savepoint(session->db, session->depth);
	if (error != STEPUP_OK)
		return error;
	session->savepoints[session->depth].tree = session->tree;
	session->savepoints[session->depth].vault = session->vault;
	session->savepoints[session->depth].pending_count = session->pending_count;
	session->depth++;
	return STEPUP_OK;
}

enum stepup_error store_release(struct store_session *session)
{
	enum stepup_error error;

	if (!session->in_transaction || session->depth == 0)
		return STEPUP_INTERNAL;
	events_released(session, session->depth);
	session->depth--;
	if (session->failed || !db_in_transaction(session->db)) {
		session->failed = true;
		return STEPUP_IO;
	}
	error = db_release(session->db, session->depth);
	session->failed |= error != STEPUP_OK;
	return error;
}

void store_rollback_to(struct store_session *session)
{
	if (!session->in_transaction || session->depth == 0)
		return;
	events_undone(session, session->depth);
	session->depth--;
	session->tree = session->savepoints[session->depth].tree;
	session->vault = session->savepoints[session->depth].vault;
	vault_unwrite(session, session->savepoints[session->depth].pending_count);
	free(session->entry);
	session->entry = NULL;
	if (!db_in_transaction(session->db) || db_rollback_to(session->db, session->depth) != STEPUP_OK)
		session->failed = true;
}

/* --- statements --- */

enum stepup_error session_query(struct store_session *session, enum statement_id id,
	const struct db_value *values, size_t count, struct db_statement **statement)
{
	enum stepup_error error = STEPUP_OK;

	if (session->db == NULL)
		return STEPUP_IO;
	if (session->statements[id] == NULL)
		error = db_prepare(session->db, store_sql[id], &session->statements[id]);
	if (error == STEPUP_OK)
		error = db_bind(session->statements[id], values, count);
	if (error == STEPUP_OK)
		*statement = session->statements[id];
	else if (session->statements[id] != NULL)
		db_reset(session->statements[id]);
	return error;
}

enum stepup_error session_count(struct store_session *session, enum statement_id id, int64_t *count)
{
	struct db_statement *statement = NULL;
	bool row = false;
	enum stepup_error error = session_query(session, id, NULL, 0, &statement);

	if (error == STEPUP_OK)
		error = db_step(statement, &row);
	if (error == STEPUP_OK)
		*count = row ? db_column_int(statement, 0) : 0;
	if (statement != NULL)
		db_reset(statement);
	return error;
}

enum stepup_error session_mac(struct store_session *session, enum vault_mac which, struct kept_mac **mac)
{
	enum stepup_error error = STEPUP_OK;

	if (session->macs[which] == NULL)
		error = kept_mac_new(session->store->vault_keys[which], &session->macs[which]);
	*mac = session->macs[which];
	return error;
}

enum stepup_error session_may_write(struct store_session *session)
{
	if (!session->writer || !session->in_transaction)
		return STEPUP_INTERNAL;
	if (session->failed || !db_in_transaction(session->db)) {
		session->failed = true;
		return STEPUP_IO; /* it would commit by itself */
	}
	return STEPUP_OK;
}

enum stepup_error session_write(struct store_session *session, enum statement_id id,
	const struct db_value *values, size_t count, int64_t *changed)
{
	struct db_statement *statement = NULL;
	bool row = false;
	enum stepup_error error = session_may_write(session);

	if (error != STEPUP_OK)
		return error;
	error = session_query(session, id, values, count, &statement);
	if (error == STEPUP_OK)
		error = db_step(statement, &row);
	if (statement != NULL)
		db_reset(statement);
	if (!db_in_transaction(session->db))
		session->failed = true;
	if (error == STEPUP_OK && changed != NULL)
		*changed = db_changed(session->db);
	return error;
}
