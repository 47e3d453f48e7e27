/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys of an action's section about volume: its limits, and what comes of going over one.
 * MUST: take no limit that counts nothing, or means nothing beside another.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verifier/rules/reading/policy_build.h"

/* Whether a kind of limit counts details of this type. One that doesn't is complained of. */
typedef void (*limit_fit)(struct policy_reading *reading, const struct policy_value *value,
	const struct limit *limit, const struct detail_kind *type);

/* Counts no detail. */
static void count_fit(struct policy_reading *reading, const struct policy_value *value,
	const struct limit *limit, const struct detail_kind *type)
{
	(void)reading;
	(void)value;
	(void)limit;
	(void)type;
}

static void sum_fit(struct policy_reading *reading, const struct policy_value *value,
	const struct limit *limit, const struct detail_kind *type)
{
	if (!type->may_sum)
		READING_SAYS(reading, value->line, "the limit \"%s\" adds up \"%s\", which is a %s; write \"%"
			PRId64 " different %s per …\", or declare it as a number.",
			value->text, limit->detail, type->name, limit->maximum, limit->detail);
}

static void different_fit(struct policy_reading *reading, const struct policy_value *value,
	const struct limit *limit, const struct detail_kind *type)
{
	if (!type->may_differ)
		READING_SAYS(reading, value->line, "the limit \"%s\" counts different values of \"%s\", "
			"which is a %s, and %ss are amounts; declare it as text.",
			value->text, limit->detail, type->name, type->name);
}

#define FIT(constant, name) [constant] = name##_fit,
static const limit_fit fits[] = {LIMIT_KINDS(FIT)};

static void read_limit(struct policy_reading *reading, const struct policy_value *value, struct limit *limit)
{
	const struct detail_spec *spec;

	limit->text = reading_copy(reading, value->text);
	if (!limit_parse(value->text, limit)) {
		READING_SAYS(reading, value->line, "\"%s\" is not a limit; write \"N per WINDOW\", \"N "
			"DETAIL per WINDOW\" or \"N different DETAIL per WINDOW\", the window as 1h or "
			"24h, from 1s to 31d, and N at least 1.", value->text);
		return;
	}
	if (limit->detail[0] == '\0')
		return;
	spec = policy_rule_detail(reading->rule, limit->detail);
	if (spec == NULL)
		READING_SAYS(reading, value->line, "the limit \"%s\" counts \"%s\", which is not a "
			"detail of this action; declare it in \"details\".",
			value->text, limit->detail);
	else
		fits[limit->kind](reading, value, limit, detail_kind(spec->type));
}

static bool is_same_limit(const struct limit *a, const struct limit *b)
{
	return a->kind == b->kind && a->window_seconds == b->window_seconds &&
		strcmp(a->detail, b->detail) == 0;
}

/* The limits of one list, for the policy's memory. */
static void read_limit_list(struct policy_reading *reading, const struct policy_entry *entry,
	struct limit **limits, size_t *count)
{
	if (entry->value_count == 0 || entry->value_count > LIMITS_MAX) {
		READING_SAYS(reading, entry->line, "\"%s\" takes 1 to %d limits.",
			entry->key->name, LIMITS_MAX);
		return;
	}
	*limits = arena_alloc(&reading->policy->memory, entry->value_count, sizeof(**limits));
	if (*limits == NULL)
		return;
	for (const struct policy_value *value = entry->values; value != NULL; value = value->next) {
		read_limit(reading, value, &(*limits)[*count]);
		for (size_t i = 0; i < *count; i++)
			if (is_same_limit(&(*limits)[i], &(*limits)[*count]))
				READING_SAYS(reading, value->line,
					"the limit \"%s\" counts the same over the same window as \"%s\"; "
					"keep one of them.", value->text, (*limits)[i].text);
		(*count)++;
	}
}

void policy_read_limits(struct policy_reading *reading, const struct policy_entry *entry)
{
	read_limit_list(reading, entry, &reading->rule->limits, &reading->rule->limit_count);
}

void policy_read_hard_limits(struct policy_reading *reading, const struct policy_entry *entry)
{
	struct rule *rule = reading->rule;

	read_limit_list(reading, entry, &rule->hard_limits, &rule->hard_limit_count);
	for (size_t i = 0; i < rule->hard_limit_count; i++)
		for (size_t j = 0; j < rule->limit_count; j++)
			if (is_same_limit(&rule->hard_limits[i], &rule->limits[j]) &&
			    rule->hard_limits[i].maximum < rule->limits[j].maximum)
				READING_SAYS(reading, entry->line, "the hard-limit \"%s\" is below the "
					"limit \"%s\", which then never counts; raise the hard-limit or "
					"lower the limit.",
					rule->hard_limits[i].text, rule->limits[j].text);
}

void policy_read_over_limit(struct policy_reading *reading, const struct policy_entry *entry)
{
	const char *text = entry->values->text;

	for (unsigned i = OVER_LIMIT_DENY; i <= OVER_LIMIT_LOCK; i++)
		if (strcmp(over_limit_name((enum over_limit)i), text) == 0) {
			reading->rule->over_limit = i;
			return;
		}
	READING_SAYS(reading, entry->line,
		"\"over-limit\" can't be \"%s\"; write deny, approve or lock.", text);
}
