/* SPDX-License-Identifier: BSD-2-Clause */
/* What a request is by now, and how many there may be. */
#include "verifier/rules/people/request_standing.h"

#include <string.h>

#include "verifier/state/records/user_record.h"

const struct rule *request_rule(const struct approval_request *request, const struct policy *policy)
{
	const struct rule *rule = policy_rule(policy, request->action);

	return rule != NULL && rule->approval != NULL &&
		memcmp(rule->digest, request->rule, DIGEST_SIZE) == 0 ? rule : NULL;
}

enum request_state request_standing(const struct approval_request *request, const struct policy *policy,
	int64_t now)
{
	if (!request_is_open(request))
		return request->state;
	if (request_rule(request, policy) == NULL)
		return REQUEST_VOID;
	return now < request->requested || now >= request->expires ? REQUEST_EXPIRED : request->state;
}

static void note_wait(int64_t *first, int64_t until)
{
	if (*first == 0 || until < *first)
		*first = until;
}

void request_crowd_count(struct request_crowd *crowd, const struct approval_request *request,
	enum request_state standing, bool here, int64_t now)
{
	int64_t over =
		(request->ended == 0 ? request->expires : request->ended) + REQUESTS_UNANSWERED_SECONDS;

	if (request->requested > now + TIMES_AHEAD_SECONDS) /* by a clock that was ahead */
		return;
	if (standing == REQUEST_REQUESTED || standing == REQUEST_APPROVED) {
		crowd->open++;
		crowd->open_here += here;
		note_wait(&crowd->open_until, request->expires);
	} else if (over > now && here && (standing == REQUEST_EXPIRED || standing == REQUEST_DENIED)) {
		crowd->unanswered_here++;
		note_wait(&crowd->unanswered_until, over);
	} else if (over > now && here && standing == REQUEST_CANCELLED) {
		crowd->taken_back_here++;
		note_wait(&crowd->taken_back_until, over);
	}
}

static int64_t later(int64_t one, int64_t other)
{
	return one > other ? one : other;
}

int64_t request_crowd_full_until(const struct request_crowd *crowd)
{
	int64_t until = 0;

	if (crowd->open >= REQUESTS_OPEN_MAX || crowd->open_here >= REQUESTS_OPEN_PER_SOURCE)
		until = crowd->open_until;
	if (crowd->unanswered_here >= REQUESTS_UNANSWERED_MAX)
		until = later(until, crowd->unanswered_until);
	if (crowd->taken_back_here >= REQUESTS_TAKEN_BACK_MAX)
		until = later(until, crowd->taken_back_until);
	return until;
}
