/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whom a call is about.
 * MUST: believe no name about the caller but the kernel's uid; refuse where account or record can't be read: unreadable is never "not there".
 */
#include "verifier/doors/subject.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/host/journal.h"
#include "verifier/verifier.h"

struct lookup {
	struct call *call;
	subject_ready *ready;
};

void peer_name(const struct call *call, char name[PEER_NAME_SIZE])
{
	if (call->peer.account != NULL)
		snprintf(name, PEER_NAME_SIZE, "%s", call->peer.account);
	else
		snprintf(name, PEER_NAME_SIZE, "#%" PRIuMAX, (uintmax_t)call->peer.uid);
}

bool peer_is_caller(const struct peer *peer, const struct caller *caller)
{
	char number[24];

	snprintf(number, sizeof(number), "#%" PRIuMAX, (uintmax_t)peer->uid);
	return strcmp(caller->unix_user, number) == 0 || (peer->account != NULL && strcmp(caller->unix_user, peer->account) == 0);
}

enum stepup_error subject_of_account(const struct call *call, const struct account *account, struct subject *subject)
{
	enum stepup_error error;

	*subject = (struct subject){.name = account->name, .uid = account->uid,
		.who = {.name = account->name, .unix_groups = (const char *const *)account->unix_groups},
		.own = account->uid == (int64_t)call->peer.uid && call->peer.account != NULL && strcmp(call->peer.account, account->name) == 0};
	error = store_user_find(call->verifier->reader, account->name, &subject->record);
	return error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}

static void lookup_found(void *context, enum stepup_error result, const struct account *account)
{
	struct lookup *lookup = context;
	struct call *call = lookup->call;
	struct subject subject = {0};

	if (result != STEPUP_OK || account == NULL || account->name == NULL) {
		refuse(call, result == STEPUP_OK ? STEPUP_INTERNAL : result, NULL);
		goto out;
	}
	result = subject_of_account(call, account, &subject);
	if (result == STEPUP_OK)
		lookup->ready(call, &subject);
	else
		refuse(call, result, NULL);
out:
	user_record_free(&subject.record);
	free(lookup);
}

void subject_of(struct call *call, const char *user, subject_ready *ready)
{
	struct lookup *lookup;

	if (user == NULL)
		user = call->peer.account;
	if (user == NULL) {
		refuse(call, STEPUP_NOT_ALLOWED, NULL);
		return;
	}
	if (*user == '\0') {
		call_invalid(call, "user");
		return;
	}
	lookup = malloc(sizeof(*lookup));
	if (lookup == NULL) {
		refuse(call, STEPUP_NO_MEMORY, NULL);
		return;
	}
	*lookup = (struct lookup){.call = call, .ready = ready};
	account_by_name(call->verifier->accounts, user, lookup_found, lookup);
}

bool subject_uid_holds(const struct user_record *record, int64_t uid)
{
	return record != NULL && record->uid == uid;
}

bool subject_allows(const struct call *call, const struct subject *subject, const char *action)
{
	return subject->own || policy_caller_may(call->verifier->policy, call->peer.uid, call->peer.account, &subject->who, action);
}

bool subject_may_be_asked(const struct call *call, const struct subject *subject)
{
	const struct policy *policy = call->verifier->policy;

	if (subject->own || call->peer.uid == 0)
		return true;
	for (size_t i = 0; i < policy->caller_count; i++)
		if (peer_is_caller(&call->peer, &policy->callers[i]) &&
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
		journal_line(LOG_ERR, "internal", "refused uid %ju because of: %s", (uintmax_t)call->peer.uid, stepup_error_text(error));
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
