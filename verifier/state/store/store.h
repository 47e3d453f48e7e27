/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store: every statement and the typed functions over them; the drivers (db_sqlite.c, later
 * db_postgres.c) only prepare, bind, step, begin and commit. What is read in a writer's session and then
 * written stands in one transaction.
 *
 * MUST: hand out nothing whose seal or owner doesn't hold, that isn't what was written last, or that nobody
 * wrote (STEPUP_CORRUPT); say of nothing that it isn't there unless it was never written or was taken out by
 * us (STEPUP_NOT_FOUND); report every failure of the disk as STEPUP_IO.
 * Layer: verifier/state/store/.
 */
#ifndef STEPUP_VERIFIER_STORE_H
#define STEPUP_VERIFIER_STORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/evidence/digest.h"
#include "lib/evidence/merkle.h"
#include "lib/wire/shared_limits.h"
#include "verifier/state/records/approval_request.h"
#include "verifier/state/records/user_record.h"
#include "verifier/state/vault/head.h"
#include "verifier/state/vault/master_key.h"

#define STORE_SCHEMA 4

struct store;         /* one per process: place, keys, the memory of every row */
struct store_session; /* one connection: the writer's, or a reader's */

/* What is refused at the start says how to mend it, in `*why` (the caller frees). `url` is "sqlite:PATH".
 * STEPUP_UNSAFE_FILE, STEPUP_CORRUPT (torn, wrong master key), STEPUP_EXISTS (another verifier has it),
 * STEPUP_INVALID (newer schema), STEPUP_IO. Creates the database where there is none. */
enum stepup_error store_open(const char *url, const struct master_key *key, struct store **store, char **why);

struct store_opening {
	const char *url;
	const struct master_key *key;
	/* its path, so that what is refused can name the table that was changed; NULL: not needed. See
	 * store_mark.h for the rest */
	const char *mark;
	/* takes rows and log as they are found, whatever the head says of them: for who begins
	 * a new epoch then */
	bool as_found;
};
/* The same with more to say. */
enum stepup_error store_open_so(const struct store_opening *opening, struct store **store, char **why);
void store_close(struct store **store);

/* The name that log entries call this machine by, before the first of them: the policy's; gethostname(2)'s
 * where never told. STEPUP_TOO_LONG for 256 bytes and more. */
enum stepup_error store_name_host(struct store *store, const char *host);

enum stepup_error store_session_open(struct store *store, bool writer, struct store_session **session);
void store_session_close(struct store_session **session);

/* Transactions of the writer's session; commit is durable when it returns. Savepoints nest once. */
enum stepup_error store_begin(struct store_session *session);
enum stepup_error store_commit(struct store_session *session);
void store_rollback(struct store_session *session);
enum stepup_error store_savepoint(struct store_session *session);
enum stepup_error store_release(struct store_session *session);
void store_rollback_to(struct store_session *session);

/* --- the vault: rows that are not what they should be, and the head that tells one state of the store
 * from all others --- */
struct store_wrong {
	const char *table;         /* NULL for none */
	/* the user's; a fact's; the first 8 digits or characters of what else rows go by; "" of a list */
	char name[USER_NAME_SIZE];
	bool is_user;              /* `name` is a user's */
	bool list;                 /* rows are missing from a list, or too many: no single one is named */
	int64_t found, known;      /* versions; 0: there is none, none was written; -1: it says nothing */
};
/* The one at that place, from 0 on; false where there are no more. */
bool store_wrong_at(struct store *store, size_t place, struct store_wrong *wrong);
size_t store_wrong_count(struct store *store);
/* The next that nobody was told of, which counts as told from then on; false where there is none. */
bool store_wrong_untold(struct store *store, struct store_wrong *wrong);
/* Looks again at all that are wrong; takes off the list what is right. */
enum stepup_error store_wrong_recheck(struct store_session *session);

/* Reads all that is in the vault, on one snapshot of a reader's session, and holds it against its head; notes
 * what isn't as it should be. Takes a fraction of a second for 100,000 users: for a worker thread. */
struct store_checked {
	bool fits;
	int64_t batch, rows;
};
enum stepup_error store_check(struct store_session *session, struct store_checked *checked);

