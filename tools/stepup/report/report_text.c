/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reports as text, to be read at a glance on a terminal of 80 columns; see report_output.h. What an entry is
 * stands left, what there is to say of it right of that, broken between words where the terminal ends. Ids of
 * credentials are left to the other forms.
 */
#include "tools/stepup/report/report_output.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/message.h"
#include "tools/stepup/report/report.h"
#include "tools/stepup/shell/output.h"
#include "tools/stepup/shell/page.h"

#define DOT " \u00b7 "
#define TIME_OF_DAY strlen("2026-11-23 ")
#define LEFT_MAX 40 /* of a value, where no terminal says how much room there is */

static const char *report_text_text_of(const json_t *row, const char *name)
{
	const char *text = message_text(row, name);

	return text != NULL ? text : "";
}

char *report_times_text(const json_t *thing)
{
	int64_t times = message_number(thing, "times", 0),
		unredeemed = message_number(thing, "unredeemed", 0);
	const char *name;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	json_t *value;

	if (out == NULL)
		out_of_memory();
	if (times > 0)
		(void)fprintf(out, "%lld %s", (long long)times, times == 1 ? "time" : "times");
	if (unredeemed > 0)
		(void)fprintf(out, "%s%lld approved and not redeemed", times > 0 ? ", " : "",
			(long long)unredeemed);
	json_object_foreach(json_object_get(thing, "numbers"), name, value)
		(void)fprintf(out, ", %s %lld", name, (long long)json_integer_value(value));
	if (fclose(out) != 0)
		out_of_memory();
	return text;
}

const char *report_nothing_touched(const json_t *report)
{
	if (message_number(report, "erased", 0) > 0)
		return "Nothing was touched, as far as the log still knows.";
	if (json_array_size(json_object_get(report, "unredeemed")) > 0)
		return "Nothing was touched, as far as the log knows.";
	return "Nothing was touched.";
}

/* --- lines --- */

static FILE *open_text(char **text, size_t *size)
{
	FILE *out = open_memstream(text, size);

	if (out == NULL)
		out_of_memory();
	return out;
}

static void close_text(FILE *out)
{
	if (fclose(out) != 0)
		out_of_memory();
}

/* A text from elsewhere, in as many columns at least; gives how many it took. */
static size_t print_padded(const char *text, size_t columns, FILE *out)
{
	char *safe = safe_text(text);
	size_t width = page_columns(safe);

	(void)fprintf(out, "%s%*s", safe, width < columns ? (int)(columns - width) : 0, "");
	free(safe);
	return width;
}

/* A text from elsewhere, whose lines all begin at a column, which has been reached. */
static void print_hanging(const char *text, size_t column, FILE *out)
{
	size_t width = page_width(out);
	char *safe = safe_text(text), *folded = page_fold(safe, width > column ? width - column : width, 0);

	if (folded == NULL)
		out_of_memory();
	for (char *line = folded, *end = NULL; line != NULL; line = end) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		(void)fprintf(out, "%*s%s\n", line != folded ? (int)column : 0, "", line);
	}
	free(folded);
	free(safe);
}

static size_t widest(const json_t *things, const char *name)
{
	const json_t *thing;
	size_t i, most = 0;

	json_array_foreach((json_t *)(uintptr_t)things, i, thing) {
		char *safe = safe_text(message_text(thing, name));

		most = page_columns(safe) > most ? page_columns(safe) : most;
		free(safe);
	}
	return most;
}

/* --- the head --- */

static void report_text_print_head(const json_t *report, const char *standing, FILE *out)
{
	char *text = NULL;
	size_t size = 0;
	FILE *line = open_text(&text, &size);

	(void)fprintf(line, "What %s did, ", report_text_text_of(report, "user"));
	report_print_time(message_number(report, "since", 0), 0, line);
	(void)fputs(" to ", line);
	report_print_time(message_number(report, "until", 0), 0, line);
	(void)fputs(" UTC.", line);
	close_text(line);
	print_hanging(text, 0, out);
	print_hanging(standing, 0, out);
	free(text);
}

