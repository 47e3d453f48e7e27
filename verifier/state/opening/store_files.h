/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A store as files: one verifier at a time, a copy of it, a copy in its place. Nothing is unsealed here.
 * MUST: let go of no byte of the store that stood there; put nothing there that isn't a whole database
 * of this program's.
 * Layer: verifier/state/opening/.
 */
#ifndef STEPUP_VERIFIER_STORE_FILES_H
#define STEPUP_VERIFIER_STORE_FILES_H

#include "lib/base/error.h"

/* Takes the store for this process, until `*fd` is closed. STEPUP_EXISTS where another one has it; the
 * sentence goes to `*why` (the caller frees) where nobody put one there yet, here and below. */
enum stepup_error store_lock(const char *place, int *fd, char **why);

/* A copy as of one moment, complete in one file, also while the store is in use; the file has no name by the
 * time it is open in `*fd`. */
enum stepup_error store_copy_open(const char *place, int *fd, char **why);

/* The same with a name, PLACE and `end`, for who changes it; goes with store_copy_remove(), which frees the
 * name. */
enum stepup_error store_copy_beside(const char *place, const char *end, char **copy, char **why);
void store_copy_remove(char **copy);

/* After it was used as a store: whole and complete in its one file, and nothing beside it. */
enum stepup_error store_copy_settle(const char *copy, char **why);

/* Takes the store for this process and brings what is read from `in` beside it, whole and durable. What the
 * caller owes: close the lock, store_copy_remove(). */
enum stepup_error store_bring(const char *place, int in, int *lock, char **copy, char **why);

/* Puts it where the store is, durably. What stood there is kept under another name, told in `*kept` (the
 * caller frees; NULL where nothing stood there). */
enum stepup_error store_put(const char *place, const char *copy, char **kept, char **why);

/* PLACE.before-TIME, or a name like it that nothing has: what is kept is never written over. The caller
 * frees. */
char *store_kept_name(const char *place);

#endif
