/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What follows when requests change, expire, or come under another policy.
 */
#include "verifier/doors/approvals/request_changes.h"

#include <stdlib.h>

#include "verifier/doors/approvals/request_list.h"
#include "verifier/doors/approvals/waiters.h"
#include "verifier/doors/standing/requests.h"
#include "verifier/host/clock.h"
#include "verifier/host/journal.h"

#define SWEEP_AGAIN_SECONDS 5 /* if a sweep failed */

struct sweeping {
	struct verifier *verifier;
	struct policy *policy; /* referenced: a reload may come before the writer's side does */
	int64_t due;
};

static enum stepup_error sweep_work(struct store_session *session, void *context)
{
	struct sweeping *sweeping = context;

	return requests_sweep(session, sweeping->policy, clock_wall_seconds(), &sweeping->due);
}

static void sweep_done(void *context, enum stepup_error result)
{
	struct sweeping *sweeping = context;
	struct verifier *verifier = sweeping->verifier;
	int64_t due = sweeping->due;

	if (result != STEPUP_OK) {
		journal_line(LOG_WARNING, "warning", "could not end requests that have expired: %s",
			stepup_error_text(result));
		due = clock_wall_seconds() + SWEEP_AGAIN_SECONDS;
	}
	policy_release(&sweeping->policy);
	free(sweeping);
	request_changes_tell(verifier, due);
}

static void sweep(struct verifier *verifier)
{
	struct sweeping *sweeping = calloc(1, sizeof(*sweeping));

	verifier->requests_due = clock_wall_seconds() + SWEEP_AGAIN_SECONDS;
	if (sweeping == NULL)
		return;
	*sweeping = (struct sweeping){.verifier = verifier, .policy = policy_reference(verifier->policy)};
	if (commit_queue_submit(verifier->queue, sweep_work, sweep_done, sweeping) == STEPUP_OK) {
		verifier->requests_due = INT64_MAX;
		return;
	}
	policy_release(&sweeping->policy);
	free(sweeping);
}

void request_changes_tell(struct verifier *verifier, int64_t expires)
{
	if (expires < verifier->requests_due)
		verifier->requests_due = expires;
	request_list_share(verifier, waiters_wake);
}

void request_changes_tick(struct verifier *verifier)
{
	request_list_share(verifier, waiters_tick);
	if (clock_wall_seconds() >= verifier->requests_due)
		sweep(verifier);
}

void request_changes_policy(struct verifier *verifier)
{
	sweep(verifier);
}
