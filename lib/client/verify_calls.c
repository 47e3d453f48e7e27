/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls of a step-up's client. */
#include "lib/client/verify_calls.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "lib/base/json_wipe.h"
#include "lib/wire/message.h"
#include "lib/wire/shared_limits.h"

enum stepup_error verify_call(struct verifier_client *client, const char *method, json_t *parameters,
	struct deadline deadline, json_t **reply, struct verifier_refusal *refusal)
{
	const struct method *table = interface_method(&interface_verify, method);
	char name[64], bad_field[FIELD_NAME_SIZE];
	enum stepup_error error;

	*reply = NULL;
	if (table == NULL ||
		snprintf(name, sizeof(name), "%s.%s", interface_verify.name, method) >= (int)sizeof(name)) {
		json_wipe_free(&parameters);
		return STEPUP_INTERNAL;
	}
	error = verifier_client_call(client, name, parameters, deadline, reply, refusal);
	if (error == STEPUP_OK && message_check(table->out, *reply, bad_field) != STEPUP_OK) {
		json_wipe_free(reply);
		error = STEPUP_IO;
	}
	return error;
}

/* Sets a text field where there is one. STEPUP_INVALID where it isn't UTF-8. */
static enum stepup_error set_text(json_t *object, const char *field, const char *text)
{
	if (text == NULL)
		return STEPUP_OK;
	if (!utf8_is_valid(text, strlen(text)))
		return STEPUP_INVALID;
	return json_object_set_new(object, field, json_string(text)) == 0 ? STEPUP_OK : STEPUP_NO_MEMORY;
}

struct named_text {
	const char *name, *text;
};

/* An object of those texts that are there; the array ends with a name of NULL. */
static enum stepup_error texts_to_json(const struct named_text *texts, json_t **object)
{
	enum stepup_error error = STEPUP_OK;

	*object = json_object();
	if (*object == NULL)
		return STEPUP_NO_MEMORY;
	for (; error == STEPUP_OK && texts->name != NULL; texts++)
		error = set_text(*object, texts->name, texts->text);
	if (error != STEPUP_OK)
		json_wipe_free(object);
	return error;
}

/* Adds the list of ways, and that this side knows what to do where an earlier step-up covers this one. */
static enum stepup_error set_reach(json_t *object, const char *const *reach)
{
	static const char *const none[] = {NULL};
	json_t *ways = json_array();

	if (reach == NULL)
		reach = none;
	if (ways == NULL || json_object_set_new(object, "reach", ways) != 0)
		return STEPUP_NO_MEMORY;
	for (; *reach != NULL; reach++)
		if (json_array_append_new(ways, json_string(*reach)) != 0)
			return STEPUP_NO_MEMORY;
	return json_array_append_new(ways, json_string(METHOD_NAME_FRESH)) == 0 ? STEPUP_OK
		: STEPUP_NO_MEMORY;
}

enum stepup_error verify_begin(struct verifier_client *client, const struct step_up_request *request,
	struct deadline deadline, json_t **reply, struct verifier_refusal *refusal)
{
	const struct named_text texts[] = {{"user", request->user}, {"action", request->action},
		{"request", request->approves}, {"decision", request->decision},
		{"session", request->session}, {"service", request->service}, {"rhost", request->rhost},
		{"tty", request->tty}, {"reason", request->reason}, {NULL, NULL}};
	json_t *parameters = NULL;
	enum stepup_error error = texts_to_json(texts, &parameters);

	if (error != STEPUP_OK)
		return error;
	error = set_reach(parameters, request->reach);
	/* The connection is open for as long as anything can come of it; if this process is gone, nobody
	 * else's question waits. */
	if (error == STEPUP_OK && json_object_set_new(parameters, "bound", json_true()) != 0)
		error = STEPUP_NO_MEMORY;
	if (error == STEPUP_OK && request->details != NULL &&
		json_object_set_new(parameters, "details", json_deep_copy(request->details)) != 0)
		error = STEPUP_NO_MEMORY;
	if (error != STEPUP_OK) {
		json_wipe_free(&parameters);
		return error;
	}
	return verify_call(client, request->approves == NULL ? "Begin" : "Approve", parameters, deadline,
		reply, refusal);
}

enum stepup_error step_up_account(struct verifier_client *client, const char *user, const char *service,
	const char *rhost, struct deadline deadline, struct verifier_refusal *refusal)
{
	const struct named_text texts[] = {
		{"user", user}, {"service", service}, {"rhost", rhost}, {NULL, NULL}};
	json_t *parameters = NULL, *reply = NULL;
	enum stepup_error error = texts_to_json(texts, &parameters);

	if (error != STEPUP_OK)
		return error;
	error = verify_call(client, "Account", parameters, deadline, &reply, refusal);
	json_wipe_free(&reply);
	return error;
}
