/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log's brakes at a new epoch. Whoever begins one takes the store's rows as they are found, and a row of
 * before may lack a lock, a revocation or a freeze that the log still has: whoever is locked, whatever is
 * revoked or frozen by the log is so again before anybody is served.
 * MUST: only ever stop more, never less; be content to run twice.
 * Layer: verifier/.
 */
#ifndef STEPUP_VERIFIER_EPOCH_BRAKES_H
#define STEPUP_VERIFIER_EPOCH_BRAKES_H

#include <stdint.h>

#include "verifier/state/store/store.h"

/* With the writer's session, outside a transaction; `now` is in seconds since 1970. Reads the whole
 * log, and tells the journal of each brake that is in force again. The log gets no entry of it: it
 * has each of them. */
enum stepup_error epoch_brakes_restore(struct store *store, struct store_session *session, int64_t now);

#endif
