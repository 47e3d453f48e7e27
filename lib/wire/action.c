/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Actions: checked once against a rule's declaration, typed from then on.
 * MUST: take no detail that isn't declared, miss none that is, convert none (the text "5" is
 * not the number 5).
 */
#include "lib/wire/action.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "lib/wire/canonical_json.h"

static bool is_lower(char character)
{
	return character >= 'a' && character <= 'z';
}

static bool is_digit(char character)
{
	return character >= '0' && character <= '9';
}

bool action_name_is_valid(const char *name)
{
	bool at_start = true;
	size_t length = 0;

	if (name == NULL)
		return false;
	for (; name[length] != '\0'; length++) {
		char character = name[length];

		if (length >= ACTION_NAME_SIZE - 1)
			return false;
		if (at_start ? !is_lower(character) : !is_lower(character) && !is_digit(character) &&
		    character != '_' && character != '-' && character != '.')
			return false;
		at_start = character == '.';
	}
	return !at_start;
}

bool detail_name_is_valid(const char *name)
{
	size_t length = 0;

	if (name == NULL || !is_lower(name[0]))
		return false;
	for (; name[length] != '\0'; length++) {
		if (length >= DETAIL_NAME_SIZE - 1)
			return false;
		if (!is_lower(name[length]) && !is_digit(name[length]) && name[length] != '_')
			return false;
	}
	return true;
}

static void name_bad_detail(char bad_detail[DETAIL_NAME_SIZE], const char *name)
{
	size_t length = strnlen(name, DETAIL_NAME_SIZE - 1);

	while (length > 0 && !utf8_is_valid(name, length)) /* cut at a whole character */
		length--;
	memcpy(bad_detail, name, length);
	bad_detail[length] = '\0';
}

static const struct detail_spec *find_spec(const struct detail_spec *specs, size_t spec_count,
	const char *name)
{
	for (size_t i = 0; i < spec_count; i++) {
		if (strcmp(specs[i].name, name) == 0)
			return &specs[i];
	}
	return NULL;
}

/* Every given detail must be declared. */
static enum stepup_error check_unknown(const json_t *details, const struct detail_spec *specs,
	size_t spec_count, char bad_detail[DETAIL_NAME_SIZE])
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)details, name, value) {
		if (find_spec(specs, spec_count, name) == NULL) {
			name_bad_detail(bad_detail, name);
			return STEPUP_BAD_DETAILS;
		}
	}
	return STEPUP_OK;
}

/* --- types --- */

static enum stepup_error action_text_parse(const json_t *value, struct detail *detail)
{
	const char *bytes = json_string_value(value);
	size_t length = json_string_length(value);

	if (bytes == NULL || length > DETAIL_TEXT_MAX || !utf8_is_valid(bytes, length))
		return STEPUP_BAD_DETAILS;
	detail->text = strdup(bytes);
	return detail->text != NULL ? STEPUP_OK : STEPUP_NO_MEMORY;
}

static enum detail_fault text_fault(const json_t *value)
{
	return json_string_length(value) > DETAIL_TEXT_MAX ? DETAIL_TOO_LONG : DETAIL_NO_TEXT;
}

static json_t *text_to_json(const struct detail *detail)
{
	return json_string(detail->text);
}

static bool text_covers(const struct detail *had, const struct detail *wants)
{
	return strcmp(wants->text, had->text) == 0;
}

static const char *text_show(const struct detail *detail, char room[DETAIL_SHOWN_SIZE])
{
	(void)room;
	return detail->text;
}

static enum stepup_error number_parse(const json_t *value, struct detail *detail)
{
	json_int_t integer = json_integer_value(value);

	if (!json_is_integer(value) || integer < 0 || integer > DETAIL_NUMBER_MAX)
		return STEPUP_BAD_DETAILS;
	detail->number = integer;
	return STEPUP_OK;
}

static enum detail_fault number_fault(const json_t *value)
{
	return json_is_integer(value) ? DETAIL_OUT_OF_RANGE : DETAIL_NO_NUMBER;
}

static json_t *number_to_json(const struct detail *detail)
{
	return json_integer(detail->number);
}

static bool number_covers(const struct detail *had, const struct detail *wants)
{
	return wants->number <= had->number;
}

static const char *number_show(const struct detail *detail, char room[DETAIL_SHOWN_SIZE])
{
	(void)snprintf(room, DETAIL_SHOWN_SIZE, "%" PRId64, detail->number);
	return room;
}

/* In the order of enum detail_type. */
static const struct detail_kind kinds[] = {
	{"text", action_text_parse, text_fault, text_to_json, text_covers, text_show, false, true},
	{"number", number_parse, number_fault, number_to_json, number_covers, number_show, true, false},
};
_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == DETAIL_TYPE_COUNT, "each type of detail has a row");

const struct detail_kind *detail_kind(enum detail_type type)
{
	return &kinds[type];
}

