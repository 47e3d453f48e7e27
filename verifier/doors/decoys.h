/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guess windows for names that have no record, so that guessing at them is throttled after as many tries as guessing at an employee:
 * otherwise the throttle would tell who is enrolled. In memory, bounded; a name that was crowded out starts afresh.
 * Layer: verifier/doors/. The writer's side only.
 */
#ifndef STEPUP_VERIFIER_DECOYS_H
#define STEPUP_VERIFIER_DECOYS_H

#include "lib/digest.h"
#include "verifier/state/user_record.h"

#define DECOY_SLOTS 256

struct decoy {
	uint8_t name[DIGEST_SIZE]; /* keyed digest */
	struct guess_state guesses;
};

struct decoys {
	struct decoy slots[DECOY_SLOTS];
};

/* The window of the name with this keyed digest; never NULL. */
struct guess_state *decoy_guesses(struct decoys *decoys, const uint8_t name[DIGEST_SIZE]);

#endif
