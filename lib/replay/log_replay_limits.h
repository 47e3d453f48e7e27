/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The replay's rule about limits: a grant fits into those that its own entry names. Inside of log_replay.c
 * only.
 * Layer: lib/replay/ (part "evidence").
 */
#ifndef STEPUP_LIB_LOG_REPLAY_LIMITS_H
#define STEPUP_LIB_LOG_REPLAY_LIMITS_H

#include "lib/replay/log_replay_rules.h"

/* A grant: tells the first limit that it went over, hard ones first, and counts what it used. Nothing is
 * told where the log doesn't say enough: of entries from before grants named their rule, of details that
 * were erased, and of what the verifier may have dated otherwise when its clock was wrong
 * (lib/replay/log_uses.h). */
void step_check_limits(struct replay_step *step);

#endif
