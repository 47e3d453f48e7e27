/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Codes of which nobody can know whether they were used: after a stop that wasn't clean those up to the
 * start; after a new epoch those of one step more, which a verifier accepts ahead of its clock, and every
 * counting token's, until two in a row say where it is.
 * What is known of it is kept in the store until time has passed it: a clean stop and a start in the same
 * half minute forget nothing.
 * Layer: verifier/evidence/.
 */
#ifndef STEPUP_VERIFIER_CODE_FLOORS_H
#define STEPUP_VERIFIER_CODE_FLOORS_H

#include <stdbool.h>

#include "verifier/state/store/store.h"

struct code_floors {
	int64_t unclean; /* TOTP steps that began then or before are spent, seconds since 1970; 0 for none */
	int64_t epoch;   /* steps that began then or before, or in the step after it, are spent; 0 for none */
};

/* Inside the transaction of a new epoch. Every live counting token is in doubt from here on. */
enum stepup_error code_floors_epoch(struct store_session *session, int64_t now);

/* At a start, outside a transaction: what holds from here on, and is kept. A floor from a clock that was
 * ahead ends at `now`. */
enum stepup_error code_floors_start(struct store_session *session, bool clean, int64_t now,
	struct code_floors *floors);

/* The floor for codes of a period, as otp_check takes it; 0 for none. */
int64_t code_floor_of(const struct code_floors *floors, int64_t period_seconds);

#endif
