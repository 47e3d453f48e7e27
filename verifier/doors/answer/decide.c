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

#include <openssl/rand.h>

#include "lib/wire/base64url.h"
#include "verifier/doors/standing/locks.h"

enum stepup_error decide_refuse(struct decision *decision, enum stepup_error error,
	const char *why, const char *sentence)
{
	decision->why = why;
	decision->decided->sentence = sentence;
	return error;
}

/* Whether a refusal is something decided, not something broken. */
static bool is_decided(enum stepup_error error)
{
	return error == STEPUP_OK || (stepup_error_is_refusal(error) && error != STEPUP_UNAVAILABLE);
}

static bool is_locked(const struct decision *decision)
{
	return decision->record != NULL && decision->record->lock.locked;
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
	if (is_locked(decision) && (!asked->quiet || given->claim))
		return refuse_locked(decision);
	return freeze_look(decision->session, asked->action->name, decided->reference);
}

/* What nobody was told before a right answer. */
static enum stepup_error look_at_withheld(struct decision *decision)
{
	const struct step_up *step_up = decision->step_up;
	const struct asked *asked = decision->asked;

	if (is_locked(decision))
		return refuse_locked(decision);
	decision->why = asked->withheld_why;
	/* then; by another name of the same account, and perhaps no more */
	if (asked->withheld == STEPUP_LOCKED)
		return uid_lock_look(decision->session, step_up->user_uid, decision->decided->reference);
	return asked->withheld;
}

const char *hopeless_because(const struct decision *decision)
{
	const struct user_record *record = decision->record;
	const struct step_up *step_up = decision->step_up;
	const struct asked *asked = decision->asked;

	if (asked->apart)
		return asked->withheld_why;
	if (record == NULL)
		return "no such user";
	if (record->uid != step_up->user_uid ||
	    memcmp(record->user_id, step_up->user_id, USER_ID_SIZE) != 0)
		return "not the account that enrolled";
	if (user_record_live_count(record) == 0)
		return "not enrolled";
	return asked->hopeless ? "no factor for it" : NULL;
}

