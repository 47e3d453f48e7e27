/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A store that moves: it leaves this place in a file, or arrives at it in one. Both with the verifier
 * stopped, by whom the store belongs to; prints nothing.
 * MUST: let no store leave that a start would refuse; let it leave only once somebody has the whole file
 * durably; have it go
 * on here only where what this place remembers doesn't say that it did already.
 * Layer: verifier/upkeep/.
 */
#ifndef STEPUP_VERIFIER_MOVING_H
#define STEPUP_VERIFIER_MOVING_H

#include <stdbool.h>

#include "verifier/state/vault/head.h"
#include "verifier/state/vault/mark.h"
#include "verifier/state/vault/master_key.h"

struct moving_place {
	const char *store, *mark; /* paths */
	const struct master_key *key;
};

/* Who takes the file's bytes from a descriptor: STEPUP_OK once all of them are durable where they go. */
struct moving_carrier {
	enum stepup_error (*carry)(void *context, int copy);
	void *context;
};

/* Hands the carrier the store as one that left, and then has the store here say the same. `file` is what the
 * log and the next start here call the place where it goes on. `*left` is the head that both have; on an
 * error before the carrier is done nothing was changed here. One that has left already may leave again.
 * Sentences go to `*why` (the caller frees; may stay NULL).
 */
enum stepup_error moving_leave(const struct moving_place *place, const char *file,
	const struct moving_carrier *carrier, struct store_head *left, char **why);

/* One that arrives. */
struct moving_arrival {
	struct store_head left, head; /* with which it left, and begins here */
	uint8_t id[MARK_STORE_ID_SIZE];
	bool other_mark; /* the mark that lies here is another store's */
};

/* Whether the closed `copy`, whole, is a store that left; an ordinary backup isn't. Its head, which nobody
 * has held against anything yet. */
bool moving_has_left(const char *copy, struct store_head *left);

/* Holds such a copy against itself and against what this place remembers, and makes it one that goes on here.
 * STEPUP_CORRUPT: the key is another one, the file was changed, or it must not; `*why` says so. Nothing but
 * the copy is touched. */
enum stepup_error moving_arrive(
	const struct moving_place *place, const char *copy, struct moving_arrival *arrival, char **why);

/* Once it stands in its place: gives it its mark. Another store's is kept under the name that `*kept` then
 * has (the caller frees). Until this is done the next start refuses it, and it can be brought here once more.
 */
enum stepup_error moving_mark(
	const struct moving_place *place, const struct moving_arrival *arrival, char **kept, char **why);

#endif
