/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What limits count: beside a model that keeps every use, over random times, amounts, values, clocks that are
 * set, and rows that go; and what is noticed of rows that somebody takes away, changes or brings back.
 */
#include "tests/unit/store/store_fixture.h"

#define T 1700000000
#define USES_MAX 4000
#define VALUES 60

/* --- small facts --- */

static struct user_record *begin_with(struct fixture *fixture, const char *name)
{
	struct user_record *record = fixture_user(name, "0123456789abcdef0123");

	assert_ok(store_begin(fixture->writer));
	assert_ok(store_user_save(fixture->writer, record));
	return record;
}

static int64_t sum(struct store_session *session, const struct user_record *record, const char *key,
	int64_t since)
{
	int64_t used = -1;

	assert_ok(store_use_sum(session, record, key, since, &used));
	return used;
}

static void value_of(int number, uint8_t value[DIGEST_SIZE])
{
	memset(value, 0x5a, DIGEST_SIZE);
	memcpy(value, &number, sizeof(number));
}

static void add_value(struct fixture *fixture, struct user_record *record, int number, int64_t at)
{
	uint8_t value[DIGEST_SIZE];

	value_of(number, value);
	assert_ok(store_use_add_value(fixture->writer, record, "view", at, value));
}

static struct use_values values(struct store_session *session, const struct user_record *record, int number,
	int64_t since, int64_t most)
{
	uint8_t value[DIGEST_SIZE];
	struct use_values found;

	value_of(number, value);
	assert_ok(store_use_values(session, record, "view", since, value, most, &found));
	return found;
}

static void uses_add_up_within_their_window(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *alice = begin_with(fixture, "alice"),
		*bob = fixture_user("bob", "0123456789abcdef0123"), *again = NULL;

	assert_ok(store_use_add(fixture->writer, alice, "export", 100, 10));
	assert_ok(store_use_add(fixture->writer, alice, "export", 100, 20)); /* the same second */
	assert_ok(store_use_add(fixture->writer, alice, "export", 101, 6));
	assert_ok(store_use_add(fixture->writer, alice, "other", 101, 1000));
	assert_ok(store_use_add(fixture->writer, bob, "export", 101, 1));
	assert_ok(store_user_save(fixture->writer, alice));
	assert_ok(store_commit(fixture->writer));
	assert_ok(store_user_find(fixture->reader, "alice", &again));
	assert_int_equal(sum(fixture->reader, again, "export", 99), 36);
	assert_int_equal(sum(fixture->reader, again, "export", 100), 6);
	assert_int_equal(sum(fixture->reader, again, "export", 101), 0);
	assert_int_equal(sum(fixture->reader, again, "other", 0), 1000);
	assert_int_equal(sum(fixture->reader, again, "never", 0), 0);
	assert_int_equal(sum(fixture->reader, bob, "export", 0), 1);
	user_record_free(&again);
	user_record_free(&alice);
	user_record_free(&bob);
}

static void sums_stay_at_the_most_rather_than_wrap(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *alice = begin_with(fixture, "alice");

	assert_ok(store_use_add(fixture->writer, alice, "x", 1, INT64_MAX - 1));
	assert_ok(store_use_add(fixture->writer, alice, "x", 1, INT64_MAX - 1));
	assert_ok(store_use_add(fixture->writer, alice, "x", 2, INT64_MAX));
	assert_error(store_use_add(fixture->writer, alice, "x", 2, -1), STEPUP_INVALID);
	assert_true(sum(fixture->writer, alice, "x", 0) == INT64_MAX);
	assert_true(sum(fixture->writer, alice, "x", 1) == INT64_MAX); /* not known better, so not less */
	assert_int_equal(sum(fixture->writer, alice, "x", 2), 0);
	/* long after, it begins anew */
	assert_ok(store_use_add(fixture->writer, alice, "x", 3 + USES_KEPT_SECONDS, 7));
	assert_int_equal(sum(fixture->writer, alice, "x", 3), 7);
	store_rollback(fixture->writer);
	user_record_free(&alice);
}

