/* SPDX-License-Identifier: BSD-2-Clause */
/* What is fresh, in memory: found by a digest of its place, counted by person. */
#include "verifier/doors/pending/freshness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define PLACE_BUCKETS 4096
#define PERSON_BUCKETS 1024

struct fresh_person;

struct fresh {
	uint8_t place[DIGEST_SIZE];
	uint8_t sitting[DIGEST_SIZE];
	uint8_t rule[DIGEST_SIZE];
	uid_t caller;
	struct fresh_grant grant;
	struct fresh_person *person;
	LIST_ENTRY(fresh) of_place;
	LIST_ENTRY(fresh) of_person;
};

LIST_HEAD(fresh_list, fresh);

struct fresh_person {
	char name[USER_NAME_SIZE];
	size_t count;
	struct fresh_list list;
	LIST_ENTRY(fresh_person) of_bucket;
};

LIST_HEAD(person_list, fresh_person);

struct freshness {
	struct fresh_list places[PLACE_BUCKETS];
	struct person_list people[PERSON_BUCKETS];
	size_t count;
};

struct freshness *freshness_new(void)
{
	return calloc(1, sizeof(struct freshness)); /* all-zero lists are empty ones */
}

/* Everything that has to be the same, in one digest; each part has a fixed size, so that no two places can
 * write the same bytes. */
static enum stepup_error place_digest(const struct fresh_place *place, uint8_t digest[DIGEST_SIZE])
{
	uint8_t bytes[DIGEST_SIZE + USER_ID_SIZE + sizeof(uid_t) + DIGEST_SIZE], *at = bytes;

	memcpy(at, place->rule->digest, DIGEST_SIZE);
	at += DIGEST_SIZE;
	memcpy(at, place->user_id, USER_ID_SIZE);
	at += USER_ID_SIZE;
	memcpy(at, &place->caller, sizeof(uid_t));
	at += sizeof(uid_t);
	memcpy(at, place->sitting, DIGEST_SIZE);
	return digest_sha256(bytes, sizeof(bytes), digest);
}

static size_t place_bucket(const uint8_t place[DIGEST_SIZE])
{
	return ((size_t)place[0] << 8 | place[1]) % PLACE_BUCKETS;
}

static size_t person_bucket(const char *user)
{
	size_t hash = 5381;

	for (; *user != '\0'; user++)
		hash = hash * 33 + (unsigned char)*user;
	return hash % PERSON_BUCKETS;
}

static struct fresh_person *person_find(const struct freshness *freshness, const char *user)
{
	struct fresh_person *person;

	LIST_FOREACH(person, &freshness->people[person_bucket(user)], of_bucket)
		if (strcmp(person->name, user) == 0)
			return person;
	return NULL;
}

static struct fresh_person *person_get(struct freshness *freshness, const char *user)
{
	struct fresh_person *person = person_find(freshness, user);

	if (person != NULL)
		return person;
	person = calloc(1, sizeof(*person));
	if (person == NULL)
		return NULL;
	if (snprintf(person->name, sizeof(person->name), "%s", user) >= (int)sizeof(person->name)) {
		free(person);
		return NULL;
	}
	LIST_INSERT_HEAD(&freshness->people[person_bucket(user)], person, of_bucket);
	return person;
}

static void person_put(struct fresh_person *person)
{
	if (person->count > 0)
		return;
	LIST_REMOVE(person, of_bucket);
	free(person);
}

static void fresh_end(struct freshness *freshness, struct fresh *fresh)
{
	struct fresh_person *person = fresh->person;

	LIST_REMOVE(fresh, of_place);
	LIST_REMOVE(fresh, of_person);
	person->count--;
	freshness->count--;
	free(fresh);
	person_put(person);
}

static struct fresh *fresh_at(const struct freshness *freshness, const uint8_t place[DIGEST_SIZE])
{
	struct fresh *fresh;

	LIST_FOREACH(fresh, &freshness->places[place_bucket(place)], of_place)
		if (memcmp(fresh->place, place, DIGEST_SIZE) == 0)
			return fresh;
	return NULL;
}

static struct fresh *fresh_add(struct freshness *freshness, const uint8_t place[DIGEST_SIZE],
	const char *user)
{
	struct fresh_person *person = freshness->count < FRESHNESS_MAX ? person_get(freshness, user) : NULL;
	struct fresh *fresh = NULL;

	if (person == NULL)
		return NULL;
	if (person->count < FRESHNESS_PER_USER)
		fresh = calloc(1, sizeof(*fresh));
	if (fresh == NULL) {
		person_put(person);
		return NULL;
	}
	memcpy(fresh->place, place, DIGEST_SIZE);
	fresh->person = person;
	person->count++;
	freshness->count++;
	LIST_INSERT_HEAD(&freshness->places[place_bucket(place)], fresh, of_place);
	LIST_INSERT_HEAD(&person->list, fresh, of_person);
	return fresh;
}

