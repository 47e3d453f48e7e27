/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose a name is; see subject.h. The directory says which account a name means and what that account is
 * called. A record may stand under that name, under the name that was asked for, or under another one of the
 * same uid: then the directory is asked what that one means.
 * MUST: refuse where account or record can't be read, for unreadable is never "not there"; take a record for
 * an account's only where the directory says that its name is that account; ask no directory for who may act
 * for nobody else.
 */
#include "verifier/doors/calls/subject.h"

#include <stdlib.h>
#include <string.h>

#include "lib/wire/user_name.h"
#include "verifier/doors/calls/policy_names.h"
#include "verifier/rules/words/notices.h"
#include "verifier/verifier.h"

#define BRAKE_WAIT_SECONDS 3 /* for what must be done whether the directory answers or not */
#define OTHER_NAMES_MAX 16   /* of one uid, that are asked after */

struct other_name {
	char name[USER_NAME_SIZE];
	bool locked, same_person;
};

struct naming {
	struct call *call;
	char *asked;
	enum subject_wait wait;
	subject_found *found;
	void *context;
	const struct account *account; /* kept; NULL where the directory could not say */
	/* enrolled with the account's uid; owned, room for OTHER_NAMES_MAX; NULL where
	 * nobody looked for any */
	struct other_name *others;
	size_t other_count, looked_up;
	/* another name of the account, that a record stands under; NULL for what was asked */
	const char *alias;
};

/* --- records --- */

static enum stepup_error find_record(const struct call *call, const char *name, struct user_record **record)
{
	enum stepup_error error = store_user_find(call->verifier->reader, name, record);

	return error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}

static void naming_note_lock(struct subject *subject, const struct user_record *record)
{
	if (record == NULL || !record->lock.locked || subject->lock.locked)
		return;
	subject->lock = record->lock;
	memcpy(subject->locked_as, record->name, sizeof(subject->locked_as));
}

void subject_clear(struct subject *subject)
{
	user_record_free(&subject->record);
	user_record_free(&subject->former);
}

/* Whether the subject is somebody's who is enrolled under this name. */
static bool is_enrolled(const struct subject *subject)
{
	return subject->record != NULL && user_record_live_count(subject->record) > 0;
}

/* A record under another name of the account, where nobody is enrolled under its own. */
static enum stepup_error look_at_alias(const struct call *call, const char *alias, struct subject *subject)
{
	struct user_record *record = NULL;
	enum stepup_error error = find_record(call, alias, &record);

	naming_note_lock(subject, record);
	if (error == STEPUP_OK && !is_enrolled(subject) && subject_uid_holds(record, subject->uid) &&
	    user_record_live_count(record) > 0) {
		subject_clear(subject);
		subject->record = record;
		record = NULL;
		subject->name = subject->record->name;
		subject->who.also = subject->name;
	}
	user_record_free(&record);
	return error;
}

enum stepup_error subject_of_account(const struct call *call, const struct account *account,
	const char *alias, struct subject *subject)
{
	struct user_record *record = NULL;
	enum stepup_error error;

	*subject = (struct subject){
		.name = account->name,
		.asked = alias,
		.uid = account->uid,
		.who = {.name = account->name, .gids = account->gids, .gid_count = account->gid_count},
		.own = account->uid == (int64_t)call->peer.uid && call->peer.account != NULL &&
			strcmp(call->peer.account, account->name) == 0,
	};
	error = find_record(call, account->name, &record);
	naming_note_lock(subject, record);
	*(subject_owns(record, account->uid) ? &subject->record : &subject->former) = record;
	if (error == STEPUP_OK && strcmp(alias, account->name) != 0)
		error = look_at_alias(call, alias, subject);
	if (error != STEPUP_OK)
		subject_clear(subject);
	return error;
}

/* --- the way of a question --- */

static void naming_free(struct naming *naming)
{
	if (naming->account != NULL)
		account_drop(&naming->account);
	free(naming->others);
	free(naming->asked);
	free(naming);
}

