/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Begin: what was looked at (begin_check.c) becomes a transaction with its question, and the
 * reply that asks it.
 */
#include "verifier/doors/begin/begin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "lib/wire/message.h"
#include "verifier/doors/begin/begin_check.h"
#include "verifier/doors/begin/key_offer.h"
#include "verifier/doors/calls/reach.h"
#include "verifier/doors/calls/refusal_log.h"
#include "verifier/doors/calls/sitting.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/doors/pending/brakes.h"
#include "verifier/doors/pending/freshness.h"
#include "verifier/doors/pending/question.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/host/clock.h"
#include "verifier/rules/words/notices.h"
#include "verifier/verifier.h"

static bool begin_copy_text(char **to, const char *from)
{
	*to = from == NULL ? NULL : strdup(from);
	return from == NULL || *to != NULL;
}

/* Whether an earlier step-up of this person, from where they sit, covers the rule, and was as strong as
 * is required now. */
static bool is_fresh(const struct beginning *begin, const struct transaction *transaction)
{
	const struct verifier *verifier = begin->call->verifier;
	const struct fresh_place place = transaction_place(transaction);
	const struct fresh_grant *grant;

	if (!begin->takes_fresh || !transaction->sits || begin->hopeless)
		return false;
	grant = freshness_find(transactions_freshness(verifier->transactions), &place, clock_boot_ms());
	return grant != NULL && freshness_covers(grant, &begin->requirement);
}

/* What the owner calls the credential that is to be removed; NULL where that isn't known, or more than
 * one is called so. */
static const char *label_to_remove(const struct beginning *begin, const struct action *action)
{
	const struct detail *id =
		strcmp(action->name, "stepup.remove") == 0 ? action_detail(action, "credential") : NULL;
	const struct user_record *record = begin->subject->record;
	const struct credential *found = NULL;
	size_t same = 0;

	for (size_t i = 0; id != NULL && record != NULL && i < record->credential_count; i++)
		if (strcmp(record->credentials[i].id, id->text) == 0)
			found = &record->credentials[i];
	for (size_t i = 0; found != NULL && i < record->credential_count; i++)
		if (record->credentials[i].state != CREDENTIAL_REVOKED &&
		    strcmp(record->credentials[i].label, found->label) == 0)
			same++;
	return same == 1 ? found->label : NULL;
}

/* Fills a fresh transaction; takes the action over. */
static enum stepup_error begin_fill(struct beginning *begin, struct transaction *transaction)
{
	const struct call *call = begin->call;
	const struct subject *subject = begin->subject;
	const struct user_record *any = subject_any_record(subject);
	const json_t *parameters = call->parameters;
	struct prompt_facts facts;
	char caller[PEER_NAME_SIZE];

	peer_name(call, caller);
	transaction->policy = policy_reference(call->verifier->policy);
	transaction->rule = begin->rule;
	transaction->action = begin->action;
	begin->action = NULL;
	transaction->quiet = begin->quiet;
	transaction->hopeless = begin->hopeless;
	transaction->apart = begin->apart;
	transaction->withheld = begin->withheld;
	transaction->withheld_why = begin->withheld_why;
	transaction->own = subject->own;
	transaction->brake = brake_begins(parameters);
	transaction->user_uid = subject->uid;
	if (any != NULL) {
		memcpy(transaction->user_id, any->user_id, USER_ID_SIZE);
		transaction->user_version = any->version;
	}
	if (!begin_copy_text(&transaction->caller, caller) ||
	    !begin_copy_text(&transaction->service, message_text(parameters, "service")) ||
	    !begin_copy_text(&transaction->rhost, message_text(parameters, "rhost")) ||
	    !begin_copy_text(&transaction->tty, message_text(parameters, "tty")))
		return STEPUP_NO_MEMORY;
	if (begin->approves != NULL) {
		transaction->approves = true;
		transaction->denies = begin->denies;
		memcpy(transaction->requester, begin->request.user, sizeof(transaction->requester));
		memcpy(transaction->request, begin->request.id, sizeof(transaction->request));
		memcpy(transaction->request_digest, begin->request.digest, DIGEST_SIZE);
		transaction->prompt = begin->denies
			? notice_lock_prompt(begin->request.user, begin->request.prompt)
			: strdup(begin->request.prompt);
		return transaction->prompt == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
	}
	/* How the directory spells a name that was typed otherwise would say that it has one. */
	facts = (struct prompt_facts){
		.user = begin->quiet ? begin->subject->asked : transaction->user,
		.host = begin->policy->host,
		.service = transaction->service,
		.rhost = transaction->rhost,
		.label = label_to_remove(begin, transaction->action),
	};
	transaction->prompt = policy_prompt(begin->rule, transaction->action, &facts);
	if (transaction->prompt == NULL ||
	    !begin_copy_text(&transaction->reason, message_text(parameters, "reason")))
		return STEPUP_NO_MEMORY;
	return STEPUP_OK;
}

