/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of an enrolment: one code, or what the key made, proves the credential, and only then it is stored,
 * with the invitation taken, the code spent and the log's entry in one transaction.
 */
#include "verifier/doors/enrolment/enrolment_kinds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"
#include "lib/wire/base64url.h"
#include "lib/wire/message.h"
#include "verifier/doors/calls/refusal_log.h"
#include "verifier/doors/standing/first_day.h"
#include "verifier/doors/standing/locks.h"
#include "verifier/host/clock.h"
#include "verifier/rules/limits/guessing.h"
#include "verifier/rules/words/notices.h"
#include "verifier/verifier.h"

/* A name whose account changed: what there is goes on under a name of its own, so that whoever has the name
 * now inherits nothing. */
static enum stepup_error give_way(struct store_session *session, struct finish *finish,
	struct user_record *former)
{
	const struct log_actor verifier = {.by = "stepupd", .grant = -1};
	const struct log_subject subject = {.user = former->name, .user_id = former->user_id};
	char id[BASE64URL_LENGTH(USER_ID_SIZE) + 1], name[USER_NAME_SIZE];
	json_t *entry;
	int64_t index;
	enum stepup_error error;

	base64url_encode(former->user_id, USER_ID_SIZE, id);
	snprintf(name, sizeof(name), "former#%s", id);
	error = store_user_rename(session, former, name);
	if (error != STEPUP_OK)
		return error;
	entry = log_entry_rename(finish->now, &subject, finish->step_up->user, &verifier);
	return entry == NULL ? STEPUP_NO_MEMORY : store_log_append(session, entry, NULL, NULL, &index);
}

/* A key holds the id of the record already. */
static struct user_record *new_record(const struct step_up *step_up)
{
	struct user_record *record = user_record_new(step_up->user, step_up->user_uid);

	if (record != NULL && step_up_enrolment(step_up)->credential.key != NULL)
		memcpy(record->user_id, step_up_enrolment(step_up)->user_id, USER_ID_SIZE);
	return record;
}

/* Whether the person stands under a lock by another name of the same uid. Where somebody is enrolled, a lock
 * is written to their record. */
static enum stepup_error look_at_uid(struct store_session *session, struct finish *finish,
	const struct user_record *found)
{
	const struct step_up *step_up = finish->step_up;

	if (step_up_enrolment(step_up)->uid_was_anothers ||
	    (found != NULL && found->credential_count > 0 && subject_uid_holds(found, step_up->user_uid)))
		return STEPUP_OK;
	return uid_lock_look(session, step_up->user_uid, finish->reference);
}

/* The record to add to: the user's, or a new one. One that never had a credential, made by a lock, takes the
 * account that enrols. */
static enum stepup_error enrolment_finish_find_record(struct store_session *session, struct finish *finish,
	struct user_record **record)
{
	const struct step_up *step_up = finish->step_up;
	struct user_record *found = NULL;
	enum stepup_error error = store_user_find(session, step_up->user, &found);

	*record = NULL;
	finish->has_record = found != NULL;
	if (error != STEPUP_OK && error != STEPUP_NOT_FOUND)
		return error;
	if (found != NULL)
		memcpy(finish->user_id, found->user_id, USER_ID_SIZE);
	error = look_at_uid(session, finish, found);
	if (error != STEPUP_OK) {
		user_record_free(&found);
		return error;
	}
	if (found != NULL && found->lock.locked) {
		memcpy(finish->reference, found->lock.reference, sizeof(finish->reference));
		error = STEPUP_LOCKED;
	} else if (found != NULL && subject_uid_holds(found, step_up->user_uid)) {
		*record = found;
		return STEPUP_OK;
	} else if (found != NULL && user_record_live_count(found) > 0) {
		finish->objection = notice_text(NOTICE_OTHER_ACCOUNT);
		finish->why = "not the account that enrolled";
		error = STEPUP_NOT_ALLOWED;
	} else if (found != NULL && found->credential_count == 0) {
		found->uid = step_up->user_uid;
		*record = found;
		return STEPUP_OK;
	} else {
		error = found == NULL ? STEPUP_OK : give_way(session, finish, found);
		if (error == STEPUP_OK)
			*record = new_record(step_up);
		if (error == STEPUP_OK && *record == NULL)
			error = STEPUP_NO_MEMORY;
	}
	user_record_free(&found);
	return error;
}

