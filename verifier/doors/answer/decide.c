/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decision on one answer, inside one transaction on the writer's side: who, whether anything stands
 * against it, whether the code or the key is right (decide_code.c, decide_key.c), whether the limits allow
 * it; then the receipt's row, the log's entry and the user's record, all or nothing.
 * MUST: spend what was right even where something else refuses; write the same things for somebody who can't
 * succeed as for a wrong answer.
 */
#include "verifier/doors/answer/decide.h"

#include <stdio.h>
#include <string.h>

#include "verifier/doors/standing/locks.h"

/* Whether a refusal is something decided, not something broken. */
static bool is_decided(enum stepup_error error)
{
	return error == STEPUP_OK || (stepup_error_is_refusal(error) && error != STEPUP_UNAVAILABLE);
}

static enum stepup_error refuse_locked(struct decision *decision)
{
	memcpy(decision->decided->reference, decision->record->lock.reference,
		sizeof(decision->decided->reference));
	decision->why = "locked";
	return STEPUP_LOCKED;
}

static enum stepup_error look_at_standing(struct decision *decision)
{
	const struct step_up *step_up = decision->step_up;
	const struct asked *asked = decision->asked;
	const struct answer_given *given = decision->given;
	struct answer_decided *decided = decision->decided;

	if (atomic_load(&step_up->ended) || clock_boot_ms() >= step_up->expires_boot_ms)
		return STEPUP_EXPIRED;
	if (decision_is_locked(decision) && (!asked->quiet || given->claim))
		return refuse_locked(decision);
	return freeze_look(decision->session, asked->action->name, decided->reference);
}

/* What nobody was told before a right answer. */
static enum stepup_error look_at_withheld(struct decision *decision)
{
	const struct step_up *step_up = decision->step_up;
	const struct asked *asked = decision->asked;

	if (decision_is_locked(decision))
		return refuse_locked(decision);
	decision->why = asked->withheld_why;
	/* then; by another name of the same account, and perhaps no more */
	if (asked->withheld == STEPUP_LOCKED)
		return uid_lock_look(decision->session, step_up->user_uid, decision->decided->reference);
	return asked->withheld;
}

/* The answer was right: what else stands against what the step-up is for. */
static enum stepup_error decide_for_kind(struct decision *decision)
{
	switch (decision->step_up->kind) {
	case STEP_UP_FOR_ACTION:
		return decide_volume(decision);
	case STEP_UP_TO_AGREE:
		return decide_agreement(decision);
	case STEP_UP_TO_DENY:
		return decide_denial(decision);
	case STEP_UP_TO_ENROL: /* has no answer */
		break;
	}
	return STEPUP_INTERNAL;
}

static enum stepup_error decide(struct decision *decision)
{
	const struct answer_given *given = decision->given;
	enum stepup_error error = look_at_standing(decision);
	unsigned method = given->method;

	if (error != STEPUP_OK || given->claim)
		return error == STEPUP_OK ? decide_claim(decision) : error;
	error = method == METHOD_CODE ? decide_code(decision)
		: method == METHOD_FRESH ? decide_fresh(decision) : decide_key(decision);
	if (error == STEPUP_OK)
		error = look_at_withheld(decision);
	if (error != STEPUP_OK)
		return error;
	return decide_for_kind(decision);
}

static enum stepup_error append(struct decision *decision, json_t *entry)
{
	int64_t index;

	return entry == NULL ? STEPUP_NO_MEMORY
		: store_log_append(decision->session, entry, NULL, NULL, &index);
}

/* Of nobody in particular. */
static json_t *clock_alert(const struct decision *decision)
{
	json_t *entry = log_entry_alert(decision->decided->now, NULL, "host-clock", NULL);
	char off[DECISION_SAID_SIZE], why[2 * DECISION_SAID_SIZE];

	notice_clock(decision->off, off, sizeof(off));
	snprintf(why, sizeof(why), "Codes of %zu people are %s", decision->clocks, off);
	if (entry != NULL && json_object_set_new(entry, "why", json_string(why)) != 0) {
		json_decref(entry);
		entry = NULL;
	}
	return entry;
}