void freshness_remember(struct freshness *freshness, const struct fresh_place *place, const char *user,
	const struct fresh_grant *grant, int64_t now_boot_ms)
{
	uint8_t digest[DIGEST_SIZE];
	struct fresh *fresh;

	if (place->rule->fresh_for_seconds <= 0 || place->rule->service != NULL ||
	    place_digest(place, digest) != STEPUP_OK)
		return;
	fresh = fresh_at(freshness, digest);
	if (fresh == NULL)
		fresh = fresh_add(freshness, digest, user);
	if (fresh == NULL)
		return; /* no room: then the person is asked again */
	fresh->caller = place->caller;
	memcpy(fresh->sitting, place->sitting, DIGEST_SIZE);
	memcpy(fresh->rule, place->rule->digest, DIGEST_SIZE);
	fresh->grant = *grant;
	fresh->grant.expires_boot_ms = now_boot_ms + place->rule->fresh_for_seconds * 1000;
}

const struct fresh_grant *freshness_find(const struct freshness *freshness, const struct fresh_place *place,
	int64_t now_boot_ms)
{
	uint8_t digest[DIGEST_SIZE];
	const struct fresh *fresh;

	if (place->rule->fresh_for_seconds <= 0 || place->rule->service != NULL ||
	    place_digest(place, digest) != STEPUP_OK)
		return NULL;
	fresh = fresh_at(freshness, digest);
	return fresh == NULL || now_boot_ms >= fresh->grant.expires_boot_ms ? NULL : &fresh->grant;
}

bool freshness_covers(const struct fresh_grant *grant, const struct requirement *requirement)
{
	return grant->strength >= requirement->strength && (!requirement->pin || grant->user_verified) &&
		!requirement->approval;
}

size_t freshness_sittings(const struct freshness *freshness, const char *user, const struct rule *rule,
	int64_t now_boot_ms, int64_t *latest_boot_ms)
{
	const struct fresh_person *person = person_find(freshness, user);
	const struct fresh *fresh;
	size_t count = 0;

	*latest_boot_ms = 0;
	if (person == NULL)
		return 0;
	LIST_FOREACH(fresh, &person->list, of_person) {
		if (memcmp(fresh->rule, rule->digest, DIGEST_SIZE) != 0 ||
		    now_boot_ms >= fresh->grant.expires_boot_ms)
			continue;
		count++;
		if (fresh->grant.expires_boot_ms > *latest_boot_ms)
			*latest_boot_ms = fresh->grant.expires_boot_ms;
	}
	return count;
}

/* Whether one of them is to be forgotten. */
typedef bool fresh_test(const struct fresh *fresh, const void *what);

static void end_where(struct freshness *freshness, fresh_test *test, const void *what)
{
	for (size_t i = 0; i < PLACE_BUCKETS; i++) {
		struct fresh *fresh = LIST_FIRST(&freshness->places[i]);

		while (fresh != NULL) {
			struct fresh *next = LIST_NEXT(fresh, of_place);

			if (test(fresh, what))
				fresh_end(freshness, fresh);
			fresh = next;
		}
	}
}

static bool is_any(const struct fresh *fresh, const void *what)
{
	(void)fresh;
	(void)what;
	return true;
}

void freshness_end_user(struct freshness *freshness, const char *user)
{
	struct fresh_person *person;

	if (user == NULL) {
		end_where(freshness, is_any, NULL);
		return;
	}
	/* The person goes with the last. */
	for (person = person_find(freshness, user); person != NULL; person = person_find(freshness, user))
		fresh_end(freshness, LIST_FIRST(&person->list));
}

static bool is_of_sitting(const struct fresh *fresh, const void *what)
{
	const struct fresh_place *place = what;

	return fresh->caller == place->caller && memcmp(fresh->sitting, place->sitting, DIGEST_SIZE) == 0;
}

void freshness_end_sitting(struct freshness *freshness, uid_t caller, const uint8_t sitting[DIGEST_SIZE])
{
	const struct fresh_place place = {.caller = caller, .sitting = sitting};

	end_where(freshness, is_of_sitting, &place);
}

static bool freshness_is_over(const struct fresh *fresh, const void *what)
{
	const int64_t *now_boot_ms = what;

	return *now_boot_ms >= fresh->grant.expires_boot_ms;
}

void freshness_sweep(struct freshness *freshness, int64_t now_boot_ms)
{
	end_where(freshness, freshness_is_over, &now_boot_ms);
}

size_t freshness_count(const struct freshness *freshness)
{
	return freshness->count;
}

void freshness_free(struct freshness **freshness)
{
	if (freshness == NULL || *freshness == NULL)
		return;
	freshness_end_user(*freshness, NULL);
	free(*freshness);
	*freshness = NULL;
}
