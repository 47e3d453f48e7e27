/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User records in memory, and as the bytes that the store seals.
 * MUST: wipe secrets wherever memory is let go or moved; take no bytes for a record that this file wouldn't write.
 */
#include "verifier/state/user_record.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base64url.h"
#include "lib/wipe.h"
#include "verifier/state/pack.h"

#define RECORD_FORMAT 2       /* what is written */
#define RECORD_FORMAT_FIRST 1 /* codes only; still read */
#define CREDENTIAL_RANDOM_SIZE 18 /* bytes: 24 characters of base64url */

/* --- in memory --- */

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

void credential_wipe(struct credential *credential)
{
	free(credential->key);
	WIPE_OBJECT(credential);
}

enum stepup_error credential_copy(struct credential *to, const struct credential *from)
{
	struct key_credential *key = NULL;
	char id[CREDENTIAL_ID_SIZE];

	if (from->key != NULL) {
		key = malloc(sizeof(*key));
		if (key == NULL)
			return STEPUP_NO_MEMORY;
		*key = *from->key;
	}
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
	WIPE_OBJECT(*record);
	free(*record);
	*record = NULL;
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

/* --- as bytes --- */

static void pack_otp(struct pack_writer *writer, const struct otp_secret *otp)
{
	pack_u8(writer, otp->algorithm);
	pack_u8(writer, otp->digits);
	pack_i64(writer, otp->period_seconds);
	if (otp->size > OTP_SECRET_MAX)
		writer->error = STEPUP_INVALID;
	else
		pack_bytes(writer, otp->bytes, otp->size);
	pack_i64(writer, otp->last_step);
	pack_i64(writer, otp->next_counter);
	pack_i64(writer, otp->resync_counter);
}

static void unpack_otp(struct pack_reader *reader, struct otp_secret *otp)
{
	int64_t period;

	otp->algorithm = (enum otp_algorithm)unpack_u8_at_most(reader, OTP_SHA512);
	otp->digits = unpack_u8(reader);
	period = unpack_i64(reader);
	if (period < 0 || period > INT32_MAX)
		reader->broken = true;
	else
		otp->period_seconds = (unsigned)period;
	otp->size = unpack_bytes(reader, otp->bytes, OTP_SECRET_MAX);
	otp->last_step = unpack_i64(reader);
	otp->next_counter = unpack_i64(reader);
	otp->resync_counter = unpack_i64(reader);
}

static bool algorithm_is_known(int64_t algorithm)
{
	return algorithm == KEY_ES256 || algorithm == KEY_EDDSA || algorithm == KEY_ES384 || algorithm == KEY_RS256;
}

static void pack_key(struct pack_writer *writer, const struct key_credential *key)
{
	if (key == NULL || !algorithm_is_known(key->algorithm) || key->public_key_size > KEY_PUBLIC_MAX || key->id_size > KEY_ID_MAX) {
		writer->error = STEPUP_INVALID;
		return;
	}
	pack_i64(writer, key->algorithm);
	pack_bytes(writer, key->public_key, key->public_key_size);
	pack_bytes(writer, key->id, key->id_size);
	pack_text(writer, key->application);
	pack_i64(writer, key->counter);
	pack_raw(writer, key->aaguid, KEY_AAGUID_SIZE);
	pack_text(writer, key->model);
	pack_u8(writer, key->attestation);
	pack_u8(writer, key->backup_eligible);
	pack_u8(writer, key->backed_up);
	pack_u8(writer, key->user_verified);
	pack_u8(writer, key->transports);
	pack_i64(writer, key->enrolled_log);
}

static int unpack_algorithm(struct pack_reader *reader)
{
	int64_t algorithm = unpack_i64(reader);

	if (!algorithm_is_known(algorithm))
		reader->broken = true;
	return reader->broken ? 0 : (int)algorithm;
}

static void unpack_key(struct pack_reader *reader, struct key_credential *key)
{
	key->algorithm = unpack_algorithm(reader);
	key->public_key_size = unpack_bytes(reader, key->public_key, KEY_PUBLIC_MAX);
	key->id_size = unpack_bytes(reader, key->id, KEY_ID_MAX);
	unpack_text(reader, key->application, sizeof(key->application));
	key->counter = unpack_i64(reader);
	unpack_raw(reader, key->aaguid, KEY_AAGUID_SIZE);
	unpack_text(reader, key->model, sizeof(key->model));
	key->attestation = (enum key_attestation)unpack_u8_at_most(reader, ATTESTATION_VERIFIED);
	key->backup_eligible = unpack_u8_at_most(reader, 1) != 0;
	key->backed_up = unpack_u8_at_most(reader, 1) != 0;
	key->user_verified = unpack_u8_at_most(reader, 1) != 0;
	key->transports = unpack_u8_at_most(reader, TRANSPORTS_ALL);
	key->enrolled_log = unpack_i64(reader);
}

static void pack_credential(struct pack_writer *writer, const struct credential *credential)
{
	pack_text(writer, credential->id);
	pack_u8(writer, credential->type);
	pack_u8(writer, credential->state);
	pack_text(writer, credential->label);
	pack_i64(writer, credential->created);
	pack_i64(writer, credential->last_used);
	pack_i64(writer, credential->revoked);
	pack_i64(writer, credential->strong_from);
	if (credential_is_code(credential))
		pack_otp(writer, &credential->otp);
	else
		pack_key(writer, credential->key);
}

static enum stepup_error unpack_credential(struct pack_reader *reader, unsigned format, struct credential *credential)
{
	unsigned last_type = format == RECORD_FORMAT_FIRST ? CREDENTIAL_HOTP : CREDENTIAL_AGENT;

