/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User records: in memory, where each credential owns its key, and as the bytes that the store seals.
 */
#include "tests/unit/store/store_fixture.h"

#include "verifier/state/records/user_record.h"

static void give_key(struct credential *credential, enum credential_type type)
{
	struct key_credential *key = calloc(1, sizeof(*key));

	assert_non_null(key);
	credential->type = type;
	credential->otp = (struct otp_secret){0};
	credential->strong_from = 77;
	credential->key = key;
	key->algorithm = type == CREDENTIAL_KEY ? KEY_RS256 : KEY_EDDSA;
	key->public_key_size = type == CREDENTIAL_KEY ? KEY_PUBLIC_MAX : 32;
	memset(key->public_key, 0x5a, key->public_key_size);
	key->id_size = type == CREDENTIAL_KEY ? KEY_ID_MAX : 0;
	memset(key->id, 0x3c, key->id_size);
	strcpy(key->application, type == CREDENTIAL_KEY ? "" : "ssh:");
	key->counter = UINT32_MAX;
	memset(key->aaguid, 0x77, KEY_AAGUID_SIZE);
	strcpy(key->model, "Blue Key 5");
	key->attestation = ATTESTATION_VERIFIED;
	key->backup_eligible = type == CREDENTIAL_KEY;
	key->user_verified = true;
	key->transports = TRANSPORTS_ALL;
	key->enrolled_log = INT64_MAX;
	key->recent_count = KEY_RECENT_MAX;
	for (size_t i = 0; i < KEY_RECENT_MAX; i++)
		key->recent[i] = (struct key_recent){.counter = UINT32_MAX - (int64_t)i,
			.before = UINT32_MAX - 1 - (int64_t)i, .version = INT64_MAX - (int64_t)i};
}

static void assert_same_credential(const struct credential *one, const struct credential *other)
{
	struct credential first = *one, second = *other;

	if (one->key == NULL) {
		assert_null(other->key);
	} else {
		assert_ptr_not_equal(one->key, other->key);
		assert_memory_equal(one->key, other->key, sizeof(*one->key));
	}
	first.key = second.key = NULL;
	assert_memory_equal(&first, &second, sizeof(first));
}

/* Whatever the bytes said, nothing in it goes past its room. */
static void assert_sound(const struct credential *credential)
{
	assert_int_equal(credential->key == NULL, credential_is_code(credential));
	assert_true(credential->otp.size <= OTP_SECRET_MAX);
	if (credential->key == NULL)
		return;
	assert_true(credential->key->public_key_size <= KEY_PUBLIC_MAX &&
		credential->key->id_size <= KEY_ID_MAX);
	assert_true(strlen(credential->key->application) < KEY_APPLICATION_SIZE &&
		strlen(credential->key->model) < KEY_MODEL_SIZE);
	assert_true(credential->key->algorithm < 0 && credential->key->transports <= TRANSPORTS_ALL &&
		credential->key->recent_count <= KEY_RECENT_MAX);
}

static struct user_record *full_record(void)
{
	struct user_record *record = fixture_user("alice", "0123456789abcdef0123");
	struct credential *second = user_record_add_credential(record);

	second->type = CREDENTIAL_HOTP;
	second->state = CREDENTIAL_REVOKED;
	second->revoked = 12;
	second->otp.algorithm = OTP_SHA512;
	record->credentials[0].otp.drift_steps = -OTP_DRIFT_MAX_STEPS;
	second->otp.next_counter = INT64_MAX;
	second->otp.size = OTP_SECRET_MAX;
	memset(second->otp.bytes, 0xa5, OTP_SECRET_MAX);
	give_key(user_record_add_credential(record), CREDENTIAL_KEY);
	give_key(user_record_add_credential(record), CREDENTIAL_AGENT);
	record->lock.locked = true;
	strcpy(record->lock.reference, "L-83");
	strcpy(record->lock.reason, "called the desk");
	strcpy(record->lock.by, "carol");
	record->guesses.source_count = GUESS_SOURCES_MAX;
	record->guesses.sources[3].failures.count = GUESS_TIMES_MAX;
	record->guesses.sources[3].failures.times[GUESS_TIMES_MAX - 1] = -5;
	record->guesses.unknown.count = 2;
	record->guesses.suspended = true;
	record->uid = -1;
	record->receipts_from = 83;
	record->fresh_from = 84;
	return record;
}

