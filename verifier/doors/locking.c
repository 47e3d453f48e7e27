/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verbs that stop and start: lock, unlock, freeze, thaw, and one's own lock.
 * MUST: end what the locked had under way, and what was granted of a frozen action; never let anybody unlock their own account, nor, where there is a
 * second administrator, what they locked themselves; under another name of theirs neither.
 */
#include "verifier/doors/locking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/message.h"
#include "verifier/doors/approving.h"
#include "verifier/doors/locks.h"
#include "verifier/rules/notices.h"
#include "verifier/rules/person.h"
#include "verifier/doors/subject.h"
#include "verifier/doors/transactions.h"
#include "verifier/doors/verb_job.h"
#include "verifier/verifier.h"

/* --- one's own account --- */

static enum stepup_error lock_me_work(struct store_session *session, struct verb_job *job)
{
	const struct lock_order order = {.user = job->user, .uid = job->uid, .reason = job->reason, .actor = &job->actor, .at = job->now};
	struct user_record *record = NULL;
	enum stepup_error error = store_user_find(session, job->user, &record);

	if (error == STEPUP_OK && record->lock.locked)
		memcpy(job->reference, record->lock.reference, sizeof(job->reference)); /* stays as it is: no log entry for the asking */
	else if (error == STEPUP_OK || error == STEPUP_NOT_FOUND)
		error = user_lock(session, &order, job->reference);
	user_record_free(&record);
	return error;
}

static void lock_me_reply(struct verb_job *job)
{
	transactions_end_user(job->verifier->transactions, job->user);
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
	transactions_end_fresh(call->verifier->transactions, job->user);
	verb_job_submit(job);
}

void locking_lock_me(struct call *call)
{
	subject_of(call, NULL, lock_me_ready);
}

/* --- users --- */

/* The names of the call, joined by one comma, as its step-up names them; NULL where they aren't in order, not once each, or too many. */
static char *join_users(const json_t *users)
{
	size_t size = 1, i;
	const json_t *user;
	const char *last = "";
	char *joined, *end;

	if (json_array_size(users) == 0 || json_array_size(users) > LOCK_USERS_MAX)
		return NULL;
	json_array_foreach ((json_t *)(uintptr_t)users, i, user) {
		const char *name = json_string_value(user);

		if (strcmp(last, name) >= 0 || strchr(name, ',') != NULL || strlen(name) >= USER_NAME_SIZE)
			return NULL;
		size += strlen(name) + 1;
		last = name;
	}
	joined = malloc(size);
	if (joined == NULL)
		return NULL;
	end = joined;
	json_array_foreach ((json_t *)(uintptr_t)users, i, user)
		end += sprintf(end, "%s%s", i == 0 ? "" : ",", json_string_value(user));
	return joined;
}

/* Whether anything was ever enrolled under that name, and whether it is locked already. */
static enum stepup_error look_before(struct store_session *session, struct locked_user *locked)
{
	struct user_record *record = NULL;
	enum stepup_error error = store_user_find(session, locked->user, &record);

	locked->enrolled = error == STEPUP_OK && record->credential_count > 0;
	if (error == STEPUP_OK && record->lock.locked)
		memcpy(locked->before, record->lock.by, sizeof(locked->before));
	user_record_free(&record);
	return error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}

static enum stepup_error lock_work(struct store_session *session, struct verb_job *job)
{
	enum stepup_error error = STEPUP_OK;

	for (size_t i = 0; error == STEPUP_OK && i < job->locked_count; i++) {
		struct locked_user *locked = &job->locked[i];
		const struct lock_order order = {.user = locked->user, .uid = -1, .reason = job->reason, .actor = &job->actor, .at = job->now};

		error = look_before(session, locked);
		if (error == STEPUP_OK)
			error = user_lock(session, &order, locked->reference);
	}
	return error;
}

static void lock_reply(struct verb_job *job)
{
	for (size_t i = 0; i < job->locked_count; i++)
		transactions_end_user(job->verifier->transactions, job->locked[i].user);
	approving_changed(job->verifier, INT64_MAX);
	memcpy(job->reference, job->locked[0].reference, sizeof(job->reference));
	verb_job_reply_reference(job, notice_locked(job->locked, job->locked_count));
}

/* Takes the users of the call into the job; false: the call has been refused and the job is gone. */
static bool take_users(struct verb_job **job)
{
	const json_t *users = json_object_get((*job)->call->parameters, "users");
	size_t count = json_array_size(users);

	(*job)->locked = calloc(count, sizeof(*(*job)->locked));
	if ((*job)->locked == NULL) {
		refuse((*job)->call, STEPUP_UNAVAILABLE, NULL);
		verb_job_free(job);
		return false;
	}
	for (size_t i = 0; i < count; i++)
		(*job)->locked[i].user = json_string_value(json_array_get(users, i));
	(*job)->locked_count = count;
	return true;
}

