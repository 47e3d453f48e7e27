/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The beginning of an enrolment: what is asked for, whether it may be, and the secret that the
 * person takes along.
 */
#include "verifier/doors/enrolment/enrolment_kinds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/display_text.h"
#include "lib/base/json_wipe.h"
#include "lib/base/wipe.h"
#include "lib/wire/message.h"
#include "verifier/doors/calls/refusal_log.h"
#include "verifier/doors/calls/sitting.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/factors/otp.h"
#include "verifier/host/clock.h"
#include "verifier/rules/words/notices.h"
#include "verifier/verifier.h"

void enrolment_free(struct enrolment **enrolment)
{
	if (enrolment == NULL || *enrolment == NULL)
		return;
	credential_wipe(&(*enrolment)->credential);
	action_free(&(*enrolment)->action);
	free((*enrolment)->prompt);
	json_decref((*enrolment)->enrolled);
	for (size_t i = 0; i < ENROLMENT_WAYS; i++)
		key_request_clear(&(*enrolment)->requests[i]);
	WIPE_OBJECT(*enrolment);
	free(*enrolment);
	*enrolment = NULL;
}

/* --- whether it may be --- */

static void log_refused(struct call *call, const struct subject *subject, enum stepup_error error,
	const char *why)
{
	const struct log_subject about = subject_for_log(subject);

	refusal_log(call, &about, "stepup.enroll", error, why);
}

/* Whose tries a wrong invitation costs: the caller's, for this user, from this place. Nobody else's
 * enrolment waits for them. */
static enum stepup_error tries_key(const struct call *call, const struct subject *subject, uint32_t *key)
{
	struct {
		uint8_t place[DIGEST_SIZE];
		char user[USER_NAME_SIZE];
	} whose;
	uint8_t digest[DIGEST_SIZE];
	enum stepup_error error;

	memset(&whose, 0, sizeof(whose));
	(void)snprintf(whose.user, sizeof(whose.user), "%s", subject->name);
	error = sitting_place(call, subject->own, whose.place);
	if (error == STEPUP_OK)
		error = store_keyed_digest(call->verifier->store, DIGEST_INVITATION_TRIES, &whose,
			sizeof(whose), digest);
	if (error == STEPUP_OK)
		memcpy(key, digest, sizeof(*key));
	*key += call->peer.uid;
	return error;
}

/* A wrong invitation costs a try; whoever has none left is refused before anything is compared. Here nothing
 * is taken: that happens where the credential is stored. */
static bool check_invitation(struct call *call, const struct subject *subject, struct enrolment *enrolment)
{
	struct refusal_budget *budget = &call->verifier->invitation_tries;
	const struct words_facts later = {
		.user = subject->name, .retry_after_seconds = REFUSAL_EVERY_MS / 1000};
	struct invitation invitation = {0};
	int64_t now = clock_boot_ms();
	uint32_t key = 0;
	enum stepup_error error = tries_key(call, subject, &key);

	if (error != STEPUP_OK) {
		refuse(call, error, NULL);
		return false;
	}
	if (!refusal_budget_has(budget, key, now)) {
		refuse(call, STEPUP_THROTTLED, &later);
		return false;
	}
	error = invitation_digest(message_text(call->parameters, "invitation"), enrolment->invitation);
	if (error == STEPUP_OK)
		error = store_invitation_find(call->verifier->reader, enrolment->invitation, &invitation);
	if (error != STEPUP_OK && error != STEPUP_NOT_FOUND && error != STEPUP_INVALID) {
		refuse(call, error, NULL);
		return false;
	}
	if (error != STEPUP_OK || strcmp(invitation.user, subject->name) != 0 ||
	    !invitation_is_live(&invitation, clock_wall_seconds())) {
		(void)refusal_budget_take(budget, key, now);
		log_refused(call, subject, STEPUP_NOT_ALLOWED, "wrong invitation");
		refuse_saying(call, STEPUP_NOT_ALLOWED, notice_text(NOTICE_BAD_INVITATION));
		return false;
	}
	enrolment->invited = true;
	return true;
}

static bool check_permission(struct call *call, const struct subject *subject, struct enrolment *enrolment)
{
	const char *invitation = message_text(call->parameters, "invitation");
	const char *authorization = message_text(call->parameters, "authorization");

	if (invitation == NULL && authorization == NULL) {
		log_refused(call, subject, STEPUP_NOT_ALLOWED, "no invitation and no step-up");
		refuse_saying(call, STEPUP_NOT_ALLOWED, notice_text(NOTICE_ENROLMENT_NEEDS));
		return false;
	}
	if (invitation != NULL && authorization != NULL) {
		call_invalid(call, "authorization");
		return false;
	}
	if (invitation != NULL)
		return check_invitation(call, subject, enrolment);
	return authorization_spend(call, subject->name, "stepup.enroll",
		json_pack("{s:s}", "type", message_text(call->parameters, "type")),
		&enrolment->authorization) &&
		authorization_suffices(call, &enrolment->authorization, "stepup.enroll",
			enrolment->kind->strength);
}

