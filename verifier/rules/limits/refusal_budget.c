/* SPDX-License-Identifier: BSD-2-Clause */
/* How many refusals may be logged, or tried; see refusal_budget.h. */
#include "verifier/rules/limits/refusal_budget.h"

#include <string.h>

bool refusal_budget_take(struct refusal_budget *budget, uint32_t key, int64_t now_boot_ms)
{
	struct refusal_slot *slot = &budget->slots[key % REFUSAL_SLOTS];

	if (slot->refilled_boot_ms == 0) {
		slot->tokens = REFUSAL_BURST;
		slot->refilled_boot_ms = now_boot_ms;
	} else {
		int64_t more = (now_boot_ms - slot->refilled_boot_ms) / REFUSAL_EVERY_MS;

		slot->refilled_boot_ms += more * REFUSAL_EVERY_MS;
		slot->tokens = slot->tokens + more > REFUSAL_BURST ? REFUSAL_BURST : slot->tokens + more;
	}
	if (slot->tokens <= 0)
		return false;
	slot->tokens--;
	return true;
}

void refusal_budget_give(struct refusal_budget *budget, uint32_t key)
{
	struct refusal_slot *slot = &budget->slots[key % REFUSAL_SLOTS];

	if (slot->tokens < REFUSAL_BURST)
		slot->tokens++;
}

bool refusal_budget_has(const struct refusal_budget *budget, uint32_t key, int64_t now_boot_ms)
{
	const struct refusal_slot *slot = &budget->slots[key % REFUSAL_SLOTS];

	return slot->refilled_boot_ms == 0 || slot->tokens > 0 ||
		now_boot_ms - slot->refilled_boot_ms >= REFUSAL_EVERY_MS;
}

/* Ids are random, so any of their bytes spread well. One that is pushed out of its place is
 * logged once more. */
static struct refusal_first *first_of(struct refusal_budget *budget, const uint8_t user_id[USER_ID_SIZE],
	enum stepup_error error)
{
	return &budget->firsts[(((size_t)user_id[0] << 8 | user_id[1]) * 31 + (size_t)error) % REFUSAL_SLOTS];
}

static bool is_first_of(const struct refusal_first *first, const uint8_t user_id[USER_ID_SIZE],
	enum stepup_error error)
{
	return first->at_boot_ms != 0 && first->error == error &&
		memcmp(first->user_id, user_id, USER_ID_SIZE) == 0;
}

bool refusal_first_take(struct refusal_budget *budget, const uint8_t user_id[USER_ID_SIZE],
	enum stepup_error error, int64_t now_boot_ms)
{
	struct refusal_first *first = first_of(budget, user_id, error);

	if (is_first_of(first, user_id, error) && now_boot_ms - first->at_boot_ms < REFUSAL_FIRST_MS)
		return false;
	memcpy(first->user_id, user_id, USER_ID_SIZE);
	first->error = error;
	first->at_boot_ms = now_boot_ms;
	return true;
}

void refusal_first_give(struct refusal_budget *budget, const uint8_t user_id[USER_ID_SIZE],
	enum stepup_error error, int64_t taken_boot_ms)
{
	struct refusal_first *first = first_of(budget, user_id, error);

	if (is_first_of(first, user_id, error) && first->at_boot_ms == taken_boot_ms)
		first->at_boot_ms = 0;
}
