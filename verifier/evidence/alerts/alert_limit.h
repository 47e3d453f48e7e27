/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How often people are alerted: the first alert of a kind about a user at once, then none for
 * ALERT_QUIET_SECONDS, and at their end one that says how many there were.
 * Layer: verifier/evidence/alerts/. Pure: no clock; one owner at a time.
 */
#ifndef STEPUP_VERIFIER_ALERT_LIMIT_H
#define STEPUP_VERIFIER_ALERT_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verifier/state/records/user_record.h"

#define ALERT_QUIET_SECONDS 300
#define ALERT_KIND_SIZE 32
/* users and kinds at a time; beyond that the oldest is forgotten, of those that hold nothing back where there
 * are any; its next alert comes at once */
#define ALERT_SLOTS 512
/* that can be undone, of one transaction: a batch has 512 jobs. What comes after them stays as it is */
#define ALERT_CHANGES_MAX 2048

struct alert_slot {
	char user[USER_NAME_SIZE]; /* "" for none */
	char kind[ALERT_KIND_SIZE]; /* "" for a free slot */
	int64_t since;             /* when people were alerted, seconds since 1970 */
	int64_t held_back;
};

/* A slot as it was before. One that was given away isn't given back: undone, it is free. */
struct alert_change {
	size_t slot;
	bool fresh;
	int64_t since, held_back;
};

struct alert_limit {
	struct alert_slot slots[ALERT_SLOTS];
	struct alert_change changes[ALERT_CHANGES_MAX];
	size_t change_count; /* since they were settled */
};

/* Whether people are to be alerted now; counts it where not. */
bool alert_limit_take(struct alert_limit *limit, const char *user, const char *kind, int64_t now);

/* One of those whose quiet time is over with alerts held back; NULL where there is none. It stays so until
 * it has been told. */
struct alert_slot *alert_limit_due(struct alert_limit *limit, int64_t now);

/* How many it held back has been told: begins a new quiet time. */
void alert_limit_told(struct alert_limit *limit, struct alert_slot *slot, int64_t now);

/* Transactions: what was changed since a mark is undone; all before is settled, and older marks are void. */
void alert_limit_settle(struct alert_limit *limit);
size_t alert_limit_mark(const struct alert_limit *limit);
void alert_limit_undo(struct alert_limit *limit, size_t mark);

#endif
