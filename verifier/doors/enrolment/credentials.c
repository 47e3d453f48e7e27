/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A user's own credentials: what they are, and removing one.
 */
#include "verifier/doors/approvals/request_changes.h"
#include "verifier/doors/enrolment/enrolment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"
#include "lib/wire/message.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/doors/standing/requests.h"
#include "verifier/doors/verbs/verb.h"
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

static enum stepup_error secret_bury(struct store *store, struct otp_secret *secret)
{
	uint8_t digest[DIGEST_SIZE];
	enum stepup_error error = secret_digest(store, secret, otp_secret_length(secret), digest);

	if (error != STEPUP_OK)
		return error;
	WIPE_ARRAY(secret->bytes);
	memcpy(secret->bytes, digest, DIGEST_SIZE);
	secret->size = DIGEST_SIZE;
	return STEPUP_OK;
}

enum stepup_error credential_bury(struct store *store, struct user_record *record,
	struct credential *credential, int64_t now)
{
	enum stepup_error error =
		credential_is_code(credential) ? secret_bury(store, &credential->otp) : STEPUP_OK;

	if (error != STEPUP_OK)
		return error;
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

/* --- removing one --- */

struct remove_verb {
	struct verb verb;
	char credential[CREDENTIAL_ID_SIZE];
};

/* Whether this credential may go. */
static enum stepup_error may_be_removed(struct verb *verb, const struct user_record *record,
	const struct credential *credential)
{
	if (credential == NULL || credential->state != CREDENTIAL_LIVE) {
		verb->objection = notice_text(NOTICE_NO_SUCH_CREDENTIAL);
		return STEPUP_NOT_FOUND;
	}
	if (!credential_is_code(credential) && verb->authorization.strength < FACTOR_KEY) {
		verb->why = "step-up by a weaker factor";
		return STEPUP_TOO_WEAK;
	}
	if (user_record_live_count(record) < 2) {
		verb->objection = notice_text(NOTICE_LAST_CREDENTIAL);
		verb->why = "the last credential";
		return STEPUP_NOT_ALLOWED;
	}
	return STEPUP_OK;
}

static enum stepup_error remove_from(struct store_session *session, struct remove_verb *removing,
	struct user_record *record)
{
	struct verb *verb = &removing->verb;
	struct credential *credential = user_record_credential(record, removing->credential);
	const struct log_subject subject = {.user = record->name, .user_id = record->user_id};
	enum stepup_error error = may_be_removed(verb, record, credential);

	if (error == STEPUP_OK)
		error = credential_bury(verb->verifier->store, record, credential, verb->now);
	if (error == STEPUP_OK)
		error = verb_log(session, verb,
			log_entry_remove(verb->now, &subject, credential->id, &verb->actor));
	if (error == STEPUP_OK)
		error = requests_void(session, record->user_id, removing->credential,
			REQUEST_CREDENTIAL_GONE, verb->now);
	return error == STEPUP_OK ? store_user_save(session, record) : error;
}

static enum stepup_error remove_work(struct store_session *session, struct verb *verb)
{
	struct user_record *record = NULL;
	enum stepup_error error = store_user_find(session, verb->user, &record);

	if (error == STEPUP_OK && !subject_uid_holds(record, verb->uid)) {
		verb->why = "not the account that enrolled";
		error = STEPUP_NOT_ALLOWED;
	}
	if (error == STEPUP_OK)
		error = remove_from(session, (struct remove_verb *)verb, record);
	user_record_free(&record);
	return error;
}

static void remove_reply(struct verb *verb)
{
	step_ups_end_user(verb->verifier->step_ups, verb->user);
	request_changes_tell(verb->verifier, INT64_MAX);
	call_reply(verb->call, json_pack("{s:I, s:s}", "log", (json_int_t)verb->log,
			"message", notice_text(NOTICE_REMOVED)));
}

static const struct verb_kind remove_kind = {
	.action = "stepup.remove",
	.size = sizeof(struct remove_verb),
	.work = remove_work,
	.reply = remove_reply,
};

static void remove_ready(struct call *call, const struct subject *subject)
{
	const char *credential = message_text(call->parameters, "credential");
	const struct words_facts words = {.user = subject->name, .action = remove_kind.action};
	struct remove_verb *removing;

	if (!subject_allows(call, subject, remove_kind.action)) {
		refuse(call, STEPUP_NOT_ALLOWED, &words);
		return;
	}
	removing = verb_new(call, &remove_kind);
	if (removing == NULL || !verb_user(&removing->verb, subject->name) ||
	    !verb_authorize_by(&removing->verb, subject->name, json_pack("{s:s}", "credential", credential)))
		return;
	removing->verb.uid = subject->uid;
	snprintf(removing->credential, sizeof(removing->credential), "%s", credential);
	verb_submit(&removing->verb);
}

void credentials_remove(struct call *call)
{
	subject_of(call, message_text(call->parameters, "user"), remove_ready);
}
