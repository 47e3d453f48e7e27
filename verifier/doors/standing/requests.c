/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What requests stand on, and how they end.
 */
#include "verifier/doors/standing/requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "verifier/evidence/log_entry.h"
#include "verifier/rules/people/person.h"
#include "verifier/rules/words/notices.h"

/* --- another person --- */

const char *request_objection(const struct approval_request *request, const struct request_approver *approver)
{
	static const uint8_t none[DIGEST_SIZE];
	const struct user_record *record = approver->record;
	enum person_relation relation = person_relation(record, approver->requester);

	if (relation == PERSON_SAME || memcmp(record->user_id, request->user_id, USER_ID_SIZE) == 0 ||
	    strcasecmp(record->name, request->user) == 0)
		return notice_text(NOTICE_OWN_REQUEST);
	if (relation == PERSON_SAME_ACCOUNT || record->uid < 0 || record->uid == request->uid)
		return notice_text(NOTICE_SAME_ACCOUNT);
	if (relation == PERSON_SHARES_KEY)
		return notice_text(NOTICE_SHARED_KEY);
	if (memcmp(request->session, none, DIGEST_SIZE) != 0 &&
	    memcmp(request->session, approver->session, DIGEST_SIZE) == 0)
		return notice_text(NOTICE_SAME_SESSION);
	return NULL;
}

enum stepup_error request_approver_stands(struct store_session *session,
	const struct approval_request *request)
{
	struct user_record *record = NULL;
	const struct credential *credential;
	enum stepup_error error = store_user_find(session, request->approver, &record);

	if (error == STEPUP_NOT_FOUND)
		return STEPUP_NOT_ALLOWED;
	if (error != STEPUP_OK)
		return error;
	credential = user_record_credential(record, request->approval.credential);
	if (memcmp(record->user_id, request->approver_id, USER_ID_SIZE) != 0 ||
	    record->uid != request->approver_uid || record->lock.locked || credential == NULL ||
	    credential->state != CREDENTIAL_LIVE)
		error = STEPUP_NOT_ALLOWED;
	user_record_free(&record);
	return error;
}

/* --- ends --- */

enum stepup_error request_end(struct store_session *session, struct approval_request *request,
	enum request_state how, const char *by, const char *why, int64_t at, int64_t *log)
{
	int64_t index;
	json_t *entry;
	enum stepup_error error;

	request->ended = at;
	snprintf(request->ended_by, sizeof(request->ended_by), "%s", by == NULL ? "" : by);
	snprintf(request->ended_why, sizeof(request->ended_why), "%s", why);
	error = store_request_move(session, request, how);
	if (error != STEPUP_OK)
		return error;
	entry = log_entry_request_end(at, request, by);
	return entry == NULL ? STEPUP_NO_MEMORY
		: store_log_append(session, entry, NULL, NULL, log == NULL ? &index : log);
}

struct requests_voiding {
	struct store_session *session;
	const char *pattern;     /* of actions; NULL for all */
	const uint8_t *user_id;  /* NULL for all */
	const char *credential;  /* NULL for all of the user's */
	const char *why;
	int64_t at;
};

static bool requests_rests_on(const struct approval_request *request, const struct requests_voiding *voiding)
{
	bool asked, agreed;

	if (voiding->pattern != NULL)
		return policy_pattern_matches(voiding->pattern, request->action);
	if (voiding->user_id == NULL)
		return true;
	asked = memcmp(request->user_id, voiding->user_id, USER_ID_SIZE) == 0;
	agreed = request->state == REQUEST_APPROVED &&
		memcmp(request->approver_id, voiding->user_id, USER_ID_SIZE) == 0;
	if (voiding->credential == NULL)
		return asked || agreed;
	return (asked && strcmp(request->requester.credential, voiding->credential) == 0) ||
		(agreed && strcmp(request->approval.credential, voiding->credential) == 0);
}

static enum stepup_error void_one(void *context, struct approval_request *request, bool *more)
{
	const struct requests_voiding *voiding = context;

	(void)more;
	if (!requests_rests_on(request, voiding))
		return STEPUP_OK;
	return request_end(voiding->session, request, REQUEST_VOID, NULL, voiding->why, voiding->at, NULL);
}

enum stepup_error requests_void(struct store_session *session, const uint8_t *user_id, const char *credential,
	const char *why, int64_t at)
{
	struct requests_voiding voiding = {
		.session = session, .user_id = user_id, .credential = credential, .why = why, .at = at};

	return store_request_each(session, NULL, void_one, &voiding);
}

enum stepup_error requests_void_action(struct store_session *session, const char *pattern,
	const char *why, int64_t at)
{
	struct requests_voiding voiding = {.session = session, .pattern = pattern, .why = why, .at = at};

	return store_request_each(session, NULL, void_one, &voiding);
}

struct request_sweep {
	struct store_session *session;
	const struct policy *policy;
	int64_t now, due;
};

static enum stepup_error sweep_one(void *context, struct approval_request *request, bool *more)
{
	struct request_sweep *sweep = context;
	enum request_state standing = request_standing(request, sweep->policy, sweep->now);

	(void)more;
	if (standing == REQUEST_EXPIRED || standing == REQUEST_VOID)
		return request_end(sweep->session, request, standing, NULL,
			standing == REQUEST_VOID ? "the rule changed" : "", sweep->now, NULL);
	if (request->expires < sweep->due)
		sweep->due = request->expires;
	return STEPUP_OK;
}

enum stepup_error requests_sweep(struct store_session *session, const struct policy *policy, int64_t now,
	int64_t *due)
{
	struct request_sweep sweep = {.session = session, .policy = policy, .now = now, .due = INT64_MAX};
	enum stepup_error error = store_request_each(session, NULL, sweep_one, &sweep);

	*due = sweep.due;
	return error;
}
