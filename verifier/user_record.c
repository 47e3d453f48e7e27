/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User records in memory and as bytes.
 * MUST: wipe every secret it lets go of; read packed bytes with a cursor that checks each length and refuses what is left over.
 */
#include "verifier/user_record.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base64url.h"
#include "lib/display_text.h"
#include "lib/wipe.h"

#define FORMAT_VERSION 1
#define CREDENTIAL_RANDOM_SIZE 18 /* bytes: 24 characters of base64url */

static bool fill_random(void *bytes, size_t size)
{
	return getrandom(bytes, size, 0) == (ssize_t)size;
}

struct user_record *user_record_new(const char *name, int64_t uid)
{
	struct user_record *record;
	size_t length = strlen(name);

	if (length == 0 || length >= USER_NAME_SIZE)
		return NULL;
	record = calloc(1, sizeof(*record));
	if (record == NULL)
		return NULL;
	memcpy(record->name, name, length + 1);
	record->uid = uid;
	if (!fill_random(record->user_id, sizeof(record->user_id)))
		user_record_free(&record);
	return record;
}

void user_record_free(struct user_record **record)
{
	void *memory;

	if (record == NULL || *record == NULL)
		return;
	memory = (*record)->credentials;
	wipe_free(&memory, (*record)->credential_count * sizeof(*(*record)->credentials));
	memory = *record;
	wipe_free(&memory, sizeof(**record));
	*record = NULL;
}

/* Makes the array one longer without leaving a copy of its secrets behind. */
static struct credential *append_credential(struct user_record *record)
{
	size_t count = record->credential_count;
	struct credential *longer;
	void *old = record->credentials;

	if (count >= CREDENTIALS_MAX)
		return NULL;
	longer = calloc(count + 1, sizeof(*longer));
	if (longer == NULL)
		return NULL;
	if (count > 0)
		memcpy(longer, record->credentials, count * sizeof(*longer));
	wipe_free(&old, count * sizeof(*longer));
	record->credentials = longer;
	record->credential_count = count + 1;
	return &longer[count];
}

struct credential *user_record_add_credential(struct user_record *record)
{
	uint8_t random[CREDENTIAL_RANDOM_SIZE];
	struct credential *credential;

	if (!fill_random(random, sizeof(random)))
		return NULL;
	credential = append_credential(record);
	if (credential == NULL)
		return NULL;
	memcpy(credential->id, "C-", 2);
	base64url_encode(random, sizeof(random), credential->id + 2);
	credential->otp.last_step = -1;
	credential->otp.resync_counter = -1;
	return credential;
}

struct credential *user_record_credential(struct user_record *record, const char *id)
{
	for (size_t i = 0; i < record->credential_count; i++) {
		if (strcmp(record->credentials[i].id, id) == 0)
			return &record->credentials[i];
	}
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
	return type == CREDENTIAL_HOTP ? "hotp" : "totp";
}

const char *otp_algorithm_name(enum otp_algorithm algorithm)
{
	static const char *const names[] = {"SHA1", "SHA256", "SHA512"};

	return names[algorithm];
}

/*
 * The packed form. One walk serves both directions: every step either writes a value or reads and checks it, so that the two can't drift apart.
 * Numbers are 8 bytes, big-endian; texts and byte strings have a 2-byte length before them.
 */
struct cursor {
	uint8_t *at;   /* NULL: only count */
	size_t left;   /* reading: bytes not read yet */
	size_t size;   /* writing: bytes so far */
	bool reading;
	enum stepup_error failed;
};

static void walk_bytes(struct cursor *cursor, void *bytes, size_t size)
{
	if (cursor->failed != STEPUP_OK)
		return;
	cursor->size += size;
	if (cursor->at == NULL)
		return;
	if (cursor->reading && size > cursor->left) {
		cursor->failed = STEPUP_CORRUPT;
		return;
	}
	if (cursor->reading)
		memcpy(bytes, cursor->at, size);
	else
		memcpy(cursor->at, bytes, size);
	cursor->at += size;
	cursor->left -= cursor->reading ? size : 0;
}

static void walk_number(struct cursor *cursor, int64_t *number)
{
	uint8_t bytes[8];
	uint64_t value = (uint64_t)*number;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(value >> (56 - 8 * i));
	walk_bytes(cursor, bytes, sizeof(bytes));
	if (!cursor->reading || cursor->failed != STEPUP_OK)
		return;
	value = 0;
	for (size_t i = 0; i < sizeof(bytes); i++)
		value = value << 8 | bytes[i];
	*number = (int64_t)value;
}

/* A number that must lie in a range, for counts, enumerations and flags. */
static int64_t walk_small(struct cursor *cursor, int64_t number, int64_t lowest, int64_t highest)
{
	walk_number(cursor, &number);
	if (number >= lowest && number <= highest)
		return number;
	cursor->failed = cursor->failed != STEPUP_OK ? cursor->failed : STEPUP_CORRUPT;
	return lowest;
}

static void walk_text(struct cursor *cursor, char *text, size_t room)
{
	size_t length = cursor->reading ? 0 : strnlen(text, room - 1);
	uint8_t prefix[2] = {(uint8_t)(length >> 8), (uint8_t)length};

	walk_bytes(cursor, prefix, sizeof(prefix));
	if (cursor->failed == STEPUP_OK && cursor->reading) {
		length = (size_t)prefix[0] << 8 | prefix[1];
		if (length >= room) {
			cursor->failed = STEPUP_CORRUPT;
			return;
		}
	}
	walk_bytes(cursor, text, length);
	if (!cursor->reading || cursor->failed != STEPUP_OK)
		return;
	text[length] = '\0';
	if (!utf8_is_valid(text, length))
		cursor->failed = STEPUP_CORRUPT;
}

