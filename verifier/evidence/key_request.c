/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One way's context, challenge and client data.
 * MUST: make the client data of a seat here alone, so that no client can put another origin or
 * challenge into it.
 */
#include "verifier/evidence/key_request.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/base64url.h"
#include "verifier/rules/policy/requirement.h"

/* WebAuthn section 5.8.1, its members in that order. */
static enum stepup_error client_data_make(const struct context_facts *facts, struct key_request *request)
{
	const char *type = strcmp(facts->purpose, "enrol") == 0 ? "webauthn.create" : "webauthn.get";
	char challenge[BASE64URL_LENGTH(DIGEST_SIZE) + 1], *origin = NULL;
	json_t *object = NULL;

	base64url_encode(request->challenge, DIGEST_SIZE, challenge);
	if (asprintf(&origin, KEY_SEAT_ORIGIN "%s", facts->policy->host) < 0)
		return STEPUP_NO_MEMORY;
	object = json_pack("{s:s, s:s, s:s, s:b}", "type", type, "challenge", challenge, "origin", origin,
		"crossOrigin", 0);
	if (object != NULL)
		request->client_data = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	free(origin);
	return request->client_data == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
}

enum stepup_error key_request_make(const struct context_facts *facts, enum via via,
	struct key_request *request)
{
	struct context_facts own = *facts;
	enum stepup_error error;

	own.via = method_name(via);
	request->via = via;
	error = context_make(&own, &request->context, &request->context_size);
	if (error == STEPUP_OK)
		error = context_challenge(request->context, request->context_size, request->challenge);
	if (error == STEPUP_OK && via == VIA_SEAT)
		error = client_data_make(&own, request);
	if (error != STEPUP_OK)
		key_request_clear(request);
	return error;
}

void key_request_clear(struct key_request *request)
{
	free(request->context);
	free(request->client_data);
	*request = (struct key_request){0};
}

enum stepup_error key_namespace(const struct policy *policy, char namespace[KEY_NAMESPACE_SIZE])
{
	return sshsig_namespace(policy->issuer, namespace);
}
