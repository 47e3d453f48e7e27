/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one filler of sentences. A text is walked once, piece by piece; a part in brackets is looked through
 * for its values before any of it is written.
 */
#include "lib/base/sentence.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/display_text.h"

#define NAME_MAX_SIZE 32 /* of a value, with the NUL */
#define FILLING_ROOM 512 /* bytes, with the NUL */

/* --- values --- */

static const char *filled_value(const struct sentence_values *values, const char *name, size_t size)
{
	for (size_t i = 0; i < values->count; i++)
		if (strlen(values->values[i].name) == size && memcmp(values->values[i].name, name, size) == 0)
			return values->values[i].text;
	return NULL;
}

/* Takes the text over. */
static void value_add(struct sentence_values *values, const char *name, char *text)
{
	if (text == NULL || values->count == SENTENCE_VALUES_MAX) {
		values->failed = true;
		free(text);
		return;
	}
	values->values[values->count++] = (struct sentence_value){.name = name, .text = text};
}

void sentence_set(struct sentence_values *values, const char *name, const char *text)
{
	if (text != NULL && *text != '\0')
		value_add(values, name, display_value(text, strlen(text)));
}

void sentence_set_safe(struct sentence_values *values, const char *name, const char *text)
{
	if (text != NULL)
		value_add(values, name, strdup(text));
}

void sentence_set_number(struct sentence_values *values, const char *name, int64_t number)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%" PRId64, number);
	sentence_set_safe(values, name, digits);
}

void sentence_set_count(struct sentence_values *values, const char *name, int64_t count, const char *one,
	const char *many)
{
	char *text = NULL;

	if (asprintf(&text, "%" PRId64 " %s", count, count == 1 ? one : many) < 0)
		text = NULL;
	value_add(values, name, text);
}

void sentence_set_wait(struct sentence_values *values, const char *name, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *one, *many;
	} units[] = {{3600, "hour", "hours"}, {60, "minute", "minutes"}, {1, "second", "seconds"}};
	size_t i = 0;

	while (units[i].seconds != 1 && seconds <= units[i].seconds)
		i++;
	sentence_set_count(values, name, seconds / units[i].seconds + (seconds % units[i].seconds != 0),
		units[i].one, units[i].many);
}

void sentence_set_clock(struct sentence_values *values, const char *name, int64_t at)
{
	time_t seconds = (time_t)at;
	struct tm parts;
	char text[16];

	if (localtime_r(&seconds, &parts) == NULL || strftime(text, sizeof(text), "%H:%M", &parts) == 0)
		sentence_set_safe(values, name, "later");
	else
		sentence_set_safe(values, name, text);
}

/* Whether all of it could be written. */
static bool write_list(FILE *out, const char *const *items, size_t count, const char *quote,
	const char *last)
{
	for (size_t i = 0; i < count; i++) {
		char *safe = display_value(items[i], strlen(items[i]));

		if (safe == NULL)
			return false;
		fprintf(out, "%s%s%s%s", i == 0 ? "" : i + 1 == count ? last : ", ", quote, safe, quote);
		free(safe);
	}
	return true;
}

void sentence_set_list(struct sentence_values *values, const char *name, const char *const *items,
	size_t count, const char *quote, const char *last)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out;
	bool written;

	if (count == 0)
		return;
	out = open_memstream(&text, &size);
	written = out != NULL && write_list(out, items, count, quote, last);
	if (out != NULL && fclose(out) == 0 && written) {
		value_add(values, name, text);
		return;
	}
	free(text);
	values->failed = true;
}

void sentence_set_flag(struct sentence_values *values, const char *name, bool there)
{
	if (there)
		sentence_set_safe(values, name, "");
}

void sentence_values_clear(struct sentence_values *values)
{
	for (size_t i = 0; i < values->count; i++)
		free(values->values[i].text);
	*values = (struct sentence_values){0};
}

/* --- pieces of a text --- */

enum piece_kind { PIECE_END, PIECE_TEXT, PIECE_VALUE, PIECE_PART, PIECE_BROKEN };

