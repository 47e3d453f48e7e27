/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verifier/rules/limits/limits.h over a real store: three kinds, sliding windows, nothing charged where
 * something refuses.
 */
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/store/store_fixture.h"
#include "verifier/rules/limits/limits.h"

#define T 1700000000
#define HOUR 3600
#define DAY 86400

static struct user_record *alice, *bob;
static char five_a_day[] = "5 per 24h", records_a_day[] = "20000 records per 24h",
	accounts_an_hour[] = "40 different account per 1h",
	accounts_a_day[] = "120 different account per 24h";

static struct limit export_limits[] = {
	{.kind = LIMIT_COUNT, .maximum = 5, .window_seconds = DAY, .text = five_a_day},
	{.kind = LIMIT_SUM, .maximum = 20000, .detail = "records", .window_seconds = DAY,
		.text = records_a_day},
};
static struct limit view_limits[] = {
	{.kind = LIMIT_DIFFERENT, .maximum = 40, .detail = "account", .window_seconds = HOUR,
		.text = accounts_an_hour},
	{.kind = LIMIT_DIFFERENT, .maximum = 120, .detail = "account", .window_seconds = DAY,
		.text = accounts_a_day},
};
static const struct rule export_rule = {.name = "customer.export", .limits = export_limits, .limit_count = 2};
static const struct rule view_rule = {.name = "customer.view", .limits = view_limits, .limit_count = 2};

/* What the fixture's writer holds against the rule's limits. */
static struct usage usage_of(struct fixture *fixture, const struct rule *rule, const struct action *action,
	int64_t now)
{
	return (struct usage){fixture->store, fixture->writer, rule, action, now};
}

static struct action *make_action(const char *name, const char *account, int64_t records)
{
	static const struct detail_spec specs[] = {{"account", DETAIL_TEXT}, {"records", DETAIL_NUMBER}};
	json_t *details = json_pack("{s:s, s:I}", "account", account, "records", (json_int_t)records);
	char bad_detail[DETAIL_NAME_SIZE];
	struct action *action = NULL;

	assert_int_equal(action_parse(name, details, specs, 2, &action, bad_detail), STEPUP_OK);
	json_decref(details);
	return action;
}

/* Charges as the accepting transaction does; `*over` is the limit that refused. */
static enum stepup_error charge_over(struct fixture *fixture, const struct rule *rule,
	struct user_record *user, const char *account, int64_t records, int64_t now,
	const struct limit **over)
{
	struct action *action = make_action(rule->name, account, records);
	struct usage usage = usage_of(fixture, rule, action, now);
	enum stepup_error error;

	assert_int_equal(store_begin(fixture->writer), STEPUP_OK);
	error = limits_charge(&usage, user, over);
	assert_int_equal(store_commit(fixture->writer), STEPUP_OK);
	action_free(&action);
	return error;
}

static enum stepup_error charge(struct fixture *fixture, const struct rule *rule, struct user_record *user,
	const char *account, int64_t records, int64_t now)
{
	const struct limit *over = NULL;
	enum stepup_error error = charge_over(fixture, rule, user, account, records, now, &over);

	assert_int_equal(error == STEPUP_OVER_LIMIT, over != NULL);
	return error;
}

static int64_t left(struct fixture *fixture, const struct rule *rule, size_t limit, const char *account,
	int64_t records, int64_t now, bool over)
{
	struct action *action = make_action(rule->name, account, records);
	struct usage usage = usage_of(fixture, rule, action, now);
	struct limit_left look = {0};

	assert_int_equal(limit_look(&usage, alice, &rule->limits[limit], &look), STEPUP_OK);
	assert_int_equal(look.over, over);
	action_free(&action);
	return look.left;
}

static void a_count_stops_at_its_number_and_slides(void **state)
{
	for (int64_t i = 0; i < 5; i++)
		assert_int_equal(charge(*state, &export_rule, alice, "trezor", 1, T + i * HOUR), STEPUP_OK);
	assert_int_equal(charge(*state, &export_rule, alice, "trezor", 1, T + 5 * HOUR), STEPUP_OVER_LIMIT);
	assert_int_equal(charge(*state, &export_rule, alice, "trezor", 1, T + DAY - 1), STEPUP_OVER_LIMIT);
	/* the first one has left the window */
	assert_int_equal(charge(*state, &export_rule, alice, "trezor", 1, T + DAY), STEPUP_OK);
	assert_int_equal(charge(*state, &export_rule, alice, "trezor", 1, T + DAY + 1), STEPUP_OVER_LIMIT);
}

