/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verifier/doors/pending/freshness.h: what covers whom, where, and for how long.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <string.h>

#include "verifier/doors/pending/freshness.h"

#define MINUTE_MS INT64_C(60000)

static const uint8_t alice[USER_ID_SIZE] = {1}, bob[USER_ID_SIZE] = {2};
static const uint8_t desk[DIGEST_SIZE] = {3}, home[DIGEST_SIZE] = {4};
static const struct fresh_grant granted = {.credential = "C-one", .strength = FACTOR_CODE, .log_index = 17};
static struct rule look = {.name = "customer.view", .digest = {5}, .fresh_for_seconds = 900};
static struct rule edit = {.name = "customer.edit", .digest = {6}, .fresh_for_seconds = 900};

static struct fresh_place at(const struct rule *rule, const uint8_t *user_id, uid_t caller,
	const uint8_t *sitting)
{
	return (struct fresh_place){.rule = rule, .user_id = user_id, .caller = caller, .sitting = sitting};
}

static void it_covers_the_same_rule_person_caller_and_sitting_only(void **state)
{
	struct freshness *freshness = freshness_new();
	struct fresh_place place = at(&look, alice, 33, desk);
	struct fresh_place others[] = {at(&edit, alice, 33, desk), at(&look, bob, 33, desk),
		at(&look, alice, 34, desk), at(&look, alice, 33, home)};
	struct rule changed = look;

	(void)state;
	assert_non_null(freshness);
	assert_null(freshness_find(freshness, &place, 0));
	freshness_remember(freshness, &place, "alice", &granted, 0);
	assert_non_null(freshness_find(freshness, &place, MINUTE_MS));
	assert_int_equal(freshness_find(freshness, &place, MINUTE_MS)->log_index, 17);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_null(freshness_find(freshness, &others[i], MINUTE_MS));
	changed.digest[1] = 1;
	place.rule = &changed;
	assert_null(freshness_find(freshness, &place, MINUTE_MS));
	freshness_free(&freshness);
	assert_null(freshness);
}

static void it_ends_to_the_millisecond_and_begins_anew_with_a_later_grant(void **state)
{
	struct freshness *freshness = freshness_new();
	struct fresh_place place = at(&look, alice, 33, desk);

	(void)state;
	assert_non_null(freshness);
	freshness_remember(freshness, &place, "alice", &granted, 0);
	assert_non_null(freshness_find(freshness, &place, 15 * MINUTE_MS - 1));
	assert_null(freshness_find(freshness, &place, 15 * MINUTE_MS));
	freshness_remember(freshness, &place, "alice", &granted, 10 * MINUTE_MS);
	assert_int_equal(freshness_count(freshness), 1);
	assert_non_null(freshness_find(freshness, &place, 25 * MINUTE_MS - 1));
	freshness_sweep(freshness, 25 * MINUTE_MS);
	assert_int_equal(freshness_count(freshness), 0);
	freshness_free(&freshness);
}

static void rules_with_a_service_or_without_fresh_for_are_never_fresh(void **state)
{
	struct freshness *freshness = freshness_new();
	char export[] = "export";
	struct rule served = look, always = look;
	struct fresh_place place = at(&served, alice, 33, desk);

	(void)state;
	assert_non_null(freshness);
	served.service = export;
	freshness_remember(freshness, &place, "alice", &granted, 0);
	assert_int_equal(freshness_count(freshness), 0);
	always.fresh_for_seconds = 0;
	place.rule = &always;
	freshness_remember(freshness, &place, "alice", &granted, 0);
	assert_int_equal(freshness_count(freshness), 0);
	/* What was remembered before it got a service doesn't count either. */
	place.rule = &look;
	freshness_remember(freshness, &place, "alice", &granted, 0);
	place.rule = &served;
	assert_null(freshness_find(freshness, &place, 0));
	freshness_free(&freshness);
}

static void it_is_forgotten_by_person_by_sitting_and_for_all(void **state)
{
	struct freshness *freshness = freshness_new();
	struct fresh_place of_alice = at(&look, alice, 33, desk),
		of_alice_at_home = at(&look, alice, 33, home), of_bob = at(&edit, bob, 33, desk);

	(void)state;
	assert_non_null(freshness);
	freshness_remember(freshness, &of_alice, "alice", &granted, 0);
	freshness_remember(freshness, &of_alice_at_home, "alice", &granted, 0);
	freshness_remember(freshness, &of_bob, "bob", &granted, 0);
	freshness_end_sitting(freshness, 34, desk);
	assert_int_equal(freshness_count(freshness), 3);
	freshness_end_sitting(freshness, 33, home);
	assert_null(freshness_find(freshness, &of_alice_at_home, 0));
	assert_int_equal(freshness_count(freshness), 2);
	freshness_end_user(freshness, "alice");
	freshness_end_user(freshness, "nobody");
	assert_null(freshness_find(freshness, &of_alice, 0));
	assert_non_null(freshness_find(freshness, &of_bob, 0));
	freshness_end_user(freshness, NULL);
	assert_int_equal(freshness_count(freshness), 0);
	freshness_free(&freshness);
}

static void one_person_takes_so_many_places_and_no_more(void **state)
{
	struct freshness *freshness = freshness_new();
	uint8_t sitting[DIGEST_SIZE] = {0};
	struct fresh_place place = at(&look, alice, 33, sitting);

	(void)state;
	assert_non_null(freshness);
	for (unsigned i = 0; i < FRESHNESS_PER_USER + 10; i++) {
		memcpy(sitting, &i, sizeof(i));
		freshness_remember(freshness, &place, "alice", &granted, 0);
	}
	assert_int_equal(freshness_count(freshness), FRESHNESS_PER_USER);
	assert_null(freshness_find(freshness, &place, 0));
	place.user_id = bob;
	freshness_remember(freshness, &place, "bob", &granted, 0);
	assert_non_null(freshness_find(freshness, &place, 0));
	freshness_free(&freshness);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(it_covers_the_same_rule_person_caller_and_sitting_only),
	cmocka_unit_test(it_ends_to_the_millisecond_and_begins_anew_with_a_later_grant),
	cmocka_unit_test(rules_with_a_service_or_without_fresh_for_are_never_fresh),
	cmocka_unit_test(it_is_forgotten_by_person_by_sitting_and_for_all),
	cmocka_unit_test(one_person_takes_so_many_places_and_no_more),
};

TAP_MAIN(tests)
