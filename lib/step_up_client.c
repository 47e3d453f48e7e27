/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client side of one step-up.
 * MUST: take nothing but a whole, well-formed reply to Answer, for the action and the user that were asked
 * about, as a success; wipe each typed answer as soon as it is sent; tell the verifier when a step-up is
 * given up.
 */
#include "lib/step_up_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/display_text.h"
#include "lib/json_wipe.h"
#include "lib/message.h"
#include "lib/wipe.h"

#define CALL_MS 10000  /* the verifier's share of the deadline, for each call */
#define CANCEL_MS 1000 /* nobody waits long to give up */
#define ANSWERS_MAX 3
#define ANSWER_SIZE_MAX 512 /* bytes of a typed answer that are worth sending, PAM_MAX_RESP_SIZE */

/* One step-up under way. */
struct step_up {
	struct verifier_client *client;
	const struct step_up_request *request;
	const struct step_up_conversation *conversation;
	struct deadline deadline;
	struct step_up_outcome *outcome;
	json_t *begun; /* the reply to Begin */
};

void step_up_outcome_clear(struct step_up_outcome *outcome)
{
	json_wipe_free(&outcome->reply);
	wipe_free_string(&outcome->transaction);
	verifier_refusal_clear(&outcome->refusal);
}

/* `milliseconds` from now, or the whole step-up's deadline where that is sooner. */
static struct deadline call_deadline(struct deadline whole, int64_t milliseconds)
{
	struct deadline own = deadline_in(milliseconds);

	return own.at_ms < whole.at_ms ? own : whole;
}

/* Calls Verify1.METHOD and holds the reply against the method's table. */
static enum stepup_error verify_call(struct verifier_client *client, const char *method, json_t *parameters,
	struct deadline deadline, json_t **reply, struct verifier_refusal *refusal)
{
	const struct method *table = interface_method(&interface_verify, method);
	char name[64], bad_field[FIELD_NAME_SIZE];
	enum stepup_error error;

	*reply = NULL;
	if (table == NULL ||
		snprintf(name, sizeof(name), "%s.%s", interface_verify.name, method) >= (int)sizeof(name)) {
		json_wipe_free(&parameters);
		return STEPUP_INTERNAL;
	}
	error = verifier_client_call(client, name, parameters, deadline, reply, refusal);
	if (error == STEPUP_OK && message_check(table->out, *reply, bad_field) != STEPUP_OK) {
		json_wipe_free(reply);
		error = STEPUP_IO;
	}
	return error;
}

/* Sets a text field where there is one. STEPUP_INVALID where it isn't UTF-8. */
static enum stepup_error set_text(json_t *object, const char *field, const char *text)
{
	if (text == NULL)
		return STEPUP_OK;
	if (!utf8_is_valid(text, strlen(text)))
		return STEPUP_INVALID;
	return json_object_set_new(object, field, json_string(text)) == 0 ? STEPUP_OK : STEPUP_NO_MEMORY;
}

struct named_text {
	const char *name, *text;
};

/* An object of those texts that are there; the array ends with a name of NULL. */
static enum stepup_error texts_to_json(const struct named_text *texts, json_t **object)
{
	enum stepup_error error = STEPUP_OK;

	*object = json_object();
	if (*object == NULL)
		return STEPUP_NO_MEMORY;
	for (; error == STEPUP_OK && texts->name != NULL; texts++)
		error = set_text(*object, texts->name, texts->text);
	if (error != STEPUP_OK)
		json_wipe_free(object);
	return error;
}

static enum stepup_error step_up_begin(struct step_up *run)
{
	const struct step_up_request *request = run->request;
	const struct named_text texts[] = {{"user", request->user}, {"action", request->action},
		{"session", request->session}, {"service", request->service}, {"rhost", request->rhost},
		{"tty", request->tty}, {NULL, NULL}};
	json_t *parameters = NULL;
	enum stepup_error error = texts_to_json(texts, &parameters);

	if (error != STEPUP_OK)
		return error;
	if (request->details != NULL &&
		json_object_set_new(parameters, "details", json_deep_copy(request->details)) != 0) {
		json_wipe_free(&parameters);
		return STEPUP_NO_MEMORY;
	}
	return verify_call(run->client, "Begin", parameters, call_deadline(run->deadline, CALL_MS),
		&run->begun, &run->outcome->refusal);
}

/* Tells the verifier that nobody is going to answer. Whether it hears that makes no difference to us. */
static void step_up_cancel(struct step_up *run)
{
	struct verifier_refusal ignored = {0};
	json_t *reply = NULL;

	if (verify_call(run->client, "Cancel",
		    json_pack("{s:s}", "transaction", message_text(run->begun, "transaction")),
		    deadline_in(CANCEL_MS), &reply, &ignored) == STEPUP_OK)
		json_decref(reply);
	verifier_refusal_clear(&ignored);
}

/* Whether this side can answer in one of the ways the verifier takes. */
static bool takes_codes(const json_t *methods)
{
	const json_t *method;
	size_t i;

	json_array_foreach (methods, i, method)
		if (strcmp(json_string_value(method), "code") == 0)
			return true;
	return false;
}

