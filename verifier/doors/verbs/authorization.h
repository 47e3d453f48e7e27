/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spending a granted step-up for a verb: the `authorization` of a call is the name of a step-up for
 * exactly that verb with exactly those details, begun by the same uid, granted not longer than a minute
 * ago and not spent.
 * MUST: spend it before the verb is carried out; refuse one whose user was locked, whose verb was frozen or
 * whose credential went meanwhile, inside the verb's own transaction, also where that was undone again, and
 * log that after it.
 * Layer: verifier/doors/verbs/.
 */
#ifndef STEPUP_VERIFIER_AUTHORIZATION_H
#define STEPUP_VERIFIER_AUTHORIZATION_H

#include "verifier/evidence/log_entry.h"
#include "verifier/server/call.h"
#include "verifier/state/store/store.h"

#define AUTHORIZATION_PAGES_SECONDS 300 /* what is read in pages: from the first page on */

/* Who authorised, copied, so that it outlives the step-up. */
struct authorization {
	const char *action; /* the verb's, a literal */
	char by[USER_NAME_SIZE];
	uint8_t user_id[USER_ID_SIZE];
	enum factor_strength strength; /* that it was granted with */
	int64_t grant; /* index of the grant's log entry */
	int64_t version; /* of the record, as it was saved with the grant */
	char credential[CREDENTIAL_ID_SIZE]; /* that earned it */
};

/* Spends the call's `authorization` for this verb, a literal; takes over `details` (the verb's, an object).
 * The granted user is `user`, or with NULL the caller's own account. Where it doesn't serve, the call is
 * refused, that is logged, and false is returned. */
bool authorization_spend(struct call *call, const char *user, const char *action, json_t *details,
	struct authorization *authorization);

/* Whether a spent authorization was granted with a factor at least so strong; where not, the call is refused,
 * and that is logged. */
bool authorization_suffices(struct call *call, const struct authorization *authorization, const char *action,
	enum factor_strength strength);

/* The same for what is read in pages: it stays good for AUTHORIZATION_PAGES_SECONDS from its first use. */
bool authorization_read(struct call *call, const char *action, struct authorization *authorization);

/* Inside the verb's transaction: STEPUP_LOCKED where the one who authorised is locked by now, STEPUP_FROZEN
 * where the verb is frozen by now, each with the reference of that in `reference`, which is "" otherwise;
 * STEPUP_NOT_ALLOWED where either was so since the grant, where the credential that earned it is gone, and
 * where the record is another. */
enum stepup_error authorization_holds(struct store_session *session,
	const struct authorization *authorization, char reference[LOCK_REFERENCE_SIZE]);

/* Logs, within the budget, that what was authorised was refused all the same, where that is for the log.
 * `why` is a literal; NULL where authorization_holds() refused. */
void authorization_log_refused(const struct call *call, const struct authorization *authorization,
	enum stepup_error error, const char *why);

/* For the log. `actor` borrows from `authorization`. */
struct log_actor authorization_actor(const struct authorization *authorization);

#endif
