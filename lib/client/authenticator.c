/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One thing done by the helper program: the request, its questions to the person, its result. Messages are
 * JSON objects, each ended by a NUL; what the helper may say stands in the tables below.
 * MUST: take texts for the person from the request, never from the helper; hold to one deadline; wipe
 * whatever carried a PIN.
 */
#include "lib/client/authenticator.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json_wipe.h"
#include "lib/base/wipe.h"
#include "lib/client/authenticator_process.h"
#include "lib/client/authenticator_words.h"
#include "lib/wire/canonical_json.h"
#include "lib/wire/frame.h"
#include "lib/wire/message.h"
#include "lib/wire/stream.h"

#define ID_TEXT_MAX 11000 /* a credential id or a public key, in base64url */
#define QUESTIONS_MAX 32  /* a helper that asks without end is stopped */

/* What the helper may say: an event, a result, or why there is none. */
static const struct field helper_fields[] = {
	{"event", FIELD_TEXT, 16, false},
	{"id", FIELD_TEXT, ID_TEXT_MAX, false}, /* of the credential or key that the event is about */
	{"tries", FIELD_NUMBER, 255, false},
	{"again", FIELD_BOOL, 0, false},
	{"several", FIELD_BOOL, 0, false}, /* more than one key waits for the touch */
	{"result", FIELD_OBJECT, 16, false},
	{"error", FIELD_TEXT, 32, false},
	{0},
};

struct helper_session {
	const struct authenticator_request *request;
	const struct authenticator_conversation *conversation;
	struct deadline deadline;
	struct authenticator_process process;
	struct frame_reader reader;
	int questions;
};

static const struct {
	const char *name;
	bool needs_asked;
	bool is_look; /* nobody has to touch anything: who takes long does not answer at all */
} operations[] = {
	[AUTHENTICATOR_REACH] = {"reach", false, true},
	[AUTHENTICATOR_SEAT_PROBE] = {"seat-probe", true, true},
	[AUTHENTICATOR_SEAT_SIGN] = {"seat-sign", true, false},
	[AUTHENTICATOR_SEAT_REGISTER] = {"seat-register", true, false},
	[AUTHENTICATOR_AGENT_LIST] = {"agent-list", false, true},
	[AUTHENTICATOR_AGENT_PROBE] = {"agent-probe", true, true},
	[AUTHENTICATOR_AGENT_SIGN] = {"agent-sign", true, false},
};

void authenticator_outcome_clear(struct authenticator_outcome *outcome)
{
	json_decref(outcome->reply);
	*outcome = (struct authenticator_outcome){.tries_left = -1};
}

/* The request as the helper takes it: what the verifier asked, what is to be done, where the agent is, how
 * much time there is. */
static enum stepup_error request_build(
	const struct authenticator_request *request, struct deadline deadline, json_t **message)
{
	json_t *built =
		request->asked != NULL ? json_copy((json_t *)(uintptr_t)request->asked) : json_object();
	enum stepup_error error = STEPUP_OK;

	if (built == NULL)
		error = STEPUP_NO_MEMORY;
	else if (!json_is_object(built) ||
		 (request->asked == NULL && operations[request->operation].needs_asked) ||
		 (request->agent_socket != NULL && request->agent_socket[0] != '/'))
		error = STEPUP_INVALID;
	else if (json_object_set_new(built, "op", json_string(operations[request->operation].name)) != 0 ||
		 json_object_set_new(built, "timeout_ms", json_integer(deadline_left(deadline))) != 0)
		error = STEPUP_NO_MEMORY;
	else if (request->agent_socket != NULL &&
		 json_object_set_new(built, "agent_socket", json_string(request->agent_socket)) != 0)
		error = STEPUP_INVALID; /* not UTF-8 */
	if (error == STEPUP_OK)
		*message = built;
	else
		json_decref(built);
	return error;
}

/* Sends one message, and lets go of it. */
static enum stepup_error session_send(struct helper_session *session, json_t *message)
{
	enum stepup_error error = message == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
	char *text = NULL;
	size_t size = 0;

	if (error == STEPUP_OK)
		error = json_wipe_dump(message, FRAME_SIZE_MAX, &text, &size);
	if (error == STEPUP_OK)
		error = stream_send(session->process.fd, text, size, session->deadline);
	wipe_memory(text, size);
	free(text);
	json_wipe_free(&message);
	return error == STEPUP_TOO_LONG ? STEPUP_INVALID : error;
}

