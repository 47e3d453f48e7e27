/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one user did in a time, out of the log's lines as they come: nothing is kept but what is
 * about that user.
 * MUST: say where details were erased; call nothing touched that the log doesn't say was carried out or
 * allowed without a receipt.
 * Layer: tools/stepup/report/.
 */
#ifndef STEPUP_TOOLS_REPORT_H
#define STEPUP_TOOLS_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct report;

/* From `since` on and before `until`, seconds since 1970. */
struct report *report_new(const char *user, int64_t since, int64_t until);
void report_free(struct report **report);

/* Takes one line of the log (lib/replay/log_check.h), whichever it is. False where it is no such line. */
bool report_line(struct report *report, const char *line);

/* The whole, the caller's to free:
 *   {"user", "since", "until", "hosts":[…], "totals":{KIND:n}, "erased":n,
 *    "rows":[{"entry", "at", "time", "kind", "action"?, "what", "who"?, "factor"?, "from"?, "note"?,
 *    "credential"?, "locked"?, "erased"?}], "locks":[{"at"?, "who"?, "again"?, "again_who"?, "until"?,
 *    "until_who"?, "refused":n, "passed":n}], "touched":[{"action", "detail", "value", "times",
 *    "unredeemed"?, "numbers":{…}, "first", "last"}], "unredeemed":[…], "notify":n}
 * Kinds are those of report_kinds. A row that is "locked" was refused because the user was.
 * "touched" has a row for each action; "unredeemed", of the same form, what was approved, not carried
 * out by then, and touched by that action not at all. "notify" counts what was touched, by detail and
 * value, each once. */
json_t *report_finish(struct report *report);

/* "locks" of these rows: from a lock to the next unlock each, with what was refused and what went through
 * between. No "at": the user was locked before the time began; no "until": to its end. "again": the first
 * time that somebody else locked once more. A new array. */
json_t *report_locks(const json_t *rows);

/* What a kind of row is called, in the order in which totals are shown; ended by a row without name. */
struct report_kind {
	const char *name;    /* "approved" */
	const char *heading; /* "Approved" */
	const char *meaning; /* one sentence */
	char tone;           /* 'g' done, 'w' to be looked at, 'b' refused or ended, 'n' neither */
};
extern const struct report_kind report_kinds[];
const struct report_kind *report_kind_find(const char *name);

/* A row's kind; the first one where it has none. */
const struct report_kind *report_kind_of(const json_t *row);

/* "2026-11-23T15:00:00Z". */
#define DAY_SECONDS 86400
#define REPORT_TIME_SIZE 32
const char *report_time(int64_t at, char text[REPORT_TIME_SIZE]);

/* "2h", "3d" (before `now`), "2026-11-23", "2026-11-23T15:00", "2026-11-23T15:00:00Z", "…+01:00"; without a
 * zone it is local time. */
bool report_time_parse(const char *text, int64_t now, int64_t *at);

/* "2026-11-23 15:00:07", UTC, from a place in it on. */
void report_print_time(int64_t at, size_t from, FILE *out);

#endif
