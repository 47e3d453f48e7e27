/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a store that left another place may go on at this one without a new epoch, by what this place
 * remembers of it: pure, so that every case can be put to it.
 * MUST: take none that went on here after it left; take none that this place's past is no part of.
 * Layer: verifier/state/. libc only.
 */
#ifndef STEPUP_VERIFIER_MOVE_CHECK_H
#define STEPUP_VERIFIER_MOVE_CHECK_H

#include <stdbool.h>

#include "verifier/state/vault/head.h"

struct move_question {
	const char *witness;		/* who remembers: "the mark /…", "the store /…" */
	const struct store_head *left;	/* the file's: the head with which it left */
	const struct store_head *known; /* the witness's newest of the same store */
	bool known_fits; /* the file's log had that head's tag when it was as long as that head says */
};

/* STEPUP_OK, or STEPUP_CORRUPT with a sentence that says what was found, what did not happen, and what to do
 * next (the caller frees). Taken are what is older and lies in the file's past, the very head with which it
 * left, and what an earlier restoring of the same file left here, as long as no verifier went on from that.
 */
enum stepup_error move_check(const struct move_question *question, char **why);

#endif
