/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A redemption from the call to its answer: decided and written in one transaction on the writer's side. What
 * was refused, or asked again, is logged by a second one, if the budget of the loop's thread has room for it.
 */
#include "verifier/doors/redemption/redeem_decide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/message.h"
#include "verifier/doors/calls/refusal_log.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/evidence/context.h"
#include "verifier/evidence/log_entry.h"
#include "verifier/host/clock.h"
#include "verifier/verifier.h"

/* Whose receipt it is that was refused before anybody looked for it. */
static enum stepup_error redemption_find_owner(struct store_session *session, struct redemption *redemption)
{
	enum stepup_error error = store_receipt_find(session, redemption->claims.jti, &redemption->row);

	redemption->found = error == STEPUP_OK;
	return error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}

/* The entry first: the row says which one it is. Both or none are written. */
static enum stepup_error write_redemption(struct store_session *session, struct redemption *redemption,
	int64_t now)
{
	const struct redeem_claims *claims = &redemption->claims;
	const char *exec_id = message_text(redemption->call->parameters, "exec_id");
	uint8_t salt[DIGEST_SIZE], commitment[DIGEST_SIZE];
	json_t *entry = NULL, *evidence = NULL;
	enum stepup_error error = context_commit(claims->asked, salt, commitment);

	if (error != STEPUP_OK)
		return error;
	entry = log_entry_redeem(now, &redemption->row, exec_id, claims->asked, commitment);
	evidence = log_entry_evidence(claims->asked, NULL);
	if (entry == NULL || evidence == NULL) {
		json_decref(entry);
		error = STEPUP_NO_MEMORY;
	} else {
		error = store_log_append(session, entry, evidence, salt, &redemption->log);
	}
	json_decref(evidence);
	return error == STEPUP_OK
		? store_receipt_redeem(session, claims->jti, now, claims->execution, redemption->log) : error;
}

/* Decides, and redeems where nothing stands against it. */
static enum stepup_error redemption_work(struct store_session *session, void *job)
{
	struct redemption *redemption = job;
	int64_t now = clock_wall_seconds();
	enum stepup_error error;

	if (redemption->fault != REDEEM_GOOD)
		return redemption_find_owner(session, redemption);
	error = redeem_decide(session, redemption, now);
	if (error != STEPUP_OK || redemption->fault != REDEEM_GOOD || redemption->already)
		return error;
	return write_redemption(session, redemption, now);
}

static void redemption_free(struct redemption *redemption)
{
	redeem_claims_clear(&redemption->claims);
	free(redemption);
}

static void reply_refused(struct redemption *redemption)
{
	const struct redeem_row *words = redeem_row(redemption->fault);
	const struct redeem_claims *claims = &redemption->claims;
	const struct words_facts facts = {
		.user = claims->user,
		.action = message_text(redemption->call->parameters, "action"),
		.reference = redemption->reference[0] == '\0' ? NULL : redemption->reference,
		.detail = claims->detail[0] == '\0' ? NULL : claims->detail,
		.maximum = claims->most,
		.asked = claims->wanted,
	};
	const struct refusal_facts refusal = {.detail = facts.detail, .log = redemption->log};

	if (words->sentence == NULL || claims->wanted > claims->most)
		refuse(redemption->call, words->error, &facts);
	else
		call_refuse(redemption->call, words->error, words->sentence, &refusal);
}

static void reply_redeemed(struct redemption *redemption)
{
	const struct redeem_claims *claims = &redemption->claims;

	call_reply(redemption->call,
		json_pack("{s:s, s:s, s:o, s:I, s:O, s:O, s:b, s:I}", "user", claims->user,
			"action", claims->asked->name, "details", action_details_to_json(claims->asked),
			"auth_time", (json_int_t)claims->auth_time, "acr", json_object_get(claims->payload,
				"acr"), "amr", json_object_get(claims->payload, "amr"),
			"already", (int)redemption->already, "log", (json_int_t)redemption->log));
}

static void reply_and_free(struct redemption *redemption, enum stepup_error result)
{
	if (result != STEPUP_OK)
		refuse(redemption->call, result, NULL);
	else if (redemption->fault != REDEEM_GOOD)
		reply_refused(redemption);
	else
		reply_redeemed(redemption);
	redemption_free(redemption);
}

/* --- what redeemed nothing, into the log --- */

static json_t *refusal_entry(const struct redemption *redemption, int64_t now)
{
	const struct redeem_row *words = redeem_row(redemption->fault);

	return log_entry_redeem_refusal(now, redemption->found ? &redemption->row : NULL,
		redemption->audience, message_text(redemption->call->parameters, "action"), words->error,
		words->why);
}

/* A resumption is decided again where its entry is written: the user may have been locked since. */
static enum stepup_error resume(struct store_session *session, struct redemption *redemption, int64_t now)
{
	enum stepup_error error;

	redemption->already = false;
	error = redeem_decide(session, redemption, now);
	if (error == STEPUP_OK && redemption->fault == REDEEM_GOOD && !redemption->already)
		error = STEPUP_INTERNAL; /* it had been redeemed */
	return error;
}

