/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text made safe to show. Escapes are reversible: a backslash that could be taken for the start of one is
 * escaped too, so no two texts look the same afterwards.
 * MUST: give printable UTF-8 whatever comes in; leave nothing out.
 */
#include "lib/base/display_text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text_ranges.h"

#define ESCAPE_SIZE_MAX 10 /* "\u{10FFFF}" */
#define MARKS_IN_A_ROW_MAX 4

/* Strike-through and enclosing marks make another sign of the letter before: never shown as they are. */
static const struct range overlay_ranges[] = {{0x334, 0x338}, {0x488, 0x489}, {0x20D2, 0x20D3},
	{0x20D8, 0x20DA}, {0x20DD, 0x20E0}, {0x20E2, 0x20E6}, {0x20EA, 0x20EB}, {0xA670, 0xA672}};

/* Letters of Latin, and of what looks like Latin. */
static const struct range latin_ranges[] = {{'A', 'Z'}, {'a', 'z'}, {0xAA, 0xAA}, {0xBA, 0xBA}, {0xC0, 0xD6},
	{0xD8, 0xF6}, {0xF8, 0x2B8}, {0x1E00, 0x1EFF}, {0x2C60, 0x2C7F}, {0xA722, 0xA787}, {0xA78B, 0xA7FF},
	{0xFB00, 0xFB06}};
static const struct range alike_ranges[] = {{0x370, 0x373}, {0x376, 0x37D}, {0x37F, 0x37F}, {0x386, 0x386},
	{0x388, 0x482}, {0x48A, 0x556}, {0x561, 0x587}, {0x13A0, 0x13FD}, {0x1C80, 0x1C88}, {0x1D26, 0x1D2B},
	{0x1F00, 0x1FFE}, {0x2126, 0x2126}, {0x212A, 0x212B}, {0x2C80, 0x2CF3}, {0x2DE0, 0x2DFF},
	{0xA4D0, 0xA4FF}, {0xA640, 0xA69F}, {0xAB70, 0xABBF}, {0xFF21, 0xFF3A}, {0xFF41, 0xFF5A},
	{0x1D400, 0x1D7FF}};

/* Letters that look like a Latin one, or are one of another width or style. A word of these alone is taken
 * for a Latin word. */
static const struct range twin_ranges[] = {{0x391, 0x392}, {0x395, 0x397}, {0x399, 0x39A}, {0x39C, 0x39D},
	{0x39F, 0x39F}, {0x3A1, 0x3A1}, {0x3A4, 0x3A5}, {0x3A7, 0x3A7}, {0x3BD, 0x3BD}, {0x3BF, 0x3BF},
	{0x405, 0x406}, {0x408, 0x408}, {0x410, 0x410}, {0x412, 0x412}, {0x415, 0x415}, {0x41A, 0x41A},
	{0x41C, 0x41E}, {0x420, 0x422}, {0x425, 0x425}, {0x430, 0x430}, {0x435, 0x435}, {0x43E, 0x43E},
	{0x440, 0x441}, {0x443, 0x443}, {0x445, 0x445}, {0x455, 0x456}, {0x458, 0x458}, {0x4AE, 0x4AF},
	{0x4BA, 0x4BB}, {0x4C0, 0x4C0}, {0x4CF, 0x4CF}, {0x500, 0x501}, {0x51A, 0x51D}, {0x54D, 0x54D},
	{0x555, 0x555}, {0x570, 0x570}, {0x578, 0x578}, {0x57D, 0x57D}, {0x585, 0x585}, {0x13A0, 0x13F5},
	{0x212A, 0x212B}, {0xA4D0, 0xA4F7}, {0xFF21, 0xFF3A}, {0xFF41, 0xFF5A}, {0x1D400, 0x1D6A5},
	{0x1D7CE, 0x1D7FF}};

/* Written from right to left: classes R, AL and AN of the Unicode Bidirectional Algorithm,
 * by their blocks. */