bool detail_type_named(const char *name, enum detail_type *type)
{
	for (size_t i = 0; i < DETAIL_TYPE_COUNT; i++) {
		if (strcmp(kinds[i].name, name) != 0)
			continue;
		*type = (enum detail_type)i;
		return true;
	}
	return false;
}

enum stepup_error detail_type_of(const json_t *value, enum detail_type *type)
{
	size_t taken = 0;

	for (size_t i = 0; i < DETAIL_TYPE_COUNT; i++) {
		struct detail detail = {.text = NULL};
		enum stepup_error error = kinds[i].parse(value, &detail);

		free(detail.text);
		if (error == STEPUP_NO_MEMORY)
			return error;
		if (error != STEPUP_OK)
			continue;
		*type = (enum detail_type)i;
		taken++;
	}
	return taken == 1 ? STEPUP_OK : STEPUP_BAD_DETAILS;
}

/* --- parsing --- */

static enum stepup_error parse_detail(const json_t *details, const struct detail_spec *spec,
	struct detail *detail)
{
	memcpy(detail->name, spec->name, sizeof(detail->name));
	detail->type = spec->type;
	return detail_kind(spec->type)->parse(json_object_get(details, spec->name), detail);
}

static int compare_details(const void *left, const void *right)
{
	return strcmp(((const struct detail *)left)->name, ((const struct detail *)right)->name);
}

/* What a rule declares: at most 16 details, valid names, none twice. */
static bool specs_are_valid(const struct detail_spec *specs, size_t spec_count)
{
	if (spec_count > DETAIL_COUNT_MAX)
		return false;
	for (size_t i = 0; i < spec_count; i++) {
		if (!detail_name_is_valid(specs[i].name) || find_spec(specs, i, specs[i].name) != NULL)
			return false;
	}
	return true;
}

enum stepup_error action_parse(const char *name, const json_t *details, const struct detail_spec *specs,
	size_t spec_count, struct action **action, char bad_detail[DETAIL_NAME_SIZE])
{
	struct action *parsed = NULL;
	enum stepup_error error;

	bad_detail[0] = '\0';
	if (!action_name_is_valid(name) || !specs_are_valid(specs, spec_count) ||
		(details != NULL && !json_is_object(details)))
		return STEPUP_INVALID;
	error = check_unknown(details, specs, spec_count, bad_detail);
	if (error != STEPUP_OK)
		return error;
	parsed = calloc(1, sizeof(*parsed));
	if (parsed == NULL)
		return STEPUP_NO_MEMORY;
	memcpy(parsed->name, name, strlen(name) + 1);
	for (size_t i = 0; error == STEPUP_OK && i < spec_count; i++) {
		parsed->detail_count = i + 1;
		error = parse_detail(details, &specs[i], &parsed->details[i]);
		if (error == STEPUP_BAD_DETAILS)
			name_bad_detail(bad_detail, specs[i].name);
	}
	if (error != STEPUP_OK) {
		action_free(&parsed);
		return error;
	}
	qsort(parsed->details, parsed->detail_count, sizeof(parsed->details[0]), compare_details);
	*action = parsed;
	return STEPUP_OK;
}

enum detail_fault action_detail_fault(
	const json_t *details, const struct detail_spec *specs, size_t spec_count, const char *bad_detail)
{
	const struct detail_spec *spec = find_spec(specs, spec_count, bad_detail);
	const json_t *value;

	if (bad_detail[0] == '\0')
		return DETAIL_FAULT_NOT_KNOWN;
	if (spec == NULL)
		return DETAIL_UNKNOWN;
	value = json_object_get(details, bad_detail);
	if (value == NULL)
		return DETAIL_MISSING;
	return detail_kind(spec->type)->fault(value);
}

void action_free(struct action **action)
{
	if (action == NULL || *action == NULL)
		return;
	for (size_t i = 0; i < (*action)->detail_count; i++)
		free((*action)->details[i].text);
	free(*action);
	*action = NULL;
}

const struct detail *action_detail(const struct action *action, const char *name)
{
	for (size_t i = 0; i < action->detail_count; i++) {
		if (strcmp(action->details[i].name, name) == 0)
			return &action->details[i];
	}
	return NULL;
}

json_t *action_details_to_json(const struct action *action)
{
	json_t *object = json_object();

	if (object == NULL)
		return NULL;
	for (size_t i = 0; i < action->detail_count; i++) {
		const struct detail *detail = &action->details[i];
		json_t *value = detail_kind(detail->type)->to_json(detail);

		if (json_object_set_new(object, detail->name, value) != 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

json_t *action_to_json(const struct action *action)
{
	return json_pack("{s:s, s:o}", "action", action->name, "details", action_details_to_json(action));
}

enum stepup_error action_canonical(const struct action *action, char **text, size_t *size)
{
	json_t *object = action_to_json(action);
	enum stepup_error error;

	if (object == NULL)
		return STEPUP_NO_MEMORY;
	error = json_canonical(object, text, size);
	json_decref(object);
	return error;
}
