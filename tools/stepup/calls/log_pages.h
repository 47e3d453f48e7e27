/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verifier's log, page after page under one step-up, as the lines of an export (lib/replay/log_check.h).
 * Layer: tools/stepup/calls/.
 */
#ifndef STEPUP_TOOLS_LOG_PAGES_H
#define STEPUP_TOOLS_LOG_PAGES_H

#include <stdbool.h>

#include "tools/stepup/calls/doors.h"

/* One page: Admin1.Log. The authorization is good for all pages. */
enum exit_status log_page(struct doors *doors, const char *authorization, int64_t from, int64_t count,
	json_t **reply);

/* The step-up for reading the log; the caller wipes and frees `*authorization`. */
enum exit_status log_authorize(struct doors *doors, char **authorization);

/* Takes one line with its newline; false ends it. */
typedef bool log_line_taken(void *context, const char *line);

/* All lines: header, every entry under the newest signed checkpoint, that checkpoint. Asks for a step-up
 * first. `*ended` tells whether `taken` ended it. */
enum exit_status log_lines(struct doors *doors, log_line_taken *taken, void *context, bool *ended);

/* The entries under the newest signed checkpoint from a time on (a few before it may come too),
 * without header and checkpoint. The first is found by halving: it rests on the log's times going up,
 * but for an hour. */
enum exit_status log_lines_since(struct doors *doors, int64_t since, log_line_taken *taken, void *context,
	bool *ended);

#endif
