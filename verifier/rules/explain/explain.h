/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What would be asked for an action and come of it, why, and what the limits have left: the reply of the
 * method Explain. Charges nothing, changes nothing.
 * Layer: verifier/rules/explain/ over the store.
 */
#ifndef STEPUP_VERIFIER_EXPLAIN_H
#define STEPUP_VERIFIER_EXPLAIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "verifier/rules/policy/policy.h"
#include "verifier/state/store/store.h"

/* What is fresh for the person under the rule. */
struct explain_fresh {
	bool covers;     /* an earlier step-up does, from where the question comes */
	int64_t until;   /* then: seconds since 1970 */
	size_t sessions; /* in which it is fresh, this one too */
	int64_t latest;  /* until when in any of them */
};

/* All borrowed. */
struct explain_question {
	const struct policy *policy;
	struct store *store;
	struct store_session *reader;
	const struct policy_user *user;
	int64_t uid;                      /* that the name has now; -1 for none */
	/* NULL where the user isn't stored; then limits are shown as unused */
	const struct user_record *record;
	/* that stands under the name and is another account's; NULL for none */
	const struct user_record *former;
	const struct user_lock *lock;     /* that the user stands under; NULL for none */
	/* the reference of what freezes the action (freeze_look); NULL where nothing does */
	const char *frozen;
	const char *action;
	/* an object; NULL where left out: then the prompt and what the limits have left for it stay out */
	const json_t *details;
	/* Where the step-up would come from. */
	bool knows_place;                 /* otherwise nothing of it is known, and it may be anywhere */
	const char *caller;               /* the name that its caller would have */
	const char *service, *rhost;      /* what the caller would say; NULL for nothing */
	/* the place itself, GUESS_SOURCE_SIZE, where the question comes from there; NULL: the caller and
	 * rhost are its name */
	const uint8_t *source;
	/* root, an administrator, or the user: may be told of a lock or that nothing is enrolled. Others hear
	 * only of the policy */
	bool is_insider;
	/* root or an administrator: may be told why an approver can't agree */
	bool sees_everybody;
	struct explain_fresh fresh;
	int64_t now;                      /* seconds since 1970 */
};

/* Makes the reply, a new object with the fields of Explain, the caller's to free. An action or details that
 * no rule takes are answered, too: with `allowed` false and why. STEPUP_NO_MEMORY, or what the store said. */
enum stepup_error explain_action(const struct explain_question *question, json_t **reply);

#endif
