/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Per-uid budgets as token buckets; see budget.h. A uid's entry lives while it has a connection or owes something, so the table is as large as
 * the connections allow plus what a sweep has not taken yet, and that is bounded too.
 */
#include <stdlib.h>

#include "verifier/server/budget.h"

#define SLOTS 1024     /* a power of two */
#define IDLE_MAX 4096  /* entries without a connection */

struct bucket {
	int64_t level; /* thousandths of a token; negative is owed */
	int64_t at_ms;
};

struct budget {
	struct budget *next;
	uid_t uid;
	enum budget_rank rank;
	size_t connections, held;
	struct bucket bytes, begins;
};

struct budgets {
	struct budget *slots[SLOTS];
	size_t maximum, connections, uids;
};

struct rank_limits {
	size_t connections, held;
	int64_t bytes_per_second, bytes_at_once;
	int64_t begins_per_minute;
};

static const struct rank_limits rank_limits[] = {
	[BUDGET_ORDINARY] = { BUDGET_CONNECTIONS_ORDINARY, BUDGET_HELD_ORDINARY, BUDGET_BYTES_ORDINARY,
		INT64_C(4) * BUDGET_BYTES_ORDINARY, BUDGET_BEGINS_ORDINARY },
	[BUDGET_CALLER] = { BUDGET_CONNECTIONS_CALLER, BUDGET_HELD_CALLER, BUDGET_BYTES_CALLER,
		INT64_C(4) * BUDGET_BYTES_CALLER, BUDGET_BEGINS_CALLER },
	[BUDGET_ROOT] = { BUDGET_CONNECTIONS_CALLER, BUDGET_HELD_CALLER, BUDGET_BYTES_CALLER,
		INT64_C(4) * BUDGET_BYTES_CALLER, BUDGET_BEGINS_CALLER },
};

static const struct rank_limits *limits_of(const struct budget *budget)
{
	return &rank_limits[budget->rank];
}

/* Lets tokens flow in: `rate` per `per_ms`, up to `most`. */
static void bucket_fill(struct bucket *bucket, int64_t rate, int64_t per_ms, int64_t most, int64_t now_ms)
{
	int64_t passed = now_ms - bucket->at_ms;
	int64_t room = most * 1000 - bucket->level;

	if (passed <= 0)
		return;
	bucket->at_ms = now_ms;
	/* Long enough to be full again, whatever it was; also keeps the product below from growing out of hand. */
	if (passed >= INT64_C(3600) * 1000 || passed * rate >= room * per_ms / 1000)
		bucket->level = most * 1000;
	else
		bucket->level += passed * rate * 1000 / per_ms;
}

static void bytes_fill(struct budget *budget, int64_t now_ms)
{
	const struct rank_limits *limits = limits_of(budget);

	bucket_fill(&budget->bytes, limits->bytes_per_second, 1000, limits->bytes_at_once, now_ms);
}

static void begins_fill(struct budget *budget, int64_t now_ms)
{
	const struct rank_limits *limits = limits_of(budget);

	bucket_fill(&budget->begins, limits->begins_per_minute, 60 * 1000, limits->begins_per_minute, now_ms);
}

static void buckets_full(struct budget *budget)
{
	budget->bytes.level = limits_of(budget)->bytes_at_once * 1000;
	budget->begins.level = limits_of(budget)->begins_per_minute * 1000;
}

struct budgets *budgets_new(size_t connections)
{
	struct budgets *all = calloc(1, sizeof(*all));

	if (all != NULL)
		all->maximum = connections;
	return all;
}

void budgets_free(struct budgets **all)
{
	if (*all == NULL)
		return;
	for (size_t i = 0; i < SLOTS; i++) {
		while ((*all)->slots[i] != NULL) {
			struct budget *budget = (*all)->slots[i];

			(*all)->slots[i] = budget->next;
			free(budget);
		}
	}
	free(*all);
	*all = NULL;
}

/* Without connection and, unless debts are forgiven, with full buckets. */
static bool is_idle(struct budget *budget, int64_t now_ms, bool forgive)
{
	if (budget->connections > 0 || forgive)
		return budget->connections == 0;
	bytes_fill(budget, now_ms);
	begins_fill(budget, now_ms);
	return budget->bytes.level == limits_of(budget)->bytes_at_once * 1000 &&
		budget->begins.level == limits_of(budget)->begins_per_minute * 1000;
}

static void sweep(struct budgets *all, int64_t now_ms, bool forgive)
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct budget **link = &all->slots[i];

		while (*link != NULL) {
			struct budget *budget = *link;

			if (is_idle(budget, now_ms, forgive)) {
				*link = budget->next;
				free(budget);
				all->uids--;
			} else {
				link = &budget->next;
			}
		}
	}
}