static const struct range right_to_left_ranges[] = {{0x590, 0x8FF}, {0xFB1D, 0xFDFF}, {0xFE70, 0xFEFF},
	{0x10800, 0x10FFF}, {0x1E800, 0x1EFFF}};

#define ISOLATE 0x2068
#define ISOLATE_END 0x2069
#define ISOLATE_BYTES "\xe2\x81\xa8"
#define ISOLATE_END_BYTES "\xe2\x81\xa9"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Whether a code point stands in a sorted table. */
static bool in_ranges(const struct range *ranges, size_t count, uint32_t point)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (point < ranges[middle].first)
			high = middle;
		else if (point > ranges[middle].last)
			low = middle + 1;
		else
			return true;
	}
	return false;
}

/* Decodes one code point of well-formed UTF-8 (RFC 3629 section 4) and returns its bytes; 0
 * where there is none. */
static size_t display_text_decode(const char *text, size_t size, uint32_t *point)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *bytes = (const unsigned char *)text;
	size_t length;

	if (size == 0)
		return 0;
	*point = bytes[0];
	if (bytes[0] < 0x80)
		return 1;
	length = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
	if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || length > size)
		return 0;
	*point = bytes[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		*point = (*point << 6) | (bytes[i] & 0x3f);
	}
	if (*point < smallest[length] || *point > 0x10ffff || (*point >= 0xd800 && *point <= 0xdfff))
		return 0;
	return length;
}

bool utf8_is_valid(const char *text, size_t size)
{
	uint32_t point;
	size_t length;

	for (size_t i = 0; i < size; i += length) {
		unsigned char first = (unsigned char)text[i];

		length = 1;
		if (first >= 0x01 && first <= 0x7f) /* as most are */
			continue;
		length = display_text_decode(text + i, size - i, &point);
		if (length == 0 || point == 0)
			return false;
	}
	return true;
}

/* Whether letters of Latin and letters that look like them stand in one text. */
static bool scripts_are_mixed(const char *text, size_t size)
{
	bool latin = false, alike = false;
	uint32_t point;
	size_t length;

	for (size_t i = 0; i < size; i += length) {
		length = display_text_decode(text + i, size - i, &point);
		if (length == 0) {
			length = 1;
			continue;
		}
		latin = latin || in_ranges(latin_ranges, COUNT(latin_ranges), point);
		alike = alike || in_ranges(alike_ranges, COUNT(alike_ranges), point);
	}
	return latin && alike;
}

/* Whether any code point of a text stands in a table. */
static bool has_any(const char *text, size_t size, const struct range *ranges, size_t count)
{
	uint32_t point;
	size_t length;

	for (size_t i = 0; i < size; i += length) {
		length = display_text_decode(text + i, size - i, &point);
		if (length == 0)
			length = 1;
		else if (in_ranges(ranges, count, point))
			return true;
	}
	return false;
}

#define HAS_ANY(text, size, ranges) has_any((text), (size), (ranges), COUNT(ranges))

/* Whether letters look like Latin ones in a text that has no other letters: neither Latin nor of its
 * own script alone. */
static bool is_twin(const char *text, size_t size)
{
	bool twins = false;
	uint32_t point;
	size_t length;

	for (size_t i = 0; i < size; i += length) {
		length = display_text_decode(text + i, size - i, &point);
		if (length == 0) {
			length = 1;
			continue;
		}
		if (in_ranges(twin_ranges, COUNT(twin_ranges), point))
			twins = true;
		else if (point >= 0xaa)
			return false;
	}
	return twins;
}

/* Whether isolates of a text come in pairs, none within another, and there are any. */
static bool has_isolates(const char *text, size_t size)
{
	bool open = false, any = false;
	uint32_t point;
	size_t length;

	for (size_t i = 0; i < size; i += length) {
		length = display_text_decode(text + i, size - i, &point);
		if (length == 0) {
			length = 1;
			continue;
		}
		if (point != ISOLATE && point != ISOLATE_END)
			continue;
		if (open == (point == ISOLATE))
			return false;
		open = point == ISOLATE;
		any = true;
	}
	return any && !open;
}

