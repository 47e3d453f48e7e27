/* SPDX-License-Identifier: BSD-2-Clause */
/* Wiping of secrets that stand in JSON values. A value that somebody else still holds is let go and left as
 * it is. */
#include "lib/base/json_wipe.h"

#include <stdint.h>
#include <stdlib.h>

#include "lib/base/wipe.h"

/* Refused text is nested by whoever sent it; jansson's own parser stops at 2048. */
#define DEPTH_MAX 2048

static void wipe_texts(json_t *value, int depth)
{
	json_t *element;
	const char *name;
	size_t i;

	if (value == NULL || value->refcount != 1 || depth > DEPTH_MAX)
		return;
	if (json_is_string(value)) {
		/* jansson gives its texts out as const; this one is ours alone and about to go. */
		wipe_memory((void *)(uintptr_t)json_string_value(value), json_string_length(value));
	} else if (json_is_object(value)) {
		json_object_foreach (value, name, element)
			wipe_texts(element, depth + 1);
	} else if (json_is_array(value)) {
		json_array_foreach (value, i, element)
			wipe_texts(element, depth + 1);
	}
}

void json_wipe_free(json_t **value)
{
	wipe_texts(*value, 0);
	json_decref(*value);
	*value = NULL;
}

enum stepup_error json_wipe_dump(const json_t *value, size_t limit, char **text, size_t *size)
{
	size_t length = json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
	char *bytes;

	if (length == 0)
		return STEPUP_NO_MEMORY;
	if (length + 1 > limit)
		return STEPUP_TOO_LONG;
	bytes = malloc(length + 1);
	if (bytes == NULL)
		return STEPUP_NO_MEMORY;
	if (json_dumpb(value, bytes, length, JSON_COMPACT | JSON_ENCODE_ANY) != length) {
		wipe_memory(bytes, length);
		free(bytes);
		return STEPUP_NO_MEMORY;
	}
	bytes[length] = '\0';
	*text = bytes;
	*size = length + 1;
	return STEPUP_OK;
}