static void a_record_comes_back_from_its_bytes_as_it_was(void **state)
{
	struct user_record *record = full_record(), *back = NULL;
	uint8_t *bytes = NULL;
	size_t size = 0;

	(void)state;
	assert_ok(user_record_pack(record, &bytes, &size));
	assert_ok(user_record_unpack(bytes, size, &back));
	assert_memory_equal(record->user_id, back->user_id, USER_ID_SIZE);
	assert_string_equal(back->name, "alice");
	assert_int_equal(back->uid, -1);
	assert_memory_equal(&record->lock, &back->lock, sizeof(record->lock));
	assert_int_equal(back->receipts_from, 83);
	assert_int_equal(back->fresh_from, 84);
	assert_memory_equal(&record->guesses, &back->guesses, sizeof(record->guesses));
	assert_int_equal(back->credential_count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_same_credential(&record->credentials[i], &back->credentials[i]);
	assert_int_equal(user_record_live_count(back), 3);
	user_record_free(&record);
	user_record_free(&back);
	free(bytes);
}

static void bytes_cut_short_or_followed_by_more_make_no_record(void **state)
{
	struct user_record *record = full_record(), *back = NULL;
	uint8_t *bytes = NULL, *longer;
	size_t size = 0;

	(void)state;
	assert_ok(user_record_pack(record, &bytes, &size));
	longer = calloc(1, size + 1);
	memcpy(longer, bytes, size);
	assert_error(user_record_unpack(longer, size + 1, &back), STEPUP_CORRUPT);
	for (size_t shorter = 0; shorter < size; shorter++) {
		uint8_t *exact = malloc(shorter + 1); /* so that a sanitizer sees reading past the end */

		memcpy(exact, bytes, shorter);
		exact = realloc(exact, shorter ? shorter : 1);
		assert_error(user_record_unpack(exact, shorter, &back), STEPUP_CORRUPT);
		free(exact);
	}
	user_record_free(&record);
	free(bytes);
	free(longer);
}

static void changed_bytes_make_a_valid_record_or_none(void **state)
{
	struct user_record *record = full_record();
	uint8_t *bytes = NULL;
	size_t size = 0;

	(void)state;
	assert_ok(user_record_pack(record, &bytes, &size));
	for (size_t i = 0; i < size; i++) {
		struct user_record *back = NULL;

		bytes[i] ^= 0xff;
		if (user_record_unpack(bytes, size, &back) == STEPUP_OK) {
			assert_true(strlen(back->name) < USER_NAME_SIZE);
			assert_true(back->guesses.source_count <= GUESS_SOURCES_MAX);
			assert_true(back->credential_count <= CREDENTIALS_MAX);
			for (size_t c = 0; c < back->credential_count; c++)
				assert_sound(&back->credentials[c]);
		}
		user_record_free(&back);
		bytes[i] ^= 0xff;
	}
	user_record_free(&record);
	free(bytes);
}

static void a_user_has_at_most_so_many_credentials_with_ids_of_their_own(void **state)
{
	struct user_record *record = user_record_new("alice", 1000);

	(void)state;
	for (int i = 0; i < CREDENTIALS_MAX; i++)
		assert_non_null(user_record_add_credential(record));
	assert_null(user_record_add_credential(record));
	for (int i = 0; i < CREDENTIALS_MAX; i++)
		assert_ptr_equal(user_record_credential(record, record->credentials[i].id),
			&record->credentials[i]);
	assert_null(user_record_credential(record, "C-nobody"));
	user_record_free(&record);
}

static void names_that_are_empty_or_too_long_make_no_record(void **state)
{
	char name[USER_NAME_SIZE + 1];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[USER_NAME_SIZE] = '\0';
	assert_null(user_record_new("", 1));
	assert_null(user_record_new(name, 1));
}

/* alice as the first version of the program packed her: a live TOTP credential, a revoked
 * HOTP one, no key. */
static const uint8_t format_1[] =
	"\x01\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x00\x05\x61\x6c\x69\x63\x65"
	"\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x03\xe8\x00\x00\x00\x00\x65\x53\xf1\x00"
	"\x00\x00\x04\x4c\x2d\x38\x33\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00"
	"\x00\x65\x53\xf0\xff\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x65\x53\xf0\xff\x00\x02\x00"
	"\x1a\x43\x2d\x41\x41\x41\x41\x41\x41\x41\x41\x41\x41\x41\x41\x41\x41\x41\x41\x41\x41\x41\x41\x41"
	"\x41\x41\x41\x00\x00\x00\x05\x50\x68\x6f\x6e\x65\x00\x00\x00\x00\x5f\x5e\x10\x00\x00\x00\x00\x00"
	"\x65\x53\xf1\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x06\x00\x00"
	"\x00\x00\x00\x00\x00\x1e\x00\x14\x30\x31\x32\x33\x34\x35\x36\x37\x38\x39\x61\x62\x63\x64\x65\x66"
	"\x30\x31\x32\x33\x00\x00\x00\x00\x03\x60\xaa\x2a\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff"
	"\xff\xff\xff\xff\x00\x1a\x43\x2d\x42\x42\x42\x42\x42\x42\x42\x42\x42\x42\x42\x42\x42\x42\x42\x42"
	"\x42\x42\x42\x42\x42\x42\x42\x42\x01\x01\x00\x05\x54\x6f\x6b\x65\x6e\x00\x00\x00\x00\x5f\x5e\x10"
	"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x62\x59\x00\x80\x00\x00\x00\x00\x5f\x5f\x61"
	"\x81\x01\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x20\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5"
	"\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xff\xff\xff"
	"\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x2a\xff\xff\xff\xff\xff\xff\xff\xff";

/* The same person as packed by the version whose records were of format 3: a TOTP credential,
 * a key, one tally. */
static const uint8_t format_3[] =
	"\x03\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x00\x05\x61\x6c\x69\x63\x65"
	"\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x03\xe8\x00\x00\x00\x00\x65\x53\xf1\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x1a\x43\x2d\x41\x41\x41\x41\x41\x41\x41\x41\x41"
	"\x41\x41\x41\x41\x41\x41\x41\x41\x41\x41\x41\x41\x41\x41\x41\x00\x00\x00\x05\x50\x68\x6f\x6e\x65"
	"\x00\x00\x00\x00\x5f\x5e\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00\x1e\x00\x14\x30\x31\x32\x33"
	"\x34\x35\x36\x37\x38\x39\x61\x62\x63\x64\x65\x66\x30\x31\x32\x33\x00\x00\x00\x00\x03\x60\xaa\x2a"
	"\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00\x1a\x43\x2d\x42\x42\x42\x42"
	"\x42\x42\x42\x42\x42\x42\x42\x42\x42\x42\x42\x42\x42\x42\x42\x42\x42\x42\x42\x42\x02\x00\x00\x04"
	"\x42\x6c\x75\x65\x00\x00\x00\x00\x5f\x5e\x10\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xf8\x00\x20\x5a\x5a"
	"\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a"
	"\x5a\x5a\x5a\x5a\x5a\x5a\x00\x10\x3c\x3c\x3c\x3c\x3c\x3c\x3c\x3c\x3c\x3c\x3c\x3c\x3c\x3c\x3c\x3c"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x0a\x42\x6c\x75\x65\x20\x4b\x65\x79\x20\x35\x01\x00\x00\x01\x01\x00\x00\x00\x00\x00"
	"\x00\x00\x05\x01\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x00\x00\x00\x00"
	"\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00"
	"\x00\x00\x00\x53";

static void a_record_of_the_third_format_is_read_and_goes_on_as_the_newest(void **state)
{
	struct user_record *record = NULL;
	uint8_t *bytes = NULL;
	size_t size = 0;

	(void)state;
	assert_ok(user_record_unpack(format_3, sizeof(format_3) - 1, &record));
	assert_string_equal(record->name, "alice");
	assert_int_equal(record->receipts_from, 7); /* a place in the log then, a version now */
	assert_int_equal(record->locked_others[0], 0);
	assert_int_equal(record->fresh_from, 0);
	assert_int_equal(record->credential_count, 2);
	assert_int_equal(record->credentials[0].otp.last_step, 56666666);
	assert_int_equal(record->credentials[1].key->counter, 9);
	assert_int_equal(record->credentials[1].key->recent_count, 0);
	assert_int_equal(record->credentials[1].key->enrolled_log, 5);
	assert_int_equal(record->tally_count, 1);
	record->locked_others[LOCKS_OF_OTHERS - 1] = 1700000001;
	assert_ok(user_record_pack(record, &bytes, &size));
	assert_int_equal(bytes[0], 4);
	user_record_free(&record);
	assert_ok(user_record_unpack(bytes, size, &record));
	assert_int_equal(record->locked_others[LOCKS_OF_OTHERS - 1], 1700000001);
	assert_int_equal(record->tallies[0].total, 3);
	user_record_free(&record);
	free(bytes);
}

static void a_record_of_the_first_format_is_read_and_goes_on_as_the_newest(void **state)
{
	struct user_record *record = NULL;
	uint8_t *bytes = NULL;
	size_t size = 0;

	(void)state;
	assert_ok(user_record_unpack(format_1, sizeof(format_1) - 1, &record));
	assert_string_equal(record->name, "alice");
	assert_int_equal(record->version, 7);
	assert_int_equal(record->guesses.unknown.times[0], 1699999999);
	assert_int_equal(record->credential_count, 2);
	assert_string_equal(record->credentials[0].id, "C-AAAAAAAAAAAAAAAAAAAAAAAA");
	assert_int_equal(record->credentials[0].type, CREDENTIAL_TOTP);
	assert_int_equal(record->credentials[0].otp.last_step, 56666666);
	assert_memory_equal(record->credentials[0].otp.bytes, "0123456789abcdef0123", 20);
	assert_int_equal(record->credentials[1].type, CREDENTIAL_HOTP);
	assert_int_equal(record->credentials[1].state, CREDENTIAL_REVOKED);
	assert_int_equal(record->credentials[1].otp.next_counter, 42);
	assert_int_equal(record->credentials[1].strong_from, 1600086401);
	give_key(user_record_add_credential(record), CREDENTIAL_KEY);
	assert_ok(user_record_pack(record, &bytes, &size));
	assert_int_equal(bytes[0], 4);
	user_record_free(&record);
	assert_ok(user_record_unpack(bytes, size, &record));
	assert_int_equal(record->credential_count, 3);
	assert_string_equal(record->credentials[2].key->model, "Blue Key 5");
	user_record_free(&record);
	free(bytes);
}

static void the_first_format_knows_no_keys_and_there_is_none_before_it_nor_a_fifth(void **state)
{
	struct user_record *record = user_record_new("alice", 1000), *back = NULL;
	uint8_t *bytes = NULL;
	size_t size = 0;

	(void)state;
	give_key(user_record_add_credential(record), CREDENTIAL_KEY);
	assert_ok(user_record_pack(record, &bytes, &size));
	bytes[0] = 1;
	assert_error(user_record_unpack(bytes, size, &back), STEPUP_CORRUPT);
	free(bytes);
	for (unsigned format = 0; format <= 5; format += 5) {
		uint8_t other[sizeof(format_1)];

		memcpy(other, format_1, sizeof(other));
		other[0] = (uint8_t)format;
		assert_error(user_record_unpack(other, sizeof(other) - 1, &back), STEPUP_CORRUPT);
	}
	user_record_free(&record);
}

static void a_key_that_could_not_be_read_back_is_not_written(void **state)
{
	struct user_record *record = user_record_new("alice", 1000);
	struct credential *credential = user_record_add_credential(record);
	uint8_t *bytes = NULL;
	size_t size = 0;

	(void)state;
	credential->type = CREDENTIAL_KEY;
	assert_error(user_record_pack(record, &bytes, &size), STEPUP_INVALID);
	give_key(credential, CREDENTIAL_KEY);
	credential->key->algorithm = -36;
	assert_error(user_record_pack(record, &bytes, &size), STEPUP_INVALID);
	credential->key->algorithm = KEY_ES256;
	credential->key->id_size = KEY_ID_MAX + 1;
	assert_error(user_record_pack(record, &bytes, &size), STEPUP_INVALID);
	credential->key->id_size = 16;
	assert_ok(user_record_pack(record, &bytes, &size));
	user_record_free(&record);
	free(bytes);
}

static void a_copied_credential_has_a_key_of_its_own_and_keeps_its_id(void **state)
{
	struct user_record *record = user_record_new("alice", 1000);
	struct credential original = {.created = 5}, *copy = user_record_add_credential(record);
	char id[CREDENTIAL_ID_SIZE];

	(void)state;
	memcpy(id, copy->id, sizeof(id));
	give_key(&original, CREDENTIAL_AGENT);
	give_key(copy, CREDENTIAL_KEY);
	assert_ok(credential_copy(copy, &original));
	assert_string_equal(copy->id, id);
	memcpy(original.id, id, sizeof(id));
	assert_same_credential(&original, copy);
	credential_wipe(&original);
	assert_null(original.key);
	assert_int_equal(original.created, 0);
	/* Keys move with the array, and go with the record. */
	for (int i = 0; i < 5; i++)
		give_key(user_record_add_credential(record), CREDENTIAL_KEY);
	assert_string_equal(record->credentials[0].id, id);
	assert_string_equal(record->credentials[0].key->application, "ssh:");
	user_record_free(&record);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_record_comes_back_from_its_bytes_as_it_was),
	cmocka_unit_test(bytes_cut_short_or_followed_by_more_make_no_record),
	cmocka_unit_test(changed_bytes_make_a_valid_record_or_none),
	cmocka_unit_test(a_user_has_at_most_so_many_credentials_with_ids_of_their_own),
	cmocka_unit_test(names_that_are_empty_or_too_long_make_no_record),
	cmocka_unit_test(a_record_of_the_third_format_is_read_and_goes_on_as_the_newest),
	cmocka_unit_test(a_record_of_the_first_format_is_read_and_goes_on_as_the_newest),
	cmocka_unit_test(the_first_format_knows_no_keys_and_there_is_none_before_it_nor_a_fifth),
	cmocka_unit_test(a_key_that_could_not_be_read_back_is_not_written),
	cmocka_unit_test(a_copied_credential_has_a_key_of_its_own_and_keeps_its_id),
};

TAP_MAIN(tests)
