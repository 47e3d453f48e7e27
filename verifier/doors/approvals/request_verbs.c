/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests shown, denied, taken back and waited for; and ended in time.
 */
#include "verifier/doors/approvals/request_verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/message.h"
#include "verifier/doors/approvals/request_follow.h"
#include "verifier/doors/approvals/request_list.h"
#include "verifier/doors/approvals/waiters.h"
#include "verifier/doors/calls/refusal_log.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/doors/standing/locks.h"
#include "verifier/doors/verbs/verb.h"
#include "verifier/host/clock.h"
#include "verifier/host/journal.h"
#include "verifier/rules/words/notices.h"

#define SWEEP_AGAIN_SECONDS 5 /* where a sweep failed */

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

void approving_requests(struct call *call)
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
		int64_t version = request.version;

		if (call_reply_more(call, await_reply(call->verifier, &request)))
			awaiting->told = version;
		else
			word = WAITER_AGAIN;
	}
	approval_request_clear(&request);
	return word;
}

static const struct waiter_kind awaiting_kind = {.look = await_look, .free = free};

void approving_await(struct call *call)
{
	const char *id = message_text(call->parameters, "request");
	struct approval_request request;
	struct awaiting *awaiting;
	enum stepup_error error = find_own(call, id, &request);

	if (error != STEPUP_OK) {
		if (error == STEPUP_NOT_FOUND)
			refuse_saying(call, STEPUP_NOT_ALLOWED, notice_no_such_request());
		else
			refuse(call, error, NULL);
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

/* Whoever denies may have been locked since they were looked at. */
static enum stepup_error look_who_denies(struct store_session *session, struct verb_job *job)
{
	struct user_record *record = NULL;
	enum stepup_error error = store_user_find(session, job->by, &record);

	if (error == STEPUP_OK && record->lock.locked) {
		memcpy(job->by_id, record->user_id, USER_ID_SIZE);
		job->why = "denying a request";
		error = STEPUP_LOCKED;
	}
	user_record_free(&record);
	return error;
}

/* It ended meanwhile. */
static enum stepup_error object_over(struct verb_job *job, const struct approval_request *request)
{
	notice_request_over(request, request->state, job->told);
	job->objection = job->told;
	return STEPUP_EXPIRED;
}

static enum stepup_error deny_work(struct store_session *session, struct verb_job *job)
{
	struct approval_request request;
	enum stepup_error error = look_who_denies(session, job);

	if (error == STEPUP_OK)
		error = store_request_find(session, job->target, &request);
	if (error != STEPUP_OK)
		return error;
	if (request_is_open(&request))
		error = request_end(session, &request, REQUEST_DENIED, job->by, "", job->now, &job->log);
	else
		error = object_over(job, &request);
	approval_request_clear(&request);
	return error;
}

static void deny_reply(struct verb_job *job)
{
	approving_changed(job->verifier, INT64_MAX);
	verb_job_reply_log(job, notice_denied(job->user));
}

/* A job about a request, on behalf of this person. */
static void submit(struct call *call, const struct approval_request *request, const char *by,
	enum stepup_error (*work)(struct store_session *session, struct verb_job *job),
	void (*reply)(struct verb_job *job))
{
	struct verb_job *job = verb_job_new(call, NULL);

	if (job == NULL || !verb_job_user(&job, request->user))
		return;
	snprintf(job->target, sizeof(job->target), "%s", request->id);
	snprintf(job->by, sizeof(job->by), "%s", by);
	job->work = work;
	job->reply = reply;
	verb_job_submit(job);
}

/* Nobody is told of a request that isn't theirs to answer; the log is. */
static void deny_refuse(struct call *call, const struct subject *subject)
{
	const struct log_subject about = subject_for_log(subject);

	refusal_log(call, &about, NULL, STEPUP_NOT_ALLOWED, "not a request to deny");
	refuse_saying(call, STEPUP_NOT_ALLOWED, notice_no_such_request());
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
		submit(call, &request, subject->name, deny_work, deny_reply);
	if (error == STEPUP_OK)
		approval_request_clear(&request);
}

void approving_deny(struct call *call)
{
	subject_of(call, message_text(call->parameters, "user"), deny_ready);
}

static enum stepup_error cancel_work(struct store_session *session, struct verb_job *job)
{
	struct approval_request request;
	enum stepup_error error = store_request_find(session, job->target, &request);

	if (error != STEPUP_OK)
		return error;
	if (request_is_open(&request))
		error = request_end(session, &request, REQUEST_CANCELLED, job->by, "", job->now, &job->log);
	else
		error = object_over(job, &request);
	approval_request_clear(&request);
	return error;
}

static void cancel_reply(struct verb_job *job)
{
	char *message = strdup(notice_cancelled());

	approving_changed(job->verifier, INT64_MAX);
	verb_job_reply_log(job, message);
}

void approving_cancel(struct call *call)
{
	struct approval_request request;
	char caller[PEER_NAME_SIZE];
	enum stepup_error error = find_own(call, message_text(call->parameters, "request"), &request);

	if (error == STEPUP_OK) {
		peer_name(call, caller);
		submit(call, &request, caller, cancel_work, cancel_reply);
		approval_request_clear(&request);
	} else if (error == STEPUP_NOT_FOUND) {
		refuse_saying(call, STEPUP_NOT_ALLOWED, notice_no_such_request());
	} else {
		refuse(call, error, NULL);
	}
}

/* --- time and reloads --- */

struct sweeping {
	struct verifier *verifier;
	struct policy *policy; /* referenced: a reload may come before the writer's side does */
	int64_t due;
};

static enum stepup_error sweep_work(struct store_session *session, void *context)
{
	struct sweeping *sweeping = context;

	return requests_sweep(session, sweeping->policy, clock_wall_seconds(), &sweeping->due);
}

static void sweep_done(void *context, enum stepup_error result)
{
	struct sweeping *sweeping = context;
	struct verifier *verifier = sweeping->verifier;
	int64_t due = sweeping->due;

	if (result != STEPUP_OK) {
		journal_line(LOG_WARNING, "warning", "could not end requests that have expired: %s",
			stepup_error_text(result));
		due = clock_wall_seconds() + SWEEP_AGAIN_SECONDS;
	}
	policy_release(&sweeping->policy);
	free(sweeping);
	approving_changed(verifier, due);
}

static void sweep(struct verifier *verifier)
{
	struct sweeping *sweeping = calloc(1, sizeof(*sweeping));

	verifier->requests_due = clock_wall_seconds() + SWEEP_AGAIN_SECONDS;
	if (sweeping == NULL)
		return;
	*sweeping = (struct sweeping){.verifier = verifier, .policy = policy_reference(verifier->policy)};
	if (commit_queue_submit(verifier->queue, sweep_work, sweep_done, sweeping) == STEPUP_OK) {
		verifier->requests_due = INT64_MAX;
		return;
	}
	policy_release(&sweeping->policy);
	free(sweeping);
}

void approving_changed(struct verifier *verifier, int64_t expires)
{
	if (expires < verifier->requests_due)
		verifier->requests_due = expires;
	request_list_share(verifier, waiters_wake);
}

void approving_tick(struct verifier *verifier)
{
	request_list_share(verifier, waiters_tick);
	if (clock_wall_seconds() >= verifier->requests_due)
		sweep(verifier);
}

void approving_policy_changed(struct verifier *verifier)
{
	sweep(verifier);
}
