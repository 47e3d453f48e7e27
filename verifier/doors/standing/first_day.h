/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first day: for 24 hours after the store's first log entry, keys that the administrator of `stepup init`
 * invites don't cool off, and may agree to requests at once, so that a host is set up in one sitting. Each
 * such key is an alert; the day ends by itself.
 * MUST: hold for the one who enrolled with root's first invitation alone; never begin again, nor go on
 * after `init --again`.
 * Layer: verifier/doors/standing/, over the store.
 */
#ifndef STEPUP_VERIFIER_FIRST_DAY_H
#define STEPUP_VERIFIER_FIRST_DAY_H

#include "verifier/state/store/store.h"

#define FIRST_DAY_SECONDS (24 * 60 * 60)
#define FACT_INITIALISED "initialised" /* "yes" once somebody has enrolled with an invitation made by Init */
#define FIRST_DAY_ALERT "first-day"

/* Somebody has enrolled with root's first invitation, the first ever: it is their day. Inside the caller's
 * transaction, as the next two are. */
enum stepup_error first_day_begin(struct store_session *session, const uint8_t user_id[USER_ID_SIZE]);

/* It is over for good. */
enum stepup_error first_day_end(struct store_session *session);

/* Whether it is their day (NULL: anybody's) at `now`, seconds since 1970. */
enum stepup_error first_day_holds(struct store_session *session, const uint8_t *user_id, int64_t now,
	bool *holds);

/* When it ends; 0 where it doesn't hold. */
enum stepup_error first_day_until(struct store_session *session, int64_t now, int64_t *until);

#endif
