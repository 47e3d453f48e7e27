/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verifier's clocks. Wall time for codes, receipts and the log; boot time for everything that
 * expires in memory.
 * Layer: verifier/host/, libc only.
 */
#ifndef STEPUP_VERIFIER_CLOCK_H
#define STEPUP_VERIFIER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

int64_t clock_wall_seconds(void); /* CLOCK_REALTIME */
int64_t clock_boot_ms(void);      /* CLOCK_BOOTTIME */

/* Whether wall time and boot time have drifted apart by more than 2 s since the last call:
 * somebody set the clock. */
struct clock_watch {
	int64_t offset_ms;
	int64_t drift_ms; /* by how much, the last time; below 0 where it was set back */
	bool set;
};
bool clock_watch_jumped(struct clock_watch *watch);

#endif
