/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vault at work: each row that is looked up is compared with the memory, each that is written
 * moves sum and memory.
 * What a transaction changes waits beside it and is seen by readers from before COMMIT on: a reader may meet
 * a row that is durable and not published yet.
 */
#include "verifier/state/store/store_internal.h"

#include <stdlib.h>
#include <string.h>

/* --- comparing --- */

/* The newest change of a row that a transaction has waiting; NULL for none. */
static const struct row_print *waiting(const struct store_session *session, uint64_t name)
{
	if ((session->pending_marks[name / 64 % SESSION_MARKS] >> name % 64 & 1) == 0)
		return NULL;
	for (size_t i = session->pending_count; i > 0; i--)
		if (session->pending[i - 1].row == name)
			return &session->pending[i - 1];
	return NULL;
}

static bool is_print(const struct row_print *known, const struct row_print *found)
{
	return known->version == found->version && (found->version == 0 || known->term == found->term);
}

/* What the memory has of a row in this session's eyes: what the transaction wrote, or what is committed. */
static struct row_print known_of(struct store_session *session, uint64_t name)
{
	const struct row_print *own = session->in_transaction ? waiting(session, name) : NULL;
	struct row_print known;

	if (own != NULL)
		return *own;
	(void)pthread_mutex_lock(&session->store->lock);
	known = row_memory_get(&session->store->memory, name);
	(void)pthread_mutex_unlock(&session->store->lock);
	return known;
}

/* Whether what was found is what there should be: as committed, or as a transaction that is just committing
 * has it. `*known` is the memory's. */
static bool is_right(struct store_session *session, const struct row_print *found, struct row_print *known)
{
	struct store *store = session->store;
	const struct row_print *coming;
	bool right;

	*known = known_of(session, found->row);
	right = is_print(known, found);
	if (right || session->in_transaction)
		return right;
	(void)pthread_mutex_lock(&store->lock);
	*known = row_memory_get(&store->memory, found->row);
	coming = store->committing != NULL ? waiting(store->committing, found->row) : NULL;
	right = is_print(known, found) || (coming != NULL && is_print(coming, found));
	(void)pthread_mutex_unlock(&store->lock);
	return right;
}

uint64_t vault_generation(struct store_session *session)
{
	uint64_t generation;

	(void)pthread_mutex_lock(&session->store->lock);
	generation = session->store->generation;
	(void)pthread_mutex_unlock(&session->store->lock);
	return generation;
}

bool vault_overtaken(struct store_session *session, uint64_t generation)
{
	return !session->in_transaction && vault_generation(session) != generation;
}

static struct row_print print_of(uint64_t name, int64_t version, const struct row_term *term)
{
	return (struct row_print){
		.row = name, .version = row_print_version(version), .term = row_term_short(term)};
}

/* --- looking up --- */

static bool same_value(const struct db_value *a, const struct db_value *b)
{
	if (a->kind != b->kind)
		return false;
	return a->kind == DB_KIND_INT ? a->number == b->number : a->size == b->size &&
		(a->size == 0 || memcmp(a->bytes, b->bytes, a->size) == 0);
}

/* What stands in the row, or STEPUP_CORRUPT: of kinds that we never write, or under another key
 * than was asked for. */
static enum stepup_error vault_look_at(struct store_session *session, enum vault_table table,
	const struct db_value *key, struct vault_row *row, int64_t *version)
{
	struct db_value values[VAULT_COLUMNS_MAX];
	enum stepup_error error = vault_row_of(table, row->statement, values);

	for (unsigned i = 0; error == STEPUP_OK && i < vault_tables[table].keys; i++)
		if (!same_value(&values[i], &key[i]))
			error = STEPUP_CORRUPT;
	if (error == STEPUP_OK)
		error = vault_term(session, table, values, &row->seen.term);
	if (error != STEPUP_OK)
		return error;
	row->seen.there = true;
	row->seen.flagged = vault_flag(table, values);
	row->seen.group = vault_group_of(table, values);
	*version = vault_version(table, values);
	return STEPUP_OK;
}