static enum stepup_error helper_message_parse(const char *text, size_t size, json_t **message)
{
	char bad_field[FIELD_NAME_SIZE];
	enum stepup_error error;

	*message = NULL;
	error = json_parse_object(text, size, message);
	if (error != STEPUP_OK)
		return error == STEPUP_NO_MEMORY ? error : STEPUP_IO;
	return message_check(helper_fields, *message, bad_field) == STEPUP_OK ? STEPUP_OK : STEPUP_IO;
}

/* The next whole message, as its table says. */
static enum stepup_error session_receive(struct helper_session *session, json_t **message)
{
	char *text = NULL;
	size_t size = 0;
	enum stepup_error error =
		stream_next_message(session->process.fd, &session->reader, session->deadline, &text, &size);

	if (error == STEPUP_OK)
		error = helper_message_parse(text, size, message);
	free(text);
	return error == STEPUP_UNREACHABLE ? STEPUP_IO : error; /* it died half-way */
}

static enum stepup_error ask_touch(struct helper_session *session, const json_t *event)
{
	enum stepup_error error;
	char *text;

	if (session->conversation == NULL || session->conversation->touch == NULL)
		return STEPUP_IO;
	text = authenticator_touch_text(
		session->request, message_text(event, "id"), message_bool(event, "several", false));
	if (text == NULL)
		return STEPUP_NO_MEMORY;
	error = session->conversation->touch(session->conversation->context, text);
	free(text);
	return error;
}

static enum stepup_error ask_pin(struct helper_session *session, const json_t *event)
{
	const struct authenticator_conversation *conversation = session->conversation;
	struct authenticator_pin_question question = {
		.label = authenticator_label(session->request, message_text(event, "id")),
		.tries_left = (int)message_number(event, "tries", -1),
		.again = message_bool(event, "again", false),
	};
	enum stepup_error error;
	char *text, *pin = NULL;

	if (conversation == NULL || conversation->pin == NULL)
		return STEPUP_IO;
	text = authenticator_pin_text(&question);
	if (text == NULL)
		return STEPUP_NO_MEMORY;
	question.text = text;
	error = conversation->pin(conversation->context, &question, &pin);
	if (error == STEPUP_OK)
		error = pin == NULL ? STEPUP_CANCELLED
				    : session_send(session, json_pack("{s:s}", "pin", pin));
	wipe_free_string(&pin);
	free(text);
	return error;
}

/* One event. Where the person can't or won't go on, our end is closed, and the helper tells the key. */
static enum stepup_error session_event(struct helper_session *session, const json_t *event)
{
	const char *name = message_text(event, "event");

	if (++session->questions > QUESTIONS_MAX)
		return STEPUP_IO;
	if (strcmp(name, "touch") == 0)
		return ask_touch(session, event);
	if (strcmp(name, "pin") == 0)
		return ask_pin(session, event);
	return STEPUP_IO;
}

/* The last message: a result, or an error. */
static enum stepup_error session_end(const json_t *message, struct authenticator_outcome *outcome)
{
	json_t *result = json_object_get(message, "result");

	if (json_is_object(result) && message_text(message, "error") == NULL) {
		outcome->code = AUTHENTICATOR_DONE;
		outcome->reply = json_incref(result);
		return STEPUP_OK;
	}
	if (json_is_object(result) || message_text(message, "error") == NULL)
		return STEPUP_IO;
	outcome->code = authenticator_code_from_name(message_text(message, "error"));
	outcome->tries_left = (int)message_number(message, "tries", -1);
	switch (outcome->code) {
	case AUTHENTICATOR_TIMED_OUT:
		return STEPUP_TIMEOUT;
	case AUTHENTICATOR_GIVEN_UP:
		return STEPUP_CANCELLED;
	case AUTHENTICATOR_BROKEN:
	case AUTHENTICATOR_DONE:
		return STEPUP_IO;
	default:
		return STEPUP_BAD_ANSWER;
	}
}

static enum stepup_error session_run(struct helper_session *session, struct authenticator_outcome *outcome)
{
	enum stepup_error error = STEPUP_OK;

	while (error == STEPUP_OK) {
		json_t *message = NULL;
		bool event;

		error = session_receive(session, &message);
		event = error == STEPUP_OK && message_text(message, "event") != NULL;
		if (event)
			error = session_event(session, message);
		else if (error == STEPUP_OK)
			error = session_end(message, outcome);
		json_decref(message);
		if (!event)
			break;
	}
	return error;
}

