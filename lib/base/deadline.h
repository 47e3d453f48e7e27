/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A point on the monotonic clock by which something must be done. Made once, handed down, never extended.
 * Layer: lib/base/, libc only.
 */
#ifndef STEPUP_LIB_DEADLINE_H
#define STEPUP_LIB_DEADLINE_H

#include <stdint.h>

struct deadline {
	int64_t at_ms; /* CLOCK_MONOTONIC, milliseconds */
};

/* `milliseconds` from now. */
struct deadline deadline_in(int64_t milliseconds);

/* The one that passes first. */
struct deadline deadline_sooner(struct deadline one, struct deadline other);

/* Milliseconds left for poll(2): 0 where it has passed, never negative. */
int deadline_left(struct deadline deadline);

#endif