/* One reading. `*right` is false where it isn't as the memory has it. */
static enum stepup_error read_once(struct store_session *session, enum vault_table table,
	const struct db_value *key, struct vault_row *row, bool *right, int64_t *found, int64_t *known)
{
	struct row_print print = {.row = row->seen.row}, remembered = {0};
	bool there = false, strange = false;
	int64_t version = 0;
	enum stepup_error error = session_query(session, vault_tables[table].find, key,
		vault_tables[table].keys, &row->statement);

	row->seen.there = false;
	if (error == STEPUP_OK)
		error = db_step(row->statement, &there);
	if (error == STEPUP_OK && there) {
		error = vault_look_at(session, table, key, row, &version);
		strange = error == STEPUP_CORRUPT;
		error = strange ? STEPUP_OK : error;
	}
	if (error != STEPUP_OK)
		return error;
	if (there && !strange)
		print = print_of(row->seen.row, version, &row->seen.term);
	*right = !session->store->vault_ready || (is_right(session, &print, &remembered) && !strange);
	*found = there ? version : 0;
	*known = remembered.version;
	return STEPUP_OK;
}

static void vault_let_go(struct vault_row *row)
{
	if (row->statement != NULL)
		db_reset(row->statement);
	row->statement = NULL;
}

enum stepup_error vault_find(struct store_session *session, enum vault_table table,
	const struct db_value *key, struct vault_row *row)
{
	bool right = false, moved = true;
	int64_t found = 0, known = 0;
	enum stepup_error error = STEPUP_OK;

	*row = (struct vault_row){0};
	if (session->store->vault_ready)
		error = vault_name(session, table, key, &row->seen.row);
	for (unsigned i = 0; error == STEPUP_OK && !right && moved && i < VAULT_READINGS_MAX; i++) {
		uint64_t generation = vault_generation(session);

		vault_let_go(row);
		error = read_once(session, table, key, row, &right, &found, &known);
		moved = !right && vault_overtaken(session, generation);
	}
	if (error == STEPUP_OK && !right) {
		vault_wrong(session, table, key, row->seen.row, found, known);
		error = STEPUP_CORRUPT;
	}
	if (error == STEPUP_OK && !row->seen.there)
		error = STEPUP_NOT_FOUND;
	if (error != STEPUP_OK)
		vault_let_go(row);
	return error;
}

/* --- counting --- */

static bool counts_so(const struct vault_state *state, enum vault_table table, bool flagged, int64_t count)
{
	return count == (flagged ? state->flagged[table] : state->rows[table]);
}

static bool count_is_right(struct store_session *session, enum vault_table table, bool flagged, int64_t count)
{
	struct store *store = session->store;
	bool right;

	if (session->in_transaction)
		return counts_so(&session->vault, table, flagged, count);
	(void)pthread_mutex_lock(&store->lock);
	right = counts_so(&store->vault, table, flagged, count) ||
		(store->committing != NULL && counts_so(&store->committing->vault, table, flagged, count));
	(void)pthread_mutex_unlock(&store->lock);
	return right;
}

enum stepup_error vault_count(struct store_session *session, enum vault_table table, bool flagged,
	int64_t *count)
{
	bool right = false, moved = true;
	enum stepup_error error = STEPUP_OK;

	for (unsigned i = 0; error == STEPUP_OK && !right && moved && i < VAULT_READINGS_MAX; i++) {
		uint64_t generation = vault_generation(session);

		error = session_count(session, (enum statement_id)vault_tables[table].counts[flagged], count);
		right = error == STEPUP_OK &&
			(!session->store->vault_ready || count_is_right(session, table, flagged, *count));
		moved = !right && vault_overtaken(session, generation);
	}
	if (error == STEPUP_OK && !right) {
		vault_wrong_list(session, table, flagged, *count, -1);
		error = STEPUP_CORRUPT;
	} else if (error == STEPUP_OK && session->store->vault_ready) {
		vault_right_list(session, table, flagged);
	}
	return error;
}

int64_t vault_rows(struct store_session *session, enum vault_table table)
{
	int64_t rows;

	if (session->in_transaction)
		return session->vault.rows[table];
	(void)pthread_mutex_lock(&session->store->lock);
	rows = session->store->vault.rows[table];
	(void)pthread_mutex_unlock(&session->store->lock);
	return rows;
}

/* --- writing --- */

/* Makes room for one more change that waits. */
static bool pending_grow(struct store_session *session)
{
	size_t capacity = session->pending_capacity ? 2 * session->pending_capacity : 64;
	struct row_print *larger;

	if (session->pending_count < session->pending_capacity)
		return true;
	larger = realloc(session->pending, capacity * sizeof(*larger));
	if (larger == NULL)
		return false;
	session->pending = larger;
	session->pending_capacity = capacity;
	return true;
}

