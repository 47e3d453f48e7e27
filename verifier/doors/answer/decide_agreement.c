/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a second person has to do with an answer that was right: whether it was agreed to before or becomes a
 * request; whether somebody may agree to one; whether one that was agreed to may be claimed without another
 * answer.
 * MUST: use up an agreement in the transaction that grants what was agreed to; agree to no words but those
 * that were shown.
 */
#include "verifier/doors/answer/decide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/rules/words/notices.h"

/* Nothing can come of the request any more. */
static enum stepup_error refuse_void(struct decision *decision, const char *why, const char *told)
{
	notice_request_void(told, decision->decided->told);
	return decide_refuse(decision, STEPUP_EXPIRED, why, decision->decided->told);
}

/* --- what this person has asked for before --- */

struct request_search {
	const struct decision *decision;
	uint8_t digest[DIGEST_SIZE];     /* of the action */
	struct approval_request *found;  /* the same, open; owned */
	struct request_crowd crowd;
};

/* The same words from the same place: an approver was shown that, too. */
static bool is_the_same(const struct request_search *search, const struct approval_request *request)
{
	const struct step_up *step_up = search->decision->step_up;
	const struct asked *asked = search->decision->asked;

	return strcmp(request->action, asked->action->name) == 0 &&
		memcmp(request->action_digest, search->digest, DIGEST_SIZE) == 0 &&
		strcmp(request->prompt, asked->prompt) == 0 &&
		strcmp(request->caller, step_up->caller) == 0 &&
		strcmp(request->service, asked->service == NULL ? "" : asked->service) == 0 &&
		memcmp(request->source, asked->source, GUESS_SOURCE_SIZE) == 0;
}

static enum stepup_error look_at_request(void *context, struct approval_request *request, bool *more)
{
	struct request_search *search = context;
	const struct step_up *step_up = search->decision->step_up;
	const struct asked *asked = search->decision->asked;
	int64_t now = search->decision->decided->now;
	enum request_state standing = request_standing(request, step_up->policy, now);

	(void)more;
	request_crowd_count(&search->crowd, request, standing,
		memcmp(request->source, asked->source, GUESS_SOURCE_SIZE) == 0, now);
	if ((standing != REQUEST_REQUESTED && standing != REQUEST_APPROVED) || search->found != NULL ||
	    !is_the_same(search, request))
		return STEPUP_OK;
	search->found = malloc(sizeof(*request));
	if (search->found == NULL)
		return STEPUP_NO_MEMORY;
	*search->found = *request;
	memset(request, 0, sizeof(*request)); /* it is the search's now */
	return STEPUP_OK;
}

static enum stepup_error find_same(struct decision *decision, struct request_search *search)
{
	enum stepup_error error = action_digest(decision->asked->action, search->digest);

	search->decision = decision;
	if (error == STEPUP_OK)
		error = store_request_each(decision->session, decision->record->user_id,
			look_at_request, search);
	return error;
}

/* --- a new one --- */

static bool fill_text(char *to, size_t size, const char *from)
{
	return snprintf(to, size, "%s", from == NULL ? "" : from) < (int)size;
}

static enum stepup_error describe(struct decision *decision, const struct limit *over,
	struct approval_request *request)
{
	const struct step_up *step_up = decision->step_up;
	const struct asked *asked = decision->asked;
	json_t *details = action_details_to_json(asked->action);

