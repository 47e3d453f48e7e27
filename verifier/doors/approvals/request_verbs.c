/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests shown, denied, taken back and waited for.
 */
#include "verifier/doors/approvals/request_verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/message.h"
#include "verifier/doors/approvals/request_changes.h"
#include "verifier/doors/approvals/request_follow.h"
#include "verifier/doors/approvals/request_list.h"
#include "verifier/doors/approvals/waiters.h"
#include "verifier/doors/calls/refusal_log.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/doors/standing/locks.h"
#include "verifier/doors/verbs/verb.h"
#include "verifier/host/clock.h"
#include "verifier/rules/words/notices.h"

/* --- a list --- */

static void requests_ready(struct call *call, const struct subject *subject)
{
	const struct words_facts words = {.user = subject->name};
	json_t *list = NULL;
	enum stepup_error error;

	if (!subject_may_be_asked(call, subject)) {
		refuse(call, STEPUP_NOT_ALLOWED, &words);
		return;
	}
	if (call->more) {
		request_follow(call, subject);
		return;
	}
	error = request_list_for(call, subject, &list);
	if (error == STEPUP_OK)
		call_reply(call, json_pack("{s:o}", "requests", list));
	else
		request_list_refuse(call, subject, error, true);
}

void request_verbs_requests(struct call *call)
{
	subject_of(call, message_text(call->parameters, "user"), requests_ready);
}

/* --- waiting for one --- */

struct awaiting {
	char id[REQUEST_ID_SIZE];
	int64_t told; /* version that was told last; 0 for none */
};

/* The account, or the caller, that it was made by. */
static bool is_asker(const struct call *call, const struct approval_request *request)
{
	return call->peer.uid == 0 || (int64_t)call->peer.uid == request->caller_uid ||
		(int64_t)call->peer.uid == request->uid;
}

/* STEPUP_NOT_FOUND for one that isn't the caller's to see, too. */
static enum stepup_error find_own(struct call *call, const char *id, struct approval_request *request)
{
	enum stepup_error error = request_id_is_valid(id)
		? store_request_find(call->verifier->reader, id, request)
		: STEPUP_NOT_FOUND;

	if (error == STEPUP_OK && !is_asker(call, request)) {
		approval_request_clear(request);
		error = STEPUP_NOT_FOUND;
	}
	return error;
}

/* What find_own() said against it. */
static void refuse_own(struct call *call, enum stepup_error error)
{
	if (error == STEPUP_NOT_FOUND)
		refuse_saying(call, STEPUP_NOT_ALLOWED, notice_text(NOTICE_NO_SUCH_REQUEST));
	else
		refuse(call, error, NULL);
}

static json_t *await_reply(const struct verifier *verifier, struct approval_request *request)
{
	json_t *shown = request_list_one(verifier->policy, request, true, clock_wall_seconds()), *reply;
	char *message;

	request->state = request_standing(request, verifier->policy, clock_wall_seconds());
	message = notice_request_state(request);
	reply = message == NULL ? NULL : json_pack("{s:O, s:s}", "request", shown, "message", message);
	json_decref(shown);
	free(message);
	return reply;
}

/* Tells that it changed. */
static enum waiter_word await_tell(struct call *call, struct awaiting *awaiting,
	struct approval_request *request)
{
	int64_t version = request->version;

	if (!call_reply_more(call, await_reply(call->verifier, request)))
		return WAITER_AGAIN;
	awaiting->told = version;
	return WAITER_GOES_ON;
}

static enum waiter_word await_look(struct call *call, void *context)
{
	struct awaiting *awaiting = context;
	struct approval_request request;
	enum stepup_error error = store_request_find(call->verifier->reader, awaiting->id, &request);
	enum request_state standing;
	enum waiter_word word = WAITER_GOES_ON;

	if (error != STEPUP_OK) {
		refuse(call, error == STEPUP_NOT_FOUND ? STEPUP_EXPIRED : error, NULL);
		return WAITER_ANSWERED;
	}
	standing = request_standing(&request, call->verifier->policy, clock_wall_seconds());
	if ((standing != REQUEST_REQUESTED && standing != REQUEST_APPROVED) ||
	    (standing == REQUEST_APPROVED && !call->more)) {
		call_reply(call, await_reply(call->verifier, &request));
		word = WAITER_ANSWERED;
	} else if (call->more && request.version != awaiting->told) {
		word = await_tell(call, awaiting, &request);
	}
	approval_request_clear(&request);
	return word;
}

static const struct waiter_kind awaiting_kind = {.look = await_look, .free = free};

void request_verbs_await(struct call *call)
{
	const char *id = message_text(call->parameters, "request");
	struct approval_request request;
	struct awaiting *awaiting;
	enum stepup_error error = find_own(call, id, &request);

	if (error != STEPUP_OK) {
		refuse_own(call, error);
		return;
	}
	awaiting = calloc(1, sizeof(*awaiting));
	if (awaiting == NULL) {
		refuse(call, STEPUP_NO_MEMORY, NULL);
	} else {
		memcpy(awaiting->id, request.id, sizeof(awaiting->id));
		waiters_add(call->verifier->waiters, call, &awaiting_kind, awaiting);
	}
	approval_request_clear(&request);
}