/* Has a change of the memory wait for the commit; room for it is made now, so that publishing can't fail. */
static enum stepup_error wait(struct store_session *session, const struct row_print *print)
{
	struct store *store = session->store;
	enum stepup_error error;

	if (!pending_grow(session))
		return STEPUP_NO_MEMORY;
	(void)pthread_mutex_lock(&store->lock);
	error = row_memory_reserve(&store->memory, store->rows_promised + 1);
	store->rows_promised += error == STEPUP_OK;
	(void)pthread_mutex_unlock(&store->lock);
	if (error != STEPUP_OK)
		return error;
	session->pending[session->pending_count++] = *print;
	session->pending_marks[print->row / 64 % SESSION_MARKS] |= UINT64_C(1) << print->row % 64;
	return STEPUP_OK;
}

void vault_unwrite(struct store_session *session, size_t count)
{
	(void)pthread_mutex_lock(&session->store->lock);
	session->store->rows_promised -= session->pending_count - count;
	(void)pthread_mutex_unlock(&session->store->lock);
	session->pending_count = count;
	if (count == 0)
		memset(session->pending_marks, 0, sizeof(session->pending_marks));
}

void vault_publish(struct store_session *session)
{
	struct store *store = session->store;

	for (size_t i = 0; i < session->pending_count; i++)
		row_memory_set(&store->memory, &session->pending[i]);
	store->vault = session->vault;
	store->head = session->head;
	store->generation++;
}

static void vault_add(struct vault_state *state, enum vault_table table, const struct row_seen *seen)
{
	row_term_add(&state->sums[table], &seen->term);
	state->rows[table]++;
	state->flagged[table] += seen->flagged;
}

static void subtract(struct vault_state *state, enum vault_table table, const struct row_seen *seen)
{
	row_term_subtract(&state->sums[table], &seen->term);
	state->rows[table]--;
	state->flagged[table] -= seen->flagged;
}

/* Whether the memory has the row as it was read, or has none where it is new: then it may be changed. */
static enum stepup_error may_change(struct store_session *session, enum vault_table table,
	const struct db_value *key, uint64_t name, const struct row_seen *seen)
{
	struct row_print known = known_of(session, name);

	if (seen->there ? known.version != 0 &&
	    known.term == row_term_short(&seen->term) : known.version == 0)
		return STEPUP_OK;
	vault_wrong(session, table, key, name, seen->there ? -1 : 0, known.version);
	return STEPUP_CORRUPT;
}

/* What the memory has of a group: how many rows, and a sum of their names. */
static enum stepup_error regroup(struct store_session *session, enum vault_table table, int64_t group,
	uint64_t row, bool joins)
{
	struct row_print print;
	uint64_t name = 0;
	enum stepup_error error = group < 0 ? STEPUP_OK : vault_group_name(session, table, group, &name);

	if (error != STEPUP_OK || group < 0)
		return error;
	print = known_of(session, name);
	print.row = name;
	print.version += joins ? 1U : UINT32_MAX;
	print.term += joins ? (uint32_t)row : 0U - (uint32_t)row;
	return wait(session, &print);
}

enum stepup_error vault_group_is(struct store_session *session, enum vault_table table, int64_t group,
	const struct db_value *keys, size_t count, bool *right)
{
	struct row_print found = {.version = (uint32_t)count}, known;
	enum stepup_error error = STEPUP_OK;

	*right = !session->store->vault_ready;
	for (size_t i = 0; error == STEPUP_OK && !*right && i < count; i++) {
		uint64_t name = 0;

		error = vault_name(session, table, &keys[i], &name);
		found.term += (uint32_t)name;
	}
	if (error == STEPUP_OK && !*right)
		error = vault_group_name(session, table, group, &found.row);
	if (error == STEPUP_OK && !*right)
		*right = is_right(session, &found, &known);
	return error;
}

