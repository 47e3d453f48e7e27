/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one step-up puts to a person: the same action under one nonce, with a context for each method that it
 * may be answered by. Made at Begin, kept byte for byte until the answer.
 * MUST: give each method a context of its own, so that what was signed one way is worth nothing as an
 * answer by another.
 * Layer: verifier/doors/pending/.
 */
#ifndef STEPUP_VERIFIER_QUESTION_H
#define STEPUP_VERIFIER_QUESTION_H

#include "verifier/evidence/key_request.h"
#include "verifier/rules/policy/requirement.h"

struct question {
	struct requirement requirement;    /* as it stood at Begin */
	unsigned methods;                  /* that are offered */
	uint8_t salt[DIGEST_SIZE], commitment[DIGEST_SIZE]; /* to the action */
	char *code_context;                /* canonical text; NULL where no code is offered */
	char *fresh_context;               /* the same, where an earlier step-up covers this one */
	struct key_request requests[METHODS_MAX - 1]; /* of the ways offered, best first; `via` 0 ends them */
};

/* Makes the contexts of `facts`, whose via, require, pin, commitment and nonce are set here,
 * for these methods. */
enum stepup_error question_make(const struct context_facts *facts, const struct action *action,
	const struct requirement *requirement, unsigned methods, struct question **question);

/* Frees and sets NULL. */
void question_free(struct question **question);

/* What a key is to sign by this way; NULL where it isn't offered. */
const struct key_request *question_request(const struct question *question, unsigned method);

/* The canonical text of the context for a method; NULL where it isn't offered. */
const char *question_context(const struct question *question, unsigned method);

#endif
