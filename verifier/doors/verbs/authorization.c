/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spending a granted step-up for a verb.
 */
#include "verifier/doors/verbs/authorization.h"

#include <stdio.h>
#include <string.h>

#include "lib/wire/message.h"
#include "verifier/doors/calls/refusal_log.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/doors/standing/locks.h"
#include "verifier/host/clock.h"
#include "verifier/rules/words/notices.h"
#include "verifier/verifier.h"

/* Whether the step-up was granted for this verb with these details. */
static bool authorization_is_for(const struct step_up *step_up, const char *action,
	const json_t *details)
{
	const struct asked *asked = step_up_asked(step_up);
	json_t *approved;
	bool same;

	if (asked == NULL || strcmp(asked->action->name, action) != 0)
		return false;
	approved = action_details_to_json(asked->action);
	same = approved != NULL && details != NULL && json_equal(approved, details) == 1;
	json_decref(approved);
	return same;
}

/* Why a step-up doesn't serve; NULL where it does. */
static const char *objection(const struct step_up *step_up, const char *user, const char *action,
	const json_t *details)
{
	if (step_up == NULL)
		return "no such step-up, or an old one";
	if (step_up_grant(step_up) == NULL)
		return "step-up not granted, or spent";
	if (user == NULL ? !step_up->own : strcmp(step_up->user, user) != 0)
		return "step-up of another user";
	if (!authorization_is_for(step_up, action, details))
		return "step-up for something else";
	return NULL;
}

/* By who is enrolled under the name, if anybody is: then the alert names them. */
static void log_refused(const struct call *call, const char *user, const char *action, const char *why)
{
	struct user_record *record = NULL;
	bool enrolled = store_user_find(call->verifier->reader, user, &record) == STEPUP_OK;
	const struct log_subject about = {.user = user, .user_id = enrolled ? record->user_id : NULL};

	refusal_log(call, &about, action, STEPUP_NOT_ALLOWED, why);
	user_record_free(&record);
}

static struct step_up *authorization_find(struct call *call, const char *user, const char *action,
	const json_t *details, struct authorization *authorization)
{
	struct step_up *step_up = step_up_find(call->verifier->step_ups,
		message_text(call->parameters, "authorization"), call->peer.uid);
	const char *why = objection(step_up, user, action, details);
	const struct grant *grant;
	char caller[PEER_NAME_SIZE];

	if (why != NULL) {
		peer_name(call, caller);
		log_refused(call, user == NULL ? caller : user, action, why);
		refuse_saying(call, STEPUP_NOT_ALLOWED, notice_text(NOTICE_BAD_AUTHORIZATION));
		return NULL;
	}
	memset(authorization, 0, sizeof(*authorization));
	authorization->action = action;
	snprintf(authorization->by, sizeof(authorization->by), "%s", step_up->user);
	memcpy(authorization->user_id, step_up->user_id, USER_ID_SIZE);
	grant = step_up_grant(step_up);
	authorization->strength = grant->strength;
	authorization->grant = grant->log_index;
	authorization->version = grant->version;
	memcpy(authorization->credential, grant->credential, CREDENTIAL_ID_SIZE);
	return step_up;
}

bool authorization_spend(struct call *call, const char *user, const char *action, json_t *details,
	struct authorization *authorization)
{
	struct step_up *step_up = authorization_find(call, user, action, details, authorization);

	json_decref(details);
	if (step_up == NULL)
		return false;
	step_up->state = STEP_UP_SPENT;
	step_up_end(call->verifier->step_ups, step_up);
	return true;
}

bool authorization_suffices(struct call *call, const struct authorization *authorization, const char *action,
	enum factor_strength strength)
{
	const struct log_subject about = {.user = authorization->by, .user_id = authorization->user_id};
	const struct words_facts words = {.user = authorization->by, .action = action};

	if (authorization->strength >= strength)
		return true;
	refusal_log(call, &about, action, STEPUP_TOO_WEAK, "step-up by a weaker factor");
	refuse(call, STEPUP_TOO_WEAK, &words);
	return false;
}

bool authorization_read(struct call *call, const char *action, struct authorization *authorization)
{
	json_t *nothing = json_object();
	struct step_up *step_up = authorization_find(call, NULL, action, nothing, authorization);
	struct grant *grant;

	json_decref(nothing);
	if (step_up == NULL)
		return false;
	grant = step_up_grant(step_up);
	if (!grant->reading)
		step_up->expires_boot_ms = clock_boot_ms() + AUTHORIZATION_PAGES_SECONDS * INT64_C(1000);
	grant->reading = true;
	return true;
}

/* Whether the one who was granted it still is who was granted it. */
static enum stepup_error look_at_record(struct user_record *record, const struct authorization *authorization,
	char reference[LOCK_REFERENCE_SIZE])
{
	const struct credential *credential = user_record_credential(record, authorization->credential);
	bool live = credential != NULL && credential->state == CREDENTIAL_LIVE;

	if (memcmp(record->user_id, authorization->user_id, USER_ID_SIZE) != 0)
		return STEPUP_NOT_ALLOWED;
	if (record->lock.locked) {
		memcpy(reference, record->lock.reference, LOCK_REFERENCE_SIZE);
		return STEPUP_LOCKED;
	}
	return live && authorization->version >= record->receipts_from ? STEPUP_OK : STEPUP_NOT_ALLOWED;
}

enum stepup_error authorization_holds(struct store_session *session,
	const struct authorization *authorization, char reference[LOCK_REFERENCE_SIZE])
{
	struct user_record *record = NULL;
	enum stepup_error error = store_user_find(session, authorization->by, &record);
	bool frozen = false;

	*reference = '\0';
	if (error == STEPUP_OK)
		error = look_at_record(record, authorization, reference);
	else if (error == STEPUP_NOT_FOUND)
		error = STEPUP_NOT_ALLOWED;
	user_record_free(&record);
	if (error == STEPUP_OK)
		error = freeze_look(session, authorization->action, reference);
	if (error == STEPUP_OK)
		error = freeze_look_since(session, authorization->action, authorization->grant, &frozen);
	return frozen ? STEPUP_NOT_ALLOWED : error;
}

void authorization_log_refused(const struct call *call, const struct authorization *authorization,
	enum stepup_error error, const char *why)
{
	const struct log_subject about = {.user = authorization->by, .user_id = authorization->user_id};
	const struct refused_action refused = {.name = authorization->action, .grant = authorization->grant};

	if (refusal_is_for_log(error))
		refusal_log_action(call, &about, &refused, error, why == NULL ? "after its step-up" : why);
}

struct log_actor authorization_actor(const struct authorization *authorization)
{
	return (struct log_actor){.by = authorization->by, .grant = authorization->grant};
}
