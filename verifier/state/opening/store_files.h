/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A store as files: one verifier at a time, a copy of it, a copy in its place. Nothing is unsealed here.
 * MUST: let go of no byte of the store that stood there; put nothing there that isn't a whole database of this program's.
 * Layer: verifier/state/opening/.
 */
#ifndef STEPUP_VERIFIER_STORE_FILES_H
#define STEPUP_VERIFIER_STORE_FILES_H

#include "lib/base/error.h"

/* Takes the store for this process, until `*fd` is closed. STEPUP_EXISTS where another one has it; the sentence goes to `*why` (the caller frees) where nobody
 * put one there yet, here and below. */
enum stepup_error store_lock(const char *place, int *fd, char **why);

/* A copy as of one moment, complete in one file, also while the store is in use; the file has no name by the time it is open in `*fd`. */
enum stepup_error store_copy_open(const char *place, int *fd, char **why);

/* Puts the copy read from `in` where the store is, durably. What stood there is kept under another name, told in `*kept` (the caller frees; NULL where nothing
 * stood there). */
enum stepup_error store_put_back(const char *place, int in, char **kept, char **why);

#endif
