/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is said of an answer once it is decided, and what becomes of its step-up.
 * Layer: verifier/doors/answer/.
 */
#ifndef STEPUP_VERIFIER_ANSWER_REPLY_H
#define STEPUP_VERIFIER_ANSWER_REPLY_H

#include "verifier/doors/answer/decide.h"
#include "verifier/rules/words/refusals.h"

/* For commit_queue_submit(), with a struct answer: replies, keeps or ends the step-up, frees the answer. */
void answer_done(void *job, enum stepup_error result);

/* Of a wrong answer, quiet: how many more there may be, and when, by how many there were alone. */
void answer_say_quietly(const struct step_up *step_up, struct words_facts *words);

/* Wipes and frees. */
void answer_free(struct answer *answer);

#endif
