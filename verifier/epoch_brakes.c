/* SPDX-License-Identifier: BSD-2-Clause */
/* Brakes that the log has and the rows may lack; see epoch_brakes.h. */
#include "verifier/epoch_brakes.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/base64url.h"
#include "lib/wire/message.h"
#include "verifier/doors/enrolment/enrolment.h"
#include "verifier/host/journal.h"

#define LOG_PAGE 1000
#define USER_PAGE 64
#define USER_ID_TEXT_SIZE BASE64URL_LENGTH(USER_ID_SIZE) + 1
#define GONE_KEY_SIZE (USER_ID_TEXT_SIZE + CREDENTIAL_ID_SIZE)

/* What holds by the log: entries by user id, by user id and credential, and by action. */
struct brakes {
	json_t *locked, *gone, *frozen;
	int64_t read; /* entries */
	bool failed;
};

/* --- what the log says --- */

static void gone_key(char key[GONE_KEY_SIZE], const char *user_id, const char *credential)
{
	(void)snprintf(key, GONE_KEY_SIZE, "%s %s", user_id, credential);
}

static int epoch_brakes_on_lock(struct brakes *brakes, json_t *entry)
{
	const char *user_id = message_text(entry, "user_id");

	return user_id == NULL ? 0 : json_object_set(brakes->locked, user_id, entry);
}

static int epoch_brakes_on_unlock(struct brakes *brakes, json_t *entry)
{
	const char *user_id = message_text(entry, "user_id");

	if (user_id != NULL)
		(void)json_object_del(brakes->locked, user_id);
	return 0;
}

static int on_gone(struct brakes *brakes, json_t *entry)
{
	const char *user_id = message_text(entry, "user_id"), *credential = message_text(entry, "credential");
	char key[GONE_KEY_SIZE];

	if (user_id == NULL || credential == NULL)
		return 0;
	gone_key(key, user_id, credential);
	return json_object_set(brakes->gone, key, entry);
}

static int epoch_brakes_on_freeze(struct brakes *brakes, json_t *entry)
{
	const char *action = message_text(entry, "action");

	return action == NULL ? 0 : json_object_set(brakes->frozen, action, entry);
}

static int epoch_brakes_on_thaw(struct brakes *brakes, json_t *entry)
{
	const char *action = message_text(entry, "action");

	if (action != NULL)
		(void)json_object_del(brakes->frozen, action);
	return 0;
}

/* As the canonical text of an entry has its type: it can stand nowhere else, as quotes within a
 * text are escaped. */
static const struct {
	const char *type;
	int (*note)(struct brakes *brakes, json_t *entry); /* not 0: no memory */
} kinds[] = {
	{"\"type\":\"lock\"", epoch_brakes_on_lock}, {"\"type\":\"unlock\"", epoch_brakes_on_unlock},
	{"\"type\":\"revoke\"", on_gone}, {"\"type\":\"remove\"", on_gone},
	{"\"type\":\"freeze\"", epoch_brakes_on_freeze}, {"\"type\":\"thaw\"", epoch_brakes_on_thaw},
};

static bool epoch_brakes_note_entry(void *context, int64_t index, const char *text, const char *details,
	const uint8_t *salt)
{
	struct brakes *brakes = context;

	(void)index;
	(void)details;
	(void)salt;
	brakes->read++;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		json_t *entry;

		if (strstr(text, kinds[i].type) == NULL)
			continue;
		entry = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
		if (entry == NULL || kinds[i].note(brakes, entry) != 0)
			brakes->failed = true;
		json_decref(entry);
	}
	return !brakes->failed;
}

static enum stepup_error read_log(struct store_session *session, struct brakes *brakes)
{
	enum stepup_error error;
	int64_t before;

	do {
		before = brakes->read;
		error = store_log_each(session, before, LOG_PAGE, epoch_brakes_note_entry, brakes);
		if (error == STEPUP_OK && brakes->failed)
			error = STEPUP_UNAVAILABLE;
	} while (error == STEPUP_OK && brakes->read == before + LOG_PAGE);
	return error;
}

/* --- rows --- */

