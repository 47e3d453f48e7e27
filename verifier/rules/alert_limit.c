/* SPDX-License-Identifier: BSD-2-Clause */
/* How often people are alerted; see alert_limit.h. */
#include "verifier/rules/alert_limit.h"

#include <stdio.h>
#include <string.h>

/* A clock that was set back ends a quiet time too. */
static bool is_over(const struct alert_slot *slot, int64_t now)
{
	return now >= slot->since + ALERT_QUIET_SECONDS || now < slot->since;
}

bool alert_limit_take(struct alert_limit *limit, const char *user, const char *kind, int64_t now)
{
	struct alert_slot *place = &limit->slots[0];

	for (size_t i = 0; i < ALERT_SLOTS; i++) {
		struct alert_slot *slot = &limit->slots[i];

		if (strncmp(slot->kind, kind, ALERT_KIND_SIZE - 1) == 0 && strncmp(slot->user, user, USER_NAME_SIZE - 1) == 0) {
			if (slot->held_back > 0 || !is_over(slot, now)) {
				slot->held_back++;
				return false;
			}
			slot->since = now;
			return true;
		}
		if (place->kind[0] != '\0' && (slot->kind[0] == '\0' || slot->since < place->since))
			place = slot;
	}
	*place = (struct alert_slot){.since = now};
	(void)snprintf(place->user, sizeof(place->user), "%s", user);
	(void)snprintf(place->kind, sizeof(place->kind), "%s", kind);
	return true;
}

bool alert_limit_due(struct alert_limit *limit, int64_t now, struct alert_slot *due)
{
	for (size_t i = 0; i < ALERT_SLOTS; i++) {
		struct alert_slot *slot = &limit->slots[i];

		if (slot->held_back == 0 || !is_over(slot, now))
			continue;
		*due = *slot;
		slot->held_back = 0;
		slot->since = now;
		return true;
	}
	return false;
}
