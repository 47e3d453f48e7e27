/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Actions: {"action":NAME,"details":{…}} with a declaration made to fit. What is parsed has one canonical
 * form: parsing that again gives the same bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/action.h"
#include "lib/wire/canonical_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Declares what is there; values of other types are declared as texts, which must then be refused. */
static size_t declare(const json_t *details, struct detail_spec specs[DETAIL_COUNT_MAX])
{
	size_t count = 0;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)details, name, value) {
		if (count == DETAIL_COUNT_MAX || strlen(name) >= DETAIL_NAME_SIZE)
			break;
		memset(&specs[count], 0, sizeof(specs[count]));
		memcpy(specs[count].name, name, strlen(name));
		specs[count++].type = json_is_integer(value) ? DETAIL_NUMBER : DETAIL_TEXT;
	}
	return count;
}

static enum stepup_error canonicalise(const char *text, size_t size, const struct detail_spec *specs,
	size_t spec_count, char **canonical, size_t *canonical_size)
{
	char bad_detail[DETAIL_NAME_SIZE];
	struct action *action = NULL;
	json_t *object = NULL;
	enum stepup_error error = json_parse_object(text, size, &object);

	if (error != STEPUP_OK)
		return error;
	error = action_parse(json_string_value(json_object_get(object, "action")),
		json_object_get(object, "details"), specs, spec_count, &action, bad_detail);
	if (error == STEPUP_OK)
		error = action_canonical(action, canonical, canonical_size);
	action_free(&action);
	json_decref(object);
	return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct detail_spec specs[DETAIL_COUNT_MAX];
	char *first = NULL, *second = NULL;
	size_t first_size, second_size, count;
	json_t *object = NULL;

	if (json_parse_object((const char *)data, size, &object) != STEPUP_OK)
		return 0;
	count = declare(json_object_get(object, "details"), specs);
	json_decref(object);
	if (canonicalise((const char *)data, size, specs, count, &first, &first_size) != STEPUP_OK)
		return 0;
	if (canonicalise(first, first_size, specs, count, &second, &second_size) != STEPUP_OK)
		abort();
	if (first_size != second_size || memcmp(first, second, first_size) != 0)
		abort();
	free(first);
	free(second);
	return 0;
}
