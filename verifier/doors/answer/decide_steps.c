/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an accepted answer earns, writes and keeps: a row a step, and one way to write them all.
 * MUST: write the receipt's row, the request, the log's entry and the user's record in one transaction.
 */
#include "verifier/doors/answer/decide_steps.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "lib/wire/base64url.h"
#include "verifier/doors/answer/decide.h"

/* --- what it earns --- */

/* In the words of the policy, of receipts and of RFC 8176. */
static void name_earned(struct decision *decision)
{
	struct answer_decided *decided = decision->decided;
	const struct credential *credential = decision->credential;
	size_t count = 0;

	decided->grant.strength = decided->fresh.strength;
	decided->acr = acr_name(decided->fresh.strength, decided->fresh.method);
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

/* By the credential that answered. */
static void earn_now(struct decision *decision)
{
	struct answer_decided *decided = decision->decided;

	memcpy(decided->fresh.credential, decision->credential->id, CREDENTIAL_ID_SIZE);
	decided->fresh.method = decision->given->method;
	decided->fresh.user_verified = decision->proof.user_verified;
	decided->fresh.strength =
		credential_strength(decision->step_up->policy, decision->credential, decided->now);
	name_earned(decision);
}

/* What the earlier step-up earned that covers this one. */
static void earn_covered(struct decision *decision)
{
	decision->decided->fresh = decision->given->covers;
	name_earned(decision);
}

/* What the request says was earned when it was made. */
static void earn_claimed(struct decision *decision)
{
	static const char *const words[] = {"otp", "pop", "hwk", "user", "mfa"};
	const struct request_proof *proof = &decision->decided->request->requester;
	struct answer_decided *decided = decision->decided;
	size_t count = 0;

	decided->grant.strength =
		credential_strength(decision->step_up->policy, decision->credential, decided->now);
	decided->acr = acr_of_name(proof->acr);
	for (const char *at = proof->amr; *at != '\0'; at += strcspn(at, " "), at += *at == ' ')
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strcspn(at, " ") == strlen(words[i]) &&
			    strncmp(at, words[i], strlen(words[i])) == 0 && count < STEP_UP_AMR_MAX)
				decided->amr[count++] = words[i];
}

/* --- what becomes of the request --- */

/* "pop hwk user" */
static void join(const char *const *amr, char text[REQUEST_WORDS_SIZE])
{
	size_t used = 0;

	text[0] = '\0';
	for (; *amr != NULL && used + strlen(*amr) + 2 < REQUEST_WORDS_SIZE; amr++)
		used += (size_t)sprintf(text + used, "%s%s", used == 0 ? "" : " ", *amr);
}

static void note_proof(const struct decision *decision, struct request_proof *proof)
{
	const struct answer_decided *decided = decision->decided;

	memcpy(proof->credential, decision->credential->id, CREDENTIAL_ID_SIZE);
	snprintf(proof->method, sizeof(proof->method), "%s",
		credential_type_name(decision->credential->type));
	snprintf(proof->acr, sizeof(proof->acr), "%s", decided->acr);
	join(decided->amr, proof->amr);
	proof->at = decided->now;
	proof->log = store_log_next(decision->session);
}

/* There is none; or its end has an entry of its own, behind this one. */
static enum stepup_error leave_request(struct decision *decision)
{
	(void)decision;
	return STEPUP_OK;
}

static enum stepup_error make_request(struct decision *decision)
{
	struct approval_request *request = decision->decided->request;

	note_proof(decision, &request->requester);
	return store_request_add(decision->session, request);
}

static enum stepup_error approve_request(struct decision *decision)
{
	struct approval_request *request = decision->decided->request;

	snprintf(request->approver, sizeof(request->approver), "%s", decision->record->name);
	memcpy(request->approver_id, decision->record->user_id, USER_ID_SIZE);
	request->approver_uid = decision->record->uid;
	note_proof(decision, &request->approval);
	request->expires = decision->decided->now + REQUEST_SECONDS;
	return store_request_move(decision->session, request, REQUEST_APPROVED);
}

static enum stepup_error use_up_request(struct decision *decision)
{
	struct approval_request *request = decision->decided->request;

	request->ended = decision->decided->now;
	return store_request_move(decision->session, request, REQUEST_CONSUMED);
}

static enum stepup_error nothing_follows(struct decision *decision)
{
	(void)decision;
	return STEPUP_OK;
}

