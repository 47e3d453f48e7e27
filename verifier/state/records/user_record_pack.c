/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User records as the bytes that the store seals.
 * MUST: take no bytes for a record that this file wouldn't write.
 */
#include <stdlib.h>

#include "verifier/state/records/pack.h"
#include "verifier/state/records/user_record.h"

#define RECORD_FORMAT 4       /* what is written */
#define RECORD_FORMAT_PLACE 3 /* no locked_others, no fresh_from, and receipts_from is a place in the log */
#define RECORD_FORMAT_KEYS 2  /* neither tallies nor receipts_from; still read */
#define RECORD_FORMAT_FIRST 1 /* codes only; still read */

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
	pack_i64(writer, otp->drift_steps);
}

static void unpack_otp(struct pack_reader *reader, unsigned format, struct otp_secret *otp)
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
	if (format > RECORD_FORMAT_PLACE)
		otp->drift_steps = unpack_i64(reader);
	reader->broken |= otp->drift_steps < -OTP_DRIFT_MAX_STEPS || otp->drift_steps > OTP_DRIFT_MAX_STEPS;
}

static bool algorithm_is_known(int64_t algorithm)
{
	return algorithm == KEY_ES256 || algorithm == KEY_EDDSA || algorithm == KEY_ES384 ||
		algorithm == KEY_RS256;
}

static void pack_key(struct pack_writer *writer, const struct key_credential *key)
{
	if (key == NULL || !algorithm_is_known(key->algorithm) || key->public_key_size > KEY_PUBLIC_MAX ||
	    key->id_size > KEY_ID_MAX) {
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
	if (key->recent_count > KEY_RECENT_MAX) {
		writer->error = STEPUP_INVALID;
		return;
	}
	pack_u8(writer, (unsigned)key->recent_count);
	for (size_t i = 0; i < key->recent_count; i++) {
		pack_i64(writer, key->recent[i].counter);
		pack_i64(writer, key->recent[i].before);
		pack_i64(writer, key->recent[i].version);
	}
}

static int unpack_algorithm(struct pack_reader *reader)
{
	int64_t algorithm = unpack_i64(reader);

	if (!algorithm_is_known(algorithm))
		reader->broken = true;
	return reader->broken ? 0 : (int)algorithm;
}

static void unpack_recent(struct pack_reader *reader, struct key_credential *key)
{
	key->recent_count = unpack_u8_at_most(reader, KEY_RECENT_MAX);
	for (size_t i = 0; i < key->recent_count; i++) {
		key->recent[i].counter = unpack_i64(reader);
		key->recent[i].before = unpack_i64(reader);
		key->recent[i].version = unpack_i64(reader);
	}
}

static void unpack_key(struct pack_reader *reader, unsigned format, struct key_credential *key)
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
	if (format > RECORD_FORMAT_PLACE)
		unpack_recent(reader, key);
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

static enum stepup_error unpack_credential(struct pack_reader *reader, unsigned format,
	struct credential *credential)
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
		unpack_otp(reader, format, &credential->otp);
		return STEPUP_OK;
	}
	credential->key = calloc(1, sizeof(*credential->key));
	if (credential->key == NULL)
		return STEPUP_NO_MEMORY;
	unpack_key(reader, format, credential->key);
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

static void pack_tallies(struct pack_writer *writer, const struct user_record *record)
{
	pack_u8(writer, (unsigned)record->tally_count);
	for (size_t i = 0; i < record->tally_count; i++) {
		const struct use_tally *tally = &record->tallies[i];

		pack_raw(writer, tally->limit, USE_LIMIT_SIZE);
		pack_i64(writer, tally->first);
		pack_i64(writer, tally->at);
		pack_i64(writer, tally->total);
	}
}

static enum stepup_error unpack_tallies(struct pack_reader *reader, struct user_record *record)
{
	size_t count = unpack_u8_at_most(reader, USE_TALLIES_MAX);

	if (count == 0)
		return STEPUP_OK;
	record->tallies = calloc(count, sizeof(*record->tallies));
	if (record->tallies == NULL)
		return STEPUP_NO_MEMORY;
	record->tally_count = count;
	for (size_t i = 0; i < count; i++) {
		struct use_tally *tally = &record->tallies[i];

		unpack_raw(reader, tally->limit, USE_LIMIT_SIZE);
		tally->first = unpack_i64(reader);
		tally->at = unpack_i64(reader);
		tally->total = unpack_i64(reader);
		reader->broken |= tally->total < 0;
	}
	return STEPUP_OK;
}

enum stepup_error user_record_pack(const struct user_record *record, uint8_t **bytes, size_t *size)
{
	struct pack_writer writer = {0};

	if (record->credential_count > CREDENTIALS_MAX || record->tally_count > USE_TALLIES_MAX)
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
	pack_tallies(&writer, record);
	pack_i64(&writer, record->receipts_from);
	for (size_t i = 0; i < LOCKS_OF_OTHERS; i++)
		pack_i64(&writer, record->locked_others[i]);
	pack_i64(&writer, record->fresh_from);
	return pack_finish(&writer, bytes, size);
}

static enum stepup_error unpack_credentials(struct pack_reader *reader, unsigned format,
	struct user_record *record)
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
	if (error == STEPUP_OK && format > RECORD_FORMAT_KEYS) {
		error = unpack_tallies(&reader, made);
		made->receipts_from = unpack_i64(&reader);
		reader.broken |= made->receipts_from < 0;
		/* Which receipts a place in the log comes before can't be told by versions:
		 * so all until now. */
		if (format == RECORD_FORMAT_PLACE && made->receipts_from > 0)
			made->receipts_from = made->version;
	}
	for (size_t i = 0; error == STEPUP_OK && format > RECORD_FORMAT_PLACE && i < LOCKS_OF_OTHERS; i++)
		made->locked_others[i] = unpack_i64(&reader);
	if (error == STEPUP_OK && format > RECORD_FORMAT_PLACE) {
		made->fresh_from = unpack_i64(&reader);
		reader.broken |= made->fresh_from < 0;
	}
	if (error == STEPUP_OK)
		error = unpack_finish(&reader);
	if (error == STEPUP_OK)
		*record = made;
	else
		user_record_free(&made);
	return error;
}
