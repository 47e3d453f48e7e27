/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open requests as people are shown them.
 */
#include "verifier/doors/approvals/request_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/doors/calls/refusal_log.h"
#include "verifier/host/clock.h"
#include "verifier/rules/people/approvers.h"

bool request_list_may_answer(const struct policy *policy, const struct subject *subject,
	const struct approval_request *request)
{
	const struct rule *rule = request_rule(request, policy);
	const struct user_record *record = subject->record;

	if (rule == NULL || record == NULL || !policy_list_names(policy, rule->approvers, &subject->who))
		return false;
	return memcmp(record->user_id, request->user_id, USER_ID_SIZE) != 0 && subject->uid != request->uid;
}

bool request_list_is_own(const struct subject *subject, const struct approval_request *request)
{
	return subject->record != NULL &&
		memcmp(subject->record->user_id, request->user_id, USER_ID_SIZE) == 0;
}

static const char *text_or_null(const char *text)
{
	return *text == '\0' ? NULL : text;
}

json_t *request_list_one(const struct policy *policy, const struct approval_request *request, bool own,
	int64_t now)
{
	const struct rule *rule = request_rule(request, policy);
	json_t *approvers = rule == NULL ? json_array() : approvers_words(policy, rule, request->user);
	const char *by = request->ended_by[0] != '\0' ? request->ended_by : text_or_null(request->approver);
	char why[REQUEST_WHY_SIZE + 32];

	snprintf(why, sizeof(why), "%s%s",
		request->why[0] == '\0' ? "always asks a second person" : "over the limit of ", request->why);
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s*, s:s, s:s, s:s, s:s*, s:s*, s:I, s:I, s:o, s:s*, s:b}",
		"id", request->id, "state", request_state_name(request_standing(request, policy, now)),
		"user", request->user, "action", request->action, "text", request->prompt,
		"reason", text_or_null(request->reason), "why", why, "host", request->host,
		"caller", request->caller, "service", text_or_null(request->service),
		"rhost", text_or_null(request->rhost), "requested", (json_int_t)request->requested,
		"expires", (json_int_t)request->expires, "approvers", approvers, "by", by, "own", (int)own);
}

struct listing {
	const struct call *call;
	const struct policy *policy;
	const struct subject *subject;
	json_t *list;
	size_t bytes; /* of what is in it */
	int64_t now;
};

/* Takes the request over. One that is too long for what room is left stays away, and hides
 * none that is short. */
static enum stepup_error list_add(struct listing *listing, json_t *request, bool *more)
{
	size_t bytes = request == NULL ? 0 : json_dumpb(request, NULL, 0, JSON_COMPACT) + 1;

	if (bytes > REQUESTS_SHOWN_BYTES - listing->bytes) {
		json_decref(request);
		return STEPUP_OK;
	}
	listing->bytes += bytes;
	if (json_array_append_new(listing->list, request) != 0)
		return STEPUP_NO_MEMORY;
	*more = json_array_size(listing->list) < REQUESTS_SHOWN_MAX;
	return STEPUP_OK;
}

static enum stepup_error list_one(void *context, struct approval_request *request, bool *more)
{
	struct listing *listing = context;
	bool own = request_list_is_own(listing->subject, request);
	enum request_state standing = request_standing(request, listing->policy, listing->now);

	if (standing != REQUEST_REQUESTED && standing != REQUEST_APPROVED)
		return STEPUP_OK;
	if (!own &&
	    (standing != REQUEST_REQUESTED ||
		    !request_list_may_answer(listing->policy, listing->subject, request)))
		return STEPUP_OK;
	if (!subject_allows(listing->call, listing->subject, request->action)) /* another caller's business */
		return STEPUP_OK;
	return list_add(listing, request_list_one(listing->policy, request, own, listing->now), more);
}

/* --- one look for many --- */

struct request_snapshot {
	struct approval_request *requests; /* the open ones */
	size_t count, room;
	bool taken;
};

/* Makes room for one more. */
static bool snapshot_grow(struct request_snapshot *snapshot)
{
	size_t room = snapshot->room == 0 ? 16 : 2 * snapshot->room;
	struct approval_request *larger;

	if (snapshot->count < snapshot->room)
		return true;
	larger = reallocarray(snapshot->requests, room, sizeof(*larger));
	if (larger == NULL)
		return false;
	snapshot->requests = larger;
	snapshot->room = room;
	return true;
}

static enum stepup_error keep_one(void *context, struct approval_request *request, bool *more)
{
	struct request_snapshot *snapshot = context;

	(void)more;
	if (!snapshot_grow(snapshot))
		return STEPUP_NO_MEMORY;
	snapshot->requests[snapshot->count++] = *request;
	memset(request, 0, sizeof(*request)); /* it is the snapshot's now */
	return STEPUP_OK;
}

static void snapshot_clear(struct request_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count; i++)
		approval_request_clear(&snapshot->requests[i]);
	free(snapshot->requests);
	*snapshot = (struct request_snapshot){0};
}

void request_list_share(struct verifier *verifier, void (*tell)(struct waiters *waiters))
{
	struct request_snapshot snapshot = {0};

	verifier->requests_open = &snapshot;
	tell(verifier->waiters);
	verifier->requests_open = NULL;
	snapshot_clear(&snapshot);
}

/* Shows each open request to list_one(): from the snapshot while there is one, which the
 * first to look takes. */
static enum stepup_error look_at_each(struct verifier *verifier, struct listing *listing)
{
	struct request_snapshot *snapshot = verifier->requests_open;
	enum stepup_error error = STEPUP_OK;
	bool more = true;

	if (snapshot == NULL)
		return store_request_each(verifier->reader, NULL, list_one, listing);
	if (!snapshot->taken)
		error = store_request_each(verifier->reader, NULL, keep_one, snapshot);
	if (error != STEPUP_OK) {
		snapshot_clear(snapshot);
		return error;
	}
	snapshot->taken = true;
	for (size_t i = 0; error == STEPUP_OK && more && i < snapshot->count; i++)
		error = list_one(listing, &snapshot->requests[i], &more);
	return error;
}

enum stepup_error request_list_for(const struct call *call, const struct subject *subject, json_t **list)
{
	struct verifier *verifier = call->verifier;
	struct listing listing = {.call = call, .policy = verifier->policy, .subject = subject,
		.list = json_array(), .now = clock_wall_seconds()};
	enum stepup_error error = listing.list == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;

	if (error == STEPUP_OK && subject->lock.locked)
		error = STEPUP_LOCKED;
	if (error == STEPUP_OK)
		error = look_at_each(verifier, &listing);
	*list = listing.list;
	if (error != STEPUP_OK) {
		json_decref(listing.list);
		*list = NULL;
	}
	return error;
}

void request_list_refuse(struct call *call, const struct subject *subject, enum stepup_error error, bool asks)
{
	const struct log_subject about = subject_for_log(subject);
	const struct words_facts words = {
		.user = subject->name, .reference = error == STEPUP_LOCKED ? subject->lock.reference : NULL};

	if (error == STEPUP_LOCKED && asks)
		refusal_log(call, &about, NULL, error, "reading requests");
	refuse(call, error, &words);
}
