/* SPDX-License-Identifier: BSD-2-Clause */
/* Form fields, decoded strictly; see form.h. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "examples/support-console/web/form.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes `size` bytes; NULL where a sequence is broken or makes a NUL. */
static char *decode(const char *text, size_t size)
{
	char *out = malloc(size + 1);
	size_t length = 0;

	if (!out)
		return NULL;
	for (size_t i = 0; i < size; i++) {
		char c = text[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			int high = i + 1 < size ? hex_value(text[i + 1]) : -1;
			int low = i + 2 < size ? hex_value(text[i + 2]) : -1;

			if (high < 0 || low < 0)
				goto broken;
			c = (char)(high * 16 + low);
			i += 2;
		}
		if (!c)
			goto broken;
		out[length++] = c;
	}
	out[length] = '\0';
	return out;
broken:
	free(out);
	return NULL;
}

char *form_field(const char *form, const char *name, size_t size_max)
{
	size_t name_size = strlen(name);
	const char *value = NULL;
	size_t value_size = 0;
	char *decoded;

	while (form && *form) {
		size_t size = strcspn(form, "&");

		if (size > name_size && form[name_size] == '=' && !memcmp(form, name, name_size)) {
			if (value)
				return NULL;
			value = form + name_size + 1;
			value_size = size - name_size - 1;
		}
		form += size;
		form += *form == '&';
	}
	if (!value || value_size > size_max * 3)
		return NULL;
	decoded = decode(value, value_size);
	if (decoded && strlen(decoded) > size_max) {
		free(decoded);
		return NULL;
	}
	return decoded;
}
