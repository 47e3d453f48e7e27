/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the log says of requests for a second person's agreement: asked, agreed to by somebody else in the very words that were asked, used once.
 */
#include "lib/log_replay_rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base64url.h"
#include "lib/canonical_json.h"

#define REQUEST_LABEL "stepup/1/request" /* hashed with its NUL, as verifier/state/approval_request.c does */

static const char *text_or_empty(const json_t *object, const char *name)
{
	const char *text = member_text(object, name);

	return text == NULL ? "" : text;
}

/* What the request's digest is of, where the prompt beside the entry is still there. */
static enum stepup_error digest_of(struct step *step, const char *prompt, char digest[BASE64URL_LENGTH(DIGEST_SIZE) + 1])
{
	const json_t *context = json_object_get(step->entry, "context");
	json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "id", step_text(step, "request"), "user",
		step_text(step, "user"), "user_id", step_text(step, "user_id"), "action", step_text(step, "action"), "commitment",
		step_text(step, "commitment"), "rule", step_text(step, "rule"), "prompt", prompt, "reason", text_or_empty(step->evidence, "reason"), "why",
		text_or_empty(step->entry, "why"), "caller", step_text(step, "caller"), "host", text_or_empty(context, "host"), "service",
		text_or_empty(context, "service"), "rhost", text_or_empty(step->evidence, "rhost"), "requested",
		(json_int_t)member_number(step->entry, "requested", -1));
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

static void check_digest(struct step *step)
{
	const char *prompt = member_text(step->evidence, "prompt");
	char digest[BASE64URL_LENGTH(DIGEST_SIZE) + 1];

	if (prompt == NULL || step->error != STEPUP_OK)
		return;
	step->error = digest_of(step, prompt, digest);
	if (step->error == STEPUP_OK && strcmp(digest, step_text(step, "digest")) != 0)
		step_tell(step, "The digest of this request is not one of what it says.");
}

void on_request(struct step *step)
{
	const char *id = step_text(step, "request");
	json_t *request;

	step_check_proof(step, "A second person was asked");
	check_digest(step);
	if (json_object_get(step->replay->requests, id) != NULL) {
		step_tell(step, "The request %s was made before.", id);
		return;
	}
	request = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "user_id", step_text(step, "user_id"), "credential", step_text(step, "credential"),
		"action", step_text(step, "action"), "rule", step_text(step, "rule"), "digest", step_text(step, "digest"), "until",
		(json_int_t)member_number(step->entry, "until", 0), "log", (json_int_t)step->index);
	if (request != NULL && step->evidence != NULL)
		step_put(step, request, "evidence", json_incref((json_t *)(uintptr_t)step->evidence));
	step_put(step, step->replay->requests, id, request);
}

/* The open request that the entry is about; NULL and told otherwise. */
static json_t *open_request(struct step *step)
{
	const char *id = step_text(step, "request");
	json_t *request = json_object_get(step->replay->requests, id);

	if (request == NULL)
		step_tell(step, "The request %s was never made, or has ended before.", id);
	return request;
}

/* Whether what stands beside this entry is what stood beside the request. */
static void check_same_words(struct step *step, const json_t *request)
{
	const json_t *asked = json_object_get(request, "evidence");

	if (asked == NULL || step->evidence == NULL)
		return;
	if (!members_equal(asked, "prompt", step->evidence, "prompt") ||
	    !json_equal(json_object_get(asked, "details"), json_object_get(step->evidence, "details")))
		step_tell(step, "What was agreed to is not what was asked for.");
}

void on_approve(struct step *step)
{
	const json_t *context = json_object_get(step->entry, "context");
	const char *user_id = step_text(step, "user_id"), *purpose = member_text(context, "purpose");
	json_t *request = open_request(step);

	step_check_proof(step, "A request was approved");
	if (request == NULL)
		return;
	if (members_equal(request, "user_id", step->entry, "user_id"))
		step_tell(step, "This request was approved by the person who made it.");
	if (member_text(request, "approver_id") != NULL)
		step_tell(step, "This request was approved before.");
	if (step->at >= member_number(request, "until", 0))
		step_tell(step, "This request was approved after it had expired.");
	if (!members_equal(request, "action", step->entry, "action") || !members_equal(request, "rule", step->entry, "rule"))
		step_tell(step, "This request was approved as another action, or under another rule.");
	if (purpose == NULL || strcmp(purpose, "approve") != 0 || !members_equal(context, "request", request, "digest") ||
	    !members_equal(step->entry, "digest", request, "digest"))
		step_tell(step, "What was signed is no agreement to this request.");
	check_same_words(step, request);
	step_check_not_locked(step, member_text(request, "user_id"), "A request of somebody else's was approved");
	step_put(step, request, "approver_id", json_string(user_id));
	step_put(step, request, "approver", json_string(step_text(step, "user")));
	step_put(step, request, "approver_credential", json_string(step_text(step, "credential")));
	step_put(step, request, "until", json_integer(member_number(step->entry, "until", 0)));
}

void on_request_end(struct step *step)
{
	if (open_request(step) != NULL)
		(void)json_object_del(step->replay->requests, step_text(step, "request"));
}

/* What was proved when the request was made stands for the grant, too. */
static void check_claim(struct step *step, const json_t *request)
{
	const char *user_id = step_text(step, "user_id");

	if (member_number(step->entry, "requested", -1) != member_number(request, "log", -2))
		step_tell(step, "This grant rests on another entry than the one that made its request.");
	if (!members_equal(step->entry, "credential", request, "credential"))
		step_tell(step, "This grant names another credential than its request was made with.");
	(void)step_check_credential(step, step_text(step, "credential"), user_id);
	step_check_not_locked(step, user_id, "A step-up was granted");
	step_check_not_frozen(step, step_text(step, "action"));
	step_check_commitment(step);
}

void step_check_consumed(struct step *step, char approver_id[REPLAY_USER_ID_SIZE])
{
	json_t *request = open_request(step);

	if (member_number(step->entry, "requested", -1) < 0 || request == NULL)
		step_check_proof(step, "A step-up was granted");
	else
		check_claim(step, request);
	if (request == NULL)
		return;
	if (member_text(request, "approver_id") == NULL) {
		step_tell(step, "This was granted as approved, and nobody approved it.");
	} else {
		const json_t *approvers = json_object_get(step->entry, "approvers");
		const char *named = json_string_value(json_array_get(approvers, 0));

		if (json_array_size(approvers) != 1 || named == NULL || strcmp(named, member_text(request, "approver")) != 0)
			step_tell(step, "This grant names another approver than the one who agreed.");
		(void)snprintf(approver_id, REPLAY_USER_ID_SIZE, "%s", member_text(request, "approver_id"));
		step_check_not_locked(step, approver_id, "A grant rests on a person's agreement");
		(void)step_check_credential(step, member_text(request, "approver_credential"), approver_id);
	}
	if (!members_equal(request, "user_id", step->entry, "user_id"))
		step_tell(step, "The request was somebody else's.");
	if (!members_equal(request, "action", step->entry, "action") || !members_equal(request, "rule", step->entry, "rule"))
		step_tell(step, "The request was for another action, or under another rule.");
	if (step->at >= member_number(request, "until", 0))
		step_tell(step, "The request had expired.");
	check_same_words(step, request);
	(void)json_object_del(step->replay->requests, step_text(step, "request"));
}
