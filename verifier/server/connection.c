/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections; see connection.h. The way of a message: readable → next → message → account_found → handler
 * → answer → next. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "verifier/server/connection.h"
#include "lib/base/wipe.h"
#include "verifier/rules/policy/policy.h"
#include "verifier/verifier.h"

#define KEPT_ROOM 4096 /* bytes */

/* Calls that begin something are counted for themselves. */
static const char *const begin_methods[] = { "Begin", "EnrollBegin", "Approve" };

static int64_t connection_now_ms(const struct connection *connection)
{
	return (int64_t)uv_now(connection->server->verifier->loop);
}

struct connection *connection_of(struct call *call)
{
	struct connection *connection =
		(struct connection *)(void *)((char *)call - offsetof(struct connection, call));

	return connection->state == CONNECTION_CALLING ? connection : NULL;
}

/* --- the end --- */

/* Each once. */
static void bonds_cut(struct connection *connection)
{
	while (!LIST_EMPTY(&connection->bonds)) {
		struct call_bond *bond = LIST_FIRST(&connection->bonds);

		call_unbond(bond);
		bond->cut(bond);
	}
}

static void free_when_done(struct connection *connection)
{
	struct server *server = connection->server;

	if (!connection->handle_closed || connection->state == CONNECTION_CALLING)
		return;
	bonds_cut(connection);
	budget_disconnect(server->budgets, &connection->member);
	server->handles--;
	free(connection);
}

static void connection_on_closed(uv_handle_t *handle)
{
	struct connection *connection = handle->data;

	connection->handle_closed = true;
	bonds_cut(connection);
	free_when_done(connection);
}

void connection_end(struct connection *connection)
{
	struct server *server = connection->server;

	if (connection->fd < 0)
		return;
	uv_close((uv_handle_t *)&connection->poll, connection_on_closed);
	(void)close(connection->fd);
	connection->fd = -1;
	if (connection->next != NULL)
		connection->next->previous = connection->previous;
	*(connection->previous != NULL ? &connection->previous->next : &server->connections) =
		connection->next;
	(void)budget_hold(connection->member.budget, connection->held, 0);
	frame_reader_clear(&connection->frames);
	wipe_free_string(&connection->out);
}

/* --- writing --- */

static void on_poll(uv_poll_t *poll, int status, int events);

void connection_poll(struct connection *connection, int events)
{
	if (connection->fd < 0 || connection->poll_events == events)
		return;
	connection->poll_events = events;
	if (events == 0)
		(void)uv_poll_stop(&connection->poll);
	else if (uv_poll_start(&connection->poll, events, on_poll) != 0)
		connection_end(connection);
}

static void connection_next(struct connection *connection);

/* The answer is out: on to the next message, unless the loop over messages is what called. */
static void connection_written(struct connection *connection)
{
	connection->state = CONNECTION_READING;
	connection->since_ms = connection_now_ms(connection);
	if (connection->closing)
		connection_end(connection);
	else if (!connection->handling)
		connection_next(connection);
}

/* Writes what the socket takes. MSG_NOSIGNAL: a peer that is gone is an error here, not a signal. */
static void connection_write(struct connection *connection)
{
	while (connection->out_sent < connection->out_size) {
		ssize_t n = send(connection->fd, connection->out + connection->out_sent,
			connection->out_size - connection->out_sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
			connection_end(connection);
			return;
		}
		if (n < 0) {
			connection_poll(connection, UV_WRITABLE);
			return;
		}
		connection->out_sent += (size_t)n;
		connection->since_ms = connection_now_ms(connection);
	}
	wipe_free_string(&connection->out);
	connection->out_size = connection->out_sent = 0;
	if (connection->state == CONNECTION_WRITING)
		connection_written(connection);
	else
		connection_poll(connection, UV_DISCONNECT);
}

