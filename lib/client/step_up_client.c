/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client side of one step-up.
 * MUST: take nothing but a whole, well-formed reply to Answer, for the action that was asked about, as a
 * success (whom it is about the verifier says in the name that its directory has, which may be another
 * spelling than was asked for); send no answer but by a method that was offered and is within this side's
 * reach; wipe each answer as soon as it is sent; tell the verifier when a step-up is given up.
 */
#include "lib/client/step_up_client.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "lib/base/json_wipe.h"
#include "lib/base/wipe.h"
#include "lib/client/verify_calls.h"
#include "lib/wire/message.h"
#include "lib/wire/shared_limits.h"

#define CALL_MS 10000  /* the verifier's share of the deadline, for each call */
#define CANCEL_MS 1000 /* nobody waits long to give up */
#define ANSWERS_MAX 3
#define LOOKS_MAX 20 /* whether somebody agreed, at one waiting */
#define METHOD_BROWSER "browser"
#define ANSWER_SIZE_MAX 512 /* bytes of a typed answer that are worth sending, PAM_MAX_RESP_SIZE */

/* One step-up under way. */
struct client_step_up {
	struct verifier_client *client;
	const struct step_up_request *request;
	const struct step_up_conversation *conversation;
	struct deadline deadline;
	struct step_up_outcome *outcome;
	json_t *begun;	 /* the reply to Begin */
	json_t *methods; /* of these what may still be answered */
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
	return deadline_sooner(deadline_in(milliseconds), whole);
}

/* Tells the verifier that nobody is going to answer. Whether it hears that makes no difference to us. */
static void client_cancel(struct client_step_up *run)
{
	struct verifier_refusal ignored = {0};
	json_t *reply = NULL;

	if (verify_call(run->client, "Cancel",
		    json_pack("{s:s}", "transaction", message_text(run->begun, "transaction")),
		    deadline_in(CANCEL_MS), &reply, &ignored) == STEPUP_OK)
		json_decref(reply);
	verifier_refusal_clear(&ignored);
}

/* Whether an array of texts has this one. */
static bool names(const json_t *texts, const char *wanted)
{
	const json_t *text;
	size_t i;

	json_array_foreach (texts, i, text)
		if (strcmp(json_string_value(text), wanted) == 0)
			return true;
	return false;
}

bool step_up_offers(const struct step_up_question *question, const char *method)
{
	return names(question->methods, method);
}

static bool is_within_reach(const char *const *reach, const char *method)
{
	for (; reach != NULL && *reach != NULL; reach++)
		if (strcmp(*reach, method) == 0)
			return true;
	return false;
}

/* Keeps of the verifier's methods what this side can do. Each way of reaching a key must come with what
 * the key is to sign. */
static enum stepup_error settle_methods(struct client_step_up *run)
{
	const json_t *method;
	size_t i;

	run->methods = json_array();
	if (run->methods == NULL)
		return STEPUP_NO_MEMORY;
	json_array_foreach (json_object_get(run->begun, "methods"), i, method) {
		const char *name = json_string_value(method);
		bool is_code = strcmp(name, METHOD_NAME_CODE) == 0;

		if (!is_code && !is_within_reach(run->request->reach, name))
			continue;
		if (!is_code && !json_is_object(json_object_get(run->begun, name)))
			return STEPUP_IO;
		if (json_array_append_new(run->methods, json_string(name)) != 0)
			return STEPUP_NO_MEMORY;
	}
	return json_array_size(run->methods) > 0 ? STEPUP_OK : STEPUP_TOO_WEAK;
}

/* Whether anything else than a code can be answered. */
static bool offers_a_key(const json_t *methods)
{
	return json_array_size(methods) > (names(methods, METHOD_NAME_CODE) ? 1 : 0);
}

/* A key that this side found and that was refused is not asked for again. */
static void take_away(struct client_step_up *run, const char *method)
{
	const json_t *found;
	size_t i;

	json_array_foreach (run->methods, i, found)
		if (strcmp(json_string_value(found), method) == 0) {
			(void)json_array_remove(run->methods, i);
			return;
		}
}

