/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guard before libconfuse.
 * MUST: let through only words of plain letters, texts in double quotation marks without ${, and the structure of sections, keys and lists;
 * no key twice in a block, no section left open; say where each thing stands.
 */
#include "verifier/rules/policy_text.h"

#include <string.h>

#include "lib/display_text.h"

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_TEXT, TOKEN_BAD, TOKEN_MARK };

struct token {
	enum token_kind kind;
	char mark;         /* one of {}=,+() for TOKEN_MARK */
	int line;
	const char *start; /* of the word, or of what is between the quotation marks */
	size_t length;
};

struct scanner {
	struct policy_text *text;
	const struct policy_section *sections;
	struct arena *arena;
	struct complaints *complaints;
	const char *at;
	int line;
	struct token token; /* the one to look at next */
	size_t block_count;
};

#define COMPLAIN(scanner, where, ...) complain((scanner)->complaints, (scanner)->text->file, (where), __VA_ARGS__)
#define QUOTED(token) (int)((token).length > 200 ? 200 : (token).length), (token).start

/* --- bytes --- */

/* One line's bytes; false where something was said about it. */
static bool check_line(struct scanner *scanner, const char *start, size_t length, int line)
{
	if (length > POLICY_LINE_MAX)
		COMPLAIN(scanner, line, "this line is longer than %d bytes; break it up.", POLICY_LINE_MAX);
	else if (memchr(start, '\0', length) != NULL)
		COMPLAIN(scanner, line, "there is a NUL byte in this line; write the file as plain text in UTF-8.");
	else if (length > 0 && start[length - 1] == '\r')
		COMPLAIN(scanner, line, "this line ends with CR LF; write the file with line ends of one LF (\"dos2unix\" does that).");
	else if (line == 1 && length >= 3 && memcmp(start, "\xef\xbb\xbf", 3) == 0)
		COMPLAIN(scanner, line, "the file starts with a byte order mark; write it as UTF-8 without one.");
	else if (!utf8_is_valid(start, length))
		COMPLAIN(scanner, line, "this line is not UTF-8; write the file in UTF-8.");
	else
		goto fine;
	return false;
fine:
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)start[i];

		if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
			COMPLAIN(scanner, line, "there is a control character (byte %02X) in this line; take it out.", byte);
			return false;
		}
	}
	return true;
}

