/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Against guessing. Each bucket paces and counts by itself, so that a guesser elsewhere neither delays
 * nor blocks the owner at a place that is known; only the suspension after GUESS_SUSPEND_AFTER failures
 * in a row is shared.
 */
#include "verifier/rules/limits/guessing.h"

#include <string.h>

#define GUESS_SOURCE_SECONDS ((int64_t)GUESS_SOURCE_DAYS * 24 * 60 * 60)

/* Whether a failure counts in the window that ends now. After a clock that was set back, failures of up to a
 * day ahead still count; what lies further ahead was never a real time. */
static bool is_within(int64_t at, int64_t now, int64_t window)
{
	return at > now - window && at <= now + GUESS_LONG_WINDOW_SECONDS;
}

static int64_t failures_within(const struct guess_bucket *bucket, int64_t now, int64_t window)
{
	int64_t count = 0;

	for (size_t i = 0; i < bucket->count; i++)
		count += is_within(bucket->times[i], now, window);
	return count;
}

bool guess_bucket_counts(const struct guess_bucket *bucket, int64_t now)
{
	return failures_within(bucket, now, GUESS_LONG_WINDOW_SECONDS) > 0;
}

/* Seconds until fewer than `maximum` failures stand in the window; 0 where that is so now. */
static int64_t wait_for_window(const struct guess_bucket *bucket, int64_t now, int64_t window,
	int64_t maximum)
{
	int64_t left = maximum;

	for (size_t i = bucket->count; i > 0; i--)
		if (is_within(bucket->times[i - 1], now, window) && --left == 0)
			return bucket->times[i - 1] + window - now;
	return 0;
}

/* Seconds until the delay after `failures` in a row has passed. It counts from the newest failure
 * that isn't ahead of a clock that was set back: the windows hold then, a delay would last until the
 * clock has caught up. */
static int64_t wait_for_delay(const struct guess_bucket *bucket, int64_t failures, int64_t now)
{
	int64_t delay = GUESS_DELAY_MAXIMUM_SECONDS, passed;
	size_t i = bucket->count;

	if (failures < GUESS_DELAY_MAXIMUM_SECONDS / GUESS_DELAY_STEP_SECONDS)
		delay = failures * GUESS_DELAY_STEP_SECONDS;
	while (i > 0 && bucket->times[i - 1] > now)
		i--;
	if (i == 0)
		return 0;
	passed = now - bucket->times[i - 1];
	return passed < delay ? delay - passed : 0;
}

/* The source's place in the list, known or expired; source_count where it isn't there. */
static size_t source_index(const struct guess_state *state, const uint8_t source[GUESS_SOURCE_SIZE])
{
	size_t i = 0;

	while (i < state->source_count && memcmp(state->sources[i].source, source, GUESS_SOURCE_SIZE) != 0)
		i++;
	return i;
}

static bool source_is_known(const struct guess_state *state, size_t index, int64_t now)
{
	int64_t last = index < state->source_count ? state->sources[index].last_success : INT64_MIN;

	return last > now - GUESS_SOURCE_SECONDS && last <= now + TIMES_AHEAD_SECONDS;
}

static int64_t failures_since_success(const struct guess_source *source)
{
	int64_t count = 0;

	for (size_t i = source->failures.count;
		i > 0 && source->failures.times[i - 1] >= source->last_success; i--)
		count++;
	return count;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t guessing_smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

struct guess_verdict guess_allow(const struct guess_state *state, const uint8_t source[GUESS_SOURCE_SIZE],
	int64_t now)
{
	struct guess_verdict verdict = {.suspended = state->suspended};
	size_t index = source_index(state, source);
	bool known = source_is_known(state, index, now);
	const struct guess_bucket *bucket = known ? &state->sources[index].failures : &state->unknown;
	int64_t in_a_row = known ? failures_since_success(&state->sources[index]) : state->failures_in_a_row;
	int64_t wait, left;

	if (state->suspended)
		return verdict;
	wait = wait_for_delay(bucket, in_a_row, now);
	wait = larger(wait, wait_for_window(bucket, now, GUESS_LONG_WINDOW_SECONDS, GUESS_LONG_MAXIMUM));
	left = GUESS_LONG_MAXIMUM - failures_within(bucket, now, GUESS_LONG_WINDOW_SECONDS);
	if (!known) {
		wait = larger(wait,
			wait_for_window(bucket, now, GUESS_SHORT_WINDOW_SECONDS, GUESS_SHORT_MAXIMUM));
		left = guessing_smaller(left,
			GUESS_SHORT_MAXIMUM - failures_within(bucket, now, GUESS_SHORT_WINDOW_SECONDS));
	}
	verdict.allowed = wait == 0 && left > 0;
	if (verdict.allowed)
		verdict.tries_left = left - 1;
	else
		verdict.retry_after_seconds = larger(wait, 1);
	return verdict;
}

/* Forgets what no window can count any more. */
static void bucket_prune(struct guess_bucket *bucket, int64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < bucket->count; i++)
		if (is_within(bucket->times[i], now, GUESS_LONG_WINDOW_SECONDS))
			bucket->times[kept++] = bucket->times[i];
	bucket->count = kept;
}

