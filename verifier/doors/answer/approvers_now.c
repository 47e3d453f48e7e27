/* SPDX-License-Identifier: BSD-2-Clause */
/* Those who agreed, asked after in the directory. */
#include "verifier/doors/answer/approvers_now.h"

#include <string.h>

#include "verifier/doors/answer/answer.h"
#include "verifier/host/account.h"

const struct agreed *agreed_find(const struct agreed_list *list, const uint8_t user_id[USER_ID_SIZE])
{
	for (size_t i = 0; i < list->count; i++)
		if (memcmp(list->people[i].user_id, user_id, USER_ID_SIZE) == 0)
			return &list->people[i];
	return NULL;
}

static void note_person(struct agreed_list *list, const char name[USER_NAME_SIZE],
	const uint8_t user_id[USER_ID_SIZE], int64_t uid)
{
	struct agreed *agreed = &list->people[list->count];

	if (list->count == REQUESTS_OPEN_MAX || agreed_find(list, user_id) != NULL)
		return;
	memcpy(agreed->name, name, sizeof(agreed->name));
	memcpy(agreed->user_id, user_id, USER_ID_SIZE);
	agreed->uid = uid;
	list->count++;
}

static enum stepup_error note_approver(void *context, struct approval_request *request, bool *more)
{
	(void)more;
	if (request->state == REQUEST_APPROVED)
		note_person(context, request->approver, request->approver_id, request->approver_uid);
	return STEPUP_OK;
}

static enum stepup_error find_people(struct answer *answer)
{
	static const uint8_t nobody[USER_ID_SIZE];
	const struct step_up *step_up = answer->step_up;
	struct store_session *reader = answer->verifier->reader;
	struct approval_request request = {0};
	enum stepup_error error;

	if (step_up->approves || answer->method == METHOD_FRESH || step_up->rule->approvers == NULL ||
	    memcmp(step_up->user_id, nobody, USER_ID_SIZE) == 0)
		return STEPUP_OK;
	if (!answer->claim)
		return store_request_each(reader, step_up->user_id, note_approver, &answer->agreed);
	note_person(&answer->agreed, step_up->user, step_up->user_id, step_up->user_uid);
	error = store_request_find(reader, step_up->request, &request);
	if (error == STEPUP_OK)
		error = note_approver(&answer->agreed, &request, NULL);
	approval_request_clear(&request);
	return error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}

static void look_up_next(struct answer *answer);

static void account_is(void *context, enum stepup_error result, const struct account *account)
{
	struct answer *answer = context;
	const struct step_up *step_up = answer->step_up;
	struct agreed *agreed = &answer->agreed.people[answer->agreed.looked_up];
	bool asks = memcmp(agreed->user_id, step_up->user_id, USER_ID_SIZE) == 0;
	struct policy_user who;

	if (result != STEPUP_OK || account == NULL || account->name == NULL) {
		answer->agreed_ready(answer, STEPUP_UNAVAILABLE);
		return;
	}
	who = (struct policy_user){
		.name = account->name, .gids = account->gids, .gid_count = account->gid_count};
	agreed->may = account->uid == agreed->uid &&
		policy_list_names(step_up->policy,
			asks ? step_up->rule->users : step_up->rule->approvers, &who);
	answer->agreed.looked_up++;
	look_up_next(answer);
}

static void look_up_next(struct answer *answer)
{
	const struct agreed_list *list = &answer->agreed;

	if (list->looked_up == list->count)
		answer->agreed_ready(answer, STEPUP_OK);
	else
		account_by_name(answer->verifier->accounts, answer->step_up->uid,
			list->people[list->looked_up].name, account_is, answer);
}

void agreed_look_up(struct answer *answer, agreed_ready *ready)
{
	enum stepup_error error = find_people(answer);

	answer->agreed_ready = ready;
	if (error == STEPUP_OK)
		look_up_next(answer);
	else
		ready(answer, error);
}
