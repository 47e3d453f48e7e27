/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests: a real store in a folder of its own, which goes with it.
 */
#ifndef STEPUP_TESTS_UNIT_SCRATCH_STORE_H
#define STEPUP_TESTS_UNIT_SCRATCH_STORE_H

#include "verifier/store.h"

struct scratch_store {
	char folder[64];
	char url[128];       /* "sqlite:FOLDER/stepup.db" */
	char highwater[128]; /* FOLDER/highwater */
	struct master_key *key;
	struct store *store;
	struct store_session *writer;
};

void scratch_store_make(struct scratch_store *scratch);

/* Opens and closes the store in its folder. */
void scratch_store_open(struct scratch_store *scratch);
void scratch_store_close(struct scratch_store *scratch);

/* Copies the database (while closed) to FOLDER/NAME, and back. */
void scratch_store_save(const struct scratch_store *scratch, const char *name);
void scratch_store_restore(const struct scratch_store *scratch, const char *name);

/* Runs SQL on the database, past every check of ours (while closed). */
void scratch_store_tamper(const struct scratch_store *scratch, const char *sql);

/* Closes, and removes the folder. */
void scratch_store_remove(struct scratch_store *scratch);

#endif
