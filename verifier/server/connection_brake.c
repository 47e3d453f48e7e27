/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a connection is served while its uid owes: brakes, taken from the socket one by one, and nothing else.
 * And which connections may go for another.
 * MUST: read no byte of anything else; serve no more brakes than the budget has.
 */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/base/wipe.h"
#include "verifier/server/connection.h"
#include "verifier/verifier.h"

static bool is_brake(struct server *server, const struct door *door, uid_t uid,
	const struct door_request *request)
{
	return door->brake != NULL &&
		door->brake(server->verifier, uid, request->method->name, request->parameters);
}

bool connection_is_brake(const struct connection *connection, const struct door_request *request)
{
	return is_brake(connection->server, connection->door, connection->call.peer.uid, request);
}

/* The length of a whole message at the head of some bytes, with its NUL; 0 where there is none. */
static size_t whole_message(const char *bytes, size_t size)
{
	const char *end = memchr(bytes, '\0', size);

	return end == NULL ? 0 : (size_t)(end - bytes) + 1;
}

/* Whether the message in the server's buffer is a brake. */
static bool reads_as_brake(struct server *server, const struct door *door, uid_t uid, size_t size)
{
	struct door_request request;
	bool brake = door_read(door, server->read_buffer, size, &request) == DOOR_CALL &&
		is_brake(server, door, uid, &request);

	door_request_clear(&request);
	return brake;
}

enum connection_look connection_look(struct server *server, const struct door *door, int fd, uid_t uid)
{
	ssize_t n = recv(fd, server->read_buffer, BRAKE_SIZE_MAX, MSG_PEEK | MSG_DONTWAIT);
	enum connection_look look = LOOK_OTHER;
	size_t size;

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) ? LOOK_NOTHING
			: LOOK_GONE;
	size = whole_message(server->read_buffer, (size_t)n);
	if (size == 0 && n < BRAKE_SIZE_MAX)
		look = LOOK_PART;
	if (size > 0 && door->brake != NULL && reads_as_brake(server, door, uid, size - 1))
		look = LOOK_BRAKE;
	wipe_memory(server->read_buffer, (size_t)n);
	return look;
}

bool connection_is_hung_up(const struct connection *connection)
{
	struct pollfd end = { .fd = connection->fd };

	return poll(&end, 1, 0) == 1 && (end.revents & (POLLHUP | POLLERR)) != 0;
}

void connection_brake(struct connection *connection)
{
	struct server *server = connection->server;
	enum connection_look look = LOOK_OTHER;
	size_t size;
	ssize_t n;

	if (connection->frames.length == 0)
		look = connection_look(server, connection->door, connection->fd, connection->call.peer.uid);
	if (look == LOOK_GONE || (connection->member.narrow && look == LOOK_OTHER)) {
		connection_end(connection);
		return;
	}
	if (look != LOOK_BRAKE ||
	    !budget_brake(connection->member.budget, (int64_t)uv_now(connection->server->verifier->loop))) {
		connection_poll(connection, look == LOOK_NOTHING ? UV_READABLE : UV_DISCONNECT);
		return;
	}
	n = recv(connection->fd, server->read_buffer, BRAKE_SIZE_MAX, MSG_PEEK | MSG_DONTWAIT);
	size = n > 0 ? whole_message(server->read_buffer, (size_t)n) : 0;
	if (size == 0 || recv(connection->fd, server->read_buffer, size, MSG_DONTWAIT) != (ssize_t)size) {
		connection_end(connection);
		return;
	}
	connection->since_ms = (int64_t)uv_now(connection->server->verifier->loop);
	connection->brake = connection->braked = true;
	connection_message(connection, server->read_buffer, size - 1);
	wipe_memory(server->read_buffer, size);
}

struct connection *connection_of_member(const struct budget_member *member)
{
	return (struct connection *)(void *)((char *)(uintptr_t)member - offsetof(struct connection, member));
}

bool connection_may_go(const struct budget_member *member)
{
	const struct connection *connection = connection_of_member(member);

	return !member->narrow && connection->fd >= 0 && connection->state == CONNECTION_READING;
}

bool connection_is_vacant(const struct budget_member *member)
{
	const struct connection *connection = connection_of_member(member);

	return member->narrow && connection->fd >= 0 && connection->state == CONNECTION_READING &&
		!connection->braked;
}

bool connection_is_gone(const struct budget_member *member)
{
	const struct connection *connection = connection_of_member(member);
	char byte;

	return connection_may_go(member) &&
		recv(connection->fd, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT) == 0;
}