/* What a person should hear of an error that the helper did not word. */
static enum authenticator_code code_of(enum stepup_error error)
{
	if (error == STEPUP_TIMEOUT)
		return AUTHENTICATOR_TIMED_OUT;
	return error == STEPUP_CANCELLED ? AUTHENTICATOR_GIVEN_UP : AUTHENTICATOR_BROKEN;
}

/* Starts the helper and sends it what is asked. authenticator_process_end is the caller's,
 * whatever comes of it. */
static enum stepup_error session_start(struct helper_session *session)
{
	json_t *message = NULL;
	enum stepup_error error = request_build(session->request, session->deadline, &message);

	frame_reader_init(&session->reader, FRAME_SIZE_MAX);
	if (error == STEPUP_OK)
		error = authenticator_process_start(session->request->account, session->deadline,
			&session->process);
	if (error == STEPUP_OK)
		return session_send(session, message);
	json_decref(message);
	return error;
}

/* Sees the helper end; gives the error that stands then. */
static enum stepup_error session_close(
	struct helper_session *session, enum stepup_error error, struct authenticator_outcome *outcome)
{
	bool started = authenticator_process_end(&session->process);

	frame_reader_clear(&session->reader);
	if (error == STEPUP_IO && !started)
		error = STEPUP_UNREACHABLE;
	if (error != STEPUP_OK && outcome->code == AUTHENTICATOR_DONE)
		outcome->code = code_of(error);
	if (outcome->code == AUTHENTICATOR_TIMED_OUT && operations[session->request->operation].is_look)
		outcome->code = AUTHENTICATOR_NO_ANSWER;
	return error;
}

enum stepup_error authenticator_run(const struct authenticator_request *request,
	const struct authenticator_conversation *conversation, struct deadline deadline,
	struct authenticator_outcome *outcome)
{
	struct helper_session session = {.request = request,
		.conversation = conversation,
		.deadline = deadline,
		.process = {.fd = -1, .pidfd = -1}};
	enum stepup_error error = session_start(&session);

	authenticator_outcome_clear(outcome);
	if (error == STEPUP_OK)
		error = session_run(&session, outcome);
	return session_close(&session, error, outcome);
}

/* --- looking, meanwhile --- */

struct authenticator_look {
	struct helper_session session;
};

enum stepup_error authenticator_look_start(const struct authenticator_request *request,
	struct deadline deadline, struct authenticator_look **look)
{
	struct authenticator_outcome nothing = {.tries_left = -1};
	struct authenticator_look *made = calloc(1, sizeof(*made));
	enum stepup_error error;

	*look = NULL;
	if (made == NULL)
		return STEPUP_NO_MEMORY;
	made->session = (struct helper_session){.request = request,
		.deadline = deadline_sooner(deadline_in(AUTHENTICATOR_LOOK_MS), deadline),
		.process = {.fd = -1, .pidfd = -1}};
	error = session_start(&made->session);
	if (error == STEPUP_OK) {
		*look = made;
		return STEPUP_OK;
	}
	error = session_close(&made->session, error, &nothing);
	free(made);
	return error;
}

bool authenticator_looks_are_over(struct authenticator_look *const looks[], size_t count,
	struct deadline until)
{
	/* One after the other: the last of them is waited for in any case. */
	for (size_t i = 0; i < count; i++)
		if (looks[i] != NULL && deadline_left(looks[i]->session.deadline) > 0 &&
		    stream_wait(looks[i]->session.process.fd, POLLIN,
			    deadline_sooner(until, looks[i]->session.deadline)) != STEPUP_OK &&
		    deadline_left(looks[i]->session.deadline) > 0)
			return false;
	return true;
}

enum stepup_error authenticator_look_end(struct authenticator_look **look,
	struct authenticator_outcome *outcome)
{
	struct authenticator_outcome unwanted = {.tries_left = -1},
		*into = outcome != NULL ? outcome : &unwanted;
	struct helper_session *session = &(*look)->session;
	enum stepup_error error = STEPUP_CANCELLED;

	authenticator_outcome_clear(into);
	if (outcome != NULL)
		error = session_run(session, into);
	error = session_close(session, error, into);
	free(*look);
	*look = NULL;
	return error;
}

int64_t authenticator_patience_ms(enum authenticator_operation operation, int64_t person_ms)
{
	return operations[operation].is_look ? AUTHENTICATOR_LOOK_MS : person_ms;
}

const char *authenticator_operation_name(enum authenticator_operation operation)
{
	return operations[operation].name;
}
