/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How often people are alerted: the first alert of a kind about a user at once, then none for ALERT_QUIET_SECONDS, and at their end one that says
 * how many there were.
 * Layer: verifier/rules/. Pure: no clock; one owner at a time.
 */
#ifndef STEPUP_VERIFIER_ALERT_LIMIT_H
#define STEPUP_VERIFIER_ALERT_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "verifier/state/user_record.h"

#define ALERT_QUIET_SECONDS 300
#define ALERT_KIND_SIZE 32
#define ALERT_SLOTS 512 /* users and kinds at a time; beyond that the oldest is forgotten, and its next alert comes at once */

struct alert_slot {
	char user[USER_NAME_SIZE]; /* "" for none */
	char kind[ALERT_KIND_SIZE]; /* "" for a free slot */
	int64_t since;             /* when people were alerted, seconds since 1970 */
	int64_t held_back;
};

struct alert_limit {
	struct alert_slot slots[ALERT_SLOTS];
};

/* Whether people are to be alerted now; counts it where not. */
bool alert_limit_take(struct alert_limit *limit, const char *user, const char *kind, int64_t now);

/* Takes one of those whose quiet time is over with alerts held back, and begins a new quiet time for it; false where there is none. */
bool alert_limit_due(struct alert_limit *limit, int64_t now, struct alert_slot *due);

#endif