/* The head as of the last commit. */
void store_head_now(struct store *store, struct store_head *head);
/* Whether the log, as far as that head counts its entries, is the one that the head was made of. */
enum stepup_error store_head_fits_log(struct store_session *session, const struct store_head *head,
	bool *fits);
/* From the next commit on it is another epoch: one above the store's and the one that was seen (NULL for
 * none), whose batch it goes on from. */
void store_begin_epoch(struct store *store, const struct store_head *seen);
/* A last transaction, whose head says that everything is finished. */
enum stepup_error store_stop_clean(struct store_session *session);

/* Moves what is in the write-ahead log to the database file; off the commit path, on a
 * connection of its own. */
enum stepup_error store_checkpoint_wal(struct store *store);
/* Whether it is time for that: the write-ahead log has grown to half of the size that is kept for it. */
bool store_checkpoint_wal_due(const struct store_session *session);

/* What the database said when it failed last in this session: for logs, never for people at a door. */
const char *store_trouble(const struct store_session *session);

/* --- users --- STEPUP_NOT_FOUND where there is none of that name. The caller frees. */
enum stepup_error store_user_find(struct store_session *session, const char *name,
	struct user_record **record);
/* Inserts (version 0) or updates; moves record->version on. STEPUP_CORRUPT where the row isn't at
 * record->version. */
enum stepup_error store_user_save(struct store_session *session, struct user_record *record);
/* Gives a stored record another name and saves it so. STEPUP_CORRUPT where the row isn't as
 * the record says. */
enum stepup_error store_user_rename(struct store_session *session, struct user_record *record,
	const char *name);
/* Up to `limit` users with names above `after` ("" for the first), in order. The callback
 * returns false to stop. */
enum stepup_error store_user_each(struct store_session *session, const char *after, int limit,
	bool (*each)(void *context, const struct user_record *record), void *context);
/* The records of one account, in the order of their names; a uid below 0 has none. */
enum stepup_error store_user_each_of_uid(struct store_session *session, int64_t uid,
	bool (*each)(void *context, const struct user_record *record), void *context);
enum stepup_error store_user_count(struct store_session *session, int64_t *count);
/* Names of the locked, for status and for reading at the start. */
enum stepup_error store_user_each_locked(struct store_session *session,
	bool (*each)(void *context, const struct user_record *record), void *context);

/* --- invitations: sealed, single use --- */
struct invitation {
	uint8_t digest[DIGEST_SIZE]; /* of the text that the person types */
	char user[USER_NAME_SIZE];
	char by[USER_NAME_SIZE];
	int64_t expires;
	bool first; /* root's own, made by `stepup init` */
	/* made on the first day by its administrator: what it enrols needn't cool off, if that is on
	 * that day as well */
	bool excused;
};
enum stepup_error store_invitation_add(struct store_session *session, const struct invitation *invitation);
/* Finds it, whether expired or not; STEPUP_NOT_FOUND. */
enum stepup_error store_invitation_find(struct store_session *session, const uint8_t digest[DIGEST_SIZE],
	struct invitation *invitation);
/* Removes it; STEPUP_NOT_FOUND where it is gone already. */
enum stepup_error store_invitation_take(struct store_session *session, const uint8_t digest[DIGEST_SIZE]);
/* Removes those for one user, or for everybody (NULL); with `made_too` also those that this user made, but
 * for root's first one. `*voided` (may be NULL) is how many went. */
enum stepup_error store_invitation_void(struct store_session *session, const char *user, bool made_too,
	int64_t *voided);

/* --- which keys are, or were, anybody's --- */
struct key_owner {
	uint8_t user_id[USER_ID_SIZE];
	char credential[CREDENTIAL_ID_SIZE];
};
/* Notes a key under its public key and, where it has one, its WebAuthn credential id. STEPUP_EXISTS where
 * either is known. Rows stay for ever: a revoked key must not come back. */
enum stepup_error store_key_id_add(struct store_session *session, const struct key_credential *key,
	const struct key_owner *owner);
/* Whose it is, or was; STEPUP_NOT_FOUND. */
enum stepup_error store_key_id_find(struct store_session *session, const struct key_credential *key,
	struct key_owner *owner);

/* --- frozen actions, and those thawed a moment ago: what was approved before a freeze stays void when
 * it is lifted --- */
