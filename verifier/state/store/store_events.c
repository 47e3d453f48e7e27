/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What hooks are still to be told of: each event is a row that its log entry's own transaction writes, so
 * that neither a crash nor a slow hook loses one.
 * MUST: keep room for locks; count what is not noted for want of room.
 */
#include "verifier/state/store/store_internal.h"

_Static_assert(STORE_EVENT_DEPTHS == SESSION_SAVEPOINTS_MAX + 1, "a transaction, and what nests in it");

void store_events_watch(struct store *store, const struct store_event_watch *watch)
{
	store->event_watch = *watch;
}

/* --- what an entry counts for, as long as it stands --- */

/* What the watch makes of an entry. It hears first of what the entry would go with; only here, so that
 * transactions without entries cost nothing. */
static unsigned ask_watch(struct store_session *session, const json_t *entry)
{
	const struct store_event_watch *watch = &session->store->event_watch;

	if (watch->filter == NULL)
		return 0;
	while (session->events_begun <= session->depth) {
		session->events_dropped[session->events_begun] = 0;
		watch->begun(watch->context, session->events_begun++);
	}
	return watch->filter(watch->context, entry);
}

void events_undone(struct store_session *session, unsigned depth)
{
	const struct store_event_watch *watch = &session->store->event_watch;

	if (session->events_begun <= depth)
		return;
	watch->undone(watch->context, depth);
	session->events_begun = depth;
}

void events_released(struct store_session *session, unsigned depth)
{
	if (session->events_begun <= depth)
		return;
	session->events_dropped[depth - 1] += session->events_dropped[depth];
	session->events_begun = depth;
}

/* --- noting --- */

static enum stepup_error note_one(struct store_session *session, enum store_event event,
	int64_t index, int64_t at)
{
	const struct db_value row[] = {DB_INT((int64_t)event), DB_INT(index), DB_INT(at)};

	if (event != STORE_EVENT_LOCKED && vault_rows(session, VAULT_EVENTS) >= STORE_EVENTS_MAX) {
		session->events_dropped[session->depth]++;
		return STEPUP_OK;
	}
	session->has_events = true;
	return vault_write(session, VAULT_EVENTS, SQL_EVENT_ADD, row, sizeof(row) / sizeof(row[0]), row,
		&(struct row_seen){0});
}

enum stepup_error events_note(struct store_session *session, const json_t *entry, int64_t index)
{
	unsigned events = ask_watch(session, entry);
	int64_t at = json_integer_value(json_object_get(entry, "at"));
	enum stepup_error error = STEPUP_OK;

	for (unsigned event = 0; error == STEPUP_OK && event < STORE_EVENT_COUNT; event++)
		if ((events & 1U << event) != 0)
			error = note_one(session, (enum store_event)event, index, at);
	return error;
}

/* --- the rows --- */

/* The next row by its place in the table's order, whatever it is. */
static enum stepup_error next(struct store_session *session, const struct event_row *after,
	struct event_row *found)
{
	struct db_statement *statement = NULL;
	bool row = false;
	int64_t event = -1;
	enum stepup_error error = session_query(session, SQL_EVENT_NEXT,
		STORE_VALUES(DB_INT((int64_t)after->event), DB_INT(after->index)), &statement);

	if (error == STEPUP_OK)
		error = db_step(statement, &row);
	if (error == STEPUP_OK && row)
		event = db_column_int(statement, 0);
	if (error == STEPUP_OK && (!row || event < 0 || event >= STORE_EVENT_COUNT))
		error = STEPUP_NOT_FOUND; /* what comes behind the last kind is nobody's */
	if (error == STEPUP_OK)
		*found = (struct event_row){
			.event = (enum store_event)event, .index = db_column_int(statement, 1)};
	if (statement != NULL)
		db_reset(statement);
	return error;
}

/* The next row that is what it should be; those that aren't are noted and passed over. */
static enum stepup_error next_right(struct store_session *session, struct event_row after,
	struct event_row *found)
{
	struct vault_row row;
	enum stepup_error error;

	do {
		error = next(session, &after, found);
		if (error != STEPUP_OK)
			return error;
		error = vault_find(session, VAULT_EVENTS,
			(const struct db_value[]){DB_INT((int64_t)found->event), DB_INT(found->index)}, &row);
		after = *found;
	} while (error == STEPUP_CORRUPT || error == STEPUP_NOT_FOUND);
	if (error == STEPUP_OK)
		db_reset(row.statement);
	return error;
}

/* Where nothing is found, nothing may be remembered: a count that differs is noted. */
enum stepup_error store_event_first(struct store_session *session, struct event_row *row)
{
	int64_t count;
	enum stepup_error error =
		next_right(session, (struct event_row){.event = STORE_EVENT_LOCKED, .index = -1}, row);

	if (error == STEPUP_NOT_FOUND && vault_rows(session, VAULT_EVENTS) > 0)
		(void)vault_count(session, VAULT_EVENTS, false, &count);
	return error;
}

enum stepup_error store_event_after(struct store_session *session, enum store_event event, int64_t after,
	struct event_row *row)
{
	enum stepup_error error =
		next_right(session, (struct event_row){.event = event, .index = after}, row);

	return error == STEPUP_OK && row->event != event ? STEPUP_NOT_FOUND : error;
}

enum stepup_error store_event_remove(struct store_session *session, const struct event_row *row)
{
	int64_t deleted = 0;
	enum stepup_error error = vault_delete(session, VAULT_EVENTS, SQL_EVENT_REMOVE,
		STORE_VALUES(DB_INT((int64_t)row->event), DB_INT(row->index)), &deleted);

	return error == STEPUP_OK && deleted == 0 ? STEPUP_NOT_FOUND : error;
}

enum stepup_error store_event_expire(struct store_session *session, int64_t before, int64_t *removed)
{
	return vault_delete(session, VAULT_EVENTS, SQL_EVENT_EXPIRE, STORE_VALUES(DB_INT(before)), removed);
}

uint64_t store_events_noted(struct store *store)
{
	uint64_t noted;

	(void)pthread_mutex_lock(&store->lock);
	noted = store->events_noted;
	(void)pthread_mutex_unlock(&store->lock);
	return noted;
}

int64_t store_events_dropped(struct store *store)
{
	int64_t dropped;

	(void)pthread_mutex_lock(&store->lock);
	dropped = store->events_dropped;
	(void)pthread_mutex_unlock(&store->lock);
	return dropped;
}

void store_events_dropped_logged(struct store *store, int64_t count)
{
	(void)pthread_mutex_lock(&store->lock);
	store->events_dropped -= count;
	(void)pthread_mutex_unlock(&store->lock);
}
