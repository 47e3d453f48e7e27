/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locked users and frozen actions.
 */
#include "verifier/doors/standing/locks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/doors/standing/requests.h"
#include "verifier/rules/policy/policy.h"

bool freeze_is_valid(const char *pattern)
{
	static const char *const never[] = {"stepup.lock", "stepup.unlock", "stepup.freeze", "stepup.thaw"};
	char name[ACTION_NAME_SIZE];
	size_t size = strlen(pattern);

	if (size == 0 || size >= sizeof(name))
		return false;
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (policy_pattern_matches(pattern, never[i]))
			return false;
	if (strcmp(pattern, "*") == 0)
		return true;
	memcpy(name, pattern, size + 1);
	if (name[size - 1] == '*')
		name[--size] = '\0';
	if (pattern[size] == '*' && name[size - 1] == '.')
		name[--size] = '\0';
	return action_name_is_valid(name);
}

struct freeze_search {
	const char *action;
	struct freeze *freeze;
	bool found;
};

static bool freeze_seen(void *context, const struct freeze *freeze)
{
	struct freeze_search *search = context;

	if (freeze->thawed != 0 || !policy_pattern_matches(freeze->action, search->action))
		return true;
	*search->freeze = *freeze;
	search->found = true;
	return false;
}

enum stepup_error freeze_find(struct store_session *session, const char *action, struct freeze *freeze)
{
	struct freeze_search search = {.action = action, .freeze = freeze};
	enum stepup_error error = store_freeze_each(session, freeze_seen, &search);

	if (error != STEPUP_OK)
		return error;
	return search.found ? STEPUP_FROZEN : STEPUP_OK;
}

enum stepup_error freeze_look(struct store_session *session, const char *action,
	char reference[LOCK_REFERENCE_SIZE])
{
	struct freeze freeze;
	enum stepup_error error = freeze_find(session, action, &freeze);

	if (error == STEPUP_FROZEN)
		memcpy(reference, freeze.reference, LOCK_REFERENCE_SIZE);
	return error;
}

struct freeze_past {
	const char *action;
	int64_t log;
	bool found;
};

static bool freeze_compared_since(void *context, const struct freeze *freeze)
{
	struct freeze_past *past = context;

	past->found = past->log < freeze->log && policy_pattern_matches(freeze->action, past->action);
	return !past->found;
}

enum stepup_error freeze_look_since(struct store_session *session, const char *action, int64_t log,
	bool *frozen_since)
{
	struct freeze_past past = {.action = action, .log = log};
	enum stepup_error error = store_freeze_each(session, freeze_compared_since, &past);

	*frozen_since = past.found;
	return error;
}

/* The reference that the next log entry gives. */
static void make_reference(struct store_session *session, char letter, char reference[LOCK_REFERENCE_SIZE])
{
	snprintf(reference, LOCK_REFERENCE_SIZE, "%c-%" PRId64, letter, store_log_next(session));
}

/* A lock on a lock: what the locked person was told to quote stays, with when, why and by whom; but an
 * administrator's takes the place of one's own and of one by volume, which any other administrator could
 * open. Whoever it is by, the reason is theirs. */
static void locks_lock_again(struct user_record *record, const struct lock_order *order)
{
	struct user_lock *lock = &record->lock;

	if (strcmp(lock->by, record->name) != 0 && strcmp(lock->by, LOCK_BY_VERIFIER) != 0)
		return;
	snprintf(lock->by, sizeof(lock->by), "%s", order->actor->by);
	snprintf(lock->reason, sizeof(lock->reason), "%s", order->reason);
}

/* `shared` is the reference of the lock that this one is part of; NULL for one of its own. */
static void lock_anew(struct store_session *session, struct user_lock *lock, const struct lock_order *order,
	const char *shared)
{
	memset(lock, 0, sizeof(*lock));
	lock->locked = true;
	lock->at = order->at;
	if (shared == NULL)
		make_reference(session, 'L', lock->reference);
	else
		snprintf(lock->reference, sizeof(lock->reference), "%s", shared);
	snprintf(lock->reason, sizeof(lock->reason), "%s", order->reason);
	snprintf(lock->by, sizeof(lock->by), "%s", order->actor->by);
}

