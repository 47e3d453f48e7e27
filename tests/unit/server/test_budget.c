/* SPDX-License-Identifier: BSD-2-Clause */
/* What one uid may take, and what it leaves to others. */
#include <stdlib.h>

#include "tests/unit/cmocka_tap.h"
#include "verifier/server/budget.h"

#define ALICE 1000
#define BOB 1001
#define NOW INT64_C(5000000)

#define MEMBERS 2048

static struct budget_member members[MEMBERS];
static size_t used;

/* A connection of a uid; NULL where there is none. `named`: of one that has an account. */
static struct budget_member *member_of(struct budgets *all, uid_t uid, bool named)
{
	struct budget_member *member = &members[used % MEMBERS];

	if (!budget_connect(all, uid, NOW, member))
		return NULL;
	used++;
	budget_set_named(all, member->budget, named, NOW);
	return member;
}

static struct budget *connect_one(struct budgets *all, uid_t uid)
{
	struct budget_member *member = member_of(all, uid, true);

	return member == NULL ? NULL : member->budget;
}

static void connect_many(struct budgets *all, uid_t uid, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_non_null(connect_one(all, uid));
}

/* A budget with nothing used up. */
static struct budget *fresh_one(struct budgets *all, uid_t uid)
{
	struct budget *budget = connect_one(all, uid);

	assert_non_null(budget);
	budget_set_rank(all, budget, BUDGET_CALLER);
	budget_set_rank(all, budget, BUDGET_ORDINARY);
	return budget;
}

static void an_ordinary_uid_has_64_connections_and_others_are_still_let_in(void **state)
{
	struct budgets *all = budgets_new(8192);

	(void)state;
	connect_many(all, ALICE, BUDGET_CONNECTIONS_ORDINARY);
	assert_null(connect_one(all, ALICE));
	assert_non_null(connect_one(all, BOB));
	assert_non_null(connect_one(all, 0));
	budgets_free(&all);
}

static void a_connection_that_closes_makes_room_for_another(void **state)
{
	struct budgets *all = budgets_new(8192);
	struct budget_member *member;

	(void)state;
	connect_many(all, ALICE, BUDGET_CONNECTIONS_ORDINARY - 1);
	member = member_of(all, ALICE, true);
	assert_null(connect_one(all, ALICE));
	budget_disconnect(all, member);
	assert_non_null(connect_one(all, ALICE));
	budgets_free(&all);
}

static void a_caller_has_1024_connections(void **state)
{
	struct budgets *all = budgets_new(8192);
	struct budget *budget = connect_one(all, ALICE);

	(void)state;
	budget_set_rank(all, budget, BUDGET_CALLER);
	connect_many(all, ALICE, BUDGET_CONNECTIONS_CALLER - 1);
	assert_null(connect_one(all, ALICE));
	budgets_free(&all);
}

static void ordinary_uids_together_leave_an_eighth_to_root_and_callers(void **state)
{
	struct budgets *all = budgets_new(800);
	size_t connected = 0;

	(void)state;
	for (uid_t uid = 1; uid < 1000; uid++) {
		while (connect_one(all, uid) != NULL)
			connected++;
	}
	assert_int_equal(connected, 700);
	connect_many(all, 0, 100);
	assert_null(connect_one(all, 0));
	budgets_free(&all);
}

static void while_connections_are_scarce_an_ordinary_uid_has_four(void **state)
{
	struct budgets *all = budgets_new(800);
	uid_t uid = 1;

	(void)state;
	for (; budgets_connections(all) < 600; uid++) {
		for (int i = 0; i < 30; i++)
			assert_non_null(connect_one(all, uid));
	}
	connect_many(all, uid, BUDGET_CONNECTIONS_SCARCE);
	assert_null(connect_one(all, uid));
	budgets_free(&all);
}

static void bytes_over_the_budget_are_owed_until_time_has_paid_them(void **state)
{
	struct budgets *all = budgets_new(8192);
	struct budget *budget = fresh_one(all, ALICE);

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
	struct budget *budget = fresh_one(all, ALICE);
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
	struct budget *budget = fresh_one(all, ALICE);
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
	struct budget *budget = connect_one(all, 0);

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
	struct budget *budget = fresh_one(all, ALICE);

	(void)state;
	for (int i = 0; i < 16; i++)
		assert_true(budget_hold(budget, 0, 65536));
	assert_false(budget_hold(budget, 0, 1));
	assert_true(budget_hold(budget, 65536, 0));
	assert_true(budget_hold(budget, 0, 65536));
	budgets_free(&all);
}