const char *withheld_because(const struct decision *decision)
{
	return is_locked(decision) ? "locked" : decision->asked->withheld_why;
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

static struct log_subject about(const struct decision *decision)
{
	return (struct log_subject){
		.user = decision->step_up->user,
		.user_id = decision->record == NULL ? NULL : decision->record->user_id,
	};
}

/* A text beside the entry, where there is one. */
static bool note_text(json_t *evidence, const char *name, const char *text)
{
	return text == NULL || json_object_set_new(evidence, name, json_string(text)) == 0;
}

/* Appends an entry that commits to the action, with what it commits to in the erasable table.
 * Takes the entry over. */
static enum stepup_error append_with_evidence(struct decision *decision, json_t *entry, int64_t *index)
{
	const struct step_up *step_up = decision->step_up;
	const struct asked *asked = decision->asked;
	json_t *evidence = entry == NULL ? NULL
		: log_entry_evidence(asked->action, asked->prompt);
	enum stepup_error error = STEPUP_NO_MEMORY;

	/* Where it came from is a person's address; a reason, and what a credential is called, are a person's
	 * words: they stand where they can be erased. */
	if (evidence != NULL &&
	    (!note_text(evidence, "rhost", asked->rhost) ||
		    !note_text(evidence, "label",
			    decision->credential == NULL ? NULL : decision->credential->label) ||
		    (decision->step == LOG_REQUEST &&
			    !note_text(evidence, "reason", step_up_second_person(step_up)->reason)))) {
		json_decref(evidence);
		evidence = NULL;
	}
	if (evidence != NULL)
		error = store_log_append(decision->session, entry, evidence,
			asked->question->salt, index);
	else
		json_decref(entry);
	json_decref(evidence);
	return error;
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

	if (entry == NULL || decision->said[0] == '\0' || note_text(entry, "why", decision->said))
		return entry;
	json_decref(entry);
	return NULL;
}

static enum stepup_error write_alerts(struct decision *decision)
{
	const struct log_subject subject = about(decision);
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
		.subject = about(decision),
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
	error = append_with_evidence(decision, log_entry_refusal(&refusal), &decided->log_index);
	if (error == STEPUP_OK)
		error = write_alerts(decision);
	if (error == STEPUP_OK && decision->locks)
		error = decide_limits_lock(decision);
	if (error == STEPUP_OK && decision->record != NULL)
		error = store_user_save(decision->session, decision->record);
	return error;
}

/* How the person proved to be the one: now, or when what covers this step-up was granted. */
static void note_proof(struct decision *decision)
{
	const struct answer_given *given = decision->given;
	struct answer_decided *decided = decision->decided;

	if (given->method == METHOD_FRESH) {
		decided->fresh = given->covers;
		return;
	}
	memcpy(decided->fresh.credential, decision->credential->id, CREDENTIAL_ID_SIZE);
	decided->fresh.method = given->method;
	decided->fresh.user_verified = decision->proof.user_verified;
	decided->fresh.strength =
		credential_strength(decision->step_up->policy, decision->credential, decided->now);
}

/* What the credential earned, in the words of the policy, of receipts and of RFC 8176. */
static void note_earned(struct decision *decision)
{
	struct answer_decided *decided = decision->decided;
	const struct credential *credential = decision->credential;
	size_t count = 0;

	note_proof(decision);
	decided->grant.strength = decided->fresh.strength;
	decided->acr = acr_name(decided->grant.strength, decided->fresh.method);
	if (credential_is_code(credential)) {
		decided->amr[count++] = "otp";
		return;
	}
	decided->amr[count++] = "pop";
	if (credential_is_hardware(credential))
		decided->amr[count++] = "hwk";
	decided->amr[count++] = "user";
	if (decided->fresh.user_verified)
		decided->amr[count++] = "mfa";
}

/* The version of the second person's record that the receipt rests on. */
static enum stepup_error decision_note_approver(struct store_session *session, struct receipt_row *row)
{
	struct user_record *approver = NULL;
	enum stepup_error error = store_user_find(session, row->approver, &approver);

	if (error == STEPUP_OK)
		row->approver_version = approver->version;
	user_record_free(&approver);
	return error;
}

static enum stepup_error add_receipt(struct decision *decision)
{
	const struct step_up *step_up = decision->step_up;
	const struct asked *asked = decision->asked;
	struct answer_decided *decided = decision->decided;
	struct receipt_row *row = &decided->receipt;
	uint8_t bytes[16];
	enum stepup_error error;

	memset(row, 0, sizeof(*row));
	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return STEPUP_INTERNAL;
	base64url_encode(bytes, sizeof(bytes), row->jti);
	if (strlen(asked->rule->service) >= sizeof(row->audience))
		return STEPUP_TOO_LONG;
	strcpy(row->audience, asked->rule->service);
	strcpy(row->user, step_up->user);
	memcpy(row->user_id, decision->record->user_id, USER_ID_SIZE);
	memcpy(row->credential, decision->credential->id, CREDENTIAL_ID_SIZE);
	row->user_version = decision->record->version + 1; /* as it is saved */
	if (decided->request != NULL) {
		memcpy(row->approver, decided->request->approver, sizeof(row->approver));
		memcpy(row->approver_id, decided->request->approver_id, USER_ID_SIZE);
		memcpy(row->approver_credential, decided->request->approval.credential, CREDENTIAL_ID_SIZE);
	}
	row->issued = decided->now;
	row->expires = decided->now + asked->rule->receipt_seconds;
	row->log_index = store_log_next(decision->session);
	error = action_digest(asked->action, row->digest);
	if (error == STEPUP_OK && decided->request != NULL)
		error = decision_note_approver(decision->session, row);
	return error == STEPUP_OK ? store_receipt_add(decision->session, row) : error;
}

/* A grant, or the step of a request that takes a factor just as well. */
static enum stepup_error write_grant(struct decision *decision)
{
	const struct asked *asked = decision->asked;
	const struct answer_given *given = decision->given;
	struct answer_decided *decided = decision->decided;
	struct log_grant grant = {
		.step = decision->step,
		.request = decided->request,
		.claimed = given->claim,
		.at = decided->now,
		.subject = about(decision),
		.action = asked->action,
		.rule = asked->rule,
		.method = given->method == METHOD_FRESH ? method_name(METHOD_FRESH)
			: credential_type_name(decision->credential->type),
		.covered_by = given->covers.log_index,
		.credential = decision->credential,
		.proof = decision->proof.evidence == NULL ? NULL : &decision->proof,
		.context = given->claim ? NULL : question_context(asked->question, given->method),
		.commitment = asked->question->commitment,
		.amr = decided->amr,
	};
	enum stepup_error error = STEPUP_OK;

	if (given->claim)
		claim_earned(decision);
	else
		note_earned(decision);
	grant.acr = decided->acr;
	error = write_request_step(decision);
	if (error == STEPUP_OK && decision->step == LOG_GRANT && asked->rule->service != NULL) {
		error = add_receipt(decision);
		grant.receipt = &decided->receipt;
	}
	memcpy(decided->grant.credential, decision->credential->id, CREDENTIAL_ID_SIZE);
	decided->grant.version = decision->record->version + 1; /* as it is saved */
	decision->credential->last_used = decided->now;
	decision->record->last_success = decided->now;
	if (error == STEPUP_OK)
		error = append_with_evidence(decision, log_entry_grant(&grant), &decided->log_index);
	decided->grant.log_index = decided->log_index;
	if (error == STEPUP_OK && grant.receipt != NULL && decided->receipt.log_index != decided->log_index)
		error = STEPUP_INTERNAL;
	if (error == STEPUP_OK && decision->step == LOG_DENY)
		error = write_denial(decision);
	if (error == STEPUP_OK)
		error = store_user_save(decision->session, decision->record);
	return error;
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
	if (error != STEPUP_OK && error != STEPUP_NOT_FOUND)
		return error;
	error = decide(&decision);
	if (!is_decided(error))
		goto out;
	decided->outcome = error;
	error = error == STEPUP_OK || (error == STEPUP_NEEDS_APPROVAL && decision.step == LOG_REQUEST)
		? write_grant(&decision)
		: write_refusal(&decision);
	if (error != STEPUP_OK)
		decided->outcome = STEPUP_UNAVAILABLE;
out:
	json_decref((json_t *)(uintptr_t)decision.proof.evidence);
	user_record_free(&decision.record);
	return error;
}
