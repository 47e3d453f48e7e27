/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Limits and durations, read from their texts; see limit_text.h.
 */
#include "lib/wire/limit_text.h"

#include <string.h>

#define WORDS_MAX 2

static const struct limit_form count_form = {"count", 0, NULL, false};
static const struct limit_form sum_form = {"sum", 1, NULL, true};
static const struct limit_form different_form = {"different", 2, "different", false};

#define FORM(constant, name) [constant] = &name##_form,
static const struct limit_form *const forms[] = {LIMIT_KINDS(FORM)};

const struct limit_form *limit_form(enum limit_kind kind)
{
	return forms[kind];
}

static bool limit_text_is_digit(char character)
{
	return character >= '0' && character <= '9';
}

const char *number_take(const char *text, int64_t maximum, int64_t *number)
{
	*number = 0;
	if (!limit_text_is_digit(*text) || (text[0] == '0' && limit_text_is_digit(text[1])))
		return NULL;
	for (; limit_text_is_digit(*text); text++) {
		int digit = *text - '0';

		if (*number > (maximum - digit) / 10)
			return NULL;
		*number = *number * 10 + digit;
	}
	return text;
}

bool duration_parse(const char *text, int64_t *seconds)
{
	int64_t number, unit;
	const char *at = number_take(text, INT64_C(1000000000), &number);

	if (at == NULL || number == 0 || *at == '\0' || at[1] != '\0')
		return false;
	switch (*at) {
	case 's':
		unit = 1;
		break;
	case 'm':
		unit = 60;
		break;
	case 'h':
		unit = 3600;
		break;
	case 'd':
		unit = 24 * 3600;
		break;
	default:
		return false;
	}
	*seconds = number * unit;
	return true;
}

/* Takes a word and the single space behind it off `*text`. */
static bool take_word(const char **text, char *word, size_t size)
{
	size_t length = strcspn(*text, " ");

	if (length == 0 || length >= size || (*text)[length] != ' ')
		return false;
	memcpy(word, *text, length);
	word[length] = '\0';
	*text += length + 1;
	return true;
}

/* The kind that is written with these words. */
static bool kind_of(char words[WORDS_MAX][DETAIL_NAME_SIZE], size_t count, enum limit_kind *kind)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const struct limit_form *form = forms[i];

		if (form->word_count != count || (form->word != NULL && strcmp(words[0], form->word) != 0))
			continue;
		*kind = (enum limit_kind)i;
		return true;
	}
	return false;
}

bool limit_parse(const char *text, struct limit *limit)
{
	char words[WORDS_MAX][DETAIL_NAME_SIZE] = {"", ""};
	const char *at = number_take(text, DETAIL_NUMBER_MAX, &limit->maximum);
	const char *detail;
	size_t count = 0;

	/* None at all is no limit but a rule that denies: leave its users out. */
	if (at == NULL || *at != ' ' || limit->maximum < 1)
		return false;
	at++;
	/* Words up to the last " per ": a detail may itself be called "per" or "different". */
	for (const char *last = strrchr(at, ' '); last != NULL && strchr(at, ' ') != last; count++)
		if (count == WORDS_MAX || !take_word(&at, words[count], sizeof(words[count])))
			return false;
	if (strncmp(at, "per ", 4) != 0 || !duration_parse(at + 4, &limit->window_seconds))
		return false;
	if (limit->window_seconds > LIMIT_WINDOW_MAX_SECONDS || !kind_of(words, count, &limit->kind))
		return false;
	detail = count > 0 ? words[count - 1] : NULL;
	if (detail != NULL && !detail_name_is_valid(detail))
		return false;
	memset(limit->detail, 0, sizeof(limit->detail));
	if (detail != NULL)
		memcpy(limit->detail, detail, sizeof(limit->detail));
	return true;
}

bool limit_counts_same(const struct limit *a, const struct limit *b)
{
	return a->kind == b->kind && strcmp(a->detail, b->detail) == 0;
}
