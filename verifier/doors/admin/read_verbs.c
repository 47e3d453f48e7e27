/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What administrators read. All of it comes from the reader's session: what is committed.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "verifier/doors/admin/read_verbs.h"
#include "verifier/doors/standing/first_day.h"
#include "verifier/doors/standing/powerless.h"
#include "verifier/host/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/base64url.h"
#include "lib/wire/message.h"
#include "lib/wire/user_name.h"
#include "verifier/doors/admin/store_watch.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/doors/enrolment/enrolment.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/doors/verbs/authorization.h"
#include "verifier/rules/words/notices.h"
#include "verifier/verifier.h"

/* Whether whoever authorised may still; else the call is refused, and that is logged. */
static bool holds_now(struct call *call, const struct authorization *authorization)
{
	char reference[LOCK_REFERENCE_SIZE];
	const struct words_facts words = {.action = authorization->action, .reference = reference};
	enum stepup_error error = authorization_holds(call->verifier->reader, authorization, reference);

	if (error == STEPUP_OK)
		return true;
	authorization_log_refused(call, authorization, error, NULL);
	refuse(call, error, *reference == '\0' ? NULL : &words);
	return false;
}

static int64_t at_most(int64_t asked, int64_t most)
{
	return asked < 1 || asked > most ? most : asked;
}

/* --- users --- */

struct log_page {
	json_t *list;
	int64_t limit, bytes;
	bool more, failed;
};

static bool page_add(struct log_page *page, json_t *object)
{
	page->failed = json_array_append_new(page->list, object) != 0;
	return !page->failed;
}

static bool user_seen(void *context, const struct user_record *record)
{
	struct log_page *page = context;
	json_t *user;

	if ((int64_t)json_array_size(page->list) == page->limit) {
		page->more = true;
		return false;
	}
	user = json_pack("{s:s, s:I, s:b}", "name", record->name,
		"credentials", (json_int_t)user_record_live_count(record),
		"locked", (int)record->lock.locked);
	if (user != NULL && record->lock.locked)
		(void)json_object_set_new(user, "reference", json_string(record->lock.reference));
	if (user != NULL && record->last_success > 0)
		(void)json_object_set_new(user, "last_success", json_integer(record->last_success));
	return page_add(page, user);
}

void read_verbs_users(struct call *call)
{
	const char *after = message_text(call->parameters, "after");
	struct log_page page = {.limit = at_most(message_number(call->parameters, "limit", READ_USERS_MAX),
			READ_USERS_MAX)};
	struct authorization authorization;
	enum stepup_error error;

	if (!authorization_read(call, "stepup.users", &authorization) || !holds_now(call, &authorization))
		return;
	page.list = json_array();
	error = store_user_each(call->verifier->reader, after == NULL ? "" : after, (int)page.limit + 1,
		user_seen, &page);
	if (page.list == NULL || page.failed || error != STEPUP_OK) {
		json_decref(page.list);
		refuse(call, STEPUP_UNAVAILABLE, NULL);
		return;
	}
	call_reply(call, json_pack("{s:o, s:b}", "users", page.list, "more", (int)page.more));
}

/* Whosever they are: an administrator looks at what is enrolled under the name. */
static void credentials_ready(struct call *call, const struct subject *subject)
{
	const struct user_record *record = subject_any_record(subject);

	if (record == NULL)
		refuse_saying(call, STEPUP_NOT_ALLOWED, notice_text(NOTICE_NOBODY));
	else
		call_reply(call, json_pack("{s:o}",
				"credentials", credentials_to_json(call->verifier->policy, record, true)));
}

void read_verbs_credentials(struct call *call)
{
	const char *user = message_text(call->parameters, "user");
	struct authorization authorization;

	if (authorization_spend(call, NULL, "stepup.credentials", json_pack("{s:s}", "user", user),
		    &authorization) && holds_now(call, &authorization))
		subject_of_anybody(call, user, credentials_ready);
}

static void resolved(void *context, enum stepup_error result, const struct subject *subject)
{
	struct call *call = context;

	if (result != STEPUP_OK || subject->silent)
		refuse(call, result != STEPUP_OK ? result : STEPUP_UNAVAILABLE, NULL);
	else
		call_reply(call, json_pack("{s:s, s:b}", "user", subject->name,
				"known", (int)(subject->uid >= 0 || subject_any_record(subject) != NULL)));
}

/* Waits no longer for the directory than a lock does, which is what it is asked before. */
void read_verbs_resolve(struct call *call)
{
	const char *user = message_text(call->parameters, "user");

	if (user_name_is_possible(user))
		subject_find(call, user, SUBJECT_ANYWAY, resolved, call);
	else
		refuse_saying(call, STEPUP_NOT_ALLOWED, notice_text(NOTICE_IMPOSSIBLE_NAME));
}

