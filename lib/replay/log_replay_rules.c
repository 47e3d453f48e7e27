/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules of a replay, each a small function over one entry and what is known so far.
 */
#include "lib/replay/log_replay_rules.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/log_beside.h"
#include "lib/wire/base64url.h"
#include "lib/wire/canonical_json.h"

#define CHALLENGE_LABEL "stepup/1/challenge" /* hashed with its NUL, as verifier/evidence/context.c does */

void step_tell(struct replay_step *step, const char *format, ...)
{
	char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	step->replay->problem(step->replay->context, step->index,
		text != NULL ? text : "Something is wrong with this entry.");
	free(text);
}

const char *member_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

const char *step_text(struct replay_step *step, const char *name)
{
	const char *text = member_text(step->entry, name);

	if (text == NULL)
		step_tell(step, "This entry has no \"%s\".", name);
	return text == NULL ? "" : text;
}

bool members_equal(const json_t *a, const char *name_a, const json_t *b, const char *name_b)
{
	const char *text_a = member_text(a, name_a), *text_b = member_text(b, name_b);

	return text_a != NULL && text_b != NULL && strcmp(text_a, text_b) == 0;
}

bool member_is(const json_t *object, const char *name, const char *text)
{
	const char *member = member_text(object, name);

	return member != NULL && strcmp(member, text) == 0;
}

int64_t member_number(const json_t *object, const char *name, int64_t otherwise)
{
	const json_t *member = json_object_get(object, name);

	return json_is_integer(member) ? json_integer_value(member) : otherwise;
}

void step_put(struct replay_step *step, json_t *map, const char *key, json_t *value)
{
	if (json_object_set_new(map, key, value) != 0)
		step->error = STEPUP_NO_MEMORY;
}

static bool user_is_locked(const struct replay_step *step, const char *user_id)
{
	return json_is_true(json_object_get(step->replay->users, user_id));
}

void step_check_not_locked(struct replay_step *step, const char *user_id, const char *what)
{
	if (user_is_locked(step, user_id))
		step_tell(step, "%s although this user was locked.", what);
}

bool step_pattern_matches(const char *pattern, const char *action)
{
	static const char own[] = "stepup.";
	size_t length = strlen(pattern), own_length = sizeof(own) - 1;

	if (length == 0 || pattern[length - 1] != '*')
		return strcmp(pattern, action) == 0;
	if (strncmp(action, own, own_length) == 0 && strncmp(pattern, own, own_length) != 0)
		return false;
	return strncmp(pattern, action, length - 1) == 0;
}

/* Whether a name stands under a frozen name or pattern. */
void step_check_not_frozen(struct replay_step *step, const char *action)
{
	const char *pattern;
	json_t *value;

	json_object_foreach (step->replay->frozen, pattern, value)
		if (step_pattern_matches(pattern, action))
			step_tell(step, "The action %s was frozen at that time.", action);
}

void step_void_receipts(struct replay_step *step, const char *user_id, const char *pattern)
{
	const char *jti;
	json_t *receipt;

	json_object_foreach (step->replay->receipts, jti, receipt)
		if (pattern != NULL ? step_pattern_matches(pattern, member_text(receipt, "action"))
		    : member_is(receipt, "user_id", user_id) || member_is(receipt, "approver_id", user_id))
			step_put(step, receipt, "void", json_string(pattern != NULL ? "the action was frozen"
					: "who was issued it, or agreed to it, was locked"));
}

/* The credential, where it was enrolled for this user and not removed; NULL and told otherwise. */
json_t *step_check_credential(struct replay_step *step, const char *id, const char *user_id)
{
	json_t *credential = json_object_get(step->replay->credentials, id);
	const char *owner = member_text(credential, "user_id");

	if (credential == NULL)
		step_tell(step, "The credential %s was not enrolled before.", id);
	else if (owner == NULL || strcmp(owner, user_id) != 0)
		step_tell(step, "The credential %s is another user's.", id);
	else if (json_is_true(json_object_get(credential, "gone")))
		step_tell(step, "The credential %s was removed before.", id);
	else
		return credential;
	return NULL;
}

/* The TOTP step or HOTP counter an entry uses up; -1 and told where it has none. */
int64_t step_spent(struct replay_step *step, const char *method)
{
	const char *member = strcmp(method, "totp") == 0 ? "step"
		: strcmp(method, "hotp") == 0 ? "counter" : NULL;
	int64_t spent = member == NULL ? -1 : member_number(step->entry, member, -1);

	if (spent < 0)
		step_tell(step, "This entry does not say which code of method \"%s\" was used.", method);
	return spent;
}