static void copy(char *to, size_t size, const json_t *entry, const char *member)
{
	const char *text = message_text(entry, member);

	(void)snprintf(to, size, "%s", text == NULL ? "" : text);
}

static void epoch_brakes_lock_again(struct user_record *record, const json_t *entry)
{
	record->lock = (struct user_lock){.locked = true, .at = message_number(entry, "at", 0)};
	copy(record->lock.reference, sizeof(record->lock.reference), entry, "reference");
	copy(record->lock.reason, sizeof(record->lock.reason), entry, "reason");
	copy(record->lock.by, sizeof(record->lock.by), entry, "by");
	record->receipts_from = record->version + 1; /* as it is saved */
	journal_line(LOG_NOTICE, "epoch", "%s is locked again, as the log says: %s", record->name,
		record->lock.reference);
}

static bool is_gone(const struct brakes *brakes, const char *user_id, const struct credential *credential)
{
	char key[GONE_KEY_SIZE];

	gone_key(key, user_id, credential->id);
	return credential->state == CREDENTIAL_LIVE && json_object_get(brakes->gone, key) != NULL;
}

static bool lacks_brakes(const struct brakes *brakes, const struct user_record *record)
{
	char user_id[USER_ID_TEXT_SIZE];
	bool lacks;

	base64url_encode(record->user_id, USER_ID_SIZE, user_id);
	lacks = !record->lock.locked && json_object_get(brakes->locked, user_id) != NULL;
	for (size_t i = 0; i < record->credential_count && !lacks; i++)
		lacks = is_gone(brakes, user_id, &record->credentials[i]);
	return lacks;
}

static enum stepup_error mend_user(struct store *store, struct store_session *session,
	const struct brakes *brakes, const char *name, int64_t now)
{
	struct user_record *record = NULL;
	char user_id[USER_ID_TEXT_SIZE];
	const json_t *entry;
	enum stepup_error error = store_user_find(session, name, &record);

	if (error != STEPUP_OK)
		return error;
	base64url_encode(record->user_id, USER_ID_SIZE, user_id);
	entry = json_object_get(brakes->locked, user_id);
	if (!record->lock.locked && entry != NULL)
		epoch_brakes_lock_again(record, entry);
	for (size_t i = 0; error == STEPUP_OK && i < record->credential_count; i++) {
		if (!is_gone(brakes, user_id, &record->credentials[i]))
			continue;
		error = credential_bury(store, record, &record->credentials[i], now);
		journal_line(LOG_NOTICE, "epoch", "%s of %s is revoked again, as the log says",
			record->credentials[i].id, name);
	}
	if (error == STEPUP_OK)
		error = store_user_save(session, record);
	user_record_free(&record);
	return error;
}

struct brakes_walk {
	struct brakes *brakes;
	char names[USER_PAGE][USER_NAME_SIZE];
	char last[USER_NAME_SIZE];
	size_t count, seen;
	json_t *ids; /* of everybody who has a record and is locked by the log */
};

static bool note_user(void *context, const struct user_record *record)
{
	struct brakes_walk *walk = context;
	char user_id[USER_ID_TEXT_SIZE];

	base64url_encode(record->user_id, USER_ID_SIZE, user_id);
	(void)snprintf(walk->last, sizeof(walk->last), "%s", record->name);
	walk->seen++;
	if (json_object_get(walk->brakes->locked, user_id) != NULL &&
	    json_object_set_new(walk->ids, user_id, json_true()) != 0)
		walk->brakes->failed = true;
	if (lacks_brakes(walk->brakes, record))
		memcpy(walk->names[walk->count++], walk->last, sizeof(walk->last));
	return true;
}

/* Whoever is locked and has no record any more gets one, under the id that the log knows. */
static enum stepup_error lock_the_missing(struct store_session *session, const struct brakes_walk *walk)
{
	enum stepup_error error = STEPUP_OK;
	const char *user_id, *name;
	json_t *entry;