static void a_sum_stops_before_it_is_passed(void **state)
{
	const struct limit *over = NULL;

	assert_int_equal(charge(*state, &export_rule, alice, "trezor", 19999, T), STEPUP_OK);
	assert_int_equal(left(*state, &export_rule, 1, "trezor", 2, T + 1, true), 1);
	assert_int_equal(charge_over(*state, &export_rule, alice, "trezor", 2, T + 1, &over),
		STEPUP_OVER_LIMIT);
	assert_ptr_equal(over, &export_limits[1]);
	assert_int_equal(charge(*state, &export_rule, alice, "trezor", 1, T + 2), STEPUP_OK);
	assert_int_equal(charge(*state, &export_rule, alice, "trezor", 1, T + 3), STEPUP_OVER_LIMIT);
	assert_int_equal(charge(*state, &export_rule, alice, "trezor", 0, T + 4), STEPUP_OK);
}

static void one_export_of_everything_is_refused_at_once(void **state)
{
	assert_int_equal(charge(*state, &export_rule, alice, "trezor", 102000, T), STEPUP_OVER_LIMIT);
	assert_int_equal(charge(*state, &export_rule, alice, "trezor", DETAIL_NUMBER_MAX, T),
		STEPUP_OVER_LIMIT);
	/* a refusal costs nothing */
	assert_int_equal(left(*state, &export_rule, 0, "trezor", 1, T, false), 5);
	assert_int_equal(left(*state, &export_rule, 1, "trezor", 1, T, false), 20000);
}

static void sums_never_wrap(void **state)
{
	static char text[] = "sum", huge_name[] = "x";
	struct limit huge = {.kind = LIMIT_SUM, .maximum = INT64_MAX, .detail = "records",
		.window_seconds = DAY, .text = text};
	struct rule rule = {.name = "customer.huge", .limits = &huge, .limit_count = 1, .prompt = huge_name};
	struct action *action = make_action("customer.huge", "trezor", DETAIL_NUMBER_MAX);
	const struct limit *over = NULL;
	struct limit_left look = {0};
	struct fixture *fixture = *state;
	struct usage usage = usage_of(fixture, &rule, action, T);

	assert_int_equal(store_begin(fixture->writer), STEPUP_OK);
	for (int i = 0; i < 1024; i++)
		assert_int_equal(limits_charge(&usage, alice, &over), STEPUP_OK);
	assert_int_equal(limit_look(&usage, alice, &huge, &look), STEPUP_OK);
	assert_true(look.left == INT64_MAX - 1024 * DETAIL_NUMBER_MAX);
	assert_true(look.over);
	assert_int_equal(limits_charge(&usage, alice, &over), STEPUP_OVER_LIMIT);
	assert_int_equal(store_commit(fixture->writer), STEPUP_OK);
	action_free(&action);
}

static void the_same_account_again_is_free_another_is_not(void **state)
{
	char account[32];

	for (int i = 0; i < 40; i++) {
		(void)snprintf(account, sizeof(account), "account-%d", i);
		assert_int_equal(charge(*state, &view_rule, alice, account, 0, T + i), STEPUP_OK);
		assert_int_equal(charge(*state, &view_rule, alice, account, 0, T + i), STEPUP_OK);
	}
	assert_int_equal(left(*state, &view_rule, 0, "account-7", 0, T + 50, false), 0);
	assert_int_equal(charge(*state, &view_rule, alice, "account-7", 0, T + 50), STEPUP_OK);
	assert_int_equal(charge(*state, &view_rule, alice, "account-40", 0, T + 50), STEPUP_OVER_LIMIT);
	assert_int_equal(charge(*state, &view_rule, alice, "account-40", 0, T + HOUR + 60), STEPUP_OK);
}

static void three_hundred_and_nineteen_views_are_stopped(void **state)
{
	char account[32];
	int viewed = 0;

	for (int i = 0; i < 319; i++) { /* one each minute */
		(void)snprintf(account, sizeof(account), "account-%d", i);
		viewed += charge(*state, &view_rule, alice, account, 0, T + i * 60) == STEPUP_OK;
	}
	assert_in_range(viewed, 41, 120);
	for (int i = 319; i < 1500; i++) {
		(void)snprintf(account, sizeof(account), "account-%d", i);
		viewed += i * 60 < DAY &&
			charge(*state, &view_rule, alice, account, 0, T + i * 60) == STEPUP_OK;
	}
	assert_int_equal(viewed, 120);
}

