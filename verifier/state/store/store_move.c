/* SPDX-License-Identifier: BSD-2-Clause */
/* A store on its way; see store_move.h. */
#include "verifier/state/store/store_move.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"
#include "verifier/state/db/sqlite_file.h"
#include "verifier/state/store/store_internal.h"

/* --- the two transactions --- */

static bool same_head(const struct store_head *one, const struct store_head *other)
{
	uint8_t first[STORE_HEAD_SIZE], second[STORE_HEAD_SIZE];

	store_head_pack(one, first);
	store_head_pack(other, second);
	return equal_constant_time(first, second, sizeof(first));
}

/* Inside a transaction. Takes over the entry. */
static enum stepup_error write_turn(
	struct store_session *session, json_t *entry, const struct store_turn *turn)
{
	int64_t index;
	enum stepup_error error = meta_take_host(session);

	if (error != STEPUP_OK) {
		json_decref(entry);
		return error;
	}
	error = store_log_append(session, entry, NULL, NULL, &index);
	if (error == STEPUP_OK)
		error = head_write(session);
	if (error == STEPUP_OK && turn->expected != NULL && !same_head(&session->head, turn->expected))
		error = STEPUP_CORRUPT;
	return error;
}

static enum stepup_error take_turn(struct store_session *session, json_t *entry,
	const struct store_turn *turn, bool leaves, struct store_head *head)
{
	enum stepup_error error = entry == NULL ? STEPUP_NO_MEMORY : store_begin(session);

	if (error != STEPUP_OK) {
		json_decref(entry);
		return error;
	}
	session->leaves = leaves;
	session->arrives = !leaves;
	session->stops_clean = turn->clean;
	session->at = turn->at;
	error = write_turn(session, entry, turn);
	*head = session->head;
	if (error == STEPUP_OK)
		return store_commit(session);
	store_rollback(session);
	return error;
}

enum stepup_error store_leave(
	struct store_session *session, json_t *entry, const struct store_turn *turn, struct store_head *head)
{
	return take_turn(session, entry, turn, true, head);
}

enum stepup_error store_arrive(
	struct store_session *session, json_t *entry, const struct store_turn *turn, struct store_head *head)
{
	return take_turn(session, entry, turn, false, head);
}

void store_id_of(const struct store *store, uint8_t id[MARK_STORE_ID_SIZE])
{
	memcpy(id, store->id, MARK_STORE_ID_SIZE);
}

/* --- looking at a closed one --- */

static enum stepup_error read_id(struct store_session *session, const struct master_key *key)
{
	char *why = NULL;
	enum stepup_error error = seal_context_new(&session->seal);

	snprintf(session->store->key_id, sizeof(session->store->key_id), "%s", master_key_id(key));
	if (error == STEPUP_OK)
		error = meta_keys_make(session->store, key, session->seal, true);
	if (error == STEPUP_OK)
		error = meta_read(session, STORE_SCHEMA, &why);
	free(why);
	return error;
}

enum stepup_error store_peek(struct store_peek *peek)
{
	struct store *store = calloc(1, sizeof(*store));
	struct store_session session = {.store = store};
	enum stepup_error error = store == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;

	if (error == STEPUP_OK && (store->place = strdup(peek->place)) == NULL)
		error = STEPUP_NO_MEMORY;
	if (error == STEPUP_OK)
		error = peek->copy ? db_open_alone(peek->place, &session.db)
				   : db_open(peek->place, DB_READ, &session.db);
	if (error == STEPUP_OK)
		error = head_read(&session, &peek->head);
	if (error == STEPUP_OK && peek->key != NULL)
		error = read_id(&session, peek->key);
	if (error == STEPUP_OK)
		store_id_of(store, peek->id);
	for (unsigned i = 0; i < SQL_COUNT; i++)
		db_statement_free(&session.statements[i]);
	db_close(&session.db);
	seal_context_free(&session.seal);
	if (store != NULL) {
		free(store->place);
		WIPE_OBJECT(store);
	}
	free(store);
	return error == STEPUP_INTERNAL ? STEPUP_CORRUPT : error; /* no table, or no column, of that name */
}
