/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys that are plugged in, and credentials by their ids. */
#include "tools/stepup-authenticator/seat_keys.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/base64url.h"

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

bool seat_key_takes(const struct seat_key *key, const struct credential_id *id)
{
	return id->size <= key->id_max;
}

static void take_info(struct seat_key *key, const fido_cbor_info_t *info)
{
	char **names = fido_cbor_info_options_name_ptr(info);
	const bool *values = fido_cbor_info_options_value_ptr(info);

	for (size_t i = 0; i < fido_cbor_info_options_len(info); i++)
		key->always_uv = key->always_uv || (strcmp(names[i], "alwaysUv") == 0 && values[i]);
	if (fido_cbor_info_maxcredcntlst(info) > 0)
		key->list_max = fido_cbor_info_maxcredcntlst(info);
	if (fido_cbor_info_maxcredidlen(info) > 0)
		key->id_max = fido_cbor_info_maxcredidlen(info);
}

/* Reads what the key says of itself. A U2F key says nothing, and takes one credential at a
 * time from libfido2. */
static void read_info(struct seat_key *key)
{
	fido_cbor_info_t *info = fido_dev_is_fido2(key->device) ? fido_cbor_info_new() : NULL;

	key->known = true;
	key->list_max = key->id_max = SIZE_MAX;
	if (info != NULL && fido_dev_get_cbor_info(key->device, info) == FIDO_OK)
		take_info(key, info);
	fido_cbor_info_free(&info);
}

/* Asks one key, without a touch, for some credentials: FIDO_OK where it holds one. An empty list would mean
 * any: it isn't asked. */
static int seat_keys_look(const struct seat_key *key, const char *rp_id, const struct credential_id *entries,
	size_t count, const char *pin)
{
	static const unsigned char nothing[CLIENT_DATA_HASH_SIZE] = {0};
	fido_assert_t *assertion = fido_assert_new();
	size_t asked = 0;
	int r = FIDO_ERR_INTERNAL;

	if (assertion == NULL)
		return FIDO_ERR_INTERNAL;
	if ((r = fido_assert_set_clientdata_hash(assertion, nothing, sizeof(nothing))) != FIDO_OK ||
		(r = fido_assert_set_rp(assertion, rp_id)) != FIDO_OK ||
		(r = fido_assert_set_up(assertion, FIDO_OPT_FALSE)) != FIDO_OK)
		goto out;
	for (size_t i = 0; i < count; i++) {
		if (!seat_key_takes(key, &entries[i]))
			continue;
		if ((r = fido_assert_allow_cred(assertion, entries[i].bytes, entries[i].size)) != FIDO_OK)
			goto out;
		asked++;
	}
	r = asked > 0 ? fido_dev_get_assert(key->device, assertion, pin) : FIDO_ERR_NO_CREDENTIALS;
	/* A U2F key knows no other way to say that it has it. */
	if (r == FIDO_ERR_USER_PRESENCE_REQUIRED)
		r = FIDO_OK;
out:
	fido_assert_free(&assertion);
	return r;
}

/* Whether an error is about the key or its PIN, so that asking for less of the list is no use: with a PIN,
 * each would cost a try. */
static bool is_final(int error)
{
	switch (error) {
	case FIDO_ERR_TX:
	case FIDO_ERR_RX:
	case FIDO_ERR_INTERNAL:
	case FIDO_ERR_PIN_INVALID:
	case FIDO_ERR_PIN_BLOCKED:
	case FIDO_ERR_PIN_AUTH_INVALID:
	case FIDO_ERR_PIN_AUTH_BLOCKED:
	case FIDO_ERR_PIN_NOT_SET:
	case FIDO_ERR_PIN_REQUIRED:
	case FIDO_ERR_PIN_POLICY_VIOLATION:
	case FIDO_ERR_PIN_TOKEN_EXPIRED:
	case FIDO_ERR_UV_BLOCKED:
	case FIDO_ERR_UV_INVALID:
	case FIDO_ERR_TIMEOUT:
	case FIDO_ERR_KEEPALIVE_CANCEL:
		return true;
	default:
		return false;
	}
}

/* Whether an error is about the one id that was asked for, which is then none of the key's: one that says
 * nothing of its limits answers so. */