/* What the person is asked, and what keys are to sign. */
static enum stepup_error begin_question(struct beginning *begin, struct transaction *transaction)
{
	static const uint8_t none[DIGEST_SIZE];
	struct context_facts facts = {
		.purpose = transaction->approves ? "approve"
			: policy_verb(transaction->action->name) == NULL ? "auth" : "admin",
		.request = transaction->approves ? transaction->request_digest : NULL,
		.decision = !transaction->approves ? NULL : transaction->denies ? "lock" : "approve",
		.policy = transaction->policy,
		.service = transaction->service,
		.caller = transaction->caller,
		.user = transaction->user,
		.user_id = transaction->user_id,
		.rule = transaction->rule,
		.prompt = transaction->prompt,
		.iat = clock_wall_seconds(),
	};
	enum stepup_error error = sitting_session(begin->call, transaction->session);
	unsigned methods = begin->methods;

	if (error == STEPUP_OK && (transaction->approves || transaction->rule->approval != NULL))
		error = sitting_from(begin->call, transaction->own, transaction->from);
	transaction->sits = transaction->rule->fresh_for_seconds > 0 &&
		sitting_of(begin->call, transaction->own, transaction->sitting);
	if (is_fresh(begin, transaction))
		methods |= METHOD_FRESH;
	facts.exp = facts.iat + TRANSACTION_TTL_SECONDS;
	facts.session = memcmp(transaction->session, none, DIGEST_SIZE) == 0 ? NULL : transaction->session;
	if (error == STEPUP_OK)
		error = sitting_source(begin->call, transaction->own, transaction->source);
	if (error == STEPUP_OK)
		error = question_make(&facts, transaction->action, &begin->requirement, methods,
			&transaction->question);
	return error;
}

/* A step-up that ends with its connection takes no more room than that has. */
static enum transaction_pool begin_pool(const struct beginning *begin)
{
	const struct peer *peer = &begin->call->peer;

	if (message_bool(begin->call->parameters, "bound", false))
		return POOL_BOUND;
	return peer->uid != 0 &&
		begin_calls_for_action(begin->policy, peer, begin->action->name) ? POOL_CALLER : POOL_SMALL;
}

static enum stepup_error begin_transaction(struct beginning *begin, struct transaction **transaction)
{
	struct call *call = begin->call;
	struct transactions *all = call->verifier->transactions;
	struct transaction_seat seat = {
		.uid = call->peer.uid, .pool = begin_pool(begin), .user = begin->subject->name};
	enum stepup_error error = sitting_place(call, begin->subject->own, seat.place);

	if (error == STEPUP_OK)
		error = transaction_new(all, &seat, transaction);
	if (error != STEPUP_OK)
		return error;
	error = begin_fill(begin, *transaction);
	if (error == STEPUP_OK)
		error = begin_question(begin, *transaction);
	if (error != STEPUP_OK) {
		transaction_end(all, *transaction);
		*transaction = NULL;
	}
	return error;
}

static bool is_worth_logging(enum stepup_error error)
{
	return error == STEPUP_LOCKED || error == STEPUP_FROZEN || error == STEPUP_NOT_ALLOWED ||
		error == STEPUP_OVER_LIMIT || error == STEPUP_NEEDS_APPROVAL || error == STEPUP_TOO_WEAK;
}

static void begin_refuse(struct beginning *begin, enum stepup_error error)
{
	const struct subject *subject = begin->subject;
	const char *asked = message_text(begin->call->parameters, "action");
	const char *action = asked != NULL ? asked : begin->action != NULL ? begin->action->name
		: "stepup.approve";
	const struct words_facts words = {
		.user = subject->name,
		.action = action,
		.detail = begin->detail[0] == '\0' ? NULL : begin->detail,
		.fault = begin->fault,
		.typed = subject->own,
		.reference = begin->reference[0] == '\0' ? NULL : begin->reference,
		.limit = begin->over == NULL ? NULL : begin->over->text,
		.maximum = begin->over == NULL ? 0 : begin->over->maximum,
		.asked = begin->asked,
		.retry_after_seconds = error == STEPUP_THROTTLED ? TRANSACTION_TTL_SECONDS : 0,
		.requirement = &begin->requirement,
		.shortfall = begin->offer.shortfall,
		.agrees = begin->approves != NULL,
		.cooling_seconds = begin->offer.strong_from - clock_wall_seconds(),
	};
	const struct log_subject about = subject_for_log(subject);

	if (is_worth_logging(error))
		refusal_log_action(begin->call, &about, &(struct refused_action){.name = action,
				.action = begin->action, .limit = words.limit}, error, begin->why);
	if (begin->sentence != NULL)
		refuse_saying(begin->call, error, begin->sentence);
	else
		refuse(begin->call, error, &words);
}