	json_object_foreach(walk->brakes->locked, user_id, entry) {
		struct user_record *record = NULL;
		size_t size = 0;

		name = message_text(entry, "user");
		if (error != STEPUP_OK || name == NULL || json_object_get(walk->ids, user_id) != NULL)
			continue;
		error = store_user_find(session, name, &record);
		user_record_free(&record);
		if (error != STEPUP_NOT_FOUND)
			continue; /* somebody else has the name by now */
		record = user_record_new(name, -1);
		error = record == NULL ? STEPUP_NO_MEMORY
			: base64url_decode(user_id, record->user_id, USER_ID_SIZE, &size);
		if (error == STEPUP_OK && size != USER_ID_SIZE)
			error = STEPUP_CORRUPT;
		if (error == STEPUP_OK) {
			epoch_brakes_lock_again(record, entry);
			error = store_user_save(session, record);
		}
		user_record_free(&record);
	}
	return error;
}

/* Page by page, as nothing is written while a list is read. */
static enum stepup_error mend_users(struct store *store, struct store_session *session, struct brakes *brakes,
	int64_t now)
{
	struct brakes_walk *walk = calloc(1, sizeof(*walk));
	enum stepup_error error = STEPUP_NO_MEMORY;

	if (walk != NULL) {
		walk->brakes = brakes;
		walk->ids = json_object();
		error = walk->ids == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
	}
	do {
		if (error == STEPUP_OK) {
			walk->seen = walk->count = 0;
			error = store_user_each(session, walk->last, USER_PAGE, note_user, walk);
		}
		if (error == STEPUP_OK && brakes->failed)
			error = STEPUP_NO_MEMORY;
		for (size_t i = 0; error == STEPUP_OK && i < walk->count; i++)
			error = mend_user(store, session, brakes, walk->names[i], now);
	} while (error == STEPUP_OK && walk->seen == USER_PAGE);
	if (error == STEPUP_OK)
		error = lock_the_missing(session, walk);
	if (walk != NULL)
		json_decref(walk->ids);
	free(walk);
	return error;
}

static enum stepup_error mend_freezes(struct store_session *session, const struct brakes *brakes)
{
	enum stepup_error error = STEPUP_OK;
	const char *action;
	json_t *entry;

	json_object_foreach(brakes->frozen, action, entry) {
		struct freeze freeze = {
			.at = message_number(entry, "at", 0), .log = message_number(entry, "index", 0)};

		if (error != STEPUP_OK)
			continue;
		(void)snprintf(freeze.action, sizeof(freeze.action), "%s", action);
		copy(freeze.reference, sizeof(freeze.reference), entry, "reference");
		copy(freeze.reason, sizeof(freeze.reason), entry, "reason");
		copy(freeze.by, sizeof(freeze.by), entry, "by");
		error = store_freeze_add(session, &freeze);
		if (error == STEPUP_OK)
			journal_line(LOG_NOTICE, "epoch", "%s is frozen again, as the log says: %s", action,
				freeze.reference);
		else if (error == STEPUP_EXISTS)
			error = STEPUP_OK; /* it stands */
	}
	return error;
}

/* All of it, or nothing. */
static enum stepup_error mend_all(struct store *store, struct store_session *session,
	struct brakes *brakes, int64_t now)
{
	enum stepup_error error = store_begin(session);

	if (error != STEPUP_OK)
		return error;
	error = mend_users(store, session, brakes, now);
	if (error == STEPUP_OK)
		error = mend_freezes(session, brakes);
	if (error == STEPUP_OK)
		return store_commit(session);
	store_rollback(session);
	return error;
}

enum stepup_error epoch_brakes_restore(struct store *store, struct store_session *session, int64_t now)
{
	struct brakes brakes = {.locked = json_object(), .gone = json_object(), .frozen = json_object()};
	enum stepup_error error = STEPUP_NO_MEMORY;

	if (brakes.locked != NULL && brakes.gone != NULL && brakes.frozen != NULL)
		error = read_log(session, &brakes);
	if (error == STEPUP_OK)
		error = mend_all(store, session, &brakes, now);
	json_decref(brakes.locked);
	json_decref(brakes.gone);
	json_decref(brakes.frozen);
	return error;
}