/* --- turning down, taking back --- */

struct request_verb {
	struct verb verb;
	char id[REQUEST_ID_SIZE];
	char told[NOTICE_OVER_SIZE]; /* the objection */
};

/* Ends the request as `state`, if it hasn't ended meanwhile. */
static enum stepup_error end_open(struct store_session *session, struct request_verb *ending,
	enum request_state state)
{
	struct verb *verb = &ending->verb;
	struct approval_request request;
	enum stepup_error error = store_request_find(session, ending->id, &request);

	if (error != STEPUP_OK)
		return error;
	if (request_is_open(&request)) {
		error = request_end(session, &request, state, verb->by, "", verb->now, &verb->log);
	} else {
		notice_request_over(&request, request.state, ending->told);
		verb->objection = ending->told;
		error = STEPUP_EXPIRED;
	}
	approval_request_clear(&request);
	return error;
}

/* Whoever denies may have been locked since they were looked at. */
static enum stepup_error look_who_denies(struct store_session *session, struct verb *verb)
{
	struct user_record *record = NULL;
	enum stepup_error error = store_user_find(session, verb->by, &record);

	if (error == STEPUP_OK && record->lock.locked) {
		memcpy(verb->by_id, record->user_id, USER_ID_SIZE);
		verb->why = "denying a request";
		error = STEPUP_LOCKED;
	}
	user_record_free(&record);
	return error;
}

static enum stepup_error deny_work(struct store_session *session, struct verb *verb)
{
	enum stepup_error error = look_who_denies(session, verb);

	return error == STEPUP_OK
		? end_open(session, (struct request_verb *)verb, REQUEST_DENIED) : error;
}

static void deny_reply(struct verb *verb)
{
	request_changes_tell(verb->verifier, INT64_MAX);
	verb_reply_log(verb, notice_denied(verb->user));
}

static const struct verb_kind deny_kind = {
	.size = sizeof(struct request_verb),
	.work = deny_work,
	.reply = deny_reply,
};

static enum stepup_error cancel_work(struct store_session *session, struct verb *verb)
{
	return end_open(session, (struct request_verb *)verb, REQUEST_CANCELLED);
}

static void cancel_reply(struct verb *verb)
{
	char *message = strdup(notice_text(NOTICE_CANCELLED));

	request_changes_tell(verb->verifier, INT64_MAX);
	verb_reply_log(verb, message);
}

static const struct verb_kind cancel_kind = {
	.size = sizeof(struct request_verb),
	.work = cancel_work,
	.reply = cancel_reply,
};

/* A verb about a request, on behalf of this person. */
static void submit(struct call *call, const struct verb_kind *kind, const struct approval_request *request,
	const char *by)
{
	struct request_verb *ending = verb_new(call, kind);

	if (ending == NULL || !verb_user(&ending->verb, request->user))
		return;
	snprintf(ending->id, sizeof(ending->id), "%s", request->id);
	snprintf(ending->verb.by, sizeof(ending->verb.by), "%s", by);
	verb_submit(&ending->verb);
}

/* Nobody is told of a request that isn't theirs to answer; the log is. */
static void deny_refuse(struct call *call, const struct subject *subject)
{
	const struct log_subject about = subject_for_log(subject);

	refusal_log(call, &about, NULL, STEPUP_NOT_ALLOWED, "not a request to deny");
	refuse_saying(call, STEPUP_NOT_ALLOWED, notice_text(NOTICE_NO_SUCH_REQUEST));
}

static void deny_ready(struct call *call, const struct subject *subject)
{
	const char *id = message_text(call->parameters, "request");
	struct approval_request request;
	enum stepup_error error = request_id_is_valid(id)
		? store_request_find(call->verifier->reader, id, &request)
		: STEPUP_NOT_FOUND;
	bool may = error == STEPUP_OK && subject_allows(call, subject, request.action) &&
		(request_list_is_own(subject, &request) ||
			request_list_may_answer(call->verifier->policy, subject, &request));

	if (error != STEPUP_OK && error != STEPUP_NOT_FOUND)
		refuse(call, error, NULL);
	else if (!may || subject->lock.locked)
		deny_refuse(call, subject);
	else
		submit(call, &deny_kind, &request, subject->name);
	if (error == STEPUP_OK)
		approval_request_clear(&request);
}

void request_verbs_deny(struct call *call)
{
	subject_of(call, message_text(call->parameters, "user"), deny_ready);
}

void request_verbs_cancel(struct call *call)
{
	struct approval_request request;
	char caller[PEER_NAME_SIZE];
	enum stepup_error error = find_own(call, message_text(call->parameters, "request"), &request);

	if (error != STEPUP_OK) {
		refuse_own(call, error);
		return;
	}
	peer_name(call, caller);
	submit(call, &cancel_kind, &request, caller);
	approval_request_clear(&request);
}
