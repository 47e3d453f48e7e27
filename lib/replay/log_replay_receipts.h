/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receipts in a log, for the replay (log_replay.h).
 * Layer: lib/replay/ (part "evidence").
 */
#ifndef STEPUP_LIB_LOG_REPLAY_RECEIPTS_H
#define STEPUP_LIB_LOG_REPLAY_RECEIPTS_H

#include "lib/replay/log_replay_rules.h"

#define RESUMED_WITHIN_SECONDS (24 * 60 * 60) /* an execution is told so long that it had redeemed */

/* A grant's receipt. `approver_id`: who agreed, NULL where nobody was asked. */
void step_issue_receipt(struct replay_step *step, const char *jti, const char *approver_id);

/* Entry "redeem". */
void step_redeem(struct replay_step *step);

/* Entry "resume": the execution that had redeemed asked again. */
void step_resume(struct replay_step *step);

#endif