/* What stands next: a run of text, a value with what is said without it, or a part in brackets. */
struct piece {
	enum piece_kind kind;
	const char *text; /* the run; what stands in the part; what is said without the value, or NULL */
	size_t size;
	const char *name; /* of the value, or of the part's condition: NULL for none */
	size_t name_size;
	bool absent; /* the condition is that it isn't there */
};

static size_t name_length(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz_");

	return length < NAME_MAX_SIZE ? length : 0;
}

/* Behind a brace, which is at `*at`. */
static struct piece piece_value(const char **at, const char *limit)
{
	struct piece piece = {.kind = PIECE_BROKEN, .name = *at + 1};
	const char *end = memchr(*at, '}', (size_t)(limit - *at)), *behind;

	piece.name_size = name_length(piece.name);
	behind = piece.name + piece.name_size;
	if (end == NULL || piece.name_size == 0 || (*behind != '}' && *behind != '|'))
		return piece;
	if (*behind == '|') {
		piece.text = behind + 1;
		piece.size = (size_t)(end - piece.text);
	}
	piece.kind = PIECE_VALUE;
	*at = end + 1;
	return piece;
}

static struct piece piece_part(const char **at)
{
	struct piece piece = {.kind = PIECE_BROKEN, .text = *at + 1};
	const char *end = strchr(*at, ']'), *name = piece.text + (*piece.text == '!');
	size_t size = name_length(name);

	if (end == NULL || memchr(piece.text, '[', (size_t)(end - piece.text)) != NULL)
		return piece;
	if (size > 0 && name[size] == '?') {
		piece.name = name;
		piece.name_size = size;
		piece.absent = *piece.text == '!';
		piece.text = name + size + 1;
	}
	piece.size = (size_t)(end - piece.text);
	piece.kind = PIECE_PART;
	*at = end + 1;
	return piece;
}

/* The next piece before `end`. */
static struct piece piece_next(const char **at, const char *end)
{
	struct piece piece = {.kind = PIECE_TEXT, .text = *at, .size = 1};

	if (*at >= end)
		return (struct piece){.kind = PIECE_END};
	if (**at == '{')
		return piece_value(at, end);
	if (**at == '[')
		return piece_part(at);
	if (**at == ']' || **at == '}')
		return (struct piece){.kind = PIECE_BROKEN};
	while (*at + piece.size < end && strchr("[]{}", (*at)[piece.size]) == NULL)
		piece.size++;
	*at += piece.size;
	return piece;
}

/* --- filling --- */

/* Whether every value that is said outside brackets, without another word for it, is there. */
static bool values_suffice(const char *text, const char *end, const struct sentence_values *values)
{
	struct piece piece;

	while ((piece = piece_next(&text, end)).kind != PIECE_END) {
		if (piece.kind == PIECE_BROKEN)
			return false;
		if (piece.kind == PIECE_VALUE && piece.text == NULL &&
			filled_value(values, piece.name, piece.name_size) == NULL)
			return false;
	}
	return true;
}

static bool part_is_said(const struct piece *part, const struct sentence_values *values)
{
	if (part->name != NULL && (filled_value(values, part->name, part->name_size) == NULL) != part->absent)
		return false;
	return values_suffice(part->text, part->text + part->size, values);
}

/* What is written by now; begins with room for most sentences. A stream would take 8 KiB for each. */
struct filling {
	char *text;
	size_t size, room;
	bool failed;
};

/* Makes room for a text of `size` bytes, with the NUL. */
static bool filling_grow(struct filling *filling, size_t size)
{
	size_t room = size < FILLING_ROOM ? FILLING_ROOM : 2 * size;
	char *larger;

	if (size <= filling->room)
		return true;
	larger = realloc(filling->text, room);
	if (larger == NULL)
		return false;
	filling->text = larger;
	filling->room = room;
	return true;
}

static void filling_add(struct filling *filling, const char *text, size_t size)
{
	filling->failed = filling->failed || !filling_grow(filling, filling->size + size + 1);
	if (filling->failed)
		return;
	memcpy(filling->text + filling->size, text, size);
	filling->size += size;
	filling->text[filling->size] = '\0';
}

