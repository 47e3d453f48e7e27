/* SPDX-License-Identifier: BSD-2-Clause */
/* Step-ups in memory: whose they are, how many, when they end. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_tap.h"
#include "verifier/host/clock.h"
#include "verifier/doors/transactions.h"

#define ALICE 1000
#define BOB 1001
#define CONSOLE 2000

static struct transaction *begin(struct transactions *all, uid_t uid, const char *user)
{
	struct transaction *transaction = NULL;

	assert_int_equal(transaction_new(all, uid, TRANSACTIONS_PER_UID, false, &transaction), STEPUP_OK);
	strcpy(transaction->user, user);
	return transaction;
}

static void a_transaction_is_found_by_its_name_and_its_uid(void **state)
{
	struct transactions *all = transactions_new();
	struct transaction *transaction = begin(all, ALICE, "alice");

	(void)state;
	assert_int_equal(strlen(transaction->name), TRANSACTION_NAME_SIZE - 1);
	assert_ptr_equal(transaction_find(all, transaction->name, ALICE), transaction);
	transactions_free(&all);
}

static void another_uid_finds_nothing_not_even_root(void **state)
{
	struct transactions *all = transactions_new();
	struct transaction *transaction = begin(all, ALICE, "alice");

	(void)state;
	assert_null(transaction_find(all, transaction->name, BOB));
	assert_null(transaction_find(all, transaction->name, 0));
	transactions_free(&all);
}

static void names_that_were_never_given_find_nothing(void **state)
{
	struct transactions *all = transactions_new();
	struct transaction *transaction = begin(all, ALICE, "alice");
	char name[TRANSACTION_NAME_SIZE];

	(void)state;
	memcpy(name, transaction->name, sizeof(name));
	name[0] = name[0] == 'A' ? 'B' : 'A';
	assert_null(transaction_find(all, name, ALICE));
	name[TRANSACTION_NAME_SIZE - 2] = '\0';
	assert_null(transaction_find(all, name, ALICE));
	assert_null(transaction_find(all, "", ALICE));
	assert_null(transaction_find(all, NULL, ALICE));
	transactions_free(&all);
}

static void names_differ(void **state)
{
	struct transactions *all = transactions_new();
	struct transaction *one = begin(all, ALICE, "alice"), *other = begin(all, ALICE, "alice");

	(void)state;
	assert_string_not_equal(one->name, other->name);
	transactions_free(&all);
}

static void one_that_has_expired_is_not_found_and_is_swept(void **state)
{
	struct transactions *all = transactions_new();
	struct transaction *transaction = begin(all, ALICE, "alice");
	char name[TRANSACTION_NAME_SIZE];

	(void)state;
	memcpy(name, transaction->name, sizeof(name));
	transactions_sweep(all, transaction->expires_boot_ms - 1, NULL, NULL);
	assert_int_equal(transactions_count(all), 1);
	transaction->expires_boot_ms = clock_boot_ms();
	assert_null(transaction_find(all, name, ALICE));
	transactions_sweep(all, clock_boot_ms(), NULL, NULL);
	assert_int_equal(transactions_count(all), 0);
	transactions_free(&all);
}

static void note_user(void *context, const struct transaction *transaction)
{
	strcat(context, transaction->user);
}

static void one_that_has_expired_is_shown_before_it_goes(void **state)
{
	struct transactions *all = transactions_new();
	struct transaction *old = begin(all, ALICE, "alice"), *other = begin(all, ALICE, "bob");
	char seen[64] = "";

	(void)state;
	old->expires_boot_ms = 5;
	other->state = TRANSACTION_ANSWERING; /* whose answer is still to come */
	other->expires_boot_ms = 5;
	transactions_sweep(all, 5, note_user, seen);
	assert_string_equal(seen, "alice");
	other->state = TRANSACTION_SPENT;
	transactions_free(&all);
}

static void one_that_is_being_answered_is_marked_and_not_freed(void **state)
{
	struct transactions *all = transactions_new();
	struct transaction *transaction = begin(all, ALICE, "alice");

	(void)state;
	transaction->state = TRANSACTION_ANSWERING;
	transactions_end_user(all, "alice");
	assert_true(atomic_load(&transaction->ended));
	assert_int_equal(transactions_count(all), 1);
	assert_null(transaction_find(all, transaction->name, ALICE));
	transactions_sweep(all, INT64_MAX, NULL, NULL);
	assert_int_equal(transactions_count(all), 1);
	transaction->state = TRANSACTION_SPENT;
	transaction_end(all, transaction);
	assert_int_equal(transactions_count(all), 0);
	transactions_free(&all);
}

