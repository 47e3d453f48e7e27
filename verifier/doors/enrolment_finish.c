/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of an enrolment: one code proves the credential, and only then it is stored, with the invitation taken, the code spent and the log's
 * entry in one transaction.
 */
#include "verifier/doors/enrolment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base64url.h"
#include "lib/message.h"
#include "lib/wipe.h"
#include "verifier/host/clock.h"
#include "verifier/doors/locks.h"
#include "verifier/rules/notices.h"
#include "verifier/factors/otp.h"
#include "verifier/doors/subject.h"
#include "verifier/doors/transactions.h"
#include "verifier/verifier.h"

struct finish {
	struct call *call;
	struct verifier *verifier;
	struct transaction *transaction; /* ANSWERING */
	char code[9];
	int64_t now;
	/* decided */
	const char *objection;           /* the sentence, where it is refused for a reason of its own */
	char reference[LOCK_REFERENCE_SIZE];
	char credential[CREDENTIAL_ID_SIZE];
	int64_t log;
};

/* A name whose account changed: what there is goes on under a name of its own, so that whoever has the name now inherits nothing. */
static enum stepup_error give_way(struct store_session *session, struct finish *finish, struct user_record *former)
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
	entry = log_entry_rename(finish->now, &subject, finish->transaction->user, &verifier);
	return entry == NULL ? STEPUP_NO_MEMORY : store_log_append(session, entry, NULL, NULL, &index);
}

/* The record to add to: the user's, or a new one. One that never had a credential, made by a lock, takes the account that enrols. */
static enum stepup_error find_record(struct store_session *session, struct finish *finish, struct user_record **record)
{
	const struct transaction *transaction = finish->transaction;
	struct user_record *found = NULL;
	enum stepup_error error = store_user_find(session, transaction->user, &found);

	*record = NULL;
	if (error != STEPUP_OK && error != STEPUP_NOT_FOUND)
		return error;
	if (found != NULL && found->lock.locked) {
		memcpy(finish->reference, found->lock.reference, sizeof(finish->reference));
		error = STEPUP_LOCKED;
	} else if (found != NULL && subject_uid_holds(found, transaction->user_uid)) {
		*record = found;
		return STEPUP_OK;
	} else if (found != NULL && user_record_live_count(found) > 0) {
		finish->objection = notice_other_account();
		error = STEPUP_NOT_ALLOWED;
	} else if (found != NULL && found->credential_count == 0) {
		found->uid = transaction->user_uid;
		*record = found;
		return STEPUP_OK;
	} else {
		error = found == NULL ? STEPUP_OK : give_way(session, finish, found);
		if (error == STEPUP_OK)
			*record = user_record_new(transaction->user, transaction->user_uid);
		if (error == STEPUP_OK && *record == NULL)
			error = STEPUP_NO_MEMORY;
	}
	user_record_free(&found);
	return error;
}

/* Takes the invitation, or looks that the one who authorised may still. */
static enum stepup_error take_permission(struct store_session *session, struct finish *finish, struct invitation *invitation)
{
	const struct enrolment *enrolment = finish->transaction->enrolment;
	enum stepup_error error;

	if (!enrolment->invited)
		return authorization_holds(session, &enrolment->authorization);
	error = store_invitation_find(session, enrolment->invitation, invitation);
	if (error == STEPUP_OK && (strcmp(invitation->user, finish->transaction->user) != 0 || invitation->expires <= finish->now))
		error = STEPUP_NOT_FOUND;
	if (error == STEPUP_OK)
		error = store_invitation_take(session, enrolment->invitation);
	if (error == STEPUP_NOT_FOUND) {
		finish->objection = notice_bad_invitation();
		error = STEPUP_NOT_ALLOWED;
	}
	return error;
}

/* Holds the code against the credential, which remembers the first half of a resynchronisation for the next try. */
static enum stepup_error prove(struct finish *finish)
{
	struct credential *credential = &finish->transaction->enrolment->credential;
	enum otp_result result = OTP_WRONG;
	enum stepup_error error;

	if (strlen(finish->code) != credential->otp.digits)
		return STEPUP_BAD_ANSWER;
	error = otp_check(credential, finish->code, finish->now, 0, &result);
	if (error != STEPUP_OK)
		return error;
	return result == OTP_ACCEPTED ? STEPUP_OK : STEPUP_BAD_ANSWER;
}

static enum stepup_error add_credential(struct store_session *session, struct finish *finish, struct user_record *record,
	const struct invitation *invitation)
{
	const struct enrolment *enrolment = finish->transaction->enrolment;
	const struct log_subject subject = {.user = record->name, .user_id = record->user_id};
	struct log_actor actor = authorization_actor(&enrolment->authorization);
	struct credential *credential;
	json_t *entry;
	enum stepup_error error;

	if (enrolment->invited)
		actor = (struct log_actor){.by = invitation->by, .grant = -1};
	credential = user_record_add_credential(record);
	if (credential == NULL) {
		finish->objection = record->credential_count >= CREDENTIALS_MAX ? notice_too_many_credentials() : NULL;
		return finish->objection == NULL ? STEPUP_NO_MEMORY : STEPUP_NOT_ALLOWED;
	}
	error = credential_copy(credential, &enrolment->credential);
	if (error != STEPUP_OK)
		return error;
	memcpy(finish->credential, credential->id, sizeof(finish->credential));
	credential->state = CREDENTIAL_LIVE;
	credential->created = finish->now;
	credential->last_used = 0;
	credential->strong_from = enrolment->invited ? finish->now + ENROLMENT_COOLING_SECONDS : finish->now;
	entry = log_entry_enrol(finish->now, &subject, credential, enrolment->invited ? "invitation" : "authorization", &actor);
	error = entry == NULL ? STEPUP_NO_MEMORY : store_log_append(session, entry, NULL, NULL, &finish->log);
	if (error == STEPUP_OK)
		error = store_user_save(session, record);
	if (error == STEPUP_OK && enrolment->invited && strcmp(invitation->by, INVITATION_BY_INIT) == 0)
		error = store_fact_set(session, FACT_INITIALISED, "yes");
	return error;
}

