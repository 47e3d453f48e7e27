/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts by person and place; see crowd.h. A count is named by a MAC under a key of this process, so that
 * nobody can choose which ones fall together.
 */
#include "verifier/doors/pending/crowd.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "lib/base/wipe.h"
#include "verifier/state/records/user_record.h"
#include "verifier/state/vault/kept_mac.h"

#define BUCKETS 1024 /* a power of two */

struct crowd_count {
	uint8_t name[KEPT_MAC_SIZE];
	size_t count;
	LIST_ENTRY(crowd_count) of_bucket;
};
LIST_HEAD(crowd_bucket, crowd_count);

struct crowd {
	uint8_t key[KEPT_MAC_KEY_SIZE];
	struct kept_mac *mac; /* made when first used, and anew after it failed */
	struct crowd_bucket buckets[BUCKETS];
};

struct crowd *crowd_new(void)
{
	struct crowd *crowd = calloc(1, sizeof(*crowd)); /* all-zero lists are empty ones */

	if (crowd != NULL && RAND_bytes(crowd->key, sizeof(crowd->key)) != 1)
		crowd_free(&crowd);
	return crowd;
}

void crowd_free(struct crowd **crowd)
{
	if (*crowd == NULL)
		return;
	kept_mac_free(&(*crowd)->mac);
	WIPE_ARRAY((*crowd)->key);
	free(*crowd);
	*crowd = NULL;
}

/* What a name is made of: texts filled up with zeros, so that no two are one, and zeros to whole blocks. */
struct crowd_named {
	uint32_t pool[2];
	uint8_t has_person, has_place, place[DIGEST_SIZE];
	char person[USER_NAME_SIZE];
};
#define NAMED_BLOCKS ((sizeof(struct crowd_named) + KEPT_MAC_BLOCK - 1) / KEPT_MAC_BLOCK)

static enum stepup_error mac_of(struct crowd *crowd, const struct crowd_named *named,
	uint8_t name[KEPT_MAC_SIZE])
{
	uint8_t blocks[NAMED_BLOCKS * KEPT_MAC_BLOCK] = {0};
	enum stepup_error error = crowd->mac == NULL ? kept_mac_new(crowd->key, &crowd->mac) : STEPUP_OK;

	memcpy(blocks, named, sizeof(*named));
	if (error == STEPUP_OK)
		error = kept_mac_of(crowd->mac, blocks, sizeof(blocks), name);
	if (error != STEPUP_OK)
		kept_mac_free(&crowd->mac);
	return error;
}

static enum stepup_error name_make(struct crowd *crowd, const uint32_t pool[2], const char *person,
	const uint8_t *place, uint8_t name[KEPT_MAC_SIZE])
{
	struct crowd_named named;

	memset(&named, 0, sizeof(named));
	memcpy(named.pool, pool, sizeof(named.pool));
	named.has_person = person != NULL;
	named.has_place = place != NULL;
	if (place != NULL)
		memcpy(named.place, place, DIGEST_SIZE);
	if (person != NULL &&
	    snprintf(named.person, sizeof(named.person), "%s", person) >= (int)sizeof(named.person))
		return STEPUP_TOO_LONG;
	return mac_of(crowd, &named, name);
}

/* The count of that name, a new one if there is none; NULL if there is no memory. */
static struct crowd_count *count_get(struct crowd *crowd, const uint8_t name[KEPT_MAC_SIZE])
{
	struct crowd_bucket *bucket = &crowd->buckets[((size_t)name[0] << 8 | name[1]) % BUCKETS];
	struct crowd_count *count;

	LIST_FOREACH(count, bucket, of_bucket)
		if (memcmp(count->name, name, KEPT_MAC_SIZE) == 0)
			return count;
	count = calloc(1, sizeof(*count));
	if (count == NULL)
		return NULL;
	memcpy(count->name, name, KEPT_MAC_SIZE);
	LIST_INSERT_HEAD(bucket, count, of_bucket);
	return count;
}

static enum stepup_error count_join(struct crowd *crowd, const uint8_t name[KEPT_MAC_SIZE],
	struct crowd_count **joined)
{
	struct crowd_count *count = count_get(crowd, name);

	if (count == NULL)
		return STEPUP_NO_MEMORY;
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

enum stepup_error crowd_join(struct crowd *crowd, const uint32_t pool[2], const char *person,
	const uint8_t place[DIGEST_SIZE], struct crowd_member *member)
{
	uint8_t name[KEPT_MAC_SIZE];
	enum stepup_error error = name_make(crowd, pool, person, NULL, name);

	*member = (struct crowd_member){0};
	if (error == STEPUP_OK)
		error = count_join(crowd, name, &member->person);
	if (error == STEPUP_OK)
		error = name_make(crowd, pool, NULL, place, name);
	if (error == STEPUP_OK)
		error = count_join(crowd, name, &member->place);
	if (error == STEPUP_OK)
		error = name_make(crowd, pool, person, place, name);
	if (error == STEPUP_OK)
		error = count_join(crowd, name, &member->both);
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
