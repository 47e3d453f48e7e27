/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verbs about people: lock and unlock. What they change is locks.h's.
 * Layer: verifier/doors/admin/.
 */
#ifndef STEPUP_VERIFIER_PEOPLE_VERBS_H
#define STEPUP_VERIFIER_PEOPLE_VERBS_H

#include "verifier/server/call.h"

#define LOCK_USERS_MAX 64

/* Ends what is under way and what is fresh for somebody, under all names of the uid (-1: of the one that they
 * enrolled with). On the loop's thread, once a lock is committed. */
void people_verbs_end(struct verifier *verifier, const char *user, int64_t uid);

/* Handlers of Admin1. */
void people_verbs_lock(struct call *call);
void people_verbs_unlock(struct call *call);

#endif
