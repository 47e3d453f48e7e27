/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a rule's limits say of its grants, as verifier/rules/limits/limits.c looked at them: uses count by
 * user, rule and kind, in windows that slide.
 */
#include "lib/replay/log_replay_limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/limit_text.h"

/* A grant's limits, hard ones first. */
struct limit_list {
	struct limit limits[2 * LIMITS_MAX];
	size_t count, hard_count;
};

/* How a kind counts: as verifier/rules/limits/limits.c does. */
struct replay_counting {
	/* How much the grant takes of the limit; 0 if it takes nothing, or nobody can tell. */
	int64_t (*take)(const struct replay_step *step, const struct limit *limit,
		const struct log_use_line *line);
	/* Adds what the grant used. STEPUP_NO_MEMORY. */
	enum stepup_error (*add)(const struct replay_step *step, const struct limit *limit,
		struct log_use_line *line);
};

/* --- how often --- */

static int64_t count_take(const struct replay_step *step, const struct limit *limit,
	const struct log_use_line *line)
{
	(void)step;
	(void)limit;
	(void)line;
	return 1;
}

static enum stepup_error count_add(const struct replay_step *step, const struct limit *limit,
	struct log_use_line *line)
{
	(void)limit;
	return log_use_add(line, step->at, 1);
}

static const struct replay_counting count_counting = {count_take, count_add};

/* --- how much of a number --- */

/* False: the details are no longer there, or say a number that no detail can have. */
static bool sum_amount(const struct replay_step *step, const struct limit *limit, int64_t *amount)
{
	*amount = member_number(json_object_get(step->evidence, "details"), limit->detail, -1);
	return *amount >= 0 && *amount <= DETAIL_NUMBER_MAX;
}

static int64_t sum_take(const struct replay_step *step, const struct limit *limit,
	const struct log_use_line *line)
{
	int64_t amount;

	(void)line;
	return sum_amount(step, limit, &amount) ? amount : 0;
}

static enum stepup_error sum_add(const struct replay_step *step, const struct limit *limit,
	struct log_use_line *line)
{
	int64_t amount;

	return sum_amount(step, limit, &amount) ? log_use_add(line, step->at, amount) : STEPUP_OK;
}

static const struct replay_counting sum_counting = {sum_take, sum_add};

/* --- how many values --- */

/* NULL: no longer there. */
static const char *different_value(const struct replay_step *step, const struct limit *limit)
{
	return member_text(json_object_get(step->evidence, "details"), limit->detail);
}

static int64_t different_take(const struct replay_step *step, const struct limit *limit,
	const struct log_use_line *line)
{
	const char *value = different_value(step, limit);
	int64_t since = step->at - limit->window_seconds;

	return value != NULL && step->replay->unnamed_at <= since && !log_use_maybe_seen(line, since, value);
}

static enum stepup_error different_add(const struct replay_step *step, const struct limit *limit,
	struct log_use_line *line)
{
	const char *value = different_value(step, limit);

	if (value != NULL)
		return log_use_add_value(line, step->at, value);
	log_use_add_unknown(line, step->at);
	return STEPUP_OK;
}

static const struct replay_counting different_counting = {different_take, different_add};

#define COUNTING(constant, name) [constant] = &name##_counting,
static const struct replay_counting *const countings[] = {LIMIT_KINDS(COUNTING)};

/* --- the limits of a grant --- */

/* Appends those of one member. */
static void read_limits(struct replay_step *step, const char *name, struct limit_list *list)
{
	const json_t *texts = json_object_get(step->entry, name);
	size_t count = json_array_size(texts);

	if (texts != NULL && (count == 0 || count > LIMITS_MAX)) {
		step_tell(step, "The \"%s\" of this entry can't be those of a rule.", name);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(texts, i));
		struct limit *limit = &list->limits[list->count];

		if (text == NULL || !limit_parse(text, limit)) {
			step_tell(step, "This entry names a limit that can't be read: %s",
				text == NULL ? "no text" : text);
			continue;
		}
		limit->text = text;
		list->count++;
	}
}

