/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the store share: the store, its sessions, sealed rows, and the vault.
 * Layer: verifier/state/store/; included by store*.c only.
 */
#ifndef STEPUP_VERIFIER_STORE_INTERNAL_H
#define STEPUP_VERIFIER_STORE_INTERNAL_H

#include <pthread.h>

#include "verifier/state/db/db.h"
#include "verifier/state/store/store.h"
#include "verifier/state/store/store_vault.h"
#include "verifier/state/vault/mark.h"
#include "verifier/state/vault/seal.h"

#define STORE_ID_SIZE 16   /* random bytes that tell stores apart */
#define STORE_HOST_SIZE 256

/* Every table whose rows are sealed, each under a subkey of its own. */
enum sealed_table { SEALED_META, SEALED_USERS, SEALED_INVITATIONS, SEALED_FACTS, SEALED_RECEIPTS,
	SEALED_CHECKPOINTS, SEALED_KEYS, SEALED_KEY_IDS, SEALED_REQUESTS, SEALED_USE_TOTALS,
	SEALED_USE_VALUES, SEALED_COUNT };

enum statement_id {
	SQL_META_GET, SQL_META_SET, SQL_META_UPDATE, SQL_META_SCAN, SQL_META_COUNT, SQL_USER_FIND,
	SQL_USER_INSERT, SQL_USER_UPDATE, SQL_USER_UPDATE_ALL, SQL_USER_PAGE, SQL_USER_PAGE_LOCKED,
	SQL_USER_OF_UID, SQL_USER_FORMER, SQL_USER_SET_UID, SQL_USER_COUNT, SQL_USER_COUNT_LOCKED,
	SQL_USER_SCAN, SQL_INVITATION_ADD, SQL_INVITATION_FIND, SQL_INVITATION_DELETE, SQL_INVITATION_ALL,
	SQL_INVITATION_COUNT, SQL_INVITATION_SCAN, SQL_FACT_GET, SQL_FACT_INSERT, SQL_FACT_UPDATE,
	SQL_FACT_SCAN, SQL_FACT_COUNT, SQL_TOTAL_SET, SQL_TOTAL_AT, SQL_TOTAL_AHEAD, SQL_TOTAL_PRUNE,
	SQL_VALUE_SET, SQL_VALUE_FIND, SQL_VALUE_AFTER, SQL_VALUE_WALK, SQL_VALUE_PRUNE, SQL_FORMER_USES,
	SQL_RECEIPT_ADD, SQL_RECEIPT_FIND, SQL_RECEIPT_UPDATE, SQL_RECEIPT_DELETE, SQL_RECEIPT_OLD,
	SQL_RECEIPT_PAGE, SQL_RECEIPT_COUNT, SQL_RECEIPT_SCAN, SQL_LOG_ADD, SQL_LOG_DETAILS_ADD,
	SQL_LOG_ENTRIES, SQL_LOG_PAGE, SQL_HEAD_GET, SQL_HEAD_SET, SQL_CHECKPOINT_ADD, SQL_CHECKPOINT_NEWEST,
	SQL_CHECKPOINT_NOTES, SQL_CHECKPOINT_PAGE, SQL_CHECKPOINT_DELETE, SQL_KEY_ADD, SQL_KEY_ALL,
	SQL_KEY_FIND, SQL_KEY_COUNT, SQL_KEY_SCAN, SQL_KEY_ID_ADD, SQL_KEY_ID_FIND, SQL_KEY_ID_COUNT,
	SQL_KEY_ID_SCAN, SQL_REQUEST_ADD, SQL_REQUEST_FIND, SQL_REQUEST_UPDATE, SQL_REQUEST_OPEN,
	SQL_REQUEST_OPEN_BY_TABLE, SQL_REQUEST_OF_USER, SQL_REQUEST_OLD, SQL_REQUEST_DELETE,
	SQL_REQUEST_COUNT, SQL_REQUEST_COUNT_OPEN, SQL_REQUEST_SCAN, SQL_EVENT_ADD, SQL_EVENT_COUNT,
	SQL_EVENT_NEXT, SQL_EVENT_FIND, SQL_EVENT_REMOVE, SQL_EVENT_EXPIRE, SQL_EVENT_SCAN, SQL_COUNT,
};

extern const char *const store_sql[SQL_COUNT];
extern const char store_schema_sql[];
extern const char *const store_upgrade_sql[]; /* by the schema that is left */

struct store {
	char *place;
	int lock_fd;
	char key_id[9];
	char host[STORE_HOST_SIZE];
	uint8_t id[STORE_ID_SIZE];
	struct seal_key keys[SEALED_COUNT];
	uint8_t digest_keys[DIGEST_COUNT][DIGEST_SIZE];
	uint8_t vault_keys[VAULT_MAC_COUNT][KEPT_MAC_KEY_SIZE];
	struct store_event_watch event_watch; /* no filter: nobody */

