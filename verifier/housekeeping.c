/* SPDX-License-Identifier: BSD-2-Clause */
/* The once-a-second chores; see housekeeping.h. */
#include <stdint.h>
#include <systemd/sd-daemon.h>

#include "verifier/housekeeping.h"
#include "verifier/clock_settling.h"
#include "verifier/doors/admin/store_watch.h"
#include "verifier/doors/approvals/request_changes.h"
#include "verifier/doors/calls/policy_names.h"
#include "verifier/doors/hook_feed.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/doors/standing/requests.h"
#include "verifier/host/journal.h"
#include "verifier/life_log.h"

void housekeeping_start(struct housekeeping *housekeeping, struct verifier *verifier)
{
	uint64_t watchdog_us = 0;

	*housekeeping = (struct housekeeping){ .verifier = verifier };
	housekeeping->next_prune_ms =
		clock_boot_ms() + (verifier->clock_doubtful ? PRUNE_DOUBTFUL_MS : PRUNE_EVERY_SECONDS * 1000);
	if (sd_watchdog_enabled(0, &watchdog_us) > 0)
		housekeeping->watchdog_ms = (int64_t)(watchdog_us / 1000 / 3);
	(void)clock_watch_jumped(&housekeeping->clock);
}

static enum stepup_error prune_work(struct store_session *session, void *job)
{
	struct housekeeping *housekeeping = job;
	enum stepup_error result;
	int uses = 0, receipts = 0, requests = 0, checkpoints = 0;

	result = store_use_prune(session, housekeeping->uses_before, PRUNE_ROWS, &uses);
	if (result == STEPUP_OK)
		result = store_receipt_prune(session, housekeeping->receipts_before, PRUNE_ROWS, &receipts);
	if (result == STEPUP_OK)
		result = store_request_prune(session, housekeeping->requests_before, PRUNE_ROWS, &requests);
	if (result == STEPUP_OK)
		result = store_log_checkpoint_thin(session, housekeeping->checkpoints_before,
			&housekeeping->thinned_to, &checkpoints);
	housekeeping->prune_more = checkpoints > CHECKPOINTS_THINNED_AT_ONCE / 2 || uses == PRUNE_ROWS ||
		receipts == PRUNE_ROWS || requests == PRUNE_ROWS;
	return result;
}

static void prune_done(void *job, enum stepup_error result)
{
	struct housekeeping *housekeeping = job;

	housekeeping->pruning = false;
	if (result == STEPUP_OK && housekeeping->prune_more &&
	    housekeeping->next_prune_ms <= clock_boot_ms() + PRUNE_EVERY_SECONDS * 1000)
		housekeeping->next_prune_ms = 0; /* a step each second, until all that is old has gone */
	if (result != STEPUP_OK)
		journal_line(LOG_WARNING, "warning", "could not remove old rows: %s",
			stepup_error_text(result));
}

static void prune(struct housekeeping *housekeeping)
{
	int64_t now = clock_wall_seconds();

	if (housekeeping->pruning)
		return;
	housekeeping->uses_before = now - USES_KEPT_SECONDS;
	housekeeping->receipts_before = now - RECEIPT_KEPT_SECONDS;
	housekeeping->requests_before = now - REQUEST_KEPT_SECONDS;
	housekeeping->checkpoints_before = now - CHECKPOINT_KEPT_SECONDS;
	housekeeping->pruning = commit_queue_submit(housekeeping->verifier->queue, prune_work, prune_done,
		housekeeping) == STEPUP_OK;
}

/* Set back by much, it had been ahead: what was noted by it doesn't stand. Set forward by much, it may be
 * ahead now: nothing is old only because it says so. */
static void clock_was_set(struct housekeeping *housekeeping, int64_t now_boot_ms)
{
	struct verifier *verifier = housekeeping->verifier;
	int64_t drift = housekeeping->clock.drift_ms / 1000, now = clock_wall_seconds();

	if (atomic_load(&verifier->code_floor) > now)
		atomic_store(&verifier->code_floor, now);
	if (atomic_load(&verifier->epoch_floor) > now)
		atomic_store(&verifier->epoch_floor, now);
	if (drift < -TIMES_AHEAD_SECONDS)
		clock_settle(verifier);
	else if (drift > TIMES_AHEAD_SECONDS)
		housekeeping->next_prune_ms = now_boot_ms + PRUNE_DOUBTFUL_MS;
}

void housekeeping_tick(struct housekeeping *housekeeping)
{
	struct verifier *verifier = housekeeping->verifier;
	int64_t now = clock_boot_ms();

	account_cache_sweep(verifier->accounts);
	policy_names_tick(verifier->policy_names);
	hook_feed_tick(verifier);
	if (clock_watch_jumped(&housekeeping->clock)) {
		journal_line(LOG_WARNING, "clock",
			"the clock was set, so every step-up under way ends and people are asked again");
		step_ups_end_user(verifier->step_ups, NULL);
		life_log_clock(verifier); /* first: the log has the new time before anything moves to it */
		clock_was_set(housekeeping, now);
	}
	step_ups_sweep(verifier->step_ups, now);
	request_changes_tick(verifier);
	store_watch_tick(verifier);
	if (now >= housekeeping->next_prune_ms) {
		housekeeping->next_prune_ms = now + PRUNE_EVERY_SECONDS * 1000;
		prune(housekeeping);
	}
	if (housekeeping->watchdog_ms > 0 && now >= housekeeping->next_watchdog_ms) {
		housekeeping->next_watchdog_ms = now + housekeeping->watchdog_ms;
		(void)sd_notify(0, "WATCHDOG=1");
	}
}
