/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A user's own credentials: what they are, and removing one.
 */
#include "verifier/doors/approvals/request_verbs.h"
#include "verifier/doors/enrolment/enrolment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"
#include "lib/wire/message.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/host/clock.h"
#include "verifier/rules/policy/requirement.h"
#include "verifier/rules/words/notices.h"
#include "verifier/verifier.h"

/* Of so many of its bytes; behind its length they are zeros. */
static enum stepup_error secret_digest(struct store *store, const struct otp_secret *secret, size_t size,
	uint8_t digest[DIGEST_SIZE])
{
	return store_keyed_digest(store, DIGEST_CREDENTIAL_SECRET, secret->bytes, size, digest);
}

enum stepup_error credential_bury(struct store *store, struct user_record *record,
	struct credential *credential, int64_t now)
{
	uint8_t digest[DIGEST_SIZE];
	enum stepup_error error;

	if (credential_is_code(credential)) {
		error = secret_digest(store, &credential->otp, otp_secret_length(&credential->otp), digest);
		if (error != STEPUP_OK)
			return error;
		WIPE_ARRAY(credential->otp.bytes);
		memcpy(credential->otp.bytes, digest, DIGEST_SIZE);
		credential->otp.size = DIGEST_SIZE;
	}
	credential->state = CREDENTIAL_REVOKED;
	credential->revoked = now;
	user_record_end_fresh(record);
	return STEPUP_OK;
}

/* Whether a buried secret was this one. Those buried before zeros at a secret's end were dropped have the
 * digest of as many as there were. */
static enum stepup_error is_buried(struct store *store, const struct otp_secret *buried,
	const struct otp_secret *secret, bool *known)
{
	struct otp_secret padded = {.size = otp_secret_length(secret)};
	uint8_t digest[DIGEST_SIZE];
	enum stepup_error error = STEPUP_OK;

	memcpy(padded.bytes, secret->bytes, padded.size);
	for (size_t size = padded.size; error == STEPUP_OK && size <= sizeof(padded.bytes); size++) {
		error = secret_digest(store, &padded, size, digest);
		*known |= error == STEPUP_OK && equal_constant_time(digest, buried->bytes, DIGEST_SIZE);
	}
	WIPE_ARRAY(padded.bytes);
	return error;
}

enum stepup_error credential_is_known(struct store *store, const struct user_record *record,
	const struct otp_secret *secret, bool *known)
{
	enum stepup_error error = STEPUP_OK;

	*known = false;
	for (size_t i = 0; error == STEPUP_OK && record != NULL && i < record->credential_count; i++) {
		const struct credential *credential = &record->credentials[i];

		if (!credential_is_code(credential))
			continue;
		if (credential->state == CREDENTIAL_REVOKED && credential->otp.size == DIGEST_SIZE)
			error = is_buried(store, &credential->otp, secret, known);
		else
			*known |= otp_secret_equal(&credential->otp, secret);
	}
	return error;
}

/* The member, or nothing where `there` is false; `failed` sticks. */
static void add_member(json_t *object, bool there, const char *name, json_t *value, bool *failed)
{
	if (there)
		*failed |= json_object_set_new(object, name, value) != 0;
	else
		json_decref(value);
}

static json_t *credential_to_json(const struct policy *policy, const struct credential *credential,
	bool codes_suspended, int64_t now)
{
	bool suspended = codes_suspended && credential_is_code(credential), failed = false;
	const char *state = credential->state == CREDENTIAL_REVOKED ? "revoked"
		: suspended ? "suspended" : "live";
	const char *model = credential->key == NULL ? "" : credential->key->model;
	json_t *object = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s}", "id", credential->id,
		"type", credential_type_name(credential->type), "label", credential->label,
		"created", (json_int_t)credential->created, "state", state,
		"strength", factor_strength_name(credential_strength(policy, credential, now)));

	if (object == NULL)
		return NULL;
	add_member(object, credential->last_used > 0, "last_used",
		json_integer(credential->last_used), &failed);
	add_member(object, *model != '\0', "model", json_string(model), &failed);
	add_member(object, credential->strong_from > now, "strong_from",
		json_integer(credential->strong_from), &failed);
	if (failed) {
		json_decref(object);
		object = NULL;
	}
	return object;
}

