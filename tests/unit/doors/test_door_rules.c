/* SPDX-License-Identifier: BSD-2-Clause */
/* Small rules behind the doors: what a freeze covers, how many refusals are logged, invitations as text. */
#include <string.h>

#include "tests/unit/cmocka_tap.h"
#include "verifier/doors/calls/refusal_log.h"
#include "verifier/doors/enrolment/enrolment.h"
#include "verifier/doors/redemption/redeem.h"
#include "verifier/doors/standing/locks.h"
#include "verifier/rules/policy/policy.h"

static void a_freeze_covers_its_name_and_what_its_pattern_matches(void **state)
{
	(void)state;
	assert_true(policy_pattern_matches("customer.export", "customer.export"));
	assert_false(policy_pattern_matches("customer.export", "customer.view"));
	assert_true(policy_pattern_matches("customer.*", "customer.export"));
	assert_true(policy_pattern_matches("*", "customer.export"));
}

static void freezing_everything_leaves_the_verifiers_own_verbs(void **state)
{
	(void)state;
	assert_false(policy_pattern_matches("*", "stepup.lock"));
	assert_false(policy_pattern_matches("s*", "stepup.lock"));
	assert_true(policy_pattern_matches("stepup.lock", "stepup.lock"));
}

static void what_stops_and_starts_cannot_be_frozen(void **state)
{
	(void)state;
	assert_false(freeze_is_valid("stepup.thaw"));
	assert_false(freeze_is_valid("stepup.unlock"));
	assert_false(freeze_is_valid("stepup.*"));
	assert_false(freeze_is_valid("stepup.t*"));
	assert_false(freeze_is_valid("stepup.lock"));
	assert_false(freeze_is_valid("stepup.freeze"));
	assert_false(freeze_is_valid("stepup.l*"));
	assert_true(freeze_is_valid("stepup.log"));
	assert_true(freeze_is_valid("stepup.invite"));
	assert_true(freeze_is_valid("stepup.enroll"));
}

static void a_freeze_is_a_name_or_a_pattern_of_names(void **state)
{
	(void)state;
	assert_true(freeze_is_valid("*"));
	assert_true(freeze_is_valid("customer.*"));
	assert_true(freeze_is_valid("customer.exp*"));
	assert_true(freeze_is_valid("customer.export"));
	assert_false(freeze_is_valid(""));
	assert_false(freeze_is_valid("Customer.export"));
	assert_false(freeze_is_valid("customer.*.export"));
	assert_false(freeze_is_valid("customer..*"));
	assert_false(freeze_is_valid("**"));
	assert_false(freeze_is_valid("a\nb"));
}

static void refusals_are_logged_in_a_burst_and_then_at_a_pace(void **state)
{
	static struct refusal_budget budget;
	int64_t now = 1000;

	(void)state;
	for (int i = 0; i < REFUSAL_BURST; i++)
		assert_true(refusal_budget_take(&budget, 1000, now));
	assert_false(refusal_budget_has(&budget, 1000, now));
	assert_false(refusal_budget_take(&budget, 1000, now));
	assert_true(refusal_budget_take(&budget, 1001, now));
	now += REFUSAL_EVERY_MS;
	assert_true(refusal_budget_has(&budget, 1000, now));
	assert_true(refusal_budget_take(&budget, 1000, now));
	assert_false(refusal_budget_take(&budget, 1000, now + REFUSAL_EVERY_MS - 1));
}

static void what_was_not_written_gives_its_budget_back(void **state)
{
	static struct refusal_budget budget;
	const uint8_t alice[USER_ID_SIZE] = {1};

	(void)state;
	for (int i = 0; i < 2 * REFUSAL_BURST; i++) {
		assert_true(refusal_budget_take(&budget, 1000, 1000));
		refusal_budget_give(&budget, 1000);
	}
	refusal_budget_give(&budget, 1000); /* no more than there was */
	for (int i = 0; i < REFUSAL_BURST; i++)
		assert_true(refusal_budget_take(&budget, 1000, 1000));
	assert_false(refusal_budget_take(&budget, 1000, 1000));
	assert_true(refusal_first_take(&budget, alice, STEPUP_TOO_WEAK, 1000));
	refusal_first_give(&budget, alice, STEPUP_FROZEN, 1000);
	refusal_first_give(&budget, alice, STEPUP_TOO_WEAK, 999); /* another one, before */
	assert_false(refusal_first_take(&budget, alice, STEPUP_TOO_WEAK, 1001));
	refusal_first_give(&budget, alice, STEPUP_TOO_WEAK, 1000);
	assert_true(refusal_first_take(&budget, alice, STEPUP_TOO_WEAK, 1001));
}

static void each_users_refusals_have_a_budget_of_their_own_and_invented_users_one_together(void **state)
{
	static const uint8_t alice[USER_ID_SIZE] = {1, 2, 3}, bob[USER_ID_SIZE] = {4, 5, 6};
	const struct log_subject of_alice = {.user = "alice", .user_id = alice},
		of_bob = {.user = "bob", .user_id = bob};
	const struct log_subject one = {.user = "one"}, other = {.user = "other"};

	(void)state;
	assert_int_not_equal(refusal_key(1000, &of_alice), refusal_key(1000, &of_bob));
	assert_int_not_equal(refusal_key(1000, &of_alice), refusal_key(1001, &of_alice));
	assert_int_equal(refusal_key(1000, &one), refusal_key(1000, &other));
}

