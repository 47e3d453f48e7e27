/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guess windows for names without a record; see decoys.h.
 */
#include "verifier/rules/limits/decoys.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "verifier/rules/limits/guessing.h"

#define BUCKETS 4096

/* What of a guess_state a name without successes has. */
struct decoy {
	uint8_t name[DIGEST_SIZE];
	struct guess_bucket unknown;
	int64_t failures_in_a_row, last_failure;
	bool suspended;
	LIST_ENTRY(decoy) of_bucket;
	TAILQ_ENTRY(decoy) of_age; /* guessed at longest ago first */
};
LIST_HEAD(decoy_bucket, decoy);
TAILQ_HEAD(decoy_ages, decoy);

struct decoys {
	struct decoy_bucket buckets[BUCKETS];
	struct decoy_ages ages;
	size_t count;
};

struct decoys *decoys_new(void)
{
	struct decoys *decoys = calloc(1, sizeof(*decoys)); /* all-zero lists are empty ones */

	if (decoys != NULL)
		TAILQ_INIT(&decoys->ages);
	return decoys;
}

static void decoy_free(struct decoys *decoys, struct decoy *decoy)
{
	LIST_REMOVE(decoy, of_bucket);
	TAILQ_REMOVE(&decoys->ages, decoy, of_age);
	decoys->count--;
	free(decoy);
}

void decoys_free(struct decoys **decoys)
{
	if (decoys == NULL || *decoys == NULL)
		return;
	while (!TAILQ_EMPTY(&(*decoys)->ages))
		decoy_free(*decoys, TAILQ_FIRST(&(*decoys)->ages));
	free(*decoys);
	*decoys = NULL;
}

/* Digests are keyed, so any of their bytes spread well. */
static size_t decoys_bucket_of(const uint8_t name[DIGEST_SIZE])
{
	return (size_t)(name[0] | name[1] << 8) % BUCKETS;
}

static struct decoy *decoy_find(const struct decoys *decoys, const uint8_t name[DIGEST_SIZE])
{
	struct decoy *decoy;

	LIST_FOREACH(decoy, &decoys->buckets[decoys_bucket_of(name)], of_bucket)
		if (memcmp(decoy->name, name, DIGEST_SIZE) == 0)
			return decoy;
	return NULL;
}

void decoys_find(const struct decoys *decoys, const uint8_t name[DIGEST_SIZE], struct guess_state *guesses)
{
	const struct decoy *decoy = decoy_find(decoys, name);

	*guesses = (struct guess_state){0};
	if (decoy == NULL)
		return;
	guesses->unknown = decoy->unknown;
	guesses->failures_in_a_row = decoy->failures_in_a_row;
	guesses->last_failure = decoy->last_failure;
	guesses->suspended = decoy->suspended;
}

/* Makes room for one more; false where everybody's failures count. */
static bool decoys_make_room(struct decoys *decoys, int64_t now)
{
	struct decoy *oldest = TAILQ_FIRST(&decoys->ages);

	if (decoys->count < DECOYS_MAX)
		return true;
	if (guess_bucket_counts(&oldest->unknown, now))
		return false;
	decoy_free(decoys, oldest);
	return true;
}

enum stepup_error decoys_keep(struct decoys *decoys, const uint8_t name[DIGEST_SIZE],
	const struct guess_state *guesses, int64_t now)
{
	struct decoy *decoy = decoy_find(decoys, name);

	if (decoy != NULL) {
		TAILQ_REMOVE(&decoys->ages, decoy, of_age);
	} else {
		if (!decoys_make_room(decoys, now))
			return STEPUP_TOO_LONG;
		decoy = calloc(1, sizeof(*decoy));
		if (decoy == NULL)
			return STEPUP_NO_MEMORY;
		memcpy(decoy->name, name, DIGEST_SIZE);
		LIST_INSERT_HEAD(&decoys->buckets[decoys_bucket_of(name)], decoy, of_bucket);
		decoys->count++;
	}
	TAILQ_INSERT_TAIL(&decoys->ages, decoy, of_age);
	decoy->unknown = guesses->unknown;
	decoy->failures_in_a_row = guesses->failures_in_a_row;
	decoy->last_failure = guesses->last_failure;
	decoy->suspended = guesses->suspended;
	return STEPUP_OK;
}

size_t decoys_count(const struct decoys *decoys)
{
	return decoys->count;
}
