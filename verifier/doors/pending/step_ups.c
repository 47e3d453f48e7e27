/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transactions in memory: found by name, counted by the uid that began them. Only the loop's thread comes
 * here; the writer's side reads the fields of the one it answers and its `ended` mark.
 * MUST: give a transaction to no other uid; never free one that is being answered; wipe what it frees; tell
 * of what ends unanswered.
 */
#include "verifier/doors/pending/step_ups.h"

#include <openssl/rand.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"
#include "lib/wire/base64url.h"
#include "verifier/doors/pending/question.h"
#include "verifier/host/clock.h"

#define NAME_BYTES 32
#define NAME_BUCKETS 4096
#define OWNER_BUCKETS 64

TAILQ_HEAD(transaction_list, transaction);
LIST_HEAD(transaction_bucket, transaction);

struct transaction_owner {
	uid_t uid;
	enum transaction_pool pool;
	size_t count;
	struct transaction_list list;
	LIST_ENTRY(transaction_owner) of_bucket;
};
LIST_HEAD(owner_bucket, transaction_owner);

/* How much room a pool has, and how much of it one person from one place. */
static const struct pool_size {
	size_t all, share;
} pool_sizes[] = {
	[POOL_SMALL] = {TRANSACTIONS_SMALL, TRANSACTIONS_SMALL},
	[POOL_CALLER] = {TRANSACTIONS_LARGE, TRANSACTIONS_SHARE},
	[POOL_BOUND] = {TRANSACTIONS_LARGE, TRANSACTIONS_SHARE},
};

struct transactions {
	struct freshness *freshness;
	struct crowd *crowd;
	void (*unanswered)(void *context, const struct transaction *transaction);
	void *context;
	struct transaction_bucket names[NAME_BUCKETS];
	struct owner_bucket owners[OWNER_BUCKETS];
	size_t count;
};

struct fresh_place transaction_place(const struct transaction *transaction)
{
	return (struct fresh_place){.rule = transaction->rule, .user_id = transaction->user_id,
		.caller = transaction->uid, .sitting = transaction->sitting};
}

struct log_subject transaction_subject(const struct transaction *transaction)
{
	static const uint8_t nobody[USER_ID_SIZE];
	bool known = memcmp(transaction->user_id, nobody, USER_ID_SIZE) != 0;

	return (struct log_subject){
		.user = transaction->user, .user_id = known ? transaction->user_id : NULL};
}

struct transactions *transactions_new(void)
{
	struct transactions *all = calloc(1, sizeof(*all)); /* all-zero lists are empty ones */

	if (all == NULL)
		return NULL;
	all->freshness = freshness_new();
	all->crowd = crowd_new();
	if (all->freshness == NULL || all->crowd == NULL)
		transactions_free(&all);
	return all;
}

struct freshness *transactions_freshness(struct transactions *all)
{
	return all->freshness;
}

/* Names are random, so any of their characters spread well. */
static struct transaction_bucket *name_bucket(struct transactions *all, const char *name)
{
	size_t hash = 0;

	for (size_t i = 0; i < 8; i++)
		hash = hash * 67 + (unsigned char)name[i];
	return &all->names[hash % NAME_BUCKETS];
}

static struct transaction_owner *owner_find(struct transactions *all, uid_t uid, enum transaction_pool pool)
{
	struct transaction_owner *owner;

	LIST_FOREACH(owner, &all->owners[uid % OWNER_BUCKETS], of_bucket)
		if (owner->uid == uid && owner->pool == pool)
			return owner;
	return NULL;
}

