/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Explain, at both doors.
 */
#include "verifier/doors/explain/explain_verbs.h"

#include <string.h>

#include "lib/wire/message.h"
#include "verifier/doors/calls/sitting.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/doors/pending/freshness.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/doors/standing/locks.h"
#include "verifier/host/clock.h"
#include "verifier/rules/explain/explain.h"
#include "verifier/verifier.h"

static int64_t wall_of(int64_t boot_ms)
{
	return clock_wall_seconds() + (boot_ms - clock_boot_ms()) / 1000;
}

/* What is fresh for the subject, here and elsewhere. Here is nowhere where another account's
 * program would ask. */
static struct explain_fresh fresh_for(const struct call *call, const struct subject *subject,
	const char *action, bool here)
{
	const struct verifier *verifier = call->verifier;
	const struct freshness *freshness = step_ups_freshness(verifier->step_ups);
	const struct rule *rule = policy_rule(verifier->policy, action);
	const int64_t now = clock_boot_ms();
	struct explain_fresh fresh = {0};
	struct requirement requirement;
	const struct fresh_grant *grant = NULL;
	uint8_t sitting[DIGEST_SIZE];
	int64_t latest;

	if (rule == NULL || subject->record == NULL)
		return fresh;
	if (here && sitting_of(call, subject->own, sitting))
		grant = freshness_find(freshness,
			&(struct fresh_place){.rule = rule, .user_id = subject->record->user_id,
				.caller = call->peer.uid, .sitting = sitting}, now);
	requirement = requirement_of(verifier->policy, rule, action, NULL, subject->record);
	fresh.covers = grant != NULL && freshness_covers(grant, &requirement);
	fresh.until = fresh.covers ? wall_of(grant->expires_boot_ms) : 0;
	fresh.sessions = freshness_sittings(freshness, subject->name, rule, now, &latest);
	fresh.latest = fresh.sessions == 0 ? 0 : wall_of(latest);
	return fresh;
}

/* `caller` is the account that would ask; NULL: whoever asks now. */
static void explain_reply(struct call *call, const struct subject *subject, const char *caller,
	bool is_insider, bool sees_everybody)
{
	const struct verifier *verifier = call->verifier;
	const char *action = message_text(call->parameters, "action"),
		*service = message_text(call->parameters, "service");
	const char *rhost = message_text(call->parameters, "rhost");
	const json_t *details = json_object_get(call->parameters, "details");
	const bool own = subject->own && caller == NULL;
	char reference[LOCK_REFERENCE_SIZE], peer[PEER_NAME_SIZE];
	uint8_t source[GUESS_SOURCE_SIZE];
	struct explain_question question = {
		.policy = verifier->policy,
		.store = verifier->store,
		.reader = verifier->reader,
		.user = &subject->who,
		.uid = subject->uid,
		.record = subject->record,
		.former = subject->former,
		.lock = &subject->lock,
		.action = action,
		/* whoever else the caller acts for may be anywhere */
		.knows_place = own || caller != NULL || service != NULL || rhost != NULL,
		.caller = caller != NULL ? caller : peer,
		.service = service,
		.rhost = rhost,
		.source = own ? source : NULL,
		.details = json_is_null(details) ? NULL : details,
		.is_insider = is_insider,
		.sees_everybody = sees_everybody,
		.now = clock_wall_seconds(),
	};
	json_t *reply = NULL;
	enum stepup_error error = freeze_look(verifier->reader, action, reference);

	peer_name(call, peer);
	question.fresh = fresh_for(call, subject, action, strcmp(question.caller, peer) == 0);
	if (error == STEPUP_FROZEN)
		question.frozen = reference;
	if (error == STEPUP_OK || error == STEPUP_FROZEN)
		error = sitting_source(call, subject->own, source);
	if (error == STEPUP_OK)
		error = explain_action(&question, &reply);
	if (error == STEPUP_OK)
		call_reply(call, reply);
	else
		refuse(call, error, NULL);
}

static void own_ready(struct call *call, const struct subject *subject)
{
	const struct words_facts words = {
		.user = subject->name, .action = message_text(call->parameters, "action")};

	if (subject_may_be_asked(call, subject))
		explain_reply(call, subject, NULL, subject->own || call->peer.uid == 0,
			call->peer.uid == 0);
	else
		refuse(call, STEPUP_NOT_ALLOWED, &words);
}

void explain_verbs_own(struct call *call)
{
	subject_of(call, message_text(call->parameters, "user"), own_ready);
}

/* At the administrators' door, about anybody. */
static void any_ready(struct call *call, const struct subject *subject)
{
	const char *caller = message_text(call->parameters, "caller");
	bool names_place = message_text(call->parameters, "service") != NULL ||
		message_text(call->parameters, "rhost") != NULL;

	explain_reply(call, subject, caller == NULL && names_place ? "root" : caller, true, true);
}

void explain_verbs_any(struct call *call)
{
	subject_of_anybody(call, message_text(call->parameters, "user"), any_ready);
}
