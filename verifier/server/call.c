/* SPDX-License-Identifier: BSD-2-Clause */
/* How a handler answers; see call.h. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "verifier/host/journal.h"
#include "verifier/server/connection.h"

#define ERROR_NAME_SIZE 192

/* What an error carries beside its message, as lib/wire/interfaces/ declares it. */
enum error_fact { FACT_REFERENCE = 1, FACT_DETAIL, FACT_TRIES_LEFT, FACT_RETRY_AFTER,
	FACT_REQUEST, FACT_LOG };

static const struct {
	enum stepup_error error;
	enum error_fact fact;
} error_facts[] = {
	{ STEPUP_LOCKED, FACT_REFERENCE },
	{ STEPUP_FROZEN, FACT_REFERENCE },
	{ STEPUP_THROTTLED, FACT_RETRY_AFTER },
	{ STEPUP_BAD_ANSWER, FACT_TRIES_LEFT },
	{ STEPUP_BAD_ANSWER, FACT_RETRY_AFTER },
	{ STEPUP_BAD_DETAILS, FACT_DETAIL },
	{ STEPUP_NEEDS_APPROVAL, FACT_REQUEST },
	{ STEPUP_REDEEMED, FACT_LOG },
};

static int request_add(json_t *parameters, const struct refusal_facts *facts)
{
	if (facts->request == NULL)
		return 0;
	if (json_object_set_new(parameters, "request", json_string(facts->request)) != 0)
		return -1;
	if (facts->approvers != NULL &&
	    json_object_set_new(parameters, "approvers", json_deep_copy(facts->approvers)) != 0)
		return -1;
	return json_object_set_new(parameters, "expires", json_integer(facts->expires));
}

static int fact_add(json_t *parameters, enum error_fact fact, const struct refusal_facts *facts)
{
	switch (fact) {
	case FACT_REFERENCE:
		return facts->reference == NULL ? 0
			: json_object_set_new(parameters, "reference", json_string(facts->reference));
	case FACT_DETAIL:
		return facts->detail == NULL ? 0
			: json_object_set_new(parameters, "detail", json_string(facts->detail));
	case FACT_TRIES_LEFT:
		return json_object_set_new(parameters, "tries_left", json_integer(facts->tries_left));
	case FACT_RETRY_AFTER:
		return facts->retry_after_seconds == 0 ? 0
			: json_object_set_new(parameters, "retry_after",
				json_integer(facts->retry_after_seconds));
	case FACT_REQUEST:
		return request_add(parameters, facts);
	case FACT_LOG:
		return json_object_set_new(parameters, "log", json_integer(facts->log));
	}
	return -1;
}

static json_t *refusal_parameters(enum stepup_error error, const char *message,
	const struct refusal_facts *facts)
{
	static const struct refusal_facts none;
	json_t *parameters = json_pack("{s:s}", "message", message);

	for (size_t i = 0; parameters != NULL && i < sizeof(error_facts) / sizeof(error_facts[0]); i++) {
		if (error_facts[i].error != error)
			continue;
		if (fact_add(parameters, error_facts[i].fact, facts != NULL ? facts : &none) != 0) {
			json_decref(parameters);
			parameters = NULL;
		}
	}
	return parameters;
}

/* The connection that waits for this answer. A second answer to one call is a mistake of ours, and
 * must reach nobody. */
static struct connection *connection_waiting(struct call *call, const char *what)
{
	struct connection *connection = connection_of(call);

	if (connection == NULL)
		journal_line(LOG_ERR, "bug",
			"a call was answered twice (%s); the second answer was dropped", what);
	return connection;
}

/* Sends; takes over `parameters`, and closes where there are none. */
static void call_answer(struct connection *connection, const char *error, json_t *parameters, bool then_close)
{
	size_t size = 0;
	char *frame = parameters != NULL ? door_frame(error, parameters, false, &size) : NULL;

	json_decref(parameters);
	connection_answer(connection, frame, size, then_close);
}

void call_refuse(struct call *call, enum stepup_error error, const char *message,
	const struct refusal_facts *facts)
{
	struct connection *connection = connection_waiting(call, "refusal");
	char name[ERROR_NAME_SIZE];

	if (connection == NULL)
		return;
	if (!stepup_error_is_refusal(error))
		error = STEPUP_UNAVAILABLE;
	(void)snprintf(name, sizeof(name), "%s.%s", connection->door->interface->name,
		stepup_error_name(error));
	call_answer(connection, name, refusal_parameters(error,
			message != NULL ? message : stepup_error_text(error), facts), false);
}

/* Holds a reply against the method's table: what doesn't fit is a mistake of ours, and goes to nobody. */
static json_t *fitting(const struct connection *connection, json_t *reply)
{
	char bad_field[FIELD_NAME_SIZE];

	if (reply == NULL || message_check(connection->request.method->out, reply, bad_field) == STEPUP_OK)
		return reply;
	journal_line(LOG_ERR, "bug", "the reply to %s doesn't fit its table at \"%s\"",
		connection->request.method->name, bad_field);
	json_decref(reply);
	return NULL;
}

void call_watch(struct call *call)
{
	struct connection *connection = connection_of(call);

	if (connection != NULL)
		connection_watch(connection);
}

bool call_is_gone(struct call *call)
{
	const struct connection *connection = connection_of(call);

	return connection == NULL || connection->fd < 0;
}

bool call_reply_more(struct call *call, json_t *reply)
{
	struct connection *connection = connection_waiting(call, "one of several replies");
	size_t size = 0;
	char *frame;
	bool sent;

	if (connection == NULL || !call->more) {
		json_decref(reply);
		return false;
	}
	reply = fitting(connection, reply);
	frame = reply != NULL ? door_frame(NULL, reply, true, &size) : NULL;
	sent = frame != NULL && connection_stream(connection, frame, size);
	json_decref(reply);
	return sent;
}

void call_reply(struct call *call, json_t *reply)
{
	struct connection *connection = connection_waiting(call, "reply");

	if (connection == NULL) {
		json_decref(reply);
		return;
	}
	reply = fitting(connection, reply);
	if (reply == NULL)
		call_refuse(call, STEPUP_UNAVAILABLE, NULL, NULL);
	else
		call_answer(connection, NULL, reply, false);
}

void call_invalid(struct call *call, const char *field)
{
	struct connection *connection = connection_waiting(call, "invalid");

	if (connection != NULL)
		call_answer(connection, "org.varlink.service.InvalidParameter",
			json_pack("{s:s}", "parameter", field), true);
}

/* While a call is under way nobody reads from its socket: a peer that has hung up shows there as the end. */
bool call_is_waited_for(struct call *call)
{
	const struct connection *connection = connection_of(call);
	char byte;

	return connection != NULL && connection->fd >= 0 &&
		recv(connection->fd, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT) != 0;
}

void call_bond(struct call *call, struct call_bond *bond, void (*cut)(struct call_bond *bond))
{
	struct connection *connection = connection_of(call);

	if (connection == NULL)
		return;
	bond->cut = cut;
	bond->connection = connection;
	LIST_INSERT_HEAD(&connection->bonds, bond, of_connection);
}

void call_unbond(struct call_bond *bond)
{
	if (bond->connection == NULL)
		return;
	bond->connection = NULL;
	LIST_REMOVE(bond, of_connection);
}

bool call_bond_hang_up(struct call_bond *bond)
{
	struct connection *connection = bond->connection;

	if (connection == NULL || connection->fd < 0 || connection->state == CONNECTION_CALLING)
		return false;
	connection_end(connection);
	return true;
}