	unpack_text(reader, credential->id, sizeof(credential->id));
	credential->type = (enum credential_type)unpack_u8_at_most(reader, last_type);
	credential->state = (enum credential_state)unpack_u8_at_most(reader, CREDENTIAL_REVOKED);
	unpack_text(reader, credential->label, sizeof(credential->label));
	credential->created = unpack_i64(reader);
	credential->last_used = unpack_i64(reader);
	credential->revoked = unpack_i64(reader);
	credential->strong_from = unpack_i64(reader);
	if (credential_is_code(credential)) {
		unpack_otp(reader, &credential->otp);
		return STEPUP_OK;
	}
	credential->key = calloc(1, sizeof(*credential->key));
	if (credential->key == NULL)
		return STEPUP_NO_MEMORY;
	unpack_key(reader, credential->key);
	return STEPUP_OK;
}

static void pack_bucket(struct pack_writer *writer, const struct guess_bucket *bucket)
{
	size_t count = bucket->count;

	if (count > GUESS_TIMES_MAX) {
		writer->error = STEPUP_INVALID;
		return;
	}
	pack_u8(writer, (unsigned)count);
	for (size_t i = 0; i < count; i++)
		pack_i64(writer, bucket->times[i]);
}

static void unpack_bucket(struct pack_reader *reader, struct guess_bucket *bucket)
{
	bucket->count = unpack_u8_at_most(reader, GUESS_TIMES_MAX);
	for (size_t i = 0; i < bucket->count; i++)
		bucket->times[i] = unpack_i64(reader);
}

static void pack_guesses(struct pack_writer *writer, const struct guess_state *guesses)
{
	if (guesses->source_count > GUESS_SOURCES_MAX) {
		writer->error = STEPUP_INVALID;
		return;
	}
	pack_u8(writer, (unsigned)guesses->source_count);
	for (size_t i = 0; i < guesses->source_count; i++) {
		pack_raw(writer, guesses->sources[i].source, GUESS_SOURCE_SIZE);
		pack_i64(writer, guesses->sources[i].last_success);
		pack_bucket(writer, &guesses->sources[i].failures);
	}
	pack_bucket(writer, &guesses->unknown);
	pack_i64(writer, guesses->failures_in_a_row);
	pack_i64(writer, guesses->last_failure);
	pack_u8(writer, guesses->suspended);
}

static void unpack_guesses(struct pack_reader *reader, struct guess_state *guesses)
{
	guesses->source_count = unpack_u8_at_most(reader, GUESS_SOURCES_MAX);
	for (size_t i = 0; i < guesses->source_count; i++) {
		unpack_raw(reader, guesses->sources[i].source, GUESS_SOURCE_SIZE);
		guesses->sources[i].last_success = unpack_i64(reader);
		unpack_bucket(reader, &guesses->sources[i].failures);
	}
	unpack_bucket(reader, &guesses->unknown);
	guesses->failures_in_a_row = unpack_i64(reader);
	guesses->last_failure = unpack_i64(reader);
	guesses->suspended = unpack_u8_at_most(reader, 1) != 0;
}

static void pack_lock(struct pack_writer *writer, const struct user_lock *lock)
{
	pack_u8(writer, lock->locked);
	pack_text(writer, lock->reference);
	pack_text(writer, lock->reason);
	pack_text(writer, lock->by);
	pack_i64(writer, lock->at);
}

static void unpack_lock(struct pack_reader *reader, struct user_lock *lock)
{
	lock->locked = unpack_u8_at_most(reader, 1) != 0;
	unpack_text(reader, lock->reference, sizeof(lock->reference));
	unpack_text(reader, lock->reason, sizeof(lock->reason));
	unpack_text(reader, lock->by, sizeof(lock->by));
	lock->at = unpack_i64(reader);
}

enum stepup_error user_record_pack(const struct user_record *record, uint8_t **bytes, size_t *size)
{
	struct pack_writer writer = {0};

