/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Complaints about a configuration.
 * MUST: let nothing through to a terminal or a log that isn't safe to show; count what can't be kept.
 */
#include "verifier/rules/policy/complaints.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"

void complain(struct complaints *complaints, const char *file, int line, const char *format, ...)
{
	struct complaint *all;
	char *raw = NULL, *safe;
	va_list arguments;
	int length;

	if (complaints->count == COMPLAINTS_KEPT_MAX)
		return;
	va_start(arguments, format);
	length = vasprintf(&raw, format, arguments);
	va_end(arguments);
	safe = length < 0 ? NULL : display_text(raw, (size_t)length);
	if (length >= 0)
		free(raw);
	all = safe == NULL ? NULL : reallocarray(complaints->all, complaints->count + 1, sizeof(*all));
	if (all == NULL) {
		free(safe);
		complaints->no_memory = true;
		return;
	}
	complaints->all = all;
	all[complaints->count++] = (struct complaint){.file = file, .line = line, .sentence = safe};
}

static int complaints_compare(const void *a, const void *b)
{
	const struct complaint *left = a, *right = b;
	int order = strcmp(left->file, right->file);

	if (order == 0)
		order = left->line < right->line ? -1 : left->line > right->line;
	return order != 0 ? order : strcmp(left->sentence, right->sentence);
}

static char *complaints_line_of(const struct complaint *complaint)
{
	char *file = display_text(complaint->file, strlen(complaint->file)), *line = NULL;
	int length = -1;

	if (file != NULL && complaint->line > 0)
		length = asprintf(&line, "%s:%d: %s", file, complaint->line, complaint->sentence);
	else if (file != NULL)
		length = asprintf(&line, "%s: %s", file, complaint->sentence);
	free(file);
	return length < 0 ? NULL : line;
}

char **complaints_lines(struct complaints *complaints)
{
	size_t count = complaints->count < COMPLAINTS_SHOWN_MAX ? complaints->count : COMPLAINTS_SHOWN_MAX;
	char **lines = calloc(count + 2, sizeof(*lines));
	bool whole = lines != NULL;

	if (complaints->count > 0)
		qsort(complaints->all, complaints->count, sizeof(*complaints->all), complaints_compare);
	for (size_t i = 0; whole && i < count; i++) {
		lines[i] = complaints_line_of(&complaints->all[i]);
		whole = lines[i] != NULL;
	}
	if (whole && count < complaints->count)
		whole = asprintf(&lines[count], "and %zu more", complaints->count - count) >= 0;
	if (!whole && lines != NULL) {
		for (size_t i = 0; i <= count; i++)
			free(lines[i]);
		free(lines);
		lines = NULL;
	}
	return lines;
}

char *complaints_text(struct complaints *complaints)
{
	char **lines = complaints_lines(complaints), *text = NULL;
	size_t size = 1;

	for (size_t i = 0; lines != NULL && lines[i] != NULL; i++)
		size += strlen(lines[i]) + 1;
	text = lines == NULL ? NULL : calloc(1, size);
	for (size_t i = 0, at = 0; text != NULL && lines[i] != NULL; i++)
		at += (size_t)sprintf(text + at, "%s%s", i == 0 ? "" : "\n", lines[i]);
	for (size_t i = 0; lines != NULL && lines[i] != NULL; i++)
		free(lines[i]);
	free(lines);
	return text;
}

void complaints_clear(struct complaints *complaints)
{
	for (size_t i = 0; i < complaints->count; i++)
		free(complaints->all[i].sentence);
	free(complaints->all);
	*complaints = (struct complaints){0};
}