static bool is_about_id(int error)
{
	return error == FIDO_ERR_LIMIT_EXCEEDED || error == FIDO_ERR_INVALID_LENGTH ||
		error == FIDO_ERR_REQUEST_TOO_LARGE || error == FIDO_ERR_INVALID_PARAMETER ||
		error == FIDO_ERR_INVALID_CREDENTIAL;
}

/* The credential on this key; a list that it finds too long, or in which it finds one, is halved until one is
 * left. */
static int look_for(struct seat_key *key, const char *rp_id, const struct credential_id *entries,
	size_t count, const char *pin)
{
	size_t half = count / 2;
	int r;

	if (count == 0)
		return FIDO_ERR_NO_CREDENTIALS;
	r = seat_keys_look(key, rp_id, entries, count, pin);
	if (r == FIDO_ERR_NO_CREDENTIALS || is_final(r))
		return r;
	if (count == 1 && r == FIDO_OK)
		key->holds = entries;
	if (count == 1)
		return is_about_id(r) ? FIDO_ERR_NO_CREDENTIALS : r;
	r = look_for(key, rp_id, entries, half, pin);
	if (r == FIDO_ERR_NO_CREDENTIALS)
		r = look_for(key, rp_id, entries + half, count - half, pin);
	return r;
}

/* The whole list, in parts that the key takes. */
static int look_through(struct seat_key *key, const char *rp_id, const struct credential_list *list,
	const char *pin)
{
	int r = FIDO_ERR_NO_CREDENTIALS;
	size_t part;

	for (size_t i = 0; i < list->count && r == FIDO_ERR_NO_CREDENTIALS; i += part) {
		part = list->count - i < key->list_max ? list->count - i : key->list_max;
		r = look_for(key, rp_id, list->entries + i, part, pin);
	}
	return r;
}

void seat_key_look(struct seat_key *key, const char *rp_id, const struct credential_list *list)
{
	if (!key->known)
		read_info(key);
	key->holds = NULL;
	key->look_error = look_through(key, rp_id, list, NULL);
}

/* Whether any id of the list is one that the key is asked for. */
static bool asks_anything(const struct seat_key *key, const struct credential_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (seat_key_takes(key, &list->entries[i]))
			return true;
	return false;
}

int seat_key_check_pin(struct seat_key *key, const char *rp_id, const struct credential_list *list,
	const char *pin)
{
	/* Where there is nothing to look for, it is asked for one that nobody has. */
	static const struct credential_id nobodys = {.size = 32};
	const struct credential_list none = {
		.entries = (struct credential_id *)(uintptr_t)&nobodys, .count = 1},
				     held = {.entries = (struct credential_id *)(uintptr_t)key->holds,
					     .count = 1};
	int r;

	if (!key->known)
		read_info(key);
	r = look_through(key, rp_id, key->holds != NULL ? &held : list->count > 0 ? list : &none, pin);
	if (key->holds == NULL && r == FIDO_ERR_NO_CREDENTIALS && !asks_anything(key, list))
		r = look_through(key, rp_id, &none, pin);
	return r == FIDO_ERR_NO_CREDENTIALS ? FIDO_OK : r;
}

bool seat_key_may_hide_one(const struct seat_key *key)
{
	return key->holds == NULL && key->look_error == FIDO_ERR_NO_CREDENTIALS &&
		fido_dev_has_pin(key->device);
}

enum authenticator_code seat_keys_none_holds(const struct seat_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		if (keys->keys[i].look_error == FIDO_ERR_NO_CREDENTIALS)
			return AUTHENTICATOR_WRONG_KEY;
	return seat_code(keys->keys[0].look_error);
}

/* Keeps those of which it is true. */
static void keep(struct seat_keys *keys, bool (*wanted)(const struct seat_key *key))
{
	size_t kept = 0;

	for (size_t i = 0; i < keys->count; i++) {
		if (wanted(&keys->keys[i]))
			keys->keys[kept++] = keys->keys[i];
		else
			close_device(&keys->keys[i].device);
	}
	keys->count = kept;
}

static bool holds_one(const struct seat_key *key)
{
	return key->holds != NULL;
}

static bool holds_none(const struct seat_key *key)
{
	return key->holds == NULL;
}

void seat_keys_keep(struct seat_keys *keys, bool holding)
{
	keep(keys, holding ? holds_one : holds_none);
}

void seat_keys_keep_hiding(struct seat_keys *keys)
{
	keep(keys, seat_key_may_hide_one);
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
