/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a call at a door: one JSON text in, a checked call or a ready answer out. Knows the door's method
 * table and org.varlink.service; whatever isn't exactly as a table says is answered with varlink's own
 * errors, naming the field, and the connection then closes. A method or an interface that isn't there is
 * told, and the connection goes on: a client of another version asks like that.
 * Layer: verifier/server/. Pure: no socket, no clock.
 */
#ifndef STEPUP_VERIFIER_DOOR_H
#define STEPUP_VERIFIER_DOOR_H

#include <stdbool.h>
#include <stddef.h>

#include "verifier/server/call.h"

enum door_verdict {
	DOOR_CALL,   /* a call for the handler */
	DOOR_ANSWER, /* answered: send, and go on */
	DOOR_REFUSE, /* answered: send, and close */
	DOOR_CLOSE,  /* no memory even for an answer: close */
};

struct door_request {
	json_t *message;          /* owned; holds the parameters */
	const json_t *parameters;
	const struct method *method;
	call_handler *handler;
	bool more;                /* the caller takes several replies */
	bool oneway;              /* the caller takes none, whatever comes of it */
	char *answer;             /* DOOR_ANSWER, DOOR_REFUSE: a whole frame, owned, with its NUL */
	size_t answer_size;
};

/* Whether each method of the door's interface has one row with a handler, and no other row is there. Where
 * not, STEPUP_INTERNAL with a sentence in `*why` (the caller frees; NULL where there is no memory for it). A
 * verifier serves no door that was not checked. */
enum stepup_error door_check(const struct door *door, char **why);

/* Reads one message. Clear the request whatever comes back. */
enum door_verdict door_read(const struct door *door, const char *text, size_t size,
	struct door_request *request);
void door_request_clear(struct door_request *request);

/* What a message that is no message gets: too long, for one. */
char *door_bad_message(size_t *size);

/* A reply, or an error where `error` (its full name) isn't NULL, as a whole frame with its NUL; the caller
 * wipes and frees. `continues`: others follow. `parameters` is borrowed. NULL where there is no memory or the
 * answer would pass FRAME_REPLY_SIZE_MAX. */
char *door_frame(const char *error, const json_t *parameters, bool continues, size_t *size);

#endif
