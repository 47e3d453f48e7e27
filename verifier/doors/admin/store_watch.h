/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells of rows of the store that are not what this verifier wrote: in the journal, in the log, and by an
 * alert, once each; looks again whether they are right by now; and reads the whole store each day, and when
 * an administrator asks, on a worker thread.
 * Layer: verifier/doors/admin/.
 */
#ifndef STEPUP_VERIFIER_STORE_WATCH_H
#define STEPUP_VERIFIER_STORE_WATCH_H

#include "verifier/server/call.h"
#include "verifier/verifier.h"

#define STORE_CHECK_SECONDS (24 * 60 * 60)

enum stepup_error store_watch_start(struct verifier *verifier);

/* Once a second, on the loop's thread. Costs nothing where nothing is wrong. */
void store_watch_tick(struct verifier *verifier);

/* A sentence for each row that is wrong now, looked at once more; NULL where that could not be told. */
json_t *store_watch_wrong(const struct verifier *verifier);

/* Admin's CheckStore. */
void store_watch_check(struct call *call);

/* Waits for a check under way, running the loop, and frees. */
void store_watch_stop(struct verifier *verifier);

#endif