/* --- the table --- */

static const struct step_row
	grant_step = {LOG_GRANT, earn_now, leave_request, nothing_follows,
		STEP_MAKES_RECEIPT | STEP_KEEPS_VERB | STEP_KEEPS_FRESH},
	covered_step = {LOG_GRANT, earn_covered, leave_request, nothing_follows,
		STEP_MAKES_RECEIPT | STEP_KEEPS_VERB},
	agreed_step = {LOG_GRANT, earn_now, use_up_request, nothing_follows,
		STEP_MAKES_RECEIPT | STEP_KEEPS_VERB},
	claim_step = {LOG_GRANT, earn_claimed, use_up_request, nothing_follows,
		STEP_MAKES_RECEIPT | STEP_KEEPS_VERB},
	request_step = {LOG_REQUEST, earn_now, make_request, nothing_follows, STEP_NOTES_REASON},
	agree_step = {LOG_APPROVE, earn_now, approve_request, nothing_follows, 0},
	deny_step = {LOG_DENY, earn_now, leave_request, write_denial, 0};

const struct step_row *step_row(enum step step)
{
#define STEP_ROW(constant, name) [constant] = &name##_step,
	static const struct step_row *const rows[] = {STEPS(STEP_ROW)};
#undef STEP_ROW

	return rows[step];
}

bool step_does(enum step step, enum step_effect effect)
{
	return (step_row(step)->effects & (unsigned)effect) != 0;
}

/* --- writing --- */

/* The version of the second person's record that the receipt rests on. */
static enum stepup_error note_approver(struct store_session *session, struct receipt_row *row)
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
		error = note_approver(decision->session, row);
	return error == STEPUP_OK ? store_receipt_add(decision->session, row) : error;
}

/* Makes the receipt's row, if there is one to make, for the entry that comes next. */
static enum stepup_error write_receipt(struct decision *decision, const struct receipt_row **receipt)
{
	*receipt = NULL;
	if (!step_does(decision->decided->step, STEP_MAKES_RECEIPT) ||
	    decision->asked->rule->service == NULL)
		return STEPUP_OK;
	*receipt = &decision->decided->receipt;
	return add_receipt(decision);
}

static enum stepup_error write_entry(struct decision *decision, const struct receipt_row *receipt)
{
	const struct asked *asked = decision->asked;
	const struct answer_given *given = decision->given;
	struct answer_decided *decided = decision->decided;
	const struct log_grant grant = {
		.step = step_row(decided->step)->entry,
		.request = decided->request,
		.claimed = given->claim,
		.at = decided->now,
		.subject = decision_about(decision),
		.action = asked->action,
		.rule = asked->rule,
		.method = given->method == METHOD_FRESH ? method_name(METHOD_FRESH)
			: credential_type_name(decision->credential->type),
		.covered_by = given->covers.log_index,
		.credential = decision->credential,
		.proof = decision->proof.evidence == NULL ? NULL : &decision->proof,
		.context = question_context(asked->question, given->method), /* none was made for a claim */
		.commitment = asked->question->commitment,
		.acr = decided->acr,
		.amr = decided->amr,
		.receipt = receipt,
	};
	enum stepup_error error = decision_append(decision, log_entry_grant(&grant),
		step_does(decided->step, STEP_NOTES_REASON), &decided->log_index);

	decided->grant.log_index = decided->log_index;
	if (error == STEPUP_OK && receipt != NULL && receipt->log_index != decided->log_index)
		return STEPUP_INTERNAL;
	return error;
}

enum stepup_error write_step(struct decision *decision)
{
	struct answer_decided *decided = decision->decided;
	const struct step_row *row = step_row(decided->step);
	const struct receipt_row *receipt = NULL;
	enum stepup_error error;

	row->earn(decision);
	error = row->move(decision);
	if (error == STEPUP_OK)
		error = write_receipt(decision, &receipt);
	if (error != STEPUP_OK)
		return error;
	memcpy(decided->grant.credential, decision->credential->id, CREDENTIAL_ID_SIZE);
	decided->grant.version = decision->record->version + 1; /* as it is saved */
	decision->credential->last_used = decided->now;
	decision->record->last_success = decided->now;
	error = write_entry(decision, receipt);
	if (error == STEPUP_OK)
		error = row->follow(decision);
	return error == STEPUP_OK ? store_user_save(decision->session, decision->record) : error;
}
