/* SPDX-License-Identifier: BSD-2-Clause */
/* Which lookups of accounts run; see account_places.h. */
#include <stdlib.h>
#include <string.h>

#include "verifier/host/account_places.h"
#include "verifier/host/account_nss.h"

void places_init(struct account_places *places, uv_loop_t *loop,
	void (*done)(struct lookup *lookup, enum stepup_error result))
{
	*places = (struct account_places){ .loop = loop, .done = done };
	TAILQ_INIT(&places->pending);
	TAILQ_INIT(&places->running);
}

static void lookup_free(struct lookup *lookup)
{
	account_clear(&lookup->account);
	free(lookup->name);
	free(lookup);
}

struct lookup *places_add(struct account_places *places, void *owner, uid_t asker,
	const char *name, uid_t uid)
{
	struct lookup *lookup = calloc(1, sizeof(*lookup));

	if (lookup == NULL)
		return NULL;
	lookup->name = name != NULL ? strdup(name) : NULL;
	if (name != NULL && lookup->name == NULL) {
		free(lookup);
		return NULL;
	}
	lookup->work.data = lookup;
	lookup->places = places;
	lookup->owner = owner;
	lookup->asker = asker;
	lookup->uid = uid;
	TAILQ_INSERT_TAIL(&places->pending, lookup, next);
	return lookup;
}

/* --- whose turn it is --- */

static unsigned running_for(const struct account_places *places, uid_t asker)
{
	const struct lookup *lookup;
	unsigned count = 0;

	TAILQ_FOREACH(lookup, &places->running, next)
		count += lookup->asker == asker;
	return count;
}

static unsigned running_ordinary(const struct account_places *places)
{
	return places->count - running_for(places, 0);
}

static bool has_room(const struct account_places *places, uid_t asker, unsigned ordinary)
{
	return asker == 0 || (ordinary < PLACES_ORDINARY && running_for(places, asker) < PLACES_PER_UID);
}

/* The oldest of whoever has the fewest running, root's before all others; NULL where nobody may. */
static struct lookup *choose(const struct account_places *places)
{
	const unsigned ordinary = running_ordinary(places);
	struct lookup *chosen = NULL, *lookup;
	unsigned fewest = 0;

	TAILQ_FOREACH(lookup, &places->pending, next) {
		unsigned count = lookup->asker == 0 ? 0 : running_for(places, lookup->asker) + 1;

		if (!has_room(places, lookup->asker, ordinary) || (chosen != NULL && count >= fewest))
			continue;
		chosen = lookup;
		fewest = count;
		if (lookup->asker == 0)
			break;
	}
	return chosen;
}

void places_join(struct account_places *places, struct lookup *lookup, uid_t asker)
{
	if (!lookup->running &&
	    (asker == 0 ||
		    (lookup->asker != 0 && running_for(places, asker) < running_for(places, lookup->asker))))
		lookup->asker = asker;
}

/* --- running --- */

/* On a worker thread: nothing but the lookup is touched. */
static void lookup_run(uv_work_t *work)
{
	struct lookup *lookup = work->data;

	lookup->result = account_nss(lookup->name, lookup->uid, &lookup->account);
}

static void lookup_done(uv_work_t *work, int status)
{
	struct lookup *lookup = work->data;
	struct account_places *places = lookup->places;
	enum stepup_error result = status == 0 ? lookup->result : STEPUP_UNAVAILABLE;

	if (places == NULL) {
		lookup_free(lookup);
		return;
	}
	TAILQ_REMOVE(&places->running, lookup, next);
	places->count--;
	if (lookup->owner != NULL)
		places->done(lookup, result);
	lookup_free(lookup);
	places_start(places);
}

static void drop_unwanted(struct account_places *places)
{
	struct lookup *lookup, *following;

	for (lookup = TAILQ_FIRST(&places->pending); lookup != NULL; lookup = following) {
		following = TAILQ_NEXT(lookup, next);
		if (lookup->owner == NULL) {
			TAILQ_REMOVE(&places->pending, lookup, next);
			lookup_free(lookup);
		}
	}
}

/* One that can't be started is answered as one that failed. */
void places_start(struct account_places *places)
{
	struct lookup *lookup;

	drop_unwanted(places);
	while (places->count < PLACES_MAX && (lookup = choose(places)) != NULL) {
		TAILQ_REMOVE(&places->pending, lookup, next);
		TAILQ_INSERT_TAIL(&places->running, lookup, next);
		places->count++;
		lookup->running = true;
		if (uv_queue_work(places->loop, &lookup->work, lookup_run, lookup_done) != 0) {
			lookup_done(&lookup->work, UV_ENOMEM);
			return;
		}
	}
}

void places_close(struct account_places *places)
{
	struct lookup *lookup;

	while ((lookup = TAILQ_FIRST(&places->pending)) != NULL) {
		TAILQ_REMOVE(&places->pending, lookup, next);
		lookup_free(lookup);
	}
	TAILQ_FOREACH(lookup, &places->running, next)
		lookup->places = NULL;
}
