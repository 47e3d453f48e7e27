/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys that are plugged in, opened, and credentials by their ids.
 * Layer: tools/stepup-authenticator/, libfido2.
 */
#ifndef STEPUP_TOOLS_STEPUP_AUTHENTICATOR_SEAT_KEYS_H
#define STEPUP_TOOLS_STEPUP_AUTHENTICATOR_SEAT_KEYS_H

#include <fido.h>
#include <jansson.h>

#include "lib/client/authenticator.h"
#include "lib/wire/shared_limits.h"

#define SEAT_KEYS_MAX 8
#define CREDENTIAL_ID_MAX 1023 /* bytes */

/* One credential of the request. */
struct credential_id {
	const char *text; /* as the request has it, borrowed */
	uint8_t bytes[CREDENTIAL_ID_MAX];
	size_t size;
};

struct credential_list {
	struct credential_id *entries; /* owned */
	size_t count;
};

/* Reads ids: texts, or objects with an `id`. AUTHENTICATOR_BROKEN where one is no id. */
enum authenticator_code credential_list_read(const json_t *ids, struct credential_list *list);
void credential_list_clear(struct credential_list *list);

/* One key. */
struct seat_key {
	fido_dev_t *device;
	const struct credential_id *holds; /* the credential that was found on it; NULL */
	int look_error;			   /* libfido2's, of looking for one */
	/* What it says of itself (CTAP 2.1 section 6.4), read by the first look. */
	bool known, always_uv; /* always_uv: nothing is signed by a touch alone */
	/* credentials in a list, bytes of an id: more it refuses; SIZE_MAX where it doesn't say */
	size_t list_max, id_max;
};

struct seat_keys {
	struct seat_key keys[SEAT_KEYS_MAX];
	size_t count;
	size_t silent; /* how many more there are that did not answer, and were left out */
};

void seat_keys_close(struct seat_keys *keys);

/* Asks the key, without a touch, whether it holds a credential of the list, and remembers the first; in parts
 * where the list is longer than the key takes. What it signs for that is worthless: nobody was present, and
 * nothing hashes to what is signed. A credential that is protected (credProtect 3, CTAP 2.1 section 12.1)
 * shows itself only with the key's PIN. */
void seat_key_look(struct seat_key *key, const char *rp_id, const struct credential_list *list);

/* Whether the key may take such an id at all. */
bool seat_key_takes(const struct seat_key *key, const struct credential_id *id);

/* Whether it may hold a credential that it shows to nobody without its PIN. */
bool seat_key_may_hide_one(const struct seat_key *key);

/* Why none of them holds one: AUTHENTICATOR_WRONG_KEY, or that none could say. */
enum authenticator_code seat_keys_none_holds(const struct seat_keys *keys);

/* Keeps those that hold one, or those that don't. */
void seat_keys_keep(struct seat_keys *keys, bool holding);

/* Keeps those that may hide one. */
void seat_keys_keep_hiding(struct seat_keys *keys);

/* Whether the PIN is right, found out without a touch: libfido2's error. With it the key shows what it holds
 * of the list, which is remembered as by seat_key_look. `rp_id` is whose credentials it then shows us. */
int seat_key_check_pin(struct seat_key *key, const char *rp_id, const struct credential_list *list,
	const char *pin);

/* What libfido2's errors mean here. */
enum authenticator_code seat_code(int fido_error);

#endif