static void naming_end(struct naming *naming, enum stepup_error result, const struct subject *subject)
{
	naming->found(naming->context, result, subject);
	naming_free(naming);
}

/* What the other names of the uid have to do with the person. */
static enum stepup_error look_at_others(const struct naming *naming, struct subject *subject)
{
	enum stepup_error error = STEPUP_OK;

	for (size_t i = 0; error == STEPUP_OK && i < naming->other_count; i++) {
		const struct other_name *other = &naming->others[i];
		struct user_record *record = NULL;

		if (other->locked && !other->same_person)
			subject->uid_was_anothers = true;
		if (!other->same_person)
			continue;
		error = find_record(naming->call, other->name, &record);
		naming_note_lock(subject, record);
		user_record_free(&record);
	}
	return error;
}

static void naming_finish(struct naming *naming)
{
	const char *alias = naming->alias != NULL ? naming->alias : naming->asked;
	struct subject subject = {0};
	enum stepup_error error = subject_of_account(naming->call, naming->account, alias, &subject);

	if (error == STEPUP_OK)
		error = look_at_others(naming, &subject);
	subject.asked = naming->asked;
	naming_end(naming, error, error == STEPUP_OK ? &subject : NULL);
	subject_clear(&subject);
}

static void naming_look_up_next(struct naming *naming);

static void other_is(void *context, enum stepup_error result, const struct account *account)
{
	struct naming *naming = context;
	struct other_name *other = &naming->others[naming->looked_up];

	if (result != STEPUP_OK || account == NULL || account->name == NULL) {
		naming_end(naming, result == STEPUP_OK ? STEPUP_INTERNAL : result, NULL);
		return;
	}
	other->same_person = account->uid == naming->account->uid;
	if (other->same_person && strcmp(account->name, naming->account->name) == 0 && naming->alias == NULL)
		naming->alias = other->name;
	naming->looked_up++;
	naming_look_up_next(naming);
}

static void naming_look_up_next(struct naming *naming)
{
	struct call *call = naming->call;

	if (naming->looked_up == naming->other_count)
		naming_finish(naming);
	else
		account_by_name(call->verifier->accounts, call->peer.uid,
			naming->others[naming->looked_up].name, other_is, naming);
}

static bool note_other(void *context, const struct user_record *record)
{
	struct naming *naming = context;
	struct other_name *other = &naming->others[naming->other_count];

	if (strcmp(record->name, naming->account->name) == 0 || strcmp(record->name, naming->asked) == 0)
		return true;
	memcpy(other->name, record->name, sizeof(other->name));
	other->locked = record->lock.locked;
	return ++naming->other_count < OTHER_NAMES_MAX;
}

/* Where a record of this account stands under its own name, or the one asked for, no other is looked for: a
 * lock is written to all that are there. */
static void look_for_others(struct naming *naming)
{
	struct subject subject = {0};
	enum stepup_error error = subject_of_account(naming->call, naming->account, naming->asked, &subject);
	bool known = error == STEPUP_OK && subject.record != NULL && subject.record->credential_count > 0;

	if (known) {
		naming_end(naming, STEPUP_OK, &subject);
		subject_clear(&subject);
		return;
	}
	subject_clear(&subject);
	if (error == STEPUP_OK && (naming->others = calloc(OTHER_NAMES_MAX, sizeof(*naming->others))) == NULL)
		error = STEPUP_NO_MEMORY;
	if (error == STEPUP_OK)
		error = store_user_each_of_uid(naming->call->verifier->reader, naming->account->uid,
			note_other, naming);
	if (error == STEPUP_OK)
		naming_look_up_next(naming); /* what was read is read once more: that may be later */
	else
		naming_end(naming, error, NULL);
}

/* The directory could not say whose the name is: it stands for itself. */
static void take_as_spelt(struct naming *naming, bool silent)
{
	struct subject subject = {.name = naming->asked, .asked = naming->asked, .uid = -1, .silent = silent,
		.who = {.name = naming->asked}};
	enum stepup_error error = find_record(naming->call, naming->asked, &subject.former);

	naming_note_lock(&subject, subject.former);
	naming_end(naming, error, error == STEPUP_OK ? &subject : NULL);
	subject_clear(&subject);
}

