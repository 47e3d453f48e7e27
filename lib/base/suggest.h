/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "Did you mean …?" for a mistyped word.
 * Layer: lib/base/, libc only.
 */
#ifndef STEPUP_LIB_SUGGEST_H
#define STEPUP_LIB_SUGGEST_H

/* Keeps the better of two suggestions for `word`: `candidate` where it is nearer than `best` (NULL: nothing
 * yet) and near enough to be meant, else `best`. Letters left out, added, mistaken and swapped with their
 * neighbour count one each. */
const char *suggest_nearer(const char *word, const char *candidate, const char *best);

#endif
