/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verifier's clocks. A clock that can't be read is no reason to guess a time: the process ends.
 */
#include "verifier/host/clock.h"

#include <stdlib.h>
#include <time.h>

#define JUMP_MS 2000

static struct timespec read_clock(clockid_t id)
{
	struct timespec now;

	if (clock_gettime(id, &now) != 0)
		abort(); /* EINVAL only: a kernel without the clock */
	return now;
}

int64_t clock_wall_seconds(void)
{
	return read_clock(CLOCK_REALTIME).tv_sec;
}

static int64_t to_ms(struct timespec time)
{
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int64_t clock_boot_ms(void)
{
	return to_ms(read_clock(CLOCK_BOOTTIME));
}

bool clock_watch_jumped(struct clock_watch *watch)
{
	int64_t offset = to_ms(read_clock(CLOCK_REALTIME)) - clock_boot_ms();
	int64_t drift = offset - watch->offset_ms;
	bool jumped = watch->set && (drift > JUMP_MS || drift < -JUMP_MS);

	watch->drift_ms = drift;
	watch->offset_ms = offset;
	watch->set = true;
	return jumped;
}
