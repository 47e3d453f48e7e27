/* SPDX-License-Identifier: BSD-2-Clause */
/* What the sentences of an explanation are put together from. */
#include "verifier/rules/explain/explain_speech.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/display_text.h"
#include "verifier/rules/people/approvers.h"

#define NAMES_SHOWN_MAX 8

void say_safely(struct speech *speech, const char *text)
{
	char *safe = display_value(text, strlen(text));

	if (safe == NULL)
		speech->failed = true;
	else
		fputs(safe, speech->out);
	free(safe);
}

void say_user(struct speech *speech)
{
	say_safely(speech, speech->explanation->question->user->name);
}

void say_action(struct speech *speech)
{
	say_safely(speech, speech->explanation->question->action);
}

char *explanation_place(const struct rule *rule)
{
	char *place = NULL;
	int length = rule->place.line == 0 ? asprintf(&place, "%s", rule->place.file)
					   : asprintf(&place, "%s:%d", rule->place.file, rule->place.line);

	return length < 0 ? NULL : place;
}

void say_rule(struct speech *speech)
{
	char *place = explanation_place(speech->explanation->rule);

	if (place == NULL)
		speech->failed = true;
	else
		fprintf(speech->out, "The rule %s (%s)", speech->explanation->rule->name, place);
	free(place);
}

void say_here(struct speech *speech)
{
	fputs(speech->explanation->question->source != NULL ? "here" : "there", speech->out);
}

void say_moment(struct speech *speech, int64_t at)
{
	time_t then = (time_t)at, now = (time_t)speech->explanation->question->now;
	struct tm moment, today;
	char text[32];
	bool same_day = localtime_r(&then, &moment) != NULL && localtime_r(&now, &today) != NULL &&
		moment.tm_yday == today.tm_yday && moment.tm_year == today.tm_year;

	if (localtime_r(&then, &moment) == NULL ||
	    strftime(text, sizeof(text), same_day ? "%H:%M" : "%Y-%m-%d %H:%M", &moment) == 0)
		fprintf(speech->out, "%" PRId64, at);
	else
		fputs(text, speech->out);
}

void say_duration(struct speech *speech, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = {{24 * 60 * 60, "day"}, {60 * 60, "hour"}, {60, "minute"}, {1, "second"}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (seconds % units[i].seconds == 0) {
			int64_t count = seconds / units[i].seconds;

			fprintf(speech->out, "%" PRId64 " %s%s", count, units[i].unit, count == 1 ? "" : "s");
			return;
		}
}

void say_list(struct speech *speech, char *const *names)
{
	for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
		if (i == NAMES_SHOWN_MAX) {
			fputs(" …", speech->out);
			return;
		}
		if (i > 0)
			fputs(", ", speech->out);
		say_safely(speech, names[i]);
	}
}

void say_answers(struct speech *speech)
{
	static const struct {
		unsigned method;
		const char *where;
	} all[] = {{METHOD_CODE, NULL}, {VIA_AGENT, "behind an SSH agent"}, {VIA_SEAT, "plugged in"},
		{VIA_BROWSER, "in a browser"}};
	const struct explanation *explanation = speech->explanation;
	const struct requirement *requirement = &explanation->requirement;
	const char *key = requirement->strength == FACTOR_HARDWARE_KEY ? "a hardware key" : "a key";
	unsigned left = explanation->question->is_insider ? explanation->offer.methods
		: requirement->methods & explanation->ways;
	const char *before = "";

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if ((left & all[i].method) == 0)
			continue;
		left &= ~all[i].method;
		if (all[i].where == NULL)
			fprintf(speech->out, "%sa code", before);
		else
			fprintf(speech->out, "%s%s %s%s", before, key, all[i].where,
				requirement->pin ? " with its PIN" : "");
		before = method_best(left) == left ? " or " : ", ";
	}
}

void say_approvers(struct speech *speech)
{
	const struct explanation *explanation = speech->explanation;

	if (json_array_size(explanation->approvers) == 0) {
		fputs(", and its approvers name nobody else", speech->out);
		return;
	}
	fputs(explanation->nobody_can_agree ? ", and of its approvers nobody can just now: " : ": ",
		speech->out);
	approvers_say(speech->out, explanation->approvers);
}