/* Puts a frame, which it takes over, behind what is still to be written. */
static bool out_add(struct connection *connection, char *frame, size_t size)
{
	size_t left = connection->out_size - connection->out_sent;
	char *both = left > 0 ? malloc(left + size) : NULL;

	if (left > 0 && both == NULL) {
		wipe_free_string(&frame);
		return false;
	}
	if (left > 0) {
		memcpy(both, connection->out + connection->out_sent, left);
		memcpy(both + left, frame, size);
		wipe_memory(frame, size);
		free(frame);
		frame = both;
	}
	wipe_free_string(&connection->out);
	connection->out = frame;
	connection->out_size = left + size;
	connection->out_sent = 0;
	connection->since_ms = connection_now_ms(connection);
	return true;
}

void connection_watch(struct connection *connection)
{
	if (connection->out == NULL)
		connection_poll(connection, UV_DISCONNECT);
}

bool connection_stream(struct connection *connection, char *frame, size_t size)
{
	if (connection->fd < 0 || connection->out != NULL) {
		wipe_memory(frame, size);
		free(frame);
		return false;
	}
	(void)out_add(connection, frame, size); /* nothing stands before it */
	connection_write(connection);
	return true;
}

void connection_answer(struct connection *connection, char *frame, size_t size, bool then_close)
{
	struct server *server = connection->server;
	bool oneway = connection->request.oneway;

	if (connection->account != NULL)
		account_drop(&connection->account);
	door_request_clear(&connection->request);
	connection->state = CONNECTION_WRITING;
	server->busy--;
	connection->brake = false;
	if (oneway && connection->fd >= 0 && frame != NULL) {
		wipe_memory(frame, size);
		free(frame);
		connection->closing = then_close || server->stopping;
		connection_write(connection); /* nothing */
		server_when_idle(server);
		return;
	}
	if (connection->fd < 0)
		wipe_free_string(&frame);
	if (connection->fd < 0 || frame == NULL || !out_add(connection, frame, size)) {
		connection_end(connection);
		free_when_done(connection);
		server_when_idle(server);
		return;
	}
	connection->closing = then_close || server->stopping;
	connection_write(connection);
	server_when_idle(server);
}

/* --- calls --- */

static enum budget_rank rank_of(const struct policy *policy, uid_t uid, const char *account)
{
	for (size_t i = 0; policy != NULL && i < policy->caller_count; i++) {
		if (policy_unix_user_is(policy, policy->callers[i].unix_user, uid, account))
			return BUDGET_CALLER;
	}
	for (size_t i = 0; policy != NULL && i < policy->service_count; i++) {
		if (policy_unix_user_is(policy, policy->services[i].unix_user, uid, account))
			return BUDGET_CALLER;
	}
	return uid == 0 ? BUDGET_ROOT : BUDGET_ORDINARY;
}

static bool may_begin(struct connection *connection)
{
	struct refusal_facts facts = { 0 };

	if (connection->brake)
		return true;
	for (size_t i = 0; i < sizeof(begin_methods) / sizeof(begin_methods[0]); i++) {
		if (strcmp(connection->request.method->name, begin_methods[i]) != 0)
			continue;
		facts.retry_after_seconds =
			budget_begin(connection->member.budget, connection_now_ms(connection));
		if (facts.retry_after_seconds == 0)
			continue;
		call_refuse(&connection->call, STEPUP_THROTTLED, "Too many questions are open from this "
			"account. Nothing was approved. Try again in a minute.", &facts);
		return false;
	}
	return true;
}

static void on_account(void *context, enum stepup_error result, const struct account *account)
{
	struct connection *connection = context;
	struct call *call = &connection->call;

	if (connection->fd < 0) {
		connection_answer(connection, NULL, 0, true);
		return;
	}
	if (result != STEPUP_OK) {
		call_refuse(call, STEPUP_UNAVAILABLE, "Could not look up who is asking, so nothing was "
			"approved. You did nothing wrong. Try again in a minute. [account lookup "
			"failed]", NULL);
		return;
	}
	connection->account = account_keep(account);
	call->peer.account = account->name;
	call->parameters = connection->request.parameters;
	call->more = connection->request.more;
	budget_set_named(connection->server->budgets, connection->member.budget, account->name != NULL,
		connection_now_ms(connection));
	if (connection->policy_generation != connection->server->policy_generation) {
		connection->policy_generation = connection->server->policy_generation;
		budget_set_rank(connection->server->budgets, connection->member.budget,
			rank_of(call->verifier->policy, call->peer.uid, account->name));
	}
	if (may_begin(connection))
		connection->request.handler(call);
}

