/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What people read before they agree.
 * MUST: show every detail whole, and no number so far from the end that a long value can push it out of
 * sight; let no value pass for the prompt's own words: a text that is more than one plain word stands in
 * quotation marks, and none of its characters can end them; numbers stand in plain digits.
 */
#include "verifier/rules/policy/policy_prompt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "verifier/rules/policy/policy.h"

#define LONG_VALUE_SIZE 160 /* bytes: two lines of a terminal */

bool prompt_next(const char **rest, struct prompt_piece *piece, bool *broken)
{
	const char *at = *rest;

	*broken = false;
	if (*at == '\0')
		return false;
	*piece = (struct prompt_piece){.text = at};
	if ((at[0] == '{' || at[0] == '}') && at[1] == at[0]) {
		piece->length = 1;
		*rest = at + 2;
	} else if (*at == '{') {
		piece->text = at + 1;
		piece->length = strcspn(at + 1, "{}");
		piece->placeholder = true;
		*broken = piece->text[piece->length] != '}';
		*rest = piece->text + piece->length + 1;
	} else {
		piece->length = strcspn(at, "{}");
		*broken = piece->length == 0;
		*rest = at + piece->length;
	}
	return !*broken;
}

bool prompt_names(const struct prompt_piece *piece, const char *name)
{
	return piece->placeholder && strlen(name) == piece->length &&
		memcmp(piece->text, name, piece->length) == 0;
}

bool prompt_is_own(const char *name)
{
	static const char *const own[] = {"user", "host", "service", "rhost", "action"};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strcmp(own[i], name) == 0)
			return true;
	return false;
}

/* A single word that can't be read as anything but a value: Latin letters, digits, and what
 * addresses and names hold. */
static bool is_plain_word(const char *text)
{
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++)
		if (!((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
			    (*text >= '0' && *text <= '9') || strchr("_-.,@+:/*", *text) != NULL))
			return false;
	return true;
}

/* Writes a value: a plain word as it is, anything else made safe and put in quotation marks
 * that it can't end. */
static void prompt_put_text(FILE *out, const char *text, bool *failed)
{
	char *safe;

	if (is_plain_word(text)) {
		fputs(text, out);
		return;
	}
	safe = display_value(text, strlen(text));
	if (safe == NULL) {
		*failed = true;
		return;
	}
	fputc('"', out);
	for (const char *at = safe; *at != '\0'; at++) {
		if (*at == '"')
			fputs("\\u{0022}", out);
		else
			fputc(*at, out);
	}
	fputc('"', out);
	free(safe);
}

/* What the verb stepup.remove calls the credential. */
static const char *prompt_label_of(const struct action *action, const struct prompt_facts *facts)
{
	const struct detail *id = action_detail(action, "credential");

	return facts->label != NULL || id == NULL ? facts->label : id->text;
}

static void put_placeholder(FILE *out, const struct prompt_piece *piece, const struct action *action,
	const struct prompt_facts *facts, bool *failed)
{
	const struct {
		const char *name, *value;
	} own[] = {{"user", facts->user}, {"host", facts->host}, {"service", facts->service},
		{"rhost", facts->rhost}, {"action", action->name},
		{"label", prompt_label_of(action, facts)}};
	char room[DETAIL_SHOWN_SIZE];

	for (size_t i = 0; i < action->detail_count; i++) {
		const struct detail *detail = &action->details[i];

		if (!prompt_names(piece, detail->name))
			continue;
		prompt_put_text(out, detail_kind(detail->type)->show(detail, room), failed);
		return;
	}
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (prompt_names(piece, own[i].name)) {
			prompt_put_text(out, own[i].value == NULL ? "unknown" : own[i].value, failed);
			return;
		}
	*failed = true; /* the policy lets no such prompt in */
}

/* Whether a value is so long that what stands before it may have scrolled away where people answer. */
static bool has_long_value(const struct action *action)
{
	char room[DETAIL_SHOWN_SIZE];

	for (size_t i = 0; i < action->detail_count; i++)
		if (strlen(detail_kind(action->details[i].type)->show(&action->details[i],
				    room)) > LONG_VALUE_SIZE)
			return true;
	return false;
}

/* " (records: 340)": once more, at the end. */
static void put_numbers(FILE *out, const struct action *action)
{
	const char *before = " (";
	char room[DETAIL_SHOWN_SIZE];

	for (size_t i = 0; i < action->detail_count; i++) {
		const struct detail *detail = &action->details[i];
		const struct detail_kind *kind = detail_kind(detail->type);

		if (!kind->may_sum)
			continue;
		fprintf(out, "%s%s: %s", before, detail->name, kind->show(detail, room));
		before = ", ";
	}
	if (before[0] == ',')
		fputc(')', out);
}

char *policy_prompt(const struct rule *rule, const struct action *action, const struct prompt_facts *facts)
{
	const struct own_action *own = policy_own_action(action->name);
	const char *rest = own != NULL ? own->prompt : rule->prompt;
	struct prompt_piece piece;
	bool failed = rest == NULL, broken = false;
	char *prompt = NULL;
	size_t size = 0;
	FILE *out = failed ? NULL : open_memstream(&prompt, &size);

	if (out == NULL)
		return NULL;
	while (prompt_next(&rest, &piece, &broken)) {
		if (piece.placeholder)
			put_placeholder(out, &piece, action, facts, &failed);
		else
			fwrite(piece.text, 1, piece.length, out);
	}
	if (has_long_value(action))
		put_numbers(out, action);
	if (fclose(out) != 0 || failed || broken) {
		free(prompt);
		prompt = NULL;
	}
	return prompt;
}
