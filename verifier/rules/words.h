/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sentences that people read, all of them: what happened, what did not, what to do next, whom to call (DESIGN section 13).
 * MUST: say the same of a wrong code, an unknown user and one who isn't enrolled: BadAnswer's words depend on the tries alone. NotEnrolled is
 * for people who ask about their own account.
 * Layer: verifier/rules/.
 */
#ifndef STEPUP_VERIFIER_WORDS_H
#define STEPUP_VERIFIER_WORDS_H

#include "lib/error.h"
#include "verifier/rules/policy.h"

/* What a refusal is about; zero-initialise and set what applies. Texts may come from outside: they are made safe to show here.
 * `limit` with `asked` is what went over; `maximum` with `asked` and without `limit` a number above what was approved. */
struct words_facts {
	const struct policy *policy;   /* for `help`; may be NULL */
	const char *user, *action, *detail, *reference, *limit, *service;
	int64_t tries_left, retry_after_seconds, maximum, asked;
};

/* The sentence for a refusal; the caller frees. Never NULL but where there is no memory. */
char *words_refusal(enum stepup_error error, const struct words_facts *facts);

#endif
