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
	uint8_t value[DIGEST_SIZE];
	bool has_value;
	int64_t amount;
};

static enum stepup_error limits_use_key(const struct rule *rule, const struct limit *limit,
	char key[LIMIT_KEY_SIZE])
{
	int length;

	if (limit->kind == LIMIT_COUNT)
		length = snprintf(key, LIMIT_KEY_SIZE, "%s count", rule->name);
	else
		length = snprintf(key, LIMIT_KEY_SIZE, "%s %s %s", rule->name,
			limit->kind == LIMIT_SUM ? "sum" : "different", limit->detail);
	return length > 0 && length < LIMIT_KEY_SIZE ? STEPUP_OK : STEPUP_INTERNAL;
}

static enum stepup_error value_digest(struct store *store, const struct detail *detail,
	uint8_t digest[DIGEST_SIZE])
{
	char room[DETAIL_SHOWN_SIZE];
	const char *text = detail_kind(detail->type)->show(detail, room);

	return store_keyed_digest(store, DIGEST_LIMIT_VALUE, text, strlen(text), digest);
}

/* The policy let no limit pass whose detail the rule does not declare; an action without it is a fault,
 * not a free pass. */
static enum stepup_error limits_use_of(struct store *store, const struct rule *rule,
	const struct limit *limit, const struct action *action, struct use *use)
{
	const struct detail *detail = limit->kind == LIMIT_COUNT ? NULL
		: action_detail(action, limit->detail);
	enum stepup_error error;

	*use = (struct use){.amount = 1};
	error = limits_use_key(rule, limit, use->key);
	if (error != STEPUP_OK || limit->kind == LIMIT_COUNT)
		return error;
	if (detail == NULL)
		return STEPUP_INTERNAL;
	if (limit->kind == LIMIT_SUM) {
		if (!detail_kind(detail->type)->may_sum || detail->number < 0)
			return STEPUP_INTERNAL;
		use->amount = detail->number;
		return STEPUP_OK;
	}
	if (!detail_kind(detail->type)->may_differ)
		return STEPUP_INTERNAL;
	use->has_value = true;
	return value_digest(store, detail, use->value);
}

/* Passes an error on; one that rows leave which don't hold together, with a word to whoever can find out who
 * was at the database. */
static enum stepup_error limits_say(enum stepup_error error, const struct user_record *record,
	const struct use *use)
{
	if (error == STEPUP_CORRUPT)
		journal_line(LOG_ERR, "limits", "what %s used (%s) was changed or taken away in the "
			"database, so nothing more is granted that this limit counts"
			" until its window has passed", record->name, use->key);
	return error;
}

static enum stepup_error look(struct store_session *session, const struct limit *limit,
	const struct user_record *record, const struct use *use, int64_t now, struct limit_left *left)
{
	int64_t since = now - limit->window_seconds,
		most = limit->maximum < INT64_MAX ? limit->maximum + 1 : INT64_MAX;
	struct use_values values = {0};
	int64_t used = 0;
	enum stepup_error error = STEPUP_OK;

	if (record != NULL && use->has_value)
		error = store_use_values(session, record, use->key, since, use->value, most, &values);
	else if (record != NULL)
		error = store_use_sum(session, record, use->key, since, &used);
	if (error != STEPUP_OK)
		return limits_say(error, record, use);
	if (use->has_value)
		used = values.different;
	left->left = used < limit->maximum ? limit->maximum - used : 0;
	left->asked = values.has_value ? 0 : use->amount;
	left->over = left->asked > left->left;
	return STEPUP_OK;
}

enum stepup_error limit_look(struct store *store, struct store_session *session, const struct rule *rule,
	const struct limit *limit, const struct user_record *record, const struct action *action, int64_t now,
	struct limit_left *left)
{
	struct use use;
	enum stepup_error error = limits_use_of(store, rule, limit, action, &use);

	return error == STEPUP_OK ? look(session, limit, record, &use, now, left) : error;
}

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
static enum stepup_error look_at_first(struct store *store, struct store_session *session,
	const struct rule *rule, size_t count, const struct user_record *record, const struct action *action,
	int64_t now, const struct limit **over, struct limit_left *left)
{
	*over = NULL;
	for (size_t i = 0; i < count; i++) {
		struct limit_left one = {0};
		enum stepup_error error =
			limit_look(store, session, rule, limit_at(rule, i), record, action, now, &one);

		if (error != STEPUP_OK)
			return error;
		if (!one.over)
			continue;
		*over = limit_at(rule, i);
		if (left != NULL)
			*left = one;
		break;
	}
	return STEPUP_OK;
}

enum stepup_error limits_look(struct store *store, struct store_session *session, const struct rule *rule,
	const struct user_record *record, const struct action *action, int64_t now, const struct limit **over,
	struct limit_left *left)
{
	return look_at_first(store, session, rule, limits_of(rule), record, action, now, over, left);
}

static bool is_first_of_its_use(const struct rule *rule, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (limit_counts_same(limit_at(rule, i), limit_at(rule, index)))
			return false;
	return true;
}

/* Charges where the first `count` limits allow it. */
static enum stepup_error charge(struct store *store, struct store_session *session, const struct rule *rule,
	size_t count, struct user_record *record, const struct action *action, int64_t now,
	const struct limit **over)
{
	enum stepup_error error = look_at_first(store, session, rule, count, record, action, now, over, NULL);
	struct use use;

	if (error == STEPUP_OK && *over != NULL)
		error = STEPUP_OVER_LIMIT;
	for (size_t i = 0; error == STEPUP_OK && i < limits_of(rule); i++) {
		if (!is_first_of_its_use(rule, i))
			continue;
		error = limits_use_of(store, rule, limit_at(rule, i), action, &use);
		if (error == STEPUP_OK)
			error = limits_say(use.has_value
				? store_use_add_value(session, record, use.key, now, use.value)
				: store_use_add(session, record, use.key, now, use.amount), record, &use);
	}
	return error;
}

enum stepup_error limits_charge(struct store *store, struct store_session *session, const struct rule *rule,
	struct user_record *record, const struct action *action, int64_t now, const struct limit **over)
{
	return charge(store, session, rule, limits_of(rule), record, action, now, over);
}

enum stepup_error limits_charge_approved(struct store *store, struct store_session *session,
	const struct rule *rule, struct user_record *record, const struct action *action, int64_t now,
	const struct limit **over)
{
	size_t count = rule->over_limit == OVER_LIMIT_APPROVE ? rule->hard_limit_count : limits_of(rule);

	return charge(store, session, rule, count, record, action, now, over);
}
