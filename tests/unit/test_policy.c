/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Facts about a loaded policy: which rule, who, through whom, with what prompt.
 */
#include "tests/unit/policy_fixture.h"

#include <stdio.h>

#include "verifier/policy.h"

static const char *const in_support[] = {"support", NULL};
static const char *const in_nothing[] = {NULL};
static const struct policy_user alice = {"alice", in_support}, carol = {"carol", in_nothing}, mallory = {"mallory", in_nothing};

static void the_designs_example_means_what_it_says(void **state)
{
	struct policy *policy = load_good(DESIGN_EXAMPLE);
	const struct rule *view = policy_rule(policy, "customer.view"), *export = policy_rule(policy, "customer.export");

	(void)state;
	assert_string_equal(policy->issuer, "https://stepup.example.com");
	assert_string_equal(policy->rp_id, "example.com");
	assert_string_equal(policy->origins[0], "https://support.example.com");
	assert_null(policy->origins[1]);
	assert_string_equal(policy->store, "sqlite:/var/lib/stepup/stepup.db");
	assert_string_equal(policy->help, "Security desk, +1 555 0100");
	assert_non_null(policy->host);
	assert_int_equal(view->require, FACTOR_CODE);
	assert_int_equal(view->fresh_for_seconds, 15 * 60);
	assert_int_equal(view->limit_count, 2);
	assert_int_equal(view->limits[1].kind, LIMIT_DIFFERENT);
	assert_int_equal(view->limits[1].maximum, 120);
	assert_int_equal(view->limits[1].window_seconds, 24 * 3600);
	assert_string_equal(view->limits[1].detail, "account");
	assert_int_equal(view->place.line, 15);
	assert_string_equal(view->place.file, "f");
	assert_int_equal(export->require, FACTOR_HARDWARE_KEY);
	assert_true(export->pin);
	assert_string_equal(export->service, "export");
	assert_int_equal(export->receipt_seconds, 60);
	assert_int_equal(export->limits[0].kind, LIMIT_COUNT);
	assert_int_equal(export->limits[1].kind, LIMIT_SUM);
	assert_int_equal(export->limits[1].maximum, 20000);
	assert_int_equal(export->over_limit, OVER_LIMIT_APPROVE);
	assert_int_equal(export->details[1].type, DETAIL_NUMBER);
	assert_true(policy_list_names(policy, view->users, &alice));
	assert_false(policy_list_names(policy, view->users, &carol));
	assert_true(policy_list_names(policy, view->approvers, &carol));
	policy_release(&policy);
	assert_null(policy);
}

static void what_no_rule_names_is_denied(void **state)
{
	struct policy *policy = load_good(DESIGN_EXAMPLE);

	(void)state;
	assert_null(policy_rule(policy, "customer.delete"));
	assert_null(policy_rule(policy, "customer"));
	assert_null(policy_rule(policy, ""));
	assert_null(policy_rule(policy, "../customer.view"));
	assert_null(policy_rule(policy, "stepup.lock"));
	assert_null(policy_rule(policy, "stepup.nothing"));
	assert_non_null(policy_rule(policy, "stepup.test"));
	assert_non_null(policy_rule(policy, "stepup.enroll"));
	assert_non_null(policy_rule(policy, "stepup.remove"));
	assert_true(policy_list_names(policy, policy_rule(policy, "stepup.test")->users, &mallory));
	policy_release(&policy);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_designs_example_means_what_it_says),
	cmocka_unit_test(what_no_rule_names_is_denied),
};
TAP_MAIN(tests)
