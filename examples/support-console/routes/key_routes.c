/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The employee's own credentials: adding a security key, removing one.
 *   GET  /keys         what there is, and the form
 *   GET  /sign-in/key  the form, between the password and the first sign-in
 *   POST /keys/begin   {"label", "invitation"} or {"label", "step_up"}, the id of a granted stepup.enroll
 *   POST /keys/finish  {"key": {…}}, what the key made, as RegistrationResponseJSON
 *   POST /keys/remove  {"step_up"}, the id of a granted stepup.remove: it says which credential
 * The last three answer as the step-up's do: {"state": "question"|"granted"|"refused", "message": {…}}.
 * MUST: act for the session's employee and for nobody else; keep the verifier's transaction out of the page.
 */
#include <string.h>

#include "examples/support-console/outside/verifier_call.h"
#include "examples/support-console/routes/handlers.h"
#include "examples/support-console/web/key_pages.h"
#include "examples/support-console/web/pages.h"

#define INVITATION_MAX 64

static enum MHD_Result key_routes_refuse(struct http_request *request, unsigned status, const char *words)
{
	return reply_json(request, status, json_pack("{s:s, s:{s:s, s:s}}", "state", "refused",
			"message", "type", "refused", "message", words));
}

static enum MHD_Result refuse_as(struct http_request *request, const struct verifier_reply *reply)
{
	const char *reference = json_string_value(json_object_get(reply->parameters, "reference"));

	return reply_json(request, MHD_HTTP_OK,
		json_pack("{s:s, s:{s:s, s:s, s:s, s:s*}}", "state", "refused", "message", "type",
			"refused", "error", reply->error, "message", reply->message, "reference", reference));
}

/* Tells how a call that ends something went, and frees the reply. */
static enum MHD_Result outcome(struct http_request *request, struct verifier_reply *reply)
{
	enum MHD_Result result;

	if (reply_is_good(reply))
		result = reply_json(request, MHD_HTTP_OK, json_pack("{s:s, s:{s:s, s:s}}", "state", "granted",
				"message", "type", "granted", "message", reply->message));
	else
		result = refuse_as(request, reply);
	reply_clear(reply);
	return result;
}

enum MHD_Result handle_keys_page(struct http_request *request)
{
	struct verifier_reply reply;
	struct html html = {0};
	bool listed;

	verifier_call(request->console->verifier_socket, "List",
		json_pack("{s:s}", "user", request->session.user), &reply);
	listed = reply_is_good(&reply);
	if (listed)
		page_keys(&html, request, json_object_get(reply.parameters, "credentials"));
	else
		page_message(&html, request, "Security keys", reply.message, NULL);
	reply_clear(&reply);
	return reply_html(request, listed ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, &html);
}

enum MHD_Result handle_first_key_page(struct http_request *request)
{
	struct html html = {0};

	if (request->session.stage == SESSION_SIGNED_IN)
		return reply_redirect(request, "/keys", NULL);
	page_first_key(&html, request);
	return reply_html(request, MHD_HTTP_OK, &html);
}

/* EnrollBegin's parameters; NULL where the request names an approval that isn't there. Without permission of
 * either kind it is the verifier that refuses, so that somebody hears of it. */
static json_t *enrolment_parameters(struct http_request *request, const json_t *body)
{
	const char *label = json_string_value(json_object_get(body, "label"));
	const char *invitation = json_string_value(json_object_get(body, "invitation"));
	const char *step_up = json_string_value(json_object_get(body, "step_up"));
	struct step_up_grant grant = {0};
	json_t *parameters = NULL;

	if (!label || strlen(label) > LABEL_MAX || (invitation && step_up))
		return NULL;
	if (!invitation && !step_up)
		parameters = json_pack("{s:s}", "label", label);
	else if (invitation && strlen(invitation) <= INVITATION_MAX)
		parameters = json_pack("{s:s, s:s}", "label", label, "invitation", invitation);
	else if (step_up &&
	    bridge_take(request->console->bridge, &request->session, step_up, "stepup.enroll", &grant))
		parameters = json_pack("{s:s, s:s}", "label", label, "authorization", grant.authorization);
	explicit_bzero(&grant, sizeof(grant));
	if (parameters &&
	    (json_object_set_new(parameters, "user", json_string(request->session.user)) ||
		    json_object_set_new(parameters, "session", json_string(request->session.step_up)) ||
		    json_object_set_new(parameters, "rhost", json_string(request->rhost)) ||
		    json_object_set_new(parameters, "type", json_string("key")) ||
		    json_object_set_new(parameters, "reach", json_pack("[s]", "browser")))) {
		json_decref(parameters);
		return NULL;
	}
	return parameters;
}