static void a_user_has_uses_under_so_many_limits_and_old_ones_make_room(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *alice = begin_with(fixture, "alice");
	uint8_t value[DIGEST_SIZE] = {1};
	char key[16];

	for (int i = 0; i < USE_TALLIES_MAX; i++) {
		snprintf(key, sizeof(key), "limit-%d", i);
		assert_ok(store_use_add(fixture->writer, alice, key, T + i / 100, 1));
	}
	assert_ok(store_user_save(fixture->writer, alice));
	assert_error(store_use_add(fixture->writer, alice, "one more", T, 1), STEPUP_TOO_LONG);
	assert_error(store_use_add_value(fixture->writer, alice, "one more", T, value), STEPUP_TOO_LONG);
	assert_ok(store_use_add(fixture->writer, alice, "one more", T + USES_KEPT_SECONDS + 1, 1));
	assert_int_equal(alice->tally_count, USE_TALLIES_MAX - 100 + 1);
	assert_int_equal(sum(fixture->writer, alice, "one more", T), 1);
	assert_int_equal(sum(fixture->writer, alice, "limit-0", T - 1), 0);
	assert_int_equal(sum(fixture->writer, alice, "limit-200", T - 1), 1);
	store_rollback(fixture->writer);
	user_record_free(&alice);
}

static void old_uses_are_pruned_a_few_at_a_time_and_never_what_a_window_needs(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *alice = begin_with(fixture, "alice");
	int removed = 0, all = 0;

	for (int i = 0; i < 10; i++)
		assert_ok(store_use_add(fixture->writer, alice, "x", T + 10 * i, 1));
	for (int i = 0; i < 6; i++)
		add_value(fixture, alice, i, T + 10 * i);
	do {
		assert_ok(store_use_prune(fixture->writer, T + 55, 4, &removed));
		assert_in_range(removed, 0, 4);
		all += removed;
	} while (removed > 0);
	assert_int_equal(all, 5 + 6);
	assert_int_equal(sum(fixture->writer, alice, "x", T + 55), 4);
	assert_int_equal(sum(fixture->writer, alice, "x", T + 60), 3);
	assert_int_equal(values(fixture->writer, alice, 5, T + 55, 100).different, 0);
	store_rollback(fixture->writer);
	user_record_free(&alice);
}

/* --- beside a model --- */

struct model {
	struct { int64_t at, amount; } uses[USES_MAX];
	size_t count;
	int64_t newest;
	int64_t values[VALUES]; /* the newest use of each, 0 for none */
	int64_t now, kept_from;
};

static uint32_t dice_state;

static uint32_t dice(uint32_t sides)
{
	dice_state = dice_state * 1664525 + 1013904223;
	return (dice_state >> 8) % sides;
}

static void model_add(struct model *model, int64_t at, int64_t amount)
{
	if (at < model->newest) /* the clock was set back: what was used later is as of the newest */
		for (size_t i = 0; i < model->count; i++)
			if (model->uses[i].at > at)
				model->uses[i].at = model->newest;
	if (at > model->newest)
		model->newest = at;
	assert_true(model->count < USES_MAX);
	model->uses[model->count].at = at;
	model->uses[model->count++].amount = amount;
}

static int64_t model_sum(const struct model *model, int64_t since)
{
	int64_t all = 0;

	for (size_t i = 0; i < model->count; i++)
		all += model->uses[i].at > since ? model->uses[i].amount : 0;
	return all;
}

static int64_t model_different(const struct model *model, int64_t since)
{
	int64_t all = 0;

	for (int i = 0; i < VALUES; i++)
		all += model->values[i] > since;
	return all;
}

/* Times go on by a few seconds, stand still, jump, and go back. */
static void tick(struct model *model)
{
	uint32_t kind = dice(20);

	if (kind < 10)
		model->now += dice(4);
	else if (kind == 10)
		model->now += 200 + dice(400);
	else if (kind == 11 && model->now - 90 > model->kept_from)
		model->now -= dice(90);
}

static void compare(struct fixture *fixture, const struct user_record *record, const struct model *model)
{
	int64_t since = model->kept_from + dice((uint32_t)(model->now - model->kept_from) + 20);
	int64_t most = 1 + dice(VALUES + 10), different = model_different(model, since);
	int number = (int)dice(VALUES);
	struct use_values found = values(fixture->writer, record, number, since, most);

	assert_int_equal(sum(fixture->writer, record, "export", since), model_sum(model, since));
	assert_int_equal(found.different, different < most ? different : most);
	assert_int_equal(found.has_value, model->values[number] > since);
}

