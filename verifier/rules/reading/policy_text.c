/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The grammar of configuration files.
 * MUST: let through only the structure of sections, keys and lists; no key twice in a block, no section left
 * open; say where each thing stands; leave no value without its text, but say that there is no memory.
 */
#include "verifier/rules/reading/policy_text.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/suggest.h"
#include "verifier/rules/reading/policy_scanner.h"

struct parser {
	struct policy_text *text;
	const struct policy_section *sections;
	struct arena *arena;
	struct scanner scanner;
	size_t block_count;
};

/* for "%s%s%s" */
#define SUGGESTION(word) (word) == NULL ? "" : "did you mean ", (word) == NULL ? "" : (word), \
	(word) == NULL ? "" : "? "
#define COMPLAIN(parser, where, ...) SCANNER_SAYS(&(parser)->scanner, where, __VA_ARGS__)

static void advance(struct parser *parser)
{
	scanner_advance(&parser->scanner);
}

static bool is_mark(const struct parser *parser, char mark)
{
	return scanner_is_mark(&parser->scanner, mark);
}

static bool is_value(const struct parser *parser)
{
	return scanner_is_value(&parser->scanner);
}

static char mark_ahead(struct parser *parser)
{
	return scanner_mark_ahead(&parser->scanner);
}

/* --- keys and values --- */

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

static void add_value(struct parser *parser, struct policy_entry *entry, struct policy_value ***tail)
{
	struct policy_value *value = entry == NULL ? NULL : arena_alloc(parser->arena, 1, sizeof(*value));

	if (value != NULL) {
		value->line = parser->scanner.token.line;
		value->text = unescaped(parser->arena, &parser->scanner.token);
		**tail = value;
		*tail = &value->next;
		entry->value_count++;
	}
	advance(parser);
}

/* { "a", "b" }, from behind the opening brace to behind the closing one. */
static void text_read_list(struct parser *parser, struct policy_entry *entry, const struct token *name)
{
	struct policy_value **tail = entry == NULL ? NULL : &entry->values;

	for (;;) {
		if (is_mark(parser, '}')) {
			advance(parser);
			return;
		}
		if (!is_value(parser) || mark_ahead(parser) == '=') {
			COMPLAIN(parser, parser->scanner.token.line,
				"the list \"%.*s\" that begins on line %d is not closed before this; "
				"end it with }.", TOKEN_QUOTED(*name), name->line);
			return;
		}
		add_value(parser, entry, &tail);
		if (is_mark(parser, ',')) {
			advance(parser);
		} else if (is_value(parser) && mark_ahead(parser) != '=') {
			COMPLAIN(parser, parser->scanner.token.line,
				"a comma is missing between two values of the list \"%.*s\".",
				TOKEN_QUOTED(*name));
		}
	}
}

/* KEY = VALUE; the current token is the key. `key` is NULL for one that nobody knows: then it is
 * only passed over. */