static void walk_bucket(struct cursor *cursor, struct guess_bucket *bucket)
{
	bucket->count = (size_t)walk_small(cursor, (int64_t)bucket->count, 0, GUESS_TIMES_MAX);
	for (size_t i = 0; i < bucket->count; i++)
		walk_number(cursor, &bucket->times[i]);
}

static void walk_guesses(struct cursor *cursor, struct guess_state *guesses)
{
	guesses->source_count = (size_t)walk_small(cursor, (int64_t)guesses->source_count, 0, GUESS_SOURCES_MAX);
	for (size_t i = 0; i < guesses->source_count; i++) {
		walk_bytes(cursor, guesses->sources[i].source, GUESS_SOURCE_SIZE);
		walk_number(cursor, &guesses->sources[i].last_success);
		walk_bucket(cursor, &guesses->sources[i].failures);
	}
	walk_bucket(cursor, &guesses->unknown);
	walk_number(cursor, &guesses->failures_in_a_row);
	walk_number(cursor, &guesses->last_failure);
	guesses->suspended = walk_small(cursor, guesses->suspended, 0, 1) == 1;
}

static void walk_lock(struct cursor *cursor, struct user_lock *lock)
{
	lock->locked = walk_small(cursor, lock->locked, 0, 1) == 1;
	walk_text(cursor, lock->reference, sizeof(lock->reference));
	walk_text(cursor, lock->reason, sizeof(lock->reason));
	walk_text(cursor, lock->by, sizeof(lock->by));
	walk_number(cursor, &lock->at);
}

static void walk_otp(struct cursor *cursor, struct otp_secret *otp)
{
	otp->algorithm = (enum otp_algorithm)walk_small(cursor, otp->algorithm, OTP_SHA1, OTP_SHA512);
	otp->digits = (unsigned)walk_small(cursor, otp->digits, 0, 8);
	otp->period_seconds = (unsigned)walk_small(cursor, otp->period_seconds, 0, 86400);
	otp->size = (size_t)walk_small(cursor, (int64_t)otp->size, 0, OTP_SECRET_MAX);
	walk_bytes(cursor, otp->bytes, otp->size);
	walk_number(cursor, &otp->last_step);
	walk_number(cursor, &otp->next_counter);
	walk_number(cursor, &otp->resync_counter);
}

static void walk_credential(struct cursor *cursor, struct credential *credential)
{
	walk_text(cursor, credential->id, sizeof(credential->id));
	credential->type = (enum credential_type)walk_small(cursor, credential->type, CREDENTIAL_TOTP, CREDENTIAL_HOTP);
	credential->state = (enum credential_state)walk_small(cursor, credential->state, CREDENTIAL_LIVE, CREDENTIAL_REVOKED);
	walk_text(cursor, credential->label, sizeof(credential->label));
	walk_number(cursor, &credential->created);
	walk_number(cursor, &credential->last_used);
	walk_number(cursor, &credential->revoked);
	walk_number(cursor, &credential->strong_from);
	walk_otp(cursor, &credential->otp);
}

/* Everything but `version`, which the store keeps beside the bytes and binds to them. */
static void walk_record(struct cursor *cursor, struct user_record *record)
{
	int64_t count;

	walk_small(cursor, FORMAT_VERSION, FORMAT_VERSION, FORMAT_VERSION);
	walk_bytes(cursor, record->user_id, sizeof(record->user_id));
	walk_text(cursor, record->name, sizeof(record->name));
	walk_number(cursor, &record->uid);
	walk_number(cursor, &record->last_success);
	walk_lock(cursor, &record->lock);
	walk_guesses(cursor, &record->guesses);
	count = walk_small(cursor, (int64_t)record->credential_count, 0, CREDENTIALS_MAX);
	for (int64_t i = 0; i < count && cursor->failed == STEPUP_OK; i++) {
		if (cursor->reading && append_credential(record) == NULL)
			cursor->failed = STEPUP_NO_MEMORY;
		else
			walk_credential(cursor, &record->credentials[i]);
	}
}

enum stepup_error user_record_pack(const struct user_record *record, uint8_t **bytes, size_t *size)
{
	struct user_record *walked = (struct user_record *)(uintptr_t)record; /* writing changes nothing */
	struct cursor cursor = {0};
	uint8_t *packed;

	walk_record(&cursor, walked);
	if (cursor.failed != STEPUP_OK)
		return cursor.failed;
	packed = malloc(cursor.size);
	if (packed == NULL)
		return STEPUP_NO_MEMORY;
	cursor = (struct cursor){.at = packed};
	walk_record(&cursor, walked);
	*bytes = packed;
	*size = cursor.size;
	return STEPUP_OK;
}

enum stepup_error user_record_unpack(const uint8_t *bytes, size_t size, struct user_record **record)
{
	struct cursor cursor = {.at = (uint8_t *)(uintptr_t)bytes, .left = size, .reading = true};
	struct user_record *read;

	if (bytes == NULL)
		return STEPUP_CORRUPT;
	read = calloc(1, sizeof(*read));
	if (read == NULL)
		return STEPUP_NO_MEMORY;
	walk_record(&cursor, read);
	if (cursor.failed == STEPUP_OK && cursor.left != 0)
		cursor.failed = STEPUP_CORRUPT;
	if (cursor.failed != STEPUP_OK) {
		user_record_free(&read);
		return cursor.failed;
	}
	*record = read;
	return STEPUP_OK;
}
