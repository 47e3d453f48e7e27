/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which lookups of accounts run: only so many at once, so that a slow directory can't take every worker, and
 * shared by who asks, so that nobody's questions make others wait: root (and with it sudo and sshd) always
 * finds a place that other uids can't have, and of those the one goes on that has the fewest.
 * Layer: verifier/host/, under account.c.
 */
#ifndef STEPUP_VERIFIER_ACCOUNT_PLACES_H
#define STEPUP_VERIFIER_ACCOUNT_PLACES_H

#include <sys/queue.h>

#include "verifier/host/account.h"

#define PLACES_MAX 6      /* lookups at once; main.c makes more workers than that */
#define PLACES_ORDINARY 4 /* of these for all uids but root's */
#define PLACES_PER_UID 2  /* of these */

struct lookup {
	uv_work_t work;
	struct account_places *places; /* NULL once they are gone */
	void *owner;                   /* NULL once nobody wants the answer */
	uid_t asker;                   /* whom it is counted for */
	bool running;
	char *name;                    /* NULL: by uid */
	uid_t uid;
	struct account account;        /* what was found */
	enum stepup_error result;
	TAILQ_ENTRY(lookup) next;
};
TAILQ_HEAD(lookup_list, lookup);

struct account_places {
	uv_loop_t *loop;
	struct lookup_list pending, running; /* oldest first */
	unsigned count;                      /* running */
	/* On the loop's thread, once for each lookup whose owner is still there; may take `account` away. */
	void (*done)(struct lookup *lookup, enum stepup_error result);
};

void places_init(struct account_places *places, uv_loop_t *loop,
	void (*done)(struct lookup *lookup, enum stepup_error result));

/* A lookup by name, or by uid where `name` is NULL (copied), behind those that wait; NULL where
 * there is no memory. */
struct lookup *places_add(struct account_places *places, void *owner, uid_t asker,
	const char *name, uid_t uid);

/* Somebody else asks for the same: where it still waits, it is counted for whoever gets it sooner. */
void places_join(struct account_places *places, struct lookup *lookup, uid_t asker);

/* Starts what waits, as far as there is room. */
void places_start(struct account_places *places);

/* Ends all; what runs goes on without anybody hearing of it. */
void places_close(struct account_places *places);

#endif