/* Takes the invitation, or looks that the one who authorised may still. */
static enum stepup_error take_permission(struct store_session *session, struct finish *finish,
	struct invitation *invitation)
{
	const struct enrolment *enrolment = step_up_enrolment(finish->step_up);
	enum stepup_error error;

	if (!enrolment->invited)
		return authorization_holds(session, &enrolment->authorization, finish->reference);
	error = store_invitation_find(session, enrolment->invitation, invitation);
	if (error == STEPUP_OK &&
	    (strcmp(invitation->user, finish->step_up->user) != 0 ||
		    !invitation_is_live(invitation, finish->now)))
		error = STEPUP_NOT_FOUND;
	if (error == STEPUP_OK)
		error = store_invitation_take(session, enrolment->invitation);
	if (error == STEPUP_NOT_FOUND) {
		finish->objection = notice_text(NOTICE_BAD_INVITATION);
		finish->why = "wrong invitation";
		error = STEPUP_NOT_ALLOWED;
	}
	return error;
}

/* What came by an invitation cools off, but for root's first one. */
static int64_t cooling_seconds(const struct finish *finish, const struct invitation *invitation)
{
	const struct step_up *step_up = finish->step_up;

	return step_up_enrolment(step_up)->invited && !invitation->first &&
		!finish->excused ? step_up->policy->cooling_off_seconds : 0;
}

static enum stepup_error log_enrolment(struct store_session *session, struct finish *finish,
	const struct user_record *record, const struct credential *credential, const struct log_actor *actor)
{
	const struct step_up *step_up = finish->step_up;
	const struct enrolment *enrolment = step_up_enrolment(step_up);
	const struct log_subject subject = {.user = record->name, .user_id = record->user_id};
	struct log_key_enrolment key = {
		.rp_id = step_up->policy->rp_id, .commitment = enrolment->commitment};
	const char *how = enrolment->invited ? "invitation" : "authorization";
	json_t *entry, *details;
	enum stepup_error error;

	if (credential->key != NULL) {
		key.rule = policy_rule(step_up->policy, "stepup.enroll");
		key.context = finish->request->context;
		key.proof = (struct log_key_proof){.via = finish->request->via,
			.user_verified = credential->key->user_verified, .evidence = finish->evidence};
	}
	details = credential->key == NULL ? json_object()
		: log_entry_evidence(enrolment->action, enrolment->prompt);
	if (details == NULL || json_object_set_new(details, "label", json_string(credential->label)) != 0) {
		json_decref(details);
		return STEPUP_NO_MEMORY;
	}
	entry = log_entry_enrol(finish->now, &subject, credential, how, actor,
		credential->key == NULL ? NULL : &key);
	error = entry == NULL ? STEPUP_NO_MEMORY
		: store_log_append(session, entry, details, credential->key == NULL ? NULL : enrolment->salt,
			&finish->log);
	json_decref(details);
	return error;
}

/* Somebody has enrolled with root's own invitation. */
static enum stepup_error first_enrolled(struct store_session *session, const struct user_record *record)
{
	char initialised[8] = "";
	enum stepup_error error = store_fact_get(session, FACT_INITIALISED, initialised, sizeof(initialised));

	if (error == STEPUP_NOT_FOUND)
		error = first_day_begin(session, record->user_id);
	return error == STEPUP_OK ? store_fact_set(session, FACT_INITIALISED, "yes") : error;
}

static enum stepup_error log_excused(struct store_session *session, const struct finish *finish,
	const struct user_record *record, const struct credential *credential)
{
	const struct log_subject subject = {.user = record->name, .user_id = record->user_id};
	json_t *entry = log_entry_alert(finish->now, &subject, FIRST_DAY_ALERT, credential->id);
	int64_t index;

	return entry == NULL ? STEPUP_NO_MEMORY : store_log_append(session, entry, NULL, NULL, &index);
}

static enum stepup_error add_credential(struct store_session *session, struct finish *finish,
	struct user_record *record, const struct invitation *invitation)
{
	const struct enrolment *enrolment = step_up_enrolment(finish->step_up);
	struct log_actor actor = authorization_actor(&enrolment->authorization);
	struct credential *credential;
	enum stepup_error error;

