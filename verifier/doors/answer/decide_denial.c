/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request that is denied and whoever made it locked, on the strength of a factor: "that wasn't them", or
 * "that wasn't me".
 * MUST: ask for the same proof as agreeing; deny, lock and log in one transaction; let one person lock no
 * more than a few others an hour, and then still deny, and alert.
 */
#include "verifier/doors/answer/decide.h"

#include <stdlib.h>
#include <string.h>

#include "verifier/doors/standing/locks.h"

#define LOCKS_OF_OTHERS_SECONDS 3600
#define ALERT_MANY_LOCKS "many-locks"

static bool decide_denial_is_own(const struct decision *decision)
{
	return memcmp(decision->record->user_id, decision->decided->request->user_id, USER_ID_SIZE) == 0;
}

/* Of somebody else's request, whether they could agree to it; of their own, nothing more than
 * that it is theirs. */
enum stepup_error decide_denial(struct decision *decision)
{
	enum stepup_error error =
		decide_request(decision, REQUEST_BIT(REQUEST_REQUESTED) | REQUEST_BIT(REQUEST_APPROVED));

	decision->decided->step = STEP_DENY;
	if (error != STEPUP_OK || decide_denial_is_own(decision))
		return error;
	return decide_second_person(decision);
}

/* Whether so many others were locked within the hour, whichever way the clock was set since. */
static bool has_locked_many(const struct user_record *record, int64_t now)
{
	for (size_t i = 0; i < LOCKS_OF_OTHERS; i++) {
		int64_t at = record->locked_others[i];

		if (at == 0 || at <= now - LOCKS_OF_OTHERS_SECONDS || at >= now + LOCKS_OF_OTHERS_SECONDS)
			return false;
	}
	return true;
}

static void note_lock(struct user_record *record, int64_t now)
{
	memmove(record->locked_others + 1, record->locked_others,
		(LOCKS_OF_OTHERS - 1) * sizeof(record->locked_others[0]));
	record->locked_others[0] = now;
}

static enum stepup_error lock_requester(struct decision *decision, const struct lock_order *order)
{
	struct answer_decided *decided = decision->decided;
	enum stepup_error error;

	if (!decide_denial_is_own(decision)) {
		note_lock(decision->record, decided->now);
		return lock_user(decision->session, order, decided->reference);
	}
	error = lock_user_record(decision->session, decision->record, order);
	if (error == STEPUP_OK)
		memcpy(decided->reference, decision->record->lock.reference, sizeof(decided->reference));
	return error;
}

static enum stepup_error alert(struct decision *decision)
{
	const struct log_subject subject = {
		.user = decision->record->name, .user_id = decision->record->user_id};
	json_t *entry =
		log_entry_alert(decision->decided->now, &subject, ALERT_MANY_LOCKS, decision->credential->id);
	int64_t index;

	return entry == NULL ? STEPUP_NO_MEMORY
		: store_log_append(decision->session, entry, NULL, NULL, &index);
}

enum stepup_error write_denial(struct decision *decision)
{
	struct answer_decided *decided = decision->decided;
	struct approval_request *request = decided->request;
	const struct log_actor actor = {
		.by = decision->record->name, .grant = -1, .denial = decided->log_index};
	const struct lock_order order = {.user = request->user, .uid = request->uid,
		.reason = "a request was denied as not theirs", .actor = &actor, .at = decided->now};
	enum stepup_error error = request_end(decision->session, request, REQUEST_DENIED,
		decision->record->name, "", decided->now, NULL);

	if (error != STEPUP_OK)
		return error;
	if (!decide_denial_is_own(decision) && has_locked_many(decision->record, decided->now))
		return alert(decision);
	return lock_requester(decision, &order);
}