/* --- the log --- */

/* What stands beside an entry; a salt where the entry commits to it. False where it can't be read, or
 * there is no memory. */
static bool put_details(json_t *object, const char *details, const uint8_t *salt)
{
	char salt_text[BASE64URL_LENGTH(DIGEST_SIZE) + 1];

	if (json_object_set_new(object, "details", json_loads(details, JSON_REJECT_DUPLICATES, NULL)) != 0)
		return false;
	if (salt == NULL)
		return true;
	base64url_encode(salt, DIGEST_SIZE, salt_text);
	return json_object_set_new(object, "salt", json_string(salt_text)) == 0;
}

static bool entry_seen(void *context, int64_t index, const char *entry, const char *details,
	const uint8_t *salt)
{
	struct log_page *page = context;
	json_t *object;

	page->bytes += (int64_t)strlen(entry) + (details == NULL ? 0 : (int64_t)strlen(details));
	if (page->bytes > READ_LOG_BYTES && json_array_size(page->list) > 0)
		return false;
	object = json_pack("{s:I, s:s}", "index", (json_int_t)index, "entry", entry);
	if (object != NULL && details != NULL && !put_details(object, details, salt)) {
		json_decref(object);
		object = NULL;
	}
	return page_add(page, object);
}

/* A checkpoint is told with the size that it is over, so that whoever reads page by page
 * stops where it says. */
static enum stepup_error newest_checkpoint(struct call *call, int64_t *size, char **note)
{
	enum stepup_error error = store_log_checkpoint_newest(call->verifier->reader, size, note);

	return error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}

#define CHECKPOINTS_TOLD 64

static bool note_seen(void *context, const char *note)
{
	json_t *notes = context;

	return json_array_append_new(notes, json_string(note)) == 0 &&
		json_array_size(notes) < CHECKPOINTS_TOLD;
}

void read_verbs_log(struct call *call)
{
	struct log_page page = {
		.limit = at_most(message_number(call->parameters, "count", READ_LOG_MAX), READ_LOG_MAX)};
	int64_t from = message_number(call->parameters, "from", 0), size = 0, checkpoint_size = 0;
	struct authorization authorization;
	json_t *notes;
	char *note = NULL;
	enum stepup_error error;

	if (!authorization_read(call, "stepup.log", &authorization) || !holds_now(call, &authorization))
		return;
	page.list = json_array();
	notes = json_array();
	error = page.list == NULL || notes == NULL ? STEPUP_NO_MEMORY
		: store_log_each(call->verifier->reader, from, (int)page.limit, entry_seen, &page);
	if (error == STEPUP_OK)
		error = store_log_size(call->verifier->reader, &size);
	if (error == STEPUP_OK)
		error = newest_checkpoint(call, &checkpoint_size, &note);
	if (error == STEPUP_OK)
		error = store_log_checkpoint_each(call->verifier->reader, from,
			from + (int64_t)json_array_size(page.list), note_seen, notes);
	if (error != STEPUP_OK || page.failed) {
		json_decref(page.list);
		json_decref(notes);
		refuse(call, error == STEPUP_OK ? STEPUP_NO_MEMORY : error, NULL);
	} else {
		call_reply(call, json_pack("{s:o, s:I, s:s*, s:s, s:o}", "entries", page.list,
				"size", (json_int_t)size, "checkpoint", note,
				"log_key", call->verifier->log_key, "checkpoints", notes));
	}
	free(note);
}

/* --- status --- */

static bool locked_seen(void *context, const struct user_record *record)
{
	struct log_page *page = context;
	const struct user_lock *lock = &record->lock;

	return page_add(page,
		json_pack("{s:s, s:s, s:s, s:s, s:I}", "name", record->name, "reference", lock->reference,
			"reason", lock->reason, "by", lock->by, "at", (json_int_t)lock->at));
}

static bool frozen_seen(void *context, const struct freeze *freeze)
{
	struct log_page *page = context;

	if (freeze->thawed != 0)
		return true;
	return page_add(page,
		json_pack("{s:s, s:s, s:s, s:s, s:I}", "name", freeze->action, "reference", freeze->reference,
			"reason", freeze->reason, "by", freeze->by, "at", (json_int_t)freeze->at));
}

static void policy_name(const struct policy *policy, char name[BASE64URL_LENGTH(DIGEST_SIZE) + 1])
{
	base64url_encode(policy->digest, DIGEST_SIZE, name);
}

/* Whether the configuration's policy is in force, and what would become of people's keys under another rp-id,
 * where that is asked. False where it refused: then the reply is gone. */
