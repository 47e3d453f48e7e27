/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Explain, at both doors.
 */
#include "verifier/doors/explaining.h"

#include "lib/message.h"
#include "verifier/host/clock.h"
#include "verifier/rules/explain.h"
#include "verifier/doors/locks.h"
#include "verifier/doors/subject.h"
#include "verifier/verifier.h"

static void explain(struct call *call, const struct subject *subject, bool is_insider)
{
	const struct verifier *verifier = call->verifier;
	const char *action = message_text(call->parameters, "action");
	const json_t *details = json_object_get(call->parameters, "details");
	char reference[LOCK_REFERENCE_SIZE];
	struct explain_question question = {
		.policy = verifier->policy,
		.store = verifier->store,
		.reader = verifier->reader,
		.user = &subject->who,
		.record = subject->record,
		.action = action,
		.details = json_is_null(details) ? NULL : details,
		.is_insider = is_insider,
		.now = clock_wall_seconds(),
	};
	json_t *reply = NULL;
	enum stepup_error error = freeze_look(verifier->reader, action, reference);

	if (error == STEPUP_FROZEN)
		question.frozen = reference;
	if (error == STEPUP_OK || error == STEPUP_FROZEN)
		error = explain_action(&question, &reply);
	if (error == STEPUP_OK)
		call_reply(call, reply);
	else
		refuse(call, error, NULL);
}

static void own_ready(struct call *call, const struct subject *subject)
{
	const struct words_facts words = {.user = subject->name, .action = message_text(call->parameters, "action")};

	if (subject_may_be_asked(call, subject))
		explain(call, subject, subject->own || call->peer.uid == 0);
	else
		refuse(call, STEPUP_NOT_ALLOWED, &words);
}

void explaining_own(struct call *call)
{
	subject_of(call, message_text(call->parameters, "user"), own_ready);
}

static void any_ready(struct call *call, const struct subject *subject)
{
	explain(call, subject, true);
}

void explaining_any(struct call *call)
{
	subject_of(call, message_text(call->parameters, "user"), any_ready);
}
