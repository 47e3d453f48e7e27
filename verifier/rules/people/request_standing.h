/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a request for a second person's agreement is by now, and how many of one person's there may be: for
 * the decision that makes another, and for Explain, which says whether it would.
 * Layer: verifier/rules/people/, over the store's values.
 */
#ifndef STEPUP_VERIFIER_REQUEST_STANDING_H
#define STEPUP_VERIFIER_REQUEST_STANDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verifier/rules/policy/policy.h"
#include "verifier/state/records/approval_request.h"

/* for so long what came to nothing counts against whoever asked: */
#define REQUESTS_UNANSWERED_SECONDS (30 * 60)
#define REQUESTS_UNANSWERED_MAX 3             /* … expired or denied, from one place: then that place waits */
/* … taken back, likewise: they bother nobody, but each is a row that every answer looks at */
#define REQUESTS_TAKEN_BACK_MAX 10

/* The rule that it was made under, where that is still the same; NULL otherwise. */
const struct rule *request_rule(const struct approval_request *request, const struct policy *policy);

/* Whether a request is what stands: open, in its time, under the rule as it is now. REQUEST_REQUESTED or
 * REQUEST_APPROVED as it is, else what it has become or is to become (REQUEST_EXPIRED, REQUEST_VOID). */
enum request_state request_standing(const struct approval_request *request, const struct policy *policy,
	int64_t now);

/* How much one person has asked for lately. */
struct request_crowd {
	size_t open, open_here, unanswered_here, taken_back_here; /* `here`: from one place */
	/* when the first of them stands in the way no more, in seconds since 1970; 0: none */
	int64_t open_until, unanswered_until, taken_back_until;
};

/* Counts one of the person's requests, which is by now what `standing` says; `here`: it was made from the
 * place that is looked at. */
void request_crowd_count(struct request_crowd *crowd, const struct approval_request *request,
	enum request_state standing, bool here, int64_t now);

/* Until when no other is made, in seconds since 1970; 0 where one may be. A few at a time, and none for a
 * while from where they go unanswered, or are taken back again and again: whoever else the person is,
 * somewhere else, is not held up by that. */
int64_t request_crowd_full_until(const struct request_crowd *crowd);

#endif