	if (enrolment->invited)
		actor = (struct log_actor){.by = invitation->by, .grant = -1};
	credential = user_record_add_credential(record);
	if (credential == NULL) {
		finish->objection =
			record->credential_count >= CREDENTIALS_MAX
			? notice_text(NOTICE_TOO_MANY_CREDENTIALS) : NULL;
		finish->why = WHY_TOO_MANY;
		return finish->objection == NULL ? STEPUP_NO_MEMORY : STEPUP_NOT_ALLOWED;
	}
	error = credential_copy(credential, &enrolment->credential);
	if (error != STEPUP_OK)
		return error;
	memcpy(finish->credential, credential->id, sizeof(finish->credential));
	if (enrolment->invited && invitation->excused)
		error = first_day_holds(session, NULL, finish->now, &finish->excused);
	if (error != STEPUP_OK)
		return error;
	finish->cooling_seconds = cooling_seconds(finish, invitation);
	credential->state = CREDENTIAL_LIVE;
	credential->created = finish->now;
	credential->last_used = 0;
	credential->strong_from = finish->excused ? CREDENTIAL_EXCUSED(credential)
		: finish->now + finish->cooling_seconds;
	if (credential->key != NULL)
		credential->key->enrolled_log = store_log_next(session);
	error = log_enrolment(session, finish, record, credential, &actor);
	/* so that whoever guesses elsewhere holds up none of these */
	for (size_t i = 0; i < enrolment->source_count; i++)
		guess_succeeded(&record->guesses, enrolment->sources[i], finish->now);
	if (error == STEPUP_OK && enrolment->kind->keep != NULL)
		error = enrolment->kind->keep(session, record, credential);
	if (error == STEPUP_OK)
		error = store_user_save(session, record);
	if (error == STEPUP_OK && enrolment->invited && invitation->first)
		error = first_enrolled(session, record);
	if (error == STEPUP_OK && finish->excused)
		error = log_excused(session, finish, record, credential);
	return error;
}

static enum stepup_error finish_work(struct store_session *session, void *job)
{
	struct finish *finish = job;
	const struct step_up *step_up = finish->step_up;
	struct invitation invitation = {0};
	struct user_record *record = NULL;
	enum stepup_error error = STEPUP_OK;

	finish->objection = NULL;
	finish->why = "enrolment"; /* a lock, or a freeze */
	finish->now = clock_wall_seconds();
	if (atomic_load(&step_up->ended) || clock_boot_ms() >= step_up->expires_boot_ms)
		error = STEPUP_EXPIRED;
	if (error == STEPUP_OK)
		error = enrolment_finish_find_record(session, finish, &record);
	if (error == STEPUP_OK)
		error = freeze_look(session, "stepup.enroll", finish->reference);
	if (error == STEPUP_OK && user_record_live_count(record) >= CREDENTIALS_LIVE_MAX) {
		finish->objection = notice_text(NOTICE_TOO_MANY_CREDENTIALS);
		finish->why = WHY_TOO_MANY;
		error = STEPUP_NOT_ALLOWED;
	}
	if (error == STEPUP_OK)
		error = step_up_enrolment(step_up)->kind->prove(session, finish, record);
	if (error == STEPUP_OK)
		error = take_permission(session, finish, &invitation);
	if (error == STEPUP_OK)
		error = add_credential(session, finish, record, &invitation);
	user_record_free(&record);
	return error;
}

static void finish_free(struct finish *finish)
{
	WIPE_ARRAY(finish->code);
	json_decref(finish->evidence);
	free(finish);
}

static void finish_reply(struct finish *finish)
{
	struct enrolment *enrolment = step_up_enrolment(finish->step_up);
	char *message = enrolment->kind->message(enrolment, finish->cooling_seconds);
	json_t *reply = json_pack("{s:s, s:I, s:s}", "credential", finish->credential,
		"log", (json_int_t)finish->log, "message", message == NULL ? "" : message);

	enrolment->enrolled = json_incref(reply);
	call_reply(finish->call, reply);
	free(message);
}

/* Into the log, whoever permitted it. */
static void enrolment_finish_log_refused(const struct finish *finish, enum stepup_error error)
{
	const struct enrolment *enrolment = step_up_enrolment(finish->step_up);
	const struct log_subject about = {
		.user = finish->step_up->user, .user_id = finish->has_record ? finish->user_id : NULL};

	if (!enrolment->invited)
		authorization_log_refused(finish->call, &enrolment->authorization, error, finish->why);
	else if (refusal_is_for_log(error))
		refusal_log(finish->call, &about, "stepup.enroll", error, finish->why);
}

