/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A start that fails for a cause that passes by itself (a full disk, a folder that is mounted late, no
 * memory, a verifier that is still ending): it is tried again after growing pauses, behind open sockets where
 * everybody hears Unavailable, until it succeeds or somebody ends it.
 * MUST: change nothing between two tries; never try again after a cause that a person must look at; tell the
 * service manager what it waits for.
 * Layer: verifier/.
 */
#ifndef STEPUP_VERIFIER_PATIENCE_H
#define STEPUP_VERIFIER_PATIENCE_H

#include <stdbool.h>
#include <uv.h>

#include "verifier/server/sockets.h"

#define PATIENCE_FIRST_MS 1000
#define PATIENCE_LONGEST_MS 30000
/* after a refusal: who waits at sockets of the service manager is answered for so long */
#define PATIENCE_REFUSED_MS 1000

/* Whether an error may be gone at the next try. */
bool patience_has(enum stepup_error error);

/* The pause after a pause, both in milliseconds; 0 for the first one. */
uint64_t patience_pause_after(uint64_t pause_ms);

struct patience;

/* From the first failure on. Takes SIGTERM, SIGINT and SIGHUP until patience_end. */
enum stepup_error patience_begin(uv_loop_t *loop, const struct sockets *sockets, struct patience **patience);

/* Waits before the next try, says once what for (`why`, a sentence), and returns whether to try: false where
 * somebody asked for an end. SIGHUP ends the pause. */
bool patience_wait(struct patience *patience, const char *why);

/* Answers whoever waits, for a moment, before the process ends and the service manager listens again. */
void patience_refuse(struct patience *patience);

/* False where somebody asked for an end meanwhile. `*patience` may be NULL: true. */
bool patience_end(struct patience **patience);

#endif
