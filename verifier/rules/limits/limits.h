/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Volume limits (DESIGN section 7): so many per window, so much of a number per window, so many different
 * values per window; windows slide. A rule's hard limits count the same rows, and hold whoever agrees.
 * MUST: be checked and charged in the accepting transaction, which saves the user's record, too: what was
 * used newest stands there.
 * Layer: verifier/rules/limits/, over the store.
 */
#ifndef STEPUP_VERIFIER_LIMITS_H
#define STEPUP_VERIFIER_LIMITS_H

#include "verifier/rules/policy/policy.h"
#include "verifier/state/store/store.h"

struct limit_left {
	int64_t left;       /* how much of the limit's unit is still free, before this action */
	int64_t asked;      /* how much this action takes */
	bool over;
};

/* An action under a rule, at a time: what is held against the rule's limits. All borrowed. */
struct usage {
	struct store *store;
	struct store_session *session;
	const struct rule *rule;
	const struct action *action;
	int64_t now; /* seconds since 1970 */
};

/* What one limit has left for this user (NULL for somebody who never used any), and whether the action fits.
 * Charges nothing. */
enum stepup_error limit_look(const struct usage *usage, const struct user_record *record,
	const struct limit *limit, struct limit_left *left);

/* Checks all of the rule's limits, hard ones first, and charges them. STEPUP_OVER_LIMIT: none was charged,
 * `*over` is the first that refused. */
enum stepup_error limits_charge(const struct usage *usage, struct user_record *record,
	const struct limit **over);

/* The same for what a second person agreed to: limits are passed if the rule has `over-limit = approve`,
 * hard ones never. */
enum stepup_error limits_charge_approved(const struct usage *usage, struct user_record *record,
	const struct limit **over);

/* The first limit that the action goes over, hard ones first; NULL for none. `*left` (may be NULL) is what
 * that one has. Charges nothing. */
enum stepup_error limits_look(const struct usage *usage, const struct user_record *record,
	const struct limit **over, struct limit_left *left);

/* Whether it is one of the rule's hard limits. */
bool limit_is_hard(const struct rule *rule, const struct limit *limit);

#endif
