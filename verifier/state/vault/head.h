/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The head: what a store says of itself as of one transaction, in 62 bytes. Nothing in it is secret, and
 * nobody without the store's keys can make one: the two tags are MACs over the numbers, the sum of all rows
 * and the log's tree (store_vault.c makes them).
 * It stands in the newest row of the log, and again in the mark outside the database.
 * MUST: take no head that isn't exactly as one was packed.
 * Layer: verifier/state/vault/. libc only.
 */
#ifndef STEPUP_VERIFIER_HEAD_H
#define STEPUP_VERIFIER_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

#define STORE_HEAD_SIZE 62    /* packed */
#define STORE_HEAD_TAG_SIZE 16

struct store_head {
	bool running;     /* written by a verifier that had it open */
	bool clean;       /* written by a stop that had finished everything; never with `running` */
	bool moved;       /* the store goes on at another place: never start it here; never with `running` */
	/* 1 for a new store; one more each time that somebody took a restored one as it stood */
	uint32_t epoch;
	/* one more with each transaction that moved rows or the log; 0 for a new store, never negative */
	int64_t batch;
	int64_t at;       /* seconds since 1970, by this host's clock when it was written */
	int64_t log_size; /* entries in the log; never negative */
	/* over store, host, all of the above and the sum of the rows */
	uint8_t tag_rows[STORE_HEAD_TAG_SIZE];
	uint8_t tag_log[STORE_HEAD_TAG_SIZE];  /* over the same, and the log's tree */
};

/* Packed: format 1, flags 1, epoch 4, batch 8, at 8, log_size 8, tag_rows 16, tag_log 16;
 * numbers are big-endian. */
void store_head_pack(const struct store_head *head, uint8_t bytes[STORE_HEAD_SIZE]);

/* STEPUP_CORRUPT where the size, the format, a flag or a number is none that is ever packed. `bytes` may be
 * NULL where `size` is 0. */
enum stepup_error store_head_unpack(const void *bytes, size_t size, struct store_head *head);

#endif