static void junk_leaves_seconds_of_debt_however_much_it_was(void **state)
{
	struct budgets *all = budgets_new(8192);
	struct budget *budget = fresh_one(all, ALICE);

	(void)state;
	for (int i = 0; i < 70000; i++)
		budget_charge(budget, 60000, NOW);
	assert_true(budget_in_debt(budget, NOW + BUDGET_DEBT_SECONDS * 1000 - 1));
	assert_false(budget_in_debt(budget, NOW + BUDGET_DEBT_SECONDS * 1000));
	budget_charge(budget, SIZE_MAX, NOW + BUDGET_DEBT_SECONDS * 1000);
	assert_false(budget_in_debt(budget, NOW + 2 * BUDGET_DEBT_SECONDS * 1000));
	budgets_free(&all);
}

static void connections_cost_something_also_those_that_were_turned_away(void **state)
{
	struct budgets *all = budgets_new(8192);
	struct budget *budget = fresh_one(all, ALICE);
	int connected = 0;

	(void)state;
	for (; !budget_owes(all, ALICE, NOW); connected++) {
		struct budget_member *member = member_of(all, ALICE, true);

		assert_non_null(member);
		budget_disconnect(all, member);
	}
	assert_in_range(connected, 1000, 4 * BUDGET_BYTES_ORDINARY / BUDGET_CONNECTION_COST + 1);
	assert_true(budget_in_debt(budget, NOW));
	for (int i = 0; i < 100000; i++)
		budget_turned_away(all, ALICE, NOW);
	assert_true(budget_in_debt(budget, NOW + BUDGET_DEBT_SECONDS * 1000 - 1));
	assert_false(budget_in_debt(budget, NOW + BUDGET_DEBT_SECONDS * 1000));
	budgets_free(&all);
}

static void brakes_cost_nothing_else_and_are_counted_for_themselves(void **state)
{
	struct budgets *all = budgets_new(8192);
	struct budget *budget = fresh_one(all, ALICE);
	int braked = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		budget_charge(budget, 4 * BUDGET_BYTES_ORDINARY, NOW);
	while (budget_brake(budget, NOW))
		braked++;
	assert_int_equal(braked, 2 * BUDGET_BRAKES);
	assert_true(budget_brake(budget, NOW + 1000));
	budgets_free(&all);
}

static void with_all_its_places_taken_a_uid_has_some_for_brakes(void **state)
{
	struct budgets *all = budgets_new(8192);
	struct budget_member more[BUDGET_CONNECTIONS_NARROW + 1];

	(void)state;
	connect_many(all, ALICE, BUDGET_CONNECTIONS_ORDINARY);
	assert_null(connect_one(all, ALICE));
	for (int i = 0; i < BUDGET_CONNECTIONS_NARROW; i++)
		assert_true(budget_connect_narrow(all, ALICE, NOW, &more[i]));
	assert_false(budget_connect_narrow(all, ALICE, NOW, &more[BUDGET_CONNECTIONS_NARROW]));
	assert_null(connect_one(all, ALICE));
	budget_disconnect(all, &more[0]);
	assert_true(budget_connect_narrow(all, ALICE, NOW, &more[0]));
	assert_true(budget_connect_narrow(all, BOB, NOW, &more[BUDGET_CONNECTIONS_NARROW]));
	budgets_free(&all);
}

static void uids_without_an_account_share_one_small_budget(void **state)
{
	struct budgets *all = budgets_new(8192);
	size_t connected = 0;

	(void)state;
	for (uid_t uid = 100000; uid < 100397; uid++)
		while (member_of(all, uid, false) != NULL)
			connected++;
	assert_int_equal(connected, BUDGET_CONNECTIONS_UNNAMED);
	assert_non_null(connect_one(all, 0));
	assert_int_equal(budgets_connections(all), BUDGET_CONNECTIONS_UNNAMED + 1);
	budgets_free(&all);
}

