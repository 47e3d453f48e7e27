/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the log says of requests for a second person's agreement: asked, agreed to by somebody else in the
 * very words that were asked, used once.
 */
#include "lib/replay/log_replay_rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/base64url.h"
#include "lib/wire/canonical_json.h"
#include "lib/wire/shared_limits.h"

/* hashed with its NUL, as verifier/state/records/approval_request.c does */
#define REQUEST_LABEL "stepup/1/request"
/* As in verifier/doors/standing/requests.h. The verifier reads its clock once for an entry and for what
 * stands in it, so these are exact, however the clock is set. */

static const char *text_or_empty(const json_t *object, const char *name)
{
	const char *text = member_text(object, name);

	return text == NULL ? "" : text;
}

/* All that an approver is shown, and what it stands for. In entries from before there was "beside", only
 * what it stands for. */
static json_t *digested(struct replay_step *step, const char *prompt)
{
	const json_t *context = json_object_get(step->entry, "context");
	json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}",
		"id", step_text(step, "request"), "user", step_text(step, "user"),
		"user_id", step_text(step, "user_id"), "action", step_text(step, "action"),
		"commitment", step_text(step, "commitment"), "rule", step_text(step, "rule"),
		"prompt", prompt, "requested", (json_int_t)member_number(step->entry, "requested", -1));
	json_t *shown = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}",
		"reason", text_or_empty(step->evidence, "reason"), "why", text_or_empty(step->entry, "why"),
		"caller", text_or_empty(step->entry, "caller"), "host", text_or_empty(context, "host"),
		"service", text_or_empty(context, "service"),
		"rhost", text_or_empty(step->evidence, "rhost"));

	if (object == NULL || shown == NULL ||
	    (member_text(step->entry, "beside") != NULL && json_object_update(object, shown) != 0)) {
		json_decref(object);
		object = NULL;
	}
	json_decref(shown);
	return object;
}

/* The request's digest, where the prompt beside the entry is still there. */
static enum stepup_error requests_digest_of(struct replay_step *step, const char *prompt,
	char digest[BASE64URL_LENGTH(DIGEST_SIZE) + 1])
{
	json_t *object = digested(step, prompt);
	char *text = NULL, *bytes = NULL;
	uint8_t raw[DIGEST_SIZE];
	size_t size = 0;
	enum stepup_error error = object == NULL ? STEPUP_NO_MEMORY : json_canonical(object, &text, &size);

	if (error == STEPUP_OK && (bytes = malloc(sizeof(REQUEST_LABEL) + size)) == NULL)
		error = STEPUP_NO_MEMORY;
	if (error == STEPUP_OK) {
		memcpy(bytes, REQUEST_LABEL, sizeof(REQUEST_LABEL));
		memcpy(bytes + sizeof(REQUEST_LABEL), text, size);
		error = digest_sha256(bytes, sizeof(REQUEST_LABEL) + size, raw);
	}
	if (error == STEPUP_OK)
		base64url_encode(raw, sizeof(raw), digest);
	json_decref(object);
	free(text);
	free(bytes);
	return error;
}

static void check_digest(struct replay_step *step)
{
	const char *prompt = member_text(step->evidence, "prompt");
	char digest[BASE64URL_LENGTH(DIGEST_SIZE) + 1];

	if (prompt == NULL || step->error != STEPUP_OK)
		return;
	step->error = requests_digest_of(step, prompt, digest);
	if (step->error == STEPUP_OK && strcmp(digest, step_text(step, "digest")) != 0)
		step_tell(step, "The digest of this request is not that of its contents.");
}

/* A log may say any number. */
static int64_t seconds_after(int64_t at, int64_t seconds)
{
	return at > INT64_MAX - seconds ? INT64_MAX : at + seconds;
}

static void check_until(struct replay_step *step)
{
	if (member_number(step->entry, "until", 0) > seconds_after(step->at, REQUEST_SECONDS))
		step_tell(step, "This request was given more than %d minutes.", REQUEST_SECONDS / 60);
}

void on_request(struct replay_step *step)
{
	const char *id = step_text(step, "request");
	json_t *request;

	step_check_proof(step, "A second person was asked");
	check_digest(step);
	check_until(step);
	if (json_object_get(step->replay->requests, id) != NULL) {
		step_tell(step, "The request %s was made before.", id);
		return;
	}
	request = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "user", step_text(step, "user"),
		"user_id", step_text(step, "user_id"), "credential", step_text(step, "credential"),
		"action", step_text(step, "action"), "rule", step_text(step, "rule"),
		"digest", step_text(step, "digest"),
		"until", (json_int_t)member_number(step->entry, "until", 0), "log", (json_int_t)step->index);
	if (request != NULL && step->evidence != NULL)
		step_put(step, request, "evidence", json_incref((json_t *)(uintptr_t)step->evidence));
	step_put(step, step->replay->requests, id, request);
}

/* The open request that the entry is about; NULL and told otherwise. */
static json_t *open_request(struct replay_step *step)
{
	const char *id = step_text(step, "request");
	json_t *request = json_object_get(step->replay->requests, id);

	if (request == NULL)
		step_tell(step, "The request %s was never made, or has ended before.", id);
	return request;
}