static struct transaction_owner *owner_get(struct transactions *all, uid_t uid, enum transaction_pool pool)
{
	struct transaction_owner *owner = owner_find(all, uid, pool);

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

static void owner_put(struct transaction_owner *owner)
{
	if (owner->count != 0)
		return;
	LIST_REMOVE(owner, of_bucket);
	free(owner);
}

static void transaction_free(struct transactions *all, struct transaction *transaction)
{
	struct transaction_owner *owner = transaction->owner;

	LIST_REMOVE(transaction, of_name);
	TAILQ_REMOVE(&owner->list, transaction, of_owner);
	owner->count--;
	all->count--;
	crowd_leave(&transaction->crowd);
	call_unbond(&transaction->bond);
	policy_release(&transaction->policy);
	action_free(&transaction->action);
	question_free(&transaction->question);
	if (transaction->enrolment != NULL)
		transaction->enrolment_free(&transaction->enrolment);
	free(transaction->caller);
	free(transaction->service);
	free(transaction->rhost);
	free(transaction->tty);
	free(transaction->prompt);
	free(transaction->reason);
	WIPE_OBJECT(transaction);
	free(transaction);
	owner_put(owner);
}

void transactions_free(struct transactions **all)
{
	if (all == NULL || *all == NULL)
		return;
	for (size_t i = 0; i < NAME_BUCKETS; i++)
		while (!LIST_EMPTY(&(*all)->names[i]))
			transaction_free(*all, LIST_FIRST(&(*all)->names[i]));
	freshness_free(&(*all)->freshness);
	crowd_free(&(*all)->crowd);
	free(*all);
	*all = NULL;
}

void transactions_watch(struct transactions *all,
	void (*unanswered)(void *context, const struct transaction *transaction), void *context)
{
	all->unanswered = unanswered;
	all->context = context;
}

/* Ends one that nobody has answered, and tells so. */
static void transaction_lapse(struct transactions *all, struct transaction *transaction)
{
	if (all->unanswered != NULL)
		all->unanswered(all->context, transaction);
	transaction_end(all, transaction);
}

/* One's own brake is kept; through a caller, which one person may use in many sessions, no more of them
 * than anybody needs. */
static bool is_kept_brake(const struct transaction *transaction)
{
	return transaction->brake &&
		(transaction->own || crowd_weight(&transaction->crowd) <= CROWD_WEIGHT_FEW);
}

static bool is_only_asked(const struct transaction *transaction)
{
	return transaction->state == TRANSACTION_ASKED && !is_kept_brake(transaction);
}

/* Whether one gives way rather than an older one: what nobody has answered yet goes first, so that whoever
 * only begins can't push out what others have proved, nor a brake; then what is where most were begun. */
static bool transactions_goes_before(const struct transaction *transaction, const struct transaction *older)
{
	bool asked = is_only_asked(transaction);

	if (older == NULL || asked != is_only_asked(older))
		return older == NULL || asked;
	return crowd_weight(&transaction->crowd) > crowd_weight(&older->crowd);
}

/* The one that would give way, of those that count with the newcomer in `same` (NULL: of
 * all); NULL for none. */
static struct transaction *owner_weakest(const struct transaction_owner *owner,
	const struct transaction *newcomer, const struct crowd_count *same)
{
	struct transaction *transaction, *chosen = NULL;

	TAILQ_FOREACH(transaction, &owner->list, of_owner) if (transaction != newcomer &&
		transaction->state != TRANSACTION_ANSWERING &&
		(same == NULL || transaction->crowd.both == same || transaction->crowd.place == same) &&
		transactions_goes_before(transaction, chosen)) chosen = transaction;
	return chosen;
}

/* Ends one to make room for the newcomer, which is in the list already. False where that one has to go
 * instead: it comes from where most were begun, or for whom, and no other comes from its place. */
static bool owner_give_way(struct transactions *all, struct transaction_owner *owner,
	const struct transaction *newcomer)
{
	size_t weight = crowd_weight(&newcomer->crowd);
	struct transaction *chosen = owner_weakest(owner, newcomer, NULL);

	if (chosen != NULL && weight > CROWD_WEIGHT_SINGLE && weight >= crowd_weight(&chosen->crowd))
		chosen = owner_weakest(owner, newcomer, newcomer->crowd.place);
	if (chosen != NULL)
		transaction_lapse(all, chosen);
	return chosen != NULL;
}

/* The same where a person has a share of the pool from one place already. */
static bool share_give_way(struct transactions *all, struct transaction_owner *owner,
	const struct transaction *newcomer)
{
	struct transaction *chosen = owner_weakest(owner, newcomer, newcomer->crowd.both);

	if (chosen != NULL)
		transaction_lapse(all, chosen);
	return chosen != NULL;
}

/* Puts a new one among its owner's, and makes room for it. */
static enum stepup_error transaction_join(struct transactions *all, const struct transaction_seat *seat,
	struct transaction *new)
{
	const struct pool_size *size = &pool_sizes[seat->pool];
	const uint32_t pool[2] = {seat->uid, (uint32_t)seat->pool};
	struct transaction_owner *owner = owner_get(all, seat->uid, seat->pool);
	enum stepup_error error = owner == NULL ? STEPUP_NO_MEMORY
		: crowd_join(all->crowd, pool, seat->user, seat->place, &new->crowd);

