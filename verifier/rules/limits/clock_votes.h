/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the codes of many people are right for the same other time: then it is rather this host's
 * clock that is wrong.
 * MUST: count each person once; say nothing that one person's codes could bring about.
 * Layer: verifier/rules/limits/. Memory only; the writer side's alone.
 */
#ifndef STEPUP_VERIFIER_CLOCK_VOTES_H
#define STEPUP_VERIFIER_CLOCK_VOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verifier/state/records/user_record.h"

#define CLOCK_VOTES_SEEN 32              /* people who are remembered, the newest */
#define CLOCK_VOTES_PEOPLE 4             /* of whom so many at least are off the same way */
#define CLOCK_VOTES_SECONDS (30 * 60)
#define CLOCK_VOTES_AGAIN_SECONDS 3600   /* is said once in so long */

struct clock_seen {
	uint8_t user_id[USER_ID_SIZE];
	int64_t at;
	int64_t off; /* seconds, negative for behind; 0 for a code that was right */
};

struct clock_votes {
	struct clock_seen seen[CLOCK_VOTES_SEEN];
	size_t count;
	int64_t told; /* 0 for never */
};

/* Notes what somebody's code was right for. Whether it is to be said now that this host's clock may be
 * wrong: so many people are off the same way within half an hour, and at most half as many are not.
 * `*people` is how many. */
bool clock_votes_note(struct clock_votes *watch, const uint8_t user_id[USER_ID_SIZE], int64_t off,
	int64_t now, size_t *people);

#endif