static void the_first_refusal_of_a_kind_about_a_person_is_always_logged(void **state)
{
	static struct refusal_budget budget;
	const uint8_t alice[USER_ID_SIZE] = {1}, bob[USER_ID_SIZE] = {2};

	(void)state;
	assert_true(refusal_first_take(&budget, alice, STEPUP_TOO_WEAK, 1000));
	assert_false(refusal_first_take(&budget, alice, STEPUP_TOO_WEAK, 999 + REFUSAL_FIRST_MS));
	assert_true(refusal_first_take(&budget, alice, STEPUP_OVER_LIMIT, 1000));
	assert_true(refusal_first_take(&budget, bob, STEPUP_TOO_WEAK, 1000));
	assert_true(refusal_first_take(&budget, alice, STEPUP_TOO_WEAK, 1000 + REFUSAL_FIRST_MS));
}

static void an_invitation_is_known_again_however_it_is_typed(void **state)
{
	char text[INVITATION_TEXT_SIZE], typed[INVITATION_TEXT_SIZE];
	uint8_t digest[DIGEST_SIZE], again[DIGEST_SIZE];
	size_t length = 0;

	(void)state;
	assert_int_equal(invitation_make(text), STEPUP_OK);
	assert_int_equal(strlen(text), 39);
	assert_int_equal(invitation_digest(text, digest), STEPUP_OK);
	for (const char *c = text; *c != '\0'; c++)
		if (*c != '-')
			typed[length++] = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
	typed[length] = '\0';
	assert_int_equal(invitation_digest(typed, again), STEPUP_OK);
	assert_memory_equal(digest, again, DIGEST_SIZE);
}

static void an_invitation_that_ends_in_zeros_is_one_like_any_other(void **state)
{
	uint8_t digest[DIGEST_SIZE], other[DIGEST_SIZE];

	(void)state;
	assert_int_equal(invitation_digest("BCDE-FGHI-JKLM-NOPQ-RSTU-VWXY-Z234-56AA", digest), STEPUP_OK);
	assert_int_equal(invitation_digest("BCDE-FGHI-JKLM-NOPQ-RSTU-VWXY-Z234-AAAA", other), STEPUP_OK);
	assert_memory_not_equal(digest, other, DIGEST_SIZE);
	assert_int_equal(invitation_digest("BCDE-FGHI-JKLM-NOPQ-RSTU-VWXY-Z234", other), STEPUP_INVALID);
}

static void two_invitations_differ(void **state)
{
	char one[INVITATION_TEXT_SIZE], other[INVITATION_TEXT_SIZE];

	(void)state;
	assert_int_equal(invitation_make(one), STEPUP_OK);
	assert_int_equal(invitation_make(other), STEPUP_OK);
	assert_string_not_equal(one, other);
}

static void what_cannot_be_an_invitation_is_refused(void **state)
{
	uint8_t digest[DIGEST_SIZE];
	char longer[200];

	(void)state;
	memset(longer, 'A', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(invitation_digest("", digest), STEPUP_INVALID);
	assert_int_equal(invitation_digest("----", digest), STEPUP_INVALID);
	assert_int_equal(invitation_digest("AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA", digest), STEPUP_INVALID);
	assert_int_equal(invitation_digest("!!!!-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA", digest),
		STEPUP_INVALID);
	assert_int_equal(invitation_digest(longer, digest), STEPUP_INVALID);
}


static void each_fault_of_a_receipt_is_an_error_with_a_reason(void **state)
{
	(void)state;
	assert_int_equal(redeem_row(REDEEM_GOOD)->error, STEPUP_OK);
	for (enum redeem_fault fault = REDEEM_GOOD + 1; fault < REDEEM_FAULT_COUNT; fault++) {
		assert_int_not_equal(redeem_row(fault)->error, STEPUP_OK);
		assert_non_null(redeem_row(fault)->why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_freeze_covers_its_name_and_what_its_pattern_matches),
		cmocka_unit_test(freezing_everything_leaves_the_verifiers_own_verbs),
		cmocka_unit_test(what_stops_and_starts_cannot_be_frozen),
		cmocka_unit_test(a_freeze_is_a_name_or_a_pattern_of_names),
		cmocka_unit_test(refusals_are_logged_in_a_burst_and_then_at_a_pace),
		cmocka_unit_test(what_was_not_written_gives_its_budget_back),
	cmocka_unit_test(each_users_refusals_have_a_budget_of_their_own_and_invented_users_one_together),
		cmocka_unit_test(the_first_refusal_of_a_kind_about_a_person_is_always_logged),
		cmocka_unit_test(an_invitation_is_known_again_however_it_is_typed),
		cmocka_unit_test(an_invitation_that_ends_in_zeros_is_one_like_any_other),
		cmocka_unit_test(two_invitations_differ),
		cmocka_unit_test(what_cannot_be_an_invitation_is_refused),
		cmocka_unit_test(each_fault_of_a_receipt_is_an_error_with_a_reason),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