static void report_text_print_essence(const json_t *report, FILE *out)
{
	char tone, *text = report_locks_text(report, &tone);

	(void)fputc('\n', out);
	print_hanging(text, 0, out);
	free(text);
}

static void print_totals(const json_t *report, FILE *out)
{
	const json_t *totals = json_object_get(report, "totals");
	const char *before = "";
	char *text = NULL;
	size_t size = 0;
	FILE *line = open_text(&text, &size);

	for (const struct report_kind *kind = report_kinds; kind->name != NULL; kind++) {
		int64_t number = message_number(totals, kind->name, 0);

		if (number == 0)
			continue;
		(void)fprintf(line, "%s%s: %lld", before, kind->heading, (long long)number);
		before = DOT;
	}
	close_text(line);
	(void)fputc('\n', out);
	print_hanging(text, 0, out);
	free(text);
}

/* --- one by one --- */

/* What whoever else had a hand in it did. */
static const char *hand_of(const json_t *row)
{
	static const char *const hands[][2] = {{"approved", "agreed by "}, {"covered", "agreed by "},
		{"redeemed", "agreed by "}, {"approved-for-others", "for "},
		{"administered", "for "}};

	for (size_t i = 0; i < sizeof(hands) / sizeof(hands[0]); i++)
		if (strcmp(report_text_text_of(row, "kind"), hands[i][0]) == 0)
			return hands[i][1];
	return "by ";
}

/* Without the credential's id at its end, where something else says which one it is. */
static void print_without_id(const json_t *row, const char *text, FILE *out)
{
	const char *id = report_text_text_of(row, "credential");
	size_t length = strlen(text), tail = strlen(DOT) + strlen(id);

	if (*id != '\0' && length > tail && strcmp(text + length - strlen(id), id) == 0)
		length -= tail;
	(void)fprintf(out, "%.*s", (int)length, text);
}

static void print_part(const json_t *row, const char *before, const char *name, FILE *out)
{
	const char *text = report_text_text_of(row, name);

	if (*text == '\0')
		return;
	(void)fprintf(out, "%s%s", ftell(out) > 0 ? DOT : "", before);
	print_without_id(row, text, out);
}

static char *what_of(const json_t *row)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_text(&text, &size);

	print_part(row, "", "what", out);
	if (message_bool(row, "erased", false))
		(void)fputs(" (details erased)", out);
	close_text(out);
	return text;
}

static char *rest_of(const json_t *row)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_text(&text, &size);

	print_part(row, hand_of(row), "who", out);
	print_part(row, "with ", "factor", out);
	print_part(row, "from ", "from", out);
	print_part(row, "", "note", out);
	close_text(out);
	return text;
}

/* One line; where that is too short, one for what it was and one for the rest; where these are too short as
 * well, as many as it takes. */
static void print_what(const json_t *row, size_t column, FILE *out)
{
	char *what = what_of(row), *rest = rest_of(row), *all = NULL;
	size_t page = page_width(out), room = page > column ? page - column : page;

	if (asprintf(&all, "%s%s%s", what, *rest != '\0' ? DOT : "", rest) < 0)
		out_of_memory();
	if (page > 0 && page_columns(all) > room && page_columns(what) <= room &&
	    page_columns(rest) <= room) {
		print_hanging(what, column, out);
		(void)fprintf(out, "%*s", (int)column, "");
		print_hanging(rest, column, out);
	} else {
		print_hanging(all, column, out);
	}
	free(all);
	free(rest);
	free(what);
}