/* Saves the record, and goes on with what the store has. */
static void save_and_read(struct fixture *fixture, struct user_record **record)
{
	assert_ok(store_user_save(fixture->writer, *record));
	assert_ok(store_commit(fixture->writer));
	user_record_free(record);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_user_find(fixture->writer, "alice", record));
}

static void play(struct fixture *fixture, uint32_t seed)
{
	struct user_record *record = begin_with(fixture, "alice");
	struct model *model = calloc(1, sizeof(*model));
	int removed = 0;

	assert_non_null(model);
	dice_state = seed;
	model->now = T;
	model->kept_from = T - 100;
	for (int i = 0; i < 1500; i++) {
		int64_t amount = dice(3) == 0 ? 0 : dice(1000);
		int number = (int)dice(VALUES);

		tick(model);
		if (dice(2) == 0) {
			assert_ok(store_use_add(fixture->writer, record, "export", model->now, amount));
			model_add(model, model->now, amount);
		} else {
			add_value(fixture, record, number, model->now);
			if (model->values[number] < model->now)
				model->values[number] = model->now;
		}
		if (dice(40) == 0 && model->now - 300 > model->kept_from) {
			model->kept_from = model->now - 300;
			assert_ok(store_use_prune(fixture->writer, model->kept_from,
					1 + (int)dice(30), &removed));
		}
		if (dice(50) == 0)
			save_and_read(fixture, &record);
		compare(fixture, record, model);
	}
	store_rollback(fixture->writer);
	user_record_free(&record);
	free(model);
}

static void every_kind_agrees_with_a_model_that_keeps_every_use(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 8; seed++) {
		struct fixture *fixture = fixture_new();

		play(fixture, seed);
		fixture_free(fixture);
	}
}

static void a_clock_far_ahead_for_a_moment_holds_up_only_what_was_used_then(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *alice = begin_with(fixture, "alice");

	for (int i = 0; i < 3; i++) {
		assert_ok(store_use_add(fixture->writer, alice, "x", T + 1000000 + i, 1));
		add_value(fixture, alice, i, T + 1000000 + i);
	}
	for (int i = 0; i < 1200; i++) {
		assert_ok(store_use_add(fixture->writer, alice, "x", T + i, 1));
		add_value(fixture, alice, 10 + i, T + i);
	}
	assert_int_equal(sum(fixture->writer, alice, "x", T + 1099), 3 + 100);
	assert_int_equal(values(fixture->writer, alice, 0, T + 1099, 2000).different, 3 + 100);
	assert_int_equal(sum(fixture->writer, alice, "x", T + 1000002), 0);
	store_rollback(fixture->writer);
	user_record_free(&alice);
}

/* One use with a clock that is weeks ahead, of this limit or of another one, and what was used before
 * counts as it did. */
static void a_clock_weeks_ahead_for_a_moment_empties_no_limit(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *alice = begin_with(fixture, "alice");

	for (int i = 0; i < 3; i++) {
		assert_ok(store_use_add(fixture->writer, alice, "x", T + i, 100));
		assert_ok(store_use_add(fixture->writer, alice, "same", T + i, 100));
		add_value(fixture, alice, i, T + i);
	}
	assert_ok(store_use_add(fixture->writer, alice, "other", T + 5 + 2 * USES_KEPT_SECONDS, 1));
	assert_ok(store_use_add(fixture->writer, alice, "same", T + 5 + 2 * USES_KEPT_SECONDS, 1));
	assert_int_equal(sum(fixture->writer, alice, "x", T - 100), 300);
	assert_int_equal(sum(fixture->writer, alice, "same", T - 100), 301);
	assert_int_equal(values(fixture->writer, alice, 0, T - 100, 10).different, 3);
	assert_ok(store_use_add(fixture->writer, alice, "x", T + 10, 1));
	assert_int_equal(sum(fixture->writer, alice, "x", T - 100), 301);
	store_rollback(fixture->writer);
	user_record_free(&alice);
}

