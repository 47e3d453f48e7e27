/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A receipt in hand: its claims, and whether what is asked is what was approved.
 * MUST: take nothing from a receipt whose signature doesn't hold; take types as strictly as the door does.
 */
#include "verifier/doors/redemption/redeem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence/receipt_check.h"
#include "lib/wire/base64url.h"
#include "lib/wire/message.h"
#include "verifier/evidence/receipt.h"
#include "verifier/host/clock.h"
#include "verifier/verifier.h"

void redeem_claims_clear(struct redeem_claims *claims)
{
	json_decref(claims->payload);
	action_free(&claims->approved);
	action_free(&claims->asked);
	memset(claims, 0, sizeof(*claims));
}

static bool copy_claim(const json_t *payload, const char *name, char *room, size_t size)
{
	const char *text = json_string_value(json_object_get(payload, name));

	return text != NULL && snprintf(room, size, "%s", text) < (int)size && *text != '\0';
}

static bool number_claim(const json_t *payload, const char *name, int64_t *number)
{
	const json_t *value = json_object_get(payload, name);

	*number = json_integer_value(value);
	return json_is_integer(value) && *number >= 0;
}

/* Issuer, audience, times and names. */
static enum redeem_fault read_registered(const struct call *call, const char *audience,
	struct redeem_claims *claims)
{
	const json_t *payload = claims->payload;
	const char *iss = json_string_value(json_object_get(payload, "iss"));
	const char *aud = json_string_value(json_object_get(payload, "aud"));
	int64_t now = clock_wall_seconds(), issued, not_before;

	if (iss == NULL || strcmp(iss, call->verifier->policy->issuer) != 0)
		return REDEEM_OTHER_ISSUER;
	/* first: whose it is, the log says of every fault */
	if (!copy_claim(payload, "jti", claims->jti, sizeof(claims->jti)))
		return REDEEM_NO_RECEIPT;
	if (aud == NULL || strcmp(aud, audience) != 0)
		return REDEEM_OTHER_AUDIENCE;
	if (!copy_claim(payload, "sub", claims->user, sizeof(claims->user)) ||
	    !number_claim(payload, "iat", &issued) || !number_claim(payload, "nbf", &not_before) ||
	    !number_claim(payload, "exp", &claims->expires) ||
	    !number_claim(payload, "auth_time", &claims->auth_time) ||
	    !json_is_string(json_object_get(payload, "acr")) ||
	    !json_is_array(json_object_get(payload, "amr")))
		return REDEEM_NO_RECEIPT;
	return issued > now || not_before > now ? REDEEM_EARLY : REDEEM_GOOD;
}

/* What each detail of the approved action is: the receipt's own values say, by the table of
 * lib/wire/action.h, where no two types may take one value. STEPUP_BAD_DETAILS where one is of no type. */
static enum stepup_error specs_of(const json_t *details, struct detail_spec specs[DETAIL_COUNT_MAX],
	size_t *count)
{
	const char *name;
	json_t *value;

	*count = 0;
	if (!json_is_object(details) || json_object_size(details) > DETAIL_COUNT_MAX)
		return STEPUP_BAD_DETAILS;
	json_object_foreach ((json_t *)(uintptr_t)details, name, value) {
		struct detail_spec *spec = &specs[(*count)++];
		enum stepup_error error = detail_name_is_valid(name) ? detail_type_of(value, &spec->type)
			: STEPUP_BAD_DETAILS;

		if (error != STEPUP_OK)
			return error;
		snprintf(spec->name, sizeof(spec->name), "%s", name);
	}
	return STEPUP_OK;
}

/* Whether what is asked of one detail was approved. */
static bool covers(const struct detail *had, const struct detail *wants)
{
	if (wants == NULL || wants->type != had->type)
		return false;
	return detail_kind(had->type)->covers(had, wants);
}

/* Holds what is asked against what was approved; notes the first detail in which it isn't covered. */
static enum redeem_fault compare_actions(struct redeem_claims *claims)
{
	const struct action *approved = claims->approved;

