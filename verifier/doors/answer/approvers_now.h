/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether those who agreed may still agree, and who asked may still ask: the directory and the rule are asked
 * once more before what was agreed to is used, because who belongs to a group changes without any transaction
 * of ours. What their records say is looked at in the transaction itself (requests.h).
 * MUST: let nothing be used up that somebody agreed to who is no approver now, or of whom the
 * directory can't say.
 * Layer: verifier/doors/answer/.
 */
#ifndef STEPUP_VERIFIER_APPROVERS_NOW_H
#define STEPUP_VERIFIER_APPROVERS_NOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/doors/standing/requests.h"
#include "verifier/verifier.h"

/* Somebody who agreed to a request of the person who answers. If the request is claimed: the person, too. */
struct approver_now {
	char name[USER_NAME_SIZE];
	uint8_t user_id[USER_ID_SIZE];
	int64_t uid;   /* the account's, when they enrolled */
	bool may;      /* the same account is named by the rule now, as an approver or as one who may ask */
};

/* One look-up, in the memory of whoever makes it. */
struct approvers_now {
	/* given, borrowed until `ready` */
	struct verifier *verifier;
	const struct step_up *step_up;
	bool claims;   /* the request that it waits for is used, without another answer */
	/* called once, on the loop's thread */
	void (*ready)(void *context, enum stepup_error result);
	void *context;
	/* found */
	struct approver_now people[REQUESTS_OPEN_MAX];
	size_t count, looked_up;
};

/* Looks up who agreed to the request that is claimed, and who asked; or, for an answer, who agreed to
 * anything that this person asked for. Then calls `ready`, at once or later: STEPUP_OK, or that the store or
 * the directory could not say. */
void approvers_now_look_up(struct approvers_now *now);

/* What was found of one of them; NULL for somebody who agreed since. */
const struct approver_now *approvers_now_find(const struct approvers_now *now,
	const uint8_t user_id[USER_ID_SIZE]);

#endif