/* By name: a rule keeps its uses when it is edited. NULL: no memory, which ends the replay. */
static struct log_use_line *line_of(struct replay_step *step, const struct limit *limit)
{
	struct log_use_line *line = NULL;
	char *key = NULL;

	if (asprintf(&key, "%s %s %s %s", member_text(step->entry, "user_id"),
		    member_text(step->entry, "rule_name"), limit_form(limit->kind)->name,
		    limit->detail) >= 0) {
		line = log_uses_line(step->replay->uses, key);
		free(key);
	}
	if (line == NULL)
		step->error = STEPUP_NO_MEMORY;
	return line;
}

/* How much of the limit is used with this grant; 0 where it takes nothing of it, or nobody can tell. */
static int64_t used_with(const struct replay_step *step, const struct limit *limit,
	const struct log_use_line *line)
{
	int64_t amount = countings[limit->kind]->take(step, limit, line), used;

	if (amount == 0)
		return 0;
	used = log_use_sum(line, step->at - limit->window_seconds);
	return used > INT64_MAX - amount ? INT64_MAX : used + amount;
}

/* What should have come of it instead. */
static const char *way_out(const struct replay_step *step, bool hard)
{
	if (hard)
		return ", whoever agreed";
	return member_is(step->entry, "over_limit", "approve") ? ", or agreed to by a second person" : "";
}

static void look(struct replay_step *step, const struct limit_list *list, size_t index, bool *told)
{
	const struct limit *limit = &list->limits[index];
	const struct log_use_line *line = line_of(step, limit);
	int64_t used = line == NULL ? 0 : used_with(step, limit, line);
	bool hard = index < list->hard_count;

	if (*told || used <= limit->maximum)
		return;
	*told = true;
	step_tell(step, "%s was granted more than the rule %s allows: %" PRId64 " with this one, where the "
		"%s is \"%s\". It should have been refused%s.", step_text(step, "user"),
		step_text(step, "rule_name"), used, hard ? "hard limit" : "limit", limit->text,
		way_out(step, hard));
}

static void count(struct replay_step *step, const struct limit *limit)
{
	struct log_use_line *line = line_of(step, limit);

	if (line != NULL)
		step->error = countings[limit->kind]->add(step, limit, line);
}

/* Limits that count the same uses are charged once. */
static void count_all(struct replay_step *step, const struct limit_list *list)
{
	for (size_t i = 0; step->error == STEPUP_OK && i < list->count; i++) {
		bool first = true;

		for (size_t j = 0; first && j < i; j++)
			first = !limit_counts_same(&list->limits[j], &list->limits[i]);
		if (first)
			count(step, &list->limits[i]);
	}
}

/* Once grants of a log name their rule, all do. What those before used, only the verifier knows. */
static void look_at_unnamed(struct replay_step *step)
{
	struct log_replay *replay = step->replay;
	const json_t *entry = step->entry;

	if (json_object_get(entry, "limits") == NULL && json_object_get(entry, "hard_limits") == NULL)
		return;
	if (replay->rules_named)
		step_tell(step, "This grant has limits and does not name its rule, as those before it do.");
	else if (step->at > replay->unnamed_at)
		replay->unnamed_at = step->at;
}

void step_check_limits(struct replay_step *step)
{
	struct limit_list list = {.count = 0};
	bool agreed = member_text(step->entry, "request") != NULL &&
		      member_is(step->entry, "over_limit", "approve"),
	     told = false;

	if (step->at < 0 || member_text(step->entry, "user_id") == NULL) /* which was told */
		return;
	if (member_text(step->entry, "rule_name") == NULL) {
		look_at_unnamed(step);
		return;
	}
	step->replay->rules_named = true;
	read_limits(step, "hard_limits", &list);
	list.hard_count = list.count;
	read_limits(step, "limits", &list);
	for (size_t i = 0; step->error == STEPUP_OK && i < (agreed ? list.hard_count : list.count); i++)
		look(step, &list, i, &told);
	count_all(step, &list);
}