static void beyond_a_thousand_values_ahead_a_use_is_dated_later_and_never_lost(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *alice = begin_with(fixture, "alice");
	struct use_values found;

	for (int i = 0; i < 1100; i++)
		add_value(fixture, alice, i, T + 1000 + i);
	add_value(fixture, alice, 5000, T);
	found = values(fixture->writer, alice, 5000, T - 1, 5000);
	assert_int_equal(found.different, 1101);
	assert_true(found.has_value);
	assert_true(values(fixture->writer, alice, 5000, T + 1050, 5000).has_value);
	assert_false(values(fixture->writer, alice, 5000, T + 1200, 5000).has_value);
	store_rollback(fixture->writer);
	user_record_free(&alice);
}

/* --- whoever can write to the database --- */

/* Ten uses, a second each: amounts of 1, and values 0 … 9. */
static void fill_and_close(struct fixture *fixture)
{
	struct user_record *alice = begin_with(fixture, "alice");

	for (int i = 0; i < 10; i++) {
		assert_ok(store_use_add(fixture->writer, alice, "x", T + i, 1));
		add_value(fixture, alice, i, T + i);
	}
	assert_ok(store_user_save(fixture->writer, alice));
	assert_ok(store_commit(fixture->writer));
	user_record_free(&alice);
	fixture_close(fixture);
}

struct seen {
	enum stepup_error sums, values;
	int64_t sum, different;
};

/* What a decision sees of the window that begins after `since`. */
static struct seen look(struct fixture *fixture, int64_t since)
{
	struct user_record *record = NULL;
	struct use_values found = {0};
	struct seen seen = {0};

	fixture_open(fixture);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_user_find(fixture->writer, "alice", &record));
	seen.sums = store_use_sum(fixture->writer, record, "x", since, &seen.sum);
	seen.values = store_use_values(fixture->writer, record, "view", since, NULL, 100, &found);
	seen.different = found.different;
	user_record_free(&record);
	fixture_close(fixture);
	return seen;
}

/* Does it to a store of its own and looks at the window of the last five seconds. */
static struct seen after(const char *sql)
{
	struct fixture *fixture = fixture_new();
	struct seen seen;

	fill_and_close(fixture);
	fixture_tamper(fixture, sql);
	seen = look(fixture, T + 4);
	fixture_free(fixture);
	return seen;
}

static void rows_that_a_window_needs_can_not_be_taken_away(void **state)
{
	static const char *const totals[] = {"DELETE FROM use_totals",
		"DELETE FROM use_totals WHERE at = 1700000004", "UPDATE use_totals SET total = 10",
		"DELETE FROM use_totals WHERE at = 1700000004; UPDATE use_totals SET until = 1800000000 "
		"WHERE at = 1700000003", "DELETE FROM use_totals WHERE at > 1700000003",
		"UPDATE use_totals SET mac = zeroblob(16)", "UPDATE use_totals SET mac = X''"};
	static const char *const of_values[] = {"DELETE FROM use_values",
		"DELETE FROM use_values WHERE at = 1700000009",
		"DELETE FROM use_values WHERE at = 1700000006",
		"DELETE FROM use_values WHERE at = 1700000005",
		"UPDATE use_values SET at = 1 WHERE number % 2 = 0",
		"UPDATE use_values SET mac = zeroblob(16)",
		"UPDATE use_values SET before = 0, before_at = 0"};

	(void)state;
	assert_int_equal(after("SELECT 1").sum, 5);
	assert_int_equal(after("SELECT 1").different, 5);
	for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++)
		assert_error(after(totals[i]).sums, STEPUP_CORRUPT);
	for (size_t i = 0; i < sizeof(of_values) / sizeof(of_values[0]); i++)
		assert_error(after(of_values[i]).values, STEPUP_CORRUPT);
	/* What no window needs may go. */
	assert_int_equal(after("DELETE FROM use_totals WHERE at < 1700000004").sum, 5);
	assert_int_equal(after("DELETE FROM use_values WHERE at < 1700000005").different, 5);
}

static void rows_of_another_user_or_limit_are_worth_nothing_here(void **state)
{
	(void)state;
	assert_error(after("UPDATE use_totals SET at = at - 1, until = until - 1").sums, STEPUP_CORRUPT);
	assert_error(after("UPDATE use_values SET value = zeroblob(32) WHERE at = 1700000007").values,
		STEPUP_CORRUPT);
}

