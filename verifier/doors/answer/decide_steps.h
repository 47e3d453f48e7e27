/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a right answer is accepted for, and what that earns, writes and keeps: a row a step.
 * Layer: verifier/doors/answer/.
 */
#ifndef STEPUP_VERIFIER_DECIDE_STEPS_H
#define STEPUP_VERIFIER_DECIDE_STEPS_H

#include <stdbool.h>

#include "lib/base/error.h"
#include "verifier/evidence/log_entry.h"

/* The constant, and the name that its row in decide_steps.c begins with. The table is made from this list, so
 * a step without a row does not compile.
 * STEP_GRANT: what was asked for, by an answer. STEP_COVERED: the same, covered by an earlier step-up.
 * STEP_AGREED: the same by an answer, after a second person agreed. STEP_CLAIM: the same without another
 * answer. STEP_REQUEST: a second person is asked. STEP_AGREE: one agrees. STEP_DENY: somebody denies, and
 * locks who asked. */
#define STEPS(ROW) \
	ROW(STEP_GRANT, grant) \
	ROW(STEP_COVERED, covered) \
	ROW(STEP_AGREED, agreed) \
	ROW(STEP_CLAIM, claim) \
	ROW(STEP_REQUEST, request) \
	ROW(STEP_AGREE, agree) \
	ROW(STEP_DENY, deny)

#define STEP_CONSTANT(constant, name) constant,
enum step { STEPS(STEP_CONSTANT) };
#undef STEP_CONSTANT

#define STEP_ONE(constant, name) +1
#define STEP_COUNT (0 STEPS(STEP_ONE))

enum step_effect {
	STEP_MAKES_RECEIPT = 1 << 0, /* if the rule has a service */
	STEP_NOTES_REASON = 1 << 1,  /* the person's own words stand beside the entry */
	STEP_KEEPS_VERB = 1 << 2,    /* the step-up, for an administrator's verb that spends it */
	STEP_KEEPS_FRESH = 1 << 3,   /* what was proved, for what comes next in the sitting */
};

struct decision;

struct step_row {
	enum log_step entry;                              /* what the log calls it */
	void (*earn)(struct decision *decision);          /* acr, amr, strength */
	/* what becomes of the request, before the entry, whose index it notes */
	enum stepup_error (*move)(struct decision *decision);
	enum stepup_error (*follow)(struct decision *decision); /* what has entries of its own behind it */
	unsigned effects;                                 /* enum step_effect */
};

const struct step_row *step_row(enum step step);
bool step_does(enum step step, enum step_effect effect);

/* Writes all that `decided->step` takes, for an answer that was right. */
enum stepup_error write_step(struct decision *decision);

#endif