static void a_hundred_and_two_exports_of_one_account_each_are_stopped(void **state)
{
	char account[32];
	int exported = 0;

	for (int i = 0; i < 102; i++) {
		(void)snprintf(account, sizeof(account), "account-%d", i);
		exported += charge(*state, &export_rule, alice, account, 1000, T + i * 60) == STEPUP_OK;
	}
	assert_int_equal(exported, 5);
}

static void one_users_uses_are_not_anothers(void **state)
{
	for (int i = 0; i < 5; i++)
		assert_int_equal(charge(*state, &export_rule, alice, "trezor", 1, T), STEPUP_OK);
	assert_int_equal(charge(*state, &export_rule, alice, "trezor", 1, T), STEPUP_OVER_LIMIT);
	assert_int_equal(charge(*state, &export_rule, bob, "trezor", 1, T), STEPUP_OK);
}

static void limits_of_one_kind_share_what_was_used_and_charge_it_once(void **state)
{
	struct limit limits[] = {export_limits[0], export_limits[0]};
	struct rule rule = {.name = "customer.export", .limits = limits, .limit_count = 2};

	limits[1].maximum = 3;
	limits[1].window_seconds = HOUR;
	for (int i = 0; i < 3; i++)
		assert_int_equal(charge(*state, &rule, alice, "trezor", 1, T), STEPUP_OK);
	assert_int_equal(left(*state, &rule, 0, "trezor", 1, T, false), 2);
	assert_int_equal(left(*state, &rule, 1, "trezor", 1, T, true), 0);
}

static void an_edited_limit_forgets_nothing(void **state)
{
	struct limit limits[] = {export_limits[0], export_limits[1]};
	struct rule rule = {.name = "customer.export", .limits = limits, .limit_count = 2};

	for (int i = 0; i < 5; i++)
		assert_int_equal(charge(*state, &export_rule, alice, "trezor", 1, T), STEPUP_OK);
	limits[0].maximum = 6;
	assert_int_equal(charge(*state, &rule, alice, "trezor", 1, T), STEPUP_OK);
	assert_int_equal(charge(*state, &rule, alice, "trezor", 1, T), STEPUP_OVER_LIMIT);
	limits[0].maximum = 2;
	assert_int_equal(left(*state, &rule, 0, "trezor", 1, T, true), 0); /* never negative */
}

static void uses_of_a_clock_that_was_ahead_still_count(void **state)
{
	for (int i = 0; i < 5; i++)
		assert_int_equal(charge(*state, &export_rule, alice, "trezor", 1, T + DAY), STEPUP_OK);
	assert_int_equal(charge(*state, &export_rule, alice, "trezor", 1, T), STEPUP_OVER_LIMIT);
}

static void an_undone_transaction_charges_nothing(void **state)
{
	struct action *action = make_action("customer.export", "trezor", 1);
	const struct limit *over = NULL;
	struct fixture *fixture = *state;
	struct user_record *undone = user_record_new("alice", 1000);
	struct usage usage = usage_of(fixture, &export_rule, action, T);

	memcpy(undone->user_id, alice->user_id, USER_ID_SIZE);
	assert_int_equal(store_begin(fixture->writer), STEPUP_OK);
	assert_int_equal(limits_charge(&usage, undone, &over), STEPUP_OK);
	store_rollback(fixture->writer);
	user_record_free(&undone);
	assert_int_equal(left(fixture, &export_rule, 0, "trezor", 1, T, false), 5);
	action_free(&action);
}

static void a_detail_that_is_missing_or_of_another_type_is_an_error_not_a_free_pass(void **state)
{
	static char text[] = "x";
	struct limit limits[] = {
		{.kind = LIMIT_SUM, .maximum = 5, .detail = "account", .window_seconds = DAY, .text = text},
		{.kind = LIMIT_SUM, .maximum = 5, .detail = "nothing", .window_seconds = DAY, .text = text},
		{.kind = LIMIT_DIFFERENT, .maximum = 5, .detail = "nothing", .window_seconds = DAY,
			.text = text}};
	struct rule rule = {.name = "customer.export", .limit_count = 1};

	for (size_t i = 0; i < 3; i++) {
		rule.limits = &limits[i];
		assert_int_equal(charge(*state, &rule, alice, "trezor", 1, T), STEPUP_INTERNAL);
	}
}

