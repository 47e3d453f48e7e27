/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the log says of the verifier itself.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "verifier/life_log.h"

#include "verifier/evidence/log_entry.h"
#include "verifier/host/clock.h"
#include "verifier/host/journal.h"
#include "verifier/verifier.h"

static enum stepup_error life_log_append_work(struct store_session *session, void *entry)
{
	int64_t index;

	return store_log_append(session, json_incref(entry), NULL, NULL, &index);
}

static void life_log_append_done(void *entry, enum stepup_error result)
{
	if (result != STEPUP_OK)
		journal_line(LOG_WARNING, "warning",
			"what the verifier itself did could not be logged: %s",
			stepup_error_text(result));
	json_decref(entry);
}

/* Takes the entry over. */
static void life_log_append(struct verifier *verifier, json_t *entry)
{
	enum stepup_error error = STEPUP_NO_MEMORY;

	if (entry != NULL)
		error = commit_queue_submit(verifier->queue, life_log_append_work,
			life_log_append_done, entry);
	if (error != STEPUP_OK)
		life_log_append_done(entry, error);
}

void life_log_start(struct verifier *verifier)
{
	life_log_append(verifier, log_entry_start(clock_wall_seconds(), PACKAGE_VERSION,
			verifier->policy->issuer, verifier->policy->digest, verifier->clean_start));
}

void life_log_stop(struct verifier *verifier)
{
	life_log_append(verifier, log_entry_stop(clock_wall_seconds()));
}

void life_log_reload(struct verifier *verifier)
{
	const struct log_actor root = {.by = "root", .grant = -1};

	life_log_append(verifier, log_entry_policy(clock_wall_seconds(), verifier->policy->digest, &root));
}

void life_log_last_good(struct verifier *verifier)
{
	life_log_append(verifier, log_entry_alert(clock_wall_seconds(), NULL, "old-policy", NULL));
}

void life_log_clock(struct verifier *verifier)
{
	life_log_append(verifier, log_entry_alert(clock_wall_seconds(), NULL, "clock-jump", NULL));
}
