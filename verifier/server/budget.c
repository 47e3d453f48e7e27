/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Per-uid budgets as token buckets; see budget.h. A uid's entry lives while it has a connection, owes
 * something or is remembered, so the table is as large as the connections allow plus what a sweep has not
 * taken yet, and that is bounded too. An entry whose uid isn't known to have an account pays with the one
 * budget that all of those share: its payer.
 */
#include <stdlib.h>

#include "verifier/server/budget.h"

#define BUDGET_SLOTS 1024     /* a power of two */
#define IDLE_MAX 4096  /* entries without a connection */

struct bucket {
	int64_t level; /* thousandths of a token; negative is owed */
	int64_t at_ms;
};

TAILQ_HEAD(budget_members, budget_member);

struct budget {
	struct budget *next;
	struct budget *payer; /* itself, or what all share whose account isn't known */
	uid_t uid;
	enum budget_rank rank;
	size_t connections, held; /* this uid's own */
	int64_t known_until_ms;   /* to have an account */
	int64_t asked_until_ms;   /* whether it has one */
	/* A payer's. */
	struct bucket bytes, begins, brakes;
	struct budget_members members; /* oldest first */
	size_t paid_connections, paid_held, narrow;
};

struct budgets {
	struct budget *slots[BUDGET_SLOTS];
	struct budget root, unnamed; /* of uid 0; of all whose account isn't known */
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

static const struct rank_limits *budget_limits_of(const struct budget *budget)
{
	return &rank_limits[budget->rank];
}

/* --- buckets --- */

/* Lets tokens flow in: `rate` per `per_ms`, up to `most`. */
static void bucket_fill(struct bucket *bucket, int64_t rate, int64_t per_ms, int64_t most, int64_t now_ms)
{
	int64_t passed = now_ms - bucket->at_ms;
	int64_t room = most * 1000 - bucket->level;

	if (passed <= 0)
		return;
	bucket->at_ms = now_ms;
	/* Long enough to be full again, whatever it was; also keeps the product below from
	 * growing out of hand. */
	if (passed >= INT64_C(3600) * 1000 || passed * rate >= room * per_ms / 1000)
		bucket->level = most * 1000;
	else
		bucket->level += passed * rate * 1000 / per_ms;
}

static void bytes_fill(struct budget *payer, int64_t now_ms)
{
	const struct rank_limits *limits = budget_limits_of(payer);

	bucket_fill(&payer->bytes, limits->bytes_per_second, 1000, limits->bytes_at_once, now_ms);
}

static void begins_fill(struct budget *payer, int64_t now_ms)
{
	const struct rank_limits *limits = budget_limits_of(payer);

	bucket_fill(&payer->begins, limits->begins_per_minute, 60 * 1000, limits->begins_per_minute, now_ms);
}

static void brakes_fill(struct budget *payer, int64_t now_ms)
{
	bucket_fill(&payer->brakes, BUDGET_BRAKES, 1000, INT64_C(2) * BUDGET_BRAKES, now_ms);
}

static void buckets_full(struct budget *budget)
{
	budget->bytes.level = budget_limits_of(budget)->bytes_at_once * 1000;
	budget->begins.level = budget_limits_of(budget)->begins_per_minute * 1000;
	budget->brakes.level = INT64_C(2) * BUDGET_BRAKES * 1000;
}

static void budget_init(struct budget *budget, int64_t now_ms)
{
	budget->payer = budget;
	budget->bytes.at_ms = budget->begins.at_ms = budget->brakes.at_ms = now_ms;
	TAILQ_INIT(&budget->members);
	buckets_full(budget);
}

/* --- the table --- */

struct budgets *budgets_new(size_t connections)
{
	struct budgets *all = calloc(1, sizeof(*all));