	if (error != STEPUP_OK) {
		if (owner != NULL)
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

enum stepup_error transaction_new(struct transactions *all, const struct transaction_seat *seat,
	struct transaction **transaction)
{
	struct transaction *new = calloc(1, sizeof(*new));
	uint8_t bytes[NAME_BYTES] = {0};
	enum stepup_error error;

	*transaction = NULL;
	if (new == NULL)
		return STEPUP_NO_MEMORY;
	error = RAND_bytes(bytes, sizeof(bytes)) == 1 ? STEPUP_OK : STEPUP_INTERNAL;
	if (error == STEPUP_OK &&
	    snprintf(new->user, sizeof(new->user), "%s", seat->user) >= (int)sizeof(new->user))
		error = STEPUP_TOO_LONG;
	base64url_encode(bytes, sizeof(bytes), new->name);
	WIPE_ARRAY(bytes);
	new->state = TRANSACTION_ASKED;
	atomic_init(&new->ended, false);
	new->uid = seat->uid;
	memcpy(new->place, seat->place, DIGEST_SIZE);
	new->user_uid = -1;
	new->expires_boot_ms = clock_boot_ms() + TRANSACTION_TTL_SECONDS * INT64_C(1000);
	if (error == STEPUP_OK)
		error = transaction_join(all, seat, new);
	if (error == STEPUP_OK)
		*transaction = new;
	else if (new->owner != NULL)
		transaction_free(all, new);
	else
		free(new);
	return error;
}

/* The connection has gone. What was handed in before that counts; nothing else can come. */
static void transaction_cut(struct call_bond *bond)
{
	struct transaction *transaction =
		(struct transaction *)(void *)((char *)bond - offsetof(struct transaction, bond));

	if (transaction->state == TRANSACTION_ANSWERING)
		transaction->cut = true;
	else
		transaction_lapse(bond->context, transaction);
}

void transaction_bind(struct transactions *all, struct transaction *transaction, struct call *call)
{
	transaction->bond.context = all;
	call_bond(call, &transaction->bond, transaction_cut);
}

bool transactions_make_room(struct transactions *all, uid_t uid)
{
	const struct transaction_owner *owner = owner_find(all, uid, POOL_BOUND);
	struct transaction *transaction, *chosen = NULL;

	if (owner == NULL)
		return false;
	TAILQ_FOREACH(transaction, &owner->list, of_owner)
		if (transaction->state == TRANSACTION_ASKED && transactions_goes_before(transaction, chosen))
			chosen = transaction;
	if (chosen == NULL || crowd_weight(&chosen->crowd) <= CROWD_WEIGHT_SINGLE ||
	    !call_bond_hang_up(&chosen->bond))
		return false;
	transaction_lapse(all, chosen);
	return true;
}

bool transaction_is_over(const struct transaction *transaction)
{
	return transaction->cut || atomic_load(&transaction->ended);
}

struct transaction *transaction_find(struct transactions *all, const char *name, uid_t uid)
{
	struct transaction *transaction;

	if (name == NULL || strlen(name) != TRANSACTION_NAME_SIZE - 1)
		return NULL;
	LIST_FOREACH(transaction, name_bucket(all, name), of_name) {
		if (!equal_constant_time(transaction->name, name, TRANSACTION_NAME_SIZE - 1))
			continue;
		if (transaction->uid != uid || atomic_load(&transaction->ended) ||
		    transaction->expires_boot_ms <= clock_boot_ms())
			return NULL;
		return transaction;
	}
	return NULL;
}

void transaction_end(struct transactions *all, struct transaction *transaction)
{
	if (transaction->state == TRANSACTION_ANSWERING)
		atomic_store(&transaction->ended, true);
	else
		transaction_free(all, transaction);
}

/* Ends what `ends` says so of. */
static void end_each(struct transactions *all,
	bool (*ends)(const struct transaction *transaction, const void *context), const void *context)
{
	for (size_t i = 0; i < NAME_BUCKETS; i++) {
		struct transaction *transaction = LIST_FIRST(&all->names[i]), *next;

		for (; transaction != NULL; transaction = next) {
			next = LIST_NEXT(transaction, of_name);
			if (ends(transaction, context))
				transaction_end(all, transaction);
		}
	}
}

static bool is_of_user(const struct transaction *transaction, const void *user)
{
	if (user == NULL)
		return true;
	return strcmp(transaction->user, user) == 0 &&
		!(transaction->quiet && transaction->state == TRANSACTION_ASKED);
}

void transactions_end_user(struct transactions *all, const char *user)
{
	end_each(all, is_of_user, user);
	freshness_end_user(all->freshness, user);
}

static bool is_granted(const struct transaction *transaction, const void *pattern)
{
	return transaction->state == TRANSACTION_GRANTED &&
		policy_pattern_matches(pattern, transaction->action->name);
}

void transactions_end_granted(struct transactions *all, const char *pattern)
{
	end_each(all, is_granted, pattern);
	freshness_end_user(all->freshness, NULL);
}

void transactions_end_fresh(struct transactions *all, const char *user)
{
	freshness_end_user(all->freshness, user);
}

void transactions_end_sitting(struct transactions *all, uid_t uid, const uint8_t sitting[DIGEST_SIZE])
{
	struct transaction *transaction;

	for (size_t i = 0; i < NAME_BUCKETS; i++)
		LIST_FOREACH(transaction, &all->names[i], of_name) if (transaction->uid == uid &&
			transaction->sits &&
			memcmp(transaction->sitting, sitting, DIGEST_SIZE) == 0) transaction->sits = false;
	freshness_end_sitting(all->freshness, uid, sitting);
}

/* What `is_swept` needs. */
struct transaction_sweep {
	struct transactions *all;
	int64_t now_boot_ms;
};

static bool is_swept(const struct transaction *transaction, const void *context)
{
	const struct transaction_sweep *sweep = context;
	bool swept = transaction->state != TRANSACTION_ANSWERING &&
		transaction->expires_boot_ms <= sweep->now_boot_ms;

	if (swept && sweep->all->unanswered != NULL)
		sweep->all->unanswered(sweep->all->context, transaction);
	return swept;
}

void transactions_sweep(struct transactions *all, int64_t now_boot_ms)
{
	const struct transaction_sweep sweep = {all, now_boot_ms};

	end_each(all, is_swept, &sweep);
	freshness_sweep(all->freshness, now_boot_ms);
}

size_t transactions_count(const struct transactions *all)
{
	return all->count;
}
