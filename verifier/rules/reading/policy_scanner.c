/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of a configuration file as tokens. */
#include "verifier/rules/reading/policy_scanner.h"

#include <string.h>

#include "lib/base/display_text.h"

/* --- bytes --- */

/* One line's bytes; false where something was said about it. */
static bool scanner_check_line(struct scanner *scanner, const char *start, size_t length, int line)
{
	if (length > POLICY_LINE_MAX)
		SCANNER_SAYS(scanner, line, "this line is longer than %d bytes; break it up.",
			POLICY_LINE_MAX);
	else if (memchr(start, '\0', length) != NULL)
		SCANNER_SAYS(scanner, line,
			"there is a NUL byte in this line; write the file as plain text in UTF-8.");
	else if (length > 0 && start[length - 1] == '\r')
		SCANNER_SAYS(scanner, line, "this line ends with CR LF; "
			"write the file with line ends of one LF (\"dos2unix\" does that).");
	else if (line == 1 && length >= 3 && memcmp(start, "\xef\xbb\xbf", 3) == 0)
		SCANNER_SAYS(scanner, line,
			"the file starts with a byte order mark; write it as UTF-8 without one.");
	else if (!utf8_is_valid(start, length))
		SCANNER_SAYS(scanner, line, "this line is not UTF-8; write the file in UTF-8.");
	else
		goto fine;
	return false;
fine:
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)start[i];

		if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
			SCANNER_SAYS(scanner, line,
				"there is a control character (byte %02X) in this line; remove it.", byte);
			return false;
		}
	}
	return true;
}

bool scanner_check_bytes(struct scanner *scanner)
{
	const char *at = scanner->bytes, *end = at + scanner->size;
	int line = 1;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t length = stop == NULL ? (size_t)(end - at) : (size_t)(stop - at);

		if (!scanner_check_line(scanner, at, length, line))
			return false;
		at += length + 1;
		line++;
	}
	return true;
}

/* --- tokens --- */

static bool is_word(char character)
{
	return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
		(character >= '0' && character <= '9') ||
		(character != '\0' && strchr("_.:@-", character) != NULL);
}

static bool ends_word(char character)
{
	return strchr(" \t\n\"{}=,+()", character) != NULL; /* the NUL too */
}

/* Blanks from `at` to `end` but for line ends; gives the number of those. */
static int blank(char *at, const char *end)
{
	int lines = 0;

	for (; at < end; at++) {
		if (*at == '\n')
			lines++;
		else
			*at = ' ';
	}
	return lines;
}

/* Behind a comment that began in this line. */
static char *comment_end(struct scanner *scanner, char *at, int line)
{
	char *end = strstr(at + 2, "*/");

	if (end != NULL)
		return end + 2;
	SCANNER_SAYS(scanner, line, "the comment that begins here is never closed; end it with \"*/\".");
	return at + strlen(at);
}

void scanner_blank_comments(struct scanner *scanner)
{
	char *at = scanner->bytes;
	int line = 1;

	while (*at != '\0') {
		char *end = at + 1;

		if (at[0] == '#' || (at[0] == '/' && at[1] == '/')) {
			end = at + strcspn(at, "\n");
			blank(at, end);
		} else if (at[0] == '/' && at[1] == '*') {
			end = comment_end(scanner, at, line);
			line += blank(at, end);
		} else if (*at == '"') {
			while (*end != '"' && *end != '\0' && *end != '\n')
				end += end[0] == '\\' && end[1] != '\0' && end[1] != '\n' ? 2 : 1;
			end += *end == '"';
		} else if (*at == '\n') {
			line++;
		} else if (!ends_word(*at)) {
			while (!ends_word(*end))
				end++;
		}
		at = end;
	}
}

static void scanner_skip_blanks(struct scanner *scanner)
{
	for (; *scanner->at == ' ' || *scanner->at == '\t' || *scanner->at == '\n'; scanner->at++)
		if (*scanner->at == '\n')
			scanner->line++;
}