	if (record->credential_count > CREDENTIALS_MAX)
		return STEPUP_INVALID;
	pack_u8(&writer, RECORD_FORMAT);
	pack_raw(&writer, record->user_id, USER_ID_SIZE);
	pack_text(&writer, record->name);
	pack_i64(&writer, record->version);
	pack_i64(&writer, record->uid);
	pack_i64(&writer, record->last_success);
	pack_lock(&writer, &record->lock);
	pack_guesses(&writer, &record->guesses);
	pack_u8(&writer, (unsigned)record->credential_count);
	for (size_t i = 0; i < record->credential_count; i++)
		pack_credential(&writer, &record->credentials[i]);
	return pack_finish(&writer, bytes, size);
}

static enum stepup_error unpack_credentials(struct pack_reader *reader, unsigned format, struct user_record *record)
{
	size_t count = unpack_u8_at_most(reader, CREDENTIALS_MAX);
	enum stepup_error error = STEPUP_OK;

	if (count == 0)
		return STEPUP_OK;
	record->credentials = calloc(count, sizeof(*record->credentials));
	if (record->credentials == NULL)
		return STEPUP_NO_MEMORY;
	record->credential_count = count;
	for (size_t i = 0; error == STEPUP_OK && i < count; i++)
		error = unpack_credential(reader, format, &record->credentials[i]);
	return error;
}

enum stepup_error user_record_unpack(const uint8_t *bytes, size_t size, struct user_record **record)
{
	struct pack_reader reader = {.bytes = bytes, .left = size};
	struct user_record *made = calloc(1, sizeof(*made));
	enum stepup_error error;
	unsigned format;

	if (made == NULL)
		return STEPUP_NO_MEMORY;
	format = unpack_u8_at_most(&reader, RECORD_FORMAT);
	if (format < RECORD_FORMAT_FIRST)
		reader.broken = true;
	unpack_raw(&reader, made->user_id, USER_ID_SIZE);
	unpack_text(&reader, made->name, sizeof(made->name));
	made->version = unpack_i64(&reader);
	made->uid = unpack_i64(&reader);
	made->last_success = unpack_i64(&reader);
	unpack_lock(&reader, &made->lock);
	unpack_guesses(&reader, &made->guesses);
	error = unpack_credentials(&reader, format, made);
	if (error == STEPUP_OK)
		error = unpack_finish(&reader);
	if (error == STEPUP_OK)
		*record = made;
	else
		user_record_free(&made);
	return error;
}