/* Spreads neighbouring uids: Knuth's multiplicative hash. */
static size_t slot_of(uid_t uid)
{
	return (size_t)(((uint32_t)uid * UINT32_C(2654435761)) >> 22) & (SLOTS - 1);
}

static struct budget *budget_find(const struct budgets *all, uid_t uid)
{
	struct budget *budget = all->slots[slot_of(uid)];

	while (budget != NULL && budget->uid != uid)
		budget = budget->next;
	return budget;
}

static struct budget *budget_find_or_add(struct budgets *all, uid_t uid, int64_t now_ms)
{
	struct budget **slot = &all->slots[slot_of(uid)];
	struct budget *budget = budget_find(all, uid);

	if (budget != NULL)
		return budget;
	/* Full: those who owe nothing go, and if thousands of uids owe something, they are forgiven rather than others refused. */
	for (int forgive = 0; forgive < 2 && all->uids >= all->maximum + IDLE_MAX; forgive++)
		sweep(all, now_ms, forgive != 0);
	budget = calloc(1, sizeof(*budget));
	if (budget == NULL)
		return NULL;
	budget->uid = uid;
	budget->rank = uid == 0 ? BUDGET_ROOT : BUDGET_ORDINARY;
	budget->bytes.at_ms = now_ms;
	budget->begins.at_ms = now_ms;
	buckets_full(budget);
	budget->next = *slot;
	*slot = budget;
	all->uids++;
	return budget;
}

static bool may_connect(const struct budgets *all, const struct budget *budget)
{
	size_t most = limits_of(budget)->connections;

	if (budget->rank == BUDGET_ORDINARY && all->connections >= all->maximum - all->maximum / 4)
		most = BUDGET_CONNECTIONS_SCARCE;
	/* The last eighth is for root and configured callers alone. */
	if (budget->rank == BUDGET_ORDINARY && all->connections >= all->maximum - all->maximum / 8)
		return false;
	return budget->connections < most && all->connections < all->maximum;
}

struct budget *budget_connect(struct budgets *all, uid_t uid, int64_t now_ms)
{
	struct budget *budget = budget_find_or_add(all, uid, now_ms);

	if (budget == NULL || !may_connect(all, budget))
		return NULL;
	budget->connections++;
	all->connections++;
	return budget;
}

bool budget_may_replace(const struct budgets *all, uid_t uid)
{
	const struct budget *budget = budget_find(all, uid);

	return budget != NULL && budget->rank != BUDGET_ORDINARY && budget->connections >= limits_of(budget)->connections && all->connections < all->maximum;
}

struct budget *budget_replace(struct budgets *all, uid_t uid)
{
	struct budget *budget = budget_find(all, uid);

	if (budget == NULL)
		return NULL;
	budget->connections++;
	all->connections++;
	return budget;
}

void budget_disconnect(struct budgets *all, struct budget *budget)
{
	budget->connections--;
	all->connections--;
}

void budget_set_rank(struct budget *budget, enum budget_rank rank)
{
	if (budget->uid == 0 || budget->rank == rank)
		return;
	budget->rank = rank;
	buckets_full(budget);
}

void budget_charge(struct budget *budget, size_t bytes, int64_t now_ms)
{
	if (budget->rank == BUDGET_ROOT)
		return;
	bytes_fill(budget, now_ms);
	budget->bytes.level -= (int64_t)bytes * 1000;
}

bool budget_in_debt(struct budget *budget, int64_t now_ms)
{
	if (budget->rank == BUDGET_ROOT || budget->bytes.level >= 0)
		return false;
	bytes_fill(budget, now_ms);
	return budget->bytes.level < 0;
}

int64_t budget_begin(struct budget *budget, int64_t now_ms)
{
	int64_t missing;

	if (budget->rank == BUDGET_ROOT)
		return 0;
	begins_fill(budget, now_ms);
	missing = 1000 - budget->begins.level;
	if (missing <= 0) {
		budget->begins.level -= 1000;
		return 0;
	}
	/* Thousandths of a token over tokens per minute, in seconds, rounded up. */
	return 1 + missing * 60 / (1000 * limits_of(budget)->begins_per_minute);
}

bool budget_hold(struct budget *budget, size_t before, size_t after)
{
	size_t held = budget->held - before + after;

	if (after > before && held > limits_of(budget)->held)
		return false;
	budget->held = held;
	return true;
}

void budgets_sweep(struct budgets *all, int64_t now_ms)
{
	sweep(all, now_ms, false);
}

size_t budgets_connections(const struct budgets *all)
{
	return all->connections;
}

size_t budgets_uids(const struct budgets *all)
{
	return all->uids;
}
