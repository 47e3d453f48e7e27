/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts by person and place; see crowd.h. The keys are digests under a salt of this process, so that nobody can choose what falls together. */
#include "verifier/doors/crowd.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "verifier/state/user_record.h"

#define BUCKETS 1024 /* a power of two */
#define SALT_SIZE 16

struct crowd_count {
	uint8_t key[DIGEST_SIZE];
	size_t count;
	LIST_ENTRY(crowd_count) of_bucket;
};
LIST_HEAD(crowd_bucket, crowd_count);

struct crowd {
	uint8_t salt[SALT_SIZE];
	struct crowd_bucket buckets[BUCKETS];
};

struct crowd *crowd_new(void)
{
	struct crowd *crowd = calloc(1, sizeof(*crowd)); /* all-zero lists are empty ones */

	if (crowd != NULL && RAND_bytes(crowd->salt, SALT_SIZE) != 1) {
		free(crowd);
		crowd = NULL;
	}
	return crowd;
}

void crowd_free(struct crowd **crowd)
{
	free(*crowd);
	*crowd = NULL;
}

/* What a key is made of; texts are filled up with zeros, so that no two are one. */
struct named {
	uint32_t pool[2];
	uint8_t has_person, has_place, place[DIGEST_SIZE];
	char person[USER_NAME_SIZE];
};

static enum stepup_error key_make(const struct crowd *crowd, const uint32_t pool[2], const char *person, const uint8_t *place, uint8_t key[DIGEST_SIZE])
{
	struct named named;

	memset(&named, 0, sizeof(named));
	memcpy(named.pool, pool, sizeof(named.pool));
	named.has_person = person != NULL;
	named.has_place = place != NULL;
	if (place != NULL)
		memcpy(named.place, place, DIGEST_SIZE);
	if (person != NULL && snprintf(named.person, sizeof(named.person), "%s", person) >= (int)sizeof(named.person))
		return STEPUP_TOO_LONG;
	return digest_hmac_sha256(crowd->salt, SALT_SIZE, &named, sizeof(named), key);
}

static enum stepup_error count_join(struct crowd *crowd, const uint8_t key[DIGEST_SIZE], struct crowd_count **joined)
{
	struct crowd_bucket *bucket = &crowd->buckets[((size_t)key[0] << 8 | key[1]) % BUCKETS];
	struct crowd_count *count;

	LIST_FOREACH(count, bucket, of_bucket)
		if (memcmp(count->key, key, DIGEST_SIZE) == 0)
			break;
	if (count == NULL) {
		count = calloc(1, sizeof(*count));
		if (count == NULL)
			return STEPUP_NO_MEMORY;
		memcpy(count->key, key, DIGEST_SIZE);
		LIST_INSERT_HEAD(bucket, count, of_bucket);
	}
	count->count++;
	*joined = count;
	return STEPUP_OK;
}

static void count_leave(struct crowd_count **left)
{
	struct crowd_count *count = *left;

	*left = NULL;
	if (count == NULL || --count->count > 0)
		return;
	LIST_REMOVE(count, of_bucket);
	free(count);
}

enum stepup_error crowd_join(struct crowd *crowd, const uint32_t pool[2], const char *person, const uint8_t place[DIGEST_SIZE],
	struct crowd_member *member)
{
	uint8_t key[DIGEST_SIZE];
	enum stepup_error error = key_make(crowd, pool, person, NULL, key);

	*member = (struct crowd_member){0};
	if (error == STEPUP_OK)
		error = count_join(crowd, key, &member->person);
	if (error == STEPUP_OK)
		error = key_make(crowd, pool, NULL, place, key);
	if (error == STEPUP_OK)
		error = count_join(crowd, key, &member->place);
	if (error == STEPUP_OK)
		error = key_make(crowd, pool, person, place, key);
	if (error == STEPUP_OK)
		error = count_join(crowd, key, &member->both);
	if (error != STEPUP_OK)
		crowd_leave(member);
	return error;
}

void crowd_leave(struct crowd_member *member)
{
	count_leave(&member->person);
	count_leave(&member->place);
	count_leave(&member->both);
}

size_t crowd_share(const struct crowd_member *member)
{
	return member->both->count;
}

size_t crowd_weight(const struct crowd_member *member)
{
	return member->person->count + member->place->count;
}
