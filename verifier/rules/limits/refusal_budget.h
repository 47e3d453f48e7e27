/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many refusals may be logged, or tried: a burst, then one in so long, by key; and the first of a
 * kind about somebody.
 * MUST: let no key use up another's, but for those that fall on one slot.
 * Layer: verifier/rules/limits/. Memory only; time comes from the caller.
 */
#ifndef STEPUP_VERIFIER_REFUSAL_BUDGET_H
#define STEPUP_VERIFIER_REFUSAL_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "verifier/state/records/user_record.h"

#define REFUSAL_BURST 30          /* entries at once */
#define REFUSAL_EVERY_MS 2000     /* then one in so long */
#define REFUSAL_SLOTS 4096
#define REFUSAL_FIRST_MS 300000    /* one of a kind about an enrolled user in so long, whatever the budget */

struct refusal_slot {
	int64_t tokens;
	int64_t refilled_boot_ms; /* 0 for never used */
};

/* The last refusal of a kind about an enrolled user. */
struct refusal_first {
	uint8_t user_id[USER_ID_SIZE];
	enum stepup_error error;
	int64_t at_boot_ms; /* 0 for never used */
};

/* Keys that fall on one slot share it. */
struct refusal_budget {
	struct refusal_slot slots[REFUSAL_SLOTS];
	struct refusal_first firsts[REFUSAL_SLOTS];
};

/* Whether this key's refusal may be logged now; counts it. A uid is the key of what is counted per uid. */
bool refusal_budget_take(struct refusal_budget *budget, uint32_t key, int64_t now_boot_ms);

/* Gives back what was taken for an entry that could not be written. */
void refusal_budget_give(struct refusal_budget *budget, uint32_t key);

/* Whether there is any left; counts nothing. */
bool refusal_budget_has(const struct refusal_budget *budget, uint32_t key, int64_t now_boot_ms);

/* Whether none of this kind about this user was logged for REFUSAL_FIRST_MS; notes that one is now. */
bool refusal_first_take(struct refusal_budget *budget, const uint8_t user_id[USER_ID_SIZE],
	enum stepup_error error, int64_t now_boot_ms);

/* The one that was taken at that time was not logged after all. */
void refusal_first_give(struct refusal_budget *budget, const uint8_t user_id[USER_ID_SIZE],
	enum stepup_error error, int64_t taken_boot_ms);

#endif
