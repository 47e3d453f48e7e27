/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who follows the list of requests. The account is asked after before each look, which the accounts' memory
 * answers at once for ACCOUNT_TTL_SECONDS, as for every other call; else the look is made when the
 * directory has answered.
 */
#include "verifier/doors/approvals/request_follow.h"

#include <stdlib.h>
#include <string.h>

#include "verifier/doors/approvals/request_changes.h"
#include "verifier/doors/approvals/request_list.h"
#include "verifier/doors/approvals/waiters.h"

/* Held by the waiter, and by a question to the directory that is under way. */
struct follower {
	unsigned references;
	struct call *call; /* NULL once it is over */
	char *name;
	json_t *told;      /* the list as it was told last; NULL for not yet */
	bool looking;      /* asks just now, and goes on with an answer that comes at once */
	enum { ACCOUNT_UNASKED, ACCOUNT_ASKED, ACCOUNT_ANSWERED } asked;
	enum stepup_error answer;
	const struct account *account; /* kept; NULL where there is no answer, or none that serves */
};

static void follower_release(struct follower *follower)
{
	if (--follower->references > 0)
		return;
	if (follower->account != NULL)
		account_drop(&follower->account);
	free(follower->name);
	json_decref(follower->told);
	free(follower);
}

/* The waiter's free. */
static void follower_end(void *context)
{
	struct follower *follower = context;

	follower->call = NULL;
	follower_release(follower);
}

/* Looks again at once where somebody still waits for that. */
static void request_follow_account_is(void *context, enum stepup_error result, const struct account *account)
{
	struct follower *follower = context;

	follower->asked = ACCOUNT_ANSWERED;
	follower->answer = result;
	if (result == STEPUP_OK)
		follower->account = account_keep(account);
	if (follower->call != NULL && !follower->looking)
		request_changes_tell(follower->call->verifier, INT64_MAX);
	follower_release(follower);
}

/* False where the directory has to be waited for. */
static bool ask_account(struct follower *follower)
{
	if (follower->asked == ACCOUNT_UNASKED) {
		follower->asked = ACCOUNT_ASKED;
		follower->references++;
		follower->looking = true;
		account_by_name(follower->call->verifier->accounts, follower->call->peer.uid, follower->name,
			request_follow_account_is, follower);
		follower->looking = false;
	}
	return follower->asked == ACCOUNT_ANSWERED;
}

/* Tells the list, where it is another than before. */
static enum waiter_word request_follow_tell(struct follower *follower, json_t *list)
{
	if (follower->told != NULL && json_equal(follower->told, list)) {
		json_decref(list);
		return WAITER_GOES_ON;
	}
	if (!call_reply_more(follower->call, json_pack("{s:O}", "requests", list))) {
		json_decref(list);
		return WAITER_AGAIN;
	}
	json_decref(follower->told);
	follower->told = list;
	return WAITER_GOES_ON;
}

static enum waiter_word tell_account(struct follower *follower, const struct account *account)
{
	struct call *call = follower->call;
	struct subject subject = {0};
	json_t *list = NULL;
	enum stepup_error error = subject_of_account(call, account, follower->name, &subject);

	if (error == STEPUP_OK)
		error = subject_may_be_asked(call, &subject) ? request_list_for(call, &subject, &list)
			: STEPUP_NOT_ALLOWED;
	if (error != STEPUP_OK)
		request_list_refuse(call, &subject, error, follower->told == NULL);
	subject_clear(&subject);
	return error == STEPUP_OK ? request_follow_tell(follower, list) : WAITER_ANSWERED;
}

static enum waiter_word request_follow_follow(struct call *call, void *context)
{
	struct follower *follower = context;
	const struct account *account;
	enum waiter_word word = WAITER_ANSWERED;

	if (!ask_account(follower))
		return WAITER_AGAIN;
	account = follower->account;
	follower->account = NULL;
	follower->asked = ACCOUNT_UNASKED;
	if (account == NULL) {
		refuse(call, follower->answer, NULL);
		return word;
	}
	word = tell_account(follower, account);
	account_drop(&account);
	return word;
}

static const struct waiter_kind follower_kind = {.look = request_follow_follow, .free = follower_end};

void request_follow(struct call *call, const struct subject *subject)
{
	struct follower *follower = calloc(1, sizeof(*follower));

	if (follower != NULL)
		*follower = (struct follower){.references = 1, .call = call, .name = strdup(subject->name)};
	if (follower != NULL && follower->name != NULL) {
		waiters_add(call->verifier->waiters, call, &follower_kind, follower);
		return;
	}
	if (follower != NULL)
		follower_release(follower);
	refuse(call, STEPUP_NO_MEMORY, NULL);
}
