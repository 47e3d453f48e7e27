/* SPDX-License-Identifier: BSD-2-Clause */
/* Orders in a database of the service's own; see orders.h. */
#include <openssl/evp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "examples/export-service/orders.h"

#define DIGEST_SIZE 32
#define KEPT_SECONDS (2 * 24 * 60 * 60) /* longer than the verifier lets an execution ask again */
#define BUSY_MS 5000

struct orders {
	sqlite3 *db;
};

struct orders *orders_open(const char *path)
{
	static const char schema[] = "CREATE TABLE IF NOT EXISTS orders (receipt BLOB NOT NULL, "
		"account TEXT NOT NULL, records INTEGER NOT NULL,"
		" exec_id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, begun INTEGER NOT NULL, PRIMARY KEY "
		"(receipt, account, records))";
	struct orders *orders = calloc(1, sizeof(*orders));

	if (orders &&
	    (sqlite3_open_v2(path, &orders->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
			    NULL) != SQLITE_OK || sqlite3_busy_timeout(orders->db, BUSY_MS) != SQLITE_OK ||
		    sqlite3_exec(orders->db, "PRAGMA synchronous = FULL", NULL, NULL, NULL) != SQLITE_OK ||
		    sqlite3_exec(orders->db, schema, NULL, NULL, NULL) != SQLITE_OK)) {
		fprintf(stderr, "export-service: %s: %s\n", path, sqlite3_errmsg(orders->db));
		orders_close(&orders);
	}
	return orders;
}

void orders_close(struct orders **orders)
{
	if (!*orders)
		return;
	sqlite3_close((*orders)->db);
	free(*orders);
	*orders = NULL;
}

static bool make_exec_id(char exec_id[EXEC_ID_SIZE])
{
	unsigned char bytes[(EXEC_ID_SIZE - 1) / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(exec_id + 2 * i, 3, "%02x", bytes[i]);
	return true;
}

/* A statement with receipt, account and records bound. */
static sqlite3_stmt *prepare_order(struct orders *orders, const char *sql,
	const unsigned char digest[DIGEST_SIZE], const char *account, int64_t records)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(orders->db, sql, -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_bind_blob(statement, 1, digest, DIGEST_SIZE, SQLITE_STATIC) == SQLITE_OK &&
		sqlite3_bind_text(statement, 2, account, -1, SQLITE_STATIC) == SQLITE_OK &&
		sqlite3_bind_int64(statement, 3, records) == SQLITE_OK)
		return statement;
	sqlite3_finalize(statement);
	return NULL;
}

static bool find(struct orders *orders, const unsigned char digest[DIGEST_SIZE], const char *account,
	int64_t records, char exec_id[EXEC_ID_SIZE], bool *found)
{
	sqlite3_stmt *statement = prepare_order(orders,
		"SELECT exec_id FROM orders WHERE receipt = ?1 AND account = ?2 AND records = ?3", digest,
		account, records);
	int step = statement ? sqlite3_step(statement) : SQLITE_ERROR;
	bool sound = step == SQLITE_DONE;

	*found = step == SQLITE_ROW;
	if (*found)
		sound = snprintf(exec_id, EXEC_ID_SIZE, "%s",
			(const char *)sqlite3_column_text(statement, 0)) == EXEC_ID_SIZE - 1;
	sqlite3_finalize(statement);
	return sound;
}

static bool add(struct orders *orders, const unsigned char digest[DIGEST_SIZE], const char *account,
	int64_t records, char exec_id[EXEC_ID_SIZE])
{
	sqlite3_stmt *statement = make_exec_id(exec_id)
		? prepare_order(orders, "INSERT INTO orders (receipt, account, records, exec_id, at, begun) "
			"VALUES (?1, ?2, ?3, ?4, ?5, 0)", digest, account, records)
		: NULL;
	bool added = statement && sqlite3_bind_text(statement, 4, exec_id, -1, SQLITE_STATIC) == SQLITE_OK &&
		sqlite3_bind_int64(statement, 5, (sqlite3_int64)time(NULL)) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_DONE;

	sqlite3_finalize(statement);
	return added;
}

static bool forget_old(struct orders *orders)
{
	sqlite3_stmt *statement = NULL;
	bool done = sqlite3_prepare_v2(orders->db, "DELETE FROM orders WHERE at < ?1", -1, &statement,
		NULL) == SQLITE_OK &&
		sqlite3_bind_int64(statement, 1, (sqlite3_int64)time(NULL) - KEPT_SECONDS) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_DONE;

	sqlite3_finalize(statement);
	return done;
}

bool orders_record(struct orders *orders, const char *receipt, const char *account, int64_t records,
	char exec_id[EXEC_ID_SIZE], bool *again)
{
	unsigned char digest[DIGEST_SIZE];
	bool done;

	if (EVP_Digest(receipt, strlen(receipt), digest, NULL, EVP_sha256(), NULL) != 1 ||
		sqlite3_exec(orders->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return false;
	done = forget_old(orders) && find(orders, digest, account, records, exec_id, again) &&
		(*again || add(orders, digest, account, records, exec_id));
	if (!done)
		fprintf(stderr, "export-service: orders: %s\n", sqlite3_errmsg(orders->db));
	if (sqlite3_exec(orders->db, done ? "COMMIT" : "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
		return false;
	return done;
}

bool orders_begin(struct orders *orders, const char *exec_id)
{
	sqlite3_stmt *statement = NULL;
	bool begun =
		sqlite3_prepare_v2(orders->db, "UPDATE orders SET begun = 1 WHERE exec_id = ?1 AND begun = 0",
			-1, &statement, NULL) == SQLITE_OK &&
		sqlite3_bind_text(statement, 1, exec_id, -1, SQLITE_STATIC) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_DONE && sqlite3_changes(orders->db) == 1;

	sqlite3_finalize(statement);
	return begun;
}