	pthread_mutex_t lock; /* guards what follows */
	bool vault_ready; /* unset only while the store is opened, made or upgraded */
	struct row_memory memory; /* this and the next two: as of the last commit */
	struct vault_state vault;
	struct store_head head;
	size_t rows_promised; /* room that transactions under way will need at their commit */
	uint64_t generation;  /* of what is published: one more with each commit */
	struct mark *mark; /* set at the start; NULL: none. Has a lock of its own */
	const struct store_session *committing; /* whose changes may be durable already */
	struct wrong_row wrong[WRONG_ROWS_MAX];
	size_t wrong_count;
	uint64_t wrong_more;  /* that there was no room for */
	struct merkle_tree tree; /* as of the last commit */
	uint64_t events_noted;   /* commits that brought any */
	int64_t events_dropped;  /* by commits, and not logged yet */

	/* The writer lets the log's mover finish in peace: see store_checkpoint_wal. */
	pthread_mutex_t mover_lock; /* one mover at a time; guards `mover` */
	struct db *mover;
	pthread_cond_t gate_changed; /* with `lock` */
	unsigned gate_writers;
	bool gate_wanted;
};

#define SESSION_SAVEPOINTS_MAX DB_SAVEPOINTS_MAX

#define SESSION_MARKS 64 /* words of bits: which rows a transaction may have changed */

struct store_session {
	struct store *store;
	bool writer;
	struct db *db;
	struct db_statement *statements[SQL_COUNT]; /* prepared when first used, then kept */
	struct seal_context *seal;
	struct kept_mac *macs[VAULT_MAC_COUNT]; /* made when first used */

	bool in_transaction;
	int64_t at; /* when it began: its head's time, of which the mark knows before the commit */
	bool failed; /* the transaction can't be committed any more */
	bool broken; /* the connection is made anew before the next transaction */
	struct merkle_tree tree;
	/* of the transaction and its savepoints, so many were told to the event watch */
	unsigned events_begun;
	/* by transaction and savepoints, of those that were begun */
	int64_t events_dropped[SESSION_SAVEPOINTS_MAX + 1];
	bool has_events; /* this transaction noted some; a superset, where some were taken back */
	struct vault_state vault;      /* with what the transaction changed so far */
	struct row_print *pending;     /* what the memory becomes once it is committed */
	size_t pending_count, pending_capacity;
	uint64_t pending_marks[SESSION_MARKS]; /* by the rows' names; a superset */
	bool moved;                    /* a row or the log: the transaction needs a head; a superset */
	/* the newest one of the log, which waits for the head; NULL for none */
	char *entry;
	int64_t entry_at;
	/* this transaction makes the store: its head is the first, of batch 0 */
	bool begins;
	bool stops_clean;              /* this transaction's head says that everything is finished */
	bool leaves, arrives;          /* … that it goes on elsewhere; that it came from there */
	bool has_head;                 /* made at the commit */
	bool mark_failed;              /* the last transaction's mark could not be written */
	struct store_head head;
	unsigned depth;
	struct {
		struct merkle_tree tree;
		struct vault_state vault;
		size_t pending_count;
	} savepoints[SESSION_SAVEPOINTS_MAX];
};

/* --- statements (store.c) --- */
#define STORE_VALUES(...) (const struct db_value[]){__VA_ARGS__}, \
	sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value)

/* Prepares and binds; the caller steps and resets. */
enum stepup_error session_query(struct store_session *session, enum statement_id id,
	const struct db_value *values, size_t count, struct db_statement **statement);

/* The number that a statement without parameters gives; 0 where it gives no row. */
enum stepup_error session_count(struct store_session *session, enum statement_id id, int64_t *count);

/* Whether a transaction is open that can still be written in. */
enum stepup_error session_may_write(struct store_session *session);

/* One of the vault's MACs, the session's own. */
enum stepup_error session_mac(struct store_session *session, enum vault_mac which, struct kept_mac **mac);

/* Runs a writing statement inside the transaction; `*changed` (may be NULL) is the number of rows. For tables
 * in the vault's sum there are vault_write() and vault_delete(). */
enum stepup_error session_write(struct store_session *session, enum statement_id id,
	const struct db_value *values, size_t count, int64_t *changed);

/* --- sealed rows (store_rows.c) --- */

/* What a seal is bound to besides the table. */
struct row_identity {
	enum sealed_table table;
	const void *key;
	size_t key_size;
	const uint8_t *user_id; /* USER_ID_SIZE bytes, NULL for none */
	const char *name;       /* NULL for none */
	int64_t version;
};

