/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole scan: every table in the sum, by the table itself and by no index. At the start it makes sums and
 * memory and holds them against the head; while running it is done again on one snapshot, and says which rows
 * aren't as the memory has them.
 * MUST: take no key that comes twice; change nothing of what doesn't fit.
 */
#include "verifier/state/store/store_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/wipe.h"
#include "verifier/state/store/store_mark.h"

static void scan_say(char **why, const char *place, const char *what, const char *table)
{
	if (*why == NULL &&
	    asprintf(why, "Store %s: %s%s%s Nothing was changed and nothing is approved. %s", place, what,
		    table != NULL ? table : "", table != NULL ? "." : "", STORE_WAY_ON) < 0)
		*why = NULL;
}

/* --- scanning --- */

struct scan {
	struct store_session *session;
	struct vault_state *state;
	struct row_memory *memory;
	/* at each row; may be NULL */
	enum stepup_error (*look)(struct scan *scan, enum vault_table table, const struct db_value *row,
		uint64_t name);
	void *context;
	const char *table; /* of what can't be: a key that comes twice, a row of kinds that we never write */
};

/* What vault_group_is() compares with. */
static enum stepup_error scan_join(struct scan *scan, enum vault_table table, int64_t group, uint64_t row)
{
	struct row_print print;
	uint64_t name = 0;
	enum stepup_error error = vault_group_name(scan->session, table, group, &name);

	if (error == STEPUP_OK)
		error = row_memory_reserve(scan->memory, 1);
	if (error != STEPUP_OK)
		return error;
	print = row_memory_get(scan->memory, name);
	print.row = name;
	print.version++;
	print.term += (uint32_t)row;
	row_memory_set(scan->memory, &print);
	return STEPUP_OK;
}

static enum stepup_error scan_row(struct scan *scan, enum vault_table table, struct db_statement *statement)
{
	struct db_value row[VAULT_COLUMNS_MAX];
	struct row_print print = {0};
	struct row_term term = {0};
	enum stepup_error error = vault_row_of(table, statement, row);

	if (error == STEPUP_OK)
		error = vault_term(scan->session, table, row, &term);
	if (error == STEPUP_OK)
		error = vault_name(scan->session, table, row, &print.row);
	if (error == STEPUP_OK)
		error = row_memory_reserve(scan->memory, 1);
	if (error == STEPUP_OK && row_memory_get(scan->memory, print.row).version != 0)
		error = STEPUP_CORRUPT;
	if (error != STEPUP_OK)
		return error;
	print.version = row_print_version(vault_version(table, row));
	print.term = row_term_short(&term);
	row_memory_set(scan->memory, &print);
	if (vault_group_of(table, row) >= 0)
		error = scan_join(scan, table, vault_group_of(table, row), print.row);
	if (error != STEPUP_OK)
		return error;
	row_term_add(&scan->state->sums[table], &term);
	scan->state->rows[table]++;
	scan->state->flagged[table] += vault_flag(table, row);
	return scan->look != NULL ? scan->look(scan, table, row, print.row) : STEPUP_OK;
}

static enum stepup_error scan_table(struct scan *scan, enum vault_table table)
{
	struct db_statement *statement = NULL;
	bool row = true;
	enum stepup_error error = session_query(scan->session, (enum statement_id)vault_tables[table].scan,
		NULL, 0, &statement);

	while (error == STEPUP_OK) {
		error = db_step(statement, &row);
		if (error != STEPUP_OK || !row)
			break;
		error = scan_row(scan, table, statement);
	}
	if (statement != NULL)
		db_reset(statement);
	if (error == STEPUP_CORRUPT)
		scan->table = vault_tables[table].name;
	return error;
}

static enum stepup_error scan_all(struct scan *scan)
{
	enum stepup_error error = STEPUP_OK;

	*scan->state = (struct vault_state){0};
	row_memory_clear(scan->memory);
	for (unsigned i = 0; error == STEPUP_OK && i < VAULT_COUNT; i++)
		error = scan_table(scan, (enum vault_table)i);
	row_memory_fit(scan->memory);
	return error;
}

/* --- at the start --- */

/* Whether what the seal names as a text is one. */
static bool has_names(enum vault_table table, const struct db_value *row)
{
	if (table == VAULT_USERS)
		return row[0].kind == DB_KIND_TEXT && row[1].kind == DB_KIND_BLOB &&
			row[1].size == USER_ID_SIZE;
	return table != VAULT_KEYS || row[1].kind == DB_KIND_TEXT;
}

/* What a row's seal is bound to. */
static struct row_identity scan_identity_of(enum vault_table table, const struct db_value *row)
{
	struct row_identity identity = {.key = row[0].bytes, .key_size = row[0].size};

