/* SPDX-License-Identifier: BSD-2-Clause */
/* The store and its mark; see store_mark.h. */
#include "verifier/state/store/store_mark.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/wipe.h"
#include "verifier/host/clock.h"
#include "verifier/state/store/store_internal.h"

_Static_assert(VAULT_COUNT <= MARK_TABLES_MAX, "the mark has room for every table in the sum");
_Static_assert(STORE_ID_SIZE == MARK_STORE_ID_SIZE, "stores have one kind of id");

enum stepup_error store_mark_folder(const char *mark, char **why)
{
	char *copy = strdup(mark);
	const char *folder = copy != NULL ? dirname(copy) : mark;
	enum stepup_error result = STEPUP_OK;

	if (access(folder, F_OK) != 0) {
		result = STEPUP_IO;
		if (asprintf(why,
			    "%s, the mark's folder, is not there: %s. Run: systemd-tmpfiles --create "
			    "stepup.conf",
			    folder, strerror(errno)) < 0)
			*why = NULL;
	}
	free(copy);
	return result;
}

enum stepup_error store_mark_open(struct store *store, const struct master_key *key,
	const char *path, char **why)
{
	store_mark_drop(store);
	return mark_open(path, key, store->id, &store->mark, why);
}

enum stepup_error store_mark_make(struct store *store, const struct master_key *key,
	const char *path, char **why)
{
	struct store_head head;

	store_mark_drop(store);
	store_head_now(store, &head);
	return mark_make(path, key, store->id, &head, clock_wall_seconds(), &store->mark, why);
}

void store_mark_drop(struct store *store)
{
	mark_close(&store->mark);
}

bool store_mark_head(const struct store *store, struct store_head *head, int64_t *seen)
{
	if (store->mark == NULL)
		return false;
	*head = *mark_head(store->mark);
	*seen = mark_seen(store->mark);
	return true;
}

/* --- tables --- */

static enum stepup_error tags_of(struct store_session *session, const struct vault_state *state,
	int64_t batch, struct mark_tables *tables)
{
	enum stepup_error error = STEPUP_OK;

	*tables = (struct mark_tables){.batch = batch, .count = VAULT_COUNT};
	for (unsigned i = 0; error == STEPUP_OK && i < VAULT_COUNT; i++) {
		tables->tables[i].rows = state->rows[i];
		error = head_table_tag(session, (enum vault_table)i, state, batch, tables->tables[i].tag);
	}
	return error;
}

enum stepup_error store_mark_tables(struct store_session *session)
{
	struct store *store = session->store;
	struct mark_tables tables;
	struct vault_state state;
	int64_t batch;
	enum stepup_error error;

	if (store->mark == NULL)
		return STEPUP_OK;
	(void)pthread_mutex_lock(&store->lock);
	state = store->vault;
	batch = store->head.batch;
	(void)pthread_mutex_unlock(&store->lock);
	if (mark_tables(store->mark, &tables) && tables.batch == batch)
		error = STEPUP_OK;
	else
		error = tags_of(session, &state, batch, &tables);
	if (error == STEPUP_OK && tables.batch == batch)
		error = mark_write_tables(store->mark, &tables);
	WIPE_OBJECT(&state);
	return error;
}

char *store_mark_differs(struct store_session *session, const struct master_key *key, const char *path,
	const struct store_head *head, const struct vault_state *state)
{
	struct mark *mark = NULL;
	struct mark_tables known, found;
	char *why = NULL, *names = NULL;
	size_t size = 0;
	FILE *out;

	if (path == NULL || mark_open(path, key, session->store->id, &mark, &why) != STEPUP_OK ||
	    !mark_tables(mark, &known) || known.batch != head->batch || known.count != VAULT_COUNT ||
	    tags_of(session, state, head->batch, &found) != STEPUP_OK) {
		free(why);
		mark_close(&mark);
		return NULL;
	}
	mark_close(&mark);
	out = open_memstream(&names, &size);
	for (unsigned i = 0; out != NULL && i < VAULT_COUNT; i++)
		if (known.tables[i].rows != found.tables[i].rows ||
		    !equal_constant_time(known.tables[i].tag, found.tables[i].tag, STORE_HEAD_TAG_SIZE))
			fprintf(out, "%s%s", ftell(out) > 0 ? ", " : "", vault_tables[i].name);
	if (out != NULL)
		(void)fclose(out);
	if (names != NULL && *names == '\0') {
		free(names);
		names = NULL;
	}
	return names;
}

/* --- time after time --- */

enum stepup_error store_mark_sync(struct store *store)
{
	return store->mark == NULL ? STEPUP_OK : mark_sync(store->mark, clock_wall_seconds());
}
