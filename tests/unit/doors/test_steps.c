/* SPDX-License-Identifier: BSD-2-Clause */
/* What an answer is accepted for: every step has a whole row, and keeps no more than it may. */
#include "tests/unit/cmocka_tap.h"
#include "verifier/doors/answer/decide_steps.h"

static void each_step_has_a_whole_row(void **state)
{
	(void)state;
	assert_int_equal(STEP_COUNT, STEP_DENY + 1);
	for (int step = 0; step < STEP_COUNT; step++) {
		const struct step_row *row = step_row((enum step)step);

		assert_non_null(row);
		assert_non_null(row->earn);
		assert_non_null(row->move);
		assert_non_null(row->follow);
	}
}

static void only_a_grant_has_a_receipt_or_lets_a_verb_be_carried_out(void **state)
{
	(void)state;
	for (int step = 0; step < STEP_COUNT; step++) {
		bool grants = step_row((enum step)step)->entry == LOG_GRANT;

		assert_true(step_does((enum step)step, STEP_MAKES_RECEIPT) == grants);
		assert_true(step_does((enum step)step, STEP_KEEPS_VERB) == grants);
	}
}

/* Not what an earlier step-up covered, or it would never end; nor what somebody else agreed to. */
static void only_what_was_proved_now_and_alone_stays_fresh(void **state)
{
	(void)state;
	for (int step = 0; step < STEP_COUNT; step++)
		assert_true(step_does((enum step)step, STEP_KEEPS_FRESH) == (step == STEP_GRANT));
}

static void only_a_request_has_the_persons_own_words(void **state)
{
	(void)state;
	for (int step = 0; step < STEP_COUNT; step++)
		assert_true(step_does((enum step)step, STEP_NOTES_REASON) ==
			(step_row((enum step)step)->entry == LOG_REQUEST));
}

static void each_step_is_called_in_the_log_as_what_it_is(void **state)
{
	static const enum log_step entries[STEP_COUNT] = {LOG_GRANT, LOG_GRANT, LOG_GRANT, LOG_GRANT,
		LOG_REQUEST, LOG_APPROVE, LOG_DENY};

	(void)state;
	for (int step = 0; step < STEP_COUNT; step++)
		assert_int_equal(step_row((enum step)step)->entry, entries[step]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_step_has_a_whole_row),
		cmocka_unit_test(only_a_grant_has_a_receipt_or_lets_a_verb_be_carried_out),
		cmocka_unit_test(only_what_was_proved_now_and_alone_stays_fresh),
		cmocka_unit_test(only_a_request_has_the_persons_own_words),
		cmocka_unit_test(each_step_is_called_in_the_log_as_what_it_is),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
