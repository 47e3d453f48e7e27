/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Limits and durations as the configuration writes them, and as the log repeats them. Each function takes
 * exactly what is documented: no sign, blank, leading zero or overflow slips through. None allocates.
 * Layer: lib/wire/, libc.
 */
#ifndef STEPUP_LIB_LIMIT_TEXT_H
#define STEPUP_LIB_LIMIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/wire/action.h"

#define LIMIT_WINDOW_MAX_SECONDS (31 * 24 * 3600)
#define LIMITS_MAX 16 /* of one list: a rule has limits, and hard ones */

/* The kinds of limits: the constant, and the name that a kind's part of each table of kinds begins with. The
 * tables are made from this list, so a kind that has no part of one of them does not compile. */
#define LIMIT_KINDS(ROW) \
	ROW(LIMIT_COUNT, count) \
	ROW(LIMIT_SUM, sum) \
	ROW(LIMIT_DIFFERENT, different)

#define LIMIT_KIND_CONSTANT(constant, name) constant,
enum limit_kind { LIMIT_KINDS(LIMIT_KIND_CONSTANT) };
#undef LIMIT_KIND_CONSTANT

/* What a kind is called, and how the configuration writes it. */
struct limit_form {
	const char *name;  /* in the names of what was used: the store keeps it, so it never changes */
	size_t word_count; /* words between the number and "per", of which the last is the detail */
	const char *word;  /* the one before the detail; NULL: there is none */
	bool adds_up;      /* amounts of the detail */
};

/* The form of a kind; there is one for each. */
const struct limit_form *limit_form(enum limit_kind kind);

struct limit {
	enum limit_kind kind;
	int64_t maximum;	       /* 1 … DETAIL_NUMBER_MAX */
	char detail[DETAIL_NAME_SIZE]; /* "" if its kind has none */
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
