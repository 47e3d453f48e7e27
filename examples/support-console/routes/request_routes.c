/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests for a second person: what the employee can agree to, and the own ones. Agreeing is a step-up,
 * {"action":"stepup.approve","request"}, in step_up_routes.c; so is denying one and locking who made it,
 * with "lock": true.
 *   GET  /requests          the page
 *   POST /requests/list     {"seen"} → {"state":"list", "seen", "now", "requests": […]}; held for a while
 *   where nothing is new since `seen`
 *   POST /requests/deny     {"request"}
 *   POST /requests/cancel   {"request"}, an own one: takes it back
 *   POST /requests/outcome  {"request"}, an own one: how it stands, or how it ended
 * The last three answer {"state": "done"|"refused", "message": {"message"}}; the requests are
 * Verify1.Requests'.
 * MUST: act for the session's employee; take back and tell of nobody else's requests, although the verifier
 * would let the console.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "examples/support-console/outside/verifier_call.h"
#include "examples/support-console/routes/handlers.h"
#include "examples/support-console/web/pages.h"

#define HOLD_SECONDS 20 /* the longest that a page waits for news */
#define ASK_SECONDS 5
#define SEEN_SIZE 17

static enum MHD_Result say(struct http_request *request, unsigned status, const char *state,
	const char *words)
{
	return reply_json(request, status,
		json_pack("{s:s, s:{s:s}}", "state", state, "message", "message", words));
}

/* Tells how a call went, and frees the reply. */
static enum MHD_Result request_routes_outcome(struct http_request *request, struct verifier_reply *reply)
{
	enum MHD_Result result =
		say(request, MHD_HTTP_OK, reply_is_good(reply) ? "done" : "refused", reply->message);

	reply_clear(reply);
	return result;
}

static json_t *body_of(const struct http_request *request)
{
	return request->body ? json_loads(request->body, JSON_REJECT_DUPLICATES, NULL) : NULL;
}

/* The body's request; NULL where it names none. */
static const char *request_name(const json_t *body)
{
	const char *name = json_string_value(json_object_get(body, "request"));

	return name && strlen(name) < REQUEST_SIZE ? name : NULL;
}

static enum MHD_Result names_none(struct http_request *request)
{
	return say(request, MHD_HTTP_BAD_REQUEST, "refused",
		"There is no such request. Nothing was changed. Reload the page.");
}

enum MHD_Result handle_requests_page(struct http_request *request)
{
	struct html html = {0};

	page_requests(&html, request);
	return reply_html(request, MHD_HTTP_OK, &html);
}

/* --- the list --- */

/* Tells one list from another for the page that asks for news; FNV-1a, no more than that. */
static bool list_mark(const json_t *parameters, char mark[SEEN_SIZE])
{
	char *text = json_dumps(json_object_get(parameters, "requests"), JSON_COMPACT | JSON_SORT_KEYS);
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	if (!text)
		return false;
	for (const char *at = text; *at; at++)
		hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
	free(text);
	snprintf(mark, SEEN_SIZE, "%016" PRIx64, hash);
	return true;
}

static bool list_is_news(const json_t *parameters, void *context)
{
	char mark[SEEN_SIZE];

	return list_mark(parameters, mark) && strcmp(mark, context) != 0;
}

enum MHD_Result handle_requests_list(struct http_request *request)
{
	json_t *body = body_of(request);
	const char *sent = json_string_value(json_object_get(body, "seen"));
	char seen[SEEN_SIZE] = "", mark[SEEN_SIZE];
	struct verifier_reply reply;
	enum MHD_Result result;

	if (sent && strlen(sent) < sizeof(seen))
		strcpy(seen, sent);
	json_decref(body);
	verifier_watch(request->console->verifier_socket, "Requests",
		json_pack("{s:s}", "user", request->session.user), HOLD_SECONDS, list_is_news, seen, &reply);
	if (!reply_is_good(&reply))
		result = say(request, MHD_HTTP_SERVICE_UNAVAILABLE, "refused", reply.message);
	else if (!json_is_array(json_object_get(reply.parameters, "requests")) ||
	    !list_mark(reply.parameters, mark))
		result = MHD_NO;
	else
		result = reply_json(request, MHD_HTTP_OK, json_pack("{s:s, s:s, s:I, s:O}", "state", "list",
				"seen", mark, "now", (json_int_t)time(NULL),
				"requests", json_object_get(reply.parameters, "requests")));
	reply_clear(&reply);
	return result;
}

/* --- answers to requests --- */

enum MHD_Result handle_request_deny(struct http_request *request)
{
	json_t *body = body_of(request);
	const char *name = request_name(body);
	struct verifier_reply reply;

	if (!name) {
		json_decref(body);
		return names_none(request);
	}
	verifier_call(request->console->verifier_socket, "Deny",
		json_pack("{s:s, s:s}", "user", request->session.user, "request", name), &reply);
	json_decref(body);
	return request_routes_outcome(request, &reply);
}

static bool any(const json_t *parameters, void *context)
{
	(void)parameters;
	(void)context;
	return true;
}

/* How a request stands that the console made for the session's employee; any other is as if
 * there were none. */
static void look_at_own(struct http_request *request, const char *name, struct verifier_reply *reply)
{
	const char *user;

	verifier_watch(request->console->verifier_socket, "AwaitApproval",
		json_pack("{s:s}", "request", name), ASK_SECONDS, any, NULL, reply);
	user = json_string_value(json_object_get(json_object_get(reply->parameters, "request"), "user"));
	if (reply_is_good(reply) && (!user || strcmp(user, request->session.user) != 0)) {
		reply_clear(reply);
		reply->error = "NotAllowed";
		reply->message = "You have no such request in this console. Nothing was changed.";
	}
}

enum MHD_Result handle_request_cancel(struct http_request *request)
{
	json_t *body = body_of(request);
	const char *name = request_name(body);
	struct verifier_reply reply;

	if (!name) {
		json_decref(body);
		return names_none(request);
	}
	look_at_own(request, name, &reply);
	if (reply_is_good(&reply)) {
		reply_clear(&reply);
		verifier_call(request->console->verifier_socket, "CancelRequest",
			json_pack("{s:s}", "request", name), &reply);
	}
	json_decref(body);
	return request_routes_outcome(request, &reply);
}

enum MHD_Result handle_request_outcome(struct http_request *request)
{
	json_t *body = body_of(request);
	const char *name = request_name(body);
	struct verifier_reply reply;

	if (!name) {
		json_decref(body);
		return names_none(request);
	}
	look_at_own(request, name, &reply);
	json_decref(body);
	return request_routes_outcome(request, &reply);
}
