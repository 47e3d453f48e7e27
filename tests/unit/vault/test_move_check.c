/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which store that left somewhere may go on here, by what this place remembers, and what is said of the
 * others.
 */
#include "tests/unit/store/store_fixture.h"

#include "verifier/state/vault/move_check.h"

#define NOW 1700000000
#define MARK "the mark /m/mark"

static const struct store_head left = {.clean = true,
	.moved = true,
	.epoch = 2,
	.batch = 500,
	.at = NOW,
	.log_size = 90,
	.tag_rows = {1},
	.tag_log = {2}};

static struct store_head running(uint32_t epoch, int64_t batch, int64_t log_size)
{
	return (struct store_head){.running = true,
		.epoch = epoch,
		.batch = batch,
		.at = NOW,
		.log_size = log_size,
		.tag_rows = {3},
		.tag_log = {4}};
}

/* What store_arrive() leaves. */
static struct store_head arrived(void)
{
	struct store_head head = running(2, 501, 91);

	head.running = false;
	return head;
}

static void assert_judged(struct store_head known, bool fits, const char *sentence)
{
	const struct move_question question = {
		.witness = MARK, .left = &left, .known = &known, .known_fits = fits};
	char *why = NULL;
	enum stepup_error error = move_check(&question, &why);

	assert_error(error, sentence == NULL ? STEPUP_OK : STEPUP_CORRUPT);
	if (sentence == NULL) {
		assert_null(why);
		return;
	}
	assert_non_null(why);
	if (strstr(why, sentence) == NULL)
		fail_msg("\"%s\" doesn't say \"%s\"", why, sentence);
	assert_non_null(strstr(why, "at batch 500, and " MARK " has the same store"));
	assert_non_null(strstr(why, "Nothing was changed."));
	assert_non_null(strstr(why, "stepup restore --as-backup FILE, and then stepup epoch new."));
	free(why);
}

static void its_past_is_taken(void **state)
{
	(void)state;
	assert_judged(running(2, 499, 89), true, NULL);
	assert_judged(running(2, 3, 2), true, NULL);
	assert_judged(running(1, 9999, 50), true, NULL);
}

static void a_past_that_is_no_part_of_it_is_refused(void **state)
{
	(void)state;
	assert_judged(running(2, 499, 89), false, "went apart");
	assert_judged(running(1, 9999, 50), false, "went apart");
	assert_judged(running(2, 499, 91), true, "went apart"); /* fewer transactions, and more entries */
}

static void the_place_that_it_left_takes_it_back(void **state)
{
	struct store_head known = left;

	(void)state;
	assert_judged(known, false, NULL);
	known.tag_rows[3] = 1;
	assert_judged(known, true, "restored before, or the store went on");
	known = left;
	known.tag_log[3] = 1;
	assert_judged(known, true, "restored before, or the store went on");
	known = left;
	known.moved = false;
	assert_judged(known, true, "restored before, or the store went on");
}

static void what_a_restoring_left_here_is_taken_once_more(void **state)
{
	(void)state;
	assert_judged(arrived(), false, NULL);
}

static void what_went_on_here_is_not(void **state)
{
	struct store_head known = arrived();

	(void)state;
	known.running = true;
	assert_judged(known, true, "restored before, or the store went on");
	known = arrived();
	known.moved = true;
	assert_judged(known, true, "or left again");
	known = arrived();
	known.log_size = 92;
	assert_judged(known, true, "restored before, or the store went on");
	known = arrived();
	known.batch = 502;
	assert_judged(known, true, "restored before, or the store went on");
	assert_judged(running(2, 600, 120), true, "restored before, or the store went on");
}

static void a_later_epoch_is_not(void **state)
{
	struct store_head known = arrived();

	(void)state;
	assert_judged(running(3, 400, 80), true, "a later epoch was begun there");
	known.epoch = 3;
	assert_judged(known, true, "a later epoch was begun there");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(its_past_is_taken),
	cmocka_unit_test(a_past_that_is_no_part_of_it_is_refused),
	cmocka_unit_test(the_place_that_it_left_takes_it_back),
	cmocka_unit_test(what_a_restoring_left_here_is_taken_once_more),
	cmocka_unit_test(what_went_on_here_is_not),
	cmocka_unit_test(a_later_epoch_is_not),
};

TAP_MAIN(tests)
