/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locking and unlocking people. A name is looked up first (subject.h), so that a lock is the person's
 * whichever spelling was given.
 * MUST: lock whether the directory answers or not; end what the locked had under way; never let anybody
 * unlock their own account, nor, where there is a second administrator, what they locked themselves; under
 * another name of theirs neither.
 */
#include "verifier/doors/admin/lock_verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/message.h"
#include "lib/wire/user_name.h"
#include "verifier/doors/approvals/request_verbs.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/doors/standing/locks.h"
#include "verifier/doors/verbs/verb.h"
#include "verifier/rules/people/person.h"
#include "verifier/rules/words/notices.h"
#include "verifier/verifier.h"

/* --- what ends with a lock --- */

static bool end_one(void *context, const struct user_record *record)
{
	step_ups_end_user(context, record->name);
	return true;
}

/* Where the other names can't be read, what is under way for them is refused when it is answered. */
void locking_end_person(struct verifier *verifier, const char *user, int64_t uid)
{
	struct user_record *record = NULL;

	step_ups_end_user(verifier->step_ups, user);
	if (uid < 0 && store_user_find(verifier->reader, user, &record) == STEPUP_OK)
		uid = record->uid;
	user_record_free(&record);
	(void)store_user_each_of_uid(verifier->reader, uid, end_one, verifier->step_ups);
}

/* --- lock --- */

/* The names of the call, joined by one comma, as its step-up names them; NULL where they aren't in order, not
 * once each, or too many. */
static char *locking_people_join_users(const json_t *users)
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

/* What stood before: whether anything was ever enrolled under that name, and whether it is locked already. */
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

/* One that was given by another spelling before; NULL for none. */
static const struct locked_user *same_person(const struct verb_job *job, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(job->locked[i].user, job->locked[index].user) == 0)
			return &job->locked[i];
	return NULL;
}

static enum stepup_error lock_one(struct store_session *session, struct verb_job *job, size_t index)
{
	struct locked_user *locked = &job->locked[index];
	const struct lock_order order = {.user = locked->user, .uid = locked->uid, .reason = job->reason,
		.actor = &job->actor, .at = job->now};
	const struct locked_user *same = same_person(job, index);
	enum stepup_error error;

	if (same != NULL) {
		memcpy(locked->reference, same->reference, sizeof(locked->reference));
		locked->enrolled = same->enrolled;
		return STEPUP_OK;
	}
	error = look_before(session, locked);
	return error == STEPUP_OK ? user_lock(session, &order, locked->reference) : error;
}

static enum stepup_error lock_work(struct store_session *session, struct verb_job *job)
{
	enum stepup_error error = STEPUP_OK;

	for (size_t i = 0; error == STEPUP_OK && i < job->locked_count; i++)
		error = lock_one(session, job, i);
	return error;
}

/* The names of those that fit, or of all; a new array. */
static json_t *names_of(const struct verb_job *job, bool unknown_only)
{
	json_t *names = json_array();

	for (size_t i = 0; names != NULL && i < job->locked_count; i++)
		if ((!unknown_only || !job->locked[i].known) &&
		    json_array_append_new(names, json_string(job->locked[i].user)) != 0) {
			json_decref(names);
			names = NULL;
		}
	return names;
}

static void lock_reply(struct verb_job *job)
{
	char *message = notice_locked(job->locked, job->locked_count);

	for (size_t i = 0; i < job->locked_count; i++)
		locking_end_person(job->verifier, job->locked[i].user, job->locked[i].uid);
	approving_changed(job->verifier, INT64_MAX);
	call_reply(job->call, json_pack("{s:s, s:o, s:o, s:s}", "reference", job->locked[0].reference,
			"users", names_of(job, false), "unknown", names_of(job, true), "message", message));
	free(message);
}

/* The names are asked after at once, all of them. */
struct lock_asking {
	struct verb_job *job;
	size_t waiting;
	enum stepup_error error;
	struct asked_name {
		struct lock_asking *asking;
		struct locked_user *locked;
	} names[];
};

static void asking_done(struct lock_asking *asking)
{
	struct verb_job *job = asking->job;

	if (--asking->waiting > 0)
		return;
	if (asking->error != STEPUP_OK) {
		refuse(job->call, asking->error, NULL);
		verb_job_free(&job);
	} else {
		verb_job_submit(job);
	}
	free(asking);
}

