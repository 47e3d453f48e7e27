/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The schema and every statement. Only SQL that SQLite and PostgreSQL share; parameters stand in
 * order, each once.
 * A column `sealed` holds what store_rows.c sealed; beside it stand only what rows are found by and `key_id`,
 * and each of these is bound into the seal, but for hints (`locked`, `uid`, `open`, `expires`) that are
 * checked against what was sealed. What limits count isn't sealed, but has a `mac`. Statements that find,
 * scan or delete rows of a table in the vault's sum (vault_tables in store_terms.c) give all of its columns,
 * in one order; NOT INDEXED, which only SQLite has, makes a scan read the table itself.
 */
#include "verifier/state/store/store_internal.h"

/* Schema 2: which keys are, or were, anybody's; requests for a second person's agreement. */
#define KEY_IDS_TABLE "CREATE TABLE key_ids (digest BLOB PRIMARY KEY NOT NULL, key_id TEXT NOT NULL, " \
	"sealed BLOB NOT NULL) WITHOUT ROWID;"
#define REQUESTS_TABLE \
	"CREATE TABLE requests (id TEXT PRIMARY KEY NOT NULL, user_id BLOB NOT NULL, " \
	"open INTEGER NOT NULL, expires INTEGER NOT NULL," \
	" version INTEGER NOT NULL, key_id TEXT NOT NULL, sealed BLOB NOT NULL);" \
	"CREATE INDEX requests_open ON requests (id) WHERE open = 1;" \
	"CREATE INDEX requests_user ON requests (user_id, id);" \
	"CREATE INDEX requests_ended ON requests (expires) WHERE open = 0;"

/* And what hooks are still to be told of: not sealed, see HACKING.md. */
#define EVENTS_TABLE "CREATE TABLE events (event INTEGER NOT NULL, idx INTEGER NOT NULL, " \
	"at INTEGER NOT NULL, PRIMARY KEY (event, idx));"

/* Schema 3: what limits count, as running totals, and as one row for each value. Not sealed, for nothing in
 * it is secret, but each row has a MAC and stands under a tally in the user's record. */
#define USES_TABLES \
	"CREATE TABLE use_totals (user_id BLOB NOT NULL, limit_id BLOB NOT NULL, at INTEGER NOT NULL, " \
	"until INTEGER NOT NULL," \
	" total INTEGER NOT NULL, mac BLOB NOT NULL, PRIMARY KEY (user_id, limit_id, at)) WITHOUT ROWID;" \
	"CREATE INDEX use_totals_until ON use_totals (until);" \
	"CREATE TABLE use_values (user_id BLOB NOT NULL, limit_id BLOB NOT NULL, value BLOB NOT NULL, " \
	"number INTEGER NOT NULL, at INTEGER NOT NULL," \
	" before INTEGER NOT NULL, before_at INTEGER NOT NULL, mac BLOB NOT NULL, PRIMARY KEY (user_id, " \
	"limit_id, value)) WITHOUT ROWID;" \
	"CREATE UNIQUE INDEX use_values_number ON use_values (user_id, limit_id, number);" \
	"CREATE INDEX use_values_at ON use_values (at, number);"

/* Schema 4: which records are of one account. What it says of records that are there already is filled in by
 * users_upgrade(), before all other steps. */
#define USERS_UID_INDEX "CREATE INDEX users_uid ON users (uid);"

/* Requests of schema 2 were sealed under a key without a name of its own: those that are open end here, and
 * are asked for again. */
const char *const store_upgrade_sql[] = {
	[1] = KEY_IDS_TABLE REQUESTS_TABLE EVENTS_TABLE,
	[2] = "DELETE FROM requests;" USES_TABLES,
	[3] = USERS_UID_INDEX "ALTER TABLE log_entries ADD COLUMN head BLOB;",
};

