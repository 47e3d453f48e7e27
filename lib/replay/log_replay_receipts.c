/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receipts in a log: issued, redeemed once, asked about again.
 */
#include "lib/replay/log_replay_receipts.h"

#include <stdlib.h>
#include <string.h>

void step_issue_receipt(struct replay_step *step, const char *jti, const char *approver_id)
{
	json_t *receipt;

	if (json_object_get(step->replay->receipts, jti) != NULL) {
		step_tell(step, "The receipt %s was issued before.", jti);
		return;
	}
	receipt = json_pack("{s:s, s:s, s:s, s:s, s:I}", "user_id", step_text(step, "user_id"),
		"credential", step_text(step, "credential"), "audience", step_text(step, "audience"),
		"action", step_text(step, "action"),
		"expires", (json_int_t)member_number(step->entry, "expires", 0));
	if (receipt != NULL && approver_id != NULL)
		step_put(step, receipt, "approver_id", json_string(approver_id));
	if (receipt != NULL && json_is_object(json_object_get(step->evidence, "details")))
		step_put(step, receipt, "details", json_incref(json_object_get(step->evidence, "details")));
	step_put(step, step->replay->receipts, jti, receipt);
}

/* What was carried out against what was approved: the same texts, numbers at most. */
static void check_details(struct replay_step *step, const json_t *approved, const json_t *redeemed)
{
	const json_t *limit;
	const char *name;
	json_t *value;

	if (approved == NULL || redeemed == NULL)
		return;
	if (json_object_size(approved) != json_object_size(redeemed))
		step_tell(step, "The receipt was redeemed with other details than were approved.");
	json_object_foreach ((json_t *)(uintptr_t)redeemed, name, value) {
		limit = json_object_get(approved, name);
		if (json_is_integer(limit) && json_is_integer(value)
		    ? json_integer_value(value) > json_integer_value(limit) : !json_equal(limit, value))
			step_tell(step,
				"The receipt was redeemed for another or a larger \"%s\" than was approved.",
				name);
	}
}

/* For whoever asks again; an execution without a name can't. */
static void keep_redeemed(struct replay_step *step, const char *jti)
{
	const char *exec_id = member_text(step->entry, "exec_id");

	if (exec_id != NULL)
		step_put(step, step->replay->redeemed, jti,
			json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "user_id", step_text(step, "user_id"),
				"audience", step_text(step, "audience"), "action", step_text(step, "action"),
				"exec_id", exec_id, "at", (json_int_t)step->at,
				"redemption", (json_int_t)step->index));
}

void step_redeem(struct replay_step *step)
{
	const char *jti = step_text(step, "jti"), *user_id = step_text(step, "user_id");
	json_t *receipt = json_object_get(step->replay->receipts, jti);

	step->summary->redemptions++;
	step_check_commitment(step);
	if (member_text(receipt, "void") != NULL) {
		step_tell(step, "The receipt %s was redeemed although it was void: %s after it was issued.",
			jti, member_text(receipt, "void"));
	} else {
		step_check_not_locked(step, user_id, "A receipt was redeemed");
		step_check_not_frozen(step, step_text(step, "action"));
	}
	if (receipt == NULL) {
		step_tell(step, "The receipt %s was never issued, is void, or was redeemed before.", jti);
		return;
	}
	if (!members_equal(receipt, "user_id", step->entry, "user_id"))
		step_tell(step, "The receipt %s was issued to another user.", jti);
	if (!members_equal(receipt, "audience", step->entry, "audience"))
		step_tell(step,
			"The receipt %s was redeemed by another service than it was issued for.", jti);
	if (!members_equal(receipt, "action", step->entry, "action"))
		step_tell(step, "The receipt %s was redeemed for another action.", jti);
	if (step->at >= member_number(receipt, "expires", 0))
		step_tell(step, "The receipt %s was redeemed after it had expired.", jti);
	(void)step_check_credential(step, member_text(receipt, "credential"),
		member_text(receipt, "user_id"));
	check_details(step, json_object_get(receipt, "details"), json_object_get(step->evidence, "details"));
	keep_redeemed(step, jti);
	(void)json_object_del(step->replay->receipts, jti);
}

void step_resume(struct replay_step *step)
{
	static const char *const same[] = {"user_id", "audience", "action", "exec_id", "redemption"};
	const char *jti = step_text(step, "jti");
	const json_t *redeemed = json_object_get(step->replay->redeemed, jti);
	bool fits = redeemed != NULL;

	step_check_not_locked(step, step_text(step, "user_id"), "An execution was told that it had redeemed");
	step_check_not_frozen(step, step_text(step, "action"));
	for (size_t i = 0; fits && i < sizeof(same) / sizeof(same[0]); i++)
		fits = json_equal(json_object_get(redeemed, same[i]), json_object_get(step->entry, same[i]));
	if (!fits)
		step_tell(step,
			"An execution was told that it had redeemed the receipt %s, and it had not.", jti);
	else if (step->at - member_number(redeemed, "at", 0) >= RESUMED_WITHIN_SECONDS)
		step_tell(step,
			"An execution was told that it had redeemed the receipt %s more than a day before.",
			jti);
}
