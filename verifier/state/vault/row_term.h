/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Terms: a keyed MAC of each row that decides something, and their sum modulo 2^128, which only the right set
 * of rows has. With terms that can be seen somebody could look for other rows of the same sum (Wagner's
 * k-tree finds them in a second).
 * MUST: stand in no file, no log and no message.
 * Layer: verifier/state/vault/. libc only.
 */
#ifndef STEPUP_VERIFIER_ROW_TERM_H
#define STEPUP_VERIFIER_ROW_TERM_H

#include <stdbool.h>
#include <stdint.h>

struct row_term {
	uint64_t high, low;
};

/* What a row was when it was read: whoever changes it takes this out of the sum. */
struct row_seen {
	bool there;    /* unset: there was none */
	bool flagged;  /* it counts as locked, or open */
	int64_t group; /* what rows are listed by besides: a user's uid; -1 for none */
	uint64_t row;  /* its name in the memory */
	struct row_term term;
};

static inline void row_term_add(struct row_term *sum, const struct row_term *term)
{
	uint64_t low = sum->low + term->low;

	sum->high += term->high + (low < sum->low ? 1 : 0);
	sum->low = low;
}

static inline void row_term_subtract(struct row_term *sum, const struct row_term *term)
{
	sum->high -= term->high + (sum->low < term->low ? 1 : 0);
	sum->low -= term->low;
}

/* The part of it that the memory keeps. */
static inline uint32_t row_term_short(const struct row_term *term)
{
	return (uint32_t)term->low;
}

#endif
