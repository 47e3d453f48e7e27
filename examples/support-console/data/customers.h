/* SPDX-License-Identifier: BSD-2-Clause */
/* The customers and their contacts: an SQLite file that the console only reads. */
#ifndef CONSOLE_CUSTOMERS_H
#define CONSOLE_CUSTOMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct customers;

struct customer {
	const char *account, *name, *plan, *region, *since;
	int64_t contacts;
};

struct contact {
	const char *name, *email, *city, *state;
};

/* Opens the file for reading; NULL with a sentence in `why` (`why_size` bytes). */
struct customers *customers_open(const char *path, char *why, size_t why_size);
void customers_close(struct customers **customers);

/* Hands customers whose name or account holds `search` (empty: all) to `each`, in order of name; texts last
 * as long as the call. `*total` is how many there are without `limit` and `offset`. False where the file
 * could not be read. */
bool customers_list(struct customers *customers, const char *search, int64_t limit, int64_t offset,
	int64_t *total, void (*each)(void *context, const struct customer *customer), void *context);

/* Hands the one customer to `each`. False where there is none. */
bool customer_show(struct customers *customers, const char *account,
	void (*each)(void *context, const struct customer *customer), void *context);

/* Hands the first `limit` contacts to `each`, in the order that an export has. */
bool customer_contacts(struct customers *customers, const char *account, int64_t limit,
	void (*each)(void *context, const struct contact *contact), void *context);

/* How many contacts the account has; -1 where there is no such account. */
int64_t customer_contact_count(struct customers *customers, const char *account);

/* The customer's API key; the caller wipes and frees. NULL where there is none. */
char *customer_api_key(struct customers *customers, const char *account);

#endif
