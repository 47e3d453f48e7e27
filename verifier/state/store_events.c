/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What hooks are still to be told of: each event is a row that its log entry's own transaction writes, so that neither a crash nor a slow hook
 * loses one.
 * MUST: keep room for locks; count what is not noted for want of room.
 */
#include "verifier/state/store_internal.h"

_Static_assert(STORE_EVENT_DEPTHS == SESSION_SAVEPOINTS_MAX + 1, "a transaction, and what nests in it");

void store_events_watch(struct store *store, const struct store_event_watch *watch)
{
	store->event_watch = *watch;
}

/* --- what an entry counts for, as long as it stands --- */

/* What the watch makes of an entry. It hears first of what the entry would go with; only here, so that transactions without entries cost nothing. */
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

static enum stepup_error note_one(struct store_session *session, enum store_event event, int64_t index, int64_t at)
{
	int64_t count = 0;
	enum stepup_error error = event == STORE_EVENT_LOCKED ? STEPUP_OK : session_count(session, SQL_EVENT_COUNT, &count);

	if (error == STEPUP_OK && count >= STORE_EVENTS_MAX) {
		session->events_dropped[session->depth]++;
		return STEPUP_OK;
	}
	session->has_events = true;
	if (error == STEPUP_OK)
		error = session_write(session, SQL_EVENT_ADD, STORE_VALUES(DB_INT((int64_t)event), DB_INT(index), DB_INT(at)), NULL);
	return error;
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

/* The one row that a statement finds. */
static enum stepup_error find(struct store_session *session, enum statement_id id, const struct db_value *values, size_t count,
	struct event_row *found)
{
	struct db_statement *statement = NULL;
	bool row = false;
	int64_t event;
	enum stepup_error error = session_query(session, id, values, count, &statement);

	if (error == STEPUP_OK)
		error = db_step(statement, &row);
	if (error == STEPUP_OK && !row)
		error = STEPUP_NOT_FOUND;
	if (error == STEPUP_OK) {
		event = db_column_int(statement, 0);
		error = event >= 0 && event < STORE_EVENT_COUNT ? STEPUP_OK : STEPUP_CORRUPT;
		*found = (struct event_row){.event = (enum store_event)event, .index = db_column_int(statement, 1)};
	}
	if (statement != NULL)
		db_reset(statement);
	return error;
}

enum stepup_error store_event_first(struct store_session *session, struct event_row *row)
{
	return find(session, SQL_EVENT_FIRST, NULL, 0, row);
}

enum stepup_error store_event_after(struct store_session *session, enum store_event event, int64_t after, struct event_row *row)
{
	return find(session, SQL_EVENT_AFTER, STORE_VALUES(DB_INT((int64_t)event), DB_INT(after)), row);
}

enum stepup_error store_event_remove(struct store_session *session, const struct event_row *row)
{
	int64_t changed = 0;
	enum stepup_error error = session_write(session, SQL_EVENT_REMOVE, STORE_VALUES(DB_INT((int64_t)row->event), DB_INT(row->index)), &changed);

	return error == STEPUP_OK && changed == 0 ? STEPUP_NOT_FOUND : error;
}

enum stepup_error store_event_expire(struct store_session *session, int64_t before, int64_t *removed)
{
	return session_write(session, SQL_EVENT_EXPIRE, STORE_VALUES(DB_INT(before)), removed);
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
