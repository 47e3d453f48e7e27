/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Against guessing (DESIGN section 11): buckets per (user, source) for sources that succeeded in the last 30
 * days, one shared bucket for all others, a delay after failures in a row (RFC 4226 section 7.3), suspension
 * after 100 (NIST SP 800-63B 5.2.2).
 * MUST: be charged before the compare; success never empties a bucket.
 * Layer: verifier/rules/limits/. Pure: works on a user's guess_state inside the caller's transaction.
 */
#ifndef STEPUP_VERIFIER_GUESSING_H
#define STEPUP_VERIFIER_GUESSING_H

#include <stdbool.h>
#include <stdint.h>

#include "verifier/state/records/user_record.h"

#define GUESS_SHORT_WINDOW_SECONDS (15 * 60)
#define GUESS_SHORT_MAXIMUM 5   /* unknown sources */
#define GUESS_LONG_WINDOW_SECONDS (24 * 60 * 60)
#define GUESS_LONG_MAXIMUM 10   /* both kinds */
#define GUESS_DELAY_STEP_SECONDS 5
#define GUESS_DELAY_MAXIMUM_SECONDS 300
#define GUESS_SUSPEND_AFTER 100
#define GUESS_SOURCE_DAYS 30

struct guess_verdict {
	bool allowed;
	bool suspended;
	int64_t retry_after_seconds; /* where not allowed */
	int64_t tries_left;          /* after this one, where allowed */
};

/* Whether a guess from this source may be evaluated now. */
struct guess_verdict guess_allow(const struct guess_state *state, const uint8_t source[GUESS_SOURCE_SIZE],
	int64_t now);

/* Whether any failure of a bucket counts still. */
bool guess_bucket_counts(const struct guess_bucket *bucket, int64_t now);

/* Counts one failure; true where this one suspended codes. */
bool guess_failed(struct guess_state *state, const uint8_t source[GUESS_SOURCE_SIZE], int64_t now);

/* Notes a success: the source is known from now on, failures in a row end, buckets stay. */
void guess_succeeded(struct guess_state *state, const uint8_t source[GUESS_SOURCE_SIZE], int64_t now);

/* The same for a key's success, which also lifts a suspension of codes: it was the owner. */
void guess_key_succeeded(struct guess_state *state, const uint8_t source[GUESS_SOURCE_SIZE], int64_t now);

#endif
