/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accounts by NSS, looked up on libuv's worker threads and remembered; see account.h. Everybody who asks for
 * the same account while it is being looked up waits for the one answer; which lookups run is
 * account_places.c's.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/host/account.h"
#include "lib/wire/user_name.h"
#include "verifier/host/account_nss.h"
#include "verifier/host/account_places.h"

#define ACCOUNT_SLOTS 1024          /* a power of two */

struct shared_account {
	struct account account; /* first: account_keep gets here from it */
	unsigned references;
};

struct account_waiter {
	struct account_waiter *next;
	account_found *found;
	void *context;
	uint64_t until_ms;
};

struct entry {
	struct entry *next_in_slot;
	struct entry *newer, *older; /* by when it was last asked for */
	char *name;                  /* NULL: asked by uid */
	uid_t uid;
	struct shared_account *known; /* NULL before the first answer */
	uint64_t known_at_ms;
	struct account_waiter *waiters, **last_waiter;
	struct lookup *lookup;       /* under way, or waiting for its turn */
};

struct account_cache {
	uv_loop_t *loop;
	struct entry *slots[ACCOUNT_SLOTS];
	struct entry *newest, *oldest;
	size_t count;
	struct account_places places;
	struct shared_account root;
	struct long_question *questions;
};

struct long_question {
	uv_work_t work;
	struct account_cache *cache; /* NULL once it is gone */
	struct long_question *next;
	void (*run)(void *context), (*done)(void *context);
	void *context;
};

static void shared_free(struct shared_account *shared)
{
	if (shared == NULL)
		return;
	account_clear(&shared->account);
	free(shared);
}

static void shared_release(struct shared_account **shared)
{
	if (*shared != NULL && --(*shared)->references == 0)
		shared_free(*shared);
	*shared = NULL;
}

const struct account *account_keep(const struct account *account)
{
	((struct shared_account *)(uintptr_t)account)->references++;
	return account;
}

void account_drop(const struct account **account)
{
	struct shared_account *shared = (struct shared_account *)(uintptr_t)*account;

	shared_release(&shared);
	*account = NULL;
}

static uint32_t key_hash(const char *name, uid_t uid)
{
	uint32_t hash = UINT32_C(2166136261); /* FNV-1a */

	if (name == NULL)
		return (uint32_t)uid * UINT32_C(2654435761);
	for (; *name != '\0'; name++)
		hash = (hash ^ (uint8_t)*name) * UINT32_C(16777619);
	return hash ^ (hash >> 15);
}

static struct entry **entry_slot(struct account_cache *cache, const char *name, uid_t uid)
{
	return &cache->slots[key_hash(name, uid) & (ACCOUNT_SLOTS - 1)];
}

static void entry_unlink_age(struct account_cache *cache, struct entry *entry)
{
	*(entry->newer != NULL ? &entry->newer->older : &cache->newest) = entry->older;
	*(entry->older != NULL ? &entry->older->newer : &cache->oldest) = entry->newer;
	entry->newer = entry->older = NULL;
}