static void what_one_of_them_owes_all_owe_and_nobody_with_an_account(void **state)
{
	struct budgets *all = budgets_new(8192);
	struct budget *one = member_of(all, 100000, false)->budget,
		*other = member_of(all, 100001, false)->budget, *alice = connect_one(all, ALICE);

	(void)state;
	for (int i = 0; i < 1000; i++)
		budget_charge(one, BUDGET_BYTES_ORDINARY, NOW);
	assert_true(budget_in_debt(other, NOW));
	assert_false(budget_in_debt(alice, NOW));
	budgets_free(&all);
}

static void a_uid_pays_for_itself_once_it_is_known_to_have_an_account(void **state)
{
	struct budgets *all = budgets_new(8192);
	struct budget_member *first = member_of(all, ALICE, false);
	struct budget_member *others[BUDGET_CONNECTIONS_UNNAMED];
	size_t count = 0;

	(void)state;
	for (uid_t uid = 100000; (others[count] = member_of(all, uid, false)) != NULL; uid++)
		count++;
	assert_int_equal(count, BUDGET_CONNECTIONS_UNNAMED - 1);
	assert_false(budget_has_room(all, ALICE));
	budget_set_named(all, first->budget, true, NOW);
	assert_true(budget_has_room(all, ALICE));
	assert_non_null(member_of(all, 200000, false)); /* in the place that it had there */
	budget_disconnect(all, first);
	budgets_sweep(all, NOW + 60000);
	assert_true(budget_has_room(all, ALICE)); /* it is remembered */
	budgets_free(&all);
}

static void what_a_uid_holds_goes_along_when_it_pays_for_itself(void **state)
{
	struct budgets *all = budgets_new(8192);
	struct budget *one = member_of(all, 100000, false)->budget,
		*alice = member_of(all, ALICE, false)->budget;

	(void)state;
	assert_true(budget_hold(alice, 0, BUDGET_HELD_ORDINARY));
	assert_false(budget_hold(one, 0, 1));
	budget_set_named(all, alice, true, NOW);
	assert_true(budget_hold(one, 0, BUDGET_HELD_ORDINARY));
	assert_false(budget_hold(alice, 0, 1));
	assert_true(budget_hold(alice, BUDGET_HELD_ORDINARY, 0));
	budgets_free(&all);
}

static void the_table_forgets_uids_that_owe_nothing_and_only_those(void **state)
{
	struct budgets *all = budgets_new(8192);
	struct budget_member *alice = member_of(all, ALICE, true), *nameless = member_of(all, BOB, false);

	(void)state;
	budget_disconnect(all, nameless);
	budget_disconnect(all, alice);
	budgets_sweep(all, NOW);
	assert_int_equal(budgets_uids(all), 1);
	budgets_sweep(all, NOW + BUDGET_KNOWN_MS);
	assert_int_equal(budgets_uids(all), 0);
	budgets_free(&all);
}

static void the_table_is_bounded_whatever_uids_come(void **state)
{
	struct budgets *all = budgets_new(16);

	(void)state;
	for (uid_t uid = 1; uid < 100000; uid++) {
		struct budget_member *member = member_of(all, uid, uid % 2 == 0);

		if (member != NULL)
			budget_disconnect(all, member);
	}
	assert_true(budgets_uids(all) < 5000);
	assert_non_null(connect_one(all, 0));
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
	cmocka_unit_test(junk_leaves_seconds_of_debt_however_much_it_was),
	cmocka_unit_test(connections_cost_something_also_those_that_were_turned_away),
	cmocka_unit_test(brakes_cost_nothing_else_and_are_counted_for_themselves),
	cmocka_unit_test(with_all_its_places_taken_a_uid_has_some_for_brakes),
	cmocka_unit_test(uids_without_an_account_share_one_small_budget),
	cmocka_unit_test(what_one_of_them_owes_all_owe_and_nobody_with_an_account),
	cmocka_unit_test(a_uid_pays_for_itself_once_it_is_known_to_have_an_account),
	cmocka_unit_test(what_a_uid_holds_goes_along_when_it_pays_for_itself),
	cmocka_unit_test(the_table_forgets_uids_that_owe_nothing_and_only_those),
	cmocka_unit_test(the_table_is_bounded_whatever_uids_come),
};

TAP_MAIN(facts)
