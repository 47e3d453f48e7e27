/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Uses by time, as running totals: what a window holds is the newest total less the one where it begins.
 *
 * MUST: give no use a later time than the verifier gave it. The verifier keeps uses of a time to come, after
 * its clock was set back; set back by more than a day, it takes them as used then (state/store_uses.c),
 * and here they are as soon as the log's times say that it was.
 */
#include "lib/replay/log_uses.h"
#include "lib/wire/shared_limits.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* as in verifier/state/records/user_record.h: later is a wrong clock's */
#define AHEAD_SECONDS (24 * 3600)

/* All that was used up to and in that second. */
struct point {
	int64_t at, total;
};

struct log_use_line {
	char *key;
	struct point *points; /* by time, no two of one second */
	size_t count, room;
	int64_t base;	 /* the total before the first point */
	int64_t newest;	 /* time of the newest use, as the log has it */
	int64_t unknown; /* until then values may have been used that the log doesn't say; INT64_MIN */
	json_t *values;	 /* value → [at, seen]: as it counts, and at the latest; NULL before the first */
};

struct log_uses {
	json_t *places; /* key → place in `lines` */
	struct log_use_line **lines;
	size_t count, room;
	int64_t highest_at; /* of all entries */
	int64_t latest_at;  /* of those since the clock was set back */
};

static void line_free(struct log_use_line *line)
{
	json_decref(line->values);
	free(line->points);
	free(line->key);
	free(line);
}

struct log_uses *log_uses_new(void)
{
	struct log_uses *uses = calloc(1, sizeof(*uses));

	if (uses == NULL)
		return NULL;
	uses->highest_at = uses->latest_at = INT64_MIN;
	uses->places = json_object();
	if (uses->places == NULL)
		log_uses_free(&uses);
	return uses;
}

void log_uses_clear(struct log_uses *uses)
{
	for (size_t i = 0; i < uses->count; i++)
		line_free(uses->lines[i]);
	uses->count = 0;
	(void)json_object_clear(uses->places);
}

void log_uses_free(struct log_uses **uses)
{
	if (*uses == NULL)
		return;
	log_uses_clear(*uses);
	json_decref((*uses)->places);
	free((*uses)->lines);
	free(*uses);
	*uses = NULL;
}

static struct log_use_line *line_new(const char *key)
{
	struct log_use_line *line = calloc(1, sizeof(*line));

	if (line == NULL)
		return NULL;
	line->newest = line->unknown = INT64_MIN;
	line->key = strdup(key);
	if (line->key != NULL)
		return line;
	free(line);
	return NULL;
}

/* Makes room for one line more. */
static bool need_line(struct log_uses *uses)
{
	struct log_use_line **larger;

	if (uses->count < uses->room)
		return true;
	larger = realloc(uses->lines, (2 * uses->room + 16) * sizeof(struct log_use_line *));
	if (larger == NULL)
		return false;
	uses->lines = larger;
	uses->room = 2 * uses->room + 16;
	return true;
}

struct log_use_line *log_uses_line(struct log_uses *uses, const char *key)
{
	const json_t *place = json_object_get(uses->places, key);
	struct log_use_line *line;

	if (place != NULL)
		return uses->lines[json_integer_value(place)];
	line = need_line(uses) ? line_new(key) : NULL;
	if (line == NULL)
		return NULL;
	if (json_object_set_new(uses->places, key, json_integer((json_int_t)uses->count)) != 0) {
		line_free(line);
		return NULL;
	}
	uses->lines[uses->count++] = line;
	return line;
}

/* --- points --- */

