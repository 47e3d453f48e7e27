/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines for the journal; see journal.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/display_text.h"
#include "verifier/host/journal.h"

static void line_write(int priority, const char *event, const char *text, size_t size)
{
	char *safe = display_text(text, size);
	char prefix[8] = "";

	/* journald sets JOURNAL_STREAM and reads "<N>" as the priority: sd-daemon(3). */
	if (getenv("JOURNAL_STREAM") != NULL)
		(void)snprintf(prefix, sizeof(prefix), "<%d>", priority & 7);
	(void)fprintf(stderr, "%sstepupd: %s: %s\n", prefix, event, safe != NULL ? safe : "(no memory for the rest)");
	free(safe);
}

void journal_line(int priority, const char *event, const char *format, ...)
{
	char *text = NULL;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		line_write(priority, event, "(no memory)", strlen("(no memory)"));
	else
		line_write(priority, event, text, (size_t)length);
	if (length >= 0)
		free(text);
}

void journal_lines(int priority, const char *event, const char *text)
{
	while (text != NULL && *text != '\0') {
		size_t length = strcspn(text, "\n");

		if (length > 0)
			line_write(priority, event, text, length);
		text += length;
		text += *text == '\n' ? 1 : 0;
	}
}