static void entry_link_newest(struct account_cache *cache, struct entry *entry)
{
	entry->older = cache->newest;
	*(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = entry;
	cache->newest = entry;
}

static void entry_remove(struct account_cache *cache, struct entry *entry)
{
	struct entry **link = entry_slot(cache, entry->name, entry->uid);

	while (*link != entry)
		link = &(*link)->next_in_slot;
	*link = entry->next_in_slot;
	entry_unlink_age(cache, entry);
	cache->count--;
	if (entry->lookup != NULL)
		entry->lookup->owner = NULL;
	shared_release(&entry->known);
	free(entry->name);
	free(entry);
}

/* Makes room by dropping the entry that nobody asked for the longest; those with waiters stay. */
static void cache_make_room(struct account_cache *cache)
{
	struct entry *entry = cache->oldest;

	while (cache->count >= ACCOUNT_CACHE_MAX && entry != NULL) {
		struct entry *newer = entry->newer;

		if (entry->waiters == NULL)
			entry_remove(cache, entry);
		entry = newer;
	}
}

static struct entry *entry_find_or_add(struct account_cache *cache, const char *name, uid_t uid)
{
	struct entry **slot = entry_slot(cache, name, uid);
	struct entry *entry;

	for (entry = *slot; entry != NULL; entry = entry->next_in_slot) {
		if (name == NULL ? entry->name == NULL && entry->uid == uid : entry->name != NULL &&
		    strcmp(entry->name, name) == 0) {
			entry_unlink_age(cache, entry);
			entry_link_newest(cache, entry);
			return entry;
		}
	}
	cache_make_room(cache);
	entry = calloc(1, sizeof(*entry));
	if (entry == NULL)
		return NULL;
	entry->uid = uid;
	entry->last_waiter = &entry->waiters;
	if (name != NULL && (entry->name = strdup(name)) == NULL) {
		free(entry);
		return NULL;
	}
	slot = entry_slot(cache, name, uid); /* making room may have moved what it pointed at */
	entry->next_in_slot = *slot;
	*slot = entry;
	entry_link_newest(cache, entry);
	cache->count++;
	return entry;
}

/* Tells waiters, all of them or those whose time is up. */
static void entry_answer(struct entry *entry, enum stepup_error result, uint64_t until_ms)
{
	struct shared_account *known = result == STEPUP_OK ? entry->known : NULL;
	struct account_waiter *due = NULL, **last_due = &due;
	struct account_waiter **link = &entry->waiters;

	/* Taken off first: a waiter may ask again at once. */
	while (*link != NULL) {
		struct account_waiter *waiter = *link;

		if (waiter->until_ms <= until_ms) {
			*link = waiter->next;
			waiter->next = NULL;
			*last_due = waiter;
			last_due = &waiter->next;
		} else {
			link = &waiter->next;
		}
	}
	entry->last_waiter = link;
	if (known != NULL)
		known->references++;
	while (due != NULL) {
		struct account_waiter *waiter = due;

		due = waiter->next;
		waiter->found(waiter->context, result, known != NULL ? &known->account : NULL);
		free(waiter);
	}
	shared_release(&known);
}

/* A lookup has ended, whose entry is still there. */
static void lookup_answered(struct lookup *lookup, enum stepup_error result)
{
	struct entry *entry = lookup->owner;
	struct shared_account *known = result == STEPUP_OK ? calloc(1, sizeof(*known)) : NULL;

	entry->lookup = NULL;
	if (result == STEPUP_OK && known == NULL)
		result = STEPUP_UNAVAILABLE;
	/* Where it failed, what is known serves until its own time is up. */
	if (result == STEPUP_OK) {
		known->account = lookup->account;
		known->references = 1;
		lookup->account = (struct account){ .uid = -1 };
		shared_release(&entry->known);
		entry->known = known;
		entry->known_at_ms = uv_now(lookup->places->loop);
	}
	entry_answer(entry, result, UINT64_MAX);
}

/* Has the entry looked up for this uid, where that isn't under way. False: no memory. */
static bool entry_look_up(struct account_cache *cache, struct entry *entry, uid_t asker)
{
	if (entry->lookup != NULL)
		places_join(&cache->places, entry->lookup, asker);
	else
		entry->lookup = places_add(&cache->places, entry, asker, entry->name, entry->uid);
	return entry->lookup != NULL;
}

static void account_ask(struct account_cache *cache, uid_t asker, const char *name, uid_t uid,
	unsigned seconds, account_found *found, void *context)
{
	struct entry *entry = entry_find_or_add(cache, name, uid);
	uint64_t now = uv_now(cache->loop), age;
	struct account_waiter *waiter;

	if (entry == NULL) {
		found(context, STEPUP_UNAVAILABLE, NULL);
		return;
	}
	age = now - entry->known_at_ms;
	if (entry->known != NULL && age < ACCOUNT_TTL_SECONDS * 1000) {
		const struct account *account = account_keep(&entry->known->account);

		/* Still good; where it soon isn't, the next answer is fetched while this one serves. */
		if (age >= ACCOUNT_TTL_SECONDS * 1000 * 2 / 3 && entry->lookup == NULL &&
		    entry_look_up(cache, entry, asker))
			places_start(&cache->places);
		found(context, STEPUP_OK, account);
		account_drop(&account);
		return;
	}
	waiter = calloc(1, sizeof(*waiter));
	if (waiter == NULL || !entry_look_up(cache, entry, asker)) {
		free(waiter);
		found(context, STEPUP_UNAVAILABLE, NULL);
		return;
	}
	*waiter = (struct account_waiter){
		.found = found, .context = context, .until_ms = now + seconds * UINT64_C(1000) };
	*entry->last_waiter = waiter;
	entry->last_waiter = &waiter->next;
	places_start(&cache->places);
}

void account_by_uid(struct account_cache *cache, uid_t uid, account_found *found, void *context)
{
	if (uid == 0)
		found(context, STEPUP_OK, &cache->root.account);
	else
		account_ask(cache, uid, NULL, uid, ACCOUNT_WAIT_SECONDS, found, context);
}

void account_by_name(struct account_cache *cache, uid_t asker, const char *name, account_found *found,
	void *context)
{
	account_by_name_within(cache, asker, name, ACCOUNT_WAIT_SECONDS, found, context);
}

void account_by_name_within(struct account_cache *cache, uid_t asker, const char *name, unsigned seconds,
	account_found *found, void *context)
{
	struct shared_account *nobody;

	/* What no directory holds might mean something else to one of them. */
	if (user_name_is_possible(name)) {
		account_ask(cache, asker, name, 0, seconds, found, context);
		return;
	}
	nobody = calloc(1, sizeof(*nobody));
	if (nobody != NULL) {
		nobody->references = 1;
		nobody->account = (struct account){ .name = strdup(name), .uid = -1 };
	}
	if (nobody == NULL || nobody->account.name == NULL)
		found(context, STEPUP_UNAVAILABLE, NULL);
	else
		found(context, STEPUP_OK, &nobody->account);
	shared_release(&nobody);
}

struct account_cache *account_cache_new(uv_loop_t *loop)
{
	static char root_name[] = "root";
	struct account_cache *cache = calloc(1, sizeof(*cache));

	if (cache == NULL)
		return NULL;
	cache->loop = loop;
	places_init(&cache->places, loop, lookup_answered);
	cache->root = (struct shared_account){ .account = { .name = root_name, .uid = 0 }, .references = 1 };
	return cache;
}

void account_cache_forget(struct account_cache *cache)
{
	struct entry *entry = cache->oldest;

	while (entry != NULL) {
		struct entry *newer = entry->newer;

		/* What is being looked up just now is new enough. */
		if (entry->waiters == NULL)
			entry_remove(cache, entry);
		else
			shared_release(&entry->known);
		entry = newer;
	}
}

static bool somebody_is_due(const struct entry *entry, uint64_t now)
{
	for (const struct account_waiter *waiter = entry->waiters; waiter != NULL; waiter = waiter->next)
		if (waiter->until_ms <= now)
			return true;
	return false;
}

void account_cache_sweep(struct account_cache *cache)
{
	uint64_t now = uv_now(cache->loop);
	struct entry *entry = cache->oldest;

	while (entry != NULL) {
		if (somebody_is_due(entry, now)) {
			entry_answer(entry, STEPUP_UNAVAILABLE, now);
			/* who was answered may have asked again and changed the order */
			entry = cache->oldest;
		} else {
			entry = entry->newer;
		}
	}
}

bool account_cache_asks(const struct account_cache *cache)
{
	return cache != NULL && (cache->places.count > 0 || cache->questions != NULL);
}

static void question_run(uv_work_t *work)
{
	struct long_question *question = work->data;

	question->run(question->context);
}

static void question_done(uv_work_t *work, int status)
{
	struct long_question *question = work->data, **link;

	(void)status; /* nothing cancels it */
	if (question->cache != NULL) {
		for (link = &question->cache->questions; *link != question; link = &(*link)->next)
			;
		*link = question->next;
	}
	question->done(question->context);
	free(question);
}

bool account_cache_work(struct account_cache *cache, void (*work)(void *context), void (*done)(void *context),
	void *context)
{
	struct long_question *question = calloc(1, sizeof(*question));

	if (question == NULL)
		return false;
	*question = (struct long_question){
		.cache = cache, .next = cache->questions, .run = work, .done = done, .context = context };
	question->work.data = question;
	if (uv_queue_work(cache->places.loop, &question->work, question_run, question_done) != 0) {
		free(question);
		return false;
	}
	cache->questions = question;
	return true;
}

void account_cache_free(struct account_cache **cache)
{
	struct account_cache *gone = *cache;

	if (gone == NULL)
		return;
	*cache = NULL;
	while (gone->oldest != NULL) {
		entry_answer(gone->oldest, STEPUP_UNAVAILABLE, UINT64_MAX);
		entry_remove(gone, gone->oldest);
	}
	places_close(&gone->places);
	for (struct long_question *question = gone->questions; question != NULL; question = question->next)
		question->cache = NULL;
	free(gone);
}
