/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refusals into the log, within a budget.
 */
#include "verifier/doors/calls/refusal_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/message.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/evidence/alerts/event.h"
#include "verifier/host/clock.h"
#include "verifier/state/records/approval_request.h"
#include "verifier/verifier.h"

struct note {
	struct verifier *verifier;
	/* What it took, to be given back where it isn't written. */
	uint32_t key;
	bool took_budget, took_first;
	int64_t taken_boot_ms;
	/* What the entry says. */
	int64_t at;
	char user[USER_NAME_SIZE];
	uint8_t user_id[USER_ID_SIZE];
	bool has_user_id;
	char action[ACTION_NAME_SIZE];
	char caller[PEER_NAME_SIZE];
	char limit[REQUEST_WHY_SIZE];  /* "" for none */
	int64_t grant;
	json_t *beside;                /* from where and what for; NULL for nothing; owned */
	enum stepup_error error;
	const char *why;
	bool meddles;                  /* an ordinary uid's, about somebody else */
};

uint32_t refusal_key(uid_t uid, const struct log_subject *subject)
{
	uint32_t user = 0;

	if (subject != NULL && subject->user_id != NULL)
		memcpy(&user, subject->user_id, sizeof(user)); /* they are random */
	return uid + user;
}

bool refusal_is_for_log(enum stepup_error error)
{
	return error == STEPUP_LOCKED || error == STEPUP_FROZEN || error == STEPUP_NOT_ALLOWED ||
		error == STEPUP_TOO_WEAK;
}

static enum stepup_error note_work(struct store_session *session, void *job)
{
	const struct note *note = job;
	const struct log_refusal refusal = {
		.at = note->at,
		.subject = {.user = note->user, .user_id = note->has_user_id ? note->user_id : NULL},
		.error = note->error,
		.action = note->action[0] == '\0' ? NULL : note->action,
		.caller = note->caller,
		.why = note->why,
		.limit = note->limit[0] == '\0' ? NULL : note->limit,
		.grant = note->grant,
	};
	json_t *entry = log_entry_refusal(&refusal);
	int64_t index;

	return entry == NULL ? STEPUP_NO_MEMORY
		: store_log_append(session, entry, note->beside, NULL, &index);
}

static void note_free(struct note *note)
{
	json_decref(note->beside);
	free(note);
}

/* Within the budget; takes from it. */
static bool refusal_log_take(struct note *note)
{
	struct refusal_budget *budget = &note->verifier->refusals;

	note->taken_boot_ms = clock_boot_ms();
	note->took_first = note->has_user_id && !note->meddles &&
		refusal_first_take(budget, note->user_id, note->error, note->taken_boot_ms);
	note->took_budget = refusal_budget_take(budget, note->key, note->taken_boot_ms);
	return note->took_budget || note->took_first;
}

static void give_back(const struct note *note)
{
	struct refusal_budget *budget = &note->verifier->refusals;

	if (note->took_budget)
		refusal_budget_give(budget, note->key);
	if (note->took_first)
		refusal_first_give(budget, note->user_id, note->error, note->taken_boot_ms);
}

/* Nothing was granted, and nobody waits for it. */
static void note_done(void *job, enum stepup_error result)
{
	struct note *note = job;

	if (result != STEPUP_OK)
		give_back(note);
	note_free(note);
}

/* An address and details stand where they can be erased. NULL where there is neither, or no memory: the
 * refusal is logged all the same. */
static json_t *note_beside(const struct action *action, const char *prompt, const char *rhost)
{
	json_t *beside = action == NULL ? json_object() : log_entry_evidence(action, prompt);

	if (beside != NULL && rhost != NULL &&
	    json_object_set_new(beside, "rhost", json_string(rhost)) != 0) {
		json_decref(beside);
		beside = NULL;
	}
	if (json_object_size(beside) > 0)
		return beside;
	json_decref(beside);
	return NULL;
}

/* Takes note->beside over. */
static void refusal_log_submit(struct verifier *verifier, uid_t uid, const struct note *note,
	const struct log_subject *subject)
{
	struct note *copy = malloc(sizeof(*copy));

	if (copy == NULL) {
		json_decref(note->beside);
		return;
	}
	*copy = *note;
	copy->verifier = verifier;
	copy->key = refusal_key(uid, note->meddles ? NULL : subject);
	copy->at = clock_wall_seconds();
	snprintf(copy->user, sizeof(copy->user), "%s", subject->user == NULL ? "" : subject->user);
	copy->has_user_id = subject->user_id != NULL;
	if (copy->has_user_id)
		memcpy(copy->user_id, subject->user_id, USER_ID_SIZE);
	if (!refusal_log_take(copy)) {
		note_free(copy);
	} else if (commit_queue_submit(verifier->queue, note_work, note_done, copy) != STEPUP_OK) {
		give_back(copy);
		note_free(copy);
	}
}

/* Whether an ordinary uid names somebody else than itself. */
static bool meddles(const struct call *call, const struct log_subject *subject)
{
	const struct policy *policy = call->verifier->policy;

	if (call->peer.uid == 0 ||
	    (call->peer.account != NULL && subject->user != NULL &&
		    strcmp(call->peer.account, subject->user) == 0))
		return false;
	for (size_t i = 0; i < policy->caller_count; i++)
		if (peer_is_caller(policy, &call->peer, &policy->callers[i]))
			return false;
	return true;
}

void refusal_log_action(const struct call *call, const struct log_subject *subject,
	const struct refused_action *refused, enum stepup_error error, const char *why)
{
	struct note note = {
		.error = error,
		.why = why,
		.grant = refused->grant,
		.meddles = meddles(call, subject),
		.beside = note_beside(refused->action, NULL, message_text(call->parameters, "rhost")),
	};

	snprintf(note.action, sizeof(note.action), "%s", refused->name == NULL ? "" : refused->name);
	snprintf(note.limit, sizeof(note.limit), "%s", refused->limit == NULL ? "" : refused->limit);
	peer_name(call, note.caller);
	refusal_log_submit(call->verifier, call->peer.uid, &note, subject);
}

void refusal_log(const struct call *call, const struct log_subject *subject, const char *action,
	enum stepup_error error, const char *why)
{
	refusal_log_action(call, subject, &(struct refused_action){.name = action}, error, why);
}

void refusal_log_begun(struct verifier *verifier, const struct log_subject *subject,
	const struct refused_step_up *refused, enum stepup_error error, const char *why)
{
	struct note note = {.error = error, .why = why,
		.beside = note_beside(refused->action, refused->prompt, refused->rhost)};

	snprintf(note.action, sizeof(note.action), "%s", refused->action->name);
	snprintf(note.caller, sizeof(note.caller), "%s", refused->caller);
	refusal_log_submit(verifier, refused->uid, &note, subject);
}
