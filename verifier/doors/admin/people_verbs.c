/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locking and unlocking people. A name is looked up first (subject.h), so that a lock is the person's
 * whichever spelling was given.
 * MUST: lock whether the directory answers or not; end what the locked had under way; never let anybody
 * unlock their own account, nor, where there is a second administrator, what they locked themselves; under
 * another name of theirs neither.
 */
#include "verifier/doors/admin/people_verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/message.h"
#include "lib/wire/user_name.h"
#include "verifier/doors/approvals/request_changes.h"
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
void people_verbs_end(struct verifier *verifier, const char *user, int64_t uid)
{
	struct user_record *record = NULL;

	step_ups_end_user(verifier->step_ups, user);
	if (uid < 0 && store_user_find(verifier->reader, user, &record) == STEPUP_OK)
		uid = record->uid;
	user_record_free(&record);
	(void)store_user_each_of_uid(verifier->reader, uid, end_one, verifier->step_ups);
}

/* --- lock --- */

struct lock_verb {
	struct verb verb;
	const char *reason;
	struct locked_user *users;
	size_t count;
};

static void lock_release(struct verb *verb)
{
	free(((struct lock_verb *)verb)->users);
}

/* The names of the call, joined by one comma, as its step-up names them; NULL where they aren't in order, not
 * once each, or too many. */
static char *join_names(const json_t *users)
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
static const struct locked_user *same_person(const struct lock_verb *lock, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(lock->users[i].user, lock->users[index].user) == 0)
			return &lock->users[i];
	return NULL;
}

static enum stepup_error lock_one(struct store_session *session, struct lock_verb *lock, size_t index)
{
	struct locked_user *locked = &lock->users[index];
	const struct lock_order order = {.user = locked->user, .uid = locked->uid, .reason = lock->reason,
		.actor = &lock->verb.actor, .at = lock->verb.now};
	const struct locked_user *same = same_person(lock, index);
	enum stepup_error error;

	if (same != NULL) {
		memcpy(locked->reference, same->reference, sizeof(locked->reference));
		locked->enrolled = same->enrolled;
		return STEPUP_OK;
	}
	error = look_before(session, locked);
	return error == STEPUP_OK ? lock_user(session, &order, locked->reference) : error;
}

static enum stepup_error lock_work(struct store_session *session, struct verb *verb)
{
	struct lock_verb *lock = (struct lock_verb *)verb;
	enum stepup_error error = STEPUP_OK;

	for (size_t i = 0; error == STEPUP_OK && i < lock->count; i++)
		error = lock_one(session, lock, i);
	return error;
}

/* The names of those that fit, or of all; a new array. */
static json_t *names_of(const struct lock_verb *lock, bool unknown_only)
{
	json_t *names = json_array();

	for (size_t i = 0; names != NULL && i < lock->count; i++) {
		if (unknown_only && lock->users[i].known)
			continue;
		if (json_array_append_new(names, json_string(lock->users[i].user)) == 0)
			continue;
		json_decref(names);
		return NULL;
	}
	return names;
}

static void lock_reply(struct verb *verb)
{
	const struct lock_verb *lock = (const struct lock_verb *)verb;
	char *message = notice_locked(lock->users, lock->count);

	for (size_t i = 0; i < lock->count; i++)
		people_verbs_end(verb->verifier, lock->users[i].user, lock->users[i].uid);
	request_changes_tell(verb->verifier, INT64_MAX);
	call_reply(verb->call, json_pack("{s:s, s:o, s:o, s:s}", "reference", lock->users[0].reference,
			"users", names_of(lock, false), "unknown", names_of(lock, true), "message", message));
	free(message);
}

static const struct verb_kind lock_kind = {
	.action = "stepup.lock",
	.size = sizeof(struct lock_verb),
	.work = lock_work,
	.reply = lock_reply,
	.release = lock_release,
};

/* The names are asked after at once, all of them. */
struct lock_asking {
	struct lock_verb *lock;
	size_t waiting;
	enum stepup_error error;
	struct asked_name {
		struct lock_asking *asking;
		struct locked_user *locked;
	} names[];
};

