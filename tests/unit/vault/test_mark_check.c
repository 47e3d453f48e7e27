/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which store is taken beside which mark, and what is said of the others.
 */
#include "tests/unit/store/store_fixture.h"

#include "verifier/state/vault/mark_check.h"

#define NOW 1700000000

static const struct store_head left = {.running = true, .epoch = 2, .batch = 88123, .at = NOW,
	.log_size = 500, .tag_rows = {1}, .tag_log = {2}};

/* Puts the question as of a kill -9, changed by what a case sets; the mark NULL where the case says so. */
static void assert_judged(const struct store_head *store, const struct store_head *mark, int64_t seen,
	bool log_fits, const char *sentence)
{
	struct mark_question question = {.path = "/m/mark", .store = store, .mark = mark,
		.trouble = "The mark /m/mark is missing", .seen = seen, .log_fits = log_fits};
	bool clean = true;
	char *why = NULL;
	enum stepup_error error = mark_check(&question, &clean, &why);

	if (sentence == NULL) {
		assert_ok(error);
		assert_null(why);
		assert_int_equal(clean, store->clean && mark->clean && store->batch == mark->batch);
		return;
	}
	assert_error(error, STEPUP_CORRUPT);
	assert_false(clean);
	assert_non_null(why);
	if (strstr(why, sentence) == NULL)
		fail_msg("\"%s\" doesn't say \"%s\"", why, sentence);
	assert_non_null(strstr(why, "Nothing was changed and nothing is approved."));
	assert_non_null(strstr(why, "stepup epoch new"));
	free(why);
}

static void the_store_that_was_left_is_taken(void **state)
{
	struct store_head clean = left;

	(void)state;
	clean.running = false;
	clean.clean = true;
	assert_judged(&left, &left, NOW, false, NULL);
	assert_judged(&clean, &clean, NOW, false, NULL);
	assert_judged(&left, &left, NOW + 100000, false, NULL); /* a quiet day before the crash */
}

static void an_older_one_is_refused(void **state)
{
	struct store_head store = left;

	(void)state;
	store.batch = 88000;
	assert_judged(&store, &left, NOW, true,
		"The store is older than its mark /m/mark: batch 88000, not 88123.");
	store = left;
	store.epoch = 1;
	store.batch = 99999;
	assert_judged(&store, &left, NOW, true, "older than its mark");
}

static void another_one_of_the_same_batch_is_refused(void **state)
{
	struct store_head store = left;

	(void)state;
	store.tag_rows[5] = 1;
	assert_judged(&store, &left, NOW, true, "not the one that its mark /m/mark remembers at batch 88123");
	store = left;
	store.tag_log[5] = 1;
	assert_judged(&store, &left, NOW, true, "not the one that its mark");
}

static void one_that_is_ahead_is_taken_after_a_power_cut_only(void **state)
{
	struct store_head store = left;

	(void)state;
	store.batch = 88130;
	store.log_size = 520;
	store.at = NOW + MARK_APART_SECONDS;
	assert_judged(&store, &left, NOW, true, NULL);
	assert_judged(&store, &left, NOW, false, "one of its first 500 entries was changed or taken out");
	store.at++;
	assert_judged(&store, &left, NOW, true, "one of them was put back");
	store.at = NOW - MARK_APART_SECONDS - 1;
	assert_judged(&store, &left, NOW, true, "one of them was put back");
	store.at = NOW;
	store.log_size = 499;
	assert_judged(&store, &left, NOW, true, "changed or taken out");
}

static void a_mark_of_before_is_refused(void **state)
{
	struct store_head mark = left;

	(void)state;
	mark.epoch = 1;
	assert_judged(&left, &mark, NOW, true, "The mark /m/mark is of an earlier epoch");
}

static void without_a_mark_nobody_can_tell(void **state)
{
	(void)state;
	assert_judged(&left, NULL, 0, true,
		"The mark /m/mark is missing, so nobody can tell whether this store is the newest.");
}

static void a_store_that_went_elsewhere_is_not_started_here(void **state)
{
	struct store_head moved = left, older = left;

	(void)state;
	moved.running = false;
	moved.moved = true;
	assert_judged(&moved, &moved, NOW, true, "goes on where its file was restored");
	assert_judged(&left, &moved, NOW, true, "goes on where its file was restored");
	assert_judged(&moved, NULL, NOW, true, "goes on where its file was restored");
	older.batch--;
	assert_judged(&older, &moved, NOW, true,
		"goes on where its file was restored"); /* put back there after it left */
	assert_judged(&moved, &older, NOW, true,
		"goes on where its file was restored"); /* killed before the mark followed */
}