/* With what it was tried for, where that could be read. */
static enum stepup_error redemption_note_work(struct store_session *session, void *job)
{
	struct redemption *redemption = job;
	const struct action *asked = redemption->claims.asked;
	const char *exec_id = message_text(redemption->call->parameters, "exec_id");
	int64_t now = clock_wall_seconds(), log;
	enum stepup_error error = redemption->already ? resume(session, redemption, now) : STEPUP_OK;
	json_t *evidence, *entry;

	if (error != STEPUP_OK)
		return error;
	evidence = asked == NULL ? NULL : log_entry_evidence(asked, NULL);
	if (redemption->already)
		entry = log_entry_resume(now, &redemption->row, exec_id, asked->name);
	else
		entry = refusal_entry(redemption, now);
	error = STEPUP_NO_MEMORY;
	if (entry != NULL && (evidence != NULL || asked == NULL))
		error = store_log_append(session, entry, evidence, NULL, &log);
	else
		json_decref(entry);
	json_decref(evidence);
	return error;
}

static void redemption_note_done(void *job, enum stepup_error result)
{
	struct redemption *redemption = job;
	struct refusal_budget *budget = &redemption->verifier->refusals;

	if (result != STEPUP_OK && redemption->took_budget)
		refusal_budget_give(budget, redemption->key);
	if (result != STEPUP_OK && redemption->took_first)
		refusal_first_give(budget, redemption->row.user_id, redemption->first_of,
			redemption->taken_boot_ms);
	reply_and_free(redemption, result);
}

/* Nobody makes the log grow at will: not by what is no receipt, nor by asking again and again with one that
 * is spent, late or for something else. */
static void note(struct redemption *redemption)
{
	struct refusal_budget *budget = &redemption->verifier->refusals;
	const struct log_subject subject = {.user_id = redemption->found ? redemption->row.user_id : NULL};

	redemption->taken_boot_ms = clock_boot_ms();
	redemption->first_of = redeem_row(redemption->fault)->error;
	redemption->key = refusal_key(redemption->call->peer.uid, &subject);
	redemption->took_first = redemption->found &&
		refusal_first_take(budget, redemption->row.user_id, redemption->first_of,
			redemption->taken_boot_ms);
	redemption->took_budget = refusal_budget_take(budget, redemption->key, redemption->taken_boot_ms);
	if (!redemption->took_first && !redemption->took_budget)
		reply_and_free(redemption, STEPUP_OK);
	else if (commit_queue_submit(redemption->verifier->queue, redemption_note_work, redemption_note_done,
		    redemption) != STEPUP_OK)
		redemption_note_done(redemption, STEPUP_UNAVAILABLE);
}

static void redemption_done(void *job, enum stepup_error result)
{
	struct redemption *redemption = job;

	if (result == STEPUP_OK && (redemption->fault != REDEEM_GOOD || redemption->already))
		note(redemption);
	else
		reply_and_free(redemption, result);
}

static void redemption_submit(struct redemption *redemption)
{
	if (redemption->claims.jti[0] == '\0')
		note(redemption); /* nobody's */
	else if (commit_queue_submit(redemption->verifier->queue, redemption_work, redemption_done,
		    redemption) != STEPUP_OK)
		reply_and_free(redemption, STEPUP_UNAVAILABLE);
}

static void redemption_account_is(void *context, enum stepup_error result, const struct account *account)
{
	struct redemption *redemption = context;

	if (result != STEPUP_OK || account == NULL) {
		refuse(redemption->call, STEPUP_UNAVAILABLE, NULL);
		redemption_free(redemption);
		return;
	}
	redemption->uid = account->uid;
	redemption_submit(redemption);
}

/* Reads what the call has in hand. An error only if something broke; otherwise the fault. */
static enum stepup_error redemption_read(struct redemption *redemption)
{
	const struct call *call = redemption->call;
	const struct service *service =
		policy_service_of(call->verifier->policy, call->peer.uid, call->peer.account);

	redemption->fault = REDEEM_NO_SERVICE;
	if (service == NULL)
		return STEPUP_OK;
	if (snprintf(redemption->audience, AUDIENCE_SIZE, "%s", service->name) >= AUDIENCE_SIZE)
		return STEPUP_TOO_LONG;
	return redeem_claims_read(call, redemption->audience, &redemption->claims, &redemption->fault);
}

void redeem(struct call *call)
{
	const char *exec_id = message_text(call->parameters, "exec_id");
	struct redemption *redemption;
	enum stepup_error error;

	if (message_bool(call->parameters, "resume", false) && (exec_id == NULL || *exec_id == '\0')) {
		call_invalid(call, "exec_id");
		return;
	}
	redemption = calloc(1, sizeof(*redemption));
	if (redemption == NULL) {
		refuse(call, STEPUP_NO_MEMORY, NULL);
		return;
	}
	redemption->call = call;
	redemption->verifier = call->verifier;
	error = redemption_read(redemption);
	if (error != STEPUP_OK) {
		refuse(call, error, NULL);
		redemption_free(redemption);
	} else if (redemption->fault == REDEEM_GOOD) {
		account_by_name(call->verifier->accounts, call->peer.uid, redemption->claims.user,
			redemption_account_is, redemption);
	} else {
		redemption_submit(redemption);
	}
}
