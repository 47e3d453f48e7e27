/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the sentences of an explanation are filled with: names, moments, lists.
 * MUST: quote nothing that isn't safe to show.
 * Layer: verifier/rules/explain/; included by explain*.c only.
 */
#ifndef STEPUP_VERIFIER_EXPLAIN_VALUES_H
#define STEPUP_VERIFIER_EXPLAIN_VALUES_H

#include "lib/base/sentence.h"
#include "verifier/rules/explain/explanation.h"

/* All that the sentence of this outcome names, but who could agree. */
void explain_set_values(struct sentence_values *values, const struct explanation *explanation);

/* Who could agree. */
void explain_set_approvers(struct sentence_values *values, const struct explanation *explanation);

/* The request that waits for the same, or was agreed to. */
void explain_set_request(struct sentence_values *values, const struct explanation *explanation);

/* A token's clock; false if there is nothing to say of it. */
bool explain_set_clock(struct sentence_values *values, const struct credential *credential);

#endif