static void it_says_with_which_file_and_how_to_go_on(void **state)
{
	struct store_head moved = left;
	struct mark_question question = {
		.path = "/m/mark", .store = &moved, .mark = &moved, .seen = NOW, .file = "/root/stepup.move"};
	bool clean = true;
	char *why = NULL;

	(void)state;
	moved.running = false;
	moved.moved = true;
	assert_error(mark_check(&question, &clean, &why), STEPUP_CORRUPT);
	assert_non_null(strstr(why, "goes on where /root/stepup.move was restored. Nothing was changed and "
				    "nothing is approved."));
	assert_non_null(strstr(why, ": stepup restore /root/stepup.move."));
	free(why);
}

static void for_a_move_it_may_have_left_and_must_be_the_newest_all_the_same(void **state)
{
	struct store_head moved = left, older;
	struct mark_question question = {
		.path = "/m/mark", .store = &moved, .mark = &moved, .seen = NOW, .leaves = true};
	bool clean = false;
	char *why = NULL;

	(void)state;
	moved.running = false;
	moved.moved = moved.clean = true;
	older = moved;
	older.batch--;
	assert_ok(mark_check(&question, &clean, &why));
	assert_true(clean);
	question.mark = &older; /* killed before the mark followed, and the copying took an hour */
	question.seen = NOW + 3600;
	assert_error(mark_check(&question, &clean, &why), STEPUP_CORRUPT);
	free(why);
	why = NULL;
	question.log_fits = true;
	assert_ok(mark_check(&question, &clean, &why));
	assert_false(clean);
	question.mark = &moved;
	question.store = &older;
	assert_error(mark_check(&question, &clean, &why), STEPUP_CORRUPT);
	assert_non_null(strstr(why, "older than its mark"));
	free(why);
	why = NULL;
	question.mark = NULL;
	question.trouble = "The mark /m/mark is missing";
	assert_error(mark_check(&question, &clean, &why), STEPUP_CORRUPT);
	assert_non_null(strstr(why, "is missing"));
	free(why);
}

static void one_side_alone_does_not_make_a_stop_clean(void **state)
{
	struct store_head clean = left;
	struct mark_question question = {.path = "/m/mark", .store = &left, .mark = &clean, .seen = NOW};
	bool is_clean = true;
	char *why = NULL;

	(void)state;
	clean.running = false;
	clean.clean = true;
	assert_ok(mark_check(&question, &is_clean, &why));
	assert_false(is_clean);
}

static void a_long_rest_is_asked_about(void **state)
{
	char *sentence = mark_rest_sentence(NOW, NOW + 6 * MARK_REST_SECONDS + 5);

	(void)state;
	assert_string_equal(sentence, "This verifier last ran 6 days ago. "
		"If this machine was brought back from a copy, stop it and run: stepup epoch new");
	free(sentence);
	assert_null(mark_rest_sentence(NOW, NOW + MARK_REST_SECONDS - 1));
	assert_null(mark_rest_sentence(NOW, NOW - 5));
	sentence = mark_rest_sentence(NOW, NOW + MARK_REST_SECONDS);
	assert_non_null(strstr(sentence, "1 day ago"));
	free(sentence);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_store_that_was_left_is_taken),
	cmocka_unit_test(an_older_one_is_refused),
	cmocka_unit_test(another_one_of_the_same_batch_is_refused),
	cmocka_unit_test(one_that_is_ahead_is_taken_after_a_power_cut_only),
	cmocka_unit_test(a_mark_of_before_is_refused),
	cmocka_unit_test(without_a_mark_nobody_can_tell),
	cmocka_unit_test(a_store_that_went_elsewhere_is_not_started_here),
	cmocka_unit_test(it_says_with_which_file_and_how_to_go_on),
	cmocka_unit_test(for_a_move_it_may_have_left_and_must_be_the_newest_all_the_same),
	cmocka_unit_test(one_side_alone_does_not_make_a_stop_clean),
	cmocka_unit_test(a_long_rest_is_asked_about),
};

TAP_MAIN(tests)