	switch (table) {
	case VAULT_USERS:
		return (struct row_identity){
			.table = SEALED_USERS,
			.key = row[1].bytes,
			.key_size = row[1].size,
			.user_id = row[1].bytes,
			.name = row[0].bytes,
			.version = row[2].number,
		};
	case VAULT_KEYS:
		return (struct row_identity){.table = SEALED_KEYS, .key = row[0].bytes,
			.key_size = row[0].size, .name = row[1].bytes, .version = row[2].number};
	case VAULT_KEY_IDS:
		identity.table = SEALED_KEY_IDS;
		break;
	case VAULT_RECEIPTS:
		identity.table = SEALED_RECEIPTS;
		identity.version = row[2].number;
		break;
	case VAULT_REQUESTS:
		identity.table = SEALED_REQUESTS;
		identity.version = row[4].number;
		break;
	case VAULT_INVITATIONS:
		identity.table = SEALED_INVITATIONS;
		identity.version = 1;
		break;
	case VAULT_FACTS:
		identity.table = SEALED_FACTS;
		identity.version = row[1].number;
		break;
	case VAULT_META: /* opened by meta_read() */
	case VAULT_EVENTS:
	case VAULT_COUNT:
		break;
	}
	return identity;
}

static enum stepup_error open_row(struct store_session *session, enum vault_table table,
	const struct db_value *row)
{
	const struct vault_columns *columns = &vault_tables[table];
	struct row_identity identity = scan_identity_of(table, row);
	struct sealed_value sealed;
	uint8_t *plain = NULL;
	void *memory;
	size_t size = 0;
	enum stepup_error error;

	if (columns->plain || table == VAULT_META)
		return STEPUP_OK;
	sealed = (struct sealed_value){.key_id = row[columns->count - 2], .sealed = row[columns->count - 1]};
	error = has_names(table, row) ? row_unseal_value(session, &identity, &sealed, &plain, &size)
		: STEPUP_CORRUPT;
	memory = plain;
	wipe_free(&memory, size);
	return error;
}

enum stepup_error vault_opens(struct store_session *session, enum vault_table table,
	struct db_statement *statement)
{
	struct db_value row[VAULT_COLUMNS_MAX];
	enum stepup_error error = vault_row_of(table, statement, row);

	return error == STEPUP_OK ? open_row(session, table, row) : error;
}

/* Counts rows whose seal doesn't hold: they decide nothing, for they can't be read. */
static enum stepup_error open_seal(struct scan *scan, enum vault_table table, const struct db_value *row,
	uint64_t name)
{
	enum stepup_error error = open_row(scan->session, table, row);

	(void)name;
	*(int64_t *)scan->context += error == STEPUP_CORRUPT;
	return error == STEPUP_CORRUPT ? STEPUP_OK : error;
}

static enum stepup_error scan_store(struct store_session *session, bool opening,
	int64_t *unreadable, char **why)
{
	struct scan scan = {.session = session, .state = &session->vault, .memory = &session->store->memory,
		.look = opening ? open_seal : NULL, .context = unreadable};
	enum stepup_error error = scan_all(&scan);

	if (error == STEPUP_CORRUPT && scan.table != NULL)
		scan_say(why, session->store->place, "two rows under one key, "
			"or a row that this verifier never wrote, stand in its table ", scan.table);
	return error;
}

enum stepup_error vault_schema(struct store_session *session, char **why)
{
	char name[64] = "";
	bool same = false;
	enum stepup_error error = db_schema_is(session->db, store_schema_sql, &same, name, sizeof(name));

	if (error == STEPUP_OK && !same) {
		scan_say(why, session->store->place,
			"something was added to its schema, changed in it or taken out: ", name);
		error = STEPUP_CORRUPT;
	}
	return error;
}

static enum stepup_error scan_refuse(struct store_session *session, const struct store_head *head,
	const char *what, const char *tables, char **why)
{
	char when[32] = "";
	struct tm parts;
	time_t at = (time_t)head->at;

	if (localtime_r(&at, &parts) == NULL || strftime(when, sizeof(when), "%F %T", &parts) == 0)
		snprintf(when, sizeof(when), "%" PRId64, head->at);
	if (*why == NULL &&
	    asprintf(why, "Store %s: %s%s%s are not those that this verifier left at %s (batch %" PRId64
		    "): one was exchanged, added or removed. Nothing was changed and nothing is "
		    "approved. %s",
		    session->store->place, what, tables != NULL ? " of " : "", tables != NULL ? tables : "",
		    when, head->batch, STORE_WAY_ON) < 0)
		*why = NULL;
	return STEPUP_CORRUPT;
}

static enum stepup_error hold_against_head(struct store_session *session, const struct store_opening *opening,
	const struct store_head *head, char **why)
{
	bool rows_fit = false, log_fits = false;
	enum stepup_error error =
		head_check(session, head, &session->vault, &session->store->tree, &rows_fit, &log_fits);

	if (error == STEPUP_OK && !rows_fit) {
		char *tables =
			store_mark_differs(session, opening->key, opening->mark, head, &session->vault);

		error = scan_refuse(session, head, "rows", tables, why);
		free(tables);
	} else if (error == STEPUP_OK && !log_fits) {
		error = scan_refuse(session, head, "entries of its log", NULL, why);
	}
	return error;
}

