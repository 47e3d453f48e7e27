/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text that is built as HTML. MUST: whatever comes from outside goes through `%s`, which escapes it for text
 * and for quoted attributes; format strings are constants and the only markup there is.
 */
#ifndef CONSOLE_HTML_H
#define CONSOLE_HTML_H

#include <stdbool.h>
#include <stddef.h>

struct html {
	char *text;
	size_t size, capacity;
	bool failed; /* memory ran out or a format was wrong: the whole is not to be sent */
};

/* Appends. Knows `%s` (escaped), `%lld` and `%%`, nothing else. */
void html_add(struct html *html, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends what is HTML already, and clears it. */
void html_append(struct html *html, struct html *part);

/* Frees the text and zeroes the value. */
void html_clear(struct html *html);

#endif
