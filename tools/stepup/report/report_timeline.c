/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A report's timeline: a lane for each kind of thing, one below the other over the same time; see
 * report_output.h. Each lane is a drawing that stretches, and all that is text stands beside it, so that it
 * stays readable however wide the page is.
 */
#include "tools/stepup/report/report_output.h"

#include <stdint.h>
#include <string.h>

#include "lib/wire/message.h"
#include "tools/stepup/report/report.h"

#define BUCKETS 160     /* columns of a lane */
#define LANE_HEIGHT 26  /* in the drawing's units, of which a bucket is one wide */
#define TICKS_MAX 8

struct timeline {
	const json_t *rows, *totals, *locks;
	int64_t from, to; /* of the first and the last row */
	int64_t step;     /* from tick to tick, seconds */
};

static void span_of(struct timeline *timeline)
{
	const json_t *row;
	size_t i;

	timeline->from = INT64_MAX;
	timeline->to = 0;
	json_array_foreach((json_t *)(uintptr_t)timeline->rows, i, row) {
		int64_t at = message_number(row, "at", 0);

		timeline->from = at < timeline->from ? at : timeline->from;
		timeline->to = at > timeline->to ? at : timeline->to;
	}
}

/* The shortest round step with which there are few enough ticks. */
static int64_t step_of(int64_t span)
{
	static const int64_t steps[] = {1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 10800, 21600, 43200,
		DAY_SECONDS,
		2 * DAY_SECONDS, 7 * DAY_SECONDS, 14 * DAY_SECONDS, 30 * DAY_SECONDS, 90 * DAY_SECONDS};
	const size_t count = sizeof(steps) / sizeof(steps[0]);
	int64_t step = 0;

	for (size_t i = 0; i < count && (step == 0 || span / step >= TICKS_MAX); i++)
		step = steps[i];
	while (span / step >= TICKS_MAX)
		step *= 2;
	return step;
}

/* From 0 to 1. */
static double place_of(const struct timeline *timeline, int64_t at)
{
	return timeline->to > timeline->from
		? (double)(at - timeline->from) / (double)(timeline->to - timeline->from) : 0;
}

static size_t bucket_of(const struct timeline *timeline, int64_t at)
{
	return (size_t)(place_of(timeline, at) * (BUCKETS - 1));
}

static int64_t first_tick(const struct timeline *timeline)
{
	return (timeline->from + timeline->step - 1) / timeline->step * timeline->step;
}

/* 8 for one, 4 more each time that there is twice as much. */
static int height_of(unsigned count)
{
	int height = 8;

	for (; count > 1 && height < LANE_HEIGHT - 4; count /= 2)
		height += 4;
	return height < LANE_HEIGHT - 4 ? height : LANE_HEIGHT - 4;
}

static void print_upright(const char *class, double x, FILE *out)
{
	(void)fprintf(out, "<line class=\"%s\" x1=\"%.2f\" x2=\"%.2f\" y1=\"0\" y2=\"%d\" "
		"vector-effect=\"non-scaling-stroke\"/>", class, x, x, LANE_HEIGHT);
}

static bool report_timeline_is_kind(const json_t *row, const char *name)
{
	return strcmp(report_kind_of(row)->name, name) == 0;
}

static double middle_of(const struct timeline *timeline, int64_t at)
{
	return (double)bucket_of(timeline, at) + 0.5;
}

/* Behind the marks: the times of locks, in which all should be refusals, and the ticks. */
static void print_ground(const struct timeline *timeline, FILE *out)
{
	const json_t *row, *lock;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)timeline->locks, i, lock) {
		int64_t at = message_number(lock, "at", -1), until = message_number(lock, "until", -1);
		double left = at >= 0 ? middle_of(timeline, at) : 0,
			right = until >= 0 ? middle_of(timeline, until) : BUCKETS;

		(void)fprintf(out, "<rect class=\"late\" x=\"%.2f\" y=\"0\" width=\"%.2f\" height=\"%d\"/>",
			left, right > left ? right - left : 0, LANE_HEIGHT);
	}
	for (int64_t at = first_tick(timeline); at <= timeline->to; at += timeline->step)
		print_upright("tick", place_of(timeline, at) * (BUCKETS - 1) + 0.5, out);
	json_array_foreach((json_t *)(uintptr_t)timeline->rows, i, row)
		if (report_timeline_is_kind(row, "locked"))
			print_upright("lock", middle_of(timeline, message_number(row, "at", 0)), out);
}

/* One kind's lane: the more there was, the taller the mark. */
static void print_lane(const struct timeline *timeline, const struct report_kind *kind, FILE *out)
{
	unsigned counts[BUCKETS] = {0};
	const json_t *row;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)timeline->rows, i, row)
		if (report_kind_of(row) == kind)
			counts[bucket_of(timeline, message_number(row, "at", 0))]++;
	(void)fprintf(out, "<div class=\"lane\"><span title=\"%s\">%s <b>%lld</b></span>"
		"<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
		kind->meaning, kind->heading, (long long)message_number(timeline->totals, kind->name, 0),
		BUCKETS, LANE_HEIGHT);
	print_ground(timeline, out);
	for (i = 0; i < BUCKETS; i++) {
		int height = height_of(counts[i]);

		if (counts[i] == 0)
			continue;
		(void)fprintf(out, "<rect class=\"%c\" x=\"%.2f\" y=\"%d\" width=\".9\" height=\"%d\">"
			"<title>%u \u00d7 %s, from ",
			kind->tone, (double)i + 0.05, LANE_HEIGHT - height, height, counts[i], kind->heading);
		report_print_time(timeline->from + (int64_t)i * (timeline->to - timeline->from) /
			(BUCKETS - 1), 0, out);
		(void)fputs("</title></rect>", out);
	}
	(void)fputs("</svg></div>\n", out);
}

/* "15:00", at midnight and where the steps are days "11-23". */
static void print_axis(const struct timeline *timeline, FILE *out)
{
	(void)fputs("<div class=\"axis\"><div>", out);
	for (int64_t at = first_tick(timeline); at <= timeline->to; at += timeline->step) {
		char time[REPORT_TIME_SIZE];
		bool is_day = at % DAY_SECONDS == 0;

		(void)report_time(at, time);
		(void)fprintf(out, "<i%s style=\"left:%.2f%%\">%.*s</i>", is_day ? " class=\"day\"" : "",
			(place_of(timeline, at) * (BUCKETS - 1) + 0.5) * 100 / BUCKETS,
			timeline->step < 60 ? 8 : 5,
			time + (is_day ? strlen("2026-") : strlen("2026-11-23T")));
	}
	(void)fputs("</div></div>\n", out);
}

void report_print_timeline(const json_t *report, FILE *out)
{
	struct timeline timeline = {.rows = json_object_get(report, "rows"),
		.totals = json_object_get(report, "totals"), .locks = json_object_get(report, "locks")};

	span_of(&timeline);
	timeline.step = step_of(timeline.to - timeline.from);
	(void)fputs("<h2>Timeline (UTC)</h2>\n<div class=\"card time\" role=\"img\" aria-label=\"When each "
		"kind of thing happened. The table below says the same.\">\n", out);
	for (const struct report_kind *kind = report_kinds; kind->name != NULL; kind++)
		if (message_number(timeline.totals, kind->name, 0) > 0)
			print_lane(&timeline, kind, out);
	print_axis(&timeline, out);
	(void)fputs("</div>\n", out);
}
