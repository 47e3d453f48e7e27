/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * As wide as the terminal: sentences are broken between words there. What goes elsewhere, to a file or a
 * program, is left as it is.
 * Layer: tools/stepup/shell/, libc only.
 */
#ifndef STEPUP_TOOLS_PAGE_H
#define STEPUP_TOOLS_PAGE_H

#include <stddef.h>
#include <stdio.h>

/* The terminal's columns that a stream goes to; 0 where it goes to none. */
size_t page_width(FILE *out);

/* The same of a descriptor. */
size_t page_width_of(int fd);

/* Columns that a safe text takes on a terminal; bytes where the locale can't say. */
size_t page_columns(const char *text);

/* A safe text with line ends in place of the blanks where a page of that width ends; 0 leaves it as it is.
 * The text's own line ends stay, and the first line begins at `column`. The caller frees; NULL: no memory. */
char *page_fold(const char *text, size_t width, size_t column);

#endif
