/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sentences that people read: each stands whole in a row of a table, so that it is found by grep, and is
 * filled with values here. In the text of a row
 *   {name}          is the value of that name,
 *   {name|other}    the same, or `other` if there is none,
 *   [ text ]        is left out if a {name} in it has no value,
 *   [name? text ]   is also left out if there is no value of that name,
 *   [!name? text ]  is also left out if there is one.
 * Brackets don't stand within each other, and no sentence has any of its own.
 * MUST: make every value of unknown origin safe to show; give no sentence of which a part is missing.
 * Layer: lib/base/, libc only.
 */
#ifndef STEPUP_LIB_SENTENCE_H
#define STEPUP_LIB_SENTENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SENTENCE_VALUES_MAX 32

/* A row. Of several with the same `of`, the first is said that fits: whose `when` is there, and every {name}
 * that stands outside brackets and has no `other`. */
struct sentence {
	const char *of;   /* what it is about: a refusal's name, an alert's kind, … */
	const char *when; /* names of values, with blanks between, that have to be there; NULL for none */
	const char *text;
};

/* What a sentence is filled with. Zero-initialise; names are borrowed. */
struct sentence_values {
	struct sentence_value {
		const char *name;
		char *text;
	} values[SENTENCE_VALUES_MAX];
	size_t count;
	bool failed; /* for want of memory or room: nothing is said then */
};

/* A text of unknown origin, made safe to show (display_value). None if it is NULL or empty. */
void sentence_set(struct sentence_values *values, const char *name, const char *text);

/* A text that is safe already: one of ours, or made of values that are. None if it is NULL. */
void sentence_set_safe(struct sentence_values *values, const char *name, const char *text);

void sentence_set_number(struct sentence_values *values, const char *name, int64_t number);

/* "1 try", "2 tries". */
void sentence_set_count(struct sentence_values *values, const char *name, int64_t count, const char *one,
	const char *many);

/* "5 minutes": a time to wait, rounded up, so that nobody comes back too early. */
void sentence_set_wait(struct sentence_values *values, const char *name, int64_t seconds);

/* "14:05", in local time, of seconds since 1970. */
void sentence_set_clock(struct sentence_values *values, const char *name, int64_t at);

/* "a, b or c": texts of unknown origin, made safe, each between `quote`s; `last` stands before the last one.
 * None if `count` is 0. */
void sentence_set_list(struct sentence_values *values, const char *name, const char *const *items,
	size_t count, const char *quote, const char *last);

/* A name that is there, or isn't, and says nothing by itself. */
void sentence_set_flag(struct sentence_values *values, const char *name, bool there);

/* The row to say; NULL if none fits. */
const struct sentence *sentence_of(const struct sentence *rows, size_t count, const char *of,
	const struct sentence_values *values);

/* The text with its values; the caller frees. NULL if memory is short, if a value is missing outside
 * brackets, or if the text is malformed. */
char *sentence_fill(const char *text, const struct sentence_values *values);

/* sentence_of and sentence_fill; the values are cleared. */
char *sentence_say(const struct sentence *rows, size_t count, const char *of,
	struct sentence_values *values);

/* Whether a text names no value but these (NULL-terminated), and nothing in it is malformed. */
bool sentence_is_whole(const char *text, const char *const *names);

/* The text of the first row that isn't whole, or whose `when` has another name; NULL if there is none. */
const char *sentence_row_fault(const struct sentence *rows, size_t count, const char *const *names);

/* Frees the values. */
void sentence_values_clear(struct sentence_values *values);

#endif
