/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the service has set out to do, on the disk: each order under a name of the service's own making,
 * before the verifier is asked, and whether it was begun, before the first byte goes out. So one approval is
 * carried out once at most, whoever brings its receipt again, and a service that fell between the verifier's
 * yes and its own work still does it.
 */
#ifndef EXPORT_ORDERS_H
#define EXPORT_ORDERS_H

#include <stdbool.h>
#include <stdint.h>

#define EXEC_ID_SIZE 33 /* 128 random bits in hexadecimal, with its NUL */

struct orders;

/* Opens the file, which is made where it isn't there. NULL where that failed. */
struct orders *orders_open(const char *path);
void orders_close(struct orders **orders);

/* The name of this order, recorded on the disk; `*again`: it stood there already, so the verifier may have
 * been asked for it before. False where it could not be recorded: then nobody may be asked. Receipts are not
 * kept, only their digests; records go after two days. */
bool orders_record(struct orders *orders, const char *receipt, const char *account, int64_t records,
	char exec_id[EXEC_ID_SIZE], bool *again);

/* Marks it as begun. True once only, however many ask at once; false also where that could
 * not be recorded. */
bool orders_begin(struct orders *orders, const char *exec_id);

#endif
