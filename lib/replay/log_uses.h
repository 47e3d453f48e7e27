/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What grants of a log used of limits, by time, for its replay. It counts no more than the verifier did,
 * whatever its clock did meanwhile: where the log does not say what the verifier still knew, a use counts for
 * the shorter time, or not at all.
 * MUST: stand any numbers and times that a log may say; keep no more than the longest window needs.
 * Layer: lib/replay/ (part "evidence"); for log_replay_limits.c.
 */
#ifndef STEPUP_LIB_LOG_USES_H
#define STEPUP_LIB_LOG_USES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"

struct log_uses;

/* One person's uses of one kind, which several limits may look at: in the order of their times. Owned by the
 * collection. */
struct log_use_line;

struct log_uses *log_uses_new(void);
void log_uses_free(struct log_uses **uses);

/* Forgets all uses: a new epoch may have taken a store that has others than the log. */
void log_uses_clear(struct log_uses *uses);

/* To be told the time of every entry, before any use of it is looked at or added. STEPUP_NO_MEMORY. */
enum stepup_error log_uses_time(struct log_uses *uses, int64_t at);

/* Now and then: forgets what no window reaches that ends at `lowest_at` or later. */
void log_uses_sweep(struct log_uses *uses, int64_t lowest_at);

/* The line of that name, an empty one where there was none; good until the next sweep. NULL: no memory. */
struct log_use_line *log_uses_line(struct log_uses *uses, const char *key);

/* How much was used after `since`: of different values, how many there were. */
int64_t log_use_sum(const struct log_use_line *line, int64_t since);

/* Whether this value may have been used after `since`; also where the log doesn't say all values that were.
 */
bool log_use_maybe_seen(const struct log_use_line *line, int64_t since, const char *value);

/* Adds an amount (0 or more), a value, and a value that was erased since. STEPUP_NO_MEMORY. */
enum stepup_error log_use_add(struct log_use_line *line, int64_t at, int64_t amount);
enum stepup_error log_use_add_value(struct log_use_line *line, int64_t at, const char *value);
void log_use_add_unknown(struct log_use_line *line, int64_t at);

#endif