static void name_is(void *context, enum stepup_error result, const struct subject *subject)
{
	struct asked_name *name = context;
	struct locked_user *locked = name->locked;

	if (result != STEPUP_OK) {
		name->asking->error = result;
	} else {
		snprintf(locked->user, sizeof(locked->user), "%s", subject->name);
		locked->uid = subject->uid;
		locked->known = subject->uid >= 0 || subject_any_record(subject) != NULL;
		locked->silent = subject->silent;
	}
	asking_done(name->asking);
}

/* Takes the job over. */
static void ask_after_users(struct verb_job *job)
{
	struct lock_asking *asking =
		calloc(1, sizeof(*asking) + job->locked_count * sizeof(asking->names[0]));

	if (asking == NULL) {
		refuse(job->call, STEPUP_UNAVAILABLE, NULL);
		verb_job_free(&job);
		return;
	}
	asking->job = job;
	/* an answer may come at once: this one is for the loop's end */
	asking->waiting = job->locked_count + 1;
	for (size_t i = 0; i < job->locked_count; i++) {
		asking->names[i] = (struct asked_name){.asking = asking, .locked = &job->locked[i]};
		subject_find(job->call, job->locked[i].asked, SUBJECT_ANYWAY, name_is, &asking->names[i]);
	}
	asking_done(asking);
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
		(*job)->locked[i].asked = json_string_value(json_array_get(users, i));
	(*job)->locked_count = count;
	return true;
}

static bool are_possible(const json_t *users)
{
	const json_t *user;
	size_t i;

	json_array_foreach ((json_t *)(uintptr_t)users, i, user)
		if (!user_name_is_possible(json_string_value(user)))
			return false;
	return true;
}

void locking_lock(struct call *call)
{
	const json_t *users = json_object_get(call->parameters, "users");
	char *joined = locking_people_join_users(users);
	struct verb_job *job;

	if (joined == NULL) {
		call_invalid(call, "users");
		return;
	}
	if (!are_possible(users)) {
		free(joined);
		refuse_saying(call, STEPUP_NOT_ALLOWED, notice_impossible_name());
		return;
	}
	job = verb_job_new(call, "stepup.lock");
	if (job != NULL && verb_job_reason(&job) && take_users(&job) &&
	    verb_job_authorize(&job, json_pack("{s:s}", "users", joined))) {
		job->work = lock_work;
		job->reply = lock_reply;
		ask_after_users(job);
	}
	free(joined);
}

/* --- unlock --- */

/* Whether the one who unlocks is a second person beside `other`, who may not be there. */
static enum stepup_error look_at_second(struct store_session *session, struct verb_job *job,
	const struct user_record *other)
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

/* Whoever locked somebody doesn't open it alone, where the policy has anybody else who could; under
 * no name of theirs. */
static enum stepup_error look_who_locked(struct store_session *session, struct verb_job *job,
	const struct user_lock *lock)
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
		error = user_unlock(session, job->user, job->uid, &job->actor, job->now, &job->log);
	if (error == STEPUP_NOT_FOUND)
		job->objection = job->silent ? notice_directory_silent() : notice_not_locked();
	return error;
}

static void unlock_reply(struct verb_job *job)
{
	verb_job_reply_log(job, notice_unlocked(job->user));
}

/* Of one who is locked under another name of theirs, that name's. */
static void unlock_named(struct verb_job *job, const struct subject *subject)
{
	snprintf(job->user, sizeof(job->user), "%s",
		subject->lock.locked ? subject->locked_as : subject->name);
	job->uid = subject->uid;
	if (strcmp(job->authorization.by, subject->name) == 0 ||
	    strcmp(job->authorization.by, job->user) == 0) {
		authorization_log_refused(job->call, &job->authorization, STEPUP_NOT_ALLOWED,
			"their own account");
		refuse_saying(job->call, STEPUP_NOT_ALLOWED, notice_not_yourself());
		verb_job_free(&job);
		return;
	}
	verb_job_submit(job);
}

void locking_unlock(struct call *call)
{
	const struct rule *rule = policy_rule(call->verifier->policy, "stepup.unlock");
	struct verb_job *job = verb_job_new(call, "stepup.unlock");

	if (job == NULL)
		return;
	job->sole = rule != NULL && policy_list_is_one(call->verifier->policy, rule->users);
	job->work = unlock_work;
	job->reply = unlock_reply;
	verb_job_about(job, SUBJECT_ANYWAY,
		json_pack("{s:s}", "user", message_text(call->parameters, "user")), unlock_named);
}
