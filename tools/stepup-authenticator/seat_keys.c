/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys that are plugged in, and credentials by their ids. */
#include "tools/stepup-authenticator/seat_keys.h"

#include <stdlib.h>

#include "lib/base64url.h"

#define CLIENT_DATA_HASH_SIZE 32

enum authenticator_code credential_list_read(const json_t *ids, struct credential_list *list)
{
	size_t count = json_array_size(ids);

	*list = (struct credential_list){.count = 0};
	if (count > CREDENTIALS_MAX)
		return AUTHENTICATOR_BROKEN;
	list->entries = calloc(count > 0 ? count : 1, sizeof(*list->entries));
	if (list->entries == NULL)
		return AUTHENTICATOR_BROKEN;
	for (size_t i = 0; i < count; i++) {
		const json_t *entry = json_array_get(ids, i);
		struct credential_id *id = &list->entries[i];

		id->text = json_string_value(json_is_object(entry) ? json_object_get(entry, "id") : entry);
		if (id->text == NULL ||
			base64url_decode(id->text, id->bytes, sizeof(id->bytes), &id->size) != STEPUP_OK ||
			id->size == 0)
			return AUTHENTICATOR_BROKEN;
		list->count++;
	}
	return AUTHENTICATOR_DONE;
}

void credential_list_clear(struct credential_list *list)
{
	free(list->entries);
	*list = (struct credential_list){.count = 0};
}

static void close_device(fido_dev_t **device)
{
	if (*device != NULL)
		(void)fido_dev_close(*device);
	fido_dev_free(device);
}

void seat_keys_close(struct seat_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		close_device(&keys->keys[i].device);
	keys->count = 0;
}

/* Asks one key, without a touch, for some credentials: FIDO_OK where it holds one. */
static int look(fido_dev_t *device, const char *rp_id, const struct credential_id *entries, size_t count,
	const char *pin)
{
	static const unsigned char nothing[CLIENT_DATA_HASH_SIZE] = {0};
	fido_assert_t *assertion = fido_assert_new();
	int r = FIDO_ERR_INTERNAL;

	if (assertion == NULL)
		return FIDO_ERR_INTERNAL;
	if ((r = fido_assert_set_clientdata_hash(assertion, nothing, sizeof(nothing))) != FIDO_OK ||
		(r = fido_assert_set_rp(assertion, rp_id)) != FIDO_OK ||
		(r = fido_assert_set_up(assertion, FIDO_OPT_FALSE)) != FIDO_OK)
		goto out;
	for (size_t i = 0; i < count; i++)
		if ((r = fido_assert_allow_cred(assertion, entries[i].bytes, entries[i].size)) != FIDO_OK)
			goto out;
	r = fido_dev_get_assert(device, assertion, pin);
	/* A U2F key knows no other way to say that it has it. */
	if (r == FIDO_ERR_USER_PRESENCE_REQUIRED)
		r = FIDO_OK;
out:
	fido_assert_free(&assertion);
	return r;
}

int seat_key_check_pin(struct seat_key *key, const char *rp_id, const char *pin)
{
	/* A key that makes a new credential holds none that we know: it is asked for one that nobody has. */
	static const struct credential_id nobodys = {.size = 32};
	int r = look(key->device, rp_id, key->holds != NULL ? key->holds : &nobodys, 1, pin);

	return r == FIDO_ERR_NO_CREDENTIALS ? FIDO_OK : r;
}

/* The credential on this key; a list that it finds too long, or in which it finds one, is halved until one is
 * left. */
static int look_for(
	struct seat_key *key, const char *rp_id, const struct credential_id *entries, size_t count)
{
	size_t half = count / 2;
	int r;

	if (count == 0)
		return FIDO_ERR_NO_CREDENTIALS;
	r = look(key->device, rp_id, entries, count, NULL);
	if (count == 1) {
		if (r == FIDO_OK)
			key->holds = entries;
		return r;
	}
	if (r == FIDO_ERR_NO_CREDENTIALS || r == FIDO_ERR_TX || r == FIDO_ERR_RX)
		return r;
	r = look_for(key, rp_id, entries, half);
	if (r == FIDO_ERR_NO_CREDENTIALS)
		r = look_for(key, rp_id, entries + half, count - half);
	return r;
}

void seat_key_look(struct seat_key *key, const char *rp_id, const struct credential_list *list)
{
	key->look_error = look_for(key, rp_id, list->entries, list->count);
}

enum authenticator_code seat_keys_none_holds(const struct seat_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		if (keys->keys[i].look_error == FIDO_ERR_NO_CREDENTIALS)
			return AUTHENTICATOR_WRONG_KEY;
	return seat_code(keys->keys[0].look_error);
}

void seat_keys_keep(struct seat_keys *keys, bool holding)
{
	size_t kept = 0;

	for (size_t i = 0; i < keys->count; i++) {
		if ((keys->keys[i].holds != NULL) == holding)
			keys->keys[kept++] = keys->keys[i];
		else
			close_device(&keys->keys[i].device);
	}
	keys->count = kept;
}

enum authenticator_code seat_code(int fido_error)
{
	switch (fido_error) {
	case FIDO_OK:
		return AUTHENTICATOR_DONE;
	case FIDO_ERR_NO_CREDENTIALS:
	case FIDO_ERR_INVALID_CREDENTIAL:
		return AUTHENTICATOR_WRONG_KEY;
	case FIDO_ERR_CREDENTIAL_EXCLUDED:
		return AUTHENTICATOR_ENROLLED_ALREADY;
	case FIDO_ERR_PIN_INVALID:
	case FIDO_ERR_PIN_AUTH_INVALID:
		return AUTHENTICATOR_PIN_WRONG;
	case FIDO_ERR_PIN_BLOCKED:
		return AUTHENTICATOR_PIN_BLOCKED;
	case FIDO_ERR_PIN_AUTH_BLOCKED:
		return AUTHENTICATOR_PIN_LOCKED_UNTIL_REPLUG;
	case FIDO_ERR_PIN_NOT_SET:
	case FIDO_ERR_PIN_REQUIRED:
		return AUTHENTICATOR_NO_PIN_SET;
	case FIDO_ERR_TX:
	case FIDO_ERR_RX:
		return AUTHENTICATOR_UNPLUGGED;
	case FIDO_ERR_TIMEOUT:
	case FIDO_ERR_USER_ACTION_TIMEOUT:
	case FIDO_ERR_ACTION_TIMEOUT:
		return AUTHENTICATOR_TIMED_OUT;
	case FIDO_ERR_KEEPALIVE_CANCEL:
	case FIDO_ERR_OPERATION_DENIED:
		return AUTHENTICATOR_GIVEN_UP;
	case FIDO_ERR_UNSUPPORTED_ALGORITHM:
	case FIDO_ERR_UNSUPPORTED_OPTION:
	case FIDO_ERR_INVALID_OPTION:
	case FIDO_ERR_KEY_STORE_FULL:
	case FIDO_ERR_UV_BLOCKED:
	case FIDO_ERR_UV_INVALID:
		return AUTHENTICATOR_UNSUPPORTED;
	default:
		return AUTHENTICATOR_BROKEN;
	}
}
