/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection to one of the verifier's sockets: varlink calls with one deadline, for the module and the
 * tools.
 * MUST: refuse a server that isn't root or the owner of the socket's folder (SO_PEERCRED); use poll,
 * MSG_NOSIGNAL, SOCK_CLOEXEC; never touch signals; work for file descriptors above 1024; believe nothing
 * that isn't a whole, well-formed reply.
 * Layer: lib/wire/, jansson.
 */
#ifndef STEPUP_LIB_VERIFIER_CLIENT_H
#define STEPUP_LIB_VERIFIER_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

#include "lib/base/deadline.h"
#include "lib/base/error.h"

struct verifier_client;

/* What the verifier said instead of a reply. */
struct verifier_refusal {
	enum stepup_error error;
	char *message;		     /* a sentence for the person, safe to show; NULL where there is none */
	char *reference;	     /* "L-83", NULL where there is none */
	char *detail;		     /* which detail BadDetails is about, NULL where not said */
	char *request;		     /* "R-…", that waits for a second person; NULL where none does */
	json_t *approvers;	     /* texts: who can agree to it; NULL where not said */
	int64_t expires;	     /* until when, seconds since 1970; -1 where not said */
	int64_t tries_left;	     /* -1 where not said */
	int64_t retry_after_seconds; /* -1 where not said */
};

void verifier_refusal_clear(struct verifier_refusal *refusal);

/* Connects. STEPUP_UNREACHABLE, STEPUP_UNSAFE_FILE (wrong server), STEPUP_TIMEOUT. `path` NULL: the door's
 * usual place. */
enum stepup_error verifier_client_open(
	const char *path, struct deadline deadline, struct verifier_client **client);

/* Closes, wipes, frees, sets NULL. */
void verifier_client_close(struct verifier_client **client);

/* Calls "io.stepup.Verify1.Begin" or the like; takes over `parameters`, and wipes their texts. STEPUP_OK:
 * `*reply` is the caller's to free (its texts checked against nothing but JSON: use message_check). A
 * refusal's error is returned, with the words in `refusal` (zeroed or used before; STEPUP_INVALID where the
 * verifier doesn't take a parameter); refusal->error is STEPUP_OK otherwise. After any other error the
 * connection is of no more use: STEPUP_UNREACHABLE, STEPUP_TIMEOUT, STEPUP_NO_MEMORY, STEPUP_TOO_LONG (the
 * call), STEPUP_IO (not a whole, well-formed reply). Where the verifier hung up between two calls, it
 * connects again first. */
enum stepup_error verifier_client_call(struct verifier_client *client, const char *method, json_t *parameters,
	struct deadline deadline, json_t **reply, struct verifier_refusal *refusal);

/* The same for a method with several replies: each goes to `each`, which may keep none of it and returns
 * false to stop. STEPUP_OK where `each` stopped, and then the connection is of no more use, or after the last
 * one. `deadline` is that of each single reply. */
enum stepup_error verifier_client_follow(struct verifier_client *client, const char *method,
	json_t *parameters, struct deadline (*deadline)(void),
	bool (*each)(void *context, const json_t *reply), void *context, struct verifier_refusal *refusal);

#endif
