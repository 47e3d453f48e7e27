/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The context of one step-up, its challenge and its commitment.
 */
#include "verifier/evidence/context.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/wire/base64url.h"
#include "lib/wire/canonical_json.h"
#include "verifier/rules/policy/requirement.h"

static const char challenge_label[] = "stepup/1/challenge"; /* hashed with its NUL */

static bool context_set_text(json_t *object, const char *name, const char *text)
{
	return text == NULL || json_object_set_new(object, name, json_string(text)) == 0;
}

static bool set_bytes(json_t *object, const char *name, const uint8_t *bytes, size_t size)
{
	char *text;
	bool set;

	if (bytes == NULL)
		return true;
	text = base64url_encode_new(bytes, size);
	set = text != NULL && context_set_text(object, name, text);
	free(text);
	return set;
}

static bool context_set_number(json_t *object, const char *name, int64_t number)
{
	return json_object_set_new(object, name, json_integer(number)) == 0;
}

static bool set_require(json_t *object, const struct context_facts *facts)
{
	const char *factor = factor_strength_name(facts->require);
	json_t *list = facts->pin ? json_pack("[s, s]", factor, "pin") : json_pack("[s]", factor);

	return json_object_set_new(object, "require", list) == 0;
}

enum stepup_error context_make(const struct context_facts *facts, char **text, size_t *size)
{
	enum stepup_error error = STEPUP_NO_MEMORY;
	json_t *object = json_object();

	if (object != NULL && context_set_number(object, "v", 1) &&
	    context_set_text(object, "purpose", facts->purpose) &&
	    context_set_text(object, "iss", facts->policy->issuer) &&
	    context_set_text(object, "rp_id", facts->policy->rp_id) &&
	    context_set_text(object, "host", facts->policy->host) &&
	    context_set_text(object, "service", facts->service) &&
	    context_set_text(object, "caller", facts->caller) &&
	    context_set_text(object, "via", facts->via) && context_set_text(object, "user", facts->user) &&
	    set_bytes(object, "user_id", facts->user_id, USER_ID_SIZE) &&
	    set_bytes(object, "session", facts->session, DIGEST_SIZE) &&
	    set_bytes(object, "rule", facts->rule == NULL ? NULL : facts->rule->digest, DIGEST_SIZE) &&
	    context_set_text(object, "prompt", facts->prompt) &&
	    set_bytes(object, "commitment", facts->commitment, DIGEST_SIZE) && set_require(object, facts) &&
	    set_bytes(object, "nonce", facts->nonce, CONTEXT_NONCE_SIZE) &&
	    context_set_number(object, "iat", facts->iat) && context_set_number(object, "exp", facts->exp) &&
	    set_bytes(object, "request", facts->request, DIGEST_SIZE) &&
	    context_set_text(object, "decision", facts->decision))
		error = json_canonical(object, text, size);
	json_decref(object);
	return error;
}

enum stepup_error context_challenge(const char *text, size_t size, uint8_t challenge[DIGEST_SIZE])
{
	enum stepup_error error;
	char *bytes;

	if (size > SIZE_MAX - sizeof(challenge_label))
		return STEPUP_TOO_LONG;
	bytes = malloc(sizeof(challenge_label) + size);
	if (bytes == NULL)
		return STEPUP_NO_MEMORY;
	memcpy(bytes, challenge_label, sizeof(challenge_label));
	memcpy(bytes + sizeof(challenge_label), text, size);
	error = digest_sha256(bytes, sizeof(challenge_label) + size, challenge);
	free(bytes);
	return error;
}

enum stepup_error context_commitment(const uint8_t salt[DIGEST_SIZE], const struct action *action,
	uint8_t commitment[DIGEST_SIZE])
{
	char *text = NULL;
	size_t size = 0;
	enum stepup_error error = action_canonical(action, &text, &size);

	if (error == STEPUP_OK)
		error = digest_hmac_sha256(salt, DIGEST_SIZE, text, size, commitment);
	free(text);
	return error;
}

enum stepup_error context_commit(const struct action *action, uint8_t salt[DIGEST_SIZE],
	uint8_t commitment[DIGEST_SIZE])
{
	if (getrandom(salt, DIGEST_SIZE, 0) != DIGEST_SIZE)
		return STEPUP_INTERNAL;
	return context_commitment(salt, action, commitment);
}
