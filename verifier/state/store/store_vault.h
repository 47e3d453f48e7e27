/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vault: no row of before, no row gone, no row too many. Each row that decides something has a term; the
 * sum of all terms goes with every transaction and stands, under a MAC, in the head; a memory of every row,
 * filled by the scan at the start, is what each look-up is compared with.
 * MUST:
 *  1. no answer rests on a row, or on its absence, that differs from the memory;
 *  2. every write of a table in the sum goes through vault_write() or vault_delete(), which move sum, memory
 *     and head in the same transaction;
 *  3. terms, sums and keys are in no file, log or message;
 *  4. what is taken out of the sum is the term of what was read, never of what should have been there;
 *  5. no key that comes twice passes the scan;
 *  6. no reader, list or count trusts an index alone;
 *  7. a transaction that was undone leaves sum, memory and head as they were;
 *  8. nothing is repaired without a word: the right row comes back, or somebody begins a new epoch.
 * Layer: verifier/state/store/; included by store_internal.h only.
 */
#ifndef STEPUP_VERIFIER_STORE_VAULT_H
#define STEPUP_VERIFIER_STORE_VAULT_H

#include "verifier/state/db/db.h"
#include "verifier/state/records/user_record.h"
#include "verifier/state/vault/head.h"
#include "verifier/state/vault/kept_mac.h"
#include "verifier/state/vault/row_memory.h"
#include "verifier/state/vault/row_term.h"

struct store_session;
struct merkle_tree;

/* The tables in the sum. Not among them: what limits count (it hangs by the user's sealed record), the log
 * (its tree is in the head), and what may be erased. */
enum vault_table { VAULT_META, VAULT_USERS, VAULT_KEY_IDS, VAULT_RECEIPTS, VAULT_REQUESTS, VAULT_INVITATIONS,
	VAULT_FACTS, VAULT_KEYS, VAULT_EVENTS, VAULT_COUNT };

/* What the vault knows of a table: every statement that reads whole rows gives these
 * columns, in this order. */
struct vault_columns {
	const char *name;
	unsigned scan, find; /* enum statement_id */
	unsigned count;      /* of columns; the last is `sealed` unless `plain` */
	unsigned keys;       /* so many of the first are what a row is looked up by */
	int version;         /* the column with the version; -1: rows are never changed */
	/* the column that is counted where it is 1: locked users, open requests; -1 for none */
	int flag;
	/* the column that rows are listed by besides, a number from 0 on: users' uid; -1 for none */
	int group;
	bool plain;          /* nothing is sealed */
	/* statements that count all rows, and the flagged ones, by what the lists go by; -1 where
	 * nothing is listed */
	int counts[2];
};
extern const struct vault_columns vault_tables[VAULT_COUNT];

/* The MACs' subkeys: of terms, of rows' names in the memory, of heads. */
enum vault_mac { VAULT_MAC_TERMS, VAULT_MAC_NAMES, VAULT_MAC_HEADS, VAULT_MAC_COUNT };

/* Sums and counts, as of one transaction. */
struct vault_state {
	struct row_term sums[VAULT_COUNT];
	int64_t rows[VAULT_COUNT];
	int64_t flagged[VAULT_COUNT];
};

/* --- one row (store_terms.c) --- */

/* What a row is: columns as the table has them. STEPUP_CORRUPT where a column is of a kind that we never
 * write, or too long. */
enum stepup_error vault_term(struct store_session *session, enum vault_table table,
	const struct db_value *row, struct row_term *term);

/* What the memory calls a row; `key` are the columns that it is looked up by. */
enum stepup_error vault_name(struct store_session *session, enum vault_table table,
	const struct db_value *key, uint64_t *name);

/* The columns of the row that a statement stands at; `row` has room for VAULT_COLUMNS_MAX.
 * STEPUP_CORRUPT as above. */
#define VAULT_COLUMNS_MAX 7
enum stepup_error vault_row_of(enum vault_table table, struct db_statement *statement, struct db_value *row);

/* The row's version, 1 where the table has none; whether it is counted as flagged; its group. */
int64_t vault_version(enum vault_table table, const struct db_value *row);
bool vault_flag(enum vault_table table, const struct db_value *row);
int64_t vault_group_of(enum vault_table table, const struct db_value *row);

/* What the memory calls a group. */
enum stepup_error vault_group_name(struct store_session *session, enum vault_table table, int64_t group,
	uint64_t *name);

/* --- looking up (store_vault.c) --- */
struct vault_row {
	struct db_statement *statement; /* stands at the row; the caller reads and calls db_reset */
	struct row_seen seen;
};

/* Finds the row of a key and compares what there is with the memory. STEPUP_NOT_FOUND where there rightly is
 * none; STEPUP_CORRUPT where the row isn't the one that was written last, is gone, or was never written: that
 * is noted (store_wrong_next). After anything but STEPUP_OK the statement is reset. */
enum stepup_error vault_find(struct store_session *session, enum vault_table table,
	const struct db_value *key, struct vault_row *row);

/* The number of rows, or of the flagged ones, as the lists see them. STEPUP_CORRUPT where it isn't what the
 * memory counts, which is noted. */
enum stepup_error vault_count(struct store_session *session, enum vault_table table, bool flagged,
	int64_t *count);

/* Whether the members that were found of a group, by their keys, are those that the memory has. */
enum stepup_error vault_group_is(struct store_session *session, enum vault_table table, int64_t group,
	const struct db_value *keys, size_t count, bool *right);

/* A reader reads once more what a commit has overtaken since it took the generation. */
uint64_t vault_generation(struct store_session *session);
bool vault_overtaken(struct store_session *session, uint64_t generation);
#define VAULT_READINGS_MAX 64 /* of what commits keep overtaking */