static void an_approval_passes_a_limit_and_never_a_hard_one(void **state)
{
	struct limit soft = {.kind = LIMIT_COUNT, .maximum = 2, .window_seconds = DAY, .text = five_a_day},
		hard = soft;
	struct rule rule = {.name = "customer.export", .limits = &soft, .limit_count = 1,
		.hard_limits = &hard, .hard_limit_count = 1, .over_limit = OVER_LIMIT_APPROVE};
	struct action *action = make_action(rule.name, "trezor", 1);
	struct fixture *fixture = *state;
	struct usage usage = usage_of(fixture, &rule, action, T);
	const struct limit *over = NULL;
	struct limit_left look = {0};

	hard.maximum = 4;
	for (int i = 0; i < 2; i++)
		assert_int_equal(charge(fixture, &rule, alice, "trezor", 1, T), STEPUP_OK);
	assert_int_equal(charge_over(fixture, &rule, alice, "trezor", 1, T, &over), STEPUP_OVER_LIMIT);
	assert_ptr_equal(over, &soft);
	assert_false(limit_is_hard(&rule, over));
	assert_int_equal(store_begin(fixture->writer), STEPUP_OK);
	for (int i = 0; i < 2; i++)
		assert_int_equal(limits_charge_approved(&usage, alice, &over), STEPUP_OK);
	assert_int_equal(limits_charge_approved(&usage, alice, &over), STEPUP_OVER_LIMIT);
	assert_ptr_equal(over, &hard);
	assert_true(limit_is_hard(&rule, over));
	assert_int_equal(limits_look(&usage, alice, &over, &look), STEPUP_OK);
	assert_ptr_equal(over, &hard);
	assert_int_equal(look.left, 0);
	usage.now = T + DAY;
	assert_int_equal(limits_charge_approved(&usage, alice, &over), STEPUP_OK);
	assert_int_equal(store_commit(fixture->writer), STEPUP_OK);
	action_free(&action);
}

static void an_approval_passes_no_limit_of_a_rule_that_denies_over_it(void **state)
{
	struct limit soft = {.kind = LIMIT_COUNT, .maximum = 1, .window_seconds = DAY, .text = five_a_day};
	struct rule rule = {
		.name = "customer.export", .limits = &soft, .limit_count = 1, .always_approve = true};
	struct action *action = make_action(rule.name, "trezor", 1);
	struct fixture *fixture = *state;
	struct usage usage = usage_of(fixture, &rule, action, T);
	const struct limit *over = NULL;

	assert_int_equal(store_begin(fixture->writer), STEPUP_OK);
	assert_int_equal(limits_charge_approved(&usage, alice, &over), STEPUP_OK);
	assert_int_equal(limits_charge_approved(&usage, alice, &over), STEPUP_OVER_LIMIT);
	assert_int_equal(store_commit(fixture->writer), STEPUP_OK);
	action_free(&action);
}

static int with_users(void **state)
{
	alice = user_record_new("alice", 1000);
	bob = user_record_new("bob", 1001);
	return fixture_setup(state);
}

static int without_users(void **state)
{
	user_record_free(&alice);
	user_record_free(&bob);
	return fixture_teardown(state);
}

#define FACT(function) cmocka_unit_test_setup_teardown(function, with_users, without_users)
static const struct CMUnitTest tests[] = {
	FACT(a_count_stops_at_its_number_and_slides),
	FACT(a_sum_stops_before_it_is_passed),
	FACT(one_export_of_everything_is_refused_at_once),
	FACT(sums_never_wrap),
	FACT(the_same_account_again_is_free_another_is_not),
	FACT(three_hundred_and_nineteen_views_are_stopped),
	FACT(a_hundred_and_two_exports_of_one_account_each_are_stopped),
	FACT(one_users_uses_are_not_anothers),
	FACT(limits_of_one_kind_share_what_was_used_and_charge_it_once),
	FACT(an_edited_limit_forgets_nothing),
	FACT(uses_of_a_clock_that_was_ahead_still_count),
	FACT(an_undone_transaction_charges_nothing),
	FACT(an_approval_passes_a_limit_and_never_a_hard_one),
	FACT(an_approval_passes_no_limit_of_a_rule_that_denies_over_it),
	FACT(a_detail_that_is_missing_or_of_another_type_is_an_error_not_a_free_pass),
};

TAP_MAIN(tests)
