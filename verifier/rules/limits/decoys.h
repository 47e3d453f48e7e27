/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guess windows for names that have no record, so that guessing at them is slowed down after as many
 * tries as guessing at an employee: otherwise the throttle would tell who is enrolled. In memory: a
 * restart forgets them.
 * MUST: find each name by a keyed digest of its own, so that nobody makes two names meet; let no name push
 * out another whose failures still count.
 * Layer: verifier/rules/limits/. The writer's side only.
 */
#ifndef STEPUP_VERIFIER_DECOYS_H
#define STEPUP_VERIFIER_DECOYS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/error.h"
#include "lib/evidence/digest.h"
#include "verifier/state/records/user_record.h"

#define DECOYS_MAX 65536 /* names at once; about 16 MiB where somebody has invented so many within a day */

struct decoys;
struct decoys *decoys_new(void); /* NULL where there is no memory */
void decoys_free(struct decoys **decoys);

/* The guesses at the name with this keyed digest; none where it has no window. */
void decoys_find(const struct decoys *decoys, const uint8_t name[DIGEST_SIZE], struct guess_state *guesses);

/* Keeps what they are now; a name succeeds nowhere, so its known sources are left out. Where there
 * are DECOYS_MAX names, the one that was guessed at longest ago goes, if none of its failures counts
 * any more at `now` (seconds since 1970). STEPUP_TOO_LONG where they all count, STEPUP_NO_MEMORY:
 * this one is not kept. */
enum stepup_error decoys_keep(struct decoys *decoys, const uint8_t name[DIGEST_SIZE],
	const struct guess_state *guesses, int64_t now);

size_t decoys_count(const struct decoys *decoys);

#endif
