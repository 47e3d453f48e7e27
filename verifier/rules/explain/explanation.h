/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An explanation while it is made: what explain.c found out, for explain_sentences.c and
 * explain_approvers.c to say.
 * Layer: verifier/rules/explain/; included by explain*.c only.
 */
#ifndef STEPUP_VERIFIER_EXPLANATION_H
#define STEPUP_VERIFIER_EXPLANATION_H

#include "verifier/rules/explain/explain.h"
#include "verifier/rules/limits/limits.h"
#include "verifier/rules/people/request_standing.h"
#include "verifier/rules/policy/requirement.h"

struct explanation {
	const struct explain_question *question;
	const struct rule *rule;
	struct action *action;           /* NULL where no details were given, or wrong ones */
	char *prompt;                    /* with it */
	enum stepup_error verdict;       /* STEPUP_OK: a right answer would be granted, or none is needed */
	struct requirement requirement;
	unsigned ways;                   /* methods that work from where the step-up would come from */
	struct offer offer;              /* insiders: what the person has for it */
	bool other_account;              /* what is enrolled is another account's */
	const struct limit *over;
	struct limit_left left;          /* of `over` */
	bool locks;                      /* a right answer would go over the limit, and that locks */
	char bad_detail[DETAIL_NAME_SIZE];
	enum detail_fault fault;         /* what is wrong with it */
	json_t *limits;
	json_t *approvers;               /* NULL where the rule has none */
	bool nobody_can_agree;           /* as far as is known */
	struct approval_request *request; /* open, for the same; NULL for none */
	/* from where the question comes, in the words that it would have now: it is used,
	 * and no other made */
	bool asked_here;
	/* so it was, and agreed to: the next right answer from there uses that */
	bool agreed;
	struct request_crowd crowd;      /* of the person, for anything */
	bool too_many;                   /* so many that no other is made */
};

/* Why, in sentences for whoever has to find out what happens and to mend it. The caller frees; NULL where
 * there is no memory. */
char *explanation_why(const struct explanation *explanation);

/* "FILE:LINE", or "built-in". The caller frees. */
char *explanation_place(const struct rule *rule);

/* Who could agree: names and groups; for those who may hear of everybody, with why somebody
 * named can't just now. */
enum stepup_error explanation_approvers(struct explanation *explanation);

/* The first row whose text is malformed, or which names a value that nobody sets; NULL if there is none. */
const char *explain_row_fault(void);

#endif