void step_check_spent(struct replay_step *step, json_t *credential)
{
	const char *method = step_text(step, "method");
	int64_t spent = step_spent(step, method), last = member_number(credential, "spent", -1);

	if (!members_equal(step->entry, "method", credential, "method"))
		step_tell(step, "The credential was enrolled for another method than \"%s\".", method);
	if (spent < 0)
		return;
	if (spent <= last)
		step_tell(step, "A code was accepted twice: number %" PRId64 " was taken although %" PRId64
			" was before.", spent, last);
	else
		step_put(step, credential, "spent", json_integer(spent));
}

/* What isn't what the log had is shown to no other rule. */
static void disregard_beside(struct replay_step *step, const char *what)
{
	step_tell(step, "%s", what);
	step->evidence = NULL;
	step->salt = NULL;
}

/* Entries from before there was "beside" commit to their details alone. */
static void check_older_beside(struct replay_step *step)
{
	if (member_text(step->entry, "commitment") == NULL)
		disregard_beside(step, "There is data beside this entry, but the entry commits to "
			"nothing.");
	else if (json_object_get(step->evidence, "details") == NULL || step->salt == NULL)
		disregard_beside(step, "The data beside this entry can't be checked: something is "
			"missing.");
}

void step_check_beside(struct replay_step *step)
{
	const char *beside = member_text(step->entry, "beside");
	char expected[LOG_BESIDE_SIZE], *text = NULL;
	size_t size = 0;

	if (step->evidence == NULL && step->salt == NULL) {
		step->summary->erased += beside != NULL || member_text(step->entry, "commitment") != NULL;
		return;
	}
	if (beside == NULL) {
		check_older_beside(step);
		return;
	}
	if (step->evidence == NULL || step->salt == NULL) {
		disregard_beside(step, "The data beside this entry can't be checked: something is "
			"missing.");
		return;
	}
	step->error = json_canonical(step->evidence, &text, &size);
	if (step->error == STEPUP_OK)
		step->error = log_beside_commit(text, size, step->salt, expected);
	free(text);
	if (step->error == STEPUP_INVALID || (step->error == STEPUP_OK && strcmp(expected, beside) != 0)) {
		step->error = STEPUP_OK;
		disregard_beside(step, "The data beside this entry is not what the entry commits to.");
	}
}

/* HMAC-SHA-256(salt, JCS({"action","details"})). */
static enum stepup_error commitment_of(
	struct replay_step *step, const json_t *details, char expected[BASE64URL_LENGTH(DIGEST_SIZE) + 1])
{
	json_t *action = json_pack("{s:s, s:O}", "action", step_text(step, "action"), "details", details);
	enum stepup_error error;
	uint8_t mac[DIGEST_SIZE];
	char *text = NULL;
	size_t size = 0;

	error = action == NULL ? STEPUP_NO_MEMORY : json_canonical(action, &text, &size);
	json_decref(action);
	if (error == STEPUP_OK)
		error = digest_hmac_sha256(step->salt, DIGEST_SIZE, text, size, mac);
	free(text);
	if (error == STEPUP_OK)
		base64url_encode(mac, sizeof(mac), expected);
	return error;
}

/* Whether the details are what the entry commits to. */
void step_check_commitment(struct replay_step *step)
{
	const json_t *details = json_object_get(step->evidence, "details");
	char expected[BASE64URL_LENGTH(DIGEST_SIZE) + 1];

	if (member_text(step->entry, "commitment") == NULL)
		return;
	if (details == NULL || step->salt == NULL)
		return;
	step->error = commitment_of(step, details, expected);
	if (step->error == STEPUP_OK && strcmp(expected, member_text(step->entry, "commitment")) != 0)
		step_tell(step, "The details beside this entry are not the ones that it commits to.");
	if (step->error == STEPUP_INVALID) {
		step_tell(step, "The details beside this entry have no canonical form.");
		step->error = STEPUP_OK;
	}
}

static enum stepup_error context_text(const json_t *context, const char *prompt, char **text, size_t *size)
{
	/* jansson's copy takes what it only reads as non-const */
	json_t *whole = json_copy((json_t *)(uintptr_t)context);
	enum stepup_error error = STEPUP_NO_MEMORY;

	if (whole != NULL && json_object_set_new(whole, "prompt", json_string(prompt)) == 0)
		error = json_canonical(whole, text, size);
	json_decref(whole);
	return error;
}

