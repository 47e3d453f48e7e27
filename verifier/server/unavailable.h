/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The doors while the verifier can't serve: every call is answered with Unavailable, so that nobody waits for
 * an answer that doesn't come and nobody takes the silence for anything else.
 * MUST: answer nothing but Unavailable; hold no byte of what is sent; look nobody up.
 * Layer: verifier/server/, with the loop and the sockets and nothing of a verifier.
 */
#ifndef STEPUP_VERIFIER_UNAVAILABLE_H
#define STEPUP_VERIFIER_UNAVAILABLE_H

#include <uv.h>

#include "verifier/server/sockets.h"

#define UNAVAILABLE_CALLERS_MAX 256 /* at a time; one more is hung up on */

struct unavailable;

/* Begins to answer on all sockets that are open, which stay the caller's. STEPUP_NO_MEMORY. */
enum stepup_error unavailable_open(uv_loop_t *loop, const struct sockets *sockets,
	struct unavailable **unavailable);

/* Ends it and hangs up on whoever has not asked anything yet. Runs the loop until nothing of
 * it is left there. */
void unavailable_close(struct unavailable **unavailable);

#endif