/* Notes a failure and keeps the times in order, also when the clock was set back. */
static void bucket_add(struct guess_bucket *bucket, int64_t now)
{
	size_t place;

	bucket_prune(bucket, now);
	if (bucket->count == GUESS_TIMES_MAX) {
		memmove(bucket->times, bucket->times + 1, (GUESS_TIMES_MAX - 1) * sizeof(bucket->times[0]));
		bucket->count--;
	}
	for (place = bucket->count; place > 0 && bucket->times[place - 1] > now; place--)
		bucket->times[place] = bucket->times[place - 1];
	bucket->times[place] = now;
	bucket->count++;
}

bool guess_failed(struct guess_state *state, const uint8_t source[GUESS_SOURCE_SIZE], int64_t now)
{
	size_t index = source_index(state, source);
	bool was_suspended = state->suspended;

	bucket_add(source_is_known(state, index, now) ? &state->sources[index].failures : &state->unknown,
		now);
	if (state->failures_in_a_row < INT64_MAX)
		state->failures_in_a_row++;
	state->last_failure = now;
	state->suspended = was_suspended || state->failures_in_a_row >= GUESS_SUSPEND_AFTER;
	return state->suspended && !was_suspended;
}

/* A place for a new source: a free one, or that of the longest silent one whose bucket is empty. A bucket
 * with failures in it is never given up, or else successes from many places would empty buckets.
 * GUESS_SOURCES_MAX where there is none. */
static size_t source_place(struct guess_state *state, int64_t now)
{
	size_t best = GUESS_SOURCES_MAX;

	for (size_t i = 0; i < state->source_count; i++)
		bucket_prune(&state->sources[i].failures, now);
	if (state->source_count < GUESS_SOURCES_MAX)
		return state->source_count;
	for (size_t i = 0; i < GUESS_SOURCES_MAX; i++)
		if (state->sources[i].failures.count == 0 &&
		    (best == GUESS_SOURCES_MAX ||
			    state->sources[i].last_success < state->sources[best].last_success))
			best = i;
	return best;
}

/* The place of a source that is known from now on; GUESS_SOURCES_MAX: there is none, and it stays unknown.
 * Its owner still has the shared bucket. */
static size_t source_learn(struct guess_state *state, const uint8_t source[GUESS_SOURCE_SIZE], int64_t now)
{
	size_t index = source_place(state, now);

	if (index == GUESS_SOURCES_MAX)
		return index;
	state->sources[index] = (struct guess_source){0};
	memcpy(state->sources[index].source, source, GUESS_SOURCE_SIZE);
	if (index == state->source_count)
		state->source_count++;
	return index;
}

void guess_succeeded(struct guess_state *state, const uint8_t source[GUESS_SOURCE_SIZE], int64_t now)
{
	size_t index = source_index(state, source);

	state->failures_in_a_row = 0;
	if (index == state->source_count)
		index = source_learn(state, source, now);
	if (index < GUESS_SOURCES_MAX)
		state->sources[index].last_success = now;
}

void guess_key_succeeded(struct guess_state *state, const uint8_t source[GUESS_SOURCE_SIZE], int64_t now)
{
	guess_succeeded(state, source, now);
	state->suspended = false;
}