	for (size_t i = 0; i < approved->detail_count; i++) {
		const struct detail *had = &approved->details[i],
			*wants = action_detail(claims->asked, had->name);

		if (covers(had, wants))
			continue;
		snprintf(claims->detail, sizeof(claims->detail), "%s", had->name);
		if (detail_kind(had->type)->may_sum) {
			claims->most = had->number;
			claims->wanted = wants != NULL ? wants->number : 0;
		}
		return REDEEM_OTHER_DETAILS;
	}
	return REDEEM_GOOD;
}

/* Both actions, parsed alike, and compared. */
static enum stepup_error read_actions(const struct call *call, struct redeem_claims *claims,
	enum redeem_fault *fault)
{
	const json_t *list = json_object_get(claims->payload, "authorization_details"),
		*grant = json_array_get(list, 0);
	const json_t *details = json_object_get(grant, "details");
	const char *type = json_string_value(json_object_get(grant, "type")),
		*name = json_string_value(json_object_get(grant, "action"));
	const char *asked = message_text(call->parameters, "action");
	struct detail_spec specs[DETAIL_COUNT_MAX];
	size_t count;
	enum stepup_error error;

	*fault = REDEEM_NO_RECEIPT;
	if (json_array_size(list) != 1 || type == NULL || strcmp(type, "io.stepup.action") != 0 ||
	    name == NULL)
		return STEPUP_OK;
	error = specs_of(details, specs, &count);
	if (error == STEPUP_OK)
		error = action_parse(name, details, specs, count, &claims->approved, claims->detail);
	if (error == STEPUP_OK)
		error = action_digest(claims->approved, claims->digest);
	if (error != STEPUP_OK)
		return error == STEPUP_BAD_DETAILS || error == STEPUP_INVALID ? STEPUP_OK : error;
	*fault = REDEEM_OTHER_ACTION;
	if (strcmp(asked, name) != 0)
		return STEPUP_OK;
	*fault = REDEEM_OTHER_DETAILS;
	error = action_parse(asked, json_object_get(call->parameters, "details"), specs, count,
		&claims->asked, claims->detail);
	if (error != STEPUP_OK)
		return error == STEPUP_BAD_DETAILS ? STEPUP_OK : error;
	*fault = compare_actions(claims);
	return STEPUP_OK;
}

/* An execution is its exec_id together with what it carries out: the same one with other
 * details is another. */
static enum stepup_error name_execution(const struct call *call, struct redeem_claims *claims)
{
	const char *exec_id = message_text(call->parameters, "exec_id");
	uint8_t digest[DIGEST_SIZE];
	char *text = NULL;
	size_t size = 0;
	enum stepup_error error;

	claims->execution[0] = '\0';
	if (exec_id == NULL || *exec_id == '\0')
		return STEPUP_OK;
	error = action_canonical(claims->asked, &text, &size);
	if (error == STEPUP_OK)
		error = digest_hmac_sha256(exec_id, strlen(exec_id), text, size, digest);
	if (error == STEPUP_OK)
		base64url_encode(digest, sizeof(digest), claims->execution);
	free(text);
	return error;
}

enum stepup_error redeem_claims_read(const struct call *call, const char *audience,
	struct redeem_claims *claims, enum redeem_fault *fault)
{
	enum stepup_error error;

	memset(claims, 0, sizeof(*claims));
	*fault = REDEEM_NO_RECEIPT;
	error = receipt_check_signature(message_text(call->parameters, "receipt"),
		receipt_signer_jwks(call->verifier->receipts), &claims->payload);
	if (error == STEPUP_CORRUPT || error == STEPUP_INVALID || error == STEPUP_TOO_LONG)
		return STEPUP_OK;
	if (error != STEPUP_OK)
		return error;
	*fault = read_registered(call, audience, claims);
	if (*fault != REDEEM_GOOD)
		return STEPUP_OK;
	error = read_actions(call, claims, fault);
	if (error == STEPUP_OK && *fault == REDEEM_GOOD)
		error = name_execution(call, claims);
	return error;
}