void step_up_answer_clear(struct step_up_answer *answer)
{
	wipe_free_string(&answer->code);
	json_wipe_free(&answer->key);
	free(answer->why);
	*answer = (struct step_up_answer){0};
}

/* Whether what the conversation gave is an answer to the question. */
static bool is_an_answer(const struct step_up_question *question, const struct step_up_answer *answer)
{
	if (answer->method == NULL || !step_up_offers(question, answer->method))
		return false;
	return strcmp(answer->method, METHOD_NAME_CODE) == 0 ? answer->code != NULL
		: json_is_object(answer->key);
}

/* Asks the person. `before` is why the last answer was refused, NULL the first time. */
static enum stepup_error step_up_ask(struct client_step_up *run, const struct verifier_refusal *before,
	struct deadline expires, struct step_up_answer *answer)
{
	struct step_up_question question = {
		.prompt = message_text(run->begun, "prompt"),
		.ask = message_text(run->begun, "ask"),
		.error = before == NULL ? NULL : before->message,
		.tries_left = before == NULL ? -1 : before->tries_left,
		.retry_after_seconds = before == NULL ? -1 : before->retry_after_seconds,
		.expires = expires,
		.methods = run->methods,
		.browser = json_object_get(run->begun, "browser"),
		.seat = json_object_get(run->begun, "seat"),
		.agent = json_object_get(run->begun, "agent"),
	};
	enum stepup_error error = run->conversation->ask(run->conversation->context, &question, answer);

	if (error == STEPUP_OK && !is_an_answer(&question, answer))
		error = STEPUP_INTERNAL;
	if (error == STEPUP_OK && deadline_left(run->deadline) == 0)
		error = STEPUP_EXPIRED;
	return error;
}

/* What was typed, or where it can't be a code or be sent at all, as much of what is none: the verifier
 * refuses it in its own words, and goes by its size where sshd would have handed on junk of that size for a
 * name that it doesn't know. */
static json_t *typed_text(const char *typed)
{
	size_t size = strlen(typed);
	char stand_in[ANSWER_SIZE_MAX + 1];

	if (size <= ANSWER_SIZE_MAX && utf8_is_valid(typed, size))
		return json_string(typed);
	if (size > ANSWER_SIZE_MAX)
		size = 0;
	memset(stand_in, '?', size);
	stand_in[size] = '\0';
	return json_string(stand_in);
}

/* The parameters of Answer; takes the answer's secrets over. */
static json_t *answer_parameters(const struct client_step_up *run, struct step_up_answer *answer)
{
	json_t *parameters = json_pack("{s:s, s:s}", "transaction", message_text(run->begun, "transaction"),
		"method", answer->method);
	int r;

	if (answer->key != NULL)
		r = json_object_set(parameters, "key", answer->key);
	else
		r = json_object_set_new(parameters, "code", typed_text(answer->code));
	if (r != 0)
		json_wipe_free(&parameters);
	return parameters;
}

/* Sends one answer and wipes it. */
static enum stepup_error client_answer(struct client_step_up *run, struct step_up_answer *answer,
	json_t **reply)
{
	json_t *parameters = answer_parameters(run, answer);
	const char *method = answer->method;
	enum stepup_error error;

	step_up_answer_clear(answer);
	error = verify_call(run->client, "Answer", parameters, call_deadline(run->deadline, CALL_MS), reply,
		&run->outcome->refusal);
	if (error == STEPUP_BAD_ANSWER && strcmp(method, METHOD_NAME_CODE) != 0 &&
	    strcmp(method, METHOD_BROWSER) != 0)
		take_away(run, method);
	return error;
}