/* How many points are not later than `at`. */
static size_t points_until(const struct log_use_line *line, int64_t at)
{
	size_t low = 0, high = line->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (line->points[middle].at <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* All that was used up to and in that second. */
static int64_t total_at(const struct log_use_line *line, int64_t at)
{
	size_t until = points_until(line, at);

	return until == 0 ? line->base : line->points[until - 1].total;
}

int64_t log_use_sum(const struct log_use_line *line, int64_t since)
{
	return total_at(line, INT64_MAX) - total_at(line, since);
}

/* Makes room for one point more. */
static bool grow_points(struct log_use_line *line)
{
	struct point *larger;

	if (line->count < line->room)
		return true;
	larger = realloc(line->points, (2 * line->room + 4) * sizeof(*larger));
	if (larger == NULL)
		return false;
	line->points = larger;
	line->room = 2 * line->room + 4;
	return true;
}

/* Adds a point of that second, if there is none. */
static enum stepup_error need_point(struct log_use_line *line, int64_t at)
{
	size_t until = points_until(line, at);

	if (until > 0 && line->points[until - 1].at == at)
		return STEPUP_OK;
	if (!grow_points(line))
		return STEPUP_NO_MEMORY;
	memmove(line->points + until + 1, line->points + until,
		(line->count - until) * sizeof(*line->points));
	line->points[until] = (struct point){at, until == 0 ? line->base : line->points[until - 1].total};
	line->count++;
	return STEPUP_OK;
}

static void note_newest(struct log_use_line *line, int64_t at)
{
	if (at > line->newest)
		line->newest = at;
}

enum stepup_error log_use_add(struct log_use_line *line, int64_t at, int64_t amount)
{
	enum stepup_error error = need_point(line, at);

	if (error != STEPUP_OK)
		return error;
	note_newest(line, at);
	if (amount > INT64_MAX - total_at(line, INT64_MAX)) /* more than any limit */
		return STEPUP_OK;
	for (size_t i = points_until(line, at); i <= line->count; i++)
		line->points[i - 1].total += amount;
	return STEPUP_OK;
}

/* --- values --- */

static int64_t value_at(const json_t *value)
{
	return json_integer_value(json_array_get(value, 0));
}

static int64_t value_seen(const json_t *value)
{
	return json_integer_value(json_array_get(value, 1));
}

bool log_use_maybe_seen(const struct log_use_line *line, int64_t since, const char *value)
{
	const json_t *known = json_object_get(line->values, value);

	return line->unknown > since || (known != NULL && value_seen(known) > since);
}

static enum stepup_error set_value(struct log_use_line *line, const char *value, int64_t at, int64_t seen)
{
	if (line->values == NULL)
		line->values = json_object();
	return json_object_set_new(
		       line->values, value, json_pack("[I, I]", (json_int_t)at, (json_int_t)seen)) == 0
		       ? STEPUP_OK
		       : STEPUP_NO_MEMORY;
}

/* It counts once, at its newest use. Where its clock was set back, the verifier may date one later than it
 * was, but not after the newest. */
enum stepup_error log_use_add_value(struct log_use_line *line, int64_t at, const char *value)
{
	const json_t *known = json_object_get(line->values, value);
	enum stepup_error error = STEPUP_OK;
	int64_t seen;

	note_newest(line, at);
	seen = line->newest;
	if (known != NULL && value_seen(known) > seen)
		seen = value_seen(known);
	if (known != NULL && value_at(known) >= at)
		return set_value(line, value, value_at(known), seen);
	if (known != NULL)
		error = log_use_add(line, value_at(known), -1);
	if (error == STEPUP_OK)
		error = log_use_add(line, at, 1);
	return error == STEPUP_OK ? set_value(line, value, at, seen) : error;
}

void log_use_add_unknown(struct log_use_line *line, int64_t at)
{
	note_newest(line, at);
	if (line->newest > line->unknown)
		line->unknown = line->newest;
}

/* --- what is forgotten, and what moves --- */

/* What was used before that second. A value that may have been used since is one of those that the log
 * doesn't say. */
static void log_uses_forget(struct log_use_line *line, int64_t before)
{
	size_t gone = before == INT64_MIN ? 0 : points_until(line, before - 1);
	const char *value;
	json_t *times;
	void *next;

	if (gone == 0)
		return;
	line->base = line->points[gone - 1].total;
	line->count -= gone;
	memmove(line->points, line->points + gone, line->count * sizeof(*line->points));
	json_object_foreach_safe (line->values, next, value, times) {
		if (value_at(times) >= before)
			continue;
		if (value_seen(times) > line->unknown)
			line->unknown = value_seen(times);
		(void)json_object_del(line->values, value);
	}
}

/* What was used later was used in that second. */
static enum stepup_error settle(struct log_use_line *line, int64_t at)
{
	size_t until = points_until(line, at);
	const char *value;
	json_t *times;

	if (until == line->count)
		return STEPUP_OK;
	line->points[until] = (struct point){at, line->points[line->count - 1].total};
	line->count = until + 1;
	if (until > 0 && line->points[until - 1].at == at) {
		line->points[until - 1].total = line->points[until].total;
		line->count = until;
	}
	json_object_foreach (line->values, value, times)
		if (value_at(times) > at && json_array_set_new(times, 0, json_integer(at)) != 0)
			return STEPUP_NO_MEMORY;
	return STEPUP_OK;
}

/* While the clock was ahead, the verifier may have let go what it took for old. */
static enum stepup_error set_back(struct log_uses *uses, int64_t at)
{
	enum stepup_error error = STEPUP_OK;

	for (size_t i = 0; error == STEPUP_OK && i < uses->count; i++) {
		log_uses_forget(uses->lines[i], uses->latest_at - USES_KEPT_SECONDS);
		error = settle(uses->lines[i], at);
	}
	uses->latest_at = at;
	return error;
}

enum stepup_error log_uses_time(struct log_uses *uses, int64_t at)
{
	if (at > uses->highest_at)
		uses->highest_at = at;
	if (at < uses->latest_at && at < uses->highest_at - AHEAD_SECONDS)
		return set_back(uses, at);
	if (at > uses->latest_at)
		uses->latest_at = at;
	return STEPUP_OK;
}

void log_uses_sweep(struct log_uses *uses, int64_t lowest_at)
{
	int64_t before = lowest_at - USES_KEPT_SECONDS;
	size_t kept = 0;

	for (size_t i = 0; i < uses->count; i++) {
		struct log_use_line *line = uses->lines[i];

		log_uses_forget(line, before);
		if (line->count == 0 && line->newest < before && line->unknown < before) {
			(void)json_object_del(uses->places, line->key);
			line_free(line);
			continue;
		}
		uses->lines[kept] = line;
		if (kept != i)
			(void)json_integer_set(json_object_get(uses->places, line->key), (json_int_t)kept);
		kept++;
	}
	uses->count = kept;
}