/* What stands against it whoever permits it; answers the call where something does. */
static bool check_subject(struct call *call, const struct subject *subject)
{
	const struct words_facts words = {.user = subject->name, .action = "stepup.enroll",
		.reference = subject->lock.locked ? subject->lock.reference : NULL};

	if (!subject_allows(call, subject, "stepup.enroll") || strlen(subject->name) >= USER_NAME_SIZE) {
		log_refused(call, subject, STEPUP_NOT_ALLOWED, "caller may not act for this user");
		refuse(call, STEPUP_NOT_ALLOWED, &words);
		return false;
	}
	if (subject->lock.locked) {
		log_refused(call, subject, STEPUP_LOCKED, "enrolment");
		refuse(call, STEPUP_LOCKED, &words);
		return false;
	}
	if (subject->former != NULL && user_record_live_count(subject->former) > 0) {
		log_refused(call, subject, STEPUP_NOT_ALLOWED, "not the account that enrolled");
		refuse_saying(call, STEPUP_NOT_ALLOWED, subject_former_notice(subject));
		return false;
	}
	return true;
}

/* --- what is asked for --- */

static const struct enrolment_kind *kind_of_type(enum credential_type type)
{
	switch (type) {
	case CREDENTIAL_TOTP:
	case CREDENTIAL_HOTP:
		return &enrolment_codes;
	case CREDENTIAL_KEY:
	case CREDENTIAL_AGENT:
		return &enrolment_keys;
	}
	return NULL;
}

static const struct enrolment_kind *enrolment_kind_of(const char *type, enum credential_type *found)
{
	for (int each = CREDENTIAL_TOTP; each <= CREDENTIAL_AGENT; each++) {
		*found = (enum credential_type)each;
		if (strcmp(type, credential_type_name(*found)) == 0)
			return kind_of_type(*found);
	}
	return NULL;
}

/* What the person calls it; left empty where they don't say. */
static bool read_label(const json_t *parameters, struct credential *credential)
{
	const char *label = message_text(parameters, "label");
	char *safe;
	bool good;

	if (label == NULL || *label == '\0')
		return true;
	safe = display_text(label, strlen(label));
	good = safe != NULL && strcmp(safe, label) == 0 && strlen(label) < sizeof(credential->label);
	if (good)
		strcpy(credential->label, label);
	free(safe);
	return good;
}

/* NULL, or the name of the parameter that is wrong. */
static const char *read_credential(const json_t *parameters, struct enrolment *enrolment)
{
	enrolment->kind = enrolment_kind_of(message_text(parameters, "type"), &enrolment->credential.type);
	if (enrolment->kind == NULL)
		return "type";
	if (!read_label(parameters, &enrolment->credential))
		return "label";
	return enrolment->kind->read(parameters, enrolment);
}

static enum stepup_error enrolment_step_up(struct call *call, const struct subject *subject,
	struct enrolment **enrolment, struct step_up **step_up)
{
	struct step_up_seat seat = {
		.kind = STEP_UP_TO_ENROL,
		.uid = call->peer.uid,
		.pool = subject->own || call->peer.uid == 0 ? POOL_SMALL : POOL_CALLER,
		.user = subject->name,
	};
	enum stepup_error error = sitting_place(call, subject->own, seat.place);
	char caller[PEER_NAME_SIZE];

	if (error == STEPUP_OK)
		error = sitting_sources(call, subject->own, (*enrolment)->sources,
			&(*enrolment)->source_count);
	if (error == STEPUP_OK)
		error = step_up_new(call->verifier->step_ups, &seat, step_up);
	if (error != STEPUP_OK)
		return error;
	error = step_up_enrols(*step_up, *enrolment, enrolment_free);
	if (error != STEPUP_OK)
		goto end;
	*enrolment = NULL;
	peer_name(call, caller);
	(*step_up)->policy = policy_reference(call->verifier->policy);
	(*step_up)->own = subject->own;
	(*step_up)->user_uid = subject->uid;
	(*step_up)->expires_boot_ms = clock_boot_ms() + ENROLMENT_TTL_SECONDS * INT64_C(1000);
	(*step_up)->caller = strdup(caller);
	if ((*step_up)->caller != NULL)
		return STEPUP_OK;
	error = STEPUP_NO_MEMORY;
end:
	step_up_end(call->verifier->step_ups, *step_up);
	*step_up = NULL;
	return error;
}

static void enrolment_ready(struct call *call, const struct subject *subject)
{
	struct enrolment *enrolment = calloc(1, sizeof(*enrolment));
	struct step_up *step_up = NULL;
	const char *wrong;
	enum stepup_error error;

	if (enrolment == NULL) {
		refuse(call, STEPUP_UNAVAILABLE, NULL);
		return;
	}
	enrolment->uid = subject->uid;
	enrolment->uid_was_anothers = subject->uid_was_anothers;
	if (!check_subject(call, subject))
		goto out;
	wrong = read_credential(call->parameters, enrolment);
	if (wrong != NULL) {
		call_invalid(call, wrong);
		goto out;
	}
	if (!enrolment->kind->check(call, subject, enrolment))
		goto out;
	if (subject->record != NULL && user_record_live_count(subject->record) >= CREDENTIALS_LIVE_MAX) {
		log_refused(call, subject, STEPUP_NOT_ALLOWED, WHY_TOO_MANY);
		refuse_saying(call, STEPUP_NOT_ALLOWED, notice_text(NOTICE_TOO_MANY_CREDENTIALS));
		goto out;
	}
	if (!check_permission(call, subject, enrolment))
		goto out;
	error = enrolment_step_up(call, subject, &enrolment, &step_up);
	if (error == STEPUP_OK)
		call_reply(call, step_up_enrolment(step_up)->kind->reply(subject, step_up));
	else
		refuse(call, error, NULL);
out:
	enrolment_free(&enrolment);
}

void enrolment_begin(struct call *call)
{
	subject_of(call, message_text(call->parameters, "user"), enrolment_ready);
}