static void scan_text(struct scanner *scanner)
{
	struct token *token = &scanner->token;
	const char *at = ++scanner->at;

	token->kind = TOKEN_TEXT;
	token->start = at;
	while (*at != '"' && *at != '\0' && *at != '\n') {
		if (at[0] == '\\' && at[1] != '"' && at[1] != '\\') {
			token->kind = TOKEN_BAD;
			SCANNER_SAYS(scanner, token->line, "a backslash is allowed only before a "
				"quotation mark or another backslash; write \\\" or \\\\.");
			at++;
		} else if (at[0] == '\\') {
			at += 2;
		} else {
			if (at[0] == '$' && at[1] == '{') {
				token->kind = TOKEN_BAD;
				SCANNER_SAYS(scanner, token->line, "nothing is taken from the environment; "
					"write the value itself instead of ${…}.");
			}
			at++;
		}
	}
	token->length = (size_t)(at - token->start);
	if (token->length > POLICY_VALUE_MAX) {
		token->kind = TOKEN_BAD;
		SCANNER_SAYS(scanner, token->line, "this text is longer than %d bytes; shorten it.",
			POLICY_VALUE_MAX);
	}
	scanner->at = at;
	if (*at == '"')
		scanner->at++;
	else {
		token->kind = TOKEN_BAD;
		SCANNER_SAYS(scanner, token->line, "the text that begins here is not closed; "
			"end it with a quotation mark on the same line.");
	}
}

/* A word without quotation marks. What isn't plain is taken whole and asked to be quoted. */
static void scan_word(struct scanner *scanner)
{
	struct token *token = &scanner->token;
	bool plain = true;

	token->kind = TOKEN_WORD;
	token->start = scanner->at;
	while (!ends_word(*scanner->at)) {
		plain = plain && is_word(*scanner->at);
		scanner->at++;
	}
	token->length = (size_t)(scanner->at - token->start);
	if (!plain) {
		token->kind = TOKEN_BAD;
		SCANNER_SAYS(scanner, token->line, "put double quotation marks around %.*s: without "
			"them only letters, digits and _ . : @ - are allowed.",
			TOKEN_QUOTED(*token));
	} else if (token->length > POLICY_VALUE_MAX) {
		token->kind = TOKEN_BAD;
		SCANNER_SAYS(scanner, token->line, "this word is longer than %d bytes; shorten it.",
			POLICY_VALUE_MAX);
	}
}

void scanner_advance(struct scanner *scanner)
{
	struct token *token = &scanner->token;

	scanner_skip_blanks(scanner);
	*token = (struct token){.line = scanner->line, .start = scanner->at};
	if (*scanner->at == '\0') {
		token->kind = TOKEN_END;
	} else if (strchr("{}=,+()", *scanner->at) != NULL) {
		token->kind = TOKEN_MARK;
		token->mark = *scanner->at++;
		token->length = 1;
	} else if (*scanner->at == '"') {
		scan_text(scanner);
	} else {
		scan_word(scanner);
	}
}

bool scanner_is_mark(const struct scanner *scanner, char mark)
{
	return scanner->token.kind == TOKEN_MARK && scanner->token.mark == mark;
}

bool scanner_is_value(const struct scanner *scanner)
{
	return scanner->token.kind == TOKEN_WORD || scanner->token.kind == TOKEN_TEXT ||
		scanner->token.kind == TOKEN_BAD;
}

bool token_is(const struct token *token, const char *name)
{
	return token->kind == TOKEN_WORD && strlen(name) == token->length &&
		memcmp(token->start, name, token->length) == 0;
}

char scanner_mark_ahead(struct scanner *scanner)
{
	struct scanner kept = *scanner;
	struct complaints none = {0};
	char mark;

	scanner->complaints = &none;
	scanner_advance(scanner);
	mark = scanner->token.kind == TOKEN_MARK ? scanner->token.mark : '\0';
	complaints_clear(&none);
	*scanner = kept;
	return mark;
}