	if (all == NULL)
		return NULL;
	all->maximum = connections;
	budget_init(&all->unnamed, 0);
	budget_init(&all->root, 0);
	all->root.rank = BUDGET_ROOT;
	return all;
}

void budgets_free(struct budgets **all)
{
	if (*all == NULL)
		return;
	for (size_t i = 0; i < BUDGET_SLOTS; i++) {
		while ((*all)->slots[i] != NULL) {
			struct budget *budget = (*all)->slots[i];

			(*all)->slots[i] = budget->next;
			free(budget);
		}
	}
	free(*all);
	*all = NULL;
}

/* Without connection and, unless debts are forgiven, with full buckets and nothing to remember. */
static bool is_idle(struct budget *budget, int64_t now_ms, bool forgive)
{
	if (budget->connections > 0 || forgive || budget->payer != budget)
		return budget->connections == 0;
	bytes_fill(budget, now_ms);
	begins_fill(budget, now_ms);
	brakes_fill(budget, now_ms);
	return budget->known_until_ms <= now_ms &&
		budget->bytes.level == budget_limits_of(budget)->bytes_at_once * 1000 &&
		budget->begins.level == budget_limits_of(budget)->begins_per_minute * 1000 &&
		budget->brakes.level == INT64_C(2) * BUDGET_BRAKES * 1000;
}

static void budget_sweep(struct budgets *all, int64_t now_ms, bool forgive)
{
	for (size_t i = 0; i < BUDGET_SLOTS; i++) {
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
	return (size_t)(((uint32_t)uid * UINT32_C(2654435761)) >> 22) & (BUDGET_SLOTS - 1);
}

struct budget *budget_of(struct budgets *all, uid_t uid)
{
	struct budget *budget = uid == 0 ? &all->root : all->slots[slot_of(uid)];

	while (budget != NULL && budget->uid != uid)
		budget = budget->next;
	return budget;
}

static struct budget *budget_find_or_add(struct budgets *all, uid_t uid, int64_t now_ms)
{
	struct budget **slot = &all->slots[slot_of(uid)];
	struct budget *budget = budget_of(all, uid);

	if (budget != NULL)
		return budget;
	/* Full: those who owe nothing go, and if thousands of uids owe something, they are forgiven rather
	 * than others refused. */
	for (int forgive = 0; forgive < 2 && all->uids >= all->maximum + IDLE_MAX; forgive++)
		budget_sweep(all, now_ms, forgive != 0);
	budget = calloc(1, sizeof(*budget));
	if (budget == NULL)
		return NULL;
	budget->uid = uid;
	budget->rank = BUDGET_ORDINARY;
	budget_init(budget, now_ms);
	budget->payer = &all->unnamed;
	budget->next = *slot;
	*slot = budget;
	all->uids++;
	return budget;
}

/* The one that pays for a uid, which need not have an entry yet. */
static struct budget *payer_of(struct budgets *all, uid_t uid)
{
	struct budget *budget = budget_of(all, uid);

	return budget != NULL ? budget->payer : &all->unnamed;
}

/* --- connections --- */

static size_t connections_most(const struct budgets *all, const struct budget *payer)
{
	size_t most = payer == &all->unnamed ? BUDGET_CONNECTIONS_UNNAMED
		: budget_limits_of(payer)->connections;

	if (payer->rank != BUDGET_ORDINARY)
		return most;
	/* The last eighth is for root and configured callers alone. */
	if (all->connections >= all->maximum - all->maximum / 8)
		return 0;
	return all->connections >= all->maximum - all->maximum / 4 &&
		payer != &all->unnamed ? BUDGET_CONNECTIONS_SCARCE : most;
}

bool budget_has_room(struct budgets *all, uid_t uid)
{
	const struct budget *budget = budget_of(all, uid), *payer = payer_of(all, uid);
	bool own_room = payer != &all->unnamed || budget == NULL ||
		budget->connections < BUDGET_CONNECTIONS_ORDINARY;

	return own_room && all->connections < all->maximum &&
		payer->paid_connections - payer->narrow < connections_most(all, payer);
}

bool budget_has_narrow_room(struct budgets *all, uid_t uid)
{
	return payer_of(all, uid)->narrow < BUDGET_CONNECTIONS_NARROW && all->connections < all->maximum;
}

bool budget_owes(struct budgets *all, uid_t uid, int64_t now_ms)
{
	return budget_in_debt(payer_of(all, uid), now_ms);
}

/* NULL budget: there was no memory. */
static bool budget_join(struct budgets *all, struct budget *budget, bool narrow, int64_t now_ms,
	struct budget_member *member)
{
	struct budget *payer;

	if (budget == NULL)
		return false;
	payer = budget->payer;
	budget_charge(budget, BUDGET_CONNECTION_COST, now_ms);
	*member = (struct budget_member){ .budget = budget, .narrow = narrow };
	TAILQ_INSERT_TAIL(&payer->members, member, of_payer);
	payer->paid_connections++;
	payer->narrow += narrow ? 1 : 0;
	budget->connections++;
	all->connections++;
	return true;
}

bool budget_connect(struct budgets *all, uid_t uid, int64_t now_ms, struct budget_member *member)
{
	return budget_has_room(all, uid) &&
		budget_join(all, budget_find_or_add(all, uid, now_ms), false, now_ms, member);
}

bool budget_connect_narrow(struct budgets *all, uid_t uid, int64_t now_ms, struct budget_member *member)
{
	return budget_has_narrow_room(all, uid) &&
		budget_join(all, budget_find_or_add(all, uid, now_ms), true, now_ms, member);
}

bool budget_replace(struct budgets *all, uid_t uid, int64_t now_ms, struct budget_member *member)
{
	return budget_join(all, budget_find_or_add(all, uid, now_ms), false, now_ms, member);
}

bool budget_replace_narrow(struct budgets *all, uid_t uid, int64_t now_ms, struct budget_member *member)
{
	return budget_join(all, budget_find_or_add(all, uid, now_ms), true, now_ms, member);
}

void budget_turned_away(struct budgets *all, uid_t uid, int64_t now_ms)
{
	budget_charge(payer_of(all, uid), BUDGET_CONNECTION_COST, now_ms);
}

bool budget_may_replace(struct budgets *all, uid_t uid)
{
	const struct budget *budget = budget_of(all, uid);

	return budget != NULL && budget->rank != BUDGET_ORDINARY &&
		budget->connections >= budget_limits_of(budget)->connections &&
		all->connections < all->maximum;
}

void budget_disconnect(struct budgets *all, struct budget_member *member)
{
	struct budget *budget = member->budget, *payer = budget->payer;

	TAILQ_REMOVE(&payer->members, member, of_payer);
	payer->paid_connections--;
	payer->narrow -= member->narrow ? 1 : 0;
	budget->connections--;
	all->connections--;
	member->budget = NULL;
}

struct budget_member *budget_first(struct budgets *all, uid_t uid,
	bool (*wanted)(const struct budget_member *member))
{
	struct budget_member *member;

	TAILQ_FOREACH(member, &payer_of(all, uid)->members, of_payer)
		if (wanted(member))
			return member;
	return NULL;
}

bool budget_unnamed_full(struct budgets *all, uid_t uid)
{
	const struct budget *payer = payer_of(all, uid);

	return payer == &all->unnamed &&
		payer->paid_connections - payer->narrow >= BUDGET_CONNECTIONS_UNNAMED;
}

/* --- who pays --- */

static void pay_with(struct budget *budget, struct budget *payer)
{
	struct budget *before = budget->payer;
	struct budget_member *member, *next;

	if (before == payer)
		return;
	budget->payer = payer;
	before->paid_held -= budget->held;
	payer->paid_held += budget->held;
	for (member = TAILQ_FIRST(&before->members); member != NULL; member = next) {
		next = TAILQ_NEXT(member, of_payer);
		if (member->budget != budget)
			continue;
		TAILQ_REMOVE(&before->members, member, of_payer);
		TAILQ_INSERT_TAIL(&payer->members, member, of_payer);
		before->paid_connections--;
		payer->paid_connections++;
		before->narrow -= member->narrow ? 1 : 0;
		payer->narrow += member->narrow ? 1 : 0;
	}
}

void budget_set_named(struct budgets *all, struct budget *budget, bool named, int64_t now_ms)
{
	if (named)
		budget->known_until_ms = now_ms + BUDGET_KNOWN_MS;
	pay_with(budget, named || budget->rank != BUDGET_ORDINARY ? budget : &all->unnamed);
}

bool budget_wants_name(struct budget *budget, int64_t now_ms)
{
	bool wanted = budget->payer != budget && budget->asked_until_ms <= now_ms;

	if (wanted)
		budget->asked_until_ms = now_ms + BUDGET_ASK_MS;
	return wanted;
}

void budget_set_rank(struct budgets *all, struct budget *budget, enum budget_rank rank)
{
	if (budget->uid == 0 || budget->rank == rank)
		return;
	budget->rank = rank;
	buckets_full(budget);
	if (rank != BUDGET_ORDINARY)
		pay_with(budget, budget);
	else if (budget->known_until_ms == 0)
		pay_with(budget, &all->unnamed);
}

/* --- what it costs --- */

void budget_charge(struct budget *budget, size_t bytes, int64_t now_ms)
{
	struct budget *payer = budget->payer;
	int64_t most = budget_limits_of(payer)->bytes_at_once,
		least = -BUDGET_DEBT_SECONDS * budget_limits_of(payer)->bytes_per_second * 1000;

	if (payer->rank == BUDGET_ROOT)
		return;
	bytes_fill(payer, now_ms);
	payer->bytes.level -= (bytes > (size_t)most * 2 ? most * 2 : (int64_t)bytes) * 1000;
	if (payer->bytes.level < least)
		payer->bytes.level = least;
}

bool budget_in_debt(struct budget *budget, int64_t now_ms)
{
	struct budget *payer = budget->payer;

	if (payer->rank == BUDGET_ROOT || payer->bytes.level >= 0)
		return false;
	bytes_fill(payer, now_ms);
	return payer->bytes.level < 0;
}

int64_t budget_begin(struct budget *budget, int64_t now_ms)
{
	struct budget *payer = budget->payer;
	int64_t missing;

	if (payer->rank == BUDGET_ROOT)
		return 0;
	begins_fill(payer, now_ms);
	missing = 1000 - payer->begins.level;
	if (missing <= 0) {
		payer->begins.level -= 1000;
		return 0;
	}
	/* Thousandths of a token over tokens per minute, in seconds, rounded up. */
	return 1 + missing * 60 / (1000 * budget_limits_of(payer)->begins_per_minute);
}

bool budget_brake(struct budget *budget, int64_t now_ms)
{
	struct budget *payer = budget->payer;

	if (payer->rank == BUDGET_ROOT)
		return true;
	brakes_fill(payer, now_ms);
	if (payer->brakes.level < 1000)
		return false;
	payer->brakes.level -= 1000;
	return true;
}

bool budget_hold(struct budget *budget, size_t before, size_t after)
{
	struct budget *payer = budget->payer;
	size_t held = payer->paid_held - before + after;

	if (after > before && held > budget_limits_of(payer)->held)
		return false;
	payer->paid_held = held;
	budget->held = budget->held - before + after;
	return true;
}

void budgets_sweep(struct budgets *all, int64_t now_ms)
{
	budget_sweep(all, now_ms, false);
}

size_t budgets_connections(const struct budgets *all)
{
	return all->connections;
}

size_t budgets_uids(const struct budgets *all)
{
	return all->uids;
}
