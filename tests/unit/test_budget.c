/* SPDX-License-Identifier: BSD-2-Clause */
/* What one uid may take, and what it leaves to others. */
#include <stdlib.h>

#include "tests/unit/cmocka_tap.h"
#include "verifier/server/budget.h"

#define ALICE 1000
#define BOB 1001
#define NOW INT64_C(5000000)

static void connect_many(struct budgets *all, uid_t uid, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_non_null(budget_connect(all, uid, NOW));
}

static void an_ordinary_uid_has_64_connections_and_others_are_still_let_in(void **state)
{
	struct budgets *all = budgets_new(8192);

	(void)state;
	connect_many(all, ALICE, BUDGET_CONNECTIONS_ORDINARY);
	assert_null(budget_connect(all, ALICE, NOW));
	assert_non_null(budget_connect(all, BOB, NOW));
	assert_non_null(budget_connect(all, 0, NOW));
	budgets_free(&all);
}

static void a_connection_that_closes_makes_room_for_another(void **state)
{
	struct budgets *all = budgets_new(8192);
	struct budget *budget;

	(void)state;
	connect_many(all, ALICE, BUDGET_CONNECTIONS_ORDINARY - 1);
	budget = budget_connect(all, ALICE, NOW);
	assert_null(budget_connect(all, ALICE, NOW));
	budget_disconnect(all, budget);
	assert_non_null(budget_connect(all, ALICE, NOW));
	budgets_free(&all);
}

static void a_caller_has_1024_connections(void **state)
{
	struct budgets *all = budgets_new(8192);
	struct budget *budget = budget_connect(all, ALICE, NOW);

	(void)state;
	budget_set_rank(budget, BUDGET_CALLER);
	connect_many(all, ALICE, BUDGET_CONNECTIONS_CALLER - 1);
	assert_null(budget_connect(all, ALICE, NOW));
	budgets_free(&all);
}

static void ordinary_uids_together_leave_an_eighth_to_root_and_callers(void **state)
{
	struct budgets *all = budgets_new(800);
	size_t connected = 0;

	(void)state;
	for (uid_t uid = 1; uid < 1000; uid++) {
		while (budget_connect(all, uid, NOW) != NULL)
			connected++;
	}
	assert_int_equal(connected, 700);
	connect_many(all, 0, 100);
	assert_null(budget_connect(all, 0, NOW));
	budgets_free(&all);
}

static void while_connections_are_scarce_an_ordinary_uid_has_four(void **state)
{
	struct budgets *all = budgets_new(800);
	uid_t uid = 1;

	(void)state;
	for (; budgets_connections(all) < 600; uid++) {
		for (int i = 0; i < 30; i++)
			assert_non_null(budget_connect(all, uid, NOW));
	}
	connect_many(all, uid, BUDGET_CONNECTIONS_SCARCE);
	assert_null(budget_connect(all, uid, NOW));
	budgets_free(&all);
}

static void bytes_over_the_budget_are_owed_until_time_has_paid_them(void **state)
{
	struct budgets *all = budgets_new(8192);
	struct budget *budget = budget_connect(all, ALICE, NOW);

	(void)state;
	budget_charge(budget, 4 * BUDGET_BYTES_ORDINARY, NOW);
	assert_false(budget_in_debt(budget, NOW));
	budget_charge(budget, BUDGET_BYTES_ORDINARY, NOW);
	assert_true(budget_in_debt(budget, NOW));
	assert_true(budget_in_debt(budget, NOW + 999));
	assert_false(budget_in_debt(budget, NOW + 1000));
	budgets_free(&all);
}

static void begins_over_the_budget_are_told_when_to_come_back(void **state)
{
	struct budgets *all = budgets_new(8192);
	struct budget *budget = budget_connect(all, ALICE, NOW);
	int64_t wait;

	(void)state;
	for (int i = 0; i < BUDGET_BEGINS_ORDINARY; i++)
		assert_int_equal(budget_begin(budget, NOW), 0);
	wait = budget_begin(budget, NOW);
	assert_true(wait > 0 && wait <= 60);
	assert_int_equal(budget_begin(budget, NOW + wait * 1000), 0);
	budgets_free(&all);
}