static void report_text_print_rows(const json_t *rows, FILE *out)
{
	int64_t last = message_number(json_array_get(rows, json_array_size(rows) - 1), "entry", 0), day = -1;
	int digits = snprintf(NULL, 0, "%lld", (long long)last),
		start = (int)strlen("15:00:07  #") + digits + 2;
	size_t kinds = widest(rows, "kind"), i;
	const json_t *row;

	json_array_foreach((json_t *)(uintptr_t)rows, i, row) {
		int64_t at = message_number(row, "at", 0);

		if (at / DAY_SECONDS != day) {
			char date[REPORT_TIME_SIZE];

			day = at / DAY_SECONDS;
			(void)fprintf(out, "\n%.*s (UTC)\n", (int)strlen("2026-11-23"),
				report_time(at, date));
		}
		report_print_time(at, TIME_OF_DAY, out);
		(void)fprintf(out, "  #%-*lld  ", digits, (long long)message_number(row, "entry", -1));
		(void)print_padded(report_text_text_of(row, "kind"), kinds + 2, out);
		print_what(row, (size_t)start + kinds + 2, out);
	}
}

/* --- touched --- */

/* "2 times, records 100 · 2026-11-23 15:00:07 to 16:20:00". */
static void print_often(const json_t *thing, size_t column, FILE *out)
{
	int64_t first = message_number(thing, "first", 0), last = message_number(thing, "last", 0);
	char *times = report_times_text(thing), *text = NULL;
	size_t size = 0;
	FILE *line = open_text(&text, &size);

	(void)fprintf(line, "%s" DOT, times);
	report_print_time(first, 0, line);
	if (last != first) {
		(void)fputs(" to ", line);
		report_print_time(last, last / DAY_SECONDS == first / DAY_SECONDS ? TIME_OF_DAY : 0, line);
	}
	close_text(line);
	print_hanging(text, column, out);
	free(text);
	free(times);
}

static void report_text_print_things(const json_t *things, FILE *out)
{
	size_t page = page_width(out), actions = widest(things, "action") + 2,
		details = widest(things, "detail") + 2, values = widest(things, "value"), i;
	size_t most = page > 0 ? page / 4 : LEFT_MAX, column;
	const json_t *thing;

	values = (values < most ? values : most) + 2;
	column = actions + details + values;
	json_array_foreach((json_t *)(uintptr_t)things, i, thing) {
		(void)print_padded(report_text_text_of(thing, "action"), actions, out);
		(void)print_padded(report_text_text_of(thing, "detail"), details, out);
		if (print_padded(report_text_text_of(thing, "value"), values, out) + 2 > values)
			(void)fprintf(out, "%s%*s", page > 0 ? "\n" : "", page > 0 ? (int)column : 2, "");
		print_often(thing, column, out);
	}
}

static void report_text_print_touched(const json_t *report, FILE *out)
{
	const json_t *touched = json_object_get(report, "touched"),
		*unredeemed = json_object_get(report, "unredeemed");
	int64_t erased = message_number(report, "erased", 0);

	if (json_array_size(touched) > 0) {
		(void)fprintf(out, "\nTouched: %lld. Notify the people whom these are about. Times are "
			"UTC.\n",
			(long long)message_number(report, "notify", 0));
		report_text_print_things(touched, out);
	} else {
		(void)fprintf(out, "\n%s\n", report_nothing_touched(report));
	}
	if (json_array_size(unredeemed) > 0) {
		(void)fputs("\nApproved, but not redeemed in this time:\n", out);
		print_hanging(REPORT_UNREDEEMED, 0, out);
		report_text_print_things(unredeemed, out);
	}
	if (erased > 0) {
		(void)fprintf(out, "\nEntries whose details have been erased: %lld.\n", (long long)erased);
		print_hanging(REPORT_ERASED, 0, out);
	}
}

void report_print_text(const json_t *report, const char *standing, FILE *out)
{
	const json_t *rows = json_object_get(report, "rows");

	report_text_print_head(report, standing, out);
	if (json_array_size(rows) == 0) {
		(void)fputc('\n', out);
		print_hanging(REPORT_EMPTY, 0, out);
		return;
	}
	report_text_print_essence(report, out);
	print_totals(report, out);
	report_text_print_rows(rows, out);
	report_text_print_touched(report, out);
}
