/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines for the journal; see journal.h. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include "verifier/host/journal.h"
#include "lib/base/display_text.h"

/* journald sets it for whom it listens to: sd-daemon(3). */
static bool journald_listens(void)
{
	return getenv("JOURNAL_STREAM") != NULL;
}

static void line_write(int priority, const char *event, const char *text, size_t size)
{
	char *safe = display_sentence(text, size);
	char prefix[8] = "";

	/* journald reads "<N>" as the priority. */
	if (journald_listens())
		(void)snprintf(prefix, sizeof(prefix), "<%d>", priority & 7);
	(void)fprintf(stderr, "%sstepupd: %s: %s\n", prefix, event,
		safe != NULL ? safe : "(no memory for the rest)");
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

/* journald's own protocol takes any byte in a value. */
static bool send_fields(int priority, const char *message_id, const char *message,
	const struct journal_field *fields, size_t count)
{
	struct iovec lines[JOURNAL_FIELDS_MAX + 4];
	char *texts[JOURNAL_FIELDS_MAX + 4];
	size_t used = 0;
	bool good = count <= JOURNAL_FIELDS_MAX;

	if (good)
		good = asprintf(&texts[used], "MESSAGE=%s", message) >= 0 && ++used &&
			asprintf(&texts[used], "MESSAGE_ID=%s", message_id) >= 0 && ++used &&
			asprintf(&texts[used], "PRIORITY=%d", priority) >= 0 && ++used &&
			asprintf(&texts[used], "SYSLOG_IDENTIFIER=stepupd") >= 0 && ++used;
	for (size_t i = 0; good && i < count; i++) {
		if (fields[i].value == NULL)
			continue;
		good = asprintf(&texts[used], "%s=%s", fields[i].name, fields[i].value) >= 0;
		used += good;
	}
	for (size_t i = 0; i < used; i++)
		lines[i] = (struct iovec){ .iov_base = texts[i], .iov_len = strlen(texts[i]) };
	good = good && sd_journal_sendv(lines, (int)used) >= 0;
	for (size_t i = 0; i < used; i++)
		free(texts[i]);
	return good;
}

static void write_fields(int priority, const char *message, const struct journal_field *fields, size_t count)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL) {
		line_write(priority, "alert", message, strlen(message));
		return;
	}
	(void)fputs(message, out);
	for (size_t i = 0; i < count; i++)
		if (fields[i].value != NULL)
			(void)fprintf(out, strchr(fields[i].value, ' ') == NULL ? " %s=%s" : " %s=\"%s\"",
				fields[i].name, fields[i].value);
	if (fclose(out) == 0)
		line_write(priority, "alert", text, size);
	free(text);
}

void journal_event(int priority, const char *message_id, const char *message,
	const struct journal_field *fields, size_t count)
{
	if (!journald_listens() || !send_fields(priority, message_id, message, fields, count))
		write_fields(priority, message, fields, count);
}
