/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refusals that happen before anything is charged, put into the log through the queue, so many per uid and minute at most: what is refused costs
 * the refused nothing, so the log must not grow at their pace.
 * Layer: verifier/doors/.
 */
#ifndef STEPUP_VERIFIER_REFUSAL_LOG_H
#define STEPUP_VERIFIER_REFUSAL_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "verifier/server/call.h"
#include "verifier/evidence/log_entry.h"

#define REFUSAL_BURST 30          /* entries at once */
#define REFUSAL_EVERY_MS 2000     /* then one in so long */
#define REFUSAL_SLOTS 512

struct refusal_slot {
	int64_t tokens;
	int64_t refilled_boot_ms; /* 0 for never used */
};

/* Uids that fall on one slot share it. */
struct refusal_budget {
	struct refusal_slot slots[REFUSAL_SLOTS];
};

/* Whether this uid's refusal may be logged now; counts it. */
bool refusal_budget_take(struct refusal_budget *budget, uid_t uid, int64_t now_boot_ms);

/* Whether there is any left; counts nothing. */
bool refusal_budget_has(const struct refusal_budget *budget, uid_t uid, int64_t now_boot_ms);

/* Logs that a call was refused, within the budget; the caller isn't answered here and waits for nothing. Texts are copied; `why` is a literal. */
void refusal_log(const struct call *call, const struct log_subject *subject, const char *action, enum stepup_error error, const char *why);

#endif
