/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shown text is printable UTF-8 whatever comes in, never shorter in meaning: taking the escapes back
 * gives the very bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writes a code point as UTF-8 and returns its bytes. */
static size_t encode(uint32_t point, uint8_t *bytes)
{
	if (point < 0x80) {
		bytes[0] = (uint8_t)point;
		return 1;
	}
	if (point < 0x800) {
		bytes[0] = (uint8_t)(0xc0 | point >> 6);
		bytes[1] = (uint8_t)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point < 0x10000) {
		bytes[0] = (uint8_t)(0xe0 | point >> 12);
		bytes[1] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
		bytes[2] = (uint8_t)(0x80 | (point & 0x3f));
		return 3;
	}
	bytes[0] = (uint8_t)(0xf0 | point >> 18);
	bytes[1] = (uint8_t)(0x80 | (point >> 12 & 0x3f));
	bytes[2] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
	bytes[3] = (uint8_t)(0x80 | (point & 0x3f));
	return 4;
}

/* Takes \u{…} and \x{…} back. */
static size_t unescape(const char *shown, uint8_t *bytes)
{
	size_t length = 0;

	while (*shown != '\0') {
		if (shown[0] == '\\' && (shown[1] == 'u' || shown[1] == 'x') && shown[2] == '{') {
			char *end;
			unsigned long value = strtoul(shown + 3, &end, 16);

			if (*end != '}')
				abort();
			if (shown[1] == 'u')
				length += encode((uint32_t)value, bytes + length);
			else
				bytes[length++] = (uint8_t)value;
			shown = end + 1;
		} else {
			bytes[length++] = (uint8_t)*shown++;
		}
	}
	return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *shown = display_text((const char *)data, size), *again;
	uint8_t *back;

	if (shown == NULL || !utf8_is_valid(shown, strlen(shown)))
		abort();
	for (const char *c = shown; *c != '\0'; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			abort();
	}
	back = malloc(strlen(shown) + 1);
	if (back == NULL || unescape(shown, back) != size || (size > 0 && memcmp(back, data, size) != 0))
		abort();
	/* Nothing unsafe is left: showing it again changes only what reads as an escape. */
	again = display_text(shown, strlen(shown));
	if (again == NULL || unescape(again, back) != strlen(shown))
		abort();
	free(again);
	free(back);
	free(shown);
	return 0;
}
