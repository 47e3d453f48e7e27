/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Limits and durations, read from their texts; see limit_text.h.
 */
#include "lib/wire/limit_text.h"

#include <string.h>

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

bool limit_parse(const char *text, struct limit *limit)
{
	char words[2][DETAIL_NAME_SIZE] = {"", ""};
	const char *at = number_take(text, DETAIL_NUMBER_MAX, &limit->maximum);
	size_t count = 0;

	/* None at all is no limit but a rule that denies: leave its users out. */
	if (at == NULL || *at != ' ' || limit->maximum < 1)
		return false;
	at++;
	/* Words up to the last " per ": a detail may itself be called "per" or "different". */
	for (const char *last = strrchr(at, ' '); last != NULL && strchr(at, ' ') != last; count++)
		if (count == 2 || !take_word(&at, words[count], sizeof(words[count])))
			return false;
	if (strncmp(at, "per ", 4) != 0 || !duration_parse(at + 4, &limit->window_seconds))
		return false;
	if (limit->window_seconds > LIMIT_WINDOW_MAX_SECONDS ||
		(count == 2 && strcmp(words[0], "different") != 0))
		return false;
	limit->kind = count == 0 ? LIMIT_COUNT : count == 1 ? LIMIT_SUM : LIMIT_DIFFERENT;
	if (count > 0) {
		if (!detail_name_is_valid(words[count - 1]))
			return false;
		memcpy(limit->detail, words[count - 1], sizeof(limit->detail));
	}
	return true;
}

bool limit_counts_same(const struct limit *a, const struct limit *b)
{
	return a->kind == b->kind && (a->kind == LIMIT_COUNT || strcmp(a->detail, b->detail) == 0);
}