static void ending_a_users_leaves_others(void **state)
{
	struct transactions *all = transactions_new();
	struct transaction *bobs;

	(void)state;
	begin(all, CONSOLE, "alice");
	begin(all, ALICE, "alice");
	bobs = begin(all, CONSOLE, "bob");
	transactions_end_user(all, "alice");
	assert_int_equal(transactions_count(all), 1);
	assert_ptr_equal(transaction_find(all, bobs->name, CONSOLE), bobs);
	transactions_end_user(all, NULL);
	assert_int_equal(transactions_count(all), 0);
	transactions_free(&all);
}

static void an_ordinary_uid_that_has_as_many_as_it_may_is_refused_and_others_are_not(void **state)
{
	struct transactions *all = transactions_new();
	struct transaction *transaction;

	(void)state;
	for (int i = 0; i < TRANSACTIONS_PER_UID; i++)
		begin(all, ALICE, "alice");
	assert_int_equal(transaction_new(all, ALICE, TRANSACTIONS_PER_UID, false, &transaction), STEPUP_THROTTLED);
	assert_null(transaction);
	begin(all, BOB, "bob");
	transactions_free(&all);
}

static void what_nobody_has_answered_yet_gives_way_first(void **state)
{
	struct transactions *all = transactions_new();
	struct transaction *waiting = NULL, *granted = NULL, *asked = NULL, *newest = NULL;
	char name[TRANSACTION_NAME_SIZE];

	(void)state;
	assert_int_equal(transaction_new(all, CONSOLE, 3, true, &waiting), STEPUP_OK);
	waiting->state = TRANSACTION_WAITING;
	assert_int_equal(transaction_new(all, CONSOLE, 3, true, &granted), STEPUP_OK);
	granted->state = TRANSACTION_GRANTED;
	for (int i = 0; i < 5; i++)
		assert_int_equal(transaction_new(all, CONSOLE, 3, true, &asked), STEPUP_OK);
	assert_ptr_equal(transaction_find(all, waiting->name, CONSOLE), waiting);
	assert_ptr_equal(transaction_find(all, granted->name, CONSOLE), granted);
	asked->state = TRANSACTION_WAITING;
	memcpy(name, waiting->name, sizeof(name));
	assert_int_equal(transaction_new(all, CONSOLE, 3, true, &newest), STEPUP_OK);
	assert_null(transaction_find(all, name, CONSOLE)); /* where all have been answered, the oldest */
	transactions_free(&all);
}

static void a_callers_oldest_unanswered_one_gives_way(void **state)
{
	struct transactions *all = transactions_new();
	struct transaction *answering = NULL, *oldest = NULL, *newest = NULL;
	char name[TRANSACTION_NAME_SIZE];

	(void)state;
	assert_int_equal(transaction_new(all, CONSOLE, 3, true, &answering), STEPUP_OK);
	answering->state = TRANSACTION_ANSWERING;
	assert_int_equal(transaction_new(all, CONSOLE, 3, true, &oldest), STEPUP_OK);
	memcpy(name, oldest->name, sizeof(name));
	assert_int_equal(transaction_new(all, CONSOLE, 3, true, &newest), STEPUP_OK);
	assert_int_equal(transaction_new(all, CONSOLE, 3, true, &newest), STEPUP_OK);
	assert_null(transaction_find(all, name, CONSOLE));
	assert_ptr_equal(transaction_find(all, answering->name, CONSOLE), answering);
	assert_int_equal(transactions_count(all), 3);
	answering->state = TRANSACTION_SPENT;
	transactions_free(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_transaction_is_found_by_its_name_and_its_uid),
		cmocka_unit_test(another_uid_finds_nothing_not_even_root),
		cmocka_unit_test(names_that_were_never_given_find_nothing),
		cmocka_unit_test(names_differ),
		cmocka_unit_test(one_that_has_expired_is_not_found_and_is_swept),
		cmocka_unit_test(one_that_has_expired_is_shown_before_it_goes),
		cmocka_unit_test(one_that_is_being_answered_is_marked_and_not_freed),
		cmocka_unit_test(ending_a_users_leaves_others),
		cmocka_unit_test(an_ordinary_uid_that_has_as_many_as_it_may_is_refused_and_others_are_not),
		cmocka_unit_test(a_callers_oldest_unanswered_one_gives_way),
	cmocka_unit_test(what_nobody_has_answered_yet_gives_way_first),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