/* Text and values, without parts. */
static void write_piece(struct filling *out, const struct piece *piece, const struct sentence_values *values)
{
	const char *value = piece->kind == PIECE_TEXT ? NULL
		: filled_value(values, piece->name, piece->name_size);

	if (value != NULL)
		filling_add(out, value, strlen(value));
	else
		filling_add(out, piece->text, piece->size);
}

static void write_bracketed(struct filling *out, const struct piece *part,
	const struct sentence_values *values)
{
	const char *at = part->text, *end = part->text + part->size;
	struct piece piece;

	while ((piece = piece_next(&at, end)).kind != PIECE_END)
		write_piece(out, &piece, values);
}

static void write_filled(struct filling *out, const char *text, const struct sentence_values *values)
{
	const char *end = text + strlen(text);
	struct piece piece;

	while ((piece = piece_next(&text, end)).kind != PIECE_END) {
		if (piece.kind != PIECE_PART)
			write_piece(out, &piece, values);
		else if (part_is_said(&piece, values))
			write_bracketed(out, &piece, values);
	}
}

char *sentence_fill(const char *text, const struct sentence_values *values)
{
	struct filling filling = {.text = NULL};

	if (values->failed || !values_suffice(text, text + strlen(text), values))
		return NULL;
	filling_add(&filling, "", 0);
	write_filled(&filling, text, values);
	if (filling.failed) {
		free(filling.text);
		return NULL;
	}
	return filling.text;
}

/* --- rows --- */

/* Whether each of these names, with blanks between, has a value. */
static bool names_are_there(const char *names, const struct sentence_values *values)
{
	while (names != NULL && *names != '\0') {
		size_t size = strcspn(names, " ");

		if (filled_value(values, names, size) == NULL)
			return false;
		names += size + (names[size] == ' ');
	}
	return true;
}

const struct sentence *sentence_of(const struct sentence *rows, size_t count, const char *of,
	const struct sentence_values *values)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].of, of) == 0 && names_are_there(rows[i].when, values) &&
			values_suffice(rows[i].text, rows[i].text + strlen(rows[i].text), values))
			return &rows[i];
	return NULL;
}

char *sentence_say(const struct sentence *rows, size_t count, const char *of,
	struct sentence_values *values)
{
	const struct sentence *row = sentence_of(rows, count, of, values);
	char *said = row == NULL ? NULL : sentence_fill(row->text, values);

	sentence_values_clear(values);
	return said;
}

/* --- checking --- */

static bool name_is_known(const char *const *names, const char *name, size_t size)
{
	for (; *names != NULL; names++)
		if (strlen(*names) == size && memcmp(*names, name, size) == 0)
			return true;
	return false;
}

static bool piece_is_whole(const struct piece *piece, const char *const *names);

static bool run_is_whole(const char *text, const char *end, const char *const *names, bool parts)
{
	struct piece piece;

	while ((piece = piece_next(&text, end)).kind != PIECE_END)
		if ((piece.kind == PIECE_PART && !parts) || !piece_is_whole(&piece, names))
			return false;
	return true;
}

static bool piece_is_whole(const struct piece *piece, const char *const *names)
{
	switch (piece->kind) {
	case PIECE_BROKEN:
		return false;
	case PIECE_VALUE:
		return name_is_known(names, piece->name, piece->name_size);
	case PIECE_PART:
		return (piece->name == NULL || name_is_known(names, piece->name, piece->name_size)) &&
			run_is_whole(piece->text, piece->text + piece->size, names, false);
	case PIECE_TEXT:
	case PIECE_END:
		break;
	}
	return true;
}

bool sentence_is_whole(const char *text, const char *const *names)
{
	return run_is_whole(text, text + strlen(text), names, true);
}

static bool when_is_known(const char *when, const char *const *names)
{
	while (when != NULL && *when != '\0') {
		size_t size = strcspn(when, " ");

		if (!name_is_known(names, when, size))
			return false;
		when += size + (when[size] == ' ');
	}
	return true;
}

const char *sentence_row_fault(const struct sentence *rows, size_t count, const char *const *names)
{
	for (size_t i = 0; i < count; i++)
		if (!when_is_known(rows[i].when, names) || !sentence_is_whole(rows[i].text, names))
			return rows[i].text;
	return NULL;
}
