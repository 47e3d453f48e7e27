/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports as text and as CSV; see report_output.h. */
#include "tools/stepup/report_output.h"

#include <stdlib.h>
#include <string.h>

#include "lib/message.h"
#include "tools/stepup/output.h"
#include "tools/stepup/report.h"

#define COLUMNS 8

static const char *text_of(const json_t *row, const char *name)
{
	const char *text = message_text(row, name);

	return text != NULL ? text : "";
}

char *report_times_text(const json_t *thing)
{
	int64_t times = message_number(thing, "times", 0), unredeemed = message_number(thing, "unredeemed", 0);
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
		(void)fprintf(out, "%s%lld approved and not redeemed by then", times > 0 ? ", " : "", (long long)unredeemed);
	json_object_foreach(json_object_get(thing, "numbers"), name, value)
		(void)fprintf(out, ", %s %lld", name, (long long)json_integer_value(value));
	if (fclose(out) != 0)
		out_of_memory();
	return text;
}

const char *report_nothing_touched(const json_t *report)
{
	return message_number(report, "erased", 0) > 0 ? "Nothing that the log still knows of was touched." : "Nothing was touched.";
}

/* --- text --- */

static void print_essence(const json_t *report, FILE *out)
{
	char tone, *text = report_locks_text(report, &tone), *safe = safe_text(text);

	(void)fprintf(out, "%s\n\n", safe);
	free(safe);
	free(text);
}

static void print_totals(const json_t *report, FILE *out)
{
	const json_t *totals = json_object_get(report, "totals");
	const char *before = "";

	for (const struct report_kind *kind = report_kinds; kind->name != NULL; kind++) {
		int64_t number = message_number(totals, kind->name, 0);

		if (number == 0)
			continue;
		(void)fprintf(out, "%s%s: %lld", before, kind->heading, (long long)number);
		before = " \u00b7 ";
	}
	(void)fputs("\n\n", out);
}

static void print_rows(const json_t *rows, FILE *out)
{
	static const char *const headings[COLUMNS] = {"WHEN", "ENTRY", "KIND", "WHAT", "WHO", "WITH", "FROM", "NOTE"};
	struct table *table = table_new(headings, COLUMNS);
	const json_t *row;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)rows, i, row) {
		char when[TIME_TEXT_SIZE], number[24], *what = NULL;
		bool erased = message_bool(row, "erased", false);

		(void)snprintf(number, sizeof(number), "%lld", (long long)message_number(row, "entry", -1));
		if (asprintf(&what, "%s%s", text_of(row, "what"), erased ? " (details erased)" : "") < 0)
			out_of_memory();
		{
			const char *cells[COLUMNS] = {time_text(message_number(row, "at", 0), when), number, text_of(row, "kind"), what, text_of(row, "who"),
				text_of(row, "factor"), text_of(row, "from"), text_of(row, "note")};

			table_add(table, cells);
		}
		free(what);
	}
	table_print(table, out);
	table_free(&table);
}

static void print_things(const json_t *things, FILE *out)
{
	static const char *const headings[] = {"ACTION", "DETAIL", "VALUE", "HOW OFTEN", "FIRST", "LAST"};
	struct table *table = table_new(headings, 6);
	const json_t *thing;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)things, i, thing) {
		char first[TIME_TEXT_SIZE], last[TIME_TEXT_SIZE], *times = report_times_text(thing);
		const char *cells[6] = {text_of(thing, "action"), text_of(thing, "detail"), text_of(thing, "value"), times,
			time_text(message_number(thing, "first", 0), first), time_text(message_number(thing, "last", 0), last)};

		table_add(table, cells);
		free(times);
	}
	table_print(table, out);
	table_free(&table);
}

static void print_touched(const json_t *report, FILE *out)
{
	const json_t *touched = json_object_get(report, "touched"), *unredeemed = json_object_get(report, "unredeemed");
	int64_t erased = message_number(report, "erased", 0);

	if (json_array_size(touched) > 0) {
		(void)fprintf(out, "\nTouched: %lld. These are the ones to notify.\n", (long long)message_number(report, "notify", 0));
		print_things(touched, out);
	} else {
		(void)fprintf(out, "\n%s\n", report_nothing_touched(report));
	}
	if (json_array_size(unredeemed) > 0) {
		(void)fputs("\nApproved, but not carried out by then, so not touched:\n", out);
		print_things(unredeemed, out);
	}
	if (erased > 0)
		(void)fprintf(out, "\nEntries whose details have been erased: %lld. What they were about can't be said any more, and is missing here.\n",
			(long long)erased);
}

void report_print_text(const json_t *report, const char *standing, FILE *out)
{
	char since[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE], *user = safe_text(text_of(report, "user"));
	const json_t *rows = json_object_get(report, "rows");

	(void)fprintf(out, "What %s did, %s to %s.\n%s\n\n", user, time_text(message_number(report, "since", 0), since),
		time_text(message_number(report, "until", 0), until), standing);
	free(user);
	if (json_array_size(rows) == 0) {
		(void)fputs("The log has nothing about this user in that time. Is the name spelt as `stepup users` shows it?\n", out);
		return;
	}
	print_essence(report, out);
	print_totals(report, out);
	print_rows(rows, out);
	print_touched(report, out);
}

/* --- CSV --- */

static void print_cell(const char *text, bool last, FILE *out)
{
	char *safe = safe_text(text);

	(void)fputc('"', out);
	if (safe[0] != '\0' && strchr("=+-@", safe[0]) != NULL)
		(void)fputc('\'', out);
	for (const char *at = safe; *at != '\0'; at++) {
		if (*at == '"')
			(void)fputc('"', out);
		(void)fputc(*at, out);
	}
	(void)fputs(last ? "\"\r\n" : "\",", out);
	free(safe);
}

static void print_line(const char *const *cells, size_t count, FILE *out)
{
	for (size_t i = 0; i < count; i++)
		print_cell(cells[i], i + 1 == count, out);
}

static void print_csv_things(const json_t *things, const char *kind, FILE *out)
{
	const json_t *item;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)things, i, item) {
		char first[REPORT_TIME_SIZE], times[24], *words = report_times_text(item);
		const char *cells[12] = {report_time(message_number(item, "first", 0), first), "", kind, text_of(item, "action"), "", "", "", "", words,
			text_of(item, "detail"), text_of(item, "value"), times};

		(void)snprintf(times, sizeof(times), "%lld", (long long)message_number(item, "times", 0));
		print_line(cells, 12, out);
		free(words);
	}
}

void report_print_csv(const json_t *report, FILE *out)
{
	static const char *const headings[] = {"time", "entry", "kind", "action", "what", "who", "factor", "from", "note", "detail", "value", "times"};
	const json_t *item;
	size_t i;

	print_line(headings, 12, out);
	json_array_foreach(json_object_get(report, "rows"), i, item) {
		char number[24];
		const char *cells[12] = {text_of(item, "time"), number, text_of(item, "kind"), text_of(item, "action"), text_of(item, "what"),
			text_of(item, "who"), text_of(item, "factor"), text_of(item, "from"),
			message_bool(item, "erased", false) ? "details erased" : text_of(item, "note"), "", "", ""};

		(void)snprintf(number, sizeof(number), "%lld", (long long)message_number(item, "entry", -1));
		print_line(cells, 12, out);
	}
	print_csv_things(json_object_get(report, "touched"), "touched", out);
	print_csv_things(json_object_get(report, "unredeemed"), "unredeemed", out);
}
