/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Step-ups in memory: found by name, counted by the uid that began them. Only the loop's thread comes
 * here; the writer's side reads the fields of the one it answers and its `ended` mark.
 * MUST: give a step-up to no other uid; never free one that is being answered; wipe what it frees; tell
 * of what ends unanswered.
 */
#include "verifier/doors/pending/step_ups.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"
#include "verifier/host/clock.h"

#define NAME_BUCKETS 4096
#define OWNER_BUCKETS 64

TAILQ_HEAD(step_up_list, step_up);
LIST_HEAD(step_up_bucket, step_up);

struct step_up_owner {
	uid_t uid;
	enum step_up_pool pool;
	size_t count;
	struct step_up_list list;
	LIST_ENTRY(step_up_owner) of_bucket;
};
LIST_HEAD(owner_bucket, step_up_owner);

/* How much room a pool has, and how much of it one person from one place. */
static const struct pool_size {
	size_t all, share;
} pool_sizes[] = {
	[POOL_SMALL] = {STEP_UPS_SMALL, STEP_UPS_SMALL},
	[POOL_CALLER] = {STEP_UPS_LARGE, STEP_UPS_SHARE},
	[POOL_BOUND] = {STEP_UPS_LARGE, STEP_UPS_SHARE},
};

struct step_ups {
	struct freshness *freshness;
	struct crowd *crowd;
	void (*unanswered)(void *context, const struct step_up *step_up);
	void *context;
	struct step_up_bucket names[NAME_BUCKETS];
	struct owner_bucket owners[OWNER_BUCKETS];
	size_t count;
};

struct step_ups *step_ups_new(void)
{
	struct step_ups *all = calloc(1, sizeof(*all)); /* all-zero lists are empty ones */

	if (all == NULL)
		return NULL;
	all->freshness = freshness_new();
	all->crowd = crowd_new();
	if (all->freshness == NULL || all->crowd == NULL)
		step_ups_free(&all);
	return all;
}

struct freshness *step_ups_freshness(struct step_ups *all)
{
	return all->freshness;
}

/* Names are random, so any of their characters spread well. */
static struct step_up_bucket *name_bucket(struct step_ups *all, const char *name)
{
	size_t hash = 0;

	for (size_t i = 0; i < 8; i++)
		hash = hash * 67 + (unsigned char)name[i];
	return &all->names[hash % NAME_BUCKETS];
}

static struct step_up_owner *owner_find(struct step_ups *all, uid_t uid, enum step_up_pool pool)
{
	struct step_up_owner *owner;

	LIST_FOREACH(owner, &all->owners[uid % OWNER_BUCKETS], of_bucket)
		if (owner->uid == uid && owner->pool == pool)
			return owner;
	return NULL;
}

static struct step_up_owner *owner_get(struct step_ups *all, uid_t uid, enum step_up_pool pool)
{
	struct step_up_owner *owner = owner_find(all, uid, pool);

	if (owner != NULL)
		return owner;
	owner = calloc(1, sizeof(*owner));
	if (owner == NULL)
		return NULL;
	owner->uid = uid;
	owner->pool = pool;
	TAILQ_INIT(&owner->list);
	LIST_INSERT_HEAD(&all->owners[uid % OWNER_BUCKETS], owner, of_bucket);
	return owner;
}

static void owner_put(struct step_up_owner *owner)
{
	if (owner->count != 0)
		return;
	LIST_REMOVE(owner, of_bucket);
	free(owner);
}

static void step_up_free(struct step_ups *all, struct step_up *step_up)
{
	struct step_up_owner *owner = step_up->owner;

	LIST_REMOVE(step_up, of_name);
	TAILQ_REMOVE(&owner->list, step_up, of_owner);
	owner->count--;
	all->count--;
	crowd_leave(&step_up->crowd);
	step_up_unmake(&step_up);
	owner_put(owner);
}

void step_ups_free(struct step_ups **all)
{
	if (all == NULL || *all == NULL)
		return;
	for (size_t i = 0; i < NAME_BUCKETS; i++)
		while (!LIST_EMPTY(&(*all)->names[i]))
			step_up_free(*all, LIST_FIRST(&(*all)->names[i]));
	freshness_free(&(*all)->freshness);
	crowd_free(&(*all)->crowd);
	free(*all);
	*all = NULL;
}

void step_ups_watch(struct step_ups *all,
	void (*unanswered)(void *context, const struct step_up *step_up), void *context)
{
	all->unanswered = unanswered;
	all->context = context;
}

/* Ends one that nobody has answered, and tells so. */
static void step_up_lapse(struct step_ups *all, struct step_up *step_up)
{
	if (all->unanswered != NULL)
		all->unanswered(all->context, step_up);
	step_up_end(all, step_up);
}

/* One's own brake is kept; through a caller, which one person may use in many sessions, no more of them
 * than anybody needs. */