static enum stepup_error locks_lock_one(struct store_session *session, struct user_record *record,
	const struct lock_order *order, const char *shared)
{
	const struct log_subject subject = {.user = record->name, .user_id = record->user_id};
	struct user_lock *lock = &record->lock;
	json_t *entry;
	int64_t index = 0, invitations = 0;
	enum stepup_error error = store_invitation_void(session, record->name, true, &invitations);

	if (error != STEPUP_OK)
		return error;
	if (lock->locked)
		locks_lock_again(record, order);
	else
		lock_anew(session, lock, order, shared);
	entry = log_entry_lock(order->at, &subject, lock->reference, order->reason, order->actor,
		invitations);
	if (entry == NULL)
		return STEPUP_NO_MEMORY;
	error = store_log_append(session, entry, NULL, NULL, &index);
	record->receipts_from = record->version + 1; /* as it is saved */
	user_record_end_fresh(record);
	return error == STEPUP_OK
		? requests_void(session, record->user_id, NULL, "who asked, or who agreed, was locked",
			order->at)
		: error;
}

/* --- a person: every name of one uid --- */

struct others {
	const char *user;      /* not this one */
	const char *reference; /* those that are locked under this; NULL for all */
	char (*names)[USER_NAME_SIZE]; /* owned */
	size_t count;
	bool failed;
};

static bool locks_note_other(void *context, const struct user_record *record)
{
	struct others *others = context;
	char(*larger)[USER_NAME_SIZE];

	if (strcmp(record->name, others->user) == 0 ||
	    (others->reference != NULL &&
		    !(record->lock.locked && strcmp(record->lock.reference, others->reference) == 0)))
		return true;
	larger = reallocarray(others->names, others->count + 1, sizeof(*larger));
	others->failed = larger == NULL;
	if (others->failed)
		return false;
	others->names = larger;
	memcpy(others->names[others->count++], record->name, USER_NAME_SIZE);
	return true;
}

static enum stepup_error others_of_uid(struct store_session *session, int64_t uid, struct others *others)
{
	enum stepup_error error = store_user_each_of_uid(session, uid, locks_note_other, others);

	return error == STEPUP_OK && others->failed ? STEPUP_NO_MEMORY : error;
}

static enum stepup_error lock_other(struct store_session *session, const char *name,
	const struct lock_order *order, const char *shared)
{
	struct user_record *record = NULL;
	enum stepup_error error = store_user_find(session, name, &record);

	if (error == STEPUP_OK)
		error = locks_lock_one(session, record, order, shared);
	if (error == STEPUP_OK)
		error = store_user_save(session, record);
	user_record_free(&record);
	return error;
}

enum stepup_error lock_user_record(struct store_session *session, struct user_record *record,
	const struct lock_order *order)
{
	struct others others = {.user = record->name};
	enum stepup_error error = locks_lock_one(session, record, order, NULL);

	if (error == STEPUP_OK)
		error = others_of_uid(session, order->uid >= 0 ? order->uid : record->uid, &others);
	for (size_t i = 0; error == STEPUP_OK && i < others.count; i++)
		error = lock_other(session, others.names[i], order, record->lock.reference);
	free(others.names);
	return error;
}

enum stepup_error lock_user(struct store_session *session, const struct lock_order *order,
	char reference[LOCK_REFERENCE_SIZE])
{
	struct user_record *record = NULL;
	enum stepup_error error = store_user_find(session, order->user, &record);

	if (error == STEPUP_NOT_FOUND) {
		record = user_record_new(order->user, order->uid);
		error = record == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
	}
	if (error != STEPUP_OK)
		goto out;
	error = lock_user_record(session, record, order);
	if (error != STEPUP_OK)
		goto out;
	memcpy(reference, record->lock.reference, LOCK_REFERENCE_SIZE);
	error = store_user_save(session, record);
out:
	user_record_free(&record);
	return error;
}

static bool locks_note_lock(void *context, const struct user_record *record)
{
	char *reference = context;

	if (record->lock.locked)
		memcpy(reference, record->lock.reference, LOCK_REFERENCE_SIZE);
	return !record->lock.locked;
}

enum stepup_error uid_lock_look(struct store_session *session, int64_t uid,
	char reference[LOCK_REFERENCE_SIZE])
{
	enum stepup_error error;

	reference[0] = '\0';
	error = store_user_each_of_uid(session, uid, locks_note_lock, reference);
	return error == STEPUP_OK && reference[0] != '\0' ? STEPUP_LOCKED : error;
}

