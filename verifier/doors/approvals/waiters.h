/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that wait for something to change. Nothing is polled: whoever changes something wakes them, and each
 * looks for itself whether there is something to tell. Only the loop's thread comes here.
 * MUST: answer every call in the end, also at a stop; forget callers who went away.
 * Layer: verifier/doors/approvals/.
 */
#ifndef STEPUP_VERIFIER_WAITERS_H
#define STEPUP_VERIFIER_WAITERS_H

#include <stdbool.h>
#include <stddef.h>

#include "verifier/server/call.h"

struct waiters;

enum waiter_word {
	WAITER_GOES_ON,  /* nothing to tell, or told */
	WAITER_AGAIN,    /* could not be told now: looks again at the next tick */
	WAITER_ANSWERED, /* the call is over */
};

/* What a kind of waiter does: looks and tells; frees its context. */
struct waiter_kind {
	enum waiter_word (*look)(struct call *call, void *context);
	void (*free)(void *context);
};

struct waiters *waiters_new(void);
void waiters_free(struct waiters **waiters);

/* Takes the call and the context over, and looks at once. Without memory, or after waiters_end(), the
 * call is refused. */
void waiters_add(struct waiters *waiters, struct call *call, const struct waiter_kind *kind, void *context);

/* Something may have changed. Where many wait and it changes often, some of it is told by waiters_tick(). */
void waiters_wake(struct waiters *waiters);

/* Once a second: those who could not be told, and those who went away. */
void waiters_tick(struct waiters *waiters);

/* At a stop: refuses all, also who comes later. */
void waiters_end(struct waiters *waiters);

#endif
