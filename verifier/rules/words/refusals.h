/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What somebody is told who is refused: what happened, what did not, what to do next, whom to call.
 * MUST: say the same of a wrong answer, an unknown user and one who isn't enrolled: BadAnswer's sentence
 * depends on the method, the tries and the wait alone, and if nobody knows who is told (`quiet`) on method
 * and tries. NotEnrolled, the keys in BadAnswer, and TooWeak with what a person lacks, are for people who are
 * known to be the ones.
 * Layer: verifier/rules/words/.
 */
#ifndef STEPUP_VERIFIER_REFUSALS_H
#define STEPUP_VERIFIER_REFUSALS_H

#include <jansson.h>
#include <stdbool.h>

#include "lib/base/error.h"
#include "verifier/rules/policy/policy.h"
#include "verifier/rules/policy/requirement.h"

/* What a refusal is about; zero-initialise and set what applies. Texts may come from outside: they are made
 * safe to show here. `limit` with `asked` is what went over; `maximum` with `asked` and without `limit` a
 * number above what was approved. */
struct words_facts {
	const struct policy *policy;   /* for `help`; may be NULL */
	const char *user, *action, *detail, *reference, *limit, *service;
	int64_t tries_left, retry_after_seconds, maximum, asked;
	unsigned method;                       /* BadAnswer: that was answered by; 0 for a code */
	const struct requirement *requirement; /* TooWeak: what is required; NULL where not known */
	enum shortfall shortfall;              /* TooWeak: what the person lacks */
	enum detail_fault fault;               /* BadDetails: what is wrong with `detail` */
	bool typed;                            /* BadDetails: by whoever is told, in their own name */
	/* BadAnswer: to whom nobody knows; it may not have been looked at */
	bool quiet;
	bool enrols;                           /* BadAnswer: that was to prove something new */
	bool page;                             /* asked from a page: no shell is at hand there */
	/* it is about agreeing to somebody else's request for the action */
	bool agrees;
	/* BadAnswer: labels of those that would have done, where one that isn't enrolled
	 * was used; else NULL */
	const json_t *keys;
	const json_t *approvers;               /* NeedsApproval: approvers_words(); NULL where not known */
	int64_t cooling_seconds;               /* SHORTFALL_COOLING: how long it still takes */
};

/* "is missing": the end of a sentence that begins with the detail. Never NULL. */
const char *words_detail_fault(enum detail_fault fault);

/* The first row whose text is malformed, or which names a value that nobody sets; NULL if there is none. */
const char *refusal_row_fault(void);

/* The sentence for a refusal; the caller frees. Never NULL but where there is no memory. */
char *words_refusal(enum stepup_error error, const struct words_facts *facts);

#endif
