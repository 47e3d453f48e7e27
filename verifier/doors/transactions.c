/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transactions in memory: found by name, counted by the uid that began them. Only the loop's thread comes here; the writer's side
 * reads the fields of the one it answers and its `ended` mark.
 * MUST: give a transaction to no other uid; never free one that is being answered; wipe what it frees.
 */
#include "verifier/doors/transactions.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base64url.h"
#include "lib/wipe.h"
#include "verifier/host/clock.h"
#include "verifier/doors/enrolment.h"
#include "verifier/doors/question.h"

#define NAME_BYTES 32
#define NAME_BUCKETS 4096
#define OWNER_BUCKETS 64

TAILQ_HEAD(transaction_list, transaction);
LIST_HEAD(transaction_bucket, transaction);

struct transaction_owner {
	uid_t uid;
	size_t count;
	struct transaction_list list;
	LIST_ENTRY(transaction_owner) of_bucket;
};
LIST_HEAD(owner_bucket, transaction_owner);

struct transactions {
	struct freshness *freshness;
	struct transaction_bucket names[NAME_BUCKETS];
	struct owner_bucket owners[OWNER_BUCKETS];
	size_t count;
};

struct fresh_place transaction_place(const struct transaction *transaction)
{
	return (struct fresh_place){.rule = transaction->rule, .user_id = transaction->user_id, .caller = transaction->uid,
		.sitting = transaction->sitting};
}

struct log_subject transaction_subject(const struct transaction *transaction)
{
	static const uint8_t nobody[USER_ID_SIZE];
	bool known = memcmp(transaction->user_id, nobody, USER_ID_SIZE) != 0;

	return (struct log_subject){.user = transaction->user, .user_id = known ? transaction->user_id : NULL};
}

struct transactions *transactions_new(void)
{
	struct transactions *all = calloc(1, sizeof(*all)); /* all-zero lists are empty ones */

	if (all == NULL)
		return NULL;
	all->freshness = freshness_new();
	if (all->freshness == NULL) {
		free(all);
		return NULL;
	}
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

static struct transaction_owner *owner_find(struct transactions *all, uid_t uid)
{
	struct transaction_owner *owner;

	LIST_FOREACH(owner, &all->owners[uid % OWNER_BUCKETS], of_bucket)
		if (owner->uid == uid)
			return owner;
	return NULL;
}

static struct transaction_owner *owner_get(struct transactions *all, uid_t uid)
{
	struct transaction_owner *owner = owner_find(all, uid);

	if (owner != NULL)
		return owner;
	owner = calloc(1, sizeof(*owner));
	if (owner == NULL)
		return NULL;
	owner->uid = uid;
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
	policy_release(&transaction->policy);
	action_free(&transaction->action);
	question_free(&transaction->question);
	enrolment_free(&transaction->enrolment);
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
	free(*all);
	*all = NULL;
}

/* What nobody has answered yet goes first: whoever only begins can't push out what others have proved. */
static bool owner_give_way(struct transactions *all, struct transaction_owner *owner)
{
	struct transaction *transaction, *oldest = NULL;

	TAILQ_FOREACH(transaction, &owner->list, of_owner) {
		if (transaction->state == TRANSACTION_ASKED)
			break;
		if (oldest == NULL && transaction->state != TRANSACTION_ANSWERING)
			oldest = transaction;
	}
	if (transaction == NULL)
		transaction = oldest;
	if (transaction != NULL)
		transaction_free(all, transaction);
	return transaction != NULL;
}

enum stepup_error transaction_new(struct transactions *all, uid_t uid, size_t maximum, bool give_way, struct transaction **transaction)
{
	struct transaction_owner *owner = owner_find(all, uid);
	struct transaction *new;
	uint8_t bytes[NAME_BYTES];

	*transaction = NULL;
	if (owner != NULL && owner->count >= maximum && !(give_way && owner->count > 1 && owner_give_way(all, owner)))
		return STEPUP_THROTTLED;
	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return STEPUP_INTERNAL;
	new = calloc(1, sizeof(*new));
	owner = owner_get(all, uid);
	if (new == NULL || owner == NULL) {
		free(new);
		if (owner != NULL)
			owner_put(owner);
		return STEPUP_NO_MEMORY;
	}
	base64url_encode(bytes, sizeof(bytes), new->name);
	WIPE_ARRAY(bytes);
	new->state = TRANSACTION_ASKED;
	atomic_init(&new->ended, false);
	new->uid = uid;
	new->user_uid = -1;
	new->expires_boot_ms = clock_boot_ms() + TRANSACTION_TTL_SECONDS * INT64_C(1000);
	new->owner = owner;
	TAILQ_INSERT_TAIL(&owner->list, new, of_owner);
	LIST_INSERT_HEAD(name_bucket(all, new->name), new, of_name);
	owner->count++;
	all->count++;
	*transaction = new;
	return STEPUP_OK;
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
static void end_each(struct transactions *all, bool (*ends)(const struct transaction *transaction, const void *context), const void *context)
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
	return user == NULL || strcmp(transaction->user, user) == 0;
}

void transactions_end_user(struct transactions *all, const char *user)
{
	end_each(all, is_of_user, user);
	freshness_end_user(all->freshness, user);
}

static bool is_granted(const struct transaction *transaction, const void *pattern)
{
	return transaction->state == TRANSACTION_GRANTED && policy_pattern_matches(pattern, transaction->action->name);
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
		LIST_FOREACH(transaction, &all->names[i], of_name)
			if (transaction->uid == uid && transaction->sits && memcmp(transaction->sitting, sitting, DIGEST_SIZE) == 0)
				transaction->sits = false;
	freshness_end_sitting(all->freshness, uid, sitting);
}

struct sweep {
	int64_t now_boot_ms;
	void (*expires)(void *context, const struct transaction *transaction);
	void *context;
};

static bool is_swept(const struct transaction *transaction, const void *context)
{
	const struct sweep *sweep = context;
	bool swept = transaction->state != TRANSACTION_ANSWERING && transaction->expires_boot_ms <= sweep->now_boot_ms;

	if (swept && sweep->expires != NULL)
		sweep->expires(sweep->context, transaction);
	return swept;
}

void transactions_sweep(struct transactions *all, int64_t now_boot_ms, void (*expires)(void *context, const struct transaction *transaction),
	void *context)
{
	const struct sweep sweep = {now_boot_ms, expires, context};

	end_each(all, is_swept, &sweep);
	freshness_sweep(all->freshness, now_boot_ms);
}

size_t transactions_count(const struct transactions *all)
{
	return all->count;
}
