/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text that is safe to show: what came from outside, made harmless for a terminal, a browser's
 * text node and a log.
 * Three ways of showing: a text, a value within a sentence, a sentence of such values. Control characters,
 * escapes, bidirectional controls, invisible and non-characters become \u{XXXX}; so does whatever isn't
 * UTF-8, as \x{XX}. Printable letters of all scripts stay. A text in which letters of different scripts
 * that look alike stand together (Latin with Cyrillic or Greek) has its non-Latin letters escaped. Nothing
 * is ever cut off.
 * Layer: lib/base/, libc only.
 */
#ifndef STEPUP_LIB_DISPLAY_TEXT_H
#define STEPUP_LIB_DISPLAY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A safe copy of `size` bytes of text; the caller frees. NULL where there is no memory. */
char *display_text(const char *text, size_t size);

/* The same of a value that stands within a sentence. Letters that are written from right to left would
 * exchange what stands before and behind them: such a value is isolated by U+2068 and U+2069 (UAX #9), and
 * only such a one. Blanks at its ends, and all but the first of several, are escaped, for a page joins them;
 * so is a word all of whose letters look like Latin ones and are none. */
char *display_value(const char *text, size_t size);

/* The same of a sentence that was made of such values: pairs of U+2068 and U+2069 stay, none within another.
 * A text by itself, without any, is isolated whole where it has letters from right to left. */
char *display_sentence(const char *text, size_t size);

/* Whether the bytes are well-formed UTF-8 (RFC 3629: no surrogates, nothing over-long, nothing above
 * U+10FFFF) without NUL. */
bool utf8_is_valid(const char *text, size_t size);

#endif
