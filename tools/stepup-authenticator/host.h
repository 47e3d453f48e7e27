/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whoever started this program: the request on standard input, questions and the result on standard output,
 * JSON objects ended by a NUL each (lib/client/authenticator.c is the other end).
 * MUST: take a request only as its table says; wipe whatever carried a PIN; notice that the
 * other end has gone.
 * Layer: tools/stepup-authenticator/, jansson.
 */
#ifndef STEPUP_TOOLS_STEPUP_AUTHENTICATOR_HOST_H
#define STEPUP_TOOLS_STEPUP_AUTHENTICATOR_HOST_H

#include <jansson.h>
#include <stdbool.h>

#include "lib/client/authenticator.h"
#include "lib/wire/frame.h"

struct host {
	int fd;
	struct frame_reader reader;
	struct deadline deadline; /* a little before the host's own, so that a key can still be told and the
				     reason said */
	json_t *request;	  /* as the table of its operation says */
	enum authenticator_operation operation;
};

/* Reads the request, into a zeroed `host`. AUTHENTICATOR_BROKEN where it is none. */
enum authenticator_code host_open(struct host *host, int fd);
void host_close(struct host *host);

/* So long from now, or the host's deadline where that is sooner: each peer has one of its own. */
struct deadline host_own_deadline(const struct host *host, int64_t milliseconds);

/* Says that a key waits to be touched: `id` is the credential's or key's, NULL where not known; or several
 * keys wait. */
enum authenticator_code host_touch(struct host *host, const char *id, bool several);

/* Asks for a PIN; the caller wipes and frees it. AUTHENTICATOR_GIVEN_UP, AUTHENTICATOR_TIMED_OUT. `tries` -1:
 * not known. */
enum authenticator_code host_pin(struct host *host, const char *id, int tries, bool again, char **pin);

/* The last word: a result, which is taken over, or why there is none. `tries` is said where it isn't
 * negative. */
void host_result(struct host *host, json_t *result);
void host_failure(struct host *host, enum authenticator_code code, int tries);

#endif