static enum stepup_error unlock_record(struct store_session *session, struct user_record *record,
	const struct log_actor *actor, int64_t at, int64_t *log)
{
	const struct log_subject subject = {.user = record->name, .user_id = record->user_id};
	json_t *entry = log_entry_unlock(at, &subject, actor);
	enum stepup_error error;

	memset(&record->lock, 0, sizeof(record->lock));
	record->guesses.suspended = false;
	record->guesses.failures_in_a_row = 0;
	error = entry == NULL ? STEPUP_NO_MEMORY : store_log_append(session, entry, NULL, NULL, log);
	return error == STEPUP_OK ? store_user_save(session, record) : error;
}

static enum stepup_error unlock_other(struct store_session *session, const char *name,
	const struct log_actor *actor, int64_t at)
{
	struct user_record *record = NULL;
	int64_t log;
	enum stepup_error error = store_user_find(session, name, &record);

	if (error == STEPUP_OK)
		error = unlock_record(session, record, actor, at, &log);
	user_record_free(&record);
	return error;
}

enum stepup_error user_unlock(struct store_session *session, const char *user, int64_t uid,
	const struct log_actor *actor, int64_t at, int64_t *log)
{
	struct user_record *record = NULL;
	char reference[LOCK_REFERENCE_SIZE];
	struct others others = {.user = user, .reference = reference};
	enum stepup_error error = store_user_find(session, user, &record);

	if (error != STEPUP_OK)
		goto out;
	if (!record->lock.locked && !record->guesses.suspended) {
		error = STEPUP_NOT_FOUND;
		goto out;
	}
	memcpy(reference, record->lock.reference, sizeof(reference));
	if (record->lock.locked)
		error = others_of_uid(session, uid >= 0 ? uid : record->uid, &others);
	if (error == STEPUP_OK)
		error = unlock_record(session, record, actor, at, log);
	for (size_t i = 0; error == STEPUP_OK && i < others.count; i++)
		error = unlock_other(session, others.names[i], actor, at);
out:
	free(others.names);
	user_record_free(&record);
	return error;
}

struct freeze_exact {
	const char *action;
	char *reference;
	bool found;
};

static bool freeze_compared(void *context, const struct freeze *freeze)
{
	struct freeze_exact *exact = context;

	if (freeze->thawed != 0 || strcmp(freeze->action, exact->action) != 0)
		return true;
	memcpy(exact->reference, freeze->reference, LOCK_REFERENCE_SIZE);
	exact->found = true;
	return false;
}

enum stepup_error action_freeze(struct store_session *session, const struct freeze_order *order,
	char reference[LOCK_REFERENCE_SIZE])
{
	struct freeze_exact exact = {.action = order->action, .reference = reference};
	struct freeze freeze = {.at = order->at, .log = store_log_next(session)};
	enum stepup_error error = store_freeze_each(session, freeze_compared, &exact);
	json_t *entry;
	int64_t index;

	if (error != STEPUP_OK)
		return error;
	if (exact.found)
		return STEPUP_EXISTS;
	make_reference(session, 'F', freeze.reference);
	memcpy(reference, freeze.reference, LOCK_REFERENCE_SIZE);
	snprintf(freeze.action, sizeof(freeze.action), "%s", order->action);
	snprintf(freeze.reason, sizeof(freeze.reason), "%s", order->reason);
	snprintf(freeze.by, sizeof(freeze.by), "%s", order->actor->by);
	error = store_freeze_add(session, &freeze);
	if (error != STEPUP_OK)
		return error;
	entry = log_entry_freeze(order->at, order->action, freeze.reference, order->reason, order->actor);
	error = entry == NULL ? STEPUP_NO_MEMORY : store_log_append(session, entry, NULL, NULL, &index);
	return error == STEPUP_OK
		? requests_void_action(session, order->action, "the action was frozen", order->at) : error;
}

enum stepup_error action_thaw(struct store_session *session, const char *action,
	const struct log_actor *actor, int64_t at, int64_t *log)
{
	enum stepup_error error = store_freeze_thaw(session, action, at);
	json_t *entry;

	if (error != STEPUP_OK)
		return error;
	entry = log_entry_thaw(at, action, actor);
	return entry == NULL ? STEPUP_NO_MEMORY : store_log_append(session, entry, NULL, NULL, log);
}