/* Whether what stands beside this entry is what stood beside the request. */
static void check_same_words(struct replay_step *step, const json_t *request)
{
	const json_t *asked = json_object_get(request, "evidence");

	if (asked == NULL || step->evidence == NULL)
		return;
	if (!members_equal(asked, "prompt", step->evidence, "prompt") ||
	    !json_equal(json_object_get(asked, "details"), json_object_get(step->evidence, "details")))
		step_tell(step, "What was agreed to is not what was asked for.");
}

/* As the verifier sees what a request rests on. */
static bool rests_on(const json_t *request, const char *user_id, const char *credential)
{
	bool asked = member_is(request, "user_id", user_id),
		agreed = member_is(request, "approver_id", user_id);

	if (credential == NULL)
		return asked || agreed;
	return (asked && member_is(request, "credential", credential)) ||
		(agreed && member_is(request, "approver_credential", credential));
}

void step_void_requests(struct replay_step *step, const char *user_id, const char *credential,
	const char *pattern)
{
	const char *why = pattern != NULL ? "the action was frozen"
		: credential != NULL	  ? "a credential that it rests on was removed"
					  : "who asked, or who agreed, was locked";
	const char *id;
	json_t *request;

	json_object_foreach (step->replay->requests, id, request)
		if (pattern != NULL ? step_pattern_matches(pattern, member_text(request, "action"))
		    : rests_on(request, user_id, credential))
			step_put(step, request, "void", json_string(why));
}

/* Told once: what follows from it needn't be. */
static bool is_void(struct replay_step *step, const json_t *request, const char *what)
{
	const char *why = member_text(request, "void");

	if (why != NULL)
		step_tell(step, "This request was %s although it was void: %s in between.", what, why);
	return why != NULL;
}

/* Whether it could be agreed to by this person at that time. */
static void check_agreeable(struct replay_step *step, const json_t *request)
{
	if (members_equal(request, "user_id", step->entry, "user_id"))
		step_tell(step, "This request was approved by the person who made it.");
	if (member_text(request, "approver_id") != NULL)
		step_tell(step, "This request was approved before.");
	if (step->at >= member_number(request, "until", 0))
		step_tell(step, "This request was approved after it had expired.");
	if (!is_void(step, request, "approved"))
		step_check_not_locked(step, member_text(request, "user_id"),
			"A request of somebody else's was approved");
}

/* Whether what was agreed to is what was asked for. A request keeps the name that it was made under, whatever
 * its maker is called since. */
static void check_agreed(struct replay_step *step, const json_t *request)
{
	const json_t *context = json_object_get(step->entry, "context");

	if (!members_equal(step->entry, "requester", request, "user"))
		step_tell(step, "This request was approved as another person's.");
	if (!members_equal(request, "action", step->entry, "action") ||
	    !members_equal(request, "rule", step->entry, "rule"))
		step_tell(step, "This request was approved as another action, or under another rule.");
	if (!member_is(context, "purpose", "approve") || !member_is(context, "decision", "approve") ||
	    !members_equal(context, "request", request, "digest") ||
	    !members_equal(step->entry, "digest", request, "digest"))
		step_tell(step, "What was signed is not an agreement to this request.");
	check_same_words(step, request);
}

void on_approve(struct replay_step *step)
{
	json_t *request = open_request(step);

	step_check_proof(step, "A request was approved");
	check_until(step);
	if (request == NULL)
		return;
	check_agreeable(step, request);
	check_agreed(step, request);
	step_put(step, request, "approver_id", json_string(step_text(step, "user_id")));
	step_put(step, request, "approver", json_string(step_text(step, "user")));
	step_put(step, request, "approver_credential", json_string(step_text(step, "credential")));
	step_put(step, request, "approved_at", json_integer(step->at));
	step_put(step, request, "until", json_integer(member_number(step->entry, "until", 0)));
}

/* Whoever is locked by this, the lock's own entry says; the request ends by one of its own, too. */
void on_deny(struct replay_step *step)
{
	const json_t *request = open_request(step), *context = json_object_get(step->entry, "context");
	char key[24];

	step_check_proof(step, "A request was denied to lock who made it");
	if (request == NULL)
		return;
	if (!members_equal(step->entry, "requester", request, "user"))
		step_tell(step, "This request was denied as another person's.");
	if (!members_equal(request, "action", step->entry, "action") ||
	    !members_equal(request, "rule", step->entry, "rule"))
		step_tell(step, "This request was denied as another action, or under another rule.");
	if (!member_is(context, "purpose", "approve") || !member_is(context, "decision", "lock") ||
	    !members_equal(context, "request", request, "digest") ||
	    !members_equal(step->entry, "digest", request, "digest"))
		step_tell(step, "What was signed is not a denial of this request.");
	if (step->at >= member_number(request, "until", 0))
		step_tell(step, "This request was denied after it had expired.");
	(void)is_void(step, request, "denied");
	(void)snprintf(key, sizeof(key), "%" PRId64, step->index);
	step_put(step, step->replay->denials, key,
		json_pack("{s:s, s:s, s:I}", "user", step_text(step, "user"),
			"user_id", member_text(request, "user_id"), "at", (json_int_t)step->at));
}