	request->details = details == NULL ? NULL : json_dumps(details, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(details);
	request->prompt = strdup(asked->prompt);
	if (request->details == NULL || request->prompt == NULL)
		return STEPUP_NO_MEMORY;
	if (!fill_text(request->user, sizeof(request->user), decision->record->name) ||
	    !fill_text(request->caller, sizeof(request->caller), step_up->caller) ||
	    !fill_text(request->host, sizeof(request->host), step_up->policy->host) ||
	    !fill_text(request->service, sizeof(request->service), asked->service) ||
	    !fill_text(request->rhost, sizeof(request->rhost), asked->rhost) ||
	    !fill_text(request->action, sizeof(request->action), asked->action->name) ||
	    !fill_text(request->reason, sizeof(request->reason),
		    step_up_second_person(step_up)->reason))
		return STEPUP_TOO_LONG;
	(void)fill_text(request->why, sizeof(request->why), over == NULL ? "" : over->text);
	return STEPUP_OK;
}

static enum stepup_error new_request(struct decision *decision, const struct limit *over,
	const uint8_t digest[DIGEST_SIZE])
{
	const struct step_up *step_up = decision->step_up;
	const struct asked *asked = decision->asked;
	struct answer_decided *decided = decision->decided;
	struct approval_request *request = calloc(1, sizeof(*request));
	enum stepup_error error;

	if (request == NULL)
		return STEPUP_NO_MEMORY;
	decided->request = request;
	request->state = REQUEST_REQUESTED;
	memcpy(request->user_id, decision->record->user_id, USER_ID_SIZE);
	request->uid = decision->record->uid;
	memcpy(request->session, asked->from, DIGEST_SIZE);
	memcpy(request->source, asked->source, GUESS_SOURCE_SIZE);
	request->caller_uid = (int64_t)step_up->uid;
	memcpy(request->action_digest, digest, DIGEST_SIZE);
	memcpy(request->rule, asked->rule->digest, DIGEST_SIZE);
	memcpy(request->salt, asked->question->salt, DIGEST_SIZE);
	memcpy(request->commitment, asked->question->commitment, DIGEST_SIZE);
	request->requested = decided->now;
	request->expires = decided->now + REQUEST_SECONDS;
	error = describe(decision, over, request);
	if (error == STEPUP_OK)
		error = request_id_make(request->id);
	if (error == STEPUP_OK)
		error = request_digest(request, request->digest);
	decided->step = STEP_REQUEST;
	return error;
}

static enum stepup_error ask_second_person(struct decision *decision, const struct limit *over,
	const struct request_search *search)
{
	struct answer_decided *decided = decision->decided;
	int64_t until = request_crowd_full_until(&search->crowd);
	enum stepup_error error;

	if (until != 0) {
		decided->retry_after_seconds = until > decided->now ? until - decided->now : 1;
		return decide_refuse(decision, STEPUP_OVER_LIMIT, "too many requests",
			notice_text(NOTICE_MANY_REQUESTS));
	}
	error = new_request(decision, over, search->digest);
	return error == STEPUP_OK
		? decide_refuse(decision, STEPUP_NEEDS_APPROVAL, "asked a second person", NULL)
		: error;
}

/* --- one that is there --- */

/* Limits that may be agreed over are passed, hard ones never. */
static enum stepup_error charge_approved(struct decision *decision)
{
	struct usage usage = decision_usage(decision);
	enum stepup_error error =
		limits_charge_approved(&usage, decision->record, &decision->decided->over);

	if (error == STEPUP_OVER_LIMIT)
		decision->why = "over the limit";
	return error;
}

/* The request is used up by this grant, if its approver still stands behind it and may. STEPUP_NOT_FOUND:
 * it ended just now. */
static enum stepup_error consume(struct decision *decision, struct approval_request *request)
{
	const struct approver_now *approver =
		approvers_now_find(decision->approvers, request->approver_id);
	enum stepup_error error;

	if (approver == NULL) /* since this answer was handed in: who agreed hasn't been asked after */
		return decide_refuse(decision, STEPUP_NEEDS_APPROVAL, "agreed to just now", NULL);
	error = approver->may ? request_approver_stands(decision->session, request) : STEPUP_NOT_ALLOWED;
	if (error == STEPUP_NOT_ALLOWED) {
		error = request_end(decision->session, request, REQUEST_VOID, NULL,
			"whoever agreed no longer stands behind it", decision->decided->now, NULL);
		return error == STEPUP_OK ? STEPUP_NOT_FOUND : error;
	}
	return error == STEPUP_OK ? charge_approved(decision) : error;
}

enum stepup_error decide_with_second_person(struct decision *decision, const struct limit *over)
{
	struct answer_decided *decided = decision->decided;
	struct request_search search = {0};
	enum stepup_error error = find_same(decision, &search);

	decided->request = search.found;
	if (error != STEPUP_OK)
		return error;
	if (search.found != NULL && search.found->state == REQUEST_REQUESTED)
		return decide_refuse(decision, STEPUP_NEEDS_APPROVAL,
			"waits for a second person", NULL);
	error = search.found == NULL ? STEPUP_NOT_FOUND : consume(decision, search.found);
	if (error == STEPUP_OK)
		decided->step = STEP_AGREED;
	if (error != STEPUP_NOT_FOUND)
		return error;
	request_free(&decided->request);
	return ask_second_person(decision, over, &search);
}

/* --- agreeing --- */

/* That it is begun to answer or, if it is one's own, waits for. */
static const char *request_named(const struct step_up *step_up)
{
	const struct request_shown *shown = step_up_request(step_up);

	return shown != NULL ? shown->id : step_up_second_person(step_up)->request;
}

/* The request that the step-up is about, as it is now. */
static enum stepup_error load_request(struct decision *decision, unsigned states)
{
	const struct step_up *step_up = decision->step_up;
	struct answer_decided *decided = decision->decided;
	struct approval_request *request = calloc(1, sizeof(*request));
	enum request_state standing;
	enum stepup_error error = request == NULL ? STEPUP_NO_MEMORY
		: store_request_find(decision->session, request_named(decision->step_up), request);

