/* SPDX-License-Identifier: BSD-2-Clause */
/* Details of an action from a command line; see details.h. */
#include "tools/stepup/calls/details.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "lib/wire/action.h"
#include "tools/stepup/shell/output.h"

/* A whole number of 0 … 2^53-1 in digits alone, without leading zero; NULL for anything else. */
static json_t *number_from(const char *value)
{
	size_t length = strlen(value);
	long long number;

	if (length == 0 || length > 16 || strspn(value, "0123456789") != length ||
	    (value[0] == '0' && length > 1))
		return NULL;
	number = strtoll(value, NULL, 10);
	return number <= DETAIL_NUMBER_MAX ? json_integer(number) : NULL;
}

/* A JSON string; NULL after a complaint. */
static json_t *quoted_from(const char *argument, const char *value)
{
	json_t *parsed = json_loads(value, JSON_DECODE_ANY, NULL);

	if (json_is_string(parsed))
		return parsed;
	complain("%s: a value that begins with a quote must be a JSON string.", argument);
	json_decref(parsed);
	return NULL;
}

/* The value behind `NAME=` or `NAME:=`; NULL after a complaint. */
static json_t *value_from(const char *argument, const char *value, bool only_number)
{
	json_t *parsed;

	if (!only_number && value[0] == '"')
		return quoted_from(argument, value);
	parsed = number_from(value);
	if (only_number && parsed == NULL)
		complain("%s: write a whole number of at most 9007199254740991 behind the :=.", argument);
	if (only_number)
		return parsed;
	if (parsed == NULL)
		parsed = json_string(value);
	if (parsed == NULL)
		complain("a detail's value is not UTF-8.");
	return parsed;
}

/* Splits NAME=VALUE; false after a complaint. */
static bool split(const char *argument, char name[DETAIL_NAME_SIZE], const char **value, bool *only_number)
{
	const char *equals = strchr(argument, '=');
	size_t length;

	if (equals == NULL) {
		complain("%s: write details as NAME=VALUE.", argument);
		return false;
	}
	*only_number = equals > argument && equals[-1] == ':';
	length = (size_t)(equals - argument) - (*only_number ? 1 : 0);
	*value = equals + 1;
	if (length >= DETAIL_NAME_SIZE)
		length = DETAIL_NAME_SIZE - 1;
	memcpy(name, argument, length);
	name[length] = '\0';
	if (!detail_name_is_valid(name)) {
		complain("%s: the name of a detail has only a-z, 0-9 and _.", argument);
		return false;
	}
	return true;
}

enum exit_status details_parse(const char *const *arguments, size_t count, json_t **details)
{
	char name[DETAIL_NAME_SIZE];
	bool only_number = false;
	const char *value = NULL;
	json_t *parsed;

	*details = json_object();
	for (size_t i = 0; i < count; i++) {
		if (!split(arguments[i], name, &value, &only_number))
			goto out;
		if (json_object_get(*details, name) != NULL) {
			complain("the detail %s is given twice.", name);
			goto out;
		}
		parsed = value_from(arguments[i], value, only_number);
		if (parsed == NULL || json_object_set_new(*details, name, parsed) != 0)
			goto out;
	}
	return EXIT_DONE;
out:
	json_decref(*details);
	*details = NULL;
	return EXIT_USAGE;
}

bool details_make_text(json_t *details, const char *const *arguments, size_t count, const char *name)
{
	char own[DETAIL_NAME_SIZE];
	bool only_number = false;
	const char *value = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!split(arguments[i], own, &value, &only_number) || strcmp(own, name) != 0)
			continue;
		return !only_number && json_is_integer(json_object_get(details, name)) &&
			json_object_set_new(details, name, json_string(value)) == 0;
	}
	return false;
}
