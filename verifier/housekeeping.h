/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What has to be looked after once a second: what expired in memory, a clock that was set, rows that nobody
 * needs any more, the watchdog.
 * Layer: verifier/.
 */
#ifndef STEPUP_VERIFIER_HOUSEKEEPING_H
#define STEPUP_VERIFIER_HOUSEKEEPING_H

#include "verifier/host/clock.h"
#include "verifier/verifier.h"

#define PRUNE_EVERY_SECONDS 30
#define PRUNE_DOUBTFUL_MS (24 * 60 * 60 * INT64_C(1000)) /* the clock went forward by days: it may be wrong */
#define PRUNE_ROWS 40                           /* at a time, so that nobody waits for it */
/* an exec_id is answered for 24 hours; receipts live 300 s at most */
#define RECEIPT_KEPT_SECONDS (24 * 60 * 60 + 600)
#define CHECKPOINT_KEPT_SECONDS (24 * 60 * 60)    /* all of the log's checkpoints; then one an hour */

struct housekeeping {
	struct verifier *verifier;
	struct clock_watch clock;
	int64_t next_prune_ms;
	bool pruning, prune_more; /* the last step found as many rows as it may remove */
	int64_t watchdog_ms; /* 0: none wanted */
	int64_t next_watchdog_ms;
	int64_t thinned_to; /* the log's checkpoints up to this size are as few as they get */
	/* of the prune under way: read by the writer */
	int64_t uses_before, receipts_before, requests_before, checkpoints_before;
};

void housekeeping_start(struct housekeeping *housekeeping, struct verifier *verifier);
void housekeeping_tick(struct housekeeping *housekeeping);

#endif
