/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a person sits while a call is made for them: in a console's session, which its caller names, or at a
 * terminal, which the kernel knows. Two calls from one sitting have the same digest; a call that can't be
 * told from others has none, and nothing is fresh for it.
 * Layer: verifier/doors/calls/.
 */
#ifndef STEPUP_VERIFIER_SITTING_H
#define STEPUP_VERIFIER_SITTING_H

#include <stdbool.h>

#include "lib/evidence/digest.h"
#include "verifier/server/call.h"
#include "verifier/state/records/user_record.h"

#define SITTING_SESSION_MIN 22 /* characters of a console's STEPUP_SESSION: 128 bits in base64 */

/* The call's `session`, hashed; all zero where it names none. */
enum stepup_error sitting_session(const struct call *call, uint8_t digest[DIGEST_SIZE]);

/* Its sitting. False where there is none: a session of fewer than SITTING_SESSION_MIN characters, no
 * terminal, or one that is the caller's and not (`own`) the person's. */
bool sitting_of(const struct call *call, bool own, uint8_t sitting[DIGEST_SIZE]);

/* Where the call comes from, as a second person's must not: the session that a console names; of who asks for
 * themselves (`own`) the login that their process came from, so that becoming somebody else at the same
 * terminal is no second person, and only where the kernel has none, a session. All zero for neither. */
enum stepup_error sitting_from(const struct call *call, bool own, uint8_t from[DIGEST_SIZE]);

/* Where guesses and requests come from: what a caller that acts for others says of the place (the
 * call's `rhost`), else the caller itself; always that for `own`, but of root: its programs ask for
 * root as sshd does. */
enum stepup_error sitting_source(const struct call *call, bool own, uint8_t source[GUESS_SOURCE_SIZE]);

/* Where a call comes from, as far as strangers who begin much are to be told from whoever begins little: the
 * session or remote host that a caller names; of root's programs on this host the login that they came from,
 * else the terminal that they name. All zero where none of that is known, and for `own`. */
enum stepup_error sitting_place(const struct call *call, bool own, uint8_t place[DIGEST_SIZE]);

/* All places that a person who enrols may be said to sit in, at most SITTING_SOURCES_MAX: where the call
 * comes from; and of somebody at a shell, this host as root's programs have it (sudo), and the host that
 * their session came from (sshd). None for root, who enrols others. */
#define SITTING_SOURCES_MAX 3
enum stepup_error sitting_sources(const struct call *call, bool own,
	uint8_t sources[SITTING_SOURCES_MAX][GUESS_SOURCE_SIZE], size_t *count);

#endif