/* Asks the person. `error` is what was wrong before. */
static enum stepup_error step_up_ask(
	struct step_up *run, const char *wrong, int64_t tries_left, struct deadline expires, char **code)
{
	struct step_up_question question = {
		.prompt = message_text(run->begun, "prompt"),
		.ask = message_text(run->begun, "ask"),
		.error = wrong,
		.tries_left = tries_left,
		.expires_in_seconds = deadline_left(expires) / 1000,
		.methods = json_object_get(run->begun, "methods"),
	};
	enum stepup_error error = run->conversation->ask(run->conversation->context, &question, code);

	if (error == STEPUP_OK && *code == NULL)
		error = STEPUP_CANCELLED;
	if (error == STEPUP_OK && deadline_left(run->deadline) == 0)
		error = STEPUP_EXPIRED;
	return error;
}

/* Sends one answer and wipes it. What can't be a code at all goes as an empty one: the verifier refuses it in
 * its own words. */
static enum stepup_error step_up_answer(struct step_up *run, char **code, json_t **reply)
{
	size_t size = strlen(*code);
	bool sendable = size <= ANSWER_SIZE_MAX && utf8_is_valid(*code, size);
	json_t *parameters = json_pack("{s:s, s:s, s:s}", "transaction",
		message_text(run->begun, "transaction"), "method", "code", "code", sendable ? *code : "");

	wipe_free_string(code);
	return verify_call(run->client, "Answer", parameters, call_deadline(run->deadline, CALL_MS), reply,
		&run->outcome->refusal);
}

static bool same_text(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Keeps what was granted, if it is what was asked for. */
static enum stepup_error step_up_grant(struct step_up *run, json_t **reply)
{
	const struct step_up_request *request = run->request;
	struct step_up_outcome *outcome = run->outcome;

	if (!same_text(message_text(*reply, "action"), request->action) ||
		(request->user != NULL && !same_text(message_text(*reply, "user"), request->user)))
		return STEPUP_IO;
	outcome->transaction = strdup(message_text(run->begun, "transaction"));
	if (outcome->transaction == NULL)
		return STEPUP_NO_MEMORY;
	outcome->reply = *reply;
	*reply = NULL;
	return STEPUP_OK;
}

/* Whether the same step-up may be answered again: a wrong code with tries left, or one that came too soon and
 * can still come in time. */
static bool may_ask_again(
	enum stepup_error error, const struct verifier_refusal *refusal, struct deadline expires)
{
	if (error == STEPUP_BAD_ANSWER)
		return refusal->tries_left > 0;
	return error == STEPUP_THROTTLED && refusal->retry_after_seconds > 0 &&
	       refusal->retry_after_seconds < deadline_left(expires) / 1000;
}

/* Asks and answers, again while tries are left. The refusal of one try is the error text of the next
 * question. */
static enum stepup_error step_up_converse(struct step_up *run)
{
	struct deadline expires =
		call_deadline(run->deadline, message_number(run->begun, "expires_in", 0) * 1000);
	struct verifier_refusal *refusal = &run->outcome->refusal;
	enum stepup_error error = STEPUP_BAD_ANSWER;
	json_t *reply = NULL;
	char *code = NULL;
	int answer;

	for (answer = 0; answer < ANSWERS_MAX; answer++) {
		error = step_up_ask(run, answer == 0 ? NULL : refusal->message,
			answer == 0 ? -1 : refusal->tries_left, expires, &code);
		if (error != STEPUP_OK) {
			step_up_cancel(run);
			verifier_refusal_clear(refusal);
			break;
		}
		error = step_up_answer(run, &code, &reply);
		if (error == STEPUP_OK)
			error = step_up_grant(run, &reply);
		if (!may_ask_again(error, refusal, expires))
			break;
	}
	json_wipe_free(&reply);
	wipe_free_string(&code);
	return error;
}

enum stepup_error step_up_run(struct verifier_client *client, const struct step_up_request *request,
	const struct step_up_conversation *conversation, struct deadline deadline,
	struct step_up_outcome *outcome)
{
	struct step_up run = {client, request, conversation, deadline, outcome, NULL};
	enum stepup_error error;

	error = step_up_begin(&run);
	if (error == STEPUP_OK && !takes_codes(json_object_get(run.begun, "methods"))) {
		step_up_cancel(&run);
		error = STEPUP_TOO_WEAK;
	}
	if (error == STEPUP_OK)
		error = step_up_converse(&run);
	json_wipe_free(&run.begun);
	return error;
}

enum stepup_error step_up_account(struct verifier_client *client, const char *user, const char *service,
	const char *rhost, struct deadline deadline, struct verifier_refusal *refusal)
{
	const struct named_text texts[] = {
		{"user", user}, {"service", service}, {"rhost", rhost}, {NULL, NULL}};
	json_t *parameters = NULL, *reply = NULL;
	enum stepup_error error = texts_to_json(texts, &parameters);

	if (error != STEPUP_OK)
		return error;
	error = verify_call(client, "Account", parameters, deadline, &reply, refusal);
	json_wipe_free(&reply);
	return error;
}