/* Stops at the first bad line: a file with one such line mostly has many. */
static bool check_bytes(struct scanner *scanner)
{
	const char *at = scanner->text->bytes, *end = at + scanner->text->size;
	int line = 1;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t length = stop == NULL ? (size_t)(end - at) : (size_t)(stop - at);

		if (!check_line(scanner, at, length, line))
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
	       (character >= '0' && character <= '9') || (character != '\0' && strchr("_.:@-", character) != NULL);
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

/* Turns comments into spaces, so that libconfuse never meets one (it miscounts lines there). A comment begins where a word could. */
static void blank_comments(struct scanner *scanner)
{
	char *at = scanner->text->bytes;
	int line = 1;

	while (*at != '\0') {
		char *end = at + 1;

		if (at[0] == '#' || (at[0] == '/' && at[1] == '/')) {
			end = at + strcspn(at, "\n");
			blank(at, end);
		} else if (at[0] == '/' && at[1] == '*') {
			end = strstr(at + 2, "*/");
			if (end == NULL)
				COMPLAIN(scanner, line, "the comment that begins here is never closed; end it with \"*/\".");
			end = end == NULL ? at + strlen(at) : end + 2;
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

static void skip_blanks(struct scanner *scanner)
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
			COMPLAIN(scanner, token->line, "a backslash stands only before a quotation mark or another backslash: write \\\" or \\\\.");
			at++;
		} else if (at[0] == '\\') {
			at += 2;
		} else {
			if (at[0] == '$' && at[1] == '{') {
				token->kind = TOKEN_BAD;
				COMPLAIN(scanner, token->line, "nothing is taken from the environment; write the value itself instead of ${…}.");
			}
			at++;
		}
	}
	token->length = (size_t)(at - token->start);
	if (token->length > POLICY_VALUE_MAX) {
		token->kind = TOKEN_BAD;
		COMPLAIN(scanner, token->line, "this text is longer than %d bytes; shorten it.", POLICY_VALUE_MAX);
	}
	scanner->at = at;
	if (*at == '"')
		scanner->at++;
	else {
		token->kind = TOKEN_BAD;
		COMPLAIN(scanner, token->line, "the text that begins here is not closed; end it with a quotation mark on the same line.");
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
		COMPLAIN(scanner, token->line, "put double quotation marks around %.*s: outside of them only letters, digits and _ . : @ - may stand.",
			QUOTED(*token));
	} else if (token->length > POLICY_VALUE_MAX) {
		token->kind = TOKEN_BAD;
		COMPLAIN(scanner, token->line, "this word is longer than %d bytes; shorten it.", POLICY_VALUE_MAX);
	}
}

/* Moves on to the next token. */
static void advance(struct scanner *scanner)
{
	struct token *token = &scanner->token;

	skip_blanks(scanner);
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

static bool is_mark(const struct scanner *scanner, char mark)
{
	return scanner->token.kind == TOKEN_MARK && scanner->token.mark == mark;
}

static bool is_value(const struct scanner *scanner)
{
	return scanner->token.kind == TOKEN_WORD || scanner->token.kind == TOKEN_TEXT || scanner->token.kind == TOKEN_BAD;
}

static bool token_is(const struct token *token, const char *name)
{
	return token->kind == TOKEN_WORD && strlen(name) == token->length && memcmp(token->start, name, token->length) == 0;
}

/* The mark that follows the current token, 0 where something else does. */
static char mark_ahead(struct scanner *scanner)
{
	struct scanner kept = *scanner;
	struct complaints none = {0};
	char mark;

	scanner->complaints = &none;
	advance(scanner);
	mark = scanner->token.kind == TOKEN_MARK ? scanner->token.mark : '\0';
	complaints_clear(&none);
	*scanner = kept;
	return mark;
}

/* --- keys and values --- */

static void add_value(struct scanner *scanner, struct policy_entry *entry, struct policy_value ***tail)
{
	struct policy_value *value = entry == NULL ? NULL : arena_alloc(scanner->arena, 1, sizeof(*value));

	if (value != NULL) {
		value->line = scanner->token.line;
		**tail = value;
		*tail = &value->next;
		entry->value_count++;
	}
	advance(scanner);
}

/* { "a", "b" }, from behind the opening brace to behind the closing one. */
static void scan_list(struct scanner *scanner, struct policy_entry *entry, const struct token *name)
{
	struct policy_value **tail = entry == NULL ? NULL : &entry->values;

	for (;;) {
		if (is_mark(scanner, '}')) {
			advance(scanner);
			return;
		}
		if (!is_value(scanner) || mark_ahead(scanner) == '=') {
			COMPLAIN(scanner, scanner->token.line, "the list \"%.*s\" that begins on line %d is not closed before this; end it with }.",
				QUOTED(*name), name->line);
			return;
		}
		add_value(scanner, entry, &tail);
		if (is_mark(scanner, ',')) {
			advance(scanner);
		} else if (is_value(scanner) && mark_ahead(scanner) != '=') {
			COMPLAIN(scanner, scanner->token.line, "a comma is missing between two values of the list \"%.*s\".", QUOTED(*name));
		}
	}
}

/* KEY = VALUE; the current token is the key. `key` is NULL for one that nobody knows: then it is only passed over. */
static void scan_entry(struct scanner *scanner, struct policy_block *block, const struct policy_key *key)
{
	struct token name = scanner->token;
	struct policy_entry *entry = NULL, **tail = &block->entries;
	struct policy_value **values;

	for (; key != NULL && *tail != NULL; tail = &(*tail)->next)
		if ((*tail)->key == key) {
			COMPLAIN(scanner, name.line, "\"%s\" stands here a second time; the first is on line %d. Keep one of them.", key->name,
				(*tail)->line);
			key = NULL;
			break;
		}
	advance(scanner);
	if (is_mark(scanner, '+')) {
		COMPLAIN(scanner, scanner->token.line, "\"+=\" is not available; write all of \"%.*s\" in one place with \"=\".", QUOTED(name));
		advance(scanner);
	}
	if (!is_mark(scanner, '=')) {
		COMPLAIN(scanner, name.line, "after \"%.*s\" a \"=\" and a value are missing.", QUOTED(name));
		return;
	}
	advance(scanner);
	if (key != NULL)
		entry = arena_alloc(scanner->arena, 1, sizeof(*entry));
	if (entry != NULL) {
		entry->key = key;
		entry->line = name.line;
		*tail = entry;
	}
	values = entry == NULL ? NULL : &entry->values;
	if (is_mark(scanner, '{')) {
		if (key != NULL && !key->list)
			COMPLAIN(scanner, scanner->token.line, "\"%s\" takes one value, not a list in { }.", key->name);
		advance(scanner);
		scan_list(scanner, entry, &name);
	} else if (is_value(scanner) && mark_ahead(scanner) != '=') {
		add_value(scanner, entry, &values);
	} else {
		COMPLAIN(scanner, name.line, "\"%.*s\" has no value.", QUOTED(name));
	}
}

/* --- sections --- */

static const struct policy_key *find_key(const struct policy_section *section, const struct token *token)
{
	for (const struct policy_key *key = section->keys; key->name != NULL; key++)
		if (token_is(token, key->name))
			return key;
	return NULL;
}

static const struct policy_section *find_section(const struct scanner *scanner, const struct token *token)
{
	for (const struct policy_section *section = scanner->sections + 1; section->keys != NULL; section++)
		if (token_is(token, section->name))
			return section;
	return NULL;
}

static void pass_over_block(struct scanner *scanner)
{
	int depth = 0;

	do {
		if (is_mark(scanner, '{'))
			depth++;
		else if (is_mark(scanner, '}'))
			depth--;
		else if (scanner->token.kind == TOKEN_END)
			return;
		advance(scanner);
	} while (depth > 0);
}

static void unknown_key(struct scanner *scanner, struct policy_block *block)
{
	struct token name = scanner->token;
	const char *where = block->section->name;
	char ahead = mark_ahead(scanner);

	if (ahead == '(') {
		COMPLAIN(scanner, name.line, "there are no functions here, so %.*s() does nothing; put further files into stepup.conf.d.", QUOTED(name));
		while (scanner->token.kind != TOKEN_END && !is_mark(scanner, ')'))
			advance(scanner);
		advance(scanner);
		return;
	}
	if (where == NULL)
		COMPLAIN(scanner, name.line, "\"%.*s\" is no key or section; stepup.conf(5) lists them.", QUOTED(name));
	else
		COMPLAIN(scanner, name.line, "\"%.*s\" is no key of %s %s; stepup.conf(5) lists them.", QUOTED(name), where, block->title);
	if (ahead == '=' || ahead == '+') {
		scan_entry(scanner, block, NULL);
		return;
	}
	advance(scanner);
	if (is_value(scanner) && mark_ahead(scanner) == '{')
		advance(scanner);
	if (is_mark(scanner, '{'))
		pass_over_block(scanner);
}

/* The keys of a section, to behind its closing brace. */
static void scan_block(struct scanner *scanner, struct policy_block *block)
{
	const char *kind = block->section->name;

	for (;;) {
		const struct policy_key *key = find_key(block->section, &scanner->token);

		if (is_mark(scanner, '}')) {
			advance(scanner);
			return;
		}
		if (scanner->token.kind == TOKEN_END) {
			COMPLAIN(scanner, block->line, "%s %s is never closed; end it with }.", kind, block->title);
			return;
		}
		if (find_section(scanner, &scanner->token) != NULL && mark_ahead(scanner) != '=' && mark_ahead(scanner) != '+') {
			COMPLAIN(scanner, scanner->token.line, "%s %s, which begins on line %d, is not closed before this; end it with }.", kind,
				block->title, block->line);
			return;
		}
		if (key != NULL) {
			scan_entry(scanner, block, key);
		} else if (scanner->token.kind == TOKEN_WORD) {
			unknown_key(scanner, block);
		} else {
			if (scanner->token.kind != TOKEN_BAD)
				COMPLAIN(scanner, scanner->token.line, "a key was expected here, not \"%.*s\".", QUOTED(scanner->token));
			advance(scanner);
		}
	}
}

/* A copy of a quoted text as it is meant: \" and \\ stand for themselves. */
static char *unescaped(struct arena *arena, const struct token *token)
{
	char *copy = arena_copy(arena, token->start, token->length), *out = copy;

	for (size_t i = 0; copy != NULL && token->kind == TOKEN_TEXT && i < token->length; i++) {
		if (token->start[i] == '\\' && i + 1 < token->length)
			i++;
		*out++ = token->start[i];
	}
	if (copy != NULL && token->kind == TOKEN_TEXT)
		*out = '\0';
	return copy;
}

static void check_twin(struct scanner *scanner, const struct policy_block *block)
{
	for (const struct policy_block *other = scanner->text->blocks; other != NULL; other = other->next)
		if (other != block && other->section == block->section && strcmp(other->title, block->title) == 0) {
			COMPLAIN(scanner, block->line, "%s %s stands here a second time; the first is on line %d. Keep one of them.",
				block->section->name, block->title, other->line);
			return;
		}
}

static struct policy_block *add_block(struct scanner *scanner, const struct policy_section *section, const char *title, int line)
{
	struct policy_block *block = arena_alloc(scanner->arena, 1, sizeof(*block)), **tail = &scanner->text->blocks;

	if (block == NULL)
		return NULL;
	while (*tail != NULL)
		tail = &(*tail)->next;
	*block = (struct policy_block){.section = section, .title = title, .line = line};
	*tail = block;
	scanner->block_count++;
	return block;
}

/* KIND TITLE { … }; the current token is the kind. */
static void scan_section(struct scanner *scanner, const struct policy_section *section)
{
	int line = scanner->token.line;
	struct policy_block *block;
	char *title;

	advance(scanner);
	if (!is_value(scanner)) {
		COMPLAIN(scanner, line, "%s needs a name before its {: %s NAME { … }.", section->name, section->name);
		if (is_mark(scanner, '{'))
			pass_over_block(scanner);
		return;
	}
	title = unescaped(scanner->arena, &scanner->token);
	advance(scanner);
	block = title == NULL ? NULL : add_block(scanner, section, title, line);
	if (block == NULL)
		return;
	check_twin(scanner, block);
	if (!is_mark(scanner, '{')) {
		COMPLAIN(scanner, line, "after %s %s a { is missing.", section->name, title);
		if (!is_value(scanner) || mark_ahead(scanner) != '=')
			return;
	} else {
		advance(scanner);
	}
	scan_block(scanner, block);
}

static void scan_file(struct scanner *scanner, struct policy_block *top)
{
	while (scanner->token.kind != TOKEN_END && !scanner->arena->failed) {
		const struct policy_section *section = find_section(scanner, &scanner->token);
		const struct policy_key *key = find_key(top->section, &scanner->token);

		if (scanner->block_count > POLICY_BLOCKS_MAX) {
			COMPLAIN(scanner, scanner->token.line, "there are more than %d sections in this file.", POLICY_BLOCKS_MAX);
			return;
		}
		if (section != NULL) {
			scan_section(scanner, section);
		} else if (key != NULL) {
			scan_entry(scanner, top, key);
		} else if (scanner->token.kind == TOKEN_WORD) {
			unknown_key(scanner, top);
		} else {
			if (is_mark(scanner, '}'))
				COMPLAIN(scanner, scanner->token.line, "this } closes nothing; take it out.");
			else if (scanner->token.kind != TOKEN_BAD)
				COMPLAIN(scanner, scanner->token.line, "a key or a section was expected here, not \"%.*s\".", QUOTED(scanner->token));
			advance(scanner);
		}
	}
}

enum stepup_error policy_text_scan(struct policy_text *text, const struct policy_section *sections, struct arena *arena,
	struct complaints *complaints)
{
	struct scanner scanner = {
		.text = text, .sections = sections, .arena = arena, .complaints = complaints, .at = text->bytes, .line = 1};
	struct policy_block *top;

	text->blocks = NULL;
	if (!check_bytes(&scanner))
		return STEPUP_OK;
	top = add_block(&scanner, sections, "", 1);
	if (top != NULL) {
		blank_comments(&scanner);
		advance(&scanner);
		scan_file(&scanner, top);
	}
	return arena->failed || complaints->no_memory ? STEPUP_NO_MEMORY : STEPUP_OK;
}

const struct policy_entry *policy_block_entry(const struct policy_block *block, const char *name)
{
	for (const struct policy_entry *entry = block->entries; entry != NULL; entry = entry->next)
		if (strcmp(entry->key->name, name) == 0)
			return entry;
	return NULL;
}
