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
#include "verifier/doors/standing/requests.h"

struct answer; /* verifier/doors/answer/answer.h */

/* Somebody who agreed to a request of the person who answers or, where that is claimed, the person. */
struct agreed {
	char name[USER_NAME_SIZE];
	uint8_t user_id[USER_ID_SIZE];
	int64_t uid;   /* the account's, when they enrolled */
	bool may;      /* the same account is named by the rule now, as an approver or as one who may ask */
};

/* What an answer knows of them. */
struct agreed_list {
	struct agreed people[REQUESTS_OPEN_MAX];
	size_t count, looked_up;
};

/* Fills answer->agreed with whoever agreed to the request that is claimed, and who asked; or, for an answer,
 * with whoever agreed to anything that this person asked for. Then calls `ready` on the loop's thread, at
 * once or later: STEPUP_OK, or that the store or the directory could not say. */
typedef void agreed_ready(struct answer *answer, enum stepup_error result);
void agreed_look_up(struct answer *answer, agreed_ready *ready);

/* What was found of one of them; NULL for somebody who agreed since. */
const struct agreed *agreed_find(const struct agreed_list *list, const uint8_t user_id[USER_ID_SIZE]);

#endif
