/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text made safe to show.
 * MUST: give back printable UTF-8 whatever comes in; keep apart what was apart (a literal backslash is escaped too); cut nothing off.
 */
#include "lib/display_text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/display_text_ranges.h"

#define ESCAPE_SIZE 12 /* "\u{10FFFF}" and NUL, rounded up */
#define MARKS_MAX 4    /* in a row on one letter; more pile up over the neighbouring lines */

/* Decodes one code point (RFC 3629 section 4); its bytes, 0 where there is none. */
static size_t decode(const unsigned char *bytes, size_t size, uint32_t *point)
{
	static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xc0 ? 0 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : bytes[0] < 0xf8 ? 4 : 0;

	if (length == 0 || length > size)
		return 0;
	*point = length == 1 ? bytes[0] : bytes[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | (bytes[i] & 0x3f);
	}
	if (*point < lowest[length] || *point > 0x10ffff || (*point >= 0xd800 && *point <= 0xdfff))
		return 0;
	return length;
}

bool utf8_is_valid(const char *text, size_t size)
{
	const unsigned char *bytes = (const unsigned char *)text;

	while (size > 0) {
		uint32_t point;
		size_t length = decode(bytes, size, &point);

		if (length == 0 || point == 0)
			return false;
		bytes += length;
		size -= length;
	}
	return true;
}

static bool in_ranges(const struct range *ranges, size_t count, uint32_t point)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (point > ranges[middle].last)
			low = middle + 1;
		else if (point < ranges[middle].first)
			high = middle;
		else
			return true;
	}
	return false;
}

#define IN_RANGES(ranges, point) in_ranges((ranges), sizeof(ranges) / sizeof((ranges)[0]), (point))

/* Scripts whose letters pass for Latin ones: Greek, Coptic, Cyrillic, Armenian, Cherokee, and the full-width and mathematical Latin copies. */
static bool looks_latin(uint32_t point)
{
	static const struct range alike[] = {{0x370, 0x58f}, {0x13a0, 0x13ff}, {0x1c80, 0x1c8f}, {0x1d26, 0x1d2b}, {0x1f00, 0x1fff},
		{0x2c80, 0x2cff}, {0x2de0, 0x2dff}, {0xa640, 0xa69f}, {0xab30, 0xabbf}, {0xff21, 0xff5a}, {0x1d400, 0x1d7ff}};

	return IN_RANGES(alike, point);
}

static bool is_latin(uint32_t point)
{
	return (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z') || (point >= 0xc0 && point <= 0x24f);
}

/* Whether Latin letters and letters that pass for them stand in one text. */
static bool mixes_scripts(const unsigned char *bytes, size_t size)
{
	bool latin = false, alike = false;

	while (size > 0) {
		uint32_t point = 0;
		size_t length = decode(bytes, size, &point);

		if (length == 0) {
			length = 1;
		} else {
			latin = latin || is_latin(point);
			alike = alike || looks_latin(point);
		}
		bytes += length;
		size -= length;
	}
	return latin && alike;
}

/* Appends one code point, or what stands for it, at `out`; gives the place behind it. `marks` counts combining marks in a row. */
static char *put_point(char *out, const unsigned char *bytes, size_t length, uint32_t point, bool mixed, int *marks)
{
	bool mark = IN_RANGES(mark_ranges, point);

	*marks = mark ? *marks + 1 : 0;
	if (point == '\\' || !IN_RANGES(graphic_ranges, point) || (mixed && looks_latin(point)) || *marks > MARKS_MAX)
		return out + snprintf(out, ESCAPE_SIZE, "\\u{%04X}", (unsigned)point);
	memcpy(out, bytes, length);
	return out + length;
}

char *display_text(const char *text, size_t size)
{
	const unsigned char *bytes = (const unsigned char *)text;
	bool mixed = mixes_scripts(bytes, size);
	int marks = MARKS_MAX; /* a mark at the very start has no letter to sit on */
	char *safe, *out;

	if (size > (SIZE_MAX - 1) / ESCAPE_SIZE)
		return NULL;
	safe = malloc(size * ESCAPE_SIZE + 1);
	if (safe == NULL)
		return NULL;
	out = safe;
	while (size > 0) {
		uint32_t point = 0;
		size_t length = decode(bytes, size, &point);

		if (length == 0) {
			out += snprintf(out, ESCAPE_SIZE, "\\x{%02X}", bytes[0]);
			length = 1;
			marks = MARKS_MAX;
		} else {
			out = put_point(out, bytes, length, point, mixed, &marks);
		}
		bytes += length;
		size -= length;
	}
	*out = '\0';
	return safe;
}
