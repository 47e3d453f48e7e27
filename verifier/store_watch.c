/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows that are not what they should be; see store_watch.h. */
#include "verifier/store_watch.h"

#include <stdlib.h>

#include "verifier/evidence/log_entry.h"
#include "verifier/host/clock.h"
#include "verifier/host/journal.h"
#include "verifier/rules/notices.h"

static enum stepup_error append_work(struct store_session *session, void *entry)
{
	int64_t index;

	return store_log_append(session, json_incref(entry), NULL, NULL, &index);
}

static void append_done(void *entry, enum stepup_error result)
{
	if (result != STEPUP_OK)
		journal_line(LOG_WARNING, "warning", "the log has no entry of a row that somebody else wrote: %s", stepup_error_text(result));
	json_decref(entry);
}

static void tell(struct verifier *verifier, const struct store_wrong *wrong)
{
	char *why = notice_store_wrong(wrong);
	json_t *entry = why == NULL ? NULL : log_entry_store_changed(clock_wall_seconds(), wrong->table, wrong->is_user ? wrong->name : NULL, why,
		wrong->found, wrong->known);

	journal_line(LOG_CRIT, "store", "%s. Somebody else wrote to the database. Nothing is approved that rests on it until the right row is back.",
		why != NULL ? why : wrong->table);
	if (entry != NULL && commit_queue_submit(verifier->queue, append_work, append_done, entry) != STEPUP_OK)
		append_done(entry, STEPUP_UNAVAILABLE);
	free(why);
}

void store_watch_tick(struct verifier *verifier)
{
	struct store_wrong wrong;

	if (store_wrong_count(verifier->store) == 0)
		return;
	while (store_wrong_untold(verifier->store, &wrong))
		tell(verifier, &wrong);
	if (store_wrong_recheck(verifier->reader) == STEPUP_OK && store_wrong_count(verifier->store) == 0)
		journal_line(LOG_NOTICE, "store", "all rows are what this verifier wrote again");
}
