/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deadlines on the monotonic clock.
 */
#include "lib/base/deadline.h"

#include <limits.h>
#include <time.h>

/* A clock that can't be read counts as standing at the end of time: every deadline has then passed. */
static int64_t deadline_now_ms(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return INT64_MAX;
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct deadline deadline_in(int64_t milliseconds)
{
	struct deadline deadline = {0};
	int64_t now = deadline_now_ms();

	if (__builtin_add_overflow(now, milliseconds, &deadline.at_ms))
		deadline.at_ms = milliseconds < 0 ? 0 : now;
	return deadline;
}

int deadline_left(struct deadline deadline)
{
	int64_t now = deadline_now_ms();

	if (now >= deadline.at_ms)
		return 0;
	return deadline.at_ms - now > INT_MAX ? INT_MAX : (int)(deadline.at_ms - now);
}

struct deadline deadline_sooner(struct deadline one, struct deadline other)
{
	return one.at_ms < other.at_ms ? one : other;
}