static bool same_text(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Keeps what was granted, if it is what was asked for. */
static enum stepup_error step_up_grant(struct client_step_up *run, json_t **reply)
{
	const struct step_up_request *request = run->request;
	struct step_up_outcome *outcome = run->outcome;

	if ((request->approves == NULL && !same_text(message_text(*reply, "action"), request->action)) ||
		*message_text(*reply, "user") == '\0')
		return STEPUP_IO;
	outcome->transaction = strdup(message_text(run->begun, "transaction"));
	if (outcome->transaction == NULL)
		return STEPUP_NO_MEMORY;
	outcome->reply = *reply;
	*reply = NULL;
	return STEPUP_OK;
}

/* Whether the same step-up may be answered again: after a wrong answer with tries left and something to try,
 * or after one that came too soon and can still come in time. */
static bool may_ask_again(const struct client_step_up *run, enum stepup_error error, struct deadline expires)
{
	const struct verifier_refusal *refusal = &run->outcome->refusal;

	bool in_time = refusal->retry_after_seconds < deadline_left(expires) / 1000;

	if (error == STEPUP_BAD_ANSWER)
		return refusal->tries_left > 0 &&
		       (in_time ? json_array_size(run->methods) > 0 : offers_a_key(run->methods));
	return error == STEPUP_THROTTLED && refusal->retry_after_seconds > 0 && in_time;
}

/* Gives the step-up up; the words of the conversation, if it had any, are why. */
static void step_up_give_up(struct client_step_up *run, struct step_up_answer *answer)
{
	struct verifier_refusal *refusal = &run->outcome->refusal;

	client_cancel(run);
	verifier_refusal_clear(refusal);
	refusal->message = answer->why;
	answer->why = NULL;
}

/* Where an earlier step-up covers this one, nobody is asked. Where it covers it no more, by
 * now, everybody is. */
static enum stepup_error step_up_cover(struct client_step_up *run)
{
	json_t *reply = NULL;
	enum stepup_error error;

	if (!names(json_object_get(run->begun, "methods"), METHOD_NAME_FRESH))
		return STEPUP_BAD_ANSWER;
	error = verify_call(run->client, "Answer",
		json_pack("{s:s, s:s}", "transaction", message_text(run->begun, "transaction"), "method",
			METHOD_NAME_FRESH),
		call_deadline(run->deadline, CALL_MS), &reply, &run->outcome->refusal);
	if (error == STEPUP_OK)
		error = step_up_grant(run, &reply);
	if (error == STEPUP_BAD_ANSWER)
		verifier_refusal_clear(&run->outcome->refusal);
	json_wipe_free(&reply);
	return error;
}

/* What became of a request that nothing can come of any more, as a refusal. */
static enum stepup_error request_refusal(struct verifier_refusal *refusal, const char *state,
	const char *message)
{
	refusal->error = strcmp(state, "denied") == 0 ? STEPUP_NOT_ALLOWED : STEPUP_EXPIRED;
	refusal->message = message == NULL ? NULL : strdup(message);
	return refusal->error;
}

/* Waits until the request isn't waiting any more: STEPUP_OK where somebody agreed. */
static enum stepup_error await_approval(struct client_step_up *run, const char *request,
	struct deadline until)
{
	struct verifier_refusal *refusal = &run->outcome->refusal;
	json_t *reply = NULL;
	const char *state;
	enum stepup_error error = verify_call(run->client, "AwaitApproval",
		json_pack("{s:s}", "request", request), until, &reply, refusal);

	if (error != STEPUP_OK)
		return error;
	state = json_string_value(json_object_get(json_object_get(reply, "request"), "state"));
	if (state == NULL)
		error = STEPUP_IO;
	else if (strcmp(state, "approved") != 0)
		error = request_refusal(refusal, state, message_text(reply, "message"));
	json_wipe_free(&reply);
	return error;
}

static enum stepup_error client_claim(struct client_step_up *run, struct deadline deadline)
{
	json_t *reply = NULL;
	enum stepup_error error = verify_call(run->client, "Claim",
		json_pack("{s:s}", "transaction", message_text(run->begun, "transaction")), deadline, &reply,
		&run->outcome->refusal);

	if (error == STEPUP_OK)
		error = step_up_grant(run, &reply);
	json_wipe_free(&reply);
	return error;
}

/* Waits once, or looks once, as the conversation says; `*looked` for the latter. STEPUP_TIMEOUT
 * where nobody waits. */
static enum stepup_error wait_once(struct client_step_up *run, const struct step_up_waiting *waiting,
	bool *looked)
{
	struct verifier_refusal *refusal = &run->outcome->refusal;
	struct deadline until = run->deadline, claim;
	enum stepup_error error = STEPUP_OK;

	*looked = false;
	if (run->conversation->wait == NULL ||
	    !run->conversation->wait(run->conversation->context, waiting, &until))
		return STEPUP_TIMEOUT;
	verifier_refusal_clear(refusal);
	*refusal = (struct verifier_refusal){.tries_left = -1, .retry_after_seconds = -1, .expires = -1};
	claim = until.at_ms > run->deadline.at_ms ? deadline_in(deadline_left(until) + CALL_MS)
						  : call_deadline(run->deadline, CALL_MS);
	*looked = deadline_left(until) == 0;
	if (!*looked)
		error = await_approval(run, waiting->request, until);
	return error == STEPUP_OK ? client_claim(run, claim) : error;
}

/* The answer was right, and a second person has to agree. Where nobody does in time, the first refusal
 * stands: it names the request, which goes on waiting. */
static enum stepup_error step_up_client_step_up_wait(struct client_step_up *run)
{
	struct verifier_refusal asked = run->outcome->refusal;
	struct step_up_waiting waiting = {asked.request, asked.message, asked.approvers,
		asked.expires, false};
	enum stepup_error error = STEPUP_TIMEOUT;
	bool looked = asked.request != NULL;

	run->outcome->refusal = (struct verifier_refusal){
		.tries_left = -1, .retry_after_seconds = -1, .expires = -1};
	for (int i = 0; looked && i < LOOKS_MAX; i++) {
		error = wait_once(run, &waiting, &looked);
		waiting.again = true;
		if (error != STEPUP_NEEDS_APPROVAL || deadline_left(run->deadline) == 0)
			break;
	}
	if (error == STEPUP_TIMEOUT || error == STEPUP_NEEDS_APPROVAL) {
		verifier_refusal_clear(&run->outcome->refusal);
		run->outcome->refusal = asked;
		return STEPUP_NEEDS_APPROVAL;
	}
	verifier_refusal_clear(&asked);
	return error;
}

/* Asks and answers, again while tries are left. The refusal of one try is the error text of the next
 * question. */
static enum stepup_error step_up_converse(struct client_step_up *run)
{
	struct deadline expires =
		call_deadline(run->deadline, message_number(run->begun, "expires_in", 0) * 1000);
	struct verifier_refusal *refusal = &run->outcome->refusal;
	enum stepup_error error = STEPUP_BAD_ANSWER;
	struct step_up_answer answer = {0};
	json_t *reply = NULL;

	for (int i = 0; i < ANSWERS_MAX; i++) {
		error = step_up_ask(run, i == 0 ? NULL : refusal, expires, &answer);
		if (error != STEPUP_OK) {
			step_up_give_up(run, &answer);
			break;
		}
		error = client_answer(run, &answer, &reply);
		if (error == STEPUP_OK)
			error = step_up_grant(run, &reply);
		if (!may_ask_again(run, error, expires))
			break;
	}
	json_wipe_free(&reply);
	step_up_answer_clear(&answer);
	return error;
}

/* Has the person answer, with what the policy asks for and this conversation can give. */
static enum stepup_error converse_or_cancel(struct client_step_up *run)
{
	enum stepup_error error = settle_methods(run);

	if (error == STEPUP_OK)
		return step_up_converse(run);
	client_cancel(run);
	return error;
}

/* What follows on Begin: an earlier step-up that covers this one, else answers, and a second person's. */
static enum stepup_error step_up_settle(struct client_step_up *run)
{
	enum stepup_error error = step_up_cover(run);

	if (error == STEPUP_BAD_ANSWER)
		error = converse_or_cancel(run);
	return error == STEPUP_NEEDS_APPROVAL ? step_up_client_step_up_wait(run) : error;
}

enum stepup_error step_up_run(struct verifier_client *client, const struct step_up_request *request,
	const struct step_up_conversation *conversation, struct deadline deadline,
	struct step_up_outcome *outcome)
{
	struct client_step_up run = {client, request, conversation, deadline, outcome, NULL, NULL};
	enum stepup_error error;

	error = verify_begin(client, request, call_deadline(deadline, CALL_MS), &run.begun,
		&outcome->refusal);
	if (error == STEPUP_OK)
		error = step_up_settle(&run);
	json_decref(run.methods);
	json_wipe_free(&run.begun);
	return error;
}