struct freeze {
	char action[ACTION_NAME_SIZE]; /* a name, or a pattern ending in `*` */
	char reference[LOCK_REFERENCE_SIZE];
	char reason[LOCK_REASON_SIZE];
	char by[USER_NAME_SIZE];
	int64_t at;
	int64_t log;    /* place of its entry: receipts from before it are void */
	int64_t thawed; /* when; 0: it stands */
};
/* after it was thawed: longer than any receipt lives (POLICY_RECEIPT_MAX_SECONDS) */
#define FREEZE_KEPT_SECONDS 600
/* STEPUP_EXISTS where one of that name stands. */
enum stepup_error store_freeze_add(struct store_session *session, const struct freeze *freeze);
/* STEPUP_NOT_FOUND where none of that name stands. */
enum stepup_error store_freeze_thaw(struct store_session *session, const char *action, int64_t at);
/* Those that stand and, with `thawed` set, those that were thawed within FREEZE_KEPT_SECONDS or
 * somewhat longer ago. */
enum stepup_error store_freeze_each(struct store_session *session,
	bool (*each)(void *context, const struct freeze *freeze), void *context);

/* --- what limits count --- */
/* `limit_key` names a rule and a kind of use. What was used newest stands in the user's record: whoever adds,
 * saves the record in the same transaction. A use may be dated later than it was, where the clock was set
 * back, and never earlier: nothing counts for less. STEPUP_CORRUPT where rows were changed or taken away that
 * the answer needs. */

/* Adds an amount, from 0 on; sums stay at INT64_MAX rather than wrap. STEPUP_TOO_LONG: the user has uses
 * under USE_TALLIES_MAX limits. */
enum stepup_error store_use_add(struct store_session *session, struct user_record *record,
	const char *limit_key, int64_t at, int64_t amount);
/* What was used at times above `since`. */
enum stepup_error store_use_sum(struct store_session *session, const struct user_record *record,
	const char *limit_key, int64_t since, int64_t *sum);

/* The same for limits that tell values apart; `value` is a keyed digest of the detail's text. */
enum stepup_error store_use_add_value(struct store_session *session, struct user_record *record,
	const char *limit_key, int64_t at, const uint8_t value[DIGEST_SIZE]);
struct use_values {
	int64_t different; /* distinct values, or `most` where there are more */
	bool has_value;    /* whether the one asked for is among them */
};
/* Reads at most `most` rows, and one. What a reader's session says is no promise: rows that were taken away
 * are noticed in a transaction only. */
enum stepup_error store_use_values(struct store_session *session, const struct user_record *record,
	const char *limit_key, int64_t since, const uint8_t value[DIGEST_SIZE], int64_t most,
	struct use_values *values);

/* Moves what the record's tallies say was used further ahead of `now` than TIMES_AHEAD_SECONDS to `now`, with
 * its rows: all of it counts, from now on. What rows no longer hold together is left as it is, and refused
 * where it is counted. The caller saves the record. */
enum stepup_error store_use_settle(struct store_session *session, struct user_record *record, int64_t now);

/* Removes at most `most` rows that say nothing about times from `before` on. */
enum stepup_error store_use_prune(struct store_session *session, int64_t before, int most, int *removed);

/* --- receipts --- */
#define RECEIPT_ID_SIZE 23 /* base64url of 16 random bytes, with the NUL */
struct receipt_row {
	char jti[RECEIPT_ID_SIZE];
	char user[USER_NAME_SIZE];
	uint8_t user_id[USER_ID_SIZE];
	char credential[CREDENTIAL_ID_SIZE];
	char audience[64];
	uint8_t digest[DIGEST_SIZE]; /* of the approved action */
	int64_t issued, expires, redeemed; /* redeemed 0 for not yet */
	char exec_id[65];
	int64_t log_index;
	/* entry of the redemption; 0 for none, where it is void; the step-up's where the row is of
	 * before this was kept */
	int64_t redeemed_log;
	char approver[USER_NAME_SIZE]; /* the second person; "" where none was asked */
	uint8_t approver_id[USER_ID_SIZE];
	char approver_credential[CREDENTIAL_ID_SIZE];
	/* The versions of the two people's records that it rests on: one from below `receipts_from` is void.
	 * 0 where nobody noted them. */
	int64_t user_version, approver_version;
	struct row_seen seen; /* the store's: what the row was when it was read */
};
enum stepup_error store_receipt_add(struct store_session *session, const struct receipt_row *row);
enum stepup_error store_receipt_find(struct store_session *session, const char *jti, struct receipt_row *row);
/* Only from not redeemed to redeemed: STEPUP_EXISTS where it was already. `log`: the entry that says so,
 * appended in the same transaction. */
