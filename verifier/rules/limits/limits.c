/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Volume limits. What an action uses is kept once per rule and kind of use, with its time, for longer than
 * any window: limits that differ only in window or maximum look at the same rows, so that editing a limit
 * forgets nothing.
 */
#include "verifier/rules/limits/limits.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "verifier/host/journal.h"

/* "RULE count", "RULE sum DETAIL", "RULE different DETAIL": no name holds a space. */
#define LIMIT_KEY_SIZE (ACTION_NAME_SIZE + DETAIL_NAME_SIZE + 16)

/* What one action uses up of one limit. */
struct use {
	char key[LIMIT_KEY_SIZE];
	uint8_t value[DIGEST_SIZE]; /* of kinds that tell values apart */
	int64_t amount;
};

/* How a kind counts. */
struct counting {
	/* What an action takes whose detail is this one (NULL: the action has none of that name). */
	enum stepup_error (*take)(struct store *store, const struct detail *detail, struct use *use);
	/* How much somebody used after `since`, and whether the limit counts this use at all. */
	enum stepup_error (*look)(struct store_session *session, const struct user_record *record,
		const struct use *use, int64_t since, int64_t maximum, int64_t *used, bool *counts);
	enum stepup_error (*charge)(struct store_session *session, struct user_record *record,
		const struct use *use, int64_t now);
};

/* --- how often --- */

static enum stepup_error one_take(struct store *store, const struct detail *detail, struct use *use)
{
	(void)store;
	(void)detail;
	use->amount = 1;
	return STEPUP_OK;
}

static enum stepup_error amount_look(struct store_session *session, const struct user_record *record,
	const struct use *use, int64_t since, int64_t maximum, int64_t *used, bool *counts)
{
	(void)maximum;
	*counts = true;
	return store_use_sum(session, record, use->key, since, used);
}

static enum stepup_error amount_charge(struct store_session *session, struct user_record *record,
	const struct use *use, int64_t now)
{
	return store_use_add(session, record, use->key, now, use->amount);
}

static const struct counting count_counting = {one_take, amount_look, amount_charge};

/* --- how much of a number --- */

static enum stepup_error sum_take(struct store *store, const struct detail *detail, struct use *use)
{
	(void)store;
	if (detail == NULL || !detail_kind(detail->type)->may_sum || detail->number < 0)
		return STEPUP_INTERNAL;
	use->amount = detail->number;
	return STEPUP_OK;
}

static const struct counting sum_counting = {sum_take, amount_look, amount_charge};

/* --- how many values --- */

static enum stepup_error different_take(struct store *store, const struct detail *detail, struct use *use)
{
	char room[DETAIL_SHOWN_SIZE];
	const char *text;

	if (detail == NULL || !detail_kind(detail->type)->may_differ)
		return STEPUP_INTERNAL;
	text = detail_kind(detail->type)->show(detail, room);
	use->amount = 1;
	return store_keyed_digest(store, DIGEST_LIMIT_VALUE, text, strlen(text), use->value);
}

static enum stepup_error different_look(struct store_session *session, const struct user_record *record,
	const struct use *use, int64_t since, int64_t maximum, int64_t *used, bool *counts)
{
	int64_t most = maximum < INT64_MAX ? maximum + 1 : INT64_MAX;
	struct use_values values = {0};
	enum stepup_error error =
		store_use_values(session, record, use->key, since, use->value, most, &values);

	*used = values.different;
	*counts = !values.has_value;
	return error;
}

static enum stepup_error different_charge(struct store_session *session, struct user_record *record,
	const struct use *use, int64_t now)
{
	return store_use_add_value(session, record, use->key, now, use->value);
}

static const struct counting different_counting = {different_take, different_look, different_charge};

/* --- one limit --- */

#define COUNTING(constant, name) [constant] = &name##_counting,
static const struct counting *const countings[] = {LIMIT_KINDS(COUNTING)};

/* The policy let no limit pass whose detail the rule does not declare; an action without it is a fault,
 * not a free pass. */
static enum stepup_error limits_use_of(const struct usage *usage, const struct limit *limit, struct use *use)
{
	int length = snprintf(use->key, LIMIT_KEY_SIZE, "%s %s%s%s", usage->rule->name,
		limit_form(limit->kind)->name, limit->detail[0] == '\0' ? "" : " ", limit->detail);

	if (length <= 0 || length >= LIMIT_KEY_SIZE)
		return STEPUP_INTERNAL;
	return countings[limit->kind]->take(usage->store, action_detail(usage->action, limit->detail), use);
}

