/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Limits and durations as the configuration writes them, and as the log repeats them. Each function takes
 * exactly what is documented: no sign, blank, leading zero or overflow slips through. None allocates.
 * Layer: lib/wire/, libc.
 */
#ifndef STEPUP_LIB_LIMIT_TEXT_H
#define STEPUP_LIB_LIMIT_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/wire/action.h"

#define LIMIT_WINDOW_MAX_SECONDS (31 * 24 * 3600)
#define LIMITS_MAX 16 /* of one list: a rule has limits, and hard ones */

enum limit_kind { LIMIT_COUNT, LIMIT_SUM, LIMIT_DIFFERENT };

struct limit {
	enum limit_kind kind;
	int64_t maximum;	       /* 1 … DETAIL_NUMBER_MAX */
	char detail[DETAIL_NAME_SIZE]; /* LIMIT_SUM, LIMIT_DIFFERENT */
	int64_t window_seconds;	       /* 1 … LIMIT_WINDOW_MAX_SECONDS */
	const char *text;	       /* "20000 records per 24h", as written; borrowed */
};

/* Decimal digits, 0 … maximum; the place behind them, NULL where there are none. */
const char *number_take(const char *text, int64_t maximum, int64_t *number);

/* 45s, 15m, 1h, 24h, 7d: whole numbers from 1 on. */
bool duration_parse(const char *text, int64_t *seconds);

/* "N per WINDOW", "N DETAIL per WINDOW", "N different DETAIL per WINDOW". Fills in all but `text`. */
bool limit_parse(const char *text, struct limit *limit);

/* Whether both count the same uses: limits of one kind and detail differ in window and maximum only. */
bool limit_counts_same(const struct limit *a, const struct limit *b);

#endif