const char store_schema_sql[] =
	"CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, key_id TEXT NOT NULL, sealed BLOB NOT NULL);"

	"CREATE TABLE users (user_id BLOB PRIMARY KEY NOT NULL, name TEXT NOT NULL UNIQUE, "
	"version INTEGER NOT NULL, locked INTEGER NOT NULL,"
	" key_id TEXT NOT NULL, sealed BLOB NOT NULL, uid INTEGER NOT NULL DEFAULT -1);"
	"CREATE INDEX users_locked ON users (name) WHERE locked = 1;" USERS_UID_INDEX

	"CREATE TABLE invitations (digest BLOB PRIMARY KEY NOT NULL, key_id TEXT NOT NULL, "
	"sealed BLOB NOT NULL);"

	"CREATE TABLE facts (name TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, key_id TEXT NOT NULL, "
	"sealed BLOB NOT NULL);"

	"CREATE TABLE receipts (jti TEXT PRIMARY KEY NOT NULL, expires INTEGER NOT NULL, "
	"version INTEGER NOT NULL, key_id TEXT NOT NULL,"
	" sealed BLOB NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX receipts_expires ON receipts (expires);"

	"CREATE TABLE log_entries (idx INTEGER PRIMARY KEY NOT NULL, entry TEXT NOT NULL, head BLOB);"
	"CREATE TABLE log_details (idx INTEGER PRIMARY KEY NOT NULL, salt BLOB NOT NULL, "
	"details TEXT NOT NULL);"
	"CREATE TABLE checkpoints (size INTEGER PRIMARY KEY NOT NULL, at INTEGER NOT NULL, "
	"note TEXT NOT NULL, key_id TEXT NOT NULL,"
	" sealed BLOB NOT NULL);"

	"CREATE TABLE keys (purpose TEXT NOT NULL, kid TEXT NOT NULL, at INTEGER NOT NULL, "
	"key_id TEXT NOT NULL, sealed BLOB NOT NULL,"
	" PRIMARY KEY (purpose, kid));"

	KEY_IDS_TABLE REQUESTS_TABLE EVENTS_TABLE USES_TABLES;

