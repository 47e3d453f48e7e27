/* SPDX-License-Identifier: BSD-2-Clause */
/* The contacts as CSV (RFC 4180), read from one unchanging view of the database. */
#ifndef EXPORT_CONTACTS_H
#define EXPORT_CONTACTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct contacts;

/* Opens the database for reading and keeps its present state: what is counted is what is written. NULL
 * where that failed. */
struct contacts *contacts_open(const char *path);
void contacts_close(struct contacts **contacts);

/* How many contacts the account has; -1 where there is no such account or the database can't be read. */
int64_t contacts_count(struct contacts *contacts, const char *account);

/* Writes a header line and `records` contacts. False where fewer could be read or `write` failed. */
bool contacts_write(struct contacts *contacts, const char *account, int64_t records,
	bool (*write)(void *context, const char *bytes, size_t size), void *context);

#endif
