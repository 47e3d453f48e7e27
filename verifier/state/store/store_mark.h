/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store and its mark (mark.h): which one it has, and when it is written. Before each commit the mark must
 * be able to follow, after each it does.
 * MUST: tell nobody that something was committed which the mark doesn't know.
 * Layer: verifier/state/store/.
 */
#ifndef STEPUP_VERIFIER_STORE_MARK_H
#define STEPUP_VERIFIER_STORE_MARK_H

#include "verifier/state/store/store.h"

/* Whether the mark's folder is there: STEPUP_IO with a sentence in `*why` (the caller frees) if it isn't. */
enum stepup_error store_mark_folder(const char *path, char **why);

/* Takes the mark at `path`, which follows every commit from then on; errors and sentences as
 * mark_open has them. */
enum stepup_error store_mark_open(struct store *store, const struct master_key *key, const char *path,
	char **why);

/* Makes one of the head as of the last commit, in the place of whatever was there and of the
 * one that was taken. */
enum stepup_error store_mark_make(struct store *store, const struct master_key *key, const char *path,
	char **why);

/* Lets it go: it follows no commit any more. */
void store_mark_drop(struct store *store);

/* What it remembers, and when it was last written; false where the store has none. */
bool store_mark_head(const struct store *store, struct store_head *head, int64_t *seen);

/* Notes a tag and a number of rows for each table, so that a start can name the one that was changed. In a
 * writer's session, now and then. */
enum stepup_error store_mark_tables(struct store_session *session);

/* Waits until the mark is on the disk; on any thread. */
enum stepup_error store_mark_sync(struct store *store);

/* The names of tables that aren't as the mark at `path` has them, joined by commas; NULL where it can't be
 * told. `state` is what a scan found; the caller frees. */
struct vault_state;
char *store_mark_differs(struct store_session *session, const struct master_key *key, const char *path,
	const struct store_head *head, const struct vault_state *state);

#endif