enum stepup_error store_receipt_redeem(struct store_session *session, const char *jti, int64_t at,
	const char *exec_id, int64_t log);
enum stepup_error store_receipt_prune(struct store_session *session, int64_t before, int most, int *removed);
enum stepup_error store_receipt_void_all(struct store_session *session, int64_t at);

/* --- requests for a second person's agreement; whoever gets one clears it --- */
/* A new one, in state REQUESTED; its version is set. */
enum stepup_error store_request_add(struct store_session *session, struct approval_request *request);
/* STEPUP_NOT_FOUND. */
enum stepup_error store_request_find(struct store_session *session, const char *id,
	struct approval_request *request);
/* Saves it in another state, and moves its version on. STEPUP_INTERNAL for a step that there isn't,
 * STEPUP_CORRUPT where the row isn't at request->version. */
enum stepup_error store_request_move(struct store_session *session, struct approval_request *request,
	enum request_state to);
/* All that are open (`user_id` NULL), or all of one requester, ended ones too, in no order that means
 * anything. The visit may move the request on; it sets `*more` to false to stop. */
typedef enum stepup_error request_visit(void *context, struct approval_request *request, bool *more);
enum stepup_error store_request_each(struct store_session *session, const uint8_t *user_id,
	request_visit *visit, void *context);
/* Removes at most `most` ended ones that expired, or would have, before that time. */
enum stepup_error store_request_prune(struct store_session *session, int64_t before, int most, int *removed);

/* --- log (DESIGN section 10) --- */
/* Appends the entry's canonical JSON as one leaf; takes over `entry`. The store adds "index" and
 * "host" before writing.
 * `details` (borrowed, may be NULL) go to the erasable table under `salt` (NULL: one of their own), and the
 * entry commits to them (lib/evidence/log_beside.h). `*index` is the entry's place, from 0. */
enum stepup_error store_log_append(struct store_session *session, json_t *entry, const json_t *details,
	const uint8_t salt[DIGEST_SIZE], int64_t *index);
/* The index that the next store_log_append in this transaction will give. */
int64_t store_log_next(struct store_session *session);
enum stepup_error store_log_each(struct store_session *session, int64_t from, int count,
	bool (*each)(void *context, int64_t index, const char *entry, const char *details,
		const uint8_t *salt), void *context);
/* Entries committed so far. */
enum stepup_error store_log_size(struct store_session *session, int64_t *size);
/* The tree as of the last commit; for the writer's session as of now. */
enum stepup_error store_log_tree(struct store_session *session, struct merkle_tree *tree);
/* Recomputes the tree from the newest kept checkpoint at or below `size` and gives its root at `size`. */
enum stepup_error store_log_root_at(struct store_session *session, int64_t size, uint8_t root[DIGEST_SIZE]);
enum stepup_error store_log_checkpoint_add(struct store_session *session, const struct merkle_tree *tree,
	int64_t at, const char *note);
/* Of the checkpoints made before a time, keeps the first of each hour, and the newest whatever its
 * time. Looks at CHECKPOINTS_THINNED_AT_ONCE, from `*from` on (0 at first), which it moves on;
 * `*removed` is how many went. */
#define CHECKPOINTS_THINNED_AT_ONCE 200
enum stepup_error store_log_checkpoint_thin(struct store_session *session, int64_t before, int64_t *from,
	int *removed);
/* The notes of the kept checkpoints over more than `from` and at most `to` entries, in their order; the
 * callback returns false to stop. What they say is for whoever has the log's key to check. */
enum stepup_error store_log_checkpoint_each(struct store_session *session, int64_t from, int64_t to,
	bool (*each)(void *context, const char *note), void *context);
/* The newest signed note, the caller's to free; STEPUP_NOT_FOUND before the first. */
enum stepup_error store_log_checkpoint_newest(struct store_session *session, int64_t *size, char **note);