void connection_message(struct connection *connection, const char *text, size_t size)
{
	struct door_request *request = &connection->request;
	enum door_verdict verdict = door_read(connection->door, text, size, request);
	char *frame = request->answer;

	if (!connection->brake && verdict == DOOR_CALL && connection_is_brake(connection, request))
		connection->brake = budget_brake(connection->member.budget, connection_now_ms(connection));
	if (!connection->brake)
		budget_charge(connection->member.budget, BUDGET_CALL_COST, connection_now_ms(connection));
	connection->state = CONNECTION_CALLING;
	connection->server->busy++;
	if (verdict == DOOR_CALL && connection->member.narrow && !connection->brake) {
		connection_answer(connection, NULL, 0, true);
		return;
	}
	if (verdict == DOOR_CALL) {
		account_by_uid(connection->server->verifier->accounts, connection->call.peer.uid, on_account,
			connection);
		return;
	}
	size = request->answer_size;
	request->answer = NULL;
	connection_answer(connection, verdict == DOOR_CLOSE ? NULL : frame, size, verdict != DOOR_ANSWER);
}

/* --- reading --- */

/* What is left of an unfinished message: counts, and its time runs from when it began. */
static void connection_wait(struct connection *connection, bool new_message)
{
	size_t left = connection->frames.length;

	if (!budget_hold(connection->member.budget, connection->held, left)) {
		connection_end(connection);
		return;
	}
	if (new_message || (connection->held == 0 && !connection->owing))
		connection->since_ms = connection_now_ms(connection);
	connection->held = left;
	if (left == 0 && connection->frames.capacity > KEPT_ROOM)
		/* one long message is no reason to keep as much room ever after */
		frame_reader_clear(&connection->frames);
	if (connection->owing)
		connection_brake(connection);
	else
		connection_poll(connection, UV_READABLE);
}

static bool is_held_back(const struct connection *connection)
{
	return connection->member.narrow ||
		budget_in_debt(connection->member.budget, connection_now_ms(connection));
}

/* Takes whole messages, one after the other, until one is under way or none is whole. */
static void connection_next(struct connection *connection)
{
	bool new_message = false;

	connection->handling = true;
	while (connection->fd >= 0 && connection->state == CONNECTION_READING) {
		enum stepup_error result;
		char *text = NULL;
		size_t size = 0;

		connection->owing = is_held_back(connection);
		if (connection->owing)
			break;
		result = frame_reader_next(&connection->frames, &text, &size);
		if (result == STEPUP_NOT_FOUND)
			break;
		if (result != STEPUP_OK) {
			connection_end(connection);
			break;
		}
		new_message = true;
		connection_message(connection, text, size);
		wipe_free_string(&text);
	}
	connection->handling = false;
	if (connection->fd >= 0 && connection->state == CONNECTION_READING)
		connection_wait(connection, new_message);
}

static void connection_refuse_message(struct connection *connection)
{
	size_t size = 0;
	char *frame = door_bad_message(&size);

	connection->state = CONNECTION_CALLING;
	connection->server->busy++;
	connection_answer(connection, frame, size, true);
}

