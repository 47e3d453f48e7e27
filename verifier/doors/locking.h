/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verbs that stop and start: lock, unlock, freeze, thaw, and one's own lock. What they change is locks.h's.
 * Layer: verifier/doors/.
 */
#ifndef STEPUP_VERIFIER_LOCKING_H
#define STEPUP_VERIFIER_LOCKING_H

#include "verifier/server/call.h"

#define LOCK_USERS_MAX 64

/* Handler of Verify1.LockMe. */
void locking_lock_me(struct call *call);

/* Handlers of Admin1. */
void locking_lock(struct call *call);
void locking_unlock(struct call *call);
void locking_freeze(struct call *call);
void locking_thaw(struct call *call);

#endif
