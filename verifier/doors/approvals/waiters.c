/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls that wait, in a list. */
#include "verifier/doors/approvals/waiters.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "verifier/doors/calls/subject.h"
#include "verifier/host/clock.h"

/* times as long as it took to tell all, before all are told again: the rest of the time is others' */
#define WAITERS_REST 4

struct waiter {
	struct call *call;
	const struct waiter_kind *kind;
	void *context;
	bool again;
	TAILQ_ENTRY(waiter) next;
};

struct waiters {
	TAILQ_HEAD(, waiter) list;
	size_t count;
	int64_t rests_until_ms; /* nobody is told before that, … */
	bool missed;            /* … and something has changed since */
	bool ended;             /* at a stop */
};

struct waiters *waiters_new(void)
{
	struct waiters *waiters = calloc(1, sizeof(*waiters));

	if (waiters != NULL)
		TAILQ_INIT(&waiters->list);
	return waiters;
}

static void waiter_remove(struct waiters *waiters, struct waiter *waiter)
{
	TAILQ_REMOVE(&waiters->list, waiter, next);
	waiters->count--;
	waiter->kind->free(waiter->context);
	free(waiter);
}

void waiters_free(struct waiters **waiters)
{
	if (*waiters == NULL)
		return;
	while (!TAILQ_EMPTY(&(*waiters)->list))
		waiter_remove(*waiters, TAILQ_FIRST(&(*waiters)->list));
	free(*waiters);
	*waiters = NULL;
}

static void waiter_look(struct waiters *waiters, struct waiter *waiter)
{
	enum waiter_word word = waiter->kind->look(waiter->call, waiter->context);

	waiter->again = word == WAITER_AGAIN;
	if (word == WAITER_ANSWERED)
		waiter_remove(waiters, waiter);
}

void waiters_add(struct waiters *waiters, struct call *call, const struct waiter_kind *kind, void *context)
{
	struct waiter *waiter = calloc(1, sizeof(*waiter));

	if (waiter == NULL || waiters->ended) {
		free(waiter);
		kind->free(context);
		refuse(call, STEPUP_UNAVAILABLE, NULL);
		return;
	}
	*waiter = (struct waiter){.call = call, .kind = kind, .context = context};
	TAILQ_INSERT_TAIL(&waiters->list, waiter, next);
	waiters->count++;
	call_watch(call);
	waiter_look(waiters, waiter);
}

void waiters_wake(struct waiters *waiters)
{
	int64_t began = clock_boot_ms(), ended;
	struct waiter *waiter, *next;

	waiters->missed = began < waiters->rests_until_ms;
	if (waiters->missed)
		return;
	for (waiter = TAILQ_FIRST(&waiters->list); waiter != NULL; waiter = next) {
		next = TAILQ_NEXT(waiter, next);
		waiter_look(waiters, waiter);
	}
	ended = clock_boot_ms();
	waiters->rests_until_ms = ended + WAITERS_REST * (ended - began);
}

void waiters_tick(struct waiters *waiters)
{
	struct waiter *waiter, *next;

	if (waiters->missed)
		waiters_wake(waiters);
	for (waiter = TAILQ_FIRST(&waiters->list); waiter != NULL; waiter = next) {
		next = TAILQ_NEXT(waiter, next);
		if (call_is_gone(waiter->call)) {
			/* to nobody: lets the connection go */
			refuse(waiter->call, STEPUP_UNAVAILABLE, NULL);
			waiter_remove(waiters, waiter);
		} else if (waiter->again) {
			waiter_look(waiters, waiter);
		}
	}
}

void waiters_end(struct waiters *waiters)
{
	waiters->ended = true; /* a directory may still answer for whoever asked before */
	while (!TAILQ_EMPTY(&waiters->list)) {
		struct waiter *waiter = TAILQ_FIRST(&waiters->list);

		refuse(waiter->call, STEPUP_UNAVAILABLE, NULL);
		waiter_remove(waiters, waiter);
	}
}