/* How a text is shown. */
struct manner {
	bool isolates; /* those in it stay */
	bool blanks;   /* joined ones, and those at the ends, are escaped */
	bool isolated; /* it stands between a pair of its own */
};

/* What stands before a mark decides whether it may stay. */
struct context {
	bool mixed;
	bool on_letter; /* the last code point shown was a letter or a mark on one */
	int marks;      /* in a row */
};

/* Whether a code point may be shown as it is; keeps the context. */
static bool is_safe(struct context *context, uint32_t point)
{
	bool is_ascii_letter = (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z');
	bool safe = in_ranges(graphic_ranges, COUNT(graphic_ranges), point);

	if (safe && context->mixed && in_ranges(alike_ranges, COUNT(alike_ranges), point))
		safe = false;
	if (safe && in_ranges(mark_ranges, COUNT(mark_ranges), point)) {
		safe = context->on_letter && ++context->marks <= MARKS_IN_A_ROW_MAX &&
			!in_ranges(overlay_ranges, COUNT(overlay_ranges), point);
		context->on_letter = safe;
		return safe;
	}
	context->marks = 0;
	context->on_letter = safe && (point >= 0xa1 || is_ascii_letter);
	return safe;
}

/* Whether these bytes would be read as the beginning of one of our escapes. */
static bool looks_like_escape(const char *text, size_t size)
{
	return size >= 3 && text[0] == '\\' && (text[1] == 'u' || text[1] == 'x') && text[2] == '{';
}

/* Whether the blank at `i` can't be told from none, or from one alone. */
static bool is_joined(const char *text, size_t size, size_t i)
{
	return text[i] == ' ' && (i == 0 || i + 1 == size || text[i - 1] == ' ');
}

static char *show(const char *text, size_t size, struct context context, struct manner manner)
{
	size_t length, written = 0;
	uint32_t point;
	char *shown;

	if (size > (SIZE_MAX - 1) / ESCAPE_SIZE_MAX - 1)
		return NULL;
	shown = malloc((size + 1) * ESCAPE_SIZE_MAX + 1);
	if (shown == NULL)
		return NULL;
	if (manner.isolated)
		written += (size_t)sprintf(shown, "%s", ISOLATE_BYTES);
	for (size_t i = 0; i < size; i += length) {
		length = display_text_decode(text + i, size - i, &point);
		if (length == 0) {
			length = 1;
			context.on_letter = false;
			written += (size_t)sprintf(shown + written, "\\x{%02X}",
				(unsigned)(unsigned char)text[i]);
		} else if ((manner.isolates && (point == ISOLATE || point == ISOLATE_END)) ||
		    (is_safe(&context, point) && !looks_like_escape(text + i, size - i) &&
			    !(manner.blanks && is_joined(text, size, i)))) {
			memcpy(shown + written, text + i, length);
			written += length;
		} else {
			context.on_letter = false;
			written += (size_t)sprintf(shown + written, "\\u{%04X}", point);
		}
	}
	if (manner.isolated)
		written += (size_t)sprintf(shown + written, "%s", ISOLATE_END_BYTES);
	shown[written] = '\0';
	return shown;
}

char *display_text(const char *text, size_t size)
{
	return show(text, size, (struct context){.mixed = scripts_are_mixed(text, size)},
		(struct manner){.isolates = false});
}

char *display_value(const char *text, size_t size)
{
	return show(text, size,
		(struct context){.mixed = scripts_are_mixed(text, size) || is_twin(text, size)},
		(struct manner){.blanks = true, .isolated = HAS_ANY(text, size, right_to_left_ranges)});
}

char *display_sentence(const char *text, size_t size)
{
	bool isolates = has_isolates(text, size);

	return show(text, size, (struct context){.mixed = scripts_are_mixed(text, size)},
		(struct manner){.isolates = isolates,
			.isolated = !isolates && HAS_ANY(text, size, right_to_left_ranges)});
}
