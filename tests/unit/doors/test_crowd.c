/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts by person and place: which fall together, and what becomes of them and of their key. */
#include "tests/unit/cmocka_tap.h"

#include <stdbool.h>
#include <string.h>

#include "tests/unit/evidence/crypto_memory.h"
#include "verifier/doors/pending/crowd.h"
#include "verifier/state/records/user_record.h"
#include "verifier/state/vault/kept_mac.h"

static const uint32_t pool_of_root[2] = {0, 1}, pool_of_console[2] = {2000, 1}, other_pool[2] = {0, 2};
static const uint8_t here[DIGEST_SIZE] = {1}, there[DIGEST_SIZE] = {2}, nowhere[DIGEST_SIZE];

static struct crowd_member join(struct crowd *crowd, const uint32_t pool[2], const char *person,
	const uint8_t *place)
{
	struct crowd_member member;

	assert_int_equal(crowd_join(crowd, pool, person, place, &member), STEPUP_OK);
	return member;
}

static void a_person_counts_by_pool_by_name_and_by_place(void **state)
{
	struct crowd *crowd = crowd_new();
	struct crowd_member members[] = {
		join(crowd, pool_of_root, "alice", here),
		join(crowd, pool_of_root, "alice", here),
		join(crowd, pool_of_root, "alice", there),
		join(crowd, pool_of_root, "bob", here),
		join(crowd, pool_of_console, "alice", here),
		join(crowd, other_pool, "alice", here),
		join(crowd, pool_of_root, "alice", nowhere),
	};
	static const size_t shares[] = {2, 2, 1, 1, 1, 1, 1};
	static const size_t weights[] = {4 + 3, 4 + 3, 4 + 1, 1 + 3, 1 + 1, 1 + 1, 4 + 1};

	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		assert_int_equal(crowd_share(&members[i]), shares[i]);
		assert_int_equal(crowd_weight(&members[i]), weights[i]);
	}
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		crowd_leave(&members[i]);
	crowd_free(&crowd);
}

/* Each byte of a name tells two persons apart, also the last one of the longest. */
static void names_that_differ_anywhere_are_two_persons(void **state)
{
	struct crowd *crowd = crowd_new();
	char name[USER_NAME_SIZE];
	struct crowd_member first, second;

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	first = join(crowd, pool_of_root, name, here);
	for (size_t i = 0; i < sizeof(name) - 1; i++) {
		name[i] = 'b';
		second = join(crowd, pool_of_root, name, here);
		assert_int_equal(crowd_share(&second), 1);
		crowd_leave(&second);
		name[i] = 'a';
	}
	name[sizeof(name) - 2] = '\0';
	second = join(crowd, pool_of_root, name, here);
	assert_int_equal(crowd_share(&second), 1);
	crowd_leave(&second);
	crowd_leave(&first);
	crowd_free(&crowd);
}

static void no_name_of_a_user_counts_nowhere(void **state)
{
	struct crowd *crowd = crowd_new();
	char name[USER_NAME_SIZE + 1];
	struct crowd_member member, other;

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(crowd_join(crowd, pool_of_root, name, here, &member), STEPUP_TOO_LONG);
	assert_null(member.person);
	other = join(crowd, pool_of_root, "alice", here);
	assert_int_equal(crowd_weight(&other), CROWD_WEIGHT_SINGLE);
	crowd_leave(&other);
	crowd_free(&crowd);
}

static void without_memory_nobody_is_counted_and_then_everybody_is_found_again(void **state)
{
	unsigned failures = 0;

	(void)state;
	for (long n = 0; n < 100; n++) {
		struct crowd *crowd = crowd_new();
		struct crowd_member first, second;
		enum stepup_error error;
		bool starved;

		assert_non_null(crowd);
		crypto_memory_starve(n);
		error = crowd_join(crowd, pool_of_root, "alice", here, &first);
		starved = crypto_memory_starved();
		crypto_memory_starve(-1);
		if (error != STEPUP_OK) {
			failures++;
			assert_null(first.person);
			first = join(crowd, pool_of_root, "alice", here);
		}
		assert_int_equal(crowd_weight(&first), CROWD_WEIGHT_SINGLE);
		second = join(crowd, pool_of_root, "alice", here);
		assert_int_equal(crowd_share(&second), 2);
		crowd_leave(&first);
		crowd_leave(&second);
		crowd_free(&crowd);
		if (!starved) {
			assert_int_equal(error, STEPUP_OK);
			assert_true(failures >= 2);
			return;
		}
	}
	fail();
}

/* Of AES-256 the key stands at the beginning of what it is scheduled to. */
static void a_kept_macs_key_is_wiped_when_it_goes(void **state)
{
	uint8_t key[KEPT_MAC_KEY_SIZE], blocks[KEPT_MAC_BLOCK] = {0}, result[KEPT_MAC_SIZE];
	struct kept_mac *mac = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(3 + 5 * i);
	crypto_memory_watch(key, sizeof(key));
	assert_int_equal(kept_mac_new(key, &mac), STEPUP_OK);
	assert_int_equal(kept_mac_of(mac, blocks, sizeof(blocks), result), STEPUP_OK);
	assert_true(crypto_memory_holds()); /* so it is looked for rightly */
	kept_mac_free(&mac);
	assert_false(crypto_memory_holds());
	assert_int_equal(crypto_memory_leaked(), 0);
	crypto_memory_watch(NULL, 0);
}

static void a_crowd_leaves_no_memory_behind(void **state)
{
	size_t before = 0;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct crowd *crowd = crowd_new();
		struct crowd_member member = join(crowd, pool_of_root, "alice", here);

		crowd_leave(&member);
		crowd_free(&crowd);
		assert_null(crowd);
		if (i == 0)
			before = crypto_memory_blocks();
	}
	assert_int_equal(crypto_memory_blocks(), before);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_person_counts_by_pool_by_name_and_by_place),
	cmocka_unit_test(names_that_differ_anywhere_are_two_persons),
	cmocka_unit_test(no_name_of_a_user_counts_nowhere),
	cmocka_unit_test(without_memory_nobody_is_counted_and_then_everybody_is_found_again),
	cmocka_unit_test(a_kept_macs_key_is_wiped_when_it_goes),
	cmocka_unit_test(a_crowd_leaves_no_memory_behind),
};

TAP_MAIN(tests)