bool step_context_text(struct replay_step *step, char **text, size_t *size)
{
	const json_t *context = json_object_get(step->entry, "context");
	const char *prompt = member_text(step->evidence, "prompt");
	enum stepup_error error;

	if (!json_is_object(context) || prompt == NULL)
		return false;
	error = context_text(context, prompt, text, size);
	if (error == STEPUP_NO_MEMORY || error == STEPUP_INTERNAL)
		step->error = error;
	return error == STEPUP_OK;
}

/* The challenge is a digest of the context with its prompt. */
static enum stepup_error challenge_of(const json_t *context, const char *prompt,
	char challenge[BASE64URL_LENGTH(DIGEST_SIZE) + 1])
{
	char *text = NULL, *bytes = NULL;
	uint8_t digest[DIGEST_SIZE];
	size_t size = 0;
	enum stepup_error error = context_text(context, prompt, &text, &size);

	if (error != STEPUP_OK)
		return error;
	bytes = malloc(sizeof(CHALLENGE_LABEL) + size);
	if (bytes == NULL) {
		error = STEPUP_NO_MEMORY;
		goto out;
	}
	memcpy(bytes, CHALLENGE_LABEL, sizeof(CHALLENGE_LABEL));
	memcpy(bytes + sizeof(CHALLENGE_LABEL), text, size);
	error = digest_sha256(bytes, sizeof(CHALLENGE_LABEL) + size, digest);
	if (error == STEPUP_OK)
		base64url_encode(digest, sizeof(digest), challenge);
out:
	free(text);
	free(bytes);
	return error;
}

void step_check_context(struct replay_step *step)
{
	static const char *const shared[] = {"user", "user_id", "commitment", "rule"};
	const json_t *context = json_object_get(step->entry, "context");
	const char *prompt = member_text(step->evidence, "prompt"),
		*challenge = member_text(step->entry, "challenge");
	char expected[BASE64URL_LENGTH(DIGEST_SIZE) + 1];

	if (context == NULL)
		return;
	if (!json_is_object(context)) {
		step_tell(step, "The context of this entry is not a JSON object.");
		return;
	}
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		if (!members_equal(context, shared[i], step->entry, shared[i]))
			step_tell(step, "What was signed has another \"%s\" than this entry.", shared[i]);
	if (!members_equal(context, "host", step->entry, "host"))
		step_tell(step, "What was signed is of another host than this entry.");
	if (prompt == NULL)
		return;
	step->error = challenge_of(context, prompt, expected);
	if (step->error == STEPUP_OK && (challenge == NULL || strcmp(expected, challenge) != 0))
		step_tell(step, "Prompt and context of this entry are not the ones that were shown.");
	if (step->error == STEPUP_INVALID) {
		step_tell(step, "What was signed has no canonical form.");
		step->error = STEPUP_OK;
	}
}

void step_check_grant(struct replay_step *step, const char *verb, const char *by_member, enum grant_need need)
{
	int64_t index = member_number(step->entry, "grant", -1), used;
	json_t *grant;
	char key[24];

	if (index < 0 && need == GRANT_MAYBE)
		return;
	if (index < 0) {
		step_tell(step, "This entry rests on no step-up, but needs one for %s.", verb);
		return;
	}
	(void)snprintf(key, sizeof(key), "%" PRId64, index);
	grant = json_object_get(step->replay->grants, key);
	if (grant == NULL) {
		step_tell(step, "Entry %" PRId64
			", which this one rests on, is not a step-up of the last minutes.", index);
		return;
	}
	used = member_number(grant, "used", step->at);
	if (strcmp(member_text(grant, "action"), verb) != 0)
		step_tell(step,
			"Entry %" PRId64 ", which this one rests on, is a step-up for %s, not for %s.", index,
			member_text(grant, "action"), verb);
	else if (!members_equal(grant, "user", step->entry, by_member))
		step_tell(step,
			"Entry %" PRId64 ", which this one rests on, is another person's step-up.", index);
	else if (used != step->at)
		step_tell(step, "Entry %" PRId64 ", which this one rests on, was spent before.", index);
	else if (need == GRANT_BY_KEY && !json_is_true(json_object_get(grant, "by_key")))
		step_tell(step, "Entry %" PRId64
			", which this one rests on, is a step-up by a code, but adding a key needs a "
			"step-up by a key.",
			index);
	step_put(step, grant, "used", json_integer(step->at));
}