/* --- what hooks are still to be told of: rows that stand beside log entries, from the same transaction on
 * until they are removed --- */
/* most urgent first; stored */
enum store_event { STORE_EVENT_LOCKED, STORE_EVENT_REQUESTED, STORE_EVENT_ENROLLED, STORE_EVENT_ALERT,
	STORE_EVENT_COUNT };
#define STORE_EVENTS_MAX 10000 /* rows; beyond that nothing but locks is noted, and what isn't is counted */

/* Says which events an entry is, as bits 1 << enum store_event; runs on the writer's side, for each entry
 * that is appended. */
typedef unsigned store_event_filter(void *context, const json_t *entry);
/* Where the entries that it is asked of begin to belong to a transaction (depth 0) or to a savepoint in it (1
 * …), before the first of them; and that all since then were undone, or not committed: what it counted for
 * them didn't happen. */
typedef void store_event_turn(void *context, unsigned depth);
#define STORE_EVENT_DEPTHS 3

struct store_event_watch {
	store_event_filter *filter;
	store_event_turn *begun, *undone;
	void *context; /* must live as long as the store */
};
/* Sets it; before anything is appended that could be an event. */
void store_events_watch(struct store *store, const struct store_event_watch *watch);

struct event_row {
	enum store_event event;
	int64_t index; /* of the log entry */
};
/* The most urgent one, oldest first; the next of one kind after an index. STEPUP_NOT_FOUND. */
enum stepup_error store_event_first(struct store_session *session, struct event_row *row);
enum stepup_error store_event_after(struct store_session *session, enum store_event event, int64_t after,
	struct event_row *row);
/* STEPUP_NOT_FOUND where it is gone already. */
enum stepup_error store_event_remove(struct store_session *session, const struct event_row *row);
/* Removes those noted before a time. */
enum stepup_error store_event_expire(struct store_session *session, int64_t before, int64_t *removed);
/* Changes whenever a commit may have brought some. */
uint64_t store_events_noted(struct store *store);
/* How many entries' events weren't noted for want of room, and store_events_dropped_logged() doesn't say yet
 * that the log has it. */
int64_t store_events_dropped(struct store *store);
void store_events_dropped_logged(struct store *store, int64_t count);

/* --- signing keys, sealed; purpose "receipt" (JWK, private) or "log" (32-byte seed, base64url) --- */
enum stepup_error store_key_add(struct store_session *session, const char *purpose, const char *kid,
	const char *secret, int64_t at);
/* Newest first; the callback's secret is wiped after it returns. */
enum stepup_error store_key_each(struct store_session *session, const char *purpose,
	bool (*each)(void *context, const char *kid, const char *secret, int64_t at), void *context);

/* --- small facts by name, MACed --- */
enum stepup_error store_fact_get(struct store_session *session, const char *name, char *value, size_t size);
enum stepup_error store_fact_set(struct store_session *session, const char *name, const char *value);

/* --- the last good policy and the last good list of models, in the bytes that policy_choice.c packs ---
 * STEPUP_NOT_FOUND where none is kept. */
enum store_kept { STORE_KEPT_POLICY, STORE_KEPT_MODELS };
/* The caller frees the bytes. */
enum stepup_error store_kept_get(struct store_session *session, enum store_kept which, uint8_t **bytes,
	size_t *size);
enum stepup_error store_kept_set(struct store_session *session, enum store_kept which, const uint8_t *bytes,
	size_t size);

/* What keyed digests are made of, each under a subkey of its own that the store keeps. */
enum store_digest { DIGEST_GUESS_SOURCE, DIGEST_LIMIT_VALUE, DIGEST_CREDENTIAL_SECRET, DIGEST_KEY_PUBLIC,
	DIGEST_KEY_ID, DIGEST_INVITATION_TRIES, DIGEST_DECOY, DIGEST_DECOY_KEY, DIGEST_COUNT };

/* A keyed digest, HMAC-SHA-256: tells equal from unequal, nothing else. From any thread. */
enum stepup_error store_keyed_digest(const struct store *store, enum store_digest of, const void *bytes,
	size_t size, uint8_t digest[DIGEST_SIZE]);

#endif