static bool add_policy_state(struct call *call, json_t *reply)
{
	struct verifier *verifier = call->verifier;
	const char *rp_id = message_text(call->parameters, "rp_id");
	enum stepup_error error = STEPUP_OK;
	char *why = NULL;

	if (rp_id != NULL)
		error = verifier_check_rp_id(verifier, rp_id,
			message_text(call->parameters, "rp_id_before"), &why);
	if ((error == STEPUP_OK || error == STEPUP_INVALID) && reply != NULL &&
	    json_object_set_new(reply, "rp_id", json_string(verifier->policy->rp_id)) == 0 &&
	    (why == NULL || json_object_set_new(reply, "rp_id_why", json_string(why)) == 0) &&
	    (verifier->policy_why == NULL ||
		    json_object_set_new(reply, "policy_why", json_string(verifier->policy_why)) == 0)) {
		free(why);
		return true;
	}
	free(why);
	json_decref(reply);
	refuse(call, STEPUP_UNAVAILABLE, NULL);
	return false;
}

/* What nobody can do under the policy that the call names by its digest: the one in force, or the one that
 * the configuration has by now, which a check asks about before the reload. Of any other nothing is said. */
static json_t *powerless_under(const struct call *call)
{
	const struct verifier *verifier = call->verifier;
	const char *wanted = message_text(call->parameters, "policy");
	char name[BASE64URL_LENGTH(DIGEST_SIZE) + 1], *why = NULL;
	struct policy *next = NULL;
	json_t *list = NULL;

	policy_name(verifier->policy, name);
	if (wanted == NULL || strcmp(wanted, name) == 0)
		return powerless_list(verifier, verifier->policy);
	if (policy_load(verifier->config_path, true, &next, &why) == STEPUP_OK) {
		policy_name(next, name);
		list = strcmp(wanted, name) == 0 ? powerless_list(verifier, next) : json_array();
	} else {
		list = json_array();
	}
	policy_release(&next);
	free(why);
	return list;
}

/* Until when the first day lasts, and what nobody can do. False where it refused: then the reply is gone. */
static bool add_first_day(struct call *call, json_t *reply)
{
	const struct verifier *verifier = call->verifier;
	json_t *powerless = powerless_under(call);
	int64_t until = 0;

	if (powerless != NULL &&
	    first_day_until(verifier->reader, clock_wall_seconds(), &until) == STEPUP_OK &&
	    (until == 0 || json_object_set_new(reply, "first_day_until", json_integer(until)) == 0) &&
	    json_object_set(reply, "powerless", powerless) == 0) {
		json_decref(powerless);
		return true;
	}
	json_decref(powerless);
	json_decref(reply);
	refuse(call, STEPUP_UNAVAILABLE, NULL);
	return false;
}

/* What of the store is wrong is told by itself: it keeps nobody from seeing the rest. */
static bool is_seen(enum stepup_error error)
{
	return error == STEPUP_OK || error == STEPUP_CORRUPT;
}

void read_verbs_status(struct call *call)
{
	const struct verifier *verifier = call->verifier;
	struct log_page locked = {.list = json_array()}, frozen = {.list = json_array()};
	char policy[BASE64URL_LENGTH(DIGEST_SIZE) + 1], *note = NULL;
	json_t *reply;
	int64_t users = 0, log_size = 0, checkpoint_size = 0;
	json_t *wrong = store_watch_wrong(verifier);
	struct store_head head;
	bool seen = is_seen(store_user_count(verifier->reader, &users)) &&
		store_log_size(verifier->reader, &log_size) == STEPUP_OK &&
		is_seen(newest_checkpoint(call, &checkpoint_size, &note)) &&
		is_seen(store_user_each_locked(verifier->reader, locked_seen, &locked)) &&
		is_seen(store_freeze_each(verifier->reader, frozen_seen, &frozen)) && wrong != NULL;

	store_head_now(verifier->store, &head);
	policy_name(verifier->policy, policy);
	if (!seen || locked.failed || frozen.failed) {
		json_decref(locked.list);
		json_decref(frozen.list);
		json_decref(wrong);
		refuse(call, STEPUP_UNAVAILABLE, NULL);
	} else {
		reply = json_pack(
			"{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:I, s:b, s:b, s:I, s:o}",
			"version", PACKAGE_VERSION, "issuer", verifier->policy->issuer,
			"host", verifier->policy->host, "policy", policy, "users", (json_int_t)users,
			"log_size", (json_int_t)log_size, "checkpoint_size", (json_int_t)checkpoint_size,
			"pending", (json_int_t)step_ups_count(verifier->step_ups),
			"locked", locked.list, "frozen", frozen.list,
			"started", (json_int_t)verifier->started, "clean_start", (int)verifier->clean_start,
			"mark_beside_store", (int)verifier->mark_beside_store,
			"batch", (json_int_t)head.batch, "store_wrong", wrong);
		if (add_policy_state(call, reply) && add_first_day(call, reply))
			call_reply(call, reply);
	}
	free(note);
}