const char *const store_sql[SQL_COUNT] = {
	[SQL_META_GET] = "SELECT name, key_id, sealed FROM meta WHERE name = $1",
	[SQL_META_SET] = "INSERT INTO meta (key_id, sealed, name) VALUES ($1, $2, $3)",
	[SQL_META_UPDATE] = "UPDATE meta SET key_id = $1, sealed = $2 WHERE name = $3",
	[SQL_META_SCAN] = "SELECT name, key_id, sealed FROM meta NOT INDEXED",
	[SQL_META_COUNT] = "SELECT COUNT(*) FROM meta NOT INDEXED",

	[SQL_USER_FIND] =
		"SELECT name, user_id, version, locked, uid, key_id, sealed FROM users WHERE name = $1",
	[SQL_USER_INSERT] = "INSERT INTO users (name, user_id, version, locked, uid, key_id, sealed) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7)",
	[SQL_USER_UPDATE] = "UPDATE users SET version = $1, locked = $2, key_id = $3, sealed = $4 "
		"WHERE user_id = $5 AND name = $6 AND version = $7",
	[SQL_USER_UPDATE_ALL] =
		"UPDATE users SET version = $1, locked = $2, uid = $3, key_id = $4, sealed = $5, name = $6"
		" WHERE user_id = $7 AND name = $8 AND version = $9",
	[SQL_USER_PAGE] = "SELECT name FROM users WHERE name > $1 ORDER BY name LIMIT $2",
	[SQL_USER_PAGE_LOCKED] =
		"SELECT name FROM users WHERE name > $1 AND locked = 1 ORDER BY name LIMIT $2",
	[SQL_USER_OF_UID] = "SELECT name FROM users WHERE uid = $1 AND name > $2 ORDER BY name LIMIT $3",
	[SQL_USER_FORMER] = "SELECT name, user_id, version, locked, uid, key_id, sealed FROM users "
		"WHERE name > $1 ORDER BY name LIMIT 1",
	/* in an upgrade, before the vault begins */
	[SQL_USER_SET_UID] = "UPDATE users SET uid = $1 WHERE user_id = $2",
	[SQL_USER_COUNT] = "SELECT COUNT(*) FROM users WHERE name > ''", /* by the index that pages go by */
	[SQL_USER_COUNT_LOCKED] = "SELECT COUNT(*) FROM users WHERE locked = 1",
	[SQL_USER_SCAN] = "SELECT name, user_id, version, locked, uid, key_id, sealed FROM users NOT INDEXED",

	[SQL_INVITATION_ADD] = "INSERT INTO invitations (digest, key_id, sealed) VALUES ($1, $2, $3)",
	[SQL_INVITATION_FIND] = "SELECT digest, key_id, sealed FROM invitations WHERE digest = $1",
	[SQL_INVITATION_DELETE] =
		"DELETE FROM invitations WHERE digest = $1 RETURNING digest, key_id, sealed",
	[SQL_INVITATION_ALL] = "SELECT digest FROM invitations WHERE digest > $1 ORDER BY digest LIMIT $2",
	[SQL_INVITATION_COUNT] = "SELECT COUNT(*) FROM invitations WHERE digest > x''",
	[SQL_INVITATION_SCAN] = "SELECT digest, key_id, sealed FROM invitations NOT INDEXED",

	[SQL_FACT_GET] = "SELECT name, version, key_id, sealed FROM facts WHERE name = $1",
	[SQL_FACT_INSERT] = "INSERT INTO facts (version, key_id, sealed, name) VALUES ($1, $2, $3, $4)",
	[SQL_FACT_UPDATE] = "UPDATE facts SET version = $1, key_id = $2, sealed = $3 WHERE name = $4",
	[SQL_FACT_SCAN] = "SELECT name, version, key_id, sealed FROM facts NOT INDEXED",
	[SQL_FACT_COUNT] = "SELECT COUNT(*) FROM facts NOT INDEXED",

	[SQL_TOTAL_SET] = "INSERT INTO use_totals (user_id, limit_id, at, until, total, mac) VALUES ($1, $2, "
		"$3, $4, $5, $6)"
		" ON CONFLICT (user_id, limit_id, at) DO UPDATE SET until = excluded.until, "
		"total = excluded.total, mac = excluded.mac",
	[SQL_TOTAL_AT] = "SELECT at, until, total, mac FROM use_totals WHERE user_id = $1 AND limit_id = $2 "
		"AND at <= $3 ORDER BY at DESC LIMIT 1",
	[SQL_TOTAL_AHEAD] = "DELETE FROM use_totals WHERE user_id = $1 AND limit_id = $2 AND at > $3",
	[SQL_TOTAL_PRUNE] = "DELETE FROM use_totals WHERE (user_id, limit_id, at) IN"
		" (SELECT user_id, limit_id, at FROM use_totals WHERE until < $1 ORDER BY until LIMIT $2)",

	[SQL_VALUE_SET] = "INSERT INTO use_values (user_id, limit_id, value, number, at, before, before_at, "
		"mac) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
		" ON CONFLICT (user_id, limit_id, value) DO UPDATE SET number = excluded.number, "
		"at = excluded.at, before = excluded.before,"
		" before_at = excluded.before_at, mac = excluded.mac",
	[SQL_VALUE_FIND] = "SELECT value, number, at, before, before_at, mac FROM use_values "
		"WHERE user_id = $1 AND limit_id = $2 AND value = $3",
	[SQL_VALUE_AFTER] = "SELECT value, number, at, before, before_at, mac FROM use_values "
		"WHERE user_id = $1 AND limit_id = $2 AND number > $3"
		" ORDER BY number LIMIT 1",
	[SQL_VALUE_WALK] = "SELECT value, number, at, before, before_at, mac FROM use_values "
		"WHERE user_id = $1 AND limit_id = $2"
		" ORDER BY number DESC LIMIT $3",
	[SQL_VALUE_PRUNE] = "DELETE FROM use_values WHERE (user_id, limit_id, value) IN"
		/* a list's end first */
		" (SELECT user_id, limit_id, value FROM use_values WHERE at < $1 ORDER BY at, "
		"number LIMIT $2)",

	/* of schema 2 */
	[SQL_FORMER_USES] = "SELECT limit_id, at, value, amount FROM uses WHERE user_id = $1 "
		"ORDER BY limit_id, at, value",

	[SQL_RECEIPT_ADD] =
		"INSERT INTO receipts (jti, expires, version, key_id, sealed) VALUES ($1, $2, $3, $4, $5)",
	[SQL_RECEIPT_FIND] = "SELECT jti, expires, version, key_id, sealed FROM receipts WHERE jti = $1",
	[SQL_RECEIPT_UPDATE] = "UPDATE receipts SET version = $1, key_id = $2, sealed = $3 WHERE jti = $4",
	[SQL_RECEIPT_DELETE] =
		"DELETE FROM receipts WHERE jti = $1 RETURNING jti, expires, version, key_id, sealed",
	[SQL_RECEIPT_OLD] = "SELECT jti FROM receipts WHERE expires < $1 ORDER BY expires LIMIT $2",
	[SQL_RECEIPT_PAGE] = "SELECT jti FROM receipts WHERE jti > $1 ORDER BY jti LIMIT $2",
	[SQL_RECEIPT_COUNT] = "SELECT COUNT(*) FROM receipts NOT INDEXED",
	[SQL_RECEIPT_SCAN] = "SELECT jti, expires, version, key_id, sealed FROM receipts NOT INDEXED",

	[SQL_LOG_ADD] = "INSERT INTO log_entries (idx, entry, head) VALUES ($1, $2, $3)",
	[SQL_HEAD_GET] = "SELECT idx, head FROM log_entries ORDER BY idx DESC LIMIT 1",
	[SQL_HEAD_SET] = "UPDATE log_entries SET head = $1 WHERE idx = $2",
	[SQL_LOG_DETAILS_ADD] = "INSERT INTO log_details (idx, salt, details) VALUES ($1, $2, $3)",
	[SQL_LOG_ENTRIES] = "SELECT idx, entry FROM log_entries WHERE idx >= $1 AND idx < $2 ORDER BY idx",
	[SQL_LOG_PAGE] = "SELECT e.idx, e.entry, d.details, d.salt FROM log_entries e LEFT "
		"JOIN log_details d ON d.idx = e.idx"
		" WHERE e.idx >= $1 AND e.idx < $2 ORDER BY e.idx",

	[SQL_CHECKPOINT_ADD] =
		"INSERT INTO checkpoints (size, at, note, key_id, sealed) VALUES ($1, $2, $3, $4, $5)",
	[SQL_CHECKPOINT_NEWEST] = "SELECT size, at, note, key_id, sealed FROM checkpoints WHERE size <= $1 "
		"ORDER BY size DESC LIMIT 1",
	[SQL_CHECKPOINT_NOTES] = "SELECT note FROM checkpoints WHERE size > $1 AND size <= $2 ORDER BY size",
	[SQL_CHECKPOINT_PAGE] = "SELECT size, at FROM checkpoints WHERE size >= $1 ORDER BY size LIMIT $2",
	[SQL_CHECKPOINT_DELETE] = "DELETE FROM checkpoints WHERE size = $1",

	[SQL_KEY_ADD] = "INSERT INTO keys (purpose, kid, at, key_id, sealed) VALUES ($1, $2, $3, $4, $5)",
	[SQL_KEY_ALL] = "SELECT purpose, kid FROM keys NOT INDEXED ORDER BY at DESC, kid",
	[SQL_KEY_FIND] = "SELECT purpose, kid, at, key_id, sealed FROM keys WHERE purpose = $1 AND kid = $2",
	[SQL_KEY_COUNT] = "SELECT COUNT(*) FROM keys NOT INDEXED",
	[SQL_KEY_SCAN] = "SELECT purpose, kid, at, key_id, sealed FROM keys NOT INDEXED",

	[SQL_KEY_ID_ADD] = "INSERT INTO key_ids (digest, key_id, sealed) VALUES ($1, $2, $3)",
	[SQL_KEY_ID_FIND] = "SELECT digest, key_id, sealed FROM key_ids WHERE digest = $1",
	[SQL_KEY_ID_COUNT] = "SELECT COUNT(*) FROM key_ids NOT INDEXED",
	[SQL_KEY_ID_SCAN] = "SELECT digest, key_id, sealed FROM key_ids NOT INDEXED",

	[SQL_REQUEST_ADD] = "INSERT INTO requests (id, user_id, open, expires, version, key_id, sealed) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7)",
	[SQL_REQUEST_FIND] =
		"SELECT id, user_id, open, expires, version, key_id, sealed FROM requests WHERE id = $1",
	[SQL_REQUEST_UPDATE] = "UPDATE requests SET open = $1, expires = $2, version = $3, key_id = $4, "
		"sealed = $5 WHERE id = $6 AND version = $7",
	[SQL_REQUEST_OPEN] = "SELECT id FROM requests WHERE open = 1 AND id > $1 ORDER BY id LIMIT $2",
	[SQL_REQUEST_OPEN_BY_TABLE] =
		"SELECT id FROM requests NOT INDEXED WHERE open = 1 AND id > $1 ORDER BY id LIMIT $2",
	[SQL_REQUEST_OF_USER] = "SELECT id FROM requests WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3",
	[SQL_REQUEST_OLD] =
		"SELECT id FROM requests WHERE open = 0 AND expires < $1 ORDER BY expires LIMIT $2",
	[SQL_REQUEST_DELETE] = "DELETE FROM requests WHERE id = $1 RETURNING id, user_id, open, expires, "
		"version, key_id, sealed",
	[SQL_REQUEST_COUNT] = "SELECT COUNT(*) FROM requests NOT INDEXED",
	[SQL_REQUEST_COUNT_OPEN] = "SELECT COUNT(*) FROM requests WHERE open = 1",
	[SQL_REQUEST_SCAN] =
		"SELECT id, user_id, open, expires, version, key_id, sealed FROM requests NOT INDEXED",

	[SQL_EVENT_ADD] = "INSERT INTO events (event, idx, at) VALUES ($1, $2, $3)",
	[SQL_EVENT_COUNT] = "SELECT COUNT(*) FROM events WHERE event > -1",
	[SQL_EVENT_NEXT] =
		"SELECT event, idx FROM events WHERE (event, idx) > ($1, $2) ORDER BY event, idx LIMIT 1",
	[SQL_EVENT_FIND] = "SELECT event, idx, at FROM events WHERE event = $1 AND idx = $2",
	[SQL_EVENT_REMOVE] = "DELETE FROM events WHERE event = $1 AND idx = $2 RETURNING event, idx, at",
	[SQL_EVENT_EXPIRE] = "DELETE FROM events WHERE at < $1 RETURNING event, idx, at",
	[SQL_EVENT_SCAN] = "SELECT event, idx, at FROM events NOT INDEXED",
};
