/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verbs that stop and start: one's own lock, freeze and thaw. What they change is locks.h's; locking other
 * people is people_verbs.h's.
 * Layer: verifier/doors/admin/.
 */
#ifndef STEPUP_VERIFIER_LOCK_VERBS_H
#define STEPUP_VERIFIER_LOCK_VERBS_H

#include "verifier/server/call.h"

/* Handler of Verify1.LockMe. */
void lock_verbs_lock_me(struct call *call);

/* Handlers of Admin1. */
void lock_verbs_freeze(struct call *call);
void lock_verbs_thaw(struct call *call);

#endif
