/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads canonical CBOR.
 */
#include "verifier/factors/attestation/cbor_cursor.h"

#include <string.h>

#include "lib/base/display_text.h"

enum major { MAJOR_UNSIGNED, MAJOR_NEGATIVE, MAJOR_BYTES, MAJOR_TEXT, MAJOR_ARRAY, MAJOR_MAP, MAJOR_TAG,
	MAJOR_SIMPLE };

#define SIMPLE_FALSE 20
#define SIMPLE_NULL 22

/* The head of the next item: its major type, and its value or length in the shortest form. */
static uint64_t head(struct byte_cursor *cursor, enum major *major)
{
	uint8_t first = cursor_u8(cursor), low = first & 0x1f;
	uint64_t value = low, least = 0;

	*major = (enum major)(first >> 5);
	switch (low) {
	case 24:
		value = cursor_u8(cursor);
		least = 24;
		break;
	case 25:
		value = cursor_u16(cursor);
		least = UINT8_MAX + 1;
		break;
	case 26:
		value = cursor_u32(cursor);
		least = UINT16_MAX + 1;
		break;
	case 27:
		value = (uint64_t)cursor_u32(cursor) << 32;
		value |= cursor_u32(cursor);
		least = (uint64_t)UINT32_MAX + 1;
		break;
	default:
		break;
	}
	if (low > 27 || value < least || *major == MAJOR_TAG ||
	    (*major == MAJOR_SIMPLE && (low < SIMPLE_FALSE || low > SIMPLE_NULL)))
		cursor->broken = true;
	return cursor->broken ? 0 : value;
}

/* The head of the next item, which must be of this type. */
static uint64_t head_of(struct byte_cursor *cursor, enum major expected)
{
	enum major major;
	uint64_t value = head(cursor, &major);

	if (major != expected)
		cursor->broken = true;
	return cursor->broken ? 0 : value;
}

int64_t cbor_integer(struct byte_cursor *cursor)
{
	enum major major;
	uint64_t value = head(cursor, &major);

	if (major > MAJOR_NEGATIVE || value > INT64_MAX)
		cursor->broken = true;
	if (cursor->broken)
		return 0;
	return major == MAJOR_UNSIGNED ? (int64_t)value : -1 - (int64_t)value;
}

static struct byte_cursor string(struct byte_cursor *cursor, enum major major)
{
	uint64_t size = head_of(cursor, major);
	struct byte_cursor part = {.broken = true};

	if (size > cursor->left)
		cursor->broken = true;
	if (!cursor->broken)
		part = (struct byte_cursor){.at = cursor_raw(cursor, (size_t)size), .left = (size_t)size};
	if (major == MAJOR_TEXT && part.left > 0 && !utf8_is_valid((const char *)part.at, part.left))
		part.broken = cursor->broken = true;
	return part;
}

struct byte_cursor cbor_bytes(struct byte_cursor *cursor)
{
	return string(cursor, MAJOR_BYTES);
}

struct byte_cursor cbor_text(struct byte_cursor *cursor)
{
	return string(cursor, MAJOR_TEXT);
}

/* An item takes a byte at least, so there can't be more of them than bytes left. */
static size_t cbor_cursor_count(struct byte_cursor *cursor, enum major major)
{
	uint64_t items = head_of(cursor, major);

	if (items > cursor->left)
		cursor->broken = true;
	return cursor->broken ? 0 : (size_t)items;
}

size_t cbor_array(struct byte_cursor *cursor)
{
	return cbor_cursor_count(cursor, MAJOR_ARRAY);
}

struct cbor_map cbor_map(struct byte_cursor *cursor)
{
	return (struct cbor_map){.left = cbor_cursor_count(cursor, MAJOR_MAP)};
}

static void next_key(struct byte_cursor *cursor, struct cbor_map *map, bool in_order);

static void skip(struct byte_cursor *cursor, unsigned depth, bool in_order)
{
	struct byte_cursor peek = *cursor;
	enum major major;
	uint64_t value = head(&peek, &major);
	struct cbor_map map;

	if (peek.broken || ((major == MAJOR_ARRAY || major == MAJOR_MAP) && depth == 0)) {
		cursor->broken = true;
		return;
	}
	switch (major) {
	case MAJOR_BYTES:
	case MAJOR_TEXT:
		(void)string(cursor, major);
		break;
	case MAJOR_ARRAY:
		(void)cbor_array(cursor);
		for (; value > 0 && !cursor->broken; value--)
			skip(cursor, depth - 1, in_order);
		break;
	case MAJOR_MAP:
		for (map = cbor_map(cursor); map.left > 0 && !cursor->broken;) {
			next_key(cursor, &map, in_order);
			skip(cursor, depth - 1, in_order);
			skip(cursor, depth - 1, in_order);
		}
		break;
	default:
		*cursor = peek;
	}
}

void cbor_skip(struct byte_cursor *cursor)
{
	skip(cursor, CBOR_DEPTH_MAX, true);
}

void cbor_skip_unseen(struct byte_cursor *cursor)
{
	skip(cursor, CBOR_DEPTH_MAX, false);
}

/* Keys of a lower major type first, then shorter ones, then in the order of their bytes. */
static bool comes_after(const struct byte_cursor *key, const struct byte_cursor *previous)
{
	if (previous->at == NULL)
		return true;
	if (key->at[0] >> 5 != previous->at[0] >> 5)
		return key->at[0] >> 5 > previous->at[0] >> 5;
	if (key->left != previous->left)
		return key->left > previous->left;
	return memcmp(key->at, previous->at, key->left) > 0;
}

static void next_key(struct byte_cursor *cursor, struct cbor_map *map, bool in_order)
{
	struct byte_cursor peek = *cursor, key = {.at = cursor->at};

	skip(&peek, 0, true); /* keys here are numbers and texts */
	if (peek.broken || map->left == 0) {
		cursor->broken = true;
		return;
	}
	key.left = cursor->left - peek.left;
	if (in_order && !comes_after(&key, &map->previous))
		cursor->broken = true;
	map->previous = key;
	map->left--;
}

void cbor_map_next(struct byte_cursor *cursor, struct cbor_map *map)
{
	next_key(cursor, map, true);
}

bool cbor_map_next_is(struct byte_cursor *cursor, struct cbor_map *map, const char *text)
{
	struct cbor_map next = *map;
	struct byte_cursor at = *cursor, key;

	if (map->left == 0)
		return false;
	cbor_map_next(&at, &next);
	key = cbor_text(&at);
	if (at.broken || !cursor_is(&key, text))
		return false;
	*cursor = at;
	*map = next;
	return true;
}

bool cbor_map_next_is_number(struct byte_cursor *cursor, struct cbor_map *map, int64_t number)
{
	struct cbor_map next = *map;
	struct byte_cursor at = *cursor;
	int64_t key;

	if (map->left == 0)
		return false;
	cbor_map_next(&at, &next);
	key = cbor_integer(&at);
	if (at.broken || key != number)
		return false;
	*cursor = at;
	*map = next;
	return true;
}

void cbor_skip_text_map(struct byte_cursor *cursor)
{
	for (struct cbor_map map = cbor_map(cursor); map.left > 0 && !cursor->broken;) {
		cbor_map_next(cursor, &map);
		(void)cbor_text(cursor);
		skip(cursor, CBOR_DEPTH_MAX - 1, true);
	}
}