static json_t *methods_to_json(unsigned methods)
{
	json_t *list = json_array();
	bool failed = list == NULL;

	if (!failed && (methods & METHOD_FRESH) != 0)
		failed = json_array_append_new(list, json_string(method_name(METHOD_FRESH))) != 0;
	methods &= ~METHOD_FRESH;
	for (; !failed && methods != 0; methods &= ~method_best(methods))
		failed = json_array_append_new(list, json_string(method_name(method_best(methods)))) != 0;
	if (failed) {
		json_decref(list);
		list = NULL;
	}
	return list;
}

static enum stepup_error begin_reply(const struct beginning *begin, const struct transaction *transaction,
	json_t **reply)
{
	struct store *store = begin->call->verifier->store;
	uint8_t decoy[DIGEST_SIZE] = {0};
	const struct key_offer offer = {
		.policy = begin->policy,
		.question = transaction->question,
		.record = begin->hopeless ? NULL : begin->subject->record,
		.decoy = decoy,
		.nameless = begin->quiet,
		.now = clock_wall_seconds(),
		.timeout_seconds = TRANSACTION_TTL_SECONDS,
	};
	enum stepup_error error = STEPUP_OK;

	/* Whether or not there are keys to name instead: it takes the same time. */
	if ((transaction->question->methods & METHODS_OF_KEYS) != 0)
		error = store_keyed_digest(store, DIGEST_DECOY_KEY, transaction->user,
			strlen(transaction->user), decoy);
	*reply = json_pack("{s:s, s:s, s:s, s:o, s:i}", "transaction", transaction->name,
		"prompt", transaction->prompt,
		"ask", (begin->methods & METHOD_CODE) != 0 ? notice_ask() : notice_ask_touch(),
		"methods", methods_to_json(transaction->question->methods),
		"expires_in", TRANSACTION_TTL_SECONDS);
	if (error == STEPUP_OK)
		error = *reply == NULL ? STEPUP_NO_MEMORY : key_offer_add(&offer, *reply);
	if (error != STEPUP_OK) {
		json_decref(*reply);
		*reply = NULL;
	}
	return error;
}

/* Whether a text, which may be missing, is shown as it stands. */
static bool is_showable(const char *text)
{
	char *safe = text == NULL ? NULL : display_text(text, strlen(text));
	bool same = text == NULL || (safe != NULL && strcmp(safe, text) == 0);

	free(safe);
	return same;
}

/* What the answer to a request is to mean: to agree, where that isn't said. */
static bool decision_of(const struct call *call, bool *denies)
{
	const char *decision = message_text(call->parameters, "decision");

	*denies = decision != NULL && strcmp(decision, "lock") == 0;
	return decision == NULL || *denies || strcmp(decision, "approve") == 0;
}

static void begin_ready(struct call *call, const struct subject *subject)
{
	struct beginning begin = {.call = call, .subject = subject, .policy = call->verifier->policy,
		.approves = message_text(call->parameters, "request")};
	struct transaction *transaction = NULL;
	json_t *reply = NULL;
	enum stepup_error error;

	if (!reach_of(call, &begin.reach, &begin.takes_fresh)) {
		call_invalid(call, "reach");
		return;
	}
	if (!decision_of(call, &begin.denies)) {
		call_invalid(call, "decision");
		return;
	}
	if (!is_showable(message_text(call->parameters, "reason"))) {
		call_invalid(call, "reason");
		return;
	}
	error = begin_check(&begin);
	if (error == STEPUP_OK)
		error = begin_transaction(&begin, &transaction);
	if (error == STEPUP_OK)
		error = begin_reply(&begin, transaction, &reply);
	if (error == STEPUP_OK) {
		if (message_bool(call->parameters, "bound", false))
			transaction_bind(call->verifier->transactions, transaction, call);
		call_reply(call, reply);
	} else {
		if (transaction != NULL)
			transaction_end(call->verifier->transactions, transaction);
		begin_refuse(&begin, error);
	}
	action_free(&begin.action);
	approval_request_clear(&begin.request);
}

void step_up_begin(struct call *call)
{
	subject_of(call, message_text(call->parameters, "user"), begin_ready);
}
