/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Volume limits. What an action uses is kept once per rule and kind of use, with its time: limits that differ only in window or
 * maximum look at the same rows, so that editing a limit forgets nothing.
 */
#include "verifier/rules/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "RULE count", "RULE sum DETAIL", "RULE different DETAIL": no name holds a space. */
#define LIMIT_KEY_SIZE (ACTION_NAME_SIZE + DETAIL_NAME_SIZE + 16)

/* What one action uses up of one limit. */
struct use {
	char key[LIMIT_KEY_SIZE];
	uint8_t value[DIGEST_SIZE];
	bool has_value;
	int64_t amount;
};

static enum stepup_error use_key(const struct rule *rule, const struct limit *limit, char key[LIMIT_KEY_SIZE])
{
	int length;

	if (limit->kind == LIMIT_COUNT)
		length = snprintf(key, LIMIT_KEY_SIZE, "%s count", rule->name);
	else
		length = snprintf(key, LIMIT_KEY_SIZE, "%s %s %s", rule->name, limit->kind == LIMIT_SUM ? "sum" : "different",
			limit->detail);
	return length > 0 && length < LIMIT_KEY_SIZE ? STEPUP_OK : STEPUP_INTERNAL;
}

static enum stepup_error value_digest(struct store *store, const struct detail *detail, uint8_t digest[DIGEST_SIZE])
{
	char number[24];
	const char *text = detail->text;

	if (detail->type == DETAIL_NUMBER) {
		(void)snprintf(number, sizeof(number), "%" PRId64, detail->number);
		text = number;
	}
	return store_keyed_digest(store, "limit-value", text, strlen(text), digest);
}

/* The policy let no limit pass whose detail the rule does not declare; an action without it is a fault, not a free pass. */
static enum stepup_error use_of(struct store *store, const struct rule *rule, const struct limit *limit, const struct action *action,
	struct use *use)
{
	const struct detail *detail = limit->kind == LIMIT_COUNT ? NULL : action_detail(action, limit->detail);
	enum stepup_error error;

	*use = (struct use){.amount = 1};
	error = use_key(rule, limit, use->key);
	if (error != STEPUP_OK || limit->kind == LIMIT_COUNT)
		return error;
	if (detail == NULL)
		return STEPUP_INTERNAL;
	if (limit->kind == LIMIT_SUM) {
		if (detail->type != DETAIL_NUMBER || detail->number < 0)
			return STEPUP_INTERNAL;
		use->amount = detail->number;
		return STEPUP_OK;
	}
	use->has_value = true;
	return value_digest(store, detail, use->value);
}

static enum stepup_error look(struct store_session *session, const struct limit *limit, const uint8_t user_id[USER_ID_SIZE],
	const struct use *use, int64_t now, struct limit_left *left)
{
	struct use_total total = {0};
	int64_t used;
	enum stepup_error error = store_use_total(session, user_id, use->key, now - limit->window_seconds,
		use->has_value ? use->value : NULL, &total);

	if (error != STEPUP_OK)
		return error;
	used = limit->kind == LIMIT_COUNT ? total.count : limit->kind == LIMIT_SUM ? total.sum : total.different;
	left->left = used < limit->maximum ? limit->maximum - used : 0;
	left->asked = limit->kind == LIMIT_DIFFERENT && total.has_value ? 0 : use->amount;
	left->over = left->asked > left->left;
	return STEPUP_OK;
}

enum stepup_error limit_look(struct store *store, struct store_session *session, const struct rule *rule, const struct limit *limit,
	const uint8_t user_id[USER_ID_SIZE], const struct action *action, int64_t now, struct limit_left *left)
{
	struct use use;
	enum stepup_error error = use_of(store, rule, limit, action, &use);

	return error == STEPUP_OK ? look(session, limit, user_id, &use, now, left) : error;
}

static bool same_use(const struct limit *a, const struct limit *b)
{
	return a->kind == b->kind && (a->kind == LIMIT_COUNT || strcmp(a->detail, b->detail) == 0);
}

static bool is_first_of_its_use(const struct rule *rule, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (same_use(&rule->limits[i], &rule->limits[index]))
			return false;
	return true;
}

enum stepup_error limits_charge(struct store *store, struct store_session *session, const struct rule *rule,
	const uint8_t user_id[USER_ID_SIZE], const struct action *action, int64_t now, const struct limit **over)
{
	enum stepup_error error = STEPUP_OK;
	struct limit_left left = {0};
	struct use use;

	*over = NULL;
	for (size_t i = 0; error == STEPUP_OK && i < rule->limit_count; i++) {
		error = limit_look(store, session, rule, &rule->limits[i], user_id, action, now, &left);
		if (error == STEPUP_OK && left.over) {
			*over = &rule->limits[i];
			error = STEPUP_OVER_LIMIT;
		}
	}
	for (size_t i = 0; error == STEPUP_OK && i < rule->limit_count; i++) {
		if (!is_first_of_its_use(rule, i))
			continue;
		error = use_of(store, rule, &rule->limits[i], action, &use);
		if (error == STEPUP_OK)
			error = store_use_add(session, user_id, use.key, now, use.has_value ? use.value : NULL, use.amount);
	}
	return error;
}
