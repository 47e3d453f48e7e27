/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking at all keys at once. */
#include "tools/stepup-authenticator/seat_look.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One key's part. */
struct glance {
	struct look *look;
	const fido_dev_info_t *info;
	struct seat_key key; /* its device NULL where it can't be opened */
	pthread_t thread;
	bool over;
};

/* One look: shared by its threads, of which some may outlive it. */
struct look {
	pthread_mutex_t lock;
	pthread_cond_t somebody_is_over; /* by CLOCK_MONOTONIC */
	fido_dev_info_t *found;
	char *rp_id;		     /* owned, as what follows: the caller's may be gone before a thread is */
	struct credential_list list; /* without its texts */
	struct glance glances[SEAT_KEYS_MAX];
	size_t count, over;
};

/* Where a silent key's thread still has hold of it. */
static struct look *left_behind;

static void *glance(void *context)
{
	struct glance *own = context;
	struct look *look = own->look;
	struct seat_key key = {.device = fido_dev_new_with_info(own->info)};

	/* One that another program holds, or that is being unplugged, is none of ours. */
	if (key.device != NULL && fido_dev_open_with_info(key.device) == FIDO_OK)
		seat_key_look(&key, look->rp_id, &look->list);
	else
		fido_dev_free(&key.device);
	pthread_mutex_lock(&look->lock);
	own->key = key;
	own->over = true;
	look->over++;
	pthread_cond_signal(&look->somebody_is_over);
	pthread_mutex_unlock(&look->lock);
	return NULL;
}

static void look_free(struct look *look)
{
	fido_dev_info_free(&look->found, SEAT_KEYS_MAX);
	credential_list_clear(&look->list);
	free(look->rp_id);
	free(look);
}

static bool copy_list(const struct credential_list *from, struct credential_list *to)
{
	to->entries = calloc(from->count > 0 ? from->count : 1, sizeof(*to->entries));
	if (to->entries == NULL)
		return false;
	to->count = from->count;
	for (size_t i = 0; i < from->count; i++) {
		to->entries[i] = from->entries[i];
		to->entries[i].text = NULL;
	}
	return true;
}

static struct look *look_new(const char *rp_id, const struct credential_list *list)
{
	struct look *look = calloc(1, sizeof(*look));
	pthread_condattr_t attributes;
	bool whole;

	if (look == NULL)
		return NULL;
	look->found = fido_dev_info_new(SEAT_KEYS_MAX);
	look->rp_id = strdup(rp_id);
	whole = look->found != NULL && look->rp_id != NULL && copy_list(list, &look->list) &&
		pthread_condattr_init(&attributes) == 0;
	if (whole) {
		whole = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
			pthread_cond_init(&look->somebody_is_over, &attributes) == 0 &&
			pthread_mutex_init(&look->lock, NULL) == 0;
		pthread_condattr_destroy(&attributes);
	}
	if (whole)
		return look;
	look_free(look);
	return NULL;
}

/* Starts a thread for each key that is plugged in; one that can't be started is none of ours. */
static void start_all(struct look *look)
{
	size_t plugged = 0;

	if (fido_dev_info_manifest(look->found, SEAT_KEYS_MAX, &plugged) != FIDO_OK)
		plugged = 0;
	for (size_t i = 0; i < plugged; i++) {
		struct glance *own = &look->glances[look->count];

		*own = (struct glance){.look = look, .info = fido_dev_info_ptr(look->found, i)};
		if (pthread_create(&own->thread, NULL, glance, own) == 0)
			look->count++;
	}
}

static void wait_for_all(struct look *look, struct deadline deadline)
{
	const struct timespec until = {
		.tv_sec = deadline.at_ms / 1000, .tv_nsec = deadline.at_ms % 1000 * 1000000};
	int r = 0;

	while (look->over < look->count && r == 0)
		r = pthread_cond_timedwait(&look->somebody_is_over, &look->lock, &until);
}

/* Takes over the keys that answered. */
static void gather(struct look *look, const struct credential_list *list, struct seat_keys *keys)
{
	bool over[SEAT_KEYS_MAX];

	pthread_mutex_lock(&look->lock);
	for (size_t i = 0; i < look->count; i++)
		over[i] = look->glances[i].over;
	pthread_mutex_unlock(&look->lock);
	for (size_t i = 0; i < look->count; i++) {
		struct seat_key *key = &look->glances[i].key;

		if (!over[i]) {
			(void)pthread_detach(look->glances[i].thread);
			keys->silent++;
			continue;
		}
		(void)pthread_join(look->glances[i].thread, NULL);
		if (key->device == NULL)
			continue;
		if (key->holds != NULL)
			key->holds = &list->entries[key->holds - look->list.entries];
		keys->keys[keys->count++] = *key;
	}
}

enum authenticator_code seat_look(struct seat_keys *keys, const char *rp_id,
	const struct credential_list *list, struct deadline deadline)
{
	struct look *look = look_new(rp_id, list);

	*keys = (struct seat_keys){.count = 0};
	if (look == NULL)
		return AUTHENTICATOR_BROKEN;
	start_all(look);
	pthread_mutex_lock(&look->lock);
	wait_for_all(look, deadline);
	pthread_mutex_unlock(&look->lock);
	gather(look, list, keys);
	if (keys->silent > 0)
		left_behind = look;
	else
		look_free(look);
	if (keys->count > 0)
		return AUTHENTICATOR_DONE;
	return keys->silent > 0 ? AUTHENTICATOR_NO_ANSWER : AUTHENTICATOR_NO_KEY;
}
