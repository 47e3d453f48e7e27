/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which keys are, or were, anybody's.
 */
#include "tests/unit/store/store_fixture.h"

/* A key whose public key and credential id are made of one byte each; no id for 0. */
static struct key_credential key_of(uint8_t public_byte, uint8_t id_byte)
{
	struct key_credential key = {
		.algorithm = KEY_ES256, .public_key_size = 64, .id_size = id_byte == 0 ? 0 : 48};

	memset(key.public_key, public_byte, key.public_key_size);
	memset(key.id, id_byte, key.id_size);
	return key;
}

static const struct key_owner alice = {.user_id = {1}, .credential = "C-alice"},
	bob = {.user_id = {2}, .credential = "C-bob"};

static enum stepup_error add(struct fixture *fixture, const struct key_credential *key,
	const struct key_owner *owner)
{
	enum stepup_error error;

	assert_ok(store_begin(fixture->writer));
	error = store_key_id_add(fixture->writer, key, owner);
	if (error == STEPUP_OK)
		assert_ok(store_commit(fixture->writer));
	else
		store_rollback(fixture->writer);
	return error;
}

static enum stepup_error find(struct fixture *fixture, const struct key_credential *key,
	struct key_owner *owner)
{
	memset(owner, 0, sizeof(*owner));
	return store_key_id_find(fixture->reader, key, owner);
}

static void a_key_is_known_by_its_id_and_by_its_public_key(void **state)
{
	struct fixture *fixture = *state;
	struct key_credential key = key_of(3, 4), same_id = key_of(5, 4), same_public = key_of(3, 6),
		as_agents = key_of(3, 0), other = key_of(5, 6), crossed = key_of(4, 3);
	struct key_owner owner;

	assert_error(find(fixture, &key, &owner), STEPUP_NOT_FOUND);
	assert_ok(add(fixture, &key, &alice));
	assert_ok(find(fixture, &key, &owner));
	assert_memory_equal(owner.user_id, alice.user_id, USER_ID_SIZE);
	assert_string_equal(owner.credential, "C-alice");
	assert_ok(find(fixture, &same_id, &owner));
	assert_ok(find(fixture, &same_public, &owner));
	assert_ok(find(fixture, &as_agents, &owner));
	assert_error(find(fixture, &other, &owner), STEPUP_NOT_FOUND);
	assert_error(find(fixture, &crossed, &owner), STEPUP_NOT_FOUND);
}

static void a_key_is_added_once_by_anybody(void **state)
{
	struct fixture *fixture = *state;
	struct key_credential key = key_of(3, 4), same_id = key_of(5, 4), same_public = key_of(3, 6);
	struct key_owner owner;

	assert_ok(add(fixture, &key, &alice));
	assert_error(add(fixture, &key, &alice), STEPUP_EXISTS);
	assert_error(add(fixture, &key, &bob), STEPUP_EXISTS);
	assert_error(add(fixture, &same_id, &bob), STEPUP_EXISTS);
	assert_error(add(fixture, &same_public, &bob), STEPUP_EXISTS);
	same_id.id_size = 0; /* what was refused left nothing */
	assert_error(find(fixture, &same_id, &owner), STEPUP_NOT_FOUND);
	fixture_close(fixture);
	fixture_open(fixture);
	assert_ok(find(fixture, &key, &owner));
	assert_error(add(fixture, &key, &bob), STEPUP_EXISTS);
}

static void the_algorithm_and_the_length_tell_public_keys_apart(void **state)
{
	struct fixture *fixture = *state;
	struct key_credential key = key_of(0, 0), other = key, shorter = key;
	struct key_owner owner;

	other.algorithm = KEY_EDDSA;
	shorter.public_key_size = 32;
	assert_ok(add(fixture, &key, &alice));
	assert_error(find(fixture, &other, &owner), STEPUP_NOT_FOUND);
	assert_error(find(fixture, &shorter, &owner), STEPUP_NOT_FOUND);
}

static void a_key_with_the_longest_id_and_public_key_is_kept(void **state)
{
	struct fixture *fixture = *state;
	struct key_credential key = key_of(9, 9);
	struct key_owner owner;

	key.algorithm = KEY_RS256;
	key.public_key_size = KEY_PUBLIC_MAX;
	key.id_size = KEY_ID_MAX;
	memset(key.id, 9, key.id_size);
	assert_ok(add(fixture, &key, &alice));
	assert_ok(find(fixture, &key, &owner));
}

static void the_table_shows_neither_ids_nor_owners(void **state)
{
	struct fixture *fixture = *state;
	struct key_credential key = key_of(0x33, 0x44);

	assert_ok(add(fixture, &key, &alice));
	/* As somebody would look for them who has the database alone. */
	fixture_tamper(fixture, "CREATE TABLE found (n INTEGER CHECK (n = 0));"
		"INSERT INTO found SELECT count(*) FROM key_ids WHERE instr(digest, x'33333333') > 0 "
		"OR instr(digest, x'44444444') > 0"
		" OR instr(sealed, x'33333333') > 0 OR instr(sealed, CAST('C-alice' AS BLOB)) > 0; "
		"DROP TABLE found;");
}

static void rows_that_were_changed_or_exchanged_are_refused(void **state)
{
	struct fixture *fixture = *state;
	struct key_credential one = key_of(1, 0), two = key_of(2, 0);
	struct key_owner owner;

	assert_ok(add(fixture, &one, &alice));
	assert_ok(add(fixture, &two, &bob));
	fixture_tamper(fixture, "UPDATE key_ids SET sealed = (SELECT sealed FROM key_ids "
		"WHERE digest = (SELECT max(digest) FROM key_ids))");
	assert_true((find(fixture, &one, &owner) == STEPUP_CORRUPT) != (find(fixture, &two,
				&owner) == STEPUP_CORRUPT));
	fixture_tamper(fixture, "UPDATE key_ids SET sealed = x'00'");
	assert_error(find(fixture, &one, &owner), STEPUP_CORRUPT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

static const struct CMUnitTest tests[] = {
	TEST(a_key_is_known_by_its_id_and_by_its_public_key),
	TEST(a_key_is_added_once_by_anybody),
	TEST(the_algorithm_and_the_length_tell_public_keys_apart),
	TEST(a_key_with_the_longest_id_and_public_key_is_kept),
	TEST(the_table_shows_neither_ids_nor_owners),
	TEST(rows_that_were_changed_or_exchanged_are_refused),
};

TAP_MAIN(tests)
