/* SPDX-License-Identifier: BSD-2-Clause */
/* Customers and contacts, read with bound parameters only; see customers.h. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "examples/support-console/data/customers.h"

#define BUSY_MILLISECONDS 2000

struct customers {
	sqlite3 *db;
};

struct customers *customers_open(const char *path, char *why, size_t why_size)
{
	struct customers *customers = calloc(1, sizeof(*customers));

	if (!customers) {
		snprintf(why, why_size, "no memory");
		return NULL;
	}
	if (sqlite3_open_v2(path, &customers->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_FULLMUTEX,
		    NULL) != SQLITE_OK ||
	    sqlite3_busy_timeout(customers->db, BUSY_MILLISECONDS) != SQLITE_OK ||
	    sqlite3_exec(customers->db, "SELECT 1 FROM customers LIMIT 1", NULL, NULL, NULL) != SQLITE_OK) {
		snprintf(why, why_size, "%s: %s", path, sqlite3_errmsg(customers->db));
		customers_close(&customers);
	}
	return customers;
}

void customers_close(struct customers **customers)
{
	if (!*customers)
		return;
	sqlite3_close((*customers)->db);
	free(*customers);
	*customers = NULL;
}

static sqlite3_stmt *prepare(struct customers *customers, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(customers->db, sql, -1, &statement, NULL) != SQLITE_OK) {
		fprintf(stderr, "support-console: %s\n", sqlite3_errmsg(customers->db));
		sqlite3_finalize(statement);
		return NULL;
	}
	return statement;
}

/* The text of a column, "" where there is none; lasts until the next step. */
static const char *column(sqlite3_stmt *statement, int index)
{
	const unsigned char *text = sqlite3_column_text(statement, index);

	return text ? (const char *)text : "";
}

static void hand_customer(sqlite3_stmt *statement, void (*each)(void *, const struct customer *),
	void *context)
{
	struct customer customer = {
		.account = column(statement, 0),
		.name = column(statement, 1),
		.plan = column(statement, 2),
		.region = column(statement, 3),
		.since = column(statement, 4),
		.contacts = sqlite3_column_int64(statement, 5),
	};

	each(context, &customer);
}

#define CUSTOMER_COLUMNS                                                                                     \
	"SELECT account, name, plan, region, since, "                                                        \
	"(SELECT count(*) FROM contacts WHERE contacts.customer = customers.id) FROM customers "
#define MATCHES "WHERE ?1 = '' OR instr(lower(name), lower(?1)) OR instr(account, lower(?1)) "

bool customers_list(struct customers *customers, const char *search, int64_t limit, int64_t offset,
	int64_t *total, void (*each)(void *context, const struct customer *customer), void *context)
{
	sqlite3_stmt *count = prepare(customers, "SELECT count(*) FROM customers " MATCHES);
	sqlite3_stmt *list = prepare(customers,
		CUSTOMER_COLUMNS MATCHES "ORDER BY name COLLATE NOCASE, id LIMIT ?2 OFFSET ?3");
	int step = SQLITE_ERROR;
	bool done = false;

	if (!count || !list || sqlite3_bind_text(count, 1, search, -1, SQLITE_STATIC) != SQLITE_OK ||
	    sqlite3_bind_text(list, 1, search, -1, SQLITE_STATIC) != SQLITE_OK ||
	    sqlite3_bind_int64(list, 2, limit) != SQLITE_OK ||
	    sqlite3_bind_int64(list, 3, offset) != SQLITE_OK)
		goto out;
	if (sqlite3_step(count) != SQLITE_ROW)
		goto out;
	*total = sqlite3_column_int64(count, 0);
	while ((step = sqlite3_step(list)) == SQLITE_ROW)
		hand_customer(list, each, context);
	done = step == SQLITE_DONE;
out:
	sqlite3_finalize(count);
	sqlite3_finalize(list);
	return done;
}

/* A prepared statement with the account bound to ?1. */
static sqlite3_stmt *customers_prepare_account(struct customers *customers, const char *sql,
	const char *account)
{
	sqlite3_stmt *statement = prepare(customers, sql);

	if (statement && sqlite3_bind_text(statement, 1, account, -1, SQLITE_STATIC) != SQLITE_OK) {
		sqlite3_finalize(statement);
		return NULL;
	}
	return statement;
}

bool customer_show(struct customers *customers, const char *account,
	void (*each)(void *context, const struct customer *customer), void *context)
{
	sqlite3_stmt *statement =
		customers_prepare_account(customers, CUSTOMER_COLUMNS "WHERE account = ?1", account);
	bool found = statement && sqlite3_step(statement) == SQLITE_ROW;

	if (found)
		hand_customer(statement, each, context);
	sqlite3_finalize(statement);
	return found;
}

bool customer_contacts(struct customers *customers, const char *account, int64_t limit,
	void (*each)(void *context, const struct contact *contact), void *context)
{
	sqlite3_stmt *statement = customers_prepare_account(customers,
		"SELECT contacts.name, email, city, state FROM contacts JOIN customers "
		"ON customers.id = customer WHERE account = ?1 ORDER BY contacts.id LIMIT ?2", account);
	int step = SQLITE_ERROR;

	if (statement && sqlite3_bind_int64(statement, 2, limit) == SQLITE_OK) {
		while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
			struct contact contact = {
				.name = column(statement, 0),
				.email = column(statement, 1),
				.city = column(statement, 2),
				.state = column(statement, 3),
			};

			each(context, &contact);
		}
	}
	sqlite3_finalize(statement);
	return step == SQLITE_DONE;
}

int64_t customer_contact_count(struct customers *customers, const char *account)
{
	sqlite3_stmt *statement = customers_prepare_account(customers, "SELECT (SELECT count(*) "
		"FROM contacts WHERE customer = customers.id) FROM customers WHERE account = ?1", account);
	int64_t count = -1;

	if (statement && sqlite3_step(statement) == SQLITE_ROW)
		count = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return count;
}

char *customer_api_key(struct customers *customers, const char *account)
{
	sqlite3_stmt *statement = customers_prepare_account(customers,
		"SELECT api_key FROM customers WHERE account = ?1", account);
	char *key = NULL;

	if (statement && sqlite3_step(statement) == SQLITE_ROW)
		key = strdup(column(statement, 0));
	sqlite3_finalize(statement);
	return key;
}
