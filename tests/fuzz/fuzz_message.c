/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands behind a door: bytes as they come, framed, parsed, held against every method's table. The first
 * byte says how the rest is cut into pieces.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "lib/base/wipe.h"
#include "lib/wire/canonical_json.h"
#include "lib/wire/frame.h"
#include "lib/wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_all(const struct interface *interface, const json_t *object)
{
	char bad_field[FIELD_NAME_SIZE];

	for (const struct method *method = interface->methods; method->name != NULL; method++) {
		for (int i = 0; i < 2; i++) {
			memset(bad_field, 'x', sizeof(bad_field));
			if (message_check(i == 0 ? method->in : method->out, object, bad_field) == STEPUP_OK)
				continue;
			if (memchr(bad_field, '\0', sizeof(bad_field)) == NULL ||
			    !utf8_is_valid(bad_field, strlen(bad_field)))
				abort();
		}
	}
}

static void take_message(const char *message, size_t size)
{
	json_t *object = NULL;
	char *canonical = NULL;
	size_t canonical_size;

	if (json_parse_object(message, size, &object) != STEPUP_OK)
		return;
	check_all(&interface_verify, object);
	check_all(&interface_admin, object);
	check_all(&interface_redeem, object);
	check_all(&interface_hooks, object);
	if (json_canonical(object, &canonical, &canonical_size) == STEPUP_OK &&
	    strlen(canonical) != canonical_size)
		abort();
	free(canonical);
	json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_reader reader;
	size_t piece = size > 0 ? data[0] + 1u : 1, total = 0;

	frame_reader_init(&reader, 4096);
	for (size_t at = 1; at < size; at += piece) {
		size_t left = size - at < piece ? size - at : piece;
		char *message = NULL;
		size_t length;

		if (frame_reader_feed(&reader, (const char *)data + at, left) != STEPUP_OK)
			break;
		while (frame_reader_next(&reader, &message, &length) == STEPUP_OK) {
			if (strlen(message) != length || length >= 4096)
				abort();
			total += length + 1;
			take_message(message, length);
			wipe_free_string(&message);
		}
	}
	if (total > size)
		abort();
	frame_reader_clear(&reader);
	return 0;
}