static enum stepup_error finish_checks(struct finish *finish, const struct user_record *record)
{
	bool known;
	enum stepup_error error = credential_is_known(finish->verifier->store, record,
		&finish->transaction->enrolment->credential.otp, &known);

	if (error != STEPUP_OK)
		return error;
	if (known)
		finish->objection = notice_secret_known();
	else if (user_record_live_count(record) >= CREDENTIALS_LIVE_MAX)
		finish->objection = notice_too_many_credentials();
	return finish->objection == NULL ? STEPUP_OK : STEPUP_NOT_ALLOWED;
}

static enum stepup_error finish_work(struct store_session *session, void *job)
{
	struct finish *finish = job;
	const struct transaction *transaction = finish->transaction;
	struct invitation invitation = {0};
	struct user_record *record = NULL;
	enum stepup_error error = STEPUP_OK;

	finish->objection = NULL;
	finish->now = clock_wall_seconds();
	if (atomic_load(&transaction->ended) || clock_boot_ms() >= transaction->expires_boot_ms)
		error = STEPUP_EXPIRED;
	if (error == STEPUP_OK)
		error = freeze_look(session, "stepup.enroll", finish->reference);
	if (error == STEPUP_OK)
		error = find_record(session, finish, &record);
	if (error == STEPUP_OK)
		error = finish_checks(finish, record);
	if (error == STEPUP_OK)
		error = prove(finish);
	if (error == STEPUP_OK)
		error = take_permission(session, finish, &invitation);
	if (error == STEPUP_OK)
		error = add_credential(session, finish, record, &invitation);
	user_record_free(&record);
	return error;
}

static void finish_reply(struct finish *finish)
{
	const struct enrolment *enrolment = finish->transaction->enrolment;
	char *message = notice_enrolled(enrolment->credential.label, enrolment->invited ? ENROLMENT_COOLING_SECONDS : 0);

	call_reply(finish->call, json_pack("{s:s, s:I, s:s}", "credential", finish->credential, "log", (json_int_t)finish->log, "message",
		message == NULL ? "" : message));
	free(message);
}

static void finish_done(void *job, enum stepup_error result)
{
	struct finish *finish = job;
	struct transaction *transaction = finish->transaction;
	struct transactions *all = finish->verifier->transactions;
	const struct words_facts words = {
		.user = transaction->user,
		.action = "stepup.enroll",
		.reference = finish->reference[0] == '\0' ? NULL : finish->reference,
		.tries_left = ENROLMENT_ANSWERS_MAX - transaction->answers,
	};

	if (result == STEPUP_OK)
		finish_reply(finish);
	else if (finish->objection != NULL)
		refuse_saying(finish->call, result, finish->objection);
	else
		refuse(finish->call, result, &words);
	transaction->state = result == STEPUP_BAD_ANSWER && words.tries_left > 0 && !atomic_load(&transaction->ended)
		? TRANSACTION_ASKED
		: TRANSACTION_SPENT;
	if (transaction->state == TRANSACTION_SPENT)
		transaction_end(all, transaction);
	WIPE_ARRAY(finish->code);
	free(finish);
}

/* STEPUP_INVALID for what can't be a code. */
static enum stepup_error finish_submit(struct call *call, struct transaction *transaction)
{
	struct finish *finish = calloc(1, sizeof(*finish));
	enum stepup_error error;

	if (finish == NULL)
		return STEPUP_NO_MEMORY;
	finish->call = call;
	finish->verifier = call->verifier;
	finish->transaction = transaction;
	error = otp_normalise(message_text(call->parameters, "code"), finish->code);
	if (error == STEPUP_OK) {
		transaction->state = TRANSACTION_ANSWERING;
		error = commit_queue_submit(call->verifier->queue, finish_work, finish_done, finish);
	}
	if (error != STEPUP_OK) {
		transaction->state = TRANSACTION_ASKED;
		WIPE_ARRAY(finish->code);
		free(finish);
	}
	return error;
}

void enrolment_finish(struct call *call)
{
	struct transactions *all = call->verifier->transactions;
	struct transaction *transaction = transaction_find(all, message_text(call->parameters, "transaction"), call->peer.uid);
	struct words_facts words = {0};
	enum stepup_error error;

	if (message_text(call->parameters, "code") == NULL) {
		call_invalid(call, "code");
		return;
	}
	if (transaction == NULL || transaction->enrolment == NULL) {
		refuse(call, STEPUP_EXPIRED, NULL);
		return;
	}
	if (transaction->state != TRANSACTION_ASKED) {
		refuse_saying(call, STEPUP_NOT_ALLOWED, notice_answering());
		return;
	}
	transaction->answers++;
	error = finish_submit(call, transaction);
	if (error == STEPUP_OK)
		return;
	words.tries_left = ENROLMENT_ANSWERS_MAX - transaction->answers;
	refuse(call, error == STEPUP_INVALID ? STEPUP_BAD_ANSWER : error, &words);
	if (words.tries_left <= 0)
		transaction_end(all, transaction);
}
