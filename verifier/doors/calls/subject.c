/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a caller may do about somebody, and how handlers refuse.
 * MUST: believe no name about the caller but the kernel's uid.
 */
#include "verifier/doors/calls/subject.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/host/journal.h"
#include "verifier/rules/words/notices.h"
#include "verifier/verifier.h"

void peer_name(const struct call *call, char name[PEER_NAME_SIZE])
{
	if (call->peer.account != NULL)
		snprintf(name, PEER_NAME_SIZE, "%s", call->peer.account);
	else
		snprintf(name, PEER_NAME_SIZE, "#%" PRIuMAX, (uintmax_t)call->peer.uid);
}

bool peer_is_caller(const struct policy *policy, const struct peer *peer, const struct caller *caller)
{
	return policy_unix_user_is(policy, caller->unix_user, peer->uid, peer->account);
}

bool subject_uid_holds(const struct user_record *record, int64_t uid)
{
	return record != NULL && record->uid == uid;
}

bool subject_owns(const struct user_record *record, int64_t uid)
{
	return record != NULL && (record->uid == uid || record->credential_count == 0);
}

const struct user_record *subject_any_record(const struct subject *subject)
{
	return subject->record != NULL ? subject->record : subject->former;
}

const char *subject_former_notice(const struct subject *subject)
{
	return subject->uid < 0 ? notice_text(NOTICE_ABSENT_ACCOUNT) : notice_text(NOTICE_OTHER_ACCOUNT);
}

struct log_subject subject_for_log(const struct subject *subject)
{
	const struct user_record *record = subject_any_record(subject);

	return (struct log_subject){
		.user = subject->name, .user_id = record == NULL ? NULL : record->user_id};
}

bool subject_allows(const struct call *call, const struct subject *subject, const char *action)
{
	return subject->own ||
		policy_caller_may(call->verifier->policy, call->peer.uid, call->peer.account,
			&subject->who, action);
}

bool subject_may_be_asked(const struct call *call, const struct subject *subject)
{
	const struct policy *policy = call->verifier->policy;

	if (subject->own || call->peer.uid == 0)
		return true;
	for (size_t i = 0; i < policy->caller_count; i++)
		if (peer_is_caller(policy, &call->peer, &policy->callers[i]) &&
		    policy_list_names(policy, policy->callers[i].users, &subject->who))
			return true;
	return false;
}

void refuse(struct call *call, enum stepup_error error, const struct words_facts *words)
{
	struct words_facts facts = {0};
	struct refusal_facts refusal;
	char *sentence;

	if (words != NULL)
		facts = *words;
	facts.policy = call->verifier->policy;
	if (!stepup_error_is_refusal(error)) {
		journal_line(LOG_ERR, "internal", "refused uid %ju because of: %s", (uintmax_t)call->peer.uid,
			stepup_error_text(error));
		error = STEPUP_UNAVAILABLE;
	}
	refusal = (struct refusal_facts){
		.reference = facts.reference,
		.detail = facts.detail,
		.tries_left = facts.tries_left,
		.retry_after_seconds = facts.retry_after_seconds,
	};
	sentence = words_refusal(error, &facts);
	call_refuse(call, error, sentence == NULL ? stepup_error_text(error) : sentence, &refusal);
	free(sentence);
}

void refuse_saying(struct call *call, enum stepup_error error, const char *sentence)
{
	const struct refusal_facts nothing = {0};

	call_refuse(call, error, sentence, &nothing);
}
