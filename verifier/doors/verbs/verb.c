/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all verbs that change something have in common.
 * MUST: look inside the transaction that whoever authorised isn't locked, and the verb isn't frozen, by now;
 * answer only after the commit; log what is refused there.
 */
#include "verifier/doors/verbs/verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "lib/base/wipe.h"
#include "lib/wire/message.h"
#include "lib/wire/user_name.h"
#include "verifier/doors/calls/refusal_log.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/host/clock.h"
#include "verifier/state/store/commit_queue.h"
#include "verifier/verifier.h"

struct verb_job *verb_job_new(struct call *call, const char *action)
{
	struct verb_job *job = calloc(1, sizeof(*job));

	if (job == NULL) {
		refuse(call, STEPUP_UNAVAILABLE, NULL);
		return NULL;
	}
	job->call = call;
	job->verifier = call->verifier;
	job->action = action;
	job->uid = -1;
	job->reason = "";
	return job;
}

void verb_job_free(struct verb_job **job)
{
	if (job == NULL || *job == NULL)
		return;
	free((*job)->locked);
	WIPE_OBJECT(*job);
	free(*job);
	*job = NULL;
}

bool verb_job_authorize(struct verb_job **job, json_t *details)
{
	if (authorization_spend((*job)->call, NULL, (*job)->action, details, &(*job)->authorization)) {
		(*job)->authorized = true;
		return true;
	}
	verb_job_free(job);
	return false;
}

static bool invalid(struct verb_job **job, const char *field)
{
	call_invalid((*job)->call, field);
	verb_job_free(job);
	return false;
}

bool verb_job_user(struct verb_job **job, const char *user)
{
	if (*user == '\0' ||
	    snprintf((*job)->user, sizeof((*job)->user), "%s", user) >= (int)sizeof((*job)->user))
		return invalid(job, "user");
	return true;
}

static void subject_is(void *context, enum stepup_error result, const struct subject *subject)
{
	struct verb_job *job = context;

	if (result != STEPUP_OK) {
		refuse(job->call, result, NULL);
		verb_job_free(&job);
		return;
	}
	if (!verb_job_user(&job, subject->name))
		return;
	job->uid = subject->uid;
	job->silent = subject->silent;
	job->named(job, subject);
}

void verb_job_about(struct verb_job *job, enum subject_wait wait, json_t *details,
	void (*named)(struct verb_job *job, const struct subject *subject))
{
	const char *user = message_text(job->call->parameters, "user");

	if (!user_name_is_possible(user)) {
		json_decref(details);
		refuse_saying(job->call, STEPUP_NOT_ALLOWED, notice_impossible_name());
		verb_job_free(&job);
		return;
	}
	job->named = named;
	if (job->action == NULL)
		json_decref(details);
	else if (!verb_job_authorize(&job, details))
		return;
	subject_find(job->call, user, wait, subject_is, job);
}

bool verb_job_reason(struct verb_job **job)
{
	const char *reason = message_text((*job)->call->parameters, "reason");
	char *safe;
	bool good;

	if (reason == NULL)
		return true;
	safe = display_text(reason, strlen(reason));
	good = safe != NULL && strcmp(safe, reason) == 0 && strlen(reason) < LOCK_REASON_SIZE;
	free(safe);
	if (!good)
		return invalid(job, "reason");
	(*job)->reason = reason;
	return true;
}

static enum stepup_error job_work(struct store_session *session, void *context)
{
	struct verb_job *job = context;
	enum stepup_error error = STEPUP_OK;

	job->now = clock_wall_seconds();
	job->objection = job->why = NULL;
	if (job->authorized) {
		if (!job->carried_out)
			error = authorization_holds(session, &job->authorization, job->reference);
		job->actor = authorization_actor(&job->authorization);
	} else {
		job->actor = (struct log_actor){.by = job->by, .grant = -1};
	}
	return error == STEPUP_OK ? job->work(session, job) : error;
}

static void verb_job_log_refused(const struct verb_job *job, enum stepup_error error)
{
	static const uint8_t nobody[USER_ID_SIZE];
	const struct log_subject by = {.user = job->by,
		.user_id = memcmp(job->by_id, nobody, USER_ID_SIZE) == 0 ? NULL : job->by_id};

	if (job->authorized)
		authorization_log_refused(job->call, &job->authorization, error, job->why);
	else if (refusal_is_for_log(error))
		refusal_log(job->call, &by, job->action, error, job->why);
}

static void job_done(void *context, enum stepup_error result)
{
	struct verb_job *job = context;
	const struct words_facts words = {
		.user = job->user[0] == '\0' ? NULL : job->user,
		.action = job->action,
		.reference = job->reference[0] == '\0' ? NULL : job->reference,
	};

	if (result != STEPUP_OK)
		verb_job_log_refused(job, result);
	if (result == STEPUP_OK)
		job->reply(job);
	else if (job->objection != NULL)
		refuse_saying(job->call, STEPUP_NOT_ALLOWED, job->objection);
	else
		refuse(job->call, result, &words);
	verb_job_free(&job);
}

void verb_job_submit(struct verb_job *job)
{
	if (commit_queue_submit(job->verifier->queue, job_work, job_done, job) == STEPUP_OK)
		return;
	refuse(job->call, STEPUP_UNAVAILABLE, NULL);
	verb_job_free(&job);
}

enum stepup_error verb_job_log(struct store_session *session, struct verb_job *job, json_t *entry)
{
	return entry == NULL ? STEPUP_NO_MEMORY : store_log_append(session, entry, NULL, NULL, &job->log);
}

void verb_job_reply_log(struct verb_job *job, char *message)
{
	call_reply(job->call, json_pack("{s:I, s:s}", "log", (json_int_t)job->log, "message", message));
	free(message);
}

void verb_job_reply_reference(struct verb_job *job, char *message)
{
	call_reply(job->call, json_pack("{s:s, s:s}", "reference", job->reference, "message", message));
	free(message);
}