/* About the credential, with what is said of it. */
static json_t *credential_alert(const struct decision *decision, const struct log_subject *subject)
{
	json_t *entry = log_entry_alert(
		decision->decided->now, subject, decision->alert, decision->credential->id);

	if (entry == NULL || decision->said[0] == '\0' ||
	    json_object_set_new(entry, "why", json_string(decision->said)) == 0)
		return entry;
	json_decref(entry);
	return NULL;
}

static enum stepup_error write_alerts(struct decision *decision)
{
	const struct log_subject subject = decision_about(decision);
	int64_t now = decision->decided->now;
	enum stepup_error error = STEPUP_OK;

	if (decision->alert != NULL)
		error = append(decision, credential_alert(decision, &subject));
	if (error == STEPUP_OK && decision->suspended)
		error = append(decision, log_entry_alert(now, &subject, "codes-suspended", NULL));
	if (error == STEPUP_OK && decision->clocks > 0)
		error = append(decision, clock_alert(decision));
	return error;
}

static enum stepup_error write_refusal(struct decision *decision)
{
	const struct step_up *step_up = decision->step_up;
	const struct asked *asked = decision->asked;
	const struct answer_given *given = decision->given;
	struct answer_decided *decided = decision->decided;
	const struct log_refusal refusal = {
		.at = decided->now,
		.subject = decision_about(decision),
		.error = decided->outcome,
		.action = asked->action->name,
		.method = given->claim ? NULL : method_name(given->method),
		.caller = step_up->caller,
		.source = asked->source,
		.why = decision->why,
		.limit = decided->over == NULL ? NULL : decided->over->text,
		.commitment = asked->question->commitment,
	};
	enum stepup_error error;

	if (!decision->charged)
		return STEPUP_OK; /* nothing changed; answer.c notes what is worth it */
	if ((given->method & METHODS_OF_KEYS) != 0 && decided->outcome == STEPUP_BAD_ANSWER &&
	    decision->alert == NULL && !given->budgeted)
		return STEPUP_OK; /* a wrong key changes nothing either, and costs whoever sends it nothing */
	error = decision_append(decision, log_entry_refusal(&refusal), false, &decided->log_index);
	if (error == STEPUP_OK)
		error = write_alerts(decision);
	if (error == STEPUP_OK && decision->locks)
		error = decide_limits_lock(decision);
	if (error == STEPUP_OK && decision->record != NULL)
		error = store_user_save(decision->session, decision->record);
	return error;
}

/* What an answer is accepted for, if nothing makes another step of it. */
static enum step first_step(const struct answer_given *given)
{
	if (given->claim)
		return STEP_CLAIM;
	return given->method == METHOD_FRESH ? STEP_COVERED : STEP_GRANT;
}

enum stepup_error answer_decide(struct store_session *session, void *job)
{
	struct answer *answer = job;
	const struct answer_given *given = &answer->given;
	struct answer_decided *decided = &answer->decided;
	struct decision decision = {.session = session, .given = given, .approvers = &answer->approvers,
		.decided = decided, .step_up = given->step_up, .asked = given->asked};
	enum stepup_error error = given->asked->apart ? STEPUP_NOT_FOUND
		: store_user_find(session, given->step_up->user, &decision.record);

	decided->outcome = STEPUP_UNAVAILABLE;
	decided->now = clock_wall_seconds();
	decided->step = first_step(given);
	if (error != STEPUP_OK && error != STEPUP_NOT_FOUND)
		return error;
	error = decide(&decision);
	if (!is_decided(error))
		goto out;
	decided->outcome = error;
	error = error == STEPUP_OK || (error == STEPUP_NEEDS_APPROVAL && decided->step == STEP_REQUEST)
		? write_step(&decision)
		: write_refusal(&decision);
	if (error != STEPUP_OK)
		decided->outcome = STEPUP_UNAVAILABLE;
out:
	json_decref((json_t *)(uintptr_t)decision.proof.evidence);
	user_record_free(&decision.record);
	return error;
}
