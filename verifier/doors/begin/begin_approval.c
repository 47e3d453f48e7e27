/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Approve: a step-up begun to agree to a request of somebody else's, or to deny it and lock who made it; that
 * one, one's own as well.
 * MUST: show the very words that were asked for; tell nobody of a request that they could not agree to, nor
 * anybody who isn't known to be the user; lock nobody for less than what it takes to agree.
 */
#include "verifier/doors/begin/begin_check.h"

#include <string.h>

#include "verifier/doors/approvals/request_list.h"
#include "verifier/doors/calls/sitting.h"
#include "verifier/host/clock.h"
#include "verifier/rules/words/notices.h"

static enum stepup_error begin_approval_refuse_as(struct beginning *begin, enum stepup_error error,
	const char *why, const char *sentence)
{
	begin->why = why;
	begin->sentence = sentence;
	return error;
}

/* The action as it was asked for, under the rule as it is. */
static enum stepup_error approval_action(struct beginning *begin)
{
	const struct approval_request *request = &begin->request;
	const struct detail_spec *specs;
	size_t count;
	json_t *details = json_loads(request->details, JSON_REJECT_DUPLICATES, NULL);
	enum stepup_error error;

	policy_details(begin->rule, request->action, &specs, &count);
	error = details == NULL ? STEPUP_CORRUPT
		: action_parse(request->action, details, specs, count, &begin->action, begin->detail);
	json_decref(details);
	return error;
}

enum stepup_error begin_approval_rule(struct beginning *begin)
{
	const struct subject *subject = begin->subject;
	struct approval_request *request = &begin->request;
	enum request_state standing;
	enum stepup_error error;
	bool own;

	if (begin->quiet)
		return begin_approval_refuse_as(begin, STEPUP_NOT_ALLOWED, "not known to be the approver",
			notice_text(NOTICE_NO_SUCH_REQUEST));
	error = request_id_is_valid(begin->approves)
		? store_request_find(begin->call->verifier->reader, begin->approves, request)
		: STEPUP_NOT_FOUND;
	if (error != STEPUP_OK && error != STEPUP_NOT_FOUND)
		return error;
	own = error == STEPUP_OK && request_list_is_own(subject, request);
	if (own && !begin->denies)
		return begin_approval_refuse_as(begin, STEPUP_NOT_ALLOWED, "own request",
			notice_text(NOTICE_OWN_REQUEST));
	if (error == STEPUP_OK && !own && subject->uid == request->uid)
		return begin_approval_refuse_as(begin, STEPUP_NOT_ALLOWED, "same account",
			notice_text(NOTICE_SAME_ACCOUNT));
	if (error != STEPUP_OK || !subject_allows(begin->call, subject, request->action) ||
	    (!own && !request_list_may_answer(begin->policy, subject, request)))
		return begin_approval_refuse_as(begin, STEPUP_NOT_ALLOWED,
			begin->denies ? "not a request to deny" : "not a request to agree to",
			notice_text(NOTICE_NO_SUCH_REQUEST));
	standing = request_standing(request, begin->policy, clock_wall_seconds());
	if (standing != REQUEST_REQUESTED && !(begin->denies && standing == REQUEST_APPROVED)) {
		notice_request_over(request, standing, begin->told);
		return begin_approval_refuse_as(begin, STEPUP_EXPIRED, "request not open", begin->told);
	}
	begin->rule = request_rule(request, begin->policy)->approval;
	return approval_action(begin);
}

/* Whether anything that could be answered with is old enough. */
static bool has_old_credential(const struct beginning *begin)
{
	const struct user_record *record = begin->subject->record;
	int64_t now = clock_wall_seconds();

	for (size_t i = 0; i < record->credential_count; i++)
		if ((credential_methods(begin->policy, &begin->requirement, &record->credentials[i],
				    now) & begin->methods) != 0 &&
		    credential_is_old_enough(begin->policy, &record->credentials[i], now))
			return true;
	return false;
}

enum stepup_error begin_approval_person(struct beginning *begin)
{
	struct user_record *requester = NULL;
	uint8_t from[DIGEST_SIZE];
	const char *objection;
	enum stepup_error error;

	if (request_list_is_own(begin->subject, &begin->request)) /* and denied */
		return STEPUP_OK;
	error = sitting_from(begin->call, begin->subject->own, from);

	if (error == STEPUP_OK)
		error = store_user_find(begin->call->verifier->reader, begin->request.user, &requester);
	if (error != STEPUP_OK)
		return error == STEPUP_NOT_FOUND ? STEPUP_EXPIRED : error;
	objection = request_objection(&begin->request, &(struct request_approver){
			.record = begin->subject->record, .requester = requester, .session = from});
	user_record_free(&requester);
	if (objection != NULL)
		return begin_approval_refuse_as(begin, STEPUP_NOT_ALLOWED, "not a second person", objection);
	if (!has_old_credential(begin))
		return begin_approval_refuse_as(begin, STEPUP_NOT_ALLOWED, "credential too new",
			notice_text(NOTICE_NEW_KEY));
	return STEPUP_OK;
}
