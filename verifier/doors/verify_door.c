/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The door that everybody has: io.stepup.Verify1.
 */
#include <string.h>

#include "lib/wire/message.h"
#include "lib/wire/user_name.h"
#include "verifier/doors/admin/lock_verbs.h"
#include "verifier/doors/answer/answer.h"
#include "verifier/doors/approvals/request_verbs.h"
#include "verifier/doors/begin/begin.h"
#include "verifier/doors/calls/refusal_log.h"
#include "verifier/doors/calls/sitting.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/doors/enrolment/enrolment.h"
#include "verifier/doors/explain/explain_verbs.h"
#include "verifier/doors/pending/brakes.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/evidence/receipt.h"
#include "verifier/rules/words/notices.h"
#include "verifier/verifier.h"

static void account_ready(struct call *call, const struct subject *subject)
{
	const struct log_subject about = subject_for_log(subject);
	const struct words_facts words = {
		.user = subject->name, .reference = subject->lock.locked ? subject->lock.reference : NULL};

	if (!subject_may_be_asked(call, subject)) {
		refuse(call, STEPUP_NOT_ALLOWED, &words);
		return;
	}
	if (subject->lock.locked) {
		refusal_log(call, &about, NULL, STEPUP_LOCKED, "account check");
		refuse(call, STEPUP_LOCKED, &words);
		return;
	}
	if (subject->former != NULL && user_record_live_count(subject->former) > 0) {
		refuse_saying(call, STEPUP_NOT_ALLOWED, subject_former_notice(subject));
		return;
	}
	/* A directory may take it for somebody's all the same, and that one may be locked. */
	if (!user_name_is_possible(subject->asked)) {
		refusal_log(call, &about, NULL, STEPUP_NOT_ALLOWED, "account check of an impossible name");
		refuse_saying(call, STEPUP_NOT_ALLOWED, notice_text(NOTICE_IMPOSSIBLE_ACCOUNT));
		return;
	}
	call_reply(call, json_object());
}

static void verify_door_account(struct call *call)
{
	subject_of(call, message_text(call->parameters, "user"), account_ready);
}

static void keys(struct call *call)
{
	const struct verifier *verifier = call->verifier;
	json_t *jwks = json_deep_copy(receipt_signer_jwks(verifier->receipts));

	call_reply(call, json_pack("{s:o, s:s, s:s}", "jwks", jwks, "log_key", verifier->log_key,
			"issuer", verifier->policy->issuer));
}

static void end_session(struct call *call)
{
	uint8_t sitting[DIGEST_SIZE];
	enum stepup_error error = sitting_session(call, sitting);

	if (error != STEPUP_OK) {
		refuse(call, error, NULL);
		return;
	}
	step_ups_end_sitting(call->verifier->step_ups, call->peer.uid, sitting);
	call_reply(call, json_object());
}

static const struct door_handler handlers[] = {
	{"Begin", begin_step_up},
	{"Answer", answer_step_up},
	{"Cancel", answer_cancel},
	{"Account", verify_door_account},
	{"EnrollBegin", enrolment_begin},
	{"EnrollFinish", enrolment_finish},
	{"List", credentials_list},
	{"Remove", credentials_remove},
	{"EndSession", end_session},
	{"LockMe", lock_verbs_lock_me},
	{"Explain", explain_verbs_own},
	{"Keys", keys},
	{"Requests", request_verbs_requests},
	{"Approve", begin_step_up},
	{"Deny", request_verbs_deny},
	{"CancelRequest", request_verbs_cancel},
	{"AwaitApproval", request_verbs_await},
	{"Claim", answer_claim},
	{NULL, NULL},
};

const struct door door_verify = {
	.interface = &interface_verify, .handlers = handlers, .brake = brake_of_verify};
