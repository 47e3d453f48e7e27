/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server under the doors: listening sockets, connections, budgets, deadlines. One call at a time per
 * connection; nothing is read while one is under way, so a peer that sends ahead waits in its own socket.
 * MUST: take the peer's identity from the kernel alone; receive no file descriptor; never block the loop.
 * Layer: verifier/server/.
 */
#ifndef STEPUP_VERIFIER_SERVER_H
#define STEPUP_VERIFIER_SERVER_H

#include <uv.h>

#include "verifier/server/call.h"

#define SERVER_MESSAGE_SECONDS 10 /* to complete a message that has begun, and to take a reply */
#define SERVER_IDLE_SECONDS 150   /* between messages: longer than a step-up lives */

struct server;

/* `connections`: how many there may be in all. Uses the verifier's loop, policy and accounts. */
enum stepup_error server_new(struct verifier *verifier, size_t connections, struct server **server);

/* Who is asked for room where root or a configured caller, each of whom speaks for many, has as many
 * connections as it may: hangs up on one of the uid's, or returns false, and then whoever comes is turned
 * away. Without one (NULL) nobody is asked. */
typedef bool server_room(struct verifier *verifier, uid_t uid);
void server_set_room(struct server *server, server_room *room);

/* Serves a door on a listening, non-blocking unix socket, which becomes the server's to close. */
enum stepup_error server_listen(struct server *server, int fd, const struct door *door);

/* Deadlines, debts, forgotten uids; called once a second. */
void server_tick(struct server *server);

/* Ranks are taken from the policy again, after a reload. */
void server_policy_changed(struct server *server);

/* Stops listening and reading; idle connections close now, others once their call is answered. */
void server_stop(struct server *server);

/* Calls under way. */
size_t server_busy(const struct server *server);

/* After server_stop: closes what is left. The loop must run once more for what it holds, then server_free. */
void server_close(struct server *server);
void server_free(struct server **server);

#endif
