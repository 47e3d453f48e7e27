/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A report as one HTML page; see report_output.h. Every text goes through escape(), whatever it is.
 */
#include "tools/stepup/report/report_output.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/wire/message.h"
#include "tools/stepup/report/report.h"
#include "tools/stepup/report/report_style.h"
#include "tools/stepup/shell/output.h"

static void escape(const char *text, FILE *out)
{
	char *safe = safe_text(text != NULL ? text : "");

	for (const char *at = safe; *at != '\0'; at++) {
		switch (*at) {
		case '&': (void)fputs("&amp;", out); break;
		case '<': (void)fputs("&lt;", out); break;
		case '>': (void)fputs("&gt;", out); break;
		case '"': (void)fputs("&quot;", out); break;
		case '\'': (void)fputs("&#39;", out); break;
		default: (void)fputc(*at, out);
		}
	}
	free(safe);
}

/* --- the head --- */

static void print_head(const json_t *report, const char *standing, FILE *out)
{
	const json_t *hosts = json_object_get(report, "hosts"), *host;
	size_t i;

	(void)fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
		"'unsafe-inline'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<meta name=\"robots\" content=\"noindex\">\n<title>What ", out);
	escape(message_text(report, "user"), out);
	(void)fprintf(out, " did</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<h1>What ",
		report_style);
	escape(message_text(report, "user"), out);
	(void)fputs(" did</h1>\n<p>", out);
	report_print_time(message_number(report, "since", 0), 0, out);
	(void)fputs(" to ", out);
	report_print_time(message_number(report, "until", 0), 0, out);
	(void)fputs(" UTC", out);
	json_array_foreach((json_t *)(uintptr_t)hosts, i, host) {
		(void)fputs(i == 0 ? ", log of " : ", ", out);
		escape(json_string_value(host), out);
	}
	(void)fprintf(out, ".</p>\n<p class=\"%s\">", message_bool(report, "sound", true) ? "soft" : "wrong");
	escape(standing, out);
	(void)fputs("</p>\n", out);
}

/* The last lock, and what was let through after it: the first thing that somebody who comes to
 * this wants to know. */
static void print_essence(const json_t *report, FILE *out)
{
	char tone, *text = report_locks_text(report, &tone);

	(void)fprintf(out, "<p class=\"essence %c\">", tone);
	escape(text, out);
	(void)fputs("</p>\n", out);
	free(text);
}

static void print_tiles(const json_t *report, FILE *out)
{
	const json_t *totals = json_object_get(report, "totals");

	(void)fputs("<ul class=\"tiles\">\n", out);
	for (const struct report_kind *kind = report_kinds; kind->name != NULL; kind++) {
		int64_t number = message_number(totals, kind->name, 0);

		if (number > 0)
			(void)fprintf(out, "<li class=\"%c\" title=\"%s\"><b>%lld</b>%s</li>\n", kind->tone,
				kind->meaning, (long long)number, kind->heading);
	}
	(void)fprintf(out, "<li title=\"What the actions were about that were carried out. Each counts "
		"once.\">"
		"<b>%lld</b>Touched</li>\n</ul>\n", (long long)message_number(report, "notify", 0));
}

/* --- tables --- */

/* A cell that says its heading itself, for pages too narrow for columns. */
static void begin_cell(const char *label, const char *class, FILE *out)
{
	(void)fprintf(out, "<td data-label=\"%s\"%s%s%s>", label, *class != '\0' ? " class=\"" : "", class,
		*class != '\0' ? "\"" : "");
}

static void report_html_print_cell(const char *label, const char *class, const char *text, FILE *out)
{
	begin_cell(label, class, out);
	escape(text, out);
}

static void print_thing(const json_t *thing, FILE *out)
{
	char *times = report_times_text(thing);

	(void)fputs("<tr>", out);
	report_html_print_cell("Action", "", message_text(thing, "action"), out);
	report_html_print_cell("Detail", "", message_text(thing, "detail"), out);
	begin_cell("Value", "wide", out);
	(void)fputs("<strong>", out);
	escape(message_text(thing, "value"), out);
	(void)fputs("</strong>", out);
	report_html_print_cell("How often", "", times, out);
	begin_cell("First (UTC)", "at", out);
	report_print_time(message_number(thing, "first", 0), 0, out);
	begin_cell("Last (UTC)", "at", out);
	report_print_time(message_number(thing, "last", 0), 0, out);
	(void)fputs("</tr>\n", out);
	free(times);
}

