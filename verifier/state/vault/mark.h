/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mark: a file outside the database, in a folder of its own, that remembers the store's newest head, so
 * that a store that was put back is told from the one that was left. 4096 bytes, opened once and written in
 * place: two slots of 512 bytes in turn, of which the newer whole one counts, and a third with a tag and a
 * number of rows a table, so that a mismatch can name the table.
 * MUST: take no slot whose MAC doesn't hold, or of another store; be written after the commit and before
 * anybody is answered, and hold nothing that is not durable in the database; follow no link, share no file.
 * Layer: verifier/state/vault/.
 */
#ifndef STEPUP_VERIFIER_MARK_H
#define STEPUP_VERIFIER_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verifier/state/vault/head.h"
#include "verifier/state/vault/master_key.h"

#define MARK_FILE_SIZE 4096
#define MARK_STORE_ID_SIZE 16
#define MARK_TABLES_MAX 16
/* so much older than the clock, and it says its own time anew: see mark_prepare */
#define MARK_LATE_SECONDS 30

struct mark;

/* One tag and one number of rows a table, as of a batch; which is which is the store's order. */
struct mark_tables {
	int64_t batch;
	size_t count;
	struct {
		uint8_t tag[STORE_HEAD_TAG_SIZE];
		int64_t rows;
	} tables[MARK_TABLES_MAX];
};

/* Opens an existing one. STEPUP_NOT_FOUND: there is none. STEPUP_CORRUPT: no slot of it was written
 * for this store under this master key. STEPUP_UNSAFE_FILE, STEPUP_IO; a sentence goes to `*why`
 * (the caller frees). */
enum stepup_error mark_open(const char *path, const struct master_key *key,
	const uint8_t store_id[MARK_STORE_ID_SIZE], struct mark **mark, char **why);

/* Makes one that remembers `head`, as of now (seconds since 1970): beside whatever is there, then durably in
 * its place. Same errors. */
enum stepup_error mark_make(const char *path, const struct master_key *key,
	const uint8_t store_id[MARK_STORE_ID_SIZE], const struct store_head *head, int64_t now,
	struct mark **mark, char **why);
void mark_close(struct mark **mark);

/* What it remembers: the head, and when it was last written. */
const struct store_head *mark_head(const struct mark *mark);
int64_t mark_seen(const struct mark *mark);
/* False where it has none. */
bool mark_tables(const struct mark *mark, struct mark_tables *tables);

/* Before each commit, at `now`: whether the mark will be able to follow it. Writes again what could not be
 * written before; and where it is late (after a quiet time, a machine's sleep), says its own time anew,
 * durably, so that a power cut right after the commit doesn't leave the two far apart. STEPUP_IO: the
 * transaction must not be committed. */
enum stepup_error mark_prepare(struct mark *mark, int64_t now);

/* After each commit: remembers its head. STEPUP_IO: nobody may be told that it was committed. Not synced:
 * whatever ends this process leaves it, but for the machine's own end. */
enum stepup_error mark_write(struct mark *mark, const struct store_head *head);
enum stepup_error mark_write_tables(struct mark *mark, const struct mark_tables *tables);

/* Each round, on any thread: says its time anew where that is due, and waits until all of
 * it is on the disk. */
enum stepup_error mark_sync(struct mark *mark, int64_t now);

#endif
