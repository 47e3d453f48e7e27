/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Begin looks at before anybody is asked: the rule and who may use it, the details, locks and freezes,
 * which factors the person has for it, what the limits have left. Decides nothing in anybody's favour:
 * whatever it lets through is looked at again when the answer comes.
 * MUST: be quiet where nobody who asks is known to be the user (a remote host, and neither one's own uid nor
 * a caller's session): ask everybody the same, by rule and reach alone, whoever they are, so that what is
 * told before a right answer tells no name from another. sshd asks for names that it doesn't know, and so
 * does the module: neither knows what stood before it.
 * Layer: verifier/doors/begin/.
 */
#ifndef STEPUP_VERIFIER_BEGIN_CHECK_H
#define STEPUP_VERIFIER_BEGIN_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "verifier/doors/calls/subject.h"
#include "verifier/rules/policy/requirement.h"
#include "verifier/rules/words/notices.h"
#include "verifier/state/records/approval_request.h"

struct beginning {
	/* given */
	struct call *call;
	const struct subject *subject;
	const struct policy *policy;
	unsigned reach;                 /* ways to a key that the client has */
	bool takes_fresh;               /* the client knows what to do where nobody has to be asked */
	const char *approves;           /* id of the request to answer; NULL for an ordinary step-up */
	bool denies;                    /* by denying it and locking who made it */
	/* found */
	const struct rule *rule;
	struct action *action;          /* owned */
	struct requirement requirement;
	unsigned methods;               /* to be offered */
	bool quiet;                     /* nothing is told before a right answer */
	bool hopeless;                  /* to be asked all the same */
	bool apart;                     /* and to be taken for somebody without a record */
	enum stepup_error withheld;     /* quiet: what is told after one */
	const char *withheld_why;       /* for the log; of `apart` too */
	struct approval_request request; /* that `approves` names; owned */
	/* for the refusal */
	const char *why;
	const char *sentence;           /* a refusal's own words; NULL for those of its error */
	char told[NOTICE_OVER_SIZE];    /* room for one that isn't a literal */
	char detail[DETAIL_NAME_SIZE];
	enum detail_fault fault;        /* what is wrong with it */
	char reference[LOCK_REFERENCE_SIZE];
	const struct limit *over;
	int64_t asked;
	struct offer offer;
};

/* Whether the peer is a configured caller with this action for anybody at all. */
bool begin_calls_for_action(const struct policy *policy, const struct peer *peer, const char *action);

/* The same for answering a request: rule, action and words are the request's (begin_approval.c). Then whether
 * it is another person. */
enum stepup_error begin_approval_rule(struct beginning *begin);
enum stepup_error begin_approval_person(struct beginning *begin);

/* Looks at everything, in that order; fills in what it found, and for a refusal why. */
enum stepup_error begin_check(struct beginning *begin);

#endif