static bool is_kept_brake(const struct step_up *step_up)
{
	return step_up->brake &&
		(step_up->own || crowd_weight(&step_up->crowd) <= CROWD_WEIGHT_FEW);
}

static bool is_only_asked(const struct step_up *step_up)
{
	return step_up->state == STEP_UP_ASKED && !is_kept_brake(step_up);
}

/* Whether one gives way rather than an older one: what nobody has answered yet goes first, so that whoever
 * only begins can't push out what others have proved, nor a brake; then what is where most were begun. */
static bool step_ups_goes_before(const struct step_up *step_up, const struct step_up *older)
{
	bool asked = is_only_asked(step_up);

	if (older == NULL || asked != is_only_asked(older))
		return older == NULL || asked;
	return crowd_weight(&step_up->crowd) > crowd_weight(&older->crowd);
}

/* The one that would give way, of those that count with the newcomer in `same` (NULL: of
 * all); NULL for none. */
static struct step_up *owner_weakest(const struct step_up_owner *owner,
	const struct step_up *newcomer, const struct crowd_count *same)
{
	struct step_up *step_up, *chosen = NULL;

	TAILQ_FOREACH(step_up, &owner->list, of_owner) if (step_up != newcomer &&
		step_up->state != STEP_UP_ANSWERING &&
		(same == NULL || step_up->crowd.both == same || step_up->crowd.place == same) &&
		step_ups_goes_before(step_up, chosen)) chosen = step_up;
	return chosen;
}

/* Ends one to make room for the newcomer, which is in the list already. False where that one has to go
 * instead: it comes from where most were begun, or for whom, and no other comes from its place. */
static bool owner_give_way(struct step_ups *all, struct step_up_owner *owner,
	const struct step_up *newcomer)
{
	size_t weight = crowd_weight(&newcomer->crowd);
	struct step_up *chosen = owner_weakest(owner, newcomer, NULL);

	if (chosen != NULL && weight > CROWD_WEIGHT_SINGLE && weight >= crowd_weight(&chosen->crowd))
		chosen = owner_weakest(owner, newcomer, newcomer->crowd.place);
	if (chosen != NULL)
		step_up_lapse(all, chosen);
	return chosen != NULL;
}

/* The same where a person has a share of the pool from one place already. */
static bool share_give_way(struct step_ups *all, struct step_up_owner *owner,
	const struct step_up *newcomer)
{
	struct step_up *chosen = owner_weakest(owner, newcomer, newcomer->crowd.both);

	if (chosen != NULL)
		step_up_lapse(all, chosen);
	return chosen != NULL;
}

/* Puts a new one among its owner's, and makes room for it. */
static enum stepup_error step_up_join(struct step_ups *all, const struct step_up_seat *seat,
	struct step_up *new)
{
	const struct pool_size *size = &pool_sizes[seat->pool];
	const uint32_t pool[2] = {seat->uid, (uint32_t)seat->pool};
	struct step_up_owner *owner = owner_get(all, seat->uid, seat->pool);
	enum stepup_error error;

	if (owner == NULL)
		return STEPUP_NO_MEMORY;
	error = crowd_join(all->crowd, pool, seat->user, seat->place, &new->crowd);
	if (error != STEPUP_OK) {
		owner_put(owner);
		return error;
	}
	new->owner = owner;
	TAILQ_INSERT_TAIL(&owner->list, new, of_owner);
	LIST_INSERT_HEAD(name_bucket(all, new->name), new, of_name);
	owner->count++;
	all->count++;
	if (crowd_share(&new->crowd) > size->share)
		return share_give_way(all, owner, new) ? STEPUP_OK : STEPUP_THROTTLED;
	return owner->count <= size->all || owner_give_way(all, owner, new) ? STEPUP_OK : STEPUP_THROTTLED;
}

enum stepup_error step_up_new(struct step_ups *all, const struct step_up_seat *seat,
	struct step_up **step_up)
{
	struct step_up *new = NULL;
	enum stepup_error error = step_up_make(seat, &new);

	*step_up = NULL;
	if (error == STEPUP_OK)
		error = step_up_join(all, seat, new);
	if (error == STEPUP_OK)
		*step_up = new;
	else if (new != NULL && new->owner != NULL)
		step_up_free(all, new);
	else
		step_up_unmake(&new);
	return error;
}

/* The connection has gone. What was handed in before that counts; nothing else can come. */
static void step_up_cut(struct call_bond *bond)
{
	struct step_up *step_up =
		(struct step_up *)(void *)((char *)bond - offsetof(struct step_up, bond));

	if (step_up->state == STEP_UP_ANSWERING)
		step_up->cut = true;
	else
		step_up_lapse(bond->context, step_up);
}

void step_up_bind(struct step_ups *all, struct step_up *step_up, struct call *call)
{
	step_up->bond.context = all;
	call_bond(call, &step_up->bond, step_up_cut);
}