/* The rows that the memory counts, at no cost. */
int64_t vault_rows(struct store_session *session, enum vault_table table);

/* --- writing (store_vault.c) --- */

/* Runs a statement that writes the one row `row`. `seen` is what was read of it (`there` unset: it is new)
 * and becomes what was written. STEPUP_CORRUPT where another number of rows changed or the row is not as the
 * memory has it; STEPUP_EXISTS where a new one is there already, rightly. */
enum stepup_error vault_write(struct store_session *session, enum vault_table table, unsigned id,
	const struct db_value *values, size_t count, const struct db_value *row, struct row_seen *seen);

/* Runs a statement that deletes rows and returns them. STEPUP_CORRUPT where one of them is not as
 * the memory has it. */
enum stepup_error vault_delete(struct store_session *session, enum vault_table table, unsigned id,
	const struct db_value *values, size_t count, int64_t *deleted);

/* Takes back all but the first `count` of the transaction's changes to the memory. */
void vault_unwrite(struct store_session *session, size_t count);

/* Makes what the transaction changed what everybody knows; the caller holds the store's lock.
 * Takes no memory. */
void vault_publish(struct store_session *session);

/* --- rows that are not what they should be (store_wrong.c) --- */

/* What is wrong: a row, by its key; the number of rows that a list has; what a group consists of. */
enum wrong_kind { WRONG_ROW, WRONG_LIST, WRONG_GROUP };

/* Notes one. `found` and `known` are versions, -1 for one that says nothing; 0: none there, none known. */
void vault_wrong(struct store_session *session, enum vault_table table, const struct db_value *key,
	uint64_t name, int64_t found, int64_t known);
void vault_wrong_list(struct store_session *session, enum vault_table table, bool flagged, int64_t found,
	int64_t known);
void vault_wrong_group(struct store_session *session, enum vault_table table, int64_t group);

/* One that is the right row by its term, but whose seal doesn't hold. */
void vault_unreadable(struct store_session *session, enum vault_table table, const struct db_value *key,
	const struct vault_row *row);

/* A row was found as it should be, and can be read: it is taken off the list where it was on it. */
void vault_right(struct store_session *session, enum vault_table table, uint64_t name);
void vault_right_list(struct store_session *session, enum vault_table table, bool flagged);
void vault_right_group(struct store_session *session, enum vault_table table, int64_t group);

/* Rows that are noted, as they are kept: enough to look again. */
#define WRONG_ROWS_MAX 64
#define WRONG_KEYS_MAX 2
struct wrong_key {
	enum db_kind kind;
	int64_t number;
	uint8_t bytes[USER_NAME_SIZE];
	size_t size;
};
struct wrong_row {
	enum vault_table table;
	enum wrong_kind kind;
	uint64_t name; /* in the memory; of a list 0, or 1 for the flagged ones; of a group its number */
	struct wrong_key keys[WRONG_KEYS_MAX];
	bool told;
	int64_t found, known;
};
void wrong_row_of(struct wrong_row *wrong, enum vault_table table, const struct db_value *key, uint64_t name);

/* Looks at it as of now, and whether it can be read, which notes it or takes it off the list:
 * neither is an error. */
enum stepup_error wrong_row_look(struct store_session *session, const struct wrong_row *wrong);

/* --- the head (store_head.c) --- */

/* The newest head in the database. STEPUP_CORRUPT where there is none that could be. */
enum stepup_error head_read(struct store_session *session, struct store_head *head);

/* Makes both tags for these numbers. */
enum stepup_error head_tag(struct store_session *session, struct store_head *head,
	const struct vault_state *state, const struct merkle_tree *tree);

/* A tag of one table's sum and number of rows, as of a batch. */
enum stepup_error head_table_tag(struct store_session *session, enum vault_table table,
	const struct vault_state *state, int64_t batch, uint8_t tag[STORE_HEAD_TAG_SIZE]);

/* Whether head, rows and log are of one moment. */
enum stepup_error head_check(struct store_session *session, const struct store_head *head,
	const struct vault_state *state, const struct merkle_tree *tree, bool *rows_fit, bool *log_fits);

/* Writes the transaction's head, with the log entry that waits for it, where anything moved. Last
 * thing before COMMIT. */
enum stepup_error head_write(struct store_session *session);

/* Writes the entry that waits for a head without one: there is a newer one, or somebody wants to read it. */
enum stepup_error head_flush(struct store_session *session);

/* The row that bears the head of a store whose log is empty: it stands before the first entry. */
enum stepup_error head_begin(struct store_session *session);

/* --- the scan (store_scan.c) --- */

/* Whether the schema is ours, nothing more and nothing else. STEPUP_CORRUPT with a sentence. */
enum stepup_error vault_schema(struct store_session *session, char **why);

/* At the start: scans, and holds the store against its head, unless it is taken as it is found.
 * STEPUP_CORRUPT with a sentence where rows or log don't fit, a row can't be one of ours, or a
 * key comes twice. */
struct store_opening;
enum stepup_error vault_open(struct store_session *session, const struct store_opening *opening, char **why);

/* Whether the seal of the row that a statement stands at holds: STEPUP_CORRUPT where it doesn't. */
enum stepup_error vault_opens(struct store_session *session, enum vault_table table,
	struct db_statement *statement);

/* Of a store that has no head yet, within the transaction that makes or upgrades it: takes the rows as they
 * are. `*unreadable` counts those whose seal doesn't hold. */
enum stepup_error vault_begin(struct store_session *session, int64_t *unreadable, char **why);

#endif
