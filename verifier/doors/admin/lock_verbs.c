/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One's own lock, and the verbs freeze and thaw; people_verbs.c has lock and unlock.
 * MUST: end what the locked had under way, and what was granted of a frozen action.
 */
#include "verifier/doors/admin/lock_verbs.h"

#include <stdio.h>
#include <string.h>

#include "lib/wire/message.h"
#include "verifier/doors/admin/people_verbs.h"
#include "verifier/doors/approvals/request_changes.h"
#include "verifier/doors/calls/subject.h"
#include "verifier/doors/pending/step_ups.h"
#include "verifier/doors/standing/locks.h"
#include "verifier/doors/verbs/verb.h"
#include "verifier/rules/words/notices.h"
#include "verifier/verifier.h"

/* --- one's own account --- */

struct lock_me_verb {
	struct verb verb;
	const char *reason;
};

static enum stepup_error lock_me_work(struct store_session *session, struct verb *verb)
{
	const struct lock_me_verb *lock = (const struct lock_me_verb *)verb;
	const struct lock_order order = {.user = verb->user, .uid = verb->uid, .reason = lock->reason,
		.actor = &verb->actor, .at = verb->now};
	struct user_record *record = NULL;
	enum stepup_error error = store_user_find(session, verb->user, &record);

	if (error == STEPUP_OK && record->lock.locked)
		/* stays as it is: no log entry for the asking */
		memcpy(verb->reference, record->lock.reference, sizeof(verb->reference));
	else if (error == STEPUP_OK || error == STEPUP_NOT_FOUND)
		error = lock_user(session, &order, verb->reference);
	user_record_free(&record);
	return error;
}

static void lock_me_reply(struct verb *verb)
{
	people_verbs_end(verb->verifier, verb->user, verb->uid);
	request_changes_tell(verb->verifier, INT64_MAX);
	verb_reply_reference(verb, notice_locked_me(verb->reference, verb->verifier->policy->help));
}

static const struct verb_kind lock_me_kind = {
	.size = sizeof(struct lock_me_verb),
	.work = lock_me_work,
	.reply = lock_me_reply,
};

static void lock_me_ready(struct call *call, const struct subject *subject)
{
	const struct words_facts words = {.user = subject->name};
	struct lock_me_verb *lock;

	if (!subject->own) {
		refuse(call, STEPUP_NOT_ALLOWED, &words);
		return;
	}
	lock = verb_new(call, &lock_me_kind);
	if (lock == NULL || !verb_user(&lock->verb, subject->name) ||
	    !verb_reason(&lock->verb, &lock->reason))
		return;
	lock->verb.uid = subject->uid;
	snprintf(lock->verb.by, sizeof(lock->verb.by), "%s", subject->name);
	verb_submit(&lock->verb);
}

void lock_verbs_lock_me(struct call *call)
{
	subject_of(call, NULL, lock_me_ready);
}

/* --- actions --- */

struct freeze_verb {
	struct verb verb;
	const char *reason;
	char pattern[ACTION_NAME_SIZE];
};

static bool take_freezable(struct verb *verb)
{
	return freeze_is_valid(message_text(verb->call->parameters, "action")) ||
		verb_object(verb, notice_text(NOTICE_UNFREEZABLE));
}

/* The call's action or pattern, which the verb is authorised for. False: the call has been refused and the
 * verb is gone. */
static bool take_pattern(struct verb *verb, char taken[ACTION_NAME_SIZE])
{
	const char *pattern = message_text(verb->call->parameters, "action");

	if (snprintf(taken, ACTION_NAME_SIZE, "%s", pattern) >= ACTION_NAME_SIZE)
		return verb_object(verb, notice_text(NOTICE_NOT_FROZEN));
	return verb_authorize(verb, json_pack("{s:s}", "action", pattern));
}

static enum stepup_error freeze_work(struct store_session *session, struct verb *verb)
{
	const struct freeze_verb *freeze = (const struct freeze_verb *)verb;
	const struct freeze_order order = {.action = freeze->pattern, .reason = freeze->reason,
		.actor = &verb->actor, .at = verb->now};
	enum stepup_error error = action_freeze(session, &order, verb->reference);