static void read_entry(struct parser *parser, struct policy_block *block, const struct policy_key *key)
{
	struct token name = parser->scanner.token;
	struct policy_entry *entry = NULL, **tail = &block->entries;
	struct policy_value **values;

	for (; key != NULL && *tail != NULL; tail = &(*tail)->next)
		if ((*tail)->key == key) {
			COMPLAIN(parser, name.line, "\"%s\" is here a second time; the first is on line "
				"%d. Keep one of them.", key->name, (*tail)->line);
			key = NULL;
			break;
		}
	advance(parser);
	if (is_mark(parser, '+')) {
		COMPLAIN(parser, parser->scanner.token.line,
			"\"+=\" is not available; write all of \"%.*s\" in one place with \"=\".",
			TOKEN_QUOTED(name));
		advance(parser);
	}
	if (!is_mark(parser, '=')) {
		COMPLAIN(parser, name.line, "after \"%.*s\" a \"=\" and a value are missing.",
			TOKEN_QUOTED(name));
		return;
	}
	advance(parser);
	if (key != NULL)
		entry = arena_alloc(parser->arena, 1, sizeof(*entry));
	if (entry != NULL) {
		entry->key = key;
		entry->line = name.line;
		*tail = entry;
	}
	values = entry == NULL ? NULL : &entry->values;
	if (is_mark(parser, '{') && key != NULL && !key->list)
		COMPLAIN(parser, parser->scanner.token.line,
			"\"%s\" takes one value, not a list in { }.", key->name);
	if (is_mark(parser, '{')) {
		advance(parser);
		text_read_list(parser, entry, &name);
	} else if (is_value(parser) && mark_ahead(parser) != '=') {
		add_value(parser, entry, &values);
	} else {
		COMPLAIN(parser, name.line, "\"%.*s\" has no value.", TOKEN_QUOTED(name));
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

static const struct policy_section *find_section(const struct parser *parser, const struct token *token)
{
	for (const struct policy_section *section = parser->sections + 1; section->keys != NULL; section++)
		if (token_is(token, section->name))
			return section;
	return NULL;
}

static void pass_over_block(struct parser *parser)
{
	int depth = 0;

	do {
		if (is_mark(parser, '{'))
			depth++;
		else if (is_mark(parser, '}'))
			depth--;
		else if (parser->scanner.token.kind == TOKEN_END)
			return;
		advance(parser);
	} while (depth > 0);
}

/* The key or section that may have been meant; NULL where none is near. */
static const char *meant_key(const struct parser *parser, const struct policy_block *block,
	const struct token *name)
{
	const char *meant = NULL;
	char word[64];

	(void)snprintf(word, sizeof(word), "%.*s", TOKEN_QUOTED(*name));
	for (const struct policy_key *key = block->section->keys; key->name != NULL; key++)
		meant = suggest_nearer(word, key->name, meant);
	for (const struct policy_section *section = parser->sections;
		block->section->name == NULL && section->keys != NULL; section++)
		meant = suggest_nearer(word, section->name, meant);
	return meant;
}

static void unknown_key(struct parser *parser, struct policy_block *block)
{
	struct token name = parser->scanner.token;
	const char *where = block->section->name, *meant = meant_key(parser, block, &name);
	char ahead = mark_ahead(parser);

	if (ahead == '(') {
		COMPLAIN(parser, name.line, "there are no functions here, so %.*s() does nothing; "
			"put further files into stepup.conf.d.", TOKEN_QUOTED(name));
		while (parser->scanner.token.kind != TOKEN_END && !is_mark(parser, ')'))
			advance(parser);
		advance(parser);
		return;
	}
	if (where == NULL)
		COMPLAIN(parser, name.line, "\"%.*s\" is not a key or section; %s%s%sstepup.conf(5) "
			"lists them.",
			TOKEN_QUOTED(name), SUGGESTION(meant));
	else
		COMPLAIN(parser, name.line, "\"%.*s\" is not a key of %s %s; %s%s%sstepup.conf(5) lists "
			"them.",
			TOKEN_QUOTED(name), where, block->title, SUGGESTION(meant));
	if (ahead == '=' || ahead == '+') {
		read_entry(parser, block, NULL);
		return;
	}
	advance(parser);
	if (is_value(parser) && mark_ahead(parser) == '{')
		advance(parser);
	if (is_mark(parser, '{'))
		pass_over_block(parser);
}

/* The keys of a section, to behind its closing brace. */
static void read_block(struct parser *parser, struct policy_block *block)
{
	const char *kind = block->section->name;

	for (;;) {
		const struct policy_key *key = find_key(block->section, &parser->scanner.token);

		if (is_mark(parser, '}')) {
			advance(parser);
			return;
		}
		if (parser->scanner.token.kind == TOKEN_END) {
			COMPLAIN(parser, block->line, "%s %s is never closed; end it with }.", kind,
				block->title);
			return;
		}
		if (find_section(parser, &parser->scanner.token) != NULL && mark_ahead(parser) != '=' &&
		    mark_ahead(parser) != '+') {
			COMPLAIN(parser, parser->scanner.token.line,
				"%s %s, which begins on line %d, is not closed before this; end it with }.",
				kind, block->title, block->line);
			return;
		}
		if (key != NULL) {
			read_entry(parser, block, key);
		} else if (parser->scanner.token.kind == TOKEN_WORD) {
			unknown_key(parser, block);
		} else {
			if (parser->scanner.token.kind != TOKEN_BAD)
				COMPLAIN(parser, parser->scanner.token.line,
					"a key was expected here, not \"%.*s\".",
					TOKEN_QUOTED(parser->scanner.token));
			advance(parser);
		}
	}
}

static void check_twin(struct parser *parser, const struct policy_block *block)
{
	for (const struct policy_block *other = parser->text->blocks; other != NULL; other = other->next)
		if (other != block && other->section == block->section &&
		    strcmp(other->title, block->title) == 0) {
			COMPLAIN(parser, block->line,
				"%s %s is here a second time; the first is on line %d. Keep one of "
				"them.",
				block->section->name, block->title, other->line);
			return;
		}
}

static struct policy_block *add_block(struct parser *parser, const struct policy_section *section,
	const char *title, int line)
{
	struct policy_block *block = arena_alloc(parser->arena, 1, sizeof(*block)),
		**tail = &parser->text->blocks;

	if (block == NULL)
		return NULL;
	while (*tail != NULL)
		tail = &(*tail)->next;
	*block = (struct policy_block){.section = section, .title = title, .line = line};
	*tail = block;
	parser->block_count++;
	return block;
}

static void pass_over_nameless(struct parser *parser, const struct policy_section *section, int line)
{
	COMPLAIN(parser, line, "%s needs a name before its {: %s NAME { … }.", section->name, section->name);
	if (is_mark(parser, '{'))
		pass_over_block(parser);
}

/* Complains of the { that is missing; whether keys of the section follow all the same. */
static bool goes_on_unopened(struct parser *parser, const struct policy_section *section, const char *title,
	int line)
{
	COMPLAIN(parser, line, "after %s %s a { is missing.", section->name, title);
	return is_value(parser) && mark_ahead(parser) == '=';
}

/* KIND TITLE { … }; the current token is the kind. */
static void read_section(struct parser *parser, const struct policy_section *section)
{
	int line = parser->scanner.token.line;
	struct policy_block *block;
	char *title;

	advance(parser);
	if (!is_value(parser)) {
		pass_over_nameless(parser, section, line);
		return;
	}
	title = unescaped(parser->arena, &parser->scanner.token);
	advance(parser);
	block = title == NULL ? NULL : add_block(parser, section, title, line);
	if (block == NULL)
		return;
	check_twin(parser, block);
	if (is_mark(parser, '{'))
		advance(parser);
	else if (!goes_on_unopened(parser, section, title, line))
		return;
	read_block(parser, block);
}

/* Neither a key nor a section. */
static void pass_over_stray(struct parser *parser)
{
	const struct token *token = &parser->scanner.token;

	if (is_mark(parser, '}'))
		COMPLAIN(parser, token->line, "this } closes nothing; remove it.");
	else if (token->kind != TOKEN_BAD)
		COMPLAIN(parser, token->line, "a key or a section was expected here, not \"%.*s\".",
			TOKEN_QUOTED(*token));
	advance(parser);
}

static void text_read_file(struct parser *parser, struct policy_block *top)
{
	while (parser->scanner.token.kind != TOKEN_END && !parser->arena->failed) {
		const struct policy_section *section = find_section(parser, &parser->scanner.token);
		const struct policy_key *key = find_key(top->section, &parser->scanner.token);

		if (parser->block_count > POLICY_BLOCKS_MAX) {
			COMPLAIN(parser, parser->scanner.token.line,
				"there are more than %d sections in this file.", POLICY_BLOCKS_MAX);
			return;
		}
		if (section != NULL) {
			read_section(parser, section);
		} else if (key != NULL) {
			read_entry(parser, top, key);
		} else if (parser->scanner.token.kind == TOKEN_WORD) {
			unknown_key(parser, top);
		} else {
			pass_over_stray(parser);
		}
	}
}

enum stepup_error policy_text_scan(struct policy_text *text, const struct policy_section *sections,
	struct arena *arena, struct complaints *complaints)
{
	struct parser parser = {
		.text = text,
		.sections = sections,
		.arena = arena,
		.scanner = {.file = text->file, .bytes = text->bytes, .size = text->size,
			.complaints = complaints, .at = text->bytes, .line = 1},
	};
	struct policy_block *top;

	text->blocks = NULL;
	if (!scanner_check_bytes(&parser.scanner))
		return STEPUP_OK;
	top = add_block(&parser, sections, "", 1);
	if (top != NULL) {
		scanner_blank_comments(&parser.scanner);
		advance(&parser);
		text_read_file(&parser, top);
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
