/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the sentences of an explanation are put together from: names, moments, lists. Whoever ends the text
 * looks whether anything `failed`.
 * MUST: quote nothing that isn't safe to show.
 * Layer: verifier/rules/explain/; included by explain*.c only.
 */
#ifndef STEPUP_VERIFIER_EXPLAIN_SPEECH_H
#define STEPUP_VERIFIER_EXPLAIN_SPEECH_H

#include <stdio.h>

#include "verifier/rules/explain/explanation.h"

/* One sentence after another, into one text. */
struct speech {
	FILE *out;
	const struct explanation *explanation;
	bool failed;
};

/* A text of unknown origin, escaped where it could deceive. */
void say_safely(struct speech *speech, const char *text);

/* The name of whom it is about; the action's. */
void say_user(struct speech *speech);
void say_action(struct speech *speech);

/* "The rule customer.* (FILE:LINE)" */
void say_rule(struct speech *speech);

/* Where the step-up would come from: "here", or "there" of a place that the question names. */
void say_here(struct speech *speech);

/* "14:05", with the day where that isn't today's; `at` in seconds since 1970. */
void say_moment(struct speech *speech, int64_t at);

/* "15 minutes": as the policy says it. */
void say_duration(struct speech *speech, int64_t seconds);

/* "a, b, c …"; `names` ends with NULL, and may be NULL. */
void say_list(struct speech *speech, char *const *names);

/* "a code or a key in a browser": what answers it, best last; of an insider, what they have. */
void say_answers(struct speech *speech);

/* ": a, b or c", or that there is nobody. */
void say_approvers(struct speech *speech);

#endif
