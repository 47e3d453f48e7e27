/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many step-ups each person and each place has in a pool that many share, so that room is made where the
 * crowd is: who began most gives way, and whoever has one keeps it. Names and places are a stranger's to
 * invent, but not both at once: many names come from one place, many places are of one name.
 * Layer: verifier/doors/pending/. Pure.
 */
#ifndef STEPUP_VERIFIER_CROWD_H
#define STEPUP_VERIFIER_CROWD_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/evidence/digest.h"

#define CROWD_WEIGHT_SINGLE 2 /* of one whose person and place have no other */
#define CROWD_WEIGHT_FEW 16   /* and of one of no more than a person needs */

struct crowd;
struct crowd_count;

/* What one member counts in; all NULL for none. */
struct crowd_member {
	struct crowd_count *person, *place, *both;
};

/* NULL where there is no memory. */
struct crowd *crowd_new(void);

/* All members must have left. */
void crowd_free(struct crowd **crowd);

/* Counts one more of this person and place in a pool, which is named by two numbers. STEPUP_NO_MEMORY,
 * STEPUP_TOO_LONG (no name of a user), STEPUP_INTERNAL; then nothing is counted. */
enum stepup_error crowd_join(struct crowd *crowd, const uint32_t pool[2], const char *person,
	const uint8_t place[DIGEST_SIZE], struct crowd_member *member);

/* Counts it no more, and clears it. */
void crowd_leave(struct crowd_member *member);

/* How many this person has from this place. */
size_t crowd_share(const struct crowd_member *member);

/* How crowded it is around one: what its person has, and what its place has. */
size_t crowd_weight(const struct crowd_member *member);

#endif
