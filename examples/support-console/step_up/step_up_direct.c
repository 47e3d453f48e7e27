/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A step-up asked of the verifier past PAM: Begin, question, Answer. For the verifier's own actions, such
 * as stepup.enroll, whose grant has to be named in the call that follows, and for agreeing to a request;
 * PAM has no place for either. The questions are those of pam_stepup(8)'s JSON conversation, so that one
 * dialog serves both.
 */
#include <stdlib.h>
#include <string.h>

#include "examples/support-console/outside/verifier_call.h"
#include "examples/support-console/step_up/step_up_internal.h"

#define ANSWERS_MAX 3

struct exchange {
	struct attempt *attempt;
	const char *socket;
	struct verifier_reply begun;
	const char *transaction;
	int64_t expires; /* seconds, CLOCK_MONOTONIC */
};

/* Says how it ended, in the verifier's words. */
static bool refused(struct exchange *exchange, const struct verifier_reply *reply)
{
	const char *reference = json_string_value(json_object_get(reply->parameters, "reference"));

	attempt_hear(exchange->attempt, json_pack("{s:i, s:s, s:s, s:s, s:s*}", "v", 1, "type", "refused",
			"message", reply->message, "error", reply->error, "reference", reference));
	return false;
}

/* Begin's parameters, or Approve's; NULL without memory. */
static json_t *begin_parameters(const struct attempt *attempt, const struct step_up_subject *subject)
{
	json_t *parameters = json_pack("{s:s, s:s, s:s, s:s, s:[s]}", "user", attempt->user,
		"session", attempt->step_up_session, "service", attempt->bridge->service,
		"rhost", attempt->rhost, "reach", "browser");

	if (*subject->request ? parameters &&
	    !json_object_set_new(parameters, "request", json_string(subject->request)) &&
	    !json_object_set_new(parameters, "decision", json_string(subject->denies ? "lock" : "approve"))
	    : parameters && !json_object_set_new(parameters, "action", json_string(subject->action)) &&
	    !json_object_set_new(parameters, "details", step_up_details(subject)))
		return parameters;
	json_decref(parameters);
	return NULL;
}

static bool begin(struct exchange *exchange, const struct step_up_subject *subject)
{
	struct attempt *attempt = exchange->attempt;

	verifier_call(exchange->socket, *subject->request ? "Approve" : "Begin",
		begin_parameters(attempt, subject), &exchange->begun);
	if (!reply_is_good(&exchange->begun))
		return refused(exchange, &exchange->begun);
	exchange->transaction = json_string_value(json_object_get(exchange->begun.parameters, "transaction"));
	exchange->expires = monotonic_in(json_integer_value(json_object_get(exchange->begun.parameters,
				"expires_in"))).tv_sec;
	return exchange->transaction && strlen(exchange->transaction) < TOKEN_SIZE;
}

static void cancel(struct exchange *exchange)
{
	struct verifier_reply reply;

	verifier_call(exchange->socket, "Cancel",
		json_pack("{s:s}", "transaction", exchange->transaction), &reply);
	reply_clear(&reply);
	attempt_hear(exchange->attempt, json_pack("{s:i, s:s, s:s}", "v", 1, "type", "refused",
			"message", "Cancelled. Nothing was approved."));
}

/* Puts the question; `last` is the refusal of the answer before, or NULL. The answer, or NULL. */
static json_t *ask(struct exchange *exchange, const struct verifier_reply *last)
{
	const json_t *begun = exchange->begun.parameters;
	json_t *question = json_pack("{s:i, s:s, s:O, s:O, s:O, s:O*, s:I}", "v", 1, "type", "question",
		"prompt", json_object_get(begun, "prompt"), "ask", json_object_get(begun, "ask"),
		"methods", json_object_get(begun, "methods"), "publicKey", json_object_get(begun, "browser"),
		"expires_in", (json_int_t)(exchange->expires - monotonic_in(0).tv_sec));
	json_t *answer;
	char *text;

	if (question && last &&
	    (json_object_set_new(question, "error", json_string(last->message)) ||
		    json_object_set(question, "tries_left",
			    json_object_get(last->parameters, "tries_left")))) {
		json_decref(question);
		return NULL;
	}
	text = attempt_ask(exchange->attempt, question);
	answer = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
	text_wipe(&text);
	return answer;
}

/* Hands the verifier one answer of the conversation. */
static void answer(struct exchange *exchange, const json_t *given, struct verifier_reply *reply)
{
	const char *method = json_string_value(json_object_get(given, "method"));
	const char *member = method && !strcmp(method, "code") ? "code" : "credential";

	verifier_call(exchange->socket, "Answer",
		json_pack("{s:s, s:s, s:O}", "transaction", exchange->transaction, "method", method,
			!strcmp(member, "code") ? "code" : "key", json_object_get(given, member)), reply);
}

/* Whether what was granted is what was asked for. Whom it is about the verifier says as the directory has it,
 * which may be another spelling than a page's; the transaction is ours. An agreement is to somebody else's
 * action, whose name only the verifier knows. */
static bool is_for(const struct verifier_reply *reply, const struct step_up_subject *subject)
{
	const char *user = json_string_value(json_object_get(reply->parameters, "user"));
	const char *action = json_string_value(json_object_get(reply->parameters, "action"));

	return reply_is_good(reply) && user && *user && action &&
		(*subject->request || !strcmp(action, subject->action));
}

static bool may_try_again(const struct verifier_reply *reply)
{
	return reply->error && !strcmp(reply->error, "BadAnswer") &&
		json_integer_value(json_object_get(reply->parameters, "tries_left")) > 0;
}

/* Asks until it is granted or refused; the last reply stays in `reply`. */
static bool converse(struct exchange *exchange, const struct step_up_subject *subject,
	struct verifier_reply *reply)
{
	for (int tries = 0; tries < ANSWERS_MAX; tries++) {
		json_t *given = ask(exchange, tries ? reply : NULL);

		if (!given || json_object_get(given, "cancel")) {
			json_decref(given);
			cancel(exchange);
			return false;
		}
		reply_clear(reply);
		answer(exchange, given, reply);
		json_decref(given);
		if (!may_try_again(reply))
			break;
	}
	return is_for(reply, subject) || refused(exchange, reply);
}

bool step_up_direct(struct attempt *attempt, struct step_up_grant *grant)
{
	struct exchange exchange = {.attempt = attempt, .socket = attempt->bridge->verifier_socket};
	struct verifier_reply reply = {0};
	bool granted = begin(&exchange, &grant->subject) && converse(&exchange, &grant->subject, &reply);

	if (granted) {
		strcpy(grant->authorization, exchange.transaction);
		attempt_hear(attempt,
			json_pack("{s:i, s:s, s:s}", "v", 1, "type", "granted", "message", reply.message));
	}
	reply_clear(&reply);
	reply_clear(&exchange.begun);
	return granted;
}