/* recv, not recvmsg: descriptors that a peer sends along are dropped by the kernel. */
static void connection_read(struct connection *connection)
{
	struct server *server = connection->server;
	enum stepup_error result;
	ssize_t n;

	if (connection->state != CONNECTION_READING) {
		/* sent ahead: it waits in the socket until the answer is out */
		connection_poll(connection, 0);
		return;
	}
	connection->owing = is_held_back(connection);
	if (connection->owing) { /* before a byte of it is read */
		connection_brake(connection);
		return;
	}
	n = recv(connection->fd, server->read_buffer, sizeof(server->read_buffer), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
		connection_poll(connection, UV_READABLE);
		return;
	}
	if (n <= 0) {
		connection_end(connection);
		return;
	}
	budget_charge(connection->member.budget, (size_t)n, connection_now_ms(connection));
	result = frame_reader_feed(&connection->frames, server->read_buffer, (size_t)n);
	wipe_memory(server->read_buffer, (size_t)n);
	if (result == STEPUP_OK)
		connection_next(connection);
	else if (result == STEPUP_TOO_LONG)
		connection_refuse_message(connection);
	else
		connection_end(connection);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct connection *connection = poll->data;

	if (status < 0)
		connection_end(connection);
	else if ((events & UV_WRITABLE) != 0 && connection->out != NULL)
		connection_write(connection);
	else if ((events & UV_DISCONNECT) != 0 &&
	    (connection->state != CONNECTION_READING || connection_is_hung_up(connection)))
		connection_end(connection);
	else if ((events & UV_DISCONNECT) != 0)
		connection_poll(connection, 0); /* said all it has to say: that waits in the socket */
	else if ((events & UV_READABLE) != 0)
		connection_read(connection);
}

/* --- the beginning, and time --- */

void connection_start(struct server *server, const struct door *door, int fd, const struct peer *peer,
	connection_place *place)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (connection == NULL ||
	    !place(server->budgets, peer->uid, (int64_t)uv_now(server->verifier->loop),
		    &connection->member)) {
		free(connection);
		(void)close(fd);
		return;
	}
	if (uv_poll_init(server->verifier->loop, &connection->poll, fd) != 0) {
		budget_disconnect(server->budgets, &connection->member);
		free(connection);
		(void)close(fd);
		return;
	}
	connection->poll.data = connection;
	connection->server = server;
	connection->door = door;
	connection->fd = fd;
	connection->policy_generation = server->policy_generation - 1;
	connection->call.verifier = server->verifier;
	connection->call.peer = *peer;
	connection->since_ms = connection_now_ms(connection);
	frame_reader_init(&connection->frames, FRAME_SIZE_MAX);
	connection->next = server->connections;
	if (connection->next != NULL)
		connection->next->previous = connection;
	server->connections = connection;
	server->handles++;
	server_name(server, connection->member.budget, peer->uid);
	connection_read(connection); /* most callers have written by now: saves a turn of the loop */
}

void connection_paid_for(struct connection *connection)
{
	if (connection->fd >= 0 && connection->owing && connection->state == CONNECTION_READING &&
	    !connection->handling)
		connection_next(connection);
}

/* The loop may have stood still (a disk that hangs, a machine that sleeps): what came meanwhile is in the
 * socket, and counts. */
static bool connection_moves(struct connection *connection)
{
	int64_t since_ms = connection->since_ms;

	if (connection->state == CONNECTION_READING)
		connection_read(connection);
	else
		connection_write(connection);
	return connection->fd < 0 || connection->since_ms != since_ms ||
		connection->state == CONNECTION_CALLING;
}

void connection_tick(struct connection *connection, int64_t now)
{
	int64_t limit = SERVER_MESSAGE_SECONDS;
	bool idle;

	if (connection->state == CONNECTION_READING && connection->member.narrow && !connection->braked &&
	    now - connection->since_ms >= NARROW_SECONDS * 1000) {
		connection_end(connection);
		return;
	}
	if (connection->state == CONNECTION_READING && connection->owing) {
		connection_next(connection);
		if (connection->fd < 0 || !connection->member.narrow)
			return;
	}
	if (connection->state == CONNECTION_CALLING && connection->out == NULL)
		return;
	idle = connection->state == CONNECTION_READING && connection->held == 0;
	if (idle && !LIST_EMPTY(&connection->bonds)) /* which last for so long, and no longer */
		return;
	if (idle)
		limit = SERVER_IDLE_SECONDS;
	if (now - connection->since_ms >= limit * 1000 && !connection_moves(connection))
		connection_end(connection);
}