static void a_minute_after_all_is_spent_all_is_there_again_and_no_more(void **state)
{
	struct budgets *all = budgets_new(8192);
	struct budget *budget = budget_connect(all, ALICE, NOW);
	int begun = 0;

	(void)state;
	while (budget_begin(budget, NOW) == 0)
		;
	while (budget_begin(budget, NOW + INT64_C(1000) * 86400) == 0)
		begun++;
	assert_int_equal(begun, BUDGET_BEGINS_ORDINARY);
	budgets_free(&all);
}

static void root_is_not_slowed_down(void **state)
{
	struct budgets *all = budgets_new(8192);
	struct budget *budget = budget_connect(all, 0, NOW);

	(void)state;
	for (int i = 0; i < 2000000; i++)
		assert_int_equal(budget_begin(budget, NOW), 0);
	for (int i = 0; i < 10; i++)
		budget_charge(budget, SIZE_MAX / 4, NOW);
	assert_false(budget_in_debt(budget, NOW));
	budgets_free(&all);
}

static void unfinished_messages_of_one_uid_have_a_common_limit(void **state)
{
	struct budgets *all = budgets_new(8192);
	struct budget *budget = budget_connect(all, ALICE, NOW);

	(void)state;
	for (int i = 0; i < 16; i++)
		assert_true(budget_hold(budget, 0, 65536));
	assert_false(budget_hold(budget, 0, 1));
	assert_true(budget_hold(budget, 65536, 0));
	assert_true(budget_hold(budget, 0, 65536));
	budgets_free(&all);
}

static void the_table_forgets_uids_that_owe_nothing_and_only_those(void **state)
{
	struct budgets *all = budgets_new(8192);
	struct budget *alice = budget_connect(all, ALICE, NOW), *bob = budget_connect(all, BOB, NOW);

	(void)state;
	budget_disconnect(all, bob);
	(void)budget_begin(alice, NOW);
	budget_disconnect(all, alice);
	budgets_sweep(all, NOW);
	assert_int_equal(budgets_uids(all), 1);
	budgets_sweep(all, NOW + 1000);
	assert_int_equal(budgets_uids(all), 0);
	budgets_free(&all);
}

static void the_table_is_bounded_whatever_uids_come(void **state)
{
	struct budgets *all = budgets_new(16);
	struct budget *budget;

	(void)state;
	for (uid_t uid = 1; uid < 100000; uid++) {
		budget = budget_connect(all, uid, NOW);
		if (budget != NULL)
			budget_disconnect(all, budget);
	}
	assert_true(budgets_uids(all) < 5000);
	assert_non_null(budget_connect(all, 0, NOW));
	budgets_free(&all);
}

static const struct CMUnitTest facts[] = {
	cmocka_unit_test(an_ordinary_uid_has_64_connections_and_others_are_still_let_in),
	cmocka_unit_test(a_connection_that_closes_makes_room_for_another),
	cmocka_unit_test(a_caller_has_1024_connections),
	cmocka_unit_test(ordinary_uids_together_leave_an_eighth_to_root_and_callers),
	cmocka_unit_test(while_connections_are_scarce_an_ordinary_uid_has_four),
	cmocka_unit_test(bytes_over_the_budget_are_owed_until_time_has_paid_them),
	cmocka_unit_test(begins_over_the_budget_are_told_when_to_come_back),
	cmocka_unit_test(a_minute_after_all_is_spent_all_is_there_again_and_no_more),
	cmocka_unit_test(root_is_not_slowed_down),
	cmocka_unit_test(unfinished_messages_of_one_uid_have_a_common_limit),
	cmocka_unit_test(the_table_forgets_uids_that_owe_nothing_and_only_those),
	cmocka_unit_test(the_table_is_bounded_whatever_uids_come),
};

TAP_MAIN(facts)
