/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a receipt that was read is good: by the store's row of it, by who approved, and by what was locked
 * or frozen since.
 * MUST: look at the state inside the caller's transaction only.
 */
#include "verifier/doors/redemption/redeem_decide.h"

#include <string.h>

#include "lib/wire/message.h"
#include "verifier/doors/standing/locks.h"

/* Whether somebody was locked since the receipt was made. What was redeemed before that is another matter:
 * its execution had begun. */
static bool redemption_is_void(const struct receipt_row *row, int64_t version,
	const struct user_record *record)
{
	return row->redeemed == 0 && version < record->receipts_from;
}

/* Whether the one who approved still stands behind it. */
static enum stepup_error look_at_user(struct store_session *session, struct redemption *redemption)
{
	const struct receipt_row *row = &redemption->row;
	struct user_record *record = NULL;
	struct credential *credential;
	enum stepup_error error = store_user_find(session, row->user, &record);

	if (error == STEPUP_NOT_FOUND) {
		redemption->fault = REDEEM_OTHER_ACCOUNT;
		return STEPUP_OK;
	}
	if (error != STEPUP_OK)
		return error;
	credential = user_record_credential(record, row->credential);
	if (record->lock.locked) {
		memcpy(redemption->reference, record->lock.reference, sizeof(redemption->reference));
		redemption->fault = REDEEM_LOCKED;
	} else if (redemption_is_void(row, row->user_version, record)) {
		redemption->fault = REDEEM_LOCKED_SINCE;
	} else if (memcmp(record->user_id, row->user_id, USER_ID_SIZE) != 0 ||
	    record->uid != redemption->uid) {
		redemption->fault = REDEEM_OTHER_ACCOUNT;
	} else if (credential == NULL || credential->state != CREDENTIAL_LIVE) {
		redemption->fault = REDEEM_NO_CREDENTIAL;
	}
	user_record_free(&record);
	return STEPUP_OK;
}

/* Whether the second person does. */
static enum stepup_error look_at_approver(struct store_session *session, struct redemption *redemption)
{
	const struct receipt_row *row = &redemption->row;
	struct user_record *record = NULL;
	const struct credential *credential;
	enum stepup_error error;

	if (row->approver[0] == '\0' || redemption->fault != REDEEM_GOOD)
		return STEPUP_OK;
	error = store_user_find(session, row->approver, &record);
	if (error != STEPUP_OK && error != STEPUP_NOT_FOUND)
		return error;
	credential = record == NULL ? NULL : user_record_credential(record, row->approver_credential);
	if (record == NULL || record->lock.locked || redemption_is_void(row, row->approver_version, record) ||
	    memcmp(record->user_id, row->approver_id, USER_ID_SIZE) != 0 || credential == NULL ||
	    credential->state != CREDENTIAL_LIVE)
		redemption->fault = REDEEM_NO_APPROVER;
	user_record_free(&record);
	return STEPUP_OK;
}

/* Whether the action is frozen, or was since it was approved. */
static enum stepup_error look_at_freezes(struct store_session *session, struct redemption *redemption)
{
	const struct receipt_row *row = &redemption->row;
	const char *action = redemption->claims.asked->name;
	bool since = false;
	enum stepup_error error = freeze_look(session, action, redemption->reference);

	if (error == STEPUP_OK && row->redeemed == 0)
		error = freeze_look_since(session, action, row->log_index, &since);
	if (error == STEPUP_FROZEN || since)
		redemption->fault = since ? REDEEM_FROZEN_SINCE : REDEEM_FROZEN;
	return error == STEPUP_FROZEN ? STEPUP_OK : error;
}

static enum redeem_fault compare_row(const struct redemption *redemption)
{
	const struct receipt_row *row = &redemption->row;
	const struct redeem_claims *claims = &redemption->claims;

	if (strcmp(row->audience, redemption->audience) != 0)
		return REDEEM_OTHER_AUDIENCE;
	if (strcmp(row->user, claims->user) != 0 || row->expires != claims->expires ||
	    memcmp(row->digest, claims->digest, DIGEST_SIZE) != 0)
		return REDEEM_CHANGED;
	return REDEEM_GOOD;
}

/* Whether this very execution redeemed it within the last day, and says that it asks again. */
static bool is_resumed(const struct redemption *redemption, int64_t now)
{
	const struct receipt_row *row = &redemption->row;

	return message_bool(redemption->call->parameters, "resume", false) &&
		redemption->claims.execution[0] != '\0' &&
		strcmp(row->exec_id, redemption->claims.execution) == 0 && row->redeemed <= now &&
		now - row->redeemed < EXEC_ID_TTL_SECONDS;
}

/* Redeemed already: by this execution, by another, or made void by a new epoch. */
static void look_at_redeemed(struct redemption *redemption, int64_t now)
{
	const struct receipt_row *row = &redemption->row;

	redemption->log = row->redeemed_log;
	if (row->redeemed_log == 0)
		redemption->fault = REDEEM_UNKNOWN;
	else if (is_resumed(redemption, now))
		redemption->already = true;
	else
		redemption->fault = REDEEM_TWICE;
}

enum stepup_error redeem_decide(struct store_session *session, struct redemption *redemption, int64_t now)
{
	struct receipt_row *row = &redemption->row;
	enum stepup_error error = store_receipt_find(session, redemption->claims.jti, row);

	redemption->found = error == STEPUP_OK;
	if (error == STEPUP_NOT_FOUND) {
		redemption->fault = REDEEM_UNKNOWN;
		return STEPUP_OK;
	}
	if (error != STEPUP_OK)
		return error;
	redemption->fault = compare_row(redemption);
	if (redemption->fault == REDEEM_GOOD)
		error = look_at_user(session, redemption);
	if (error == STEPUP_OK)
		error = look_at_approver(session, redemption);
	if (error != STEPUP_OK || redemption->fault != REDEEM_GOOD)
		return error;
	error = look_at_freezes(session, redemption);
	if (error != STEPUP_OK || redemption->fault != REDEEM_GOOD)
		return error;
	if (row->redeemed != 0)
		look_at_redeemed(redemption, now);
	else if (row->issued > now)
		redemption->fault = REDEEM_EARLY;
	else if (now >= row->expires)
		redemption->fault = REDEEM_EXPIRED;
	return STEPUP_OK;
}
