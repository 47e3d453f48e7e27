/* SPDX-License-Identifier: BSD-2-Clause */
/* What the software authenticator remembers over a power cycle. */
#include "tests/softkey/state.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/wire/base64url.h"

#define PIN_RETRIES 8

static json_t *state_new(void)
{
	return json_pack("{s:i, s:i, s:[]}", "counter", 0, "retries", PIN_RETRIES, "credentials");
}

bool state_open(struct state *state)
{
	off_t size;

	state->fd = open(state->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (state->fd < 0 || flock(state->fd, LOCK_EX) != 0)
		return false;
	size = lseek(state->fd, 0, SEEK_END);
	if (size < 0 || lseek(state->fd, 0, SEEK_SET) != 0)
		return false;
	state->root = size == 0 ? state_new() : json_loadfd(state->fd, 0, NULL);
	return json_is_object(state->root);
}

bool state_save(struct state *state)
{
	return lseek(state->fd, 0, SEEK_SET) == 0 && ftruncate(state->fd, 0) == 0 &&
	       json_dumpfd(state->root, state->fd, JSON_INDENT(1)) == 0;
}

void state_close(struct state *state)
{
	if (state->fd >= 0)
		close(state->fd);
	state->fd = -1;
	json_decref(state->root);
	state->root = NULL;
}

bool state_bytes(const json_t *object, const char *name, void *bytes, size_t capacity, size_t *size)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL && base64url_decode(text, bytes, capacity, size) == STEPUP_OK;
}

void state_set_bytes(json_t *object, const char *name, const void *bytes, size_t size)
{
	char *text = base64url_encode_new(bytes, size);

	json_object_set_new(object, name, json_string(text));
	free(text);
}

json_t *state_credentials(const struct state *state)
{
	return json_object_get(state->root, "credentials");
}

json_t *state_find(const struct state *state, const void *id, size_t size, const char *rp)
{
	char *text = base64url_encode_new(id, size);
	json_t *credential, *found = NULL;
	size_t i;

	json_array_foreach (state_credentials(state), i, credential) {
		if (strcmp(json_string_value(json_object_get(credential, "id")), text) == 0 &&
			strcmp(json_string_value(json_object_get(credential, "rp")), rp) == 0)
			found = credential;
	}
	free(text);
	return found;
}

unsigned state_count(struct state *state)
{
	json_int_t counter = json_integer_value(json_object_get(state->root, "counter")) + 1;

	json_object_set_new(state->root, "counter", json_integer(counter));
	return (unsigned)counter;
}
