/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One's own lock, and the verbs freeze and thaw; people_verbs.c has lock and unlock.
 * MUST: end what the locked had under way, and what was granted of a frozen action.
 */
#include "verifier/doors/admin/lock_verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/message.h"
#include "verifier/doors/approvals/request_verbs.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/doors/standing/locks.h"
#include "verifier/doors/verbs/verb.h"
#include "verifier/rules/words/notices.h"
#include "verifier/verifier.h"

/* --- one's own account --- */

static enum stepup_error lock_me_work(struct store_session *session, struct verb_job *job)
{
	const struct lock_order order = {.user = job->user, .uid = job->uid, .reason = job->reason,
		.actor = &job->actor, .at = job->now};
	struct user_record *record = NULL;
	enum stepup_error error = store_user_find(session, job->user, &record);

	if (error == STEPUP_OK && record->lock.locked)
		/* stays as it is: no log entry for the asking */
		memcpy(job->reference, record->lock.reference, sizeof(job->reference));
	else if (error == STEPUP_OK || error == STEPUP_NOT_FOUND)
		error = user_lock(session, &order, job->reference);
	user_record_free(&record);
	return error;
}

static void lock_me_reply(struct verb_job *job)
{
	locking_end_person(job->verifier, job->user, job->uid);
	approving_changed(job->verifier, INT64_MAX);
	verb_job_reply_reference(job, notice_locked_me(job->reference, job->verifier->policy->help));
}

static void lock_me_ready(struct call *call, const struct subject *subject)
{
	const struct words_facts words = {.user = subject->name};
	struct verb_job *job;

	if (!subject->own) {
		refuse(call, STEPUP_NOT_ALLOWED, &words);
		return;
	}
	job = verb_job_new(call, NULL);
	if (job == NULL || !verb_job_user(&job, subject->name) || !verb_job_reason(&job))
		return;
	job->uid = subject->uid;
	snprintf(job->by, sizeof(job->by), "%s", subject->name);
	job->work = lock_me_work;
	job->reply = lock_me_reply;
	verb_job_submit(job);
}

void locking_lock_me(struct call *call)
{
	subject_of(call, NULL, lock_me_ready);
}

/* --- actions --- */

static bool object_to(struct verb_job **job, const char *sentence)
{
	refuse_saying((*job)->call, STEPUP_NOT_ALLOWED, sentence);
	verb_job_free(job);
	return false;
}

static bool take_freezable(struct verb_job **job)
{
	return freeze_is_valid(message_text((*job)->call->parameters, "action")) ||
		object_to(job, notice_unfreezable());
}

static bool take_pattern(struct verb_job **job)
{
	const char *pattern = message_text((*job)->call->parameters, "action");

	if (snprintf((*job)->target, sizeof((*job)->target), "%s", pattern) >= (int)sizeof((*job)->target))
		return object_to(job, notice_not_frozen());
	return verb_job_authorize(job, json_pack("{s:s}", "action", pattern));
}

static enum stepup_error freeze_work(struct store_session *session, struct verb_job *job)
{
	const struct freeze_order order = {
		.action = job->target, .reason = job->reason, .actor = &job->actor, .at = job->now};
	enum stepup_error error = action_freeze(session, &order, job->reference);

	return error == STEPUP_EXISTS ? STEPUP_OK : error; /* it stands, under the reference it has */
}

/* Of the verifier's own verbs, which no pattern of other names covers: policy_pattern_matches(). */
static bool is_own(const char *name)
{
	return strncmp(name, "stepup.", strlen("stepup.")) == 0;
}

/* Whether the policy has a rule about what was named; else somebody may have mistyped it. */
static bool is_ruled(const struct policy *policy, const char *pattern)
{
	size_t size = strlen(pattern);

	if (pattern[size - 1] != '*')
		return policy_rule(policy, pattern) != NULL;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const char *name = policy->rules[i].name;
		size_t fixed = strcspn(name, "*");

		if (is_own(name) == is_own(pattern) &&
		    strncmp(name, pattern, fixed < size - 1 && name[fixed] == '*' ? fixed : size - 1) == 0)
			return true;
	}
	return false;
}

static void freeze_reply(struct verb_job *job)
{
	step_ups_end_granted(job->verifier->step_ups, job->target);
	approving_changed(job->verifier, INT64_MAX);
	verb_job_reply_reference(job,
		notice_frozen(job->target, job->reference, is_ruled(job->verifier->policy, job->target)));
}

void locking_freeze(struct call *call)
{
	struct verb_job *job = verb_job_new(call, "stepup.freeze");

	if (job == NULL || !verb_job_reason(&job) || !take_freezable(&job) || !take_pattern(&job))
		return;
	job->work = freeze_work;
	job->reply = freeze_reply;
	verb_job_submit(job);
}

/* What is thawed may stand under another freeze as well, and what isn't frozen under its own name under
 * one of a pattern. */
static enum stepup_error thaw_work(struct store_session *session, struct verb_job *job)
{
	enum stepup_error error = action_thaw(session, job->target, &job->actor, job->now, &job->log), still;
	struct freeze freeze;

	if (error != STEPUP_OK && error != STEPUP_NOT_FOUND)
		return error;
	still = freeze_find(session, job->target, &freeze);
	if (still != STEPUP_OK && still != STEPUP_FROZEN)
		return still;
	if (still == STEPUP_FROZEN)
		snprintf(job->still, sizeof(job->still), "%s (%s)", freeze.action, freeze.reference);
	if (error == STEPUP_NOT_FOUND) {
		snprintf(job->told, sizeof(job->told), "%s%s%s", notice_not_frozen(),
			job->still[0] == '\0' ? "" : " It is frozen all the same, by ", job->still);
		job->objection = job->told;
	}
	return error;
}

static void thaw_reply(struct verb_job *job)
{
	verb_job_reply_log(job, notice_thawed(job->target, job->still));
}

void locking_thaw(struct call *call)
{
	struct verb_job *job = verb_job_new(call, "stepup.thaw");

	if (job == NULL || !take_pattern(&job))
		return;
	job->work = thaw_work;
	job->reply = thaw_reply;
	verb_job_submit(job);
}
