/* SPDX-License-Identifier: BSD-2-Clause */
/* Suggestions; see suggest.h. */
#include "lib/base/suggest.h"

#include <string.h>

#define WORD_MAX 32 /* letters of a word worth comparing */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many slips lie between two words of at most WORD_MAX letters (optimal string alignment). */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1], length = strlen(b);
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= length; j++)
		last[j] = j;
	for (size_t i = 1; i <= strlen(a); i++) {
		size_t *oldest = before;

		now[0] = i;
		for (size_t j = 1; j <= length; j++) {
			now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
		before = last;
		last = now;
		now = oldest;
	}
	return last[length];
}

const char *suggest_nearer(const char *word, const char *candidate, const char *best)
{
	size_t slips;

	if (candidate == NULL || strlen(word) > WORD_MAX || strlen(candidate) > WORD_MAX)
		return best;
	slips = distance(word, candidate);
	if (slips > strlen(word) / 3)
		return best;
	return best == NULL || slips < distance(word, best) ? candidate : best;
}
