/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A finished report (report.h) as text for a terminal, CSV for a spreadsheet, one HTML page.
 * MUST: show nothing that could act: no formula in a cell, no markup from a text, no script, nothing
 * fetched from elsewhere.
 * Layer: tools/stepup/report/.
 */
#ifndef STEPUP_TOOLS_REPORT_OUTPUT_H
#define STEPUP_TOOLS_REPORT_OUTPUT_H

#include <jansson.h>
#include <stdio.h>

#include "tools/stepup/report/report.h"

/* `report` with "sound": whether nothing is wrong with the log it is from. `standing` is one sentence about
 * how far the log was checked. */
void report_print_text(const json_t *report, const char *standing, FILE *out);

/* RFC 4180: a line of headings, one per row, one per thing touched (kind "touched") and one per thing only
 * approved (kind "unredeemed"). A cell that a spreadsheet would take for a formula gets a `'` before it. */
void report_print_csv(const json_t *report, FILE *out);

/* One self-contained page: no script, nothing from elsewhere; prints well; light and dark. */
void report_print_html(const json_t *report, const char *standing, FILE *out);

/* "5 times", "records 1020"; the caller frees. */
char *report_times_text(const json_t *thing);

/* What stands where nothing was touched: what has been erased can't be ruled out. */
const char *report_nothing_touched(const json_t *report);
#define REPORT_UNREDEEMED "These don't count as touched. " \
	"If a service checks receipts itself and never redeems them, it may have carried them out. Ask it."
#define REPORT_ERASED "What they were about is missing here."
#define REPORT_EMPTY \
	"The log has nothing about this user in that time. Is the name spelt as `stepup users` shows it?"

/* The last lock, and what was refused and let through while it held, in sentences that are not safe to show
 * yet; `*tone` as in report_kinds. The caller frees. */
char *report_locks_text(const json_t *report, char *tone);

/* The parts of a page: report_html.c has the frame, report_timeline.c the timeline. */
void report_print_timeline(const json_t *report, FILE *out);

#endif