enum stepup_error row_seal(struct store_session *session, const struct row_identity *identity,
	const void *plain, size_t plain_size, uint8_t **sealed, size_t *sealed_size);

/* Opens the sealed bytes of the statement's row, columns `key_id_column` and the one after it. */
enum stepup_error row_unseal(struct store_session *session, const struct row_identity *identity,
	struct db_statement *statement, int key_id_column, uint8_t **plain, size_t *plain_size);

/* The same for bytes in hand. */
struct sealed_value {
	struct db_value key_id, sealed;
};
enum stepup_error row_unseal_value(struct store_session *session, const struct row_identity *identity,
	const struct sealed_value *value, uint8_t **plain, size_t *plain_size);

/* The MAC of a row that is no secret, under its table's key; `size` as seal_mac has it. */
enum stepup_error row_mac(struct store_session *session, enum sealed_table table, const void *bytes,
	size_t size, uint8_t mac[SEAL_TAG_SIZE]);

/* Whether the row's column is that MAC: STEPUP_CORRUPT where it isn't. */
enum stepup_error row_mac_check(struct store_session *session, enum sealed_table table, const void *bytes,
	size_t size, struct db_statement *statement, int column);

/* --- what limits count, by the limit's short name (store_uses.c, store_use_values.c) --- */
enum stepup_error use_limit_id(const char *limit_key, uint8_t limit[USE_LIMIT_SIZE]);
enum stepup_error use_add(struct store_session *session, struct user_record *record,
	const uint8_t limit[USE_LIMIT_SIZE], int64_t at, int64_t amount);
enum stepup_error use_settle_values(struct store_session *session, const struct user_record *record,
	struct use_tally *tally, int64_t now);
enum stepup_error use_add_value(struct store_session *session, struct user_record *record,
	const uint8_t limit[USE_LIMIT_SIZE], int64_t at, const uint8_t value[DIGEST_SIZE]);

/* Brings the table of users of schema 3 and before to this one's. */
enum stepup_error users_upgrade(struct store_session *session);

/* Takes over what schema 2 counted, into records and rows. */
enum stepup_error uses_upgrade(struct store_session *session);

/* --- what the store says of itself (store_meta.c): its random id, sealed under the schema's number --- */

/* The keys of keyed digests, under their subkey of the master key. */
enum stepup_error digest_keys_make(struct store *store, const uint8_t key[MASTER_KEY_SIZE]);

/* The store's keys under the master key. Those of rows hang on the store's id; the one of its own table,
 * `meta_only`, doesn't. */
enum stepup_error meta_keys_make(struct store *store, const struct master_key *key,
	struct seal_context *context, bool meta_only);

/* Writes the id of a new store; reads that of one which is of `schema`: STEPUP_CORRUPT with the sentence for
 * a wrong master key. */
enum stepup_error meta_write(struct store_session *session);
enum stepup_error meta_read(struct store_session *session, int schema, char **why);

/* Entries that are written before the policy was read call this host what the log's newest entry calls it. */
enum stepup_error meta_take_host(struct store_session *session);

/* Brings a store of an older schema to STORE_SCHEMA, in one transaction. */
enum stepup_error meta_upgrade(struct store_session *session, int schema, char **why);

/* What to do about a store that isn't as it was left. */
#define STORE_WAY_ON "Put the newest store back. To go on with this one: stepup epoch new. " \
	"Older receipts and invitations are void then, and the log says so."

/* --- facts as bytes (store_facts.c): names that begin with a dot are the store's own --- */
enum stepup_error fact_read(struct store_session *session, const char *name, uint8_t **value, size_t *size);
enum stepup_error fact_write(struct store_session *session, const char *name, const void *value, size_t size);

/* An empty list of frozen actions, at the store's making: from then on its absence means that
 * somebody took it. */
enum stepup_error freezes_init(struct store_session *session);

/* --- events (store_events.c) --- */
/* Notes which events an entry is that stands at `index`, inside its transaction. */
enum stepup_error events_note(struct store_session *session, const json_t *entry, int64_t index);

/* What came since this depth began (0 for the transaction) was undone, or isn't committed; what came at this
 * depth belongs to the one above it now. */
void events_undone(struct store_session *session, unsigned depth);
void events_released(struct store_session *session, unsigned depth);

/* --- log (store_log.c) --- */
/* Rebuilds the tree from the newest checkpoint and the entries after it. */
enum stepup_error log_tree_load(struct store_session *session, struct merkle_tree *tree);

/* The tree as it was at a size; STEPUP_NOT_FOUND where the log isn't that long. */
enum stepup_error log_tree_at(struct store_session *session, int64_t size, struct merkle_tree *tree);

/* Whether the log's newest entries, with what stands beside them, are there and can be read. */
enum stepup_error log_end_check(struct store_session *session, int64_t size);

#endif
