/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a user's actions were about, gathered from the log's entries for a report (report.h): once for each
 * action, detail and value.
 * MUST: call nothing touched that the log doesn't say was carried out or allowed without a receipt.
 * Layer: tools/stepup/report/.
 */
#ifndef STEPUP_TOOLS_REPORT_TOUCHED_H
#define STEPUP_TOOLS_REPORT_TOUCHED_H

#include <jansson.h>

/* Takes an entry of a kind of report_kinds into `things`, an object to begin with; `evidence` is what stands
 * beside the entry. */
void touched_note(json_t *things, const json_t *entry, const json_t *evidence, const char *kind);

/* Puts "touched", "unredeemed" and "notify" of report_finish into `report`. */
void touched_finish(const json_t *things, json_t *report);

#endif
