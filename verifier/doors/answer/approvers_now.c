/* SPDX-License-Identifier: BSD-2-Clause */
/* Those who agreed, asked after in the directory. */
#include "verifier/doors/answer/approvers_now.h"

#include <string.h>

#include "verifier/host/account.h"

const struct approver_now *approvers_now_find(const struct approvers_now *now,
	const uint8_t user_id[USER_ID_SIZE])
{
	for (size_t i = 0; i < now->count; i++)
		if (memcmp(now->people[i].user_id, user_id, USER_ID_SIZE) == 0)
			return &now->people[i];
	return NULL;
}

static void note_person(struct approvers_now *now, const char name[USER_NAME_SIZE],
	const uint8_t user_id[USER_ID_SIZE], int64_t uid)
{
	struct approver_now *person = &now->people[now->count];

	if (now->count == REQUESTS_OPEN_MAX || approvers_now_find(now, user_id) != NULL)
		return;
	memcpy(person->name, name, sizeof(person->name));
	memcpy(person->user_id, user_id, USER_ID_SIZE);
	person->uid = uid;
	now->count++;
}

static enum stepup_error note_approver(void *context, struct approval_request *request, bool *more)
{
	(void)more;
	if (request->state == REQUEST_APPROVED)
		note_person(context, request->approver, request->approver_id, request->approver_uid);
	return STEPUP_OK;
}

static enum stepup_error find_people(struct approvers_now *now)
{
	static const uint8_t nobody[USER_ID_SIZE];
	const struct step_up *step_up = now->step_up;
	const struct asked *asked = step_up_asked(now->step_up);
	struct store_session *reader = now->verifier->reader;
	struct approval_request request = {0};
	enum stepup_error error;

	if (asked == NULL || step_up_request(step_up) != NULL || asked->rule->approvers == NULL ||
	    memcmp(step_up->user_id, nobody, USER_ID_SIZE) == 0)
		return STEPUP_OK;
	if (!now->claims)
		return store_request_each(reader, step_up->user_id, note_approver, now);
	note_person(now, step_up->user, step_up->user_id, step_up->user_uid);
	error = store_request_find(reader, step_up_second_person(step_up)->request, &request);
	if (error == STEPUP_OK)
		error = note_approver(now, &request, NULL);
	approval_request_clear(&request);
	return error == STEPUP_NOT_FOUND ? STEPUP_OK : error;
}

static void look_up_next(struct approvers_now *now);

static void account_is(void *context, enum stepup_error result, const struct account *account)
{
	struct approvers_now *now = context;
	const struct step_up *step_up = now->step_up;
	const struct asked *asked = step_up_asked(now->step_up);
	struct approver_now *person = &now->people[now->looked_up];
	bool asks = memcmp(person->user_id, step_up->user_id, USER_ID_SIZE) == 0;
	struct policy_user who;

	if (result != STEPUP_OK || account == NULL || account->name == NULL) {
		now->ready(now->context, STEPUP_UNAVAILABLE);
		return;
	}
	who = (struct policy_user){
		.name = account->name, .gids = account->gids, .gid_count = account->gid_count};
	person->may = account->uid == person->uid &&
		policy_list_names(step_up->policy,
			asks ? asked->rule->users : asked->rule->approvers, &who);
	now->looked_up++;
	look_up_next(now);
}

static void look_up_next(struct approvers_now *now)
{
	if (now->looked_up == now->count)
		now->ready(now->context, STEPUP_OK);
	else
		account_by_name(now->verifier->accounts, now->step_up->uid,
			now->people[now->looked_up].name, account_is, now);
}

void approvers_now_look_up(struct approvers_now *now)
{
	enum stepup_error error = find_people(now);

	if (error == STEPUP_OK)
		look_up_next(now);
	else
		now->ready(now->context, error);
}
