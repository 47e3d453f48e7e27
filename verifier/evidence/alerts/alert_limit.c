/* SPDX-License-Identifier: BSD-2-Clause */
/* How often people are alerted; see alert_limit.h. */
#include "verifier/evidence/alerts/alert_limit.h"

#include <stdio.h>
#include <string.h>

/* A clock that was set back ends a quiet time too. */
static bool alert_limit_is_over(const struct alert_slot *slot, int64_t now)
{
	return now >= slot->since + ALERT_QUIET_SECONDS || now < slot->since;
}

/* Whether a slot is given away rather than another: what was held back is kept as long as it can be told. */
static bool alert_limit_goes_before(const struct alert_slot *slot, const struct alert_slot *other)
{
	if (slot->kind[0] == '\0' || other->kind[0] == '\0')
		return other->kind[0] != '\0';
	if ((slot->held_back == 0) != (other->held_back == 0))
		return slot->held_back == 0;
	return slot->since < other->since;
}

/* --- what may be undone --- */

/* Before a slot changes; `fresh` where it becomes somebody else's. */
static void note_change(struct alert_limit *limit, const struct alert_slot *slot, bool fresh)
{
	if (limit->change_count == ALERT_CHANGES_MAX)
		return;
	limit->changes[limit->change_count++] = (struct alert_change){
		.slot = (size_t)(slot - limit->slots),
		.fresh = fresh,
		.since = slot->since,
		.held_back = slot->held_back,
	};
}

void alert_limit_settle(struct alert_limit *limit)
{
	limit->change_count = 0;
}

size_t alert_limit_mark(const struct alert_limit *limit)
{
	return limit->change_count;
}

void alert_limit_undo(struct alert_limit *limit, size_t mark)
{
	while (limit->change_count > mark) {
		const struct alert_change *change = &limit->changes[--limit->change_count];
		struct alert_slot *slot = &limit->slots[change->slot];

		if (change->fresh) {
			*slot = (struct alert_slot){.since = 0};
			continue;
		}
		if (slot->kind[0] == '\0') /* it was given away after that, and is free now */
			continue;
		slot->since = change->since;
		slot->held_back = change->held_back;
	}
}

/* --- alerts --- */

bool alert_limit_take(struct alert_limit *limit, const char *user, const char *kind, int64_t now)
{
	struct alert_slot *place = &limit->slots[0];

	for (size_t i = 0; i < ALERT_SLOTS; i++) {
		struct alert_slot *slot = &limit->slots[i];

		if (strncmp(slot->kind, kind, ALERT_KIND_SIZE - 1) == 0 &&
		    strncmp(slot->user, user, USER_NAME_SIZE - 1) == 0) {
			note_change(limit, slot, false);
			if (slot->held_back > 0 || !alert_limit_is_over(slot, now)) {
				slot->held_back++;
				return false;
			}
			slot->since = now;
			return true;
		}
		if (alert_limit_goes_before(slot, place))
			place = slot;
	}
	note_change(limit, place, true);
	*place = (struct alert_slot){.since = now};
	(void)snprintf(place->user, sizeof(place->user), "%s", user);
	(void)snprintf(place->kind, sizeof(place->kind), "%s", kind);
	return true;
}

struct alert_slot *alert_limit_due(struct alert_limit *limit, int64_t now)
{
	for (size_t i = 0; i < ALERT_SLOTS; i++)
		if (limit->slots[i].held_back > 0 && alert_limit_is_over(&limit->slots[i], now))
			return &limit->slots[i];
	return NULL;
}

void alert_limit_told(struct alert_limit *limit, struct alert_slot *slot, int64_t now)
{
	note_change(limit, slot, false);
	slot->held_back = 0;
	slot->since = now;
}
