/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes of a configuration file as tokens: words, texts in quotation marks, marks.
 * MUST: let through only lines of plain UTF-8, words of plain letters and texts in double quotation
 * marks without ${ or a backslash that stands for anything but itself or a quotation mark; say where
 * each thing stands.
 * Layer: verifier/rules/reading/. Knows nothing of keys or sections; policy_text.c does.
 */
#ifndef STEPUP_VERIFIER_POLICY_SCANNER_H
#define STEPUP_VERIFIER_POLICY_SCANNER_H

#include <stdbool.h>
#include <stddef.h>

#include "verifier/rules/policy/complaints.h"

#define POLICY_LINE_MAX 4096  /* bytes of one line */
#define POLICY_VALUE_MAX 1024 /* bytes of one value */

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_TEXT, TOKEN_BAD, TOKEN_MARK };

struct token {
	enum token_kind kind;
	char mark;         /* one of {}=,+() for TOKEN_MARK */
	int line;
	const char *start; /* of the word, or of what is between the quotation marks */
	size_t length;
};

/* Set up with file, bytes, size and complaints, `at` at the first byte, `line` 1. */
struct scanner {
	const char *file; /* borrowed */
	char *bytes;      /* borrowed, NUL-terminated; comments become spaces */
	size_t size;
	struct complaints *complaints;
	const char *at;
	int line;
	struct token token; /* the one to look at next */
};

#define SCANNER_SAYS(scanner, where, ...) complain((scanner)->complaints, (scanner)->file, (where), \
	__VA_ARGS__)
#define TOKEN_QUOTED(token) (int)((token).length > 200 ? 200 : (token).length), (token).start /* for "%.*s" */

/* Whether all bytes may stand in a file. Stops at the first bad line: a file with one such line
 * mostly has many. */
bool scanner_check_bytes(struct scanner *scanner);

/* Turns comments into spaces; line ends stay. A comment begins where a word could. */
void scanner_blank_comments(struct scanner *scanner);

/* Moves on to the next token. */
void scanner_advance(struct scanner *scanner);

/* The mark that follows the current token, 0 where something else does. */
char scanner_mark_ahead(struct scanner *scanner);

/* What the current token is. */
bool scanner_is_mark(const struct scanner *scanner, char mark);
bool scanner_is_value(const struct scanner *scanner);

/* Whether a token is this word. */
bool token_is(const struct token *token, const char *name);

#endif
