/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all verbs that change something have in common.
 * MUST: do nothing that takes a step-up without one; look inside the transaction that whoever authorised
 * isn't locked, and the verb isn't frozen, by now; answer only after the commit; log what is refused there.
 */
#include "verifier/doors/verbs/verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "lib/base/wipe.h"
#include "lib/wire/message.h"
#include "lib/wire/user_name.h"
#include "verifier/doors/calls/refusal_log.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/host/clock.h"
#include "verifier/state/store/commit_queue.h"
#include "verifier/verifier.h"

void *verb_new(struct call *call, const struct verb_kind *kind)
{
	struct verb *verb = calloc(1, kind->size);

	if (verb == NULL) {
		refuse(call, STEPUP_UNAVAILABLE, NULL);
		return NULL;
	}
	verb->kind = kind;
	verb->call = call;
	verb->verifier = call->verifier;
	verb->uid = -1;
	return verb;
}

void verb_free(struct verb **verb)
{
	void *memory;

	if (verb == NULL || *verb == NULL)
		return;
	if ((*verb)->kind->release != NULL)
		(*verb)->kind->release(*verb);
	memory = *verb;
	wipe_free(&memory, (*verb)->kind->size);
	*verb = NULL;
}

bool verb_authorize(struct verb *verb, json_t *details)
{
	return verb_authorize_by(verb, NULL, details);
}

bool verb_authorize_by(struct verb *verb, const char *user, json_t *details)
{
	if (authorization_spend(verb->call, user, verb->kind->action, details, &verb->authorization)) {
		verb->authorized = true;
		return true;
	}
	verb_free(&verb);
	return false;
}

bool verb_object(struct verb *verb, const char *sentence)
{
	refuse_saying(verb->call, STEPUP_NOT_ALLOWED, sentence);
	verb_free(&verb);
	return false;
}

static bool invalid(struct verb *verb, const char *field)
{
	call_invalid(verb->call, field);
	verb_free(&verb);
	return false;
}

bool verb_user(struct verb *verb, const char *user)
{
	if (*user == '\0' || snprintf(verb->user, sizeof(verb->user), "%s", user) >= (int)sizeof(verb->user))
		return invalid(verb, "user");
	return true;
}

static void verb_subject_is(void *context, enum stepup_error result, const struct subject *subject)
{
	struct verb *verb = context;

	if (result != STEPUP_OK) {
		refuse(verb->call, result, NULL);
		verb_free(&verb);
		return;
	}
	if (!verb_user(verb, subject->name))
		return;
	verb->uid = subject->uid;
	verb->silent = subject->silent;
	if (verb->kind->named != NULL)
		verb->kind->named(verb, subject);
	else
		verb_submit(verb);
}

void verb_about(struct verb *verb, enum subject_wait wait, json_t *details)
{
	const char *user = message_text(verb->call->parameters, "user");

	if (!user_name_is_possible(user)) {
		json_decref(details);
		(void)verb_object(verb, notice_text(NOTICE_IMPOSSIBLE_NAME));
		return;
	}
	if (verb->kind->action == NULL)
		json_decref(details);
	else if (!verb_authorize(verb, details))
		return;
	subject_find(verb->call, user, wait, verb_subject_is, verb);
}

bool verb_reason(struct verb *verb, const char **reason)
{
	const char *given = message_text(verb->call->parameters, "reason");
	char *safe;
	bool good;

	*reason = given == NULL ? "" : given;
	if (given == NULL)
		return true;
	safe = display_text(*reason, strlen(*reason));
	good = safe != NULL && strcmp(safe, *reason) == 0 && strlen(*reason) < LOCK_REASON_SIZE;
	free(safe);
	return good || invalid(verb, "reason");
}

static enum stepup_error verb_work(struct store_session *session, void *context)
{
	struct verb *verb = context;
	const struct verb_kind *kind = verb->kind;
	enum stepup_error error = STEPUP_OK;

	if (kind->action != NULL && !verb->authorized)
		return STEPUP_INTERNAL;
	verb->now = clock_wall_seconds();
	verb->objection = verb->why = NULL;
	verb->actor = verb->authorized ? authorization_actor(&verb->authorization)
		: (struct log_actor){.by = verb->by, .grant = -1};
	if (verb->authorized && !kind->is_carried_out)
		error = authorization_holds(session, &verb->authorization, verb->reference);
	return error == STEPUP_OK ? kind->work(session, verb) : error;
}

static void verb_log_refused(const struct verb *verb, enum stepup_error error)
{
	static const uint8_t nobody[USER_ID_SIZE];
	const struct log_subject by = {.user = verb->by,
		.user_id = memcmp(verb->by_id, nobody, USER_ID_SIZE) == 0 ? NULL : verb->by_id};

	if (verb->authorized)
		authorization_log_refused(verb->call, &verb->authorization, error, verb->why);
	else if (refusal_is_for_log(error))
		refusal_log(verb->call, &by, verb->kind->action, error, verb->why);
}

static void verb_refuse(const struct verb *verb, enum stepup_error error)
{
	const struct words_facts words = {
		.user = verb->user[0] == '\0' ? NULL : verb->user,
		.action = verb->kind->action,
		.reference = verb->reference[0] == '\0' ? NULL : verb->reference,
	};

	verb_log_refused(verb, error);
	if (verb->objection != NULL)
		refuse_saying(verb->call, STEPUP_NOT_ALLOWED, verb->objection);
	else
		refuse(verb->call, error, &words);
}

static void verb_done(void *context, enum stepup_error result)
{
	struct verb *verb = context;

	if (result == STEPUP_OK)
		verb->kind->reply(verb);
	else
		verb_refuse(verb, result);
	verb_free(&verb);
}

void verb_submit(struct verb *verb)
{
	if (commit_queue_submit(verb->verifier->queue, verb_work, verb_done, verb) == STEPUP_OK)
		return;
	refuse(verb->call, STEPUP_UNAVAILABLE, NULL);
	verb_free(&verb);
}

enum stepup_error verb_log(struct store_session *session, struct verb *verb, json_t *entry)
{
	return entry == NULL ? STEPUP_NO_MEMORY : store_log_append(session, entry, NULL, NULL, &verb->log);
}

void verb_reply_log(struct verb *verb, char *message)
{
	call_reply(verb->call, json_pack("{s:I, s:s}", "log", (json_int_t)verb->log, "message", message));
	free(message);
}

void verb_reply_reference(struct verb *verb, char *message)
{
	call_reply(verb->call, json_pack("{s:s, s:s}", "reference", verb->reference, "message", message));
	free(message);
}