static void print_things(const json_t *things, const char *id, FILE *out)
{
	const json_t *thing;
	size_t i;

	(void)fprintf(out,
		"<div class=\"card\"><table id=\"%s\"><thead><tr><th>Action<th>Detail<th>Value<th>How "
		"often<th>First (UTC)<th>Last (UTC)</tr></thead><tbody>\n", id);
	json_array_foreach((json_t *)(uintptr_t)things, i, thing)
		print_thing(thing, out);
	(void)fputs("</tbody></table></div>\n", out);
}

static void print_touched(const json_t *report, FILE *out)
{
	const json_t *touched = json_object_get(report, "touched"),
		*unredeemed = json_object_get(report, "unredeemed");
	int64_t erased = message_number(report, "erased", 0);

	(void)fputs("<h2>Touched</h2>\n", out);
	if (json_array_size(touched) == 0)
		(void)fprintf(out, "<p>%s</p>\n", report_nothing_touched(report));
	if (erased > 0)
		(void)fprintf(out, "<p class=\"warning\">Entries whose details have been erased: %lld. "
			REPORT_ERASED "</p>\n", (long long)erased);
	if (json_array_size(touched) > 0) {
		(void)fputs("<p class=\"soft\">Notify the people whom these are about.</p>\n", out);
		print_things(touched, "touched", out);
	}
	if (json_array_size(unredeemed) == 0)
		return;
	(void)fputs("<h2>Approved, but not redeemed in this time</h2>\n<p class=\"soft\">", out);
	escape(REPORT_UNREDEEMED, out);
	(void)fputs("</p>\n", out);
	print_things(unredeemed, "unredeemed", out);
}

static void print_row(const json_t *row, FILE *out)
{
	static const char *const members[][2] = {{"who", "Other "
		"person"}, {"factor", "With"}, {"from", "From"},
		{"note", "Note"}};
	const struct report_kind *kind = report_kind_of(row);

	(void)fputs("<tr>", out);
	begin_cell("When (UTC)", "at", out);
	(void)fputs("<span>", out);
	report_print_time(message_number(row, "at", 0), strlen("2026-11-23 "), out);
	(void)fprintf(out,
		" <code>#%lld</code></span><td data-label=\"Kind\" class=\"kind %c\" title=\"%s\">%s",
		(long long)message_number(row, "entry", -1), kind->tone, kind->meaning, kind->heading);
	begin_cell("What", "what", out);
	(void)fputs("<span>", out);
	escape(message_text(row, "what"), out);
	if (message_bool(row, "erased", false))
		(void)fputs(" <span class=\"soft\">(details erased)</span>", out);
	(void)fputs("</span>", out);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		report_html_print_cell(members[i][1], i == 0 ? "" : "more",
			message_text(row, members[i][0]), out);
	(void)fputs("</tr>\n", out);
}

static void report_html_print_rows(const json_t *report, FILE *out)
{
	const json_t *row;
	int64_t day = -1;
	size_t i;

	(void)fputs("<h2>One by one</h2>\n<div class=\"card\"><table id=\"rows\"><thead><tr><th>When "
		"(UTC)<th>Kind<th>What<th>Other person<th>With<th>From<th>Note</tr>"
		"</thead><tbody>\n", out);
	json_array_foreach(json_object_get(report, "rows"), i, row) {
		int64_t at = message_number(row, "at", 0);

		if (at / 86400 != day) {
			char date[REPORT_TIME_SIZE];

			day = at / 86400;
			(void)report_time(at, date);
			date[strcspn(date, "T")] = '\0';
			(void)fprintf(out, "<tr class=\"day\"><th colspan=\"7\">%s</th></tr>\n", date);
		}
		print_row(row, out);
	}
	(void)fputs("</tbody></table></div>\n", out);
}

void report_print_html(const json_t *report, const char *standing, FILE *out)
{
	print_head(report, standing, out);
	if (json_array_size(json_object_get(report, "rows")) == 0) {
		(void)fputs("<p>" REPORT_EMPTY "</p>\n", out);
	} else {
		print_essence(report, out);
		print_tiles(report, out);
		report_print_timeline(report, out);
		print_touched(report, out);
		report_html_print_rows(report, out);
	}
	(void)fputs("</main>\n</body>\n</html>\n", out);
}
