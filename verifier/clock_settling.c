/* SPDX-License-Identifier: BSD-2-Clause */
/* Moving what was noted by a clock that was ahead; see clock_settling.h. */
#include "verifier/clock_settling.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/canonical_json.h"
#include "verifier/evidence/log_entry.h"
#include "verifier/host/clock.h"
#include "verifier/host/journal.h"

#define FACT_SETTLING "clock-settling" /* "yes" until everybody has been looked at */
#define PAGE 200                       /* people in one transaction, so that nobody waits for it */

struct settling {
	struct verifier *verifier;
	char after[USER_NAME_SIZE];       /* looked at so far */
	char (*ahead)[USER_NAME_SIZE];    /* of a page: whose times are; PAGE of them */
	size_t ahead_count, looked;
	int64_t now, moved;
	bool over;
};

static bool note_ahead(void *context, const struct user_record *record)
{
	struct settling *settling = context;

	if (user_record_is_ahead(record, settling->now))
		memcpy(settling->ahead[settling->ahead_count++], record->name, USER_NAME_SIZE);
	memcpy(settling->after, record->name, USER_NAME_SIZE);
	settling->looked++;
	return true;
}

static enum stepup_error settle_one(struct store_session *session, const char *name, int64_t now)
{
	struct user_record *record = NULL;
	enum stepup_error error = store_user_find(session, name, &record);

	if (error == STEPUP_CORRUPT) {
		journal_line(LOG_ERR, "clock",
			"the clock was ahead, and the times noted for %s could not be corrected: %s", name,
			stepup_error_text(error));
		return STEPUP_OK;
	}
	if (error == STEPUP_OK)
		error = store_use_settle(session, record, now);
	if (error == STEPUP_OK) {
		user_record_settle(record, now);
		error = store_user_save(session, record);
	}
	user_record_free(&record);
	return error;
}

static enum stepup_error settle_page(struct store_session *session, void *job)
{
	struct settling *settling = job;
	enum stepup_error error = settling->after[0] == '\0' ? store_fact_set(session, FACT_SETTLING, "yes")
		: STEPUP_OK;
	int64_t index;

	settling->now = clock_wall_seconds();
	settling->ahead_count = settling->looked = 0;
	if (error == STEPUP_OK)
		error = store_user_each(session, settling->after, PAGE, note_ahead, settling);
	for (size_t i = 0; error == STEPUP_OK && i < settling->ahead_count; i++)
		error = settle_one(session, settling->ahead[i], settling->now);
	settling->over = settling->looked < PAGE;
	if (error == STEPUP_OK && settling->over)
		error = store_fact_set(session, FACT_SETTLING, "no");
	if (error == STEPUP_OK && settling->over && settling->moved + (int64_t)settling->ahead_count > 0)
		error = store_log_append(session, log_entry_clock_settled(settling->now,
				settling->moved + (int64_t)settling->ahead_count), NULL, NULL, &index);
	return error;
}

static void settling_free(struct settling *settling)
{
	free(settling->ahead);
	free(settling);
}

static void say_unfinished(enum stepup_error error)
{
	journal_line(LOG_ERR, "clock", "the clock was ahead, and not all times that were noted could be "
		"corrected; the next start does the rest: %s", stepup_error_text(error));
}

static void page_done(void *job, enum stepup_error result)
{
	struct settling *settling = job;

	settling->moved += (int64_t)settling->ahead_count;
	if (result == STEPUP_OK && !settling->over)
		result = commit_queue_submit(settling->verifier->queue, settle_page, page_done, settling);
	if (result == STEPUP_OK && !settling->over)
		return;
	if (result != STEPUP_OK)
		say_unfinished(result);
	else
		journal_line(LOG_WARNING, "clock",
			"the clock was ahead, so what was noted counts as of now: that of %" PRId64 " %s",
			settling->moved, settling->moved == 1 ? "person" : "people");
	settling_free(settling);
}

static enum stepup_error settle_everybody(struct verifier *verifier)
{
	struct settling *settling = calloc(1, sizeof(*settling));
	enum stepup_error error;

	if (settling == NULL)
		return STEPUP_NO_MEMORY;
	settling->verifier = verifier;
	settling->ahead = calloc(PAGE, sizeof(*settling->ahead));
	error = settling->ahead == NULL ? STEPUP_NO_MEMORY
		: commit_queue_submit(verifier->queue, settle_page, page_done, settling);
	if (error != STEPUP_OK)
		settling_free(settling);
	return error;
}

void clock_settle(struct verifier *verifier)
{
	enum stepup_error error = settle_everybody(verifier);

	if (error != STEPUP_OK)
		say_unfinished(error);
}

/* --- at the start --- */

static bool take_time(void *context, int64_t index, const char *entry, const char *details,
	const uint8_t *salt)
{
	int64_t *at = context;
	json_t *object = NULL;

	(void)index;
	(void)details;
	(void)salt;
	if (json_parse_object(entry, strlen(entry), &object) == STEPUP_OK)
		*at = json_integer_value(json_object_get(object, "at"));
	json_decref(object);
	return false;
}

enum stepup_error clock_settling_start(struct verifier *verifier, bool *doubtful)
{
	char unfinished[8] = "";
	int64_t size = 0, newest = 0, now = clock_wall_seconds();
	enum stepup_error error =
		store_fact_get(verifier->reader, FACT_SETTLING, unfinished, sizeof(unfinished));

	if (error == STEPUP_OK || error == STEPUP_NOT_FOUND)
		error = store_log_size(verifier->reader, &size);
	if (error == STEPUP_OK && size > 0)
		error = store_log_each(verifier->reader, size - 1, 1, take_time, &newest);
	*doubtful = newest != 0 && newest < now - TIMES_AHEAD_SECONDS;
	if (error != STEPUP_OK || (newest <= now + TIMES_AHEAD_SECONDS && strcmp(unfinished, "yes") != 0))
		return error;
	return settle_everybody(verifier);
}