/* Sum, counts and memory go from what was read to what was written; `renamed`: perhaps under another key. */
static enum stepup_error move(struct store_session *session, enum vault_table table,
	const struct db_value *row, bool renamed, struct row_seen *seen)
{
	struct row_seen now = {
		.there = true, .flagged = vault_flag(table, row), .group = vault_group_of(table, row)};
	bool regrouped;
	struct row_print print;
	enum stepup_error error = vault_term(session, table, row, &now.term);

	if (error == STEPUP_OK && seen->there && !renamed)
		now.row = seen->row;
	else if (error == STEPUP_OK)
		error = vault_name(session, table, row, &now.row);
	if (error == STEPUP_OK && seen->there)
		error = may_change(session, table, row, seen->row, seen);
	if (error == STEPUP_OK && (!seen->there || seen->row != now.row))
		error = may_change(session, table, row, now.row, &(struct row_seen){0});
	if (error == STEPUP_OK && seen->there && seen->row != now.row)
		/* nothing goes by the former name any more */
		error = wait(session, &(struct row_print){.row = seen->row});
	print = print_of(now.row, vault_version(table, row), &now.term);
	if (error == STEPUP_OK)
		error = wait(session, &print);
	regrouped = !seen->there || seen->group != now.group || seen->row != now.row;
	if (error == STEPUP_OK && seen->there && regrouped)
		error = regroup(session, table, seen->group, seen->row, false);
	if (error == STEPUP_OK && regrouped)
		error = regroup(session, table, now.group, now.row, true);
	if (error != STEPUP_OK)
		return error;
	if (seen->there)
		subtract(&session->vault, table, seen);
	vault_add(&session->vault, table, &now);
	session->moved = true;
	*seen = now;
	return STEPUP_OK;
}

/* A new row's place is taken: rightly, or by a row that nobody wrote. */
static enum stepup_error taken(struct store_session *session, enum vault_table table,
	const struct db_value *row)
{
	struct row_print known;
	uint64_t name = 0;
	enum stepup_error error = vault_name(session, table, row, &name);

	if (error != STEPUP_OK)
		return error;
	known = known_of(session, name);
	if (known.version != 0)
		return STEPUP_EXISTS;
	vault_wrong(session, table, row, name, -1, 0);
	return STEPUP_CORRUPT;
}

enum stepup_error vault_write(struct store_session *session, enum vault_table table, unsigned id,
	const struct db_value *values, size_t count, const struct db_value *row, struct row_seen *seen)
{
	int64_t changed = 0;
	enum stepup_error error = session_write(session, (enum statement_id)id, values, count, &changed);

	if (!session->store->vault_ready)
		return error == STEPUP_OK && changed != 1 ? STEPUP_CORRUPT : error;
	if (error == STEPUP_EXISTS && !seen->there)
		return taken(session, table, row);
	if (error == STEPUP_OK && changed != 1)
		error = STEPUP_CORRUPT;
	return error == STEPUP_OK ? move(session, table, row, id == SQL_USER_UPDATE_ALL, seen) : error;
}

/* One of the rows that a statement deletes. */
static enum stepup_error deleted_one(struct store_session *session, enum vault_table table,
	struct db_statement *statement)
{
	struct db_value row[VAULT_COLUMNS_MAX];
	struct row_seen seen = {.there = true};
	enum stepup_error error = vault_row_of(table, statement, row);

	if (error == STEPUP_OK)
		error = vault_term(session, table, row, &seen.term);
	if (error == STEPUP_OK)
		error = vault_name(session, table, row, &seen.row);
	if (error == STEPUP_OK)
		error = may_change(session, table, row, seen.row, &seen);
	if (error == STEPUP_OK)
		error = wait(session, &(struct row_print){.row = seen.row});
	if (error == STEPUP_OK)
		error = regroup(session, table, vault_group_of(table, row), seen.row, false);
	if (error != STEPUP_OK)
		return error;
	seen.flagged = vault_flag(table, row);
	subtract(&session->vault, table, &seen);
	session->moved = true;
	return STEPUP_OK;
}

enum stepup_error vault_delete(struct store_session *session, enum vault_table table, unsigned id,
	const struct db_value *values, size_t count, int64_t *deleted)
{
	struct db_statement *statement = NULL;
	bool row = true;
	enum stepup_error error = session_may_write(session);

	*deleted = 0;
	if (error == STEPUP_OK)
		error = session_query(session, (enum statement_id)id, values, count, &statement);
	while (error == STEPUP_OK) {
		error = db_step(statement, &row);
		if (error != STEPUP_OK || !row)
			break;
		(*deleted)++;
		if (session->store->vault_ready)
			error = deleted_one(session, table, statement);
	}
	if (statement != NULL)
		db_reset(statement);
	if (!db_in_transaction(session->db))
		session->failed = true;
	return error;
}
