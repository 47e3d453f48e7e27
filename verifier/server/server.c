/* SPDX-License-Identifier: BSD-2-Clause */
/* Listening, accepting, ticking, stopping; see server.h. Connections are in connection.c. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "verifier/host/clock.h"
#include "verifier/server/connection.h"
#include "verifier/verifier.h"

#define NAMINGS_MAX 64      /* lookups of who connected: one more is made at its first call */
#define ACCEPTS_PER_TURN 64 /* then those already connected have their turn */

enum stepup_error server_new(struct verifier *verifier, size_t connections, struct server **server)
{
	struct server *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return STEPUP_NO_MEMORY;
	made->verifier = verifier;
	made->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	made->budgets = budgets_new(connections);
	if (made->budgets == NULL) {
		server_free(&made);
		return STEPUP_NO_MEMORY;
	}
	*server = made;
	return STEPUP_OK;
}

void server_set_room(struct server *server, server_room *room)
{
	server->room = room;
}

/* No descriptor left: hangs up on one caller rather than leave all of them, and this loop, waiting. */
static void hang_up_on_one(struct server *server, int listening)
{
	int fd;

	if (server->reserve_fd >= 0)
		(void)close(server->reserve_fd);
	fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		(void)close(fd);
	server->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* A lookup of who connected. */
struct account_naming {
	struct server *server;
	uid_t uid;
};

static void on_named(void *context, enum stepup_error result, const struct account *account)
{
	struct account_naming *naming = context;
	struct server *server = naming->server;
	struct budget *budget = budget_of(server->budgets, naming->uid);
	struct connection *connection, *next;

	server->naming--;
	free(naming);
	if (budget == NULL || result != STEPUP_OK)
		return;
	budget_set_named(server->budgets, budget, account->name != NULL,
		(int64_t)uv_now(server->verifier->loop));
	for (connection = server->connections; connection != NULL; connection = next) {
		next = connection->next;
		if (connection->member.budget == budget)
			connection_paid_for(connection);
	}
}

void server_name(struct server *server, struct budget *budget, uid_t uid)
{
	struct account_naming *naming;

	if (server->naming >= NAMINGS_MAX ||
	    !budget_wants_name(budget, (int64_t)uv_now(server->verifier->loop)))
		return;
	naming = malloc(sizeof(*naming));
	if (naming == NULL)
		return;
	*naming = (struct account_naming){ server, uid };
	server->naming++;
	account_by_uid(server->verifier->accounts, uid, on_named, naming);
}

static bool end_member(struct budget_member *member)
{
	if (member != NULL)
		connection_end(connection_of_member(member));
	return member != NULL;
}

/* Ends a connection for one more of this uid's; false where there is none that may go. One whose peer has
 * gone may be found so here before the loop has come to it. */
static bool make_place(struct server *server, uid_t uid, bool owes)
{
	if (!owes && end_member(budget_first(server->budgets, uid, connection_is_gone)))
		return true;
	return budget_unnamed_full(server->budgets, uid) &&
		end_member(budget_first(server->budgets, uid, connection_may_go));
}

/* For a uid that has as many as it may, or owes: NULL where it is turned away. What a peer shows by then
 * costs nothing but a look. */
static connection_place *server_place_of(struct listener *listener, int fd, uid_t uid)
{
	struct server *server = listener->server;
	int64_t now = (int64_t)uv_now(server->verifier->loop);
	bool room = budget_has_room(server->budgets, uid), owes = budget_owes(server->budgets, uid, now);
	enum connection_look look;

	if (room && !owes)
		return budget_connect;
	if (!room && server->room != NULL && budget_may_replace(server->budgets, uid))
		return server->room(server->verifier, uid) ? budget_replace : NULL;
	look = connection_look(server, listener->door, fd, uid);
	if (look == LOOK_GONE)
		return NULL;
	if (room)
		return budget_connect;
	if (make_place(server, uid, owes))
		return budget_replace;
	if (look == LOOK_OTHER)
		return NULL;
	if (!budget_has_narrow_room(server->budgets, uid) &&
	    end_member(budget_first(server->budgets, uid, connection_is_vacant)))
		return budget_replace_narrow;
	return budget_connect_narrow;
}

static void welcome(struct listener *listener, int fd)
{
	struct server *server = listener->server;
	socklen_t size = sizeof(struct ucred);
	connection_place *place = NULL;
	struct ucred credentials = { 0 };

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 ||
	    size != sizeof(credentials)) {
		(void)close(fd);
		return;
	}
	place = server_place_of(listener, fd, credentials.uid);
	if (place == NULL) {
		budget_turned_away(server->budgets, credentials.uid, (int64_t)uv_now(server->verifier->loop));
		(void)close(fd);
		return;
	}
	connection_start(server, listener->door, fd, &(struct peer){ .uid = credentials.uid,
			.gid = credentials.gid, .pid = credentials.pid, .connected_ms = clock_boot_ms() },
		place);
}

static void on_connect(uv_poll_t *poll, int status, int events)
{
	struct listener *listener = poll->data;

	(void)events;
	if (status < 0)
		return;
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0)
			welcome(listener, fd);
		else if (errno == EMFILE || errno == ENFILE)
			hang_up_on_one(listener->server, listener->fd);
		else if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

enum stepup_error server_listen(struct server *server, int fd, const struct door *door)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (listener == NULL || uv_poll_init(server->verifier->loop, &listener->poll, fd) != 0) {
		free(listener);
		(void)close(fd);
		return STEPUP_NO_MEMORY;
	}
	listener->poll.data = listener;
	listener->server = server;
	listener->door = door;
	listener->fd = fd;
	listener->next = server->listeners;
	server->listeners = listener;
	server->handles++;
	return uv_poll_start(&listener->poll, UV_READABLE, on_connect) == 0 ? STEPUP_OK : STEPUP_IO;
}

void server_tick(struct server *server)
{
	int64_t now = (int64_t)uv_now(server->verifier->loop);
	struct connection *connection = server->connections;

	while (connection != NULL) {
		struct connection *next = connection->next;

		connection_tick(connection, now);
		connection = next;
	}
	budgets_sweep(server->budgets, now);
}

void server_policy_changed(struct server *server)
{
	server->policy_generation++;
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct listener *listener = handle->data;

	listener->server->handles--;
	free(listener);
}

void server_stop(struct server *server)
{
	struct connection *connection = server->connections;

	server->stopping = true;
	while (server->listeners != NULL) {
		struct listener *listener = server->listeners;

		server->listeners = listener->next;
		uv_close((uv_handle_t *)&listener->poll, on_listener_closed);
		(void)close(listener->fd);
	}
	while (connection != NULL) {
		struct connection *next = connection->next;

		if (connection->state == CONNECTION_READING)
			connection_end(connection);
		connection = next;
	}
}

void server_when_idle(struct server *server)
{
	if (server->stopping && server->busy == 0)
		uv_stop(server->verifier->loop);
}

size_t server_busy(const struct server *server)
{
	return server->busy;
}

void server_close(struct server *server)
{
	while (server->connections != NULL)
		connection_end(server->connections);
}

void server_free(struct server **server)
{
	if (*server == NULL)
		return;
	budgets_free(&(*server)->budgets);
	if ((*server)->reserve_fd >= 0)
		(void)close((*server)->reserve_fd);
	free(*server);
	*server = NULL;
}