bool step_check_denial(struct replay_step *step)
{
	char key[24];
	const json_t *denial;

	if (!json_is_integer(json_object_get(step->entry, "denial")))
		return false;
	(void)snprintf(key, sizeof(key), "%" PRId64, member_number(step->entry, "denial", 0));
	denial = json_object_get(step->replay->denials, key);
	if (denial == NULL || !members_equal(denial, "user", step->entry, "by") ||
	    !members_equal(denial, "user_id", step->entry, "user_id"))
		step_tell(step, "This lock names a denied request that does not exist, is somebody "
			"else's, or was used before.");
	(void)json_object_del(step->replay->denials, key);
	return true;
}

/* Anybody may have ended it, also who asked. */
static void check_end(struct replay_step *step, const json_t *request)
{
	static const char *const ends[] = {"denied", "expired", "cancelled", "void"},
		*const same[] = {"user", "user_id", "action"};
	const char *how = step_text(step, "how");
	size_t i = 0;

	while (i < sizeof(ends) / sizeof(ends[0]) && strcmp(how, ends[i]) != 0)
		i++;
	if (i == sizeof(ends) / sizeof(ends[0]))
		step_tell(step, "A request can't end like this: %s", how);
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (!members_equal(request, same[i], step->entry, same[i]))
			step_tell(step, "The request that ended here had another \"%s\".", same[i]);
}

void on_request_end(struct replay_step *step)
{
	const json_t *request = open_request(step);

	if (request == NULL)
		return;
	check_end(step, request);
	(void)json_object_del(step->replay->requests, step_text(step, "request"));
}

/* What was proved when the request was made stands for the grant, too, for a while. */
static void check_claim(struct replay_step *step, const json_t *request)
{
	if (member_number(step->entry, "requested", -1) != member_number(request, "log", -2))
		step_tell(step, "This grant rests on another entry than the one that made its request.");
	if (!members_equal(step->entry, "credential", request, "credential"))
		step_tell(step, "This grant names another credential than its request was made with.");
	if (step->at >= seconds_after(member_number(request, "approved_at", step->at), REQUEST_CLAIM_SECONDS))
		step_tell(step, "The request was claimed too long after it was approved: "
			"that takes another step-up.");
	step_check_commitment(step);
}

/* Whether who asked, with what they asked, and the action still stood. */
static void check_claimed(struct replay_step *step)
{
	const char *user_id = step_text(step, "user_id");

	(void)step_check_credential(step, step_text(step, "credential"), user_id);
	step_check_not_locked(step, user_id, "A step-up was granted");
	step_check_not_frozen(step, step_text(step, "action"));
}

static void check_approver(struct replay_step *step, const json_t *request)
{
	const json_t *approvers = json_object_get(step->entry, "approvers");
	const char *named = json_string_value(json_array_get(approvers, 0));

	if (json_array_size(approvers) != 1 || named == NULL ||
	    strcmp(named, member_text(request, "approver")) != 0)
		step_tell(step, "This grant names another approver than the one who agreed.");
}

static void check_approver_stands(struct replay_step *step, const json_t *request)
{
	const char *approver_id = member_text(request, "approver_id");

	step_check_not_locked(step, approver_id, "A grant rests on a person's agreement");
	(void)step_check_credential(step, member_text(request, "approver_credential"), approver_id);
}

/* Whether it is this grant's, and in its time. */
static void check_request_of_grant(struct replay_step *step, const json_t *request)
{
	if (!members_equal(request, "user_id", step->entry, "user_id"))
		step_tell(step, "The request was somebody else's.");
	if (!members_equal(request, "action", step->entry, "action") ||
	    !members_equal(request, "rule", step->entry, "rule"))
		step_tell(step, "The request was for another action, or under another rule.");
	if (step->at >= member_number(request, "until", 0))
		step_tell(step, "The request had expired.");
	check_same_words(step, request);
}

/* What must still hold when an agreement is used. */
static void check_use_of_agreement(struct replay_step *step, const json_t *request, bool claimed, bool agreed)
{
	if (is_void(step, request, "used"))
		return;
	if (claimed)
		check_claimed(step);
	if (agreed)
		check_approver_stands(step, request);
}

void step_check_consumed(struct replay_step *step, char approver_id[REPLAY_USER_ID_SIZE])
{
	json_t *request = open_request(step);
	const char *agreed = member_text(request, "approver_id");
	bool claimed = request != NULL && member_number(step->entry, "requested", -1) >= 0;

	if (claimed)
		check_claim(step, request);
	else
		step_check_proof(step, "A step-up was granted");
	if (request == NULL)
		return;
	if (agreed == NULL) {
		step_tell(step, "This was granted as approved, and nobody approved it.");
	} else {
		check_approver(step, request);
		(void)snprintf(approver_id, REPLAY_USER_ID_SIZE, "%s", agreed);
	}
	check_use_of_agreement(step, request, claimed, agreed != NULL);
	check_request_of_grant(step, request);
	(void)json_object_del(step->replay->requests, step_text(step, "request"));
}