/* Answers what wasn't enrolled. */
static void finish_refuse(const struct finish *finish, enum stepup_error error)
{
	const struct step_up *step_up = finish->step_up;
	const char *(*bad_answer)(void) = step_up_enrolment(step_up)->kind->bad_answer;
	const struct words_facts words = {
		.user = step_up->user,
		.action = "stepup.enroll",
		.enrols = true,
		.reference = finish->reference[0] == '\0' ? NULL : finish->reference,
		.tries_left = ENROLMENT_ANSWERS_MAX - step_up->answers,
	};
	const struct refusal_facts left = {.tries_left = words.tries_left};

	if (finish->objection != NULL)
		call_refuse(finish->call, error, finish->objection, &left);
	else if (error == STEPUP_BAD_ANSWER && bad_answer != NULL)
		call_refuse(finish->call, error, bad_answer(), &left);
	else
		refuse(finish->call, error, &words);
}

/* A wrong answer leaves the step-up to be answered again, while there are tries left. What was enrolled
 * leaves its reply for two minutes: the one that is on its way may get lost. Anything else ends it. */
static void finish_end(struct finish *finish, enum stepup_error result)
{
	struct step_up *step_up = finish->step_up;
	struct step_ups *all = finish->verifier->step_ups;
	bool again = result == STEPUP_BAD_ANSWER && step_up->answers < ENROLMENT_ANSWERS_MAX &&
		!step_up_is_over(step_up);

	bool told = result == STEPUP_OK && step_up_enrolment(step_up)->enrolled != NULL &&
		!atomic_load(&step_up->ended);

	step_up->state = again ? STEP_UP_ASKED : STEP_UP_SPENT;
	finish_free(finish);
	if (told) {
		credential_wipe(&step_up_enrolment(step_up)->credential);
		step_up->expires_boot_ms = clock_boot_ms() + STEP_UP_TTL_SECONDS * INT64_C(1000);
	} else if (!again)
		step_up_end(all, step_up);
}

static void finish_done(void *job, enum stepup_error result)
{
	struct finish *finish = job;

	if (result == STEPUP_OK) {
		step_ups_end_fresh(finish->verifier->step_ups, finish->step_up->user);
		finish_reply(finish);
	} else {
		enrolment_finish_log_refused(finish, result);
		finish_refuse(finish, result);
	}
	finish_end(finish, result);
}

void enrolment_finish(struct call *call)
{
	struct step_up *step_up = step_up_find(call->verifier->step_ups,
		message_text(call->parameters, "transaction"), call->peer.uid);
	const char *field = NULL;
	struct finish *finish;
	enum stepup_error error;

	if (step_up == NULL || step_up_enrolment(step_up) == NULL) {
		refuse_saying(call, STEPUP_EXPIRED, notice_text(NOTICE_ENROLMENT_OVER));
		return;
	}
	if (step_up_enrolment(step_up)->enrolled != NULL) {
		call_reply(call, json_incref(step_up_enrolment(step_up)->enrolled));
		return;
	}
	if (step_up->state != STEP_UP_ASKED) {
		refuse_saying(call, STEPUP_NOT_ALLOWED, notice_text(NOTICE_ANSWERING));
		return;
	}
	finish = calloc(1, sizeof(*finish));
	if (finish == NULL) {
		refuse(call, STEPUP_UNAVAILABLE, NULL);
		return;
	}
	*finish = (struct finish){.call = call, .verifier = call->verifier, .step_up = step_up};
	step_up->answers++;
	error = step_up_enrolment(step_up)->kind->take(finish, &field);
	if (error == STEPUP_OK) {
		step_up->state = STEP_UP_ANSWERING;
		error = commit_queue_submit(call->verifier->queue, finish_work, finish_done, finish);
	}
	if (error == STEPUP_OK)
		return;
	if (error == STEPUP_INVALID && field != NULL)
		call_invalid(call, field);
	else
		finish_refuse(finish, error);
	finish_end(finish, error == STEPUP_INVALID ? STEPUP_BAD_ANSWER : error);
}