json_t *credentials_to_json(const struct policy *policy, const struct user_record *record, bool tombstones)
{
	int64_t now = clock_wall_seconds();
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && record != NULL && i < record->credential_count; i++) {
		const struct credential *credential = &record->credentials[i];

		if (credential->state == CREDENTIAL_REVOKED && !tombstones)
			continue;
		if (json_array_append_new(list,
			    credential_to_json(policy, credential, record->guesses.suspended, now)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static void list_ready(struct call *call, const struct subject *subject)
{
	if (!subject_allows(call, subject, "stepup.list")) {
		const struct words_facts words = {.user = subject->name, .action = "stepup.list"};

		refuse(call, STEPUP_NOT_ALLOWED, &words);
		return;
	}
	call_reply(call, json_pack("{s:o}",
			"credentials", credentials_to_json(call->verifier->policy, subject->record, false)));
}

void credentials_list(struct call *call)
{
	subject_of(call, message_text(call->parameters, "user"), list_ready);
}

struct removal {
	struct call *call;
	struct verifier *verifier;
	struct authorization authorization;
	char user[USER_NAME_SIZE];
	char credential[CREDENTIAL_ID_SIZE];
	int64_t uid;
	const char *objection; /* the sentence, where it is refused for a reason of its own … */
	const char *why;       /* … and that reason in a few words for the log, where it is for the log */
	char reference[LOCK_REFERENCE_SIZE]; /* of the lock or freeze that refuses it; "" for none */
	int64_t log;
};

static enum stepup_error removal_change(struct store_session *session, struct removal *removal,
	struct user_record *record)
{
	struct credential *credential = user_record_credential(record, removal->credential);
	const struct log_subject subject = {.user = record->name, .user_id = record->user_id};
	const struct log_actor actor = authorization_actor(&removal->authorization);
	int64_t now = clock_wall_seconds();
	enum stepup_error error;
	json_t *entry;

	if (credential == NULL || credential->state != CREDENTIAL_LIVE) {
		removal->objection = notice_no_such_credential();
		return STEPUP_NOT_FOUND;
	}
	if (!credential_is_code(credential) && removal->authorization.strength < FACTOR_KEY) {
		removal->why = "step-up by a weaker factor";
		return STEPUP_TOO_WEAK;
	}
	if (user_record_live_count(record) < 2) {
		removal->objection = notice_last_credential();
		removal->why = "the last credential";
		return STEPUP_NOT_ALLOWED;
	}
	error = credential_bury(removal->verifier->store, record, credential, now);
	if (error != STEPUP_OK)
		return error;
	entry = log_entry_remove(now, &subject, credential->id, &actor);
	error = entry == NULL ? STEPUP_NO_MEMORY
		: store_log_append(session, entry, NULL, NULL, &removal->log);
	if (error == STEPUP_OK)
		error = requests_void(session, record->user_id, removal->credential,
			REQUEST_CREDENTIAL_GONE, now);
	return error == STEPUP_OK ? store_user_save(session, record) : error;
}

static enum stepup_error removal_work(struct store_session *session, void *job)
{
	struct removal *removal = job;
	struct user_record *record = NULL;
	enum stepup_error error;

	removal->objection = removal->why = NULL;
	error = authorization_holds(session, &removal->authorization, removal->reference);
	if (error == STEPUP_OK)
		error = store_user_find(session, removal->user, &record);
	if (error == STEPUP_OK && !subject_uid_holds(record, removal->uid)) {
		removal->why = "not the account that enrolled";
		error = STEPUP_NOT_ALLOWED;
	}
	if (error == STEPUP_OK)
		error = removal_change(session, removal, record);
	user_record_free(&record);
	return error;
}

static void removal_done(void *job, enum stepup_error result)
{
	struct removal *removal = job;
	const struct words_facts words = {
		.user = removal->user,
		.action = "stepup.remove",
		.reference = removal->reference[0] == '\0' ? NULL : removal->reference,
	};

	if (result != STEPUP_OK)
		authorization_log_refused(removal->call, &removal->authorization, result, removal->why);
	if (result == STEPUP_OK) {
		step_ups_end_user(removal->verifier->step_ups, removal->user);
		approving_changed(removal->verifier, INT64_MAX);
		call_reply(removal->call, json_pack("{s:I, s:s}", "log", (json_int_t)removal->log,
				"message", notice_removed()));
	} else if (removal->objection != NULL) {
		refuse_saying(removal->call, STEPUP_NOT_ALLOWED, removal->objection);
	} else {
		refuse(removal->call, result, &words);
	}
	free(removal);
}

static void remove_ready(struct call *call, const struct subject *subject)
{
	const char *credential = message_text(call->parameters, "credential");
	const struct words_facts words = {.user = subject->name, .action = "stepup.remove"};
	struct authorization authorization;
	struct removal *removal;

	if (!subject_allows(call, subject, "stepup.remove")) {
		refuse(call, STEPUP_NOT_ALLOWED, &words);
		return;
	}
	if (!authorization_spend(call, subject->name, "stepup.remove",
		    json_pack("{s:s}", "credential", credential), &authorization))
		return;
	removal = calloc(1, sizeof(*removal));
	if (removal == NULL) {
		refuse(call, STEPUP_UNAVAILABLE, NULL);
		return;
	}
	removal->call = call;
	removal->verifier = call->verifier;
	removal->authorization = authorization;
	removal->uid = subject->uid;
	snprintf(removal->user, sizeof(removal->user), "%s", subject->name);
	snprintf(removal->credential, sizeof(removal->credential), "%s", credential);
	if (commit_queue_submit(call->verifier->queue, removal_work, removal_done, removal) != STEPUP_OK) {
		free(removal);
		refuse(call, STEPUP_UNAVAILABLE, NULL);
	}
}

void credentials_remove(struct call *call)
{
	subject_of(call, message_text(call->parameters, "user"), remove_ready);
}