static void asking_done(struct lock_asking *asking)
{
	struct verb *verb = &asking->lock->verb;

	if (--asking->waiting > 0)
		return;
	if (asking->error != STEPUP_OK) {
		refuse(verb->call, asking->error, NULL);
		verb_free(&verb);
	} else {
		verb_submit(verb);
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

static void refuse_unavailable(struct verb *verb)
{
	refuse(verb->call, STEPUP_UNAVAILABLE, NULL);
	verb_free(&verb);
}

/* Takes the verb over. */
static void ask_after_users(struct lock_verb *lock)
{
	struct lock_asking *asking = calloc(1, sizeof(*asking) + lock->count * sizeof(asking->names[0]));

	if (asking == NULL) {
		refuse_unavailable(&lock->verb);
		return;
	}
	asking->lock = lock;
	/* an answer may come at once: this one is for the loop's end */
	asking->waiting = lock->count + 1;
	for (size_t i = 0; i < lock->count; i++) {
		asking->names[i] = (struct asked_name){.asking = asking, .locked = &lock->users[i]};
		subject_find(lock->verb.call, lock->users[i].asked, SUBJECT_ANYWAY, name_is,
			&asking->names[i]);
	}
	asking_done(asking);
}

/* Takes the users of the call into the verb; false: the call has been refused and the verb is gone. */
static bool take_users(struct lock_verb *lock, const json_t *users)
{
	lock->count = json_array_size(users);
	lock->users = calloc(lock->count, sizeof(*lock->users));
	if (lock->users == NULL) {
		refuse_unavailable(&lock->verb);
		return false;
	}
	for (size_t i = 0; i < lock->count; i++)
		lock->users[i].asked = json_string_value(json_array_get(users, i));
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

void people_verbs_lock(struct call *call)
{
	const json_t *users = json_object_get(call->parameters, "users");
	char *joined = join_names(users);
	struct lock_verb *lock;

	if (joined == NULL) {
		call_invalid(call, "users");
		return;
	}
	if (!are_possible(users)) {
		free(joined);
		refuse_saying(call, STEPUP_NOT_ALLOWED, notice_text(NOTICE_IMPOSSIBLE_NAME));
		return;
	}
	lock = verb_new(call, &lock_kind);
	if (lock != NULL && verb_reason(&lock->verb, &lock->reason) && take_users(lock, users) &&
	    verb_authorize(&lock->verb, json_pack("{s:s}", "users", joined)))
		ask_after_users(lock);
	free(joined);
}

/* --- unlock --- */

struct unlock_verb {
	struct verb verb;
	bool sole; /* nobody else could unlock */
};

/* Whether the one who unlocks is a second person beside `other`, who may not be there. */
static enum stepup_error look_at_second(struct store_session *session, struct verb *verb,
	const struct user_record *other)
{
	struct user_record *record = NULL;
	enum stepup_error error = store_user_find(session, verb->authorization.by, &record);

	if (error == STEPUP_OK && person_relation(record, other) != PERSON_ANOTHER) {
		verb->objection = notice_text(NOTICE_NO_SECOND_ADMINISTRATOR);
		verb->why = "no second person";
		error = STEPUP_NOT_ALLOWED;
	}
	user_record_free(&record);
	return error;
}

/* Whoever locked somebody doesn't open it alone, where the policy has anybody else who could; under
 * no name of theirs. */
static enum stepup_error look_who_locked(struct store_session *session, struct verb *verb,
	const struct user_lock *lock)
{
	struct user_record *locker = NULL;
	enum stepup_error error;

	if (!lock->locked || ((const struct unlock_verb *)verb)->sole)
		return STEPUP_OK;
	if (strcmp(lock->by, verb->authorization.by) == 0) {
		verb->objection = notice_text(NOTICE_NOT_YOUR_LOCK);
		verb->why = "locked by the same person";
		return STEPUP_NOT_ALLOWED;
	}
	error = store_user_find(session, lock->by, &locker);
	if (error == STEPUP_OK)
		error = look_at_second(session, verb, locker);
	user_record_free(&locker);
	return error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}

static enum stepup_error look_who_unlocks(struct store_session *session, struct verb *verb)
{
	struct user_record *record = NULL;
	enum stepup_error error = store_user_find(session, verb->user, &record);

	if (error == STEPUP_OK)
		error = look_at_second(session, verb, record);
	if (error == STEPUP_OK)
		error = look_who_locked(session, verb, &record->lock);
	user_record_free(&record);
	return error;
}

static enum stepup_error unlock_work(struct store_session *session, struct verb *verb)
{
	enum stepup_error error = look_who_unlocks(session, verb);

	if (error == STEPUP_OK)
		error = user_unlock(session, verb->user, verb->uid, &verb->actor, verb->now, &verb->log);
	if (error == STEPUP_NOT_FOUND)
		verb->objection =
			notice_text(verb->silent ? NOTICE_DIRECTORY_SILENT : NOTICE_NOT_LOCKED);
	return error;
}

static void unlock_reply(struct verb *verb)
{
	verb_reply_log(verb, notice_unlocked(verb->user));
}

/* Of one who is locked under another name of theirs, that name's. */
static void unlock_named(struct verb *verb, const struct subject *subject)
{
	snprintf(verb->user, sizeof(verb->user), "%s",
		subject->lock.locked ? subject->locked_as : subject->name);
	if (strcmp(verb->authorization.by, subject->name) == 0 ||
	    strcmp(verb->authorization.by, verb->user) == 0) {
		authorization_log_refused(verb->call, &verb->authorization, STEPUP_NOT_ALLOWED,
			"their own account");
		(void)verb_object(verb, notice_text(NOTICE_NOT_YOURSELF));
		return;
	}
	verb_submit(verb);
}

static const struct verb_kind unlock_kind = {
	.action = "stepup.unlock",
	.size = sizeof(struct unlock_verb),
	.named = unlock_named,
	.work = unlock_work,
	.reply = unlock_reply,
};

void people_verbs_unlock(struct call *call)
{
	const struct rule *rule = policy_rule(call->verifier->policy, unlock_kind.action);
	struct unlock_verb *unlock = verb_new(call, &unlock_kind);

	if (unlock == NULL)
		return;
	unlock->sole = rule != NULL && policy_list_is_one(call->verifier->policy, rule->users);
	verb_about(&unlock->verb, SUBJECT_ANYWAY,
		json_pack("{s:s}", "user", message_text(call->parameters, "user")));
}