static void scan_take(struct store_session *session, const struct store_head *head)
{
	struct store *store = session->store;

	(void)pthread_mutex_lock(&store->lock);
	store->vault = session->vault;
	store->head = *head;
	store->vault_ready = true;
	(void)pthread_mutex_unlock(&store->lock);
}

enum stepup_error vault_open(struct store_session *session, const struct store_opening *opening, char **why)
{
	struct store_head head = {0};
	int64_t unreadable = 0;
	enum stepup_error error = head_read(session, &head), scanned;

	if (error != STEPUP_OK && error != STEPUP_CORRUPT)
		return error;
	scanned = scan_store(session, opening->as_found, &unreadable, why);
	if (scanned != STEPUP_OK)
		return scanned;
	if (opening->as_found) {
		if (error == STEPUP_CORRUPT)
			head = (struct store_head){.epoch = 1};
		error = STEPUP_OK;
	} else if (error == STEPUP_CORRUPT) {
		scan_say(why, session->store->place, "the newest row of its log, "
			"in which the verifier says what it left, was changed or taken out.", NULL);
	} else {
		error = hold_against_head(session, opening, &head, why);
	}
	if (error == STEPUP_OK)
		scan_take(session, &head);
	return error;
}

enum stepup_error vault_begin(struct store_session *session, int64_t *unreadable, char **why)
{
	const struct store_head first = {.epoch = 1, .clean = true};
	enum stepup_error error = scan_store(session, true, unreadable, why);

	if (error == STEPUP_OK)
		scan_take(session, &first);
	return error;
}

/* --- while running --- */

struct difference {
	struct wrong_row *rows; /* WRONG_ROWS_MAX of them */
	size_t count;
};

/* Keeps the keys of rows that aren't as the memory has them. */
static enum stepup_error compare_one(struct scan *scan, enum vault_table table, const struct db_value *row,
	uint64_t name)
{
	struct store *store = scan->session->store;
	struct difference *difference = scan->context;
	struct row_print found = row_memory_get(scan->memory, name), known;

	(void)pthread_mutex_lock(&store->lock);
	known = row_memory_get(&store->memory, name);
	(void)pthread_mutex_unlock(&store->lock);
	if ((known.version != found.version || known.term != found.term) &&
	    difference->count < WRONG_ROWS_MAX)
		wrong_row_of(&difference->rows[difference->count++], table, row, name);
	return STEPUP_OK;
}

/* On the reader's one snapshot. */
static enum stepup_error look_at_snapshot(struct store_session *session, struct scan *scan,
	struct store_head *head, bool *fits)
{
	struct merkle_tree tree;
	bool rows_fit = false, log_fits = false;
	enum stepup_error error = head_read(session, head);

	if (error == STEPUP_OK)
		error = scan_all(scan);
	if (error == STEPUP_OK)
		error = log_tree_at(session, head->log_size, &tree);
	if (error == STEPUP_OK)
		error = head_check(session, head, scan->state, &tree, &rows_fit, &log_fits);
	*fits = error == STEPUP_OK && rows_fit && log_fits;
	return error == STEPUP_CORRUPT || error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}

/* Tables that have another number of rows than the memory counts, where both are of one batch. */
static void note_tables(struct store_session *session, const struct store_head *head,
	const struct vault_state *found)
{
	struct store *store = session->store;
	struct vault_state known;
	bool same;

	(void)pthread_mutex_lock(&store->lock);
	known = store->vault;
	same = store->head.batch == head->batch;
	(void)pthread_mutex_unlock(&store->lock);
	for (unsigned i = 0; same && i < VAULT_COUNT; i++)
		if (known.rows[i] != found->rows[i])
			vault_wrong_list(session, (enum vault_table)i, false, found->rows[i], known.rows[i]);
}

enum stepup_error store_check(struct store_session *session, struct store_checked *checked)
{
	struct vault_state state;
	struct row_memory memory = {0};
	struct difference difference = {.rows = calloc(WRONG_ROWS_MAX, sizeof(*difference.rows))};
	struct scan scan = {.session = session, .state = &state, .memory = &memory, .look = compare_one,
		.context = &difference};
	struct store_head head = {0};
	enum stepup_error error = difference.rows == NULL ? STEPUP_NO_MEMORY : db_snapshot(session->db);

	*checked = (struct store_checked){0};
	if (error != STEPUP_OK)
		goto out;
	error = look_at_snapshot(session, &scan, &head, &checked->fits);
	db_snapshot_end(session->db);
	checked->batch = head.batch;
	for (unsigned i = 0; i < VAULT_COUNT; i++)
		checked->rows += state.rows[i];
	if (error == STEPUP_OK && !checked->fits)
		note_tables(session, &head, &state);
	/* A commit may have overtaken the snapshot: each is looked at once more, as of now. */
	for (size_t i = 0; error == STEPUP_OK && !checked->fits && i < difference.count; i++)
		error = wrong_row_look(session, &difference.rows[i]);
out:
	row_memory_clear(&memory);
	free(difference.rows);
	WIPE_OBJECT(&state);
	return error;
}
