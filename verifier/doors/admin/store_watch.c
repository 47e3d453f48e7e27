/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows that are not what they should be; see store_watch.h. */
#include "verifier/doors/admin/store_watch.h"

#include <stdlib.h>

#include "verifier/doors/calls/subject.h"
#include "verifier/evidence/log_entry.h"
#include "verifier/host/clock.h"
#include "verifier/host/journal.h"
#include "verifier/rules/words/notices.h"

#define ASKING_MAX 8 /* who may wait for one check */

struct store_watch {
	struct verifier *verifier;
	int64_t next_check_ms;
	struct call *asking[ASKING_MAX];
	size_t asking_count;
	bool busy;
	uv_work_t work;
	struct store_session *session; /* the check's */
	struct store_checked checked;
	enum stepup_error result;
};

/* --- telling --- */

static enum stepup_error append_work(struct store_session *session, void *entry)
{
	int64_t index;

	return store_log_append(session, json_incref(entry), NULL, NULL, &index);
}

static void append_done(void *entry, enum stepup_error result)
{
	if (result != STEPUP_OK)
		journal_line(LOG_WARNING, "warning",
			"the log has no entry of a row that somebody else wrote: %s",
			stepup_error_text(result));
	json_decref(entry);
}

static void watch_tell(struct verifier *verifier, const struct store_wrong *wrong)
{
	char *why = notice_store_wrong(wrong);
	json_t *entry = why == NULL ? NULL
		: log_entry_store_changed(clock_wall_seconds(), wrong->table,
			wrong->is_user ? wrong->name : NULL, why, wrong->found, wrong->known);

	journal_line(LOG_CRIT, "store", "%s. Somebody else wrote to the database. "
		"Nothing is approved that rests on it until the right row is back.",
		why != NULL ? why : wrong->table);
	if (entry != NULL &&
	    commit_queue_submit(verifier->queue, append_work, append_done, entry) != STEPUP_OK)
		append_done(entry, STEPUP_UNAVAILABLE);
	free(why);
}

json_t *store_watch_wrong(const struct verifier *verifier)
{
	enum stepup_error error = store_wrong_recheck(verifier->reader);
	json_t *list = error == STEPUP_OK ? json_array() : NULL;
	struct store_wrong wrong;

	for (size_t i = 0; list != NULL && store_wrong_at(verifier->store, i, &wrong); i++) {
		char *text = notice_store_wrong(&wrong);

		if (text == NULL || json_array_append_new(list, json_string(text)) != 0) {
			json_decref(list);
			list = NULL;
		}
		free(text);
	}
	return list;
}

/* --- the whole --- */

static void check_work(uv_work_t *work)
{
	struct store_watch *watch = work->data;

	watch->result = store_check(watch->session, &watch->checked);
}

static void reply(struct call *call, const struct store_watch *watch)
{
	json_t *wrong = watch->result == STEPUP_OK ? store_watch_wrong(watch->verifier) : NULL;

	if (wrong == NULL)
		refuse(call, STEPUP_UNAVAILABLE, NULL);
	else
		call_reply(call, json_pack("{s:b, s:I, s:I, s:o}", "fits", (int)watch->checked.fits,
				"batch", (json_int_t)watch->checked.batch,
				"rows", (json_int_t)watch->checked.rows, "store_wrong", wrong));
}

static void check_done(uv_work_t *work, int status)
{
	struct store_watch *watch = work->data;

	watch->busy = false;
	watch->next_check_ms = clock_boot_ms() + STORE_CHECK_SECONDS * INT64_C(1000);
	if (status != 0)
		watch->result = STEPUP_CANCELLED;
	store_session_close(&watch->session);
	if (watch->result != STEPUP_OK)
		journal_line(LOG_WARNING, "warning", "the store could not be checked: %s",
			stepup_error_text(watch->result));
	else if (!watch->checked.fits)
		journal_line(LOG_CRIT, "store", "is not what this verifier wrote, as of batch %lld",
			(long long)watch->checked.batch);
	for (size_t i = 0; i < watch->asking_count; i++)
		reply(watch->asking[i], watch);
	watch->asking_count = 0;
}

static enum stepup_error check_begin(struct store_watch *watch)
{
	enum stepup_error error = store_session_open(watch->verifier->store, false, &watch->session);

	watch->work.data = watch;
	if (error == STEPUP_OK &&
	    uv_queue_work(watch->verifier->loop, &watch->work, check_work, check_done) != 0)
		error = STEPUP_NO_MEMORY;
	watch->busy = error == STEPUP_OK;
	if (error != STEPUP_OK)
		store_session_close(&watch->session);
	return error;
}

void store_watch_check(struct call *call)
{
	struct store_watch *watch = call->verifier->store_watch;

	if (watch->asking_count == ASKING_MAX || (!watch->busy && check_begin(watch) != STEPUP_OK))
		refuse(call, STEPUP_UNAVAILABLE, NULL);
	else
		watch->asking[watch->asking_count++] = call;
}

/* --- once a second --- */

void store_watch_tick(struct verifier *verifier)
{
	struct store_watch *watch = verifier->store_watch;
	struct store_wrong wrong;

	if (!watch->busy && clock_boot_ms() >= watch->next_check_ms && check_begin(watch) != STEPUP_OK)
		watch->next_check_ms = clock_boot_ms() + 60 * 1000;
	if (store_wrong_count(verifier->store) == 0)
		return;
	while (store_wrong_untold(verifier->store, &wrong))
		watch_tell(verifier, &wrong);
	if (store_wrong_recheck(verifier->reader) == STEPUP_OK && store_wrong_count(verifier->store) == 0)
		journal_line(LOG_NOTICE, "store", "all rows are what this verifier wrote again");
}

enum stepup_error store_watch_start(struct verifier *verifier)
{
	struct store_watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL)
		return STEPUP_NO_MEMORY;
	watch->verifier = verifier;
	watch->next_check_ms = clock_boot_ms() + STORE_CHECK_SECONDS * INT64_C(1000);
	verifier->store_watch = watch;
	return STEPUP_OK;
}

void store_watch_stop(struct verifier *verifier)
{
	struct store_watch *watch = verifier->store_watch;

	if (watch == NULL)
		return;
	while (watch->busy)
		(void)uv_run(verifier->loop, UV_RUN_ONCE);
	free(watch);
	verifier->store_watch = NULL;
}
