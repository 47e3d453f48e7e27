/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A move: the store leaves one place in a file and goes on at another, in the same epoch. The head of its
 * last transaction there says that it left, and the file holds that head: so whoever puts the file in a place
 * can be told from somebody who puts back any old copy, which has none.
 * MUST: make the head of the old place and the one in the file the same, bit for bit, or none.
 * Layer: verifier/state/.
 */
#ifndef STEPUP_VERIFIER_STORE_MOVE_H
#define STEPUP_VERIFIER_STORE_MOVE_H

#include "verifier/state/store/store.h"
#include "verifier/state/vault/mark.h"

/* How a transaction of a move is to come out. */
struct store_turn {
	bool clean;			   /* the stop before it had finished everything */
	int64_t at;			   /* the time in its head, seconds since 1970 */
	const struct store_head *expected; /* the head that it must have; NULL: any */
};

/* The last transaction at a place: appends `entry`, which it takes over, under the host's name that the log
 * knows, with a head that says `moved`; `*head` is that one. STEPUP_CORRUPT: it would not be the expected
 * one, and nothing was written. */
enum stepup_error store_leave(
	struct store_session *session, json_t *entry, const struct store_turn *turn, struct store_head *head);

/* The first transaction of a store that arrives: its head says neither that it left nor that a verifier has
 * it open. */
enum stepup_error store_arrive(
	struct store_session *session, json_t *entry, const struct store_turn *turn, struct store_head *head);

/* The id that a mark knows the store by. */
void store_id_of(const struct store *store, uint8_t id[MARK_STORE_ID_SIZE]);

/* What the closed database says of itself: its head, which nobody has held against anything, and with a key
 * its id. STEPUP_CORRUPT: no store of this version, or of another master key. A `copy` has no write-ahead
 * log, and gets none. */
struct store_peek {
	const char *place;
	bool copy;
	const struct master_key *key; /* NULL: the head alone */
	struct store_head head;
	uint8_t id[MARK_STORE_ID_SIZE];
};
enum stepup_error store_peek(struct store_peek *peek);

#endif
