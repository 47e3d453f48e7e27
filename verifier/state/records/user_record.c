/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User records in memory; user_record_pack.c has them as bytes.
 * MUST: wipe secrets wherever memory is let go or moved.
 */
#include "verifier/state/records/user_record.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"
#include "lib/wire/base64url.h"

#define CREDENTIAL_RANDOM_SIZE 18 /* bytes: 24 characters of base64url */

struct user_record *user_record_new(const char *name, int64_t uid)
{
	struct user_record *record;
	size_t length = strlen(name);

	if (length == 0 || length >= USER_NAME_SIZE)
		return NULL;
	record = calloc(1, sizeof(*record));
	if (record == NULL)
		return NULL;
	if (RAND_bytes(record->user_id, USER_ID_SIZE) != 1) {
		free(record);
		return NULL;
	}
	memcpy(record->name, name, length + 1);
	record->uid = uid;
	return record;
}

bool credential_is_code(const struct credential *credential)
{
	return credential->type == CREDENTIAL_TOTP || credential->type == CREDENTIAL_HOTP;
}

size_t otp_secret_length(const struct otp_secret *secret)
{
	size_t length = secret->size;

	while (length > OTP_SECRET_MIN && secret->bytes[length - 1] == 0)
		length--;
	return length;
}

bool otp_secret_equal(const struct otp_secret *a, const struct otp_secret *b)
{
	size_t length = otp_secret_length(a);

	return a->size > 0 && b->size > 0 && length == otp_secret_length(b) &&
		equal_constant_time(a->bytes, b->bytes, length);
}

void credential_wipe(struct credential *credential)
{
	free(credential->key);
	WIPE_OBJECT(credential);
}

enum stepup_error credential_copy(struct credential *to, const struct credential *from)
{
	struct key_credential *key = from->key == NULL ? NULL : malloc(sizeof(*key));
	char id[CREDENTIAL_ID_SIZE];

	if (from->key != NULL && key == NULL)
		return STEPUP_NO_MEMORY;
	if (key != NULL)
		*key = *from->key;
	memcpy(id, to->id, sizeof(id));
	credential_wipe(to);
	*to = *from;
	to->key = key;
	memcpy(to->id, id, sizeof(id));
	return STEPUP_OK;
}

/* Lets the array go whose credentials were moved elsewhere, keys and all. */
static void moved_array_free(struct credential *credentials, size_t count)
{
	if (credentials != NULL)
		wipe_memory(credentials, count * sizeof(*credentials));
	free(credentials);
}

void user_record_free(struct user_record **record)
{
	if (record == NULL || *record == NULL)
		return;
	for (size_t i = 0; i < (*record)->credential_count; i++)
		credential_wipe(&(*record)->credentials[i]);
	free((*record)->credentials);
	free((*record)->tallies);
	WIPE_OBJECT(*record);
	free(*record);
	*record = NULL;
}

void user_record_end_fresh(struct user_record *record)
{
	record->fresh_from = record->version + 1; /* as it is saved */
}

struct credential *user_record_add_credential(struct user_record *record)
{
	uint8_t random[CREDENTIAL_RANDOM_SIZE];
	struct credential *moved, *added;
	size_t count = record->credential_count;

	if (count >= CREDENTIALS_MAX || RAND_bytes(random, sizeof(random)) != 1)
		return NULL;
	moved = calloc(count + 1, sizeof(*moved));
	if (moved == NULL)
		return NULL;
	if (count > 0)
		memcpy(moved, record->credentials, count * sizeof(*moved));
	moved_array_free(record->credentials, count);
	record->credentials = moved;
	record->credential_count = count + 1;
	added = &moved[count];
	memcpy(added->id, "C-", 2);
	base64url_encode(random, sizeof(random), added->id + 2);
	added->otp.last_step = -1;
	added->otp.resync_counter = -1;
	user_record_end_fresh(record);
	return added;
}

struct credential *user_record_credential(struct user_record *record, const char *id)
{
	for (size_t i = 0; i < record->credential_count; i++)
		if (strcmp(record->credentials[i].id, id) == 0)
			return &record->credentials[i];
	return NULL;
}

size_t user_record_live_count(const struct user_record *record)
{
	size_t live = 0;

	for (size_t i = 0; i < record->credential_count; i++)
		live += record->credentials[i].state == CREDENTIAL_LIVE;
	return live;
}

struct use_tally *user_record_tally(const struct user_record *record, const uint8_t limit[USE_LIMIT_SIZE])
{
	for (size_t i = 0; i < record->tally_count; i++)
		if (memcmp(record->tallies[i].limit, limit, USE_LIMIT_SIZE) == 0)
			return &record->tallies[i];
	return NULL;
}

/* How many are left. */
static size_t drop_old_tallies(struct user_record *record, int64_t before)
{
	size_t kept = 0;

	for (size_t i = 0; i < record->tally_count; i++)
		if (record->tallies[i].at >= before)
			record->tallies[kept++] = record->tallies[i];
	record->tally_count = kept;
	return kept;
}

struct use_tally *user_record_add_tally(struct user_record *record, const uint8_t limit[USE_LIMIT_SIZE],
	int64_t before)
{
	struct use_tally *larger, *added;
	size_t kept = record->tally_count;

	if (kept >= USE_TALLIES_MAX)
		kept = drop_old_tallies(record, before);
	if (kept >= USE_TALLIES_MAX)
		return NULL;
	larger = realloc(record->tallies, (kept + 1) * sizeof(*larger));
	if (larger == NULL)
		return NULL;
	record->tallies = larger;
	record->tally_count = kept + 1;
	added = &larger[kept];
	*added = (struct use_tally){.total = 0};
	memcpy(added->limit, limit, USE_LIMIT_SIZE);
	return added;
}

const char *credential_type_name(enum credential_type type)
{
	switch (type) {
	case CREDENTIAL_TOTP:
		return "totp";
	case CREDENTIAL_HOTP:
		return "hotp";
	case CREDENTIAL_KEY:
		return "key";
	case CREDENTIAL_AGENT:
		return "agent";
	}
	return "unknown";
}

const char *key_attestation_name(enum key_attestation attestation)
{
	switch (attestation) {
	case ATTESTATION_NONE:
		return "none";
	case ATTESTATION_SELF:
		return "self";
	case ATTESTATION_UNTRUSTED:
		return "untrusted";
	case ATTESTATION_VERIFIED:
		return "verified";
	}
	return "unknown";
}

const char *key_transport_name(enum key_transport transport)
{
	switch (transport) {
	case TRANSPORT_USB:
		return "usb";
	case TRANSPORT_NFC:
		return "nfc";
	case TRANSPORT_BLE:
		return "ble";
	case TRANSPORT_SMART_CARD:
		return "smart-card";
	case TRANSPORT_HYBRID:
		return "hybrid";
	case TRANSPORT_INTERNAL:
		return "internal";
	}
	return "unknown";
}

const char *otp_algorithm_name(enum otp_algorithm algorithm)
{
	switch (algorithm) {
	case OTP_SHA1:
		return "SHA1";
	case OTP_SHA256:
		return "SHA256";
	case OTP_SHA512:
		return "SHA512";
	}
	return "unknown";
}