bool step_ups_make_room(struct step_ups *all, uid_t uid)
{
	const struct step_up_owner *owner = owner_find(all, uid, POOL_BOUND);
	struct step_up *step_up, *chosen = NULL;

	if (owner == NULL)
		return false;
	TAILQ_FOREACH(step_up, &owner->list, of_owner)
		if (step_up->state == STEP_UP_ASKED && step_ups_goes_before(step_up, chosen))
			chosen = step_up;
	if (chosen == NULL || crowd_weight(&chosen->crowd) <= CROWD_WEIGHT_SINGLE ||
	    !call_bond_hang_up(&chosen->bond))
		return false;
	step_up_lapse(all, chosen);
	return true;
}

struct step_up *step_up_find(struct step_ups *all, const char *name, uid_t uid)
{
	struct step_up *step_up;

	if (name == NULL || strlen(name) != STEP_UP_NAME_SIZE - 1)
		return NULL;
	LIST_FOREACH(step_up, name_bucket(all, name), of_name) {
		if (!equal_constant_time(step_up->name, name, STEP_UP_NAME_SIZE - 1))
			continue;
		if (step_up->uid != uid || atomic_load(&step_up->ended) ||
		    step_up->expires_boot_ms <= clock_boot_ms())
			return NULL;
		return step_up;
	}
	return NULL;
}

void step_up_end(struct step_ups *all, struct step_up *step_up)
{
	if (step_up->state == STEP_UP_ANSWERING)
		atomic_store(&step_up->ended, true);
	else
		step_up_free(all, step_up);
}

/* Ends what `ends` says so of. */
static void end_each(struct step_ups *all,
	bool (*ends)(const struct step_up *step_up, const void *context), const void *context)
{
	for (size_t i = 0; i < NAME_BUCKETS; i++) {
		struct step_up *step_up = LIST_FIRST(&all->names[i]), *next;

		for (; step_up != NULL; step_up = next) {
			next = LIST_NEXT(step_up, of_name);
			if (ends(step_up, context))
				step_up_end(all, step_up);
		}
	}
}

static bool is_of_user(const struct step_up *step_up, const void *user)
{
	const struct asked *asked = step_up_asked(step_up);
	bool quiet = asked != NULL && asked->quiet;

	return user == NULL ||
		(strcmp(step_up->user, user) == 0 && !(quiet && step_up->state == STEP_UP_ASKED));
}

void step_ups_end_user(struct step_ups *all, const char *user)
{
	end_each(all, is_of_user, user);
	freshness_end_user(all->freshness, user);
}

static bool is_granted(const struct step_up *step_up, const void *pattern)
{
	return step_up_grant(step_up) != NULL &&
		policy_pattern_matches(pattern, step_up_asked(step_up)->action->name);
}

void step_ups_end_granted(struct step_ups *all, const char *pattern)
{
	end_each(all, is_granted, pattern);
	freshness_end_user(all->freshness, NULL);
}

void step_ups_end_fresh(struct step_ups *all, const char *user)
{
	freshness_end_user(all->freshness, user);
}

/* Whether what is granted in it would stay fresh there. */
static bool is_in_sitting(const struct step_up *step_up, uid_t uid, const uint8_t sitting[DIGEST_SIZE])
{
	const struct asked *asked = step_up_asked(step_up);

	return step_up->uid == uid && asked != NULL && asked->sits &&
		memcmp(asked->sitting, sitting, DIGEST_SIZE) == 0;
}

void step_ups_end_sitting(struct step_ups *all, uid_t uid, const uint8_t sitting[DIGEST_SIZE])
{
	struct step_up *step_up;

	for (size_t i = 0; i < NAME_BUCKETS; i++)
		LIST_FOREACH(step_up, &all->names[i], of_name)
			if (is_in_sitting(step_up, uid, sitting))
				step_up_asked(step_up)->sits = false;
	freshness_end_sitting(all->freshness, uid, sitting);
}

/* What `is_swept` needs. */
struct step_up_sweep {
	struct step_ups *all;
	int64_t now_boot_ms;
};

static bool is_swept(const struct step_up *step_up, const void *context)
{
	const struct step_up_sweep *sweep = context;
	bool swept = step_up->state != STEP_UP_ANSWERING &&
		step_up->expires_boot_ms <= sweep->now_boot_ms;

	if (swept && sweep->all->unanswered != NULL)
		sweep->all->unanswered(sweep->all->context, step_up);
	return swept;
}

void step_ups_sweep(struct step_ups *all, int64_t now_boot_ms)
{
	const struct step_up_sweep sweep = {all, now_boot_ms};

	end_each(all, is_swept, &sweep);
	freshness_sweep(all->freshness, now_boot_ms);
}

size_t step_ups_count(const struct step_ups *all)
{
	return all->count;
}