void locking_lock(struct call *call)
{
	char *joined = join_users(json_object_get(call->parameters, "users"));
	struct verb_job *job;

	if (joined == NULL) {
		call_invalid(call, "users");
		return;
	}
	job = verb_job_new(call, "stepup.lock");
	if (job != NULL && verb_job_reason(&job) && take_users(&job) && verb_job_authorize(&job, json_pack("{s:s}", "users", joined))) {
		job->work = lock_work;
		job->reply = lock_reply;
		for (size_t i = 0; i < job->locked_count; i++)
			transactions_end_fresh(call->verifier->transactions, job->locked[i].user);
		verb_job_submit(job);
	}
	free(joined);
}

/* Whether the one who unlocks is a second person beside `other`, who may not be there. */
static enum stepup_error look_at_second(struct store_session *session, struct verb_job *job, const struct user_record *other)
{
	struct user_record *record = NULL;
	enum stepup_error error = store_user_find(session, job->authorization.by, &record);

	if (error == STEPUP_OK && person_relation(record, other) != PERSON_ANOTHER) {
		job->objection = notice_no_second_administrator();
		job->why = "no second person";
		error = STEPUP_NOT_ALLOWED;
	}
	user_record_free(&record);
	return error;
}

/* Whoever locked somebody doesn't open it alone, where the policy has anybody else who could; under no name of theirs. */
static enum stepup_error look_who_locked(struct store_session *session, struct verb_job *job, const struct user_lock *lock)
{
	struct user_record *locker = NULL;
	enum stepup_error error;

	if (!lock->locked || job->sole)
		return STEPUP_OK;
	if (strcmp(lock->by, job->authorization.by) == 0) {
		job->objection = notice_not_your_lock();
		job->why = "locked by the same person";
		return STEPUP_NOT_ALLOWED;
	}
	error = store_user_find(session, lock->by, &locker);
	if (error == STEPUP_OK)
		error = look_at_second(session, job, locker);
	user_record_free(&locker);
	return error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}

static enum stepup_error look_who_unlocks(struct store_session *session, struct verb_job *job)
{
	struct user_record *record = NULL;
	enum stepup_error error = store_user_find(session, job->user, &record);

	if (error == STEPUP_OK)
		error = look_at_second(session, job, record);
	if (error == STEPUP_OK)
		error = look_who_locked(session, job, &record->lock);
	user_record_free(&record);
	return error;
}

static enum stepup_error unlock_work(struct store_session *session, struct verb_job *job)
{
	enum stepup_error error = look_who_unlocks(session, job);

	if (error == STEPUP_OK)
		error = user_unlock(session, job->user, &job->actor, job->now, &job->log);
	if (error == STEPUP_NOT_FOUND)
		job->objection = notice_not_locked();
	return error;
}

static void unlock_reply(struct verb_job *job)
{
	verb_job_reply_log(job, notice_unlocked(job->user));
}

void locking_unlock(struct call *call)
{
	const char *user = message_text(call->parameters, "user");
	const struct rule *rule = policy_rule(call->verifier->policy, "stepup.unlock");
	struct verb_job *job = verb_job_new(call, "stepup.unlock");

	if (job == NULL || !verb_job_user(&job, user) || !verb_job_authorize(&job, json_pack("{s:s}", "user", user)))
		return;
	if (strcmp(job->authorization.by, user) == 0) {
		authorization_log_refused(call, &job->authorization, STEPUP_NOT_ALLOWED, "their own account");
		refuse_saying(call, STEPUP_NOT_ALLOWED, notice_not_yourself());
		verb_job_free(&job);
		return;
	}
	job->sole = rule != NULL && policy_list_is_one(call->verifier->policy, rule->users);
	job->work = unlock_work;
	job->reply = unlock_reply;
	verb_job_submit(job);
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
	return freeze_is_valid(message_text((*job)->call->parameters, "action")) || object_to(job, notice_unfreezable());
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
	const struct freeze_order order = {.action = job->target, .reason = job->reason, .actor = &job->actor, .at = job->now};
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

		if (is_own(name) == is_own(pattern) && strncmp(name, pattern, fixed < size - 1 && name[fixed] == '*' ? fixed : size - 1) == 0)
			return true;
	}
	return false;
}

static void freeze_reply(struct verb_job *job)
{
	transactions_end_granted(job->verifier->transactions, job->target);
	approving_changed(job->verifier, INT64_MAX);
	verb_job_reply_reference(job, notice_frozen(job->target, job->reference, is_ruled(job->verifier->policy, job->target)));
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

/* What is thawed may stand under another freeze as well, and what isn't frozen under its own name under one of a pattern. */
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
		snprintf(job->told, sizeof(job->told), "%s%s%s", notice_not_frozen(), job->still[0] == '\0' ? "" : " It is frozen all the same, by ", job->still);
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
