/* SPDX-License-Identifier: BSD-2-Clause */
/* A store against its mark; see mark_check.h. */
#include "verifier/state/vault/mark_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/wipe.h"

#define WAY_ON " Nothing was changed and nothing is approved. Put the newest store and its mark back. " \
	"To go on with this one: stepup epoch new."
#define MOMENT_SIZE 32

static const char *moment(int64_t at, char text[MOMENT_SIZE])
{
	const time_t seconds = (time_t)at;
	struct tm parts;

	if (localtime_r(&seconds, &parts) == NULL ||
	    strftime(text, MOMENT_SIZE, "%Y-%m-%d %H:%M", &parts) == 0)
		(void)snprintf(text, MOMENT_SIZE, "%" PRId64, at);
	return text;
}

/* What is left here is the past of the store that goes on elsewhere. */
static enum stepup_error refuse_moved(const struct mark_question *question, char **why)
{
	const struct store_head *mark = question->mark,
				*left = mark != NULL && mark->moved ? mark : question->store;
	const char *file = question->file != NULL ? question->file : "its file";
	char when[MOMENT_SIZE];

	if (asprintf(why,
		    "This store was moved at %s, and goes on where %s was restored. Nothing was changed "
		    "and nothing is approved. Start the verifier there. If it was restored nowhere and "
		    "must go on here: stepup restore %s. If that file is lost: stepup epoch new.",
		    moment(left->at, when), file, question->file != NULL ? file : "FILE") < 0)
		*why = NULL;
	return STEPUP_CORRUPT;
}

__attribute__((format(printf, 2, 3))) static enum stepup_error refuse(char **why, const char *format, ...)
{
	char *found = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&found, format, arguments) < 0 || asprintf(why, "%s" WAY_ON, found) < 0)
		*why = NULL;
	va_end(arguments);
	free(found);
	return STEPUP_CORRUPT;
}

static bool same_tags(const struct store_head *one, const struct store_head *other)
{
	return equal_constant_time(one->tag_rows, other->tag_rows, STORE_HEAD_TAG_SIZE) &&
		equal_constant_time(one->tag_log, other->tag_log, STORE_HEAD_TAG_SIZE);
}

/* The store has more than its mark knows: one commit or a few, in the last second before a power cut. */
static enum stepup_error check_ahead(const struct mark_question *question, char **why)
{
	const struct store_head *store = question->store, *mark = question->mark;
	int64_t apart = store->at > question->seen ? store->at - question->seen : question->seen - store->at;
	char one[MOMENT_SIZE], other[MOMENT_SIZE];

	/* One that left has the time at which its copy was begun, however long that took. */
	if (apart > MARK_APART_SECONDS && !(question->leaves && store->moved))
		return refuse(why, "The mark %s is from %s, the store from %s: one of them was put back.",
			question->path, moment(question->seen, one), moment(store->at, other));
	if (mark->log_size > store->log_size || !question->log_fits)
		return refuse(why,
			"The store's log is not the one that the mark %s remembers: one of its first %" PRId64
			" entries was changed or taken out.", question->path, mark->log_size);
	return STEPUP_OK;
}

enum stepup_error mark_check(const struct mark_question *question, bool *clean, char **why)
{
	const struct store_head *store = question->store, *mark = question->mark;

	*clean = false;
	if (!question->leaves && (mark != NULL ? mark->moved : store->moved))
		return refuse_moved(question, why);
	if (mark == NULL)
		return refuse(why, "%s, so nobody can tell whether this store is the newest.",
			question->trouble);
	if (store->epoch < mark->epoch || (store->epoch == mark->epoch && store->batch < mark->batch))
		return refuse(why, "The store is older than its mark %s: batch %" PRId64 ", not %" PRId64 ".",
			question->path, store->batch, mark->batch);
	if (store->epoch != mark->epoch)
		return refuse(why, "The mark %s is of an earlier epoch than the store: it was put back.",
			question->path);
	if (store->moved && !question->leaves)
		return refuse_moved(question, why);
	if (store->batch > mark->batch)
		return check_ahead(question, why);
	if (!same_tags(store, mark))
		return refuse(why, "The store is not the one that its mark %s remembers at batch %" PRId64
			": it was changed, or another one was put in its place.",
			question->path, mark->batch);
	*clean = store->clean && mark->clean;
	return STEPUP_OK;
}

char *mark_rest_sentence(int64_t seen, int64_t now)
{
	int64_t days = (now - seen) / MARK_REST_SECONDS;
	char *sentence = NULL;

	if (days < 1)
		return NULL;
	if (asprintf(&sentence, "This verifier last ran %" PRId64 " %s ago. If this machine was brought back "
		    "from a copy, stop it and run: stepup epoch new", days, days == 1 ? "day" : "days") < 0)
		return NULL;
	return sentence;
}