static void naming_account_is(void *context, enum stepup_error result, const struct account *account)
{
	struct naming *naming = context;

	if (result == STEPUP_UNAVAILABLE && naming->wait == SUBJECT_ANYWAY) {
		take_as_spelt(naming, true);
	} else if (result != STEPUP_OK || account == NULL || account->name == NULL) {
		naming_end(naming, result == STEPUP_OK ? STEPUP_INTERNAL : result, NULL);
	} else {
		naming->account = account_keep(account);
		look_for_others(naming);
	}
}

static struct naming *naming_new(struct call *call, const char *user, enum subject_wait wait,
	subject_found *found, void *context)
{
	struct naming *naming = calloc(1, sizeof(*naming));

	if (naming == NULL)
		return NULL;
	*naming = (struct naming){
		.call = call, .asked = strdup(user), .wait = wait, .found = found, .context = context};
	if (naming->asked != NULL)
		return naming;
	free(naming);
	return NULL;
}

static void naming_start(void *context)
{
	struct naming *naming = context;
	struct account_cache *accounts = naming->call->verifier->accounts;
	const uid_t asker = naming->call->peer.uid;

	if (naming->wait == SUBJECT_ANYWAY)
		account_by_name_within(accounts, asker, naming->asked, BRAKE_WAIT_SECONDS,
			naming_account_is, naming);
	else
		account_by_name(accounts, asker, naming->asked, naming_account_is, naming);
}

void subject_find(struct call *call, const char *user, enum subject_wait wait, subject_found *found,
	void *context)
{
	struct naming *naming = naming_new(call, user, wait, found, context);

	if (naming == NULL)
		found(context, STEPUP_NO_MEMORY, NULL);
	else
		naming_start(naming);
}

/* --- for handlers that begin with it --- */

struct readying {
	struct call *call;
	subject_ready *ready;
};

static void readying_found(void *context, enum stepup_error result, const struct subject *subject)
{
	struct readying *readying = context;

	if (result == STEPUP_OK)
		readying->ready(readying->call, subject);
	else
		refuse(readying->call, result, NULL);
	free(readying);
}

/* Whether there is anybody but themselves whom the caller may act for, or ask about. */
static bool acts_for_others(const struct call *call)
{
	const struct policy *policy = call->verifier->policy;

	if (call->peer.uid == 0)
		return true;
	for (size_t i = 0; i < policy->caller_count; i++)
		if (peer_is_caller(policy, &call->peer, &policy->callers[i]))
			return true;
	return false;
}

static void subject_look_up(struct call *call, const char *user, bool knows_others, subject_ready *ready)
{
	struct readying *readying = malloc(sizeof(*readying));
	struct naming *naming = readying == NULL ? NULL
		: naming_new(call, user, SUBJECT_SURELY, readying_found, readying);

	if (naming == NULL) {
		free(readying);
		refuse(call, STEPUP_NO_MEMORY, NULL);
		return;
	}
	*readying = (struct readying){.call = call, .ready = ready};
	if (knows_others || (call->peer.account != NULL && strcmp(call->peer.account, user) == 0))
		policy_names_wait(call->verifier->policy_names, naming_start, naming);
	else
		take_as_spelt(naming, false);
}

void subject_of(struct call *call, const char *user, subject_ready *ready)
{
	if (user == NULL)
		user = call->peer.account;
	if (user == NULL)
		refuse(call, STEPUP_NOT_ALLOWED, NULL);
	else if (*user == '\0')
		call_invalid(call, "user");
	else
		subject_look_up(call, user, acts_for_others(call), ready);
}

void subject_of_anybody(struct call *call, const char *user, subject_ready *ready)
{
	if (user_name_is_possible(user))
		subject_look_up(call, user, true, ready);
	else
		refuse_saying(call, STEPUP_NOT_ALLOWED, notice_text(NOTICE_IMPOSSIBLE_NAME));
}