enum MHD_Result handle_key_begin(struct http_request *request)
{
	json_t *body = request->body ? json_loads(request->body, JSON_REJECT_DUPLICATES, NULL) : NULL;
	json_t *parameters = enrolment_parameters(request, body);
	struct verifier_reply reply;
	enum MHD_Result result;
	const char *transaction;

	json_decref(body);
	if (!parameters)
		return key_routes_refuse(request, MHD_HTTP_BAD_REQUEST,
			"Give the key a name of at most 64 letters. It also needs an invitation, or an "
			"approval by one of your keys, that was not used before. Nothing was added.");
	verifier_call(request->console->verifier_socket, "EnrollBegin", parameters, &reply);
	transaction = json_string_value(json_object_get(reply.parameters, "transaction"));
	if (!reply_is_good(&reply))
		result = refuse_as(request, &reply);
	else if (!transaction ||
	    !session_keep_enrolment(request->console->sessions, request->session.token, transaction))
		result = key_routes_refuse(request, MHD_HTTP_CONFLICT,
			"Your session ended meanwhile. Nothing was added. Sign in again.");
	else
		result = reply_json(request, MHD_HTTP_OK,
			json_pack("{s:s, s:{s:s, s:O, s:O, s:O}}", "state", "question", "message", "type",
				"question", "prompt", json_object_get(reply.parameters, "prompt"),
				"publicKey", json_object_get(reply.parameters, "browser"), "expires_in",
				json_object_get(reply.parameters, "expires_in")));
	reply_clear(&reply);
	return result;
}

enum MHD_Result handle_key_finish(struct http_request *request)
{
	json_t *body = request->body ? json_loads(request->body, JSON_REJECT_DUPLICATES, NULL) : NULL;
	json_t *key = json_object_get(body, "key");
	struct verifier_reply reply;

	if (!json_is_object(key) || !*request->session.enrolment) {
		json_decref(body);
		return key_routes_refuse(request, MHD_HTTP_BAD_REQUEST,
			"This enrolment is not open any more. Nothing was added. "
			"Reload the page and start again.");
	}
	verifier_call(request->console->verifier_socket, "EnrollFinish", json_pack("{s:s, s:s, s:O}",
			"transaction", request->session.enrolment, "method", "browser", "key", key), &reply);
	json_decref(body);
	/* good or bad, it has been answered */
	(void)session_keep_enrolment(request->console->sessions, request->session.token, "");
	return outcome(request, &reply);
}

enum MHD_Result handle_key_remove(struct http_request *request)
{
	json_t *body = request->body ? json_loads(request->body, JSON_REJECT_DUPLICATES, NULL) : NULL;
	const char *step_up = json_string_value(json_object_get(body, "step_up"));
	struct step_up_grant grant = {0};
	struct verifier_reply reply;
	bool granted = step_up &&
		bridge_take(request->console->bridge, &request->session, step_up, "stepup.remove", &grant);

	json_decref(body);
	if (!granted)
		return key_routes_refuse(request, MHD_HTTP_BAD_REQUEST,
			"This was not approved, or its approval was used already. Nothing was removed. "
			"Click Remove again.");
	verifier_call(request->console->verifier_socket, "Remove", json_pack("{s:s, s:s, s:s}",
			"user", request->session.user, "credential", grant.subject.credential,
			"authorization", grant.authorization), &reply);
	explicit_bzero(&grant, sizeof(grant));
	return outcome(request, &reply);
}