/* Passes an error on; one that rows leave which don't hold together, with a word to whoever can find out who
 * was at the database. */
static enum stepup_error limits_say(enum stepup_error error, const struct user_record *record,
	const struct use *use)
{
	if (error == STEPUP_CORRUPT)
		journal_line(LOG_ERR, "limits", "what %s used (%s) was changed or removed in the "
			"database, so nothing that this limit counts is granted until its window has "
			"passed", record->name, use->key);
	return error;
}

enum stepup_error limit_look(const struct usage *usage, const struct user_record *record,
	const struct limit *limit, struct limit_left *left)
{
	int64_t since = usage->now - limit->window_seconds, used = 0;
	struct use use = {.amount = 0};
	bool counts = true;
	enum stepup_error error = limits_use_of(usage, limit, &use);

	if (error == STEPUP_OK && record != NULL)
		error = limits_say(countings[limit->kind]->look(usage->session, record, &use, since,
			limit->maximum, &used, &counts), record, &use);
	if (error != STEPUP_OK)
		return error;
	left->left = used < limit->maximum ? limit->maximum - used : 0;
	left->asked = counts ? use.amount : 0;
	left->over = left->asked > left->left;
	return STEPUP_OK;
}

/* --- all of a rule's --- */

/* All of a rule's limits, hard ones first. */
static const struct limit *limit_at(const struct rule *rule, size_t index)
{
	return index < rule->hard_limit_count ? &rule->hard_limits[index]
		: &rule->limits[index - rule->hard_limit_count];
}

static size_t limits_of(const struct rule *rule)
{
	return rule->hard_limit_count + rule->limit_count;
}

bool limit_is_hard(const struct rule *rule, const struct limit *limit)
{
	for (size_t i = 0; i < rule->hard_limit_count; i++)
		if (limit == &rule->hard_limits[i])
			return true;
	return false;
}

/* Looks at the first `count` of a rule's limits. */
static enum stepup_error look_at_first(const struct usage *usage, size_t count,
	const struct user_record *record, const struct limit **over, struct limit_left *left)
{
	*over = NULL;
	for (size_t i = 0; i < count; i++) {
		struct limit_left one = {0};
		enum stepup_error error = limit_look(usage, record, limit_at(usage->rule, i), &one);

		if (error != STEPUP_OK)
			return error;
		if (!one.over)
			continue;
		*over = limit_at(usage->rule, i);
		if (left != NULL)
			*left = one;
		break;
	}
	return STEPUP_OK;
}

enum stepup_error limits_look(const struct usage *usage, const struct user_record *record,
	const struct limit **over, struct limit_left *left)
{
	return look_at_first(usage, limits_of(usage->rule), record, over, left);
}

static bool is_first_of_its_use(const struct rule *rule, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (limit_counts_same(limit_at(rule, i), limit_at(rule, index)))
			return false;
	return true;
}

static enum stepup_error charge_one(const struct usage *usage, struct user_record *record,
	const struct limit *limit)
{
	struct use use = {.amount = 0};
	enum stepup_error error = limits_use_of(usage, limit, &use);

	if (error != STEPUP_OK)
		return error;
	return limits_say(countings[limit->kind]->charge(usage->session, record, &use, usage->now), record,
		&use);
}

/* Charges all limits if the first `count` allow it. */
static enum stepup_error charge(const struct usage *usage, size_t count, struct user_record *record,
	const struct limit **over)
{
	enum stepup_error error = look_at_first(usage, count, record, over, NULL);

	if (error == STEPUP_OK && *over != NULL)
		error = STEPUP_OVER_LIMIT;
	for (size_t i = 0; error == STEPUP_OK && i < limits_of(usage->rule); i++)
		if (is_first_of_its_use(usage->rule, i))
			error = charge_one(usage, record, limit_at(usage->rule, i));
	return error;
}

enum stepup_error limits_charge(const struct usage *usage, struct user_record *record,
	const struct limit **over)
{
	return charge(usage, limits_of(usage->rule), record, over);
}

enum stepup_error limits_charge_approved(const struct usage *usage, struct user_record *record,
	const struct limit **over)
{
	const struct rule *rule = usage->rule;
	size_t count = rule->over_limit == OVER_LIMIT_APPROVE ? rule->hard_limit_count : limits_of(rule);

	return charge(usage, count, record, over);
}
