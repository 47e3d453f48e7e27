/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports as CSV; see report_output.h. */
#include "tools/stepup/report/report_output.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "lib/wire/message.h"
#include "tools/stepup/report/report.h"
#include "tools/stepup/shell/output.h"

static const char *report_csv_text_of(const json_t *row, const char *name)
{
	const char *text = message_text(row, name);

	return text != NULL ? text : "";
}


static void print_cell(const char *text, bool last, FILE *out)
{
	char *safe = display_text(text, strlen(text)); /* for programs: nothing is isolated */

	if (safe == NULL)
		out_of_memory();

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

static void report_csv_print_line(const char *const *cells, size_t count, FILE *out)
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
		const char *cells[12] = {report_time(message_number(item, "first", 0), first), "", kind,
			report_csv_text_of(item, "action"), "", "", "", "", words,
			report_csv_text_of(item, "detail"), report_csv_text_of(item, "value"), times};

		(void)snprintf(times, sizeof(times), "%lld", (long long)message_number(item, "times", 0));
		report_csv_print_line(cells, 12, out);
		free(words);
	}
}

void report_print_csv(const json_t *report, FILE *out)
{
	static const char *const headings[] = {"time", "entry", "kind", "action", "what", "who", "factor",
		"from", "note", "detail", "value", "times"};
	const json_t *item;
	size_t i;

	report_csv_print_line(headings, 12, out);
	json_array_foreach(json_object_get(report, "rows"), i, item) {
		char number[24];
		const char *cells[12] = {report_csv_text_of(item, "time"), number,
			report_csv_text_of(item, "kind"), report_csv_text_of(item, "action"),
			report_csv_text_of(item, "what"), report_csv_text_of(item, "who"),
			report_csv_text_of(item, "factor"), report_csv_text_of(item, "from"),
			message_bool(item, "erased", false) ? "details erased"
			: report_csv_text_of(item, "note"), "", "", ""};

		(void)snprintf(number, sizeof(number), "%lld", (long long)message_number(item, "entry", -1));
		report_csv_print_line(cells, 12, out);
	}
	print_csv_things(json_object_get(report, "touched"), "touched", out);
	print_csv_things(json_object_get(report, "unredeemed"), "unredeemed", out);
}