	decided->request = request;
	if (error == STEPUP_NOT_FOUND)
		return refuse_void(decision, "request gone", "");
	if (error != STEPUP_OK)
		return error;
	standing = request_standing(request, step_up->policy, decided->now);
	if ((states & REQUEST_BIT(standing)) != 0)
		return STEPUP_OK;
	notice_request_over(request, standing, decided->told);
	return decide_refuse(decision, STEPUP_EXPIRED, "request not open", decided->told);
}

/* Whether the words, and what they stand for, are those that were shown. */
static bool is_as_shown(const struct step_up *step_up, const struct approval_request *request)
{
	const struct asked *asked = step_up_asked(step_up);
	uint8_t digest[DIGEST_SIZE];

	return (step_up->kind == STEP_UP_TO_DENY || strcmp(request->prompt, asked->prompt) == 0) &&
		memcmp(request->digest, step_up_request(step_up)->digest, DIGEST_SIZE) == 0 &&
		action_digest(asked->action, digest) == STEPUP_OK &&
		memcmp(digest, request->action_digest, DIGEST_SIZE) == 0 &&
		request_digest(request, digest) == STEPUP_OK &&
		memcmp(digest, request->digest, DIGEST_SIZE) == 0;
}

enum stepup_error decide_request(struct decision *decision, unsigned states)
{
	enum stepup_error error = load_request(decision, states);

	if (error == STEPUP_OK && !is_as_shown(decision->step_up, decision->decided->request))
		return decide_refuse(decision, STEPUP_EXPIRED, "request changed",
			notice_text(NOTICE_REQUEST_CHANGED));
	return error;
}

static enum stepup_error look_at_persons(struct decision *decision)
{
	const struct approval_request *request = decision->decided->request;
	struct user_record *requester = NULL;
	const char *objection = NULL;
	enum stepup_error error = store_user_find(decision->session, request->user, &requester);

	if (error == STEPUP_OK &&
	    (memcmp(requester->user_id, request->user_id, USER_ID_SIZE) != 0 || requester->lock.locked))
		error = STEPUP_NOT_FOUND;
	if (error == STEPUP_OK)
		objection = request_objection(request, &(struct request_approver){.record = decision->record,
				.requester = requester, .session = decision->asked->from});
	user_record_free(&requester);
	if (error == STEPUP_NOT_FOUND)
		return refuse_void(decision, "requester gone or locked", "");
	if (error != STEPUP_OK)
		return error;
	return objection == NULL ? STEPUP_OK
		: decide_refuse(decision, STEPUP_NOT_ALLOWED, "not a second person", objection);
}

enum stepup_error decide_second_person(struct decision *decision)
{
	if (!credential_is_old_enough(decision->step_up->policy, decision->credential,
		    decision->decided->now))
		return decide_refuse(decision, STEPUP_NOT_ALLOWED, "credential too new",
			notice_text(NOTICE_NEW_KEY));
	return look_at_persons(decision);
}

enum stepup_error decide_agreement(struct decision *decision)
{
	enum stepup_error error = decide_request(decision, REQUEST_BIT(REQUEST_REQUESTED));

	decision->decided->step = STEP_AGREE;
	return error == STEPUP_OK ? decide_second_person(decision) : error;
}

/* --- claiming --- */

enum stepup_error decide_claim(struct decision *decision)
{
	const struct step_up *step_up = decision->step_up;
	struct answer_decided *decided = decision->decided;
	struct approval_request *request;
	const struct approver_now *asker;
	enum stepup_error error = load_request(decision, REQUEST_BIT(REQUEST_APPROVED));

	request = decided->request;
	if (error == STEPUP_EXPIRED && request != NULL && request->state == REQUEST_REQUESTED &&
	    request_standing(request, step_up->policy, decided->now) == REQUEST_REQUESTED)
		return decide_refuse(decision, STEPUP_NEEDS_APPROVAL, "nobody agreed yet", NULL);
	if (error != STEPUP_OK)
		return error;
	if (decided->now >= request->approval.at + REQUEST_CLAIM_SECONDS)
		return decide_refuse(decision, STEPUP_EXPIRED, "claimed late",
			notice_text(NOTICE_CLAIM_LATE));
	asker = approvers_now_find(decision->approvers, request->user_id);
	if (decision->record == NULL ||
	    memcmp(decision->record->user_id, request->user_id, USER_ID_SIZE) != 0 ||
	    decision->record->uid != step_up->user_uid || asker == NULL || !asker->may)
		return decide_refuse(decision, STEPUP_NOT_ALLOWED,
			"not the account that asked", NULL);
	decision->credential = user_record_credential(decision->record, request->requester.credential);
	if (decision->credential == NULL || decision->credential->state != CREDENTIAL_LIVE)
		return refuse_void(decision, "credential gone", REQUEST_CREDENTIAL_GONE);
	decision->charged = true;
	error = consume(decision, request);
	return error == STEPUP_NOT_FOUND
		? refuse_void(decision, "approver gone", "whoever agreed no longer stands behind it") : error;
}
