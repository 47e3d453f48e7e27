/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verbs that stop and start: lock, unlock, freeze, thaw, and one's own lock. What they change is locks.h's.
 * Layer: verifier/doors/admin/. People are people_verbs.c's.
 */
#ifndef STEPUP_VERIFIER_LOCK_VERBS_H
#define STEPUP_VERIFIER_LOCK_VERBS_H

#include "verifier/server/call.h"

#define LOCK_USERS_MAX 64

/* Ends what is under way and what is fresh for somebody, under all names of the uid (-1: of the one that they
 * enrolled with). On the loop's thread, once a lock is committed. */
void locking_end_person(struct verifier *verifier, const char *user, int64_t uid);

/* Handler of Verify1.LockMe. */
void locking_lock_me(struct call *call);

/* Handlers of Admin1. */
void locking_lock(struct call *call);
void locking_unlock(struct call *call);
void locking_freeze(struct call *call);
void locking_thaw(struct call *call);

#endif