	return error == STEPUP_EXISTS ? STEPUP_OK : error; /* it stands, under the reference it has */
}

/* Of the verifier's own verbs, which no pattern of other names covers: policy_pattern_matches(). */
static bool is_own(const char *name)
{
	return strncmp(name, "stepup.", strlen("stepup.")) == 0;
}

/* Whether the policy has a rule about what was named; else somebody may have mistyped it. */
static bool is_ruled(const struct policy *policy, const char *pattern)
{
	size_t size = strlen(pattern);

	if (pattern[size - 1] != '*')
		return policy_rule(policy, pattern) != NULL;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const char *name = policy->rules[i].name;
		size_t fixed = strcspn(name, "*");

		if (is_own(name) == is_own(pattern) &&
		    strncmp(name, pattern, fixed < size - 1 && name[fixed] == '*' ? fixed : size - 1) == 0)
			return true;
	}
	return false;
}

static void freeze_reply(struct verb *verb)
{
	const char *pattern = ((const struct freeze_verb *)verb)->pattern;

	step_ups_end_granted(verb->verifier->step_ups, pattern);
	request_changes_tell(verb->verifier, INT64_MAX);
	verb_reply_reference(verb,
		notice_frozen(pattern, verb->reference, is_ruled(verb->verifier->policy, pattern)));
}

static const struct verb_kind freeze_kind = {
	.action = "stepup.freeze",
	.size = sizeof(struct freeze_verb),
	.work = freeze_work,
	.reply = freeze_reply,
};

void lock_verbs_freeze(struct call *call)
{
	struct freeze_verb *freeze = verb_new(call, &freeze_kind);

	if (freeze != NULL && verb_reason(&freeze->verb, &freeze->reason) && take_freezable(&freeze->verb) &&
	    take_pattern(&freeze->verb, freeze->pattern))
		verb_submit(&freeze->verb);
}

struct thaw_verb {
	struct verb verb;
	char pattern[ACTION_NAME_SIZE];
	/* what freezes it as well: "customer.* (F-83)"; "" for nothing */
	char still[ACTION_NAME_SIZE + LOCK_REFERENCE_SIZE + 3];
	char told[NOTICE_OVER_SIZE]; /* the objection */
};

/* What is thawed may stand under another freeze as well, and what isn't frozen under its own name under
 * one of a pattern. */
static enum stepup_error thaw_work(struct store_session *session, struct verb *verb)
{
	struct thaw_verb *thaw = (struct thaw_verb *)verb;
	enum stepup_error error = action_thaw(session, thaw->pattern, &verb->actor, verb->now, &verb->log),
		still;
	struct freeze freeze;

	thaw->still[0] = '\0';
	if (error != STEPUP_OK && error != STEPUP_NOT_FOUND)
		return error;
	still = freeze_find(session, thaw->pattern, &freeze);
	if (still != STEPUP_OK && still != STEPUP_FROZEN)
		return still;
	if (still == STEPUP_FROZEN)
		snprintf(thaw->still, sizeof(thaw->still), "%s (%s)", freeze.action, freeze.reference);
	if (error == STEPUP_NOT_FOUND) {
		snprintf(thaw->told, sizeof(thaw->told), "%s%s%s", notice_text(NOTICE_NOT_FROZEN),
			thaw->still[0] == '\0' ? "" : " It is frozen all the same, by ", thaw->still);
		verb->objection = thaw->told;
	}
	return error;
}

static void thaw_reply(struct verb *verb)
{
	const struct thaw_verb *thaw = (const struct thaw_verb *)verb;

	verb_reply_log(verb, notice_thawed(thaw->pattern, thaw->still));
}

static const struct verb_kind thaw_kind = {
	.action = "stepup.thaw",
	.size = sizeof(struct thaw_verb),
	.work = thaw_work,
	.reply = thaw_reply,
};

void lock_verbs_thaw(struct call *call)
{
	struct thaw_verb *thaw = verb_new(call, &thaw_kind);

	if (thaw != NULL && take_pattern(&thaw->verb, thaw->pattern))
		verb_submit(&thaw->verb);
}
