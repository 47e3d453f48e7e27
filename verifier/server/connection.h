/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection: reads messages, hands calls to the door, writes answers. It outlives its socket while a
 * call of it is under way, so that a handler can always answer.
 * Layer: verifier/server/; of server.c, connection.c, connection_brake.c and call.c only.
 */
#ifndef STEPUP_VERIFIER_CONNECTION_H
#define STEPUP_VERIFIER_CONNECTION_H

#include <stdbool.h>
#include <uv.h>

#include "lib/wire/frame.h"
#include "verifier/server/budget.h"
#include "verifier/server/door.h"
#include "verifier/server/server.h"

#define READ_SIZE 65536

struct connection;

struct listener {
	uv_poll_t poll;
	struct server *server;
	const struct door *door;
	struct listener *next;
	int fd;
};

struct server {
	struct verifier *verifier;
	struct budgets *budgets;
	struct listener *listeners;
	struct connection *connections; /* those with a socket */
	size_t busy, handles;
	unsigned policy_generation;
	server_room *room;
	size_t naming;                  /* lookups under way of who connected */
	int reserve_fd;                 /* given up to accept and close when there are no more descriptors */
	bool stopping;
	char read_buffer[READ_SIZE];    /* wiped after each read */
};

enum connection_state {
	CONNECTION_READING,
	CONNECTION_CALLING, /* a call is with its handler, or its peer's account is being looked up */
	CONNECTION_WRITING, /* what didn't fit the socket at once */
};

struct connection {
	uv_poll_t poll;
	struct server *server;
	const struct door *door;
	struct budget_member member;
	struct connection *next, *previous;
	int fd; /* -1: gone */
	enum connection_state state;
	int poll_events;         /* what is being waited for */
	bool handling;           /* in the loop over messages */
	bool owing;              /* nothing but a brake is read until the uid's debt is paid */
	bool braked;             /* in a place for brakes: one was served */
	bool brake;              /* the call under way is one, and paid as one */
	bool closing;            /* closes when the answer is out */
	bool handle_closed;
	unsigned policy_generation; /* under which the rank was found */
	int64_t since_ms;        /* of the message begun, the answer being written, or the last activity */
	size_t held;             /* bytes of an unfinished message, as the budget has them */
	struct frame_reader frames;
	struct call call;
	const struct account *account;
	struct door_request request;
	LIST_HEAD(, call_bond) bonds; /* what ends with it */
	char *out;               /* what is still to be written */
	size_t out_size, out_sent;
};

#define BRAKE_SIZE_MAX 4096       /* bytes of a brake's message, which is read in whatever debt */
#define NARROW_SECONDS 2          /* for a brake to arrive in a place that is for brakes */

/* What a connection shows before anything is read from it. */
enum connection_look {
	LOOK_NOTHING, /* nothing yet */
	LOOK_PART,    /* the beginning of something that may be short */
	LOOK_BRAKE,
	LOOK_OTHER,
	LOOK_GONE,    /* nothing, and nothing will come */
};
enum connection_look connection_look(struct server *server, const struct door *door, int fd, uid_t uid);

/* Asks the directory whether a uid has an account, so that it pays for itself; server.c. */
void server_name(struct server *server, struct budget *budget, uid_t uid);

/* How a new one gets its place. */
typedef bool connection_place(struct budgets *all, uid_t uid, int64_t now_ms, struct budget_member *member);

/* Takes an accepted socket; closes it where that fails. */
void connection_start(struct server *server, const struct door *door, int fd, const struct peer *peer,
	connection_place *place);

/* What its uid pays with has changed: it may have something to read by now. */
void connection_paid_for(struct connection *connection);

/* In debt, or in a place for brakes: takes a brake from the socket and serves it, and leaves all else there;
 * then it only looks whether the peer is still there, until the tick. */
void connection_brake(struct connection *connection);

/* Whether a call is one that is served in any debt. */
bool connection_is_brake(const struct connection *connection, const struct door_request *request);

/* Whether the peer has closed its end, and not only said that it has said all. */
bool connection_is_hung_up(const struct connection *connection);

/* Waits for these of libuv's events on the socket, and for no others. */
void connection_poll(struct connection *connection, int events);

/* A whole message, without its NUL: on to its handler, or to an answer at once. */
void connection_message(struct connection *connection, const char *text, size_t size);

/* The connection of a budget's member; and whether it may be ended for another: nothing of it is under way;
 * it is in a place for brakes where none came yet; nothing of it is under way and its peer has gone. */
struct connection *connection_of_member(const struct budget_member *member);
bool connection_may_go(const struct budget_member *member);
bool connection_is_vacant(const struct budget_member *member);
bool connection_is_gone(const struct budget_member *member);

/* Sends an answer, whose frame it takes over, and goes on with the next message, or closes. NULL closes. */
void connection_answer(struct connection *connection, char *frame, size_t size, bool then_close);

/* The call under way may take long: from now on a peer that goes away is noticed. */
void connection_watch(struct connection *connection);

/* Sends one of several replies while the call goes on; takes the frame over. False where the one before
 * hasn't gone yet, or nobody is there. */
bool connection_stream(struct connection *connection, char *frame, size_t size);

/* Ends it now; an answer that comes later is dropped. */
void connection_end(struct connection *connection);

/* Its part of the server's tick. */
void connection_tick(struct connection *connection, int64_t now_ms);

/* Ends the loop's run where the server is stopping and this was the last call under way. */
void server_when_idle(struct server *server);

/* The connection that a call belongs to, NULL where it was answered already. */
struct connection *connection_of(struct call *call);

#endif
