/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every way of putting the module into a stack: the stack passes exactly where the module's own success is
 * what lets it through. Other modules' PAM_SUCCESS comes from pam_permit, their refusal from pam_deny.
 */
#include <stdio.h>
#include <string.h>

#include "tests/pam/pam_fixture.h"

/* The controls under which nothing but our success may pass the stack. `after` are the lines behind ours. */
struct stack {
	const char *before, *control, *after;
};

static const struct stack stacks[] = {
	{"", "required", ""},
	{"", "requisite", ""},
	{"", "required", "TYPE required pam_permit.so\n"},
	{"", "requisite", "TYPE required pam_permit.so\n"},
	{"TYPE required pam_permit.so\n", "required", ""},
	{"TYPE required pam_permit.so\n", "requisite", ""},
	{"TYPE optional pam_permit.so\n", "required", "TYPE optional pam_permit.so\n"},
	{"", "sufficient", "TYPE required pam_deny.so\n"},
	{"", "sufficient", "TYPE requisite pam_deny.so\n"},
	{"TYPE required pam_permit.so\n", "sufficient", "TYPE required pam_deny.so\n"},
	{"", "[success=1 default=ignore]", "TYPE requisite pam_deny.so\nTYPE required pam_permit.so\n"},
	{"", "[success=1 default=die]", "TYPE requisite pam_deny.so\nTYPE required pam_permit.so\n"},
	{"", "[success=1 default=bad]", "TYPE requisite pam_deny.so\nTYPE required pam_permit.so\n"},
	{"", "[success=done default=die]", "TYPE required pam_permit.so\n"},
	{"", "[success=ok default=die]", "TYPE required pam_permit.so\n"},
	{"", "[success=ok default=bad]", "TYPE required pam_permit.so\n"},
	{"", "[success=ok new_authtok_reqd=ok ignore=ignore default=bad]", "TYPE required pam_permit.so\n"},
	/* What other modules' manuals say: the codes that are let through here must never be ours. */
	{"", "[success=ok user_unknown=ignore default=die]", "TYPE required pam_permit.so\n"},
	{"", "[success=ok authinfo_unavail=ignore default=die]", "TYPE required pam_permit.so\n"},
	{"", "[success=ok ignore=ignore user_unknown=ignore authinfo_unavail=ignore default=die]",
		"TYPE required pam_permit.so\n"},
	{"", "[success=done new_authtok_reqd=done default=ignore]", "TYPE required pam_deny.so\n"},
};

/* Ways in which the module doesn't grant. */
enum trouble { WRONG, LOCKED, GONE, NONSENSE, NO_TALK, BAD_LINE, TROUBLES };

static const char *const trouble_names[TROUBLES] = {"wrong", "locked", "gone", "nonsense", "no conversation",
	"bad line"};

static void write_stack(const struct stack *stack, bool account, enum trouble trouble)
{
	const char *type = account ? "account" : "auth";
	const char *parts[] = {stack->before, NULL, stack->after};
	char ours[256], text[1024] = "";

	snprintf(ours, sizeof(ours), "TYPE %s MODULE action=customer.export %s %s\n", stack->control,
		trouble == GONE ? "socket=/nonexistent/verify.sock" : "SOCKET",
		trouble == BAD_LINE ? "nullok" : "");
	parts[1] = ours;
	for (int i = 0; i < 3; i++) {
		for (const char *at = parts[i]; *at != '\0'; at++) {
			size_t length = strlen(text);

			if (strncmp(at, "TYPE", 4) == 0) {
				snprintf(text + length, sizeof(text) - length, "%s", type);
				at += 3;
			} else {
				snprintf(text + length, sizeof(text) - length, "%c", *at);
			}
		}
	}
	service_write("stack", text);
}

static int run_stack(bool account, enum trouble trouble)
{
	struct trial trial = {
		.service = "stack", .user = "alice", .phases = account ? "c" : "a", .answers = {"123456"}};

	fake_verifier_reset(&fake);
	if (trouble == WRONG)
		strcpy(fake.shared->replies[FAKE_ANSWER], FAKE_WRONG("0"));
	if (trouble == LOCKED)
		strcpy(fake.shared->replies[account ? FAKE_ACCOUNT : FAKE_BEGIN], FAKE_LOCKED);
	if (trouble == NONSENSE)
		strcpy(fake.shared->replies[FAKE_ANSWER], "{}");
	if (trouble == NO_TALK)
		trial.talk = TALK_ERROR;
	trial_run(&trial);
	return trial.code;
}

static void each_stack_passes_with_our_success(void **state)
{
	(void)state;
	for (int i = 0; i < (int)(2 * sizeof(stacks) / sizeof(stacks[0])); i++) {
		int code;

		write_stack(&stacks[i / 2], i % 2 == 1, TROUBLES);
		code = run_stack(i % 2 == 1, TROUBLES);
		if (code != PAM_SUCCESS)
			fail_msg("%s (%s): got %s", stacks[i / 2].control, i % 2 ? "account" : "auth",
				pam_code_name(code));
	}
}

static void no_stack_passes_without_our_success(void **state)
{
	(void)state;
	for (int i = 0; i < (int)(2 * sizeof(stacks) / sizeof(stacks[0])); i++) {
		for (int trouble = 0; trouble < TROUBLES; trouble++) {
			write_stack(&stacks[i / 2], i % 2 == 1, (enum trouble)trouble);
			if (run_stack(i % 2 == 1, (enum trouble)trouble) == PAM_SUCCESS)
				fail_msg("%s (%s) passed with: %s", stacks[i / 2].control,
					i % 2 ? "account" : "auth", trouble_names[trouble]);
		}
	}
}

static void a_refusal_in_a_required_line_outlasts_a_later_sufficient_success(void **state)
{
	(void)state;
	service_write("stack",
		"auth required MODULE action=customer.export SOCKET\nauth sufficient pam_permit.so\n");
	assert_int_not_equal(run_stack(false, WRONG), PAM_SUCCESS);
	assert_pam_code(run_stack(false, TROUBLES), PAM_SUCCESS);
}

static void our_success_does_not_undo_an_earlier_refusal(void **state)
{
	static const char *const controls[] = {"required", "requisite", "sufficient", "optional"};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
		snprintf(text, sizeof(text), "auth required pam_deny.so\n"
			"auth %s MODULE action=customer.export SOCKET\n", controls[i]);
		service_write("stack", text);
		assert_int_not_equal(run_stack(false, TROUBLES), PAM_SUCCESS);
	}
}

static void a_substack_passes_only_with_our_success(void **state)
{
	static const char *const ways[] = {"substack", "include"};
	char text[256];

	(void)state;
	service_write("inner", "auth required MODULE action=customer.export SOCKET\n");
	for (size_t i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "auth %s %s/inner\nauth required pam_permit.so\n", ways[i],
			service_folder());
		service_write("stack", text);
		assert_pam_code(run_stack(false, TROUBLES), PAM_SUCCESS);
		assert_int_not_equal(run_stack(false, WRONG), PAM_SUCCESS);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		module_test(each_stack_passes_with_our_success),
		module_test(no_stack_passes_without_our_success),
		module_test(a_refusal_in_a_required_line_outlasts_a_later_sufficient_success),
		module_test(our_success_does_not_undo_an_earlier_refusal),
		module_test(a_substack_passes_only_with_our_success),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, pam_group_setup, pam_group_teardown);
}
