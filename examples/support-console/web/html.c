/* SPDX-License-Identifier: BSD-2-Clause */
/* HTML text with everything from outside escaped; see html.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "examples/support-console/web/html.h"

#define HTML_SIZE_MAX ((size_t)8 << 20)

static bool html_grow(struct html *html, size_t needed)
{
	size_t capacity = html->capacity ? html->capacity : 4096;
	char *text;

	while (capacity < needed)
		capacity *= 2;
	if (capacity == html->capacity)
		return true;
	text = realloc(html->text, capacity);
	if (!text)
		return false;
	html->text = text;
	html->capacity = capacity;
	return true;
}

static void html_write(struct html *html, const char *bytes, size_t size)
{
	if (html->failed)
		return;
	if (size > HTML_SIZE_MAX - html->size || !html_grow(html, html->size + size)) {
		html->failed = true;
		return;
	}
	memcpy(html->text + html->size, bytes, size);
	html->size += size;
}

static const char *html_entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return (unsigned char)c < 0x20 && c != '\t' && c != '\n' ? "\xef\xbf\xbd" : NULL;
	}
}

static void html_escape(struct html *html, const char *text)
{
	for (; *text; text++) {
		const char *entity = html_entity(*text);

		if (entity)
			html_write(html, entity, strlen(entity));
		else
			html_write(html, text, 1);
	}
}

void html_add(struct html *html, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	while (*format) {
		size_t plain = strcspn(format, "%");

		html_write(html, format, plain);
		format += plain;
		if (!strncmp(format, "%s", 2)) {
			const char *text = va_arg(values, const char *);

			html_escape(html, text ? text : "");
			format += 2;
		} else if (!strncmp(format, "%lld", 4)) {
			char number[24];
			int size = snprintf(number, sizeof(number), "%lld", va_arg(values, long long));

			html_write(html, number, (size_t)size);
			format += 4;
		} else if (!strncmp(format, "%%", 2)) {
			html_write(html, "%", 1);
			format += 2;
		} else if (*format) {
			html->failed = true;
			break;
		}
	}
	va_end(values);
}

void html_append(struct html *html, struct html *part)
{
	html->failed |= part->failed;
	if (part->size)
		html_write(html, part->text, part->size);
	html_clear(part);
}

void html_clear(struct html *html)
{
	free(html->text);
	*html = (struct html){0};
}