/* A former state of rows, put back beside the record of today. */
static void rows_of_yesterday_do_not_fit_the_record_of_today(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *alice = NULL;
	struct seen seen;
	char sql[400];

	fill_and_close(fixture);
	fixture_tamper(fixture, "CREATE TABLE aside.kept AS SELECT * FROM use_values");
	fixture_open(fixture);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_user_find(fixture->writer, "alice", &alice));
	add_value(fixture, alice, 3, T + 20); /* moves from the middle to the front */
	add_value(fixture, alice, 77, T + 21);
	assert_ok(store_user_save(fixture->writer, alice));
	assert_ok(store_commit(fixture->writer));
	user_record_free(&alice);
	fixture_close(fixture);
	assert_int_equal(look(fixture, T + 4).different, 7);
	for (int at = 0; at < 10; at++) { /* one former row at a time, in place of the one of today */
		fixture_tamper(fixture, "CREATE TABLE IF NOT EXISTS aside.today AS SELECT * FROM use_values");
		snprintf(sql, sizeof(sql),
			"REPLACE INTO use_values SELECT * FROM aside.kept WHERE at = %d", T + at);
		fixture_tamper(fixture, sql);
		seen = look(fixture, T - 1);
		if (at == 3) /* it hid that the value moved */
			assert_error(seen.values, STEPUP_CORRUPT);
		else if (seen.values == STEPUP_OK)
			assert_int_equal(seen.different, 11);
		fixture_tamper(fixture,
			"DELETE FROM use_values; INSERT INTO use_values SELECT * FROM aside.today");
	}
	fixture_tamper(fixture, "DELETE FROM use_values; INSERT INTO use_values SELECT * FROM aside.kept");
	assert_error(look(fixture, T + 4).values, STEPUP_CORRUPT);
}

static void a_value_that_was_taken_away_is_not_added_again_as_if_nothing_were(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *alice = NULL;
	uint8_t value[DIGEST_SIZE];

	fill_and_close(fixture);
	fixture_tamper(fixture, "DELETE FROM use_values WHERE at = 1700000005");
	fixture_open(fixture);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_user_find(fixture->writer, "alice", &alice));
	value_of(5, value);
	(void)store_use_add_value(fixture->writer, alice, "view", T + 30, value);
	assert_ok(store_user_save(fixture->writer, alice));
	assert_ok(store_commit(fixture->writer));
	user_record_free(&alice);
	fixture_close(fixture);
	assert_error(look(fixture, T + 4).values, STEPUP_CORRUPT);
	assert_int_equal(look(fixture, T + 5).different, 5); /* once the window has passed it, all is well */
}

static void moving_a_value_does_not_mend_the_gap_beside_it(void **state)
{
	struct fixture *fixture = *state;
	struct user_record *alice = NULL;
	uint8_t value[DIGEST_SIZE];

	fill_and_close(fixture);
	fixture_tamper(fixture, "DELETE FROM use_values WHERE at = 1700000006");
	fixture_open(fixture);
	assert_ok(store_begin(fixture->writer));
	assert_ok(store_user_find(fixture->writer, "alice", &alice));
	value_of(5, value);
	assert_error(store_use_add_value(fixture->writer, alice, "view", T + 30, value), STEPUP_CORRUPT);
	store_rollback(fixture->writer);
	user_record_free(&alice);
}

#define FACT(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)
static const struct CMUnitTest tests[] = {
	FACT(uses_add_up_within_their_window),
	FACT(sums_stay_at_the_most_rather_than_wrap),
	FACT(a_user_has_uses_under_so_many_limits_and_old_ones_make_room),
	FACT(old_uses_are_pruned_a_few_at_a_time_and_never_what_a_window_needs),
	cmocka_unit_test(every_kind_agrees_with_a_model_that_keeps_every_use),
	FACT(a_clock_far_ahead_for_a_moment_holds_up_only_what_was_used_then),
	FACT(a_clock_weeks_ahead_for_a_moment_empties_no_limit),
	FACT(beyond_a_thousand_values_ahead_a_use_is_dated_later_and_never_lost),
	cmocka_unit_test(rows_that_a_window_needs_can_not_be_taken_away),
	cmocka_unit_test(rows_of_another_user_or_limit_are_worth_nothing_here),
	FACT(rows_of_yesterday_do_not_fit_the_record_of_today),
	FACT(a_value_that_was_taken_away_is_not_added_again_as_if_nothing_were),
	FACT(moving_a_value_does_not_mend_the_gap_beside_it),
};

TAP_MAIN(tests)
