/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The step-up dialog's two addresses.
 *   POST /step-up/begin   {"action", "account"?, "records"?, "credential"?, "request"?, "lock"?}
 *   POST /step-up/answer  {"id", "answer": {"method":"code","code":…}, {"method":"browser","credential":{…}},
 *   {"wait":true} or {"cancel":true}}
 * Both answer {"id", "state": "question"|"waiting"|"granted"|"refused"|"gone", "message": {…}}, `message` as
 * the PAM module made it.
 * MUST: the browser names one of the actions below, and the console checks that its details are true.
 */
#include <stdio.h>
#include <string.h>

#include "examples/support-console/routes/handlers.h"

#define CODE_MAX 64

static enum MHD_Result gone(struct http_request *request, unsigned status, const char *words)
{
	return reply_json(request, status, json_pack("{s:s, s:{s:s, s:s}}", "state", "gone",
			"message", "type", "refused", "message", words));
}

/* --- what each action's details are: what isn't so in the database isn't begun --- */

static bool no_details(struct http_request *request, const json_t *body, struct step_up_subject *subject)
{
	(void)request;
	(void)body;
	(void)subject;
	return true;
}

static bool account_details(struct http_request *request, const json_t *body, struct step_up_subject *subject)
{
	const char *account = json_string_value(json_object_get(body, "account"));

	if (!account || strlen(account) >= ACCOUNT_SIZE ||
	    customer_contact_count(request->console->customers, account) < 0)
		return false;
	strcpy(subject->account, account);
	return true;
}

static bool export_details(struct http_request *request, const json_t *body, struct step_up_subject *subject)
{
	const json_t *records = json_object_get(body, "records");

	if (!account_details(request, body, subject) || !json_is_integer(records))
		return false;
	subject->records = json_integer_value(records);
	return subject->records >= 1 &&
		subject->records <= customer_contact_count(request->console->customers, subject->account);
}

static bool enroll_details(struct http_request *request, const json_t *body, struct step_up_subject *subject)
{
	(void)request;
	(void)body;
	subject->direct = true;
	strcpy(subject->type, "key");
	return true;
}

/* Whose credential it is, the verifier knows. */
static bool remove_details(struct http_request *request, const json_t *body, struct step_up_subject *subject)
{
	const char *credential = json_string_value(json_object_get(body, "credential"));

	(void)request;
	if (!credential || !*credential || strlen(credential) >= CREDENTIAL_SIZE)
		return false;
	subject->direct = true;
	strcpy(subject->credential, credential);
	return true;
}

/* Whether it is one that this person may answer so, the verifier knows. */
static bool approve_details(struct http_request *request, const json_t *body, struct step_up_subject *subject)
{
	const char *name = json_string_value(json_object_get(body, "request"));

	(void)request;
	if (!name || !*name || strlen(name) >= REQUEST_SIZE)
		return false;
	subject->direct = true;
	strcpy(subject->request, name);
	subject->denies = json_is_true(json_object_get(body, "lock"));
	return true;
}

/* Which actions the pages can begin, in which stage. */
static const struct {
	const char *action;
	enum session_stage stage;
	bool (*details)(struct http_request *request, const json_t *body, struct step_up_subject *subject);
} actions[] = {
	{"console.login", SESSION_PASSWORD, no_details},
	{"customer.view", SESSION_SIGNED_IN, account_details},
	{"customer.export", SESSION_SIGNED_IN, export_details},
	{"customer.reveal_key", SESSION_SIGNED_IN, account_details},
	{"stepup.enroll", SESSION_SIGNED_IN, enroll_details},
	{"stepup.remove", SESSION_SIGNED_IN, remove_details},
	{"stepup.approve", SESSION_SIGNED_IN, approve_details},
};

static bool subject_read(struct http_request *request, const json_t *body, struct step_up_subject *subject)
{
	const char *action = json_string_value(json_object_get(body, "action"));

	for (size_t i = 0; action && i < sizeof(actions) / sizeof(*actions); i++) {
		if (strcmp(action, actions[i].action) || request->session.stage != actions[i].stage)
			continue;
		strcpy(subject->action, actions[i].action);
		return actions[i].details(request, body, subject);
	}
	return false;
}

static const char *state_name(enum attempt_state state)
{
	switch (state) {
	case ATTEMPT_QUESTION:
		return "question";
	case ATTEMPT_WAITING:
		return "waiting";
	case ATTEMPT_GRANTED:
		return "granted";
	case ATTEMPT_REFUSED:
		return "refused";
	default:
		return "gone";
	}
}

/* What a grant changes at once. Sign-in: the session moves on, under a new cookie. Viewing: the session may
 * look at the customer. Exports and keys are taken later, by the request that carries them out. */
static bool granted(struct http_request *request, const struct step_up_view *view, char cookie[COOKIE_SIZE])
{
	struct console *console = request->console;
	struct step_up_grant grant;
	bool done = true;

	if (!strcmp(view->subject.action, "console.login")) {
		struct session session;

		done = bridge_take(console->bridge, &request->session, view->id, "console.login", &grant) &&
			session_sign_in(console->sessions, request->session.token, &session);
		if (done)
			cookie_line(console, session.token, cookie);
	} else if (!strcmp(view->subject.action, "customer.view")) {
		done = bridge_take(console->bridge, &request->session, view->id, "customer.view", &grant);
		if (done)
			session_allow_view(console->sessions, request->session.token, grant.subject.account);
	}
	explicit_bzero(&grant, sizeof(grant));
	return done;
}

/* Demonstration mode: the receipt goes to the browser, where a real console's never goes. */
static bool show_receipt(struct http_request *request, const char *id, json_t *reply)
{
	char receipt[RECEIPT_SIZE];
	bool shown = true;

	bridge_receipt(request->console->bridge, &request->session, id, receipt);
	if (*receipt) {
		session_keep_receipt(request->console->sessions, request->session.token, receipt);
		shown = !json_object_set_new(reply, "receipt", json_string(receipt));
	}
	explicit_bzero(receipt, sizeof(receipt));
	return shown;
}

/* A lock ends what is under way, which then is told as too late or as denied: the person should hear of
 * the lock instead. */
static void prefer_lock(struct http_request *request, struct step_up_view *view)
{
	const char *error = json_string_value(json_object_get(view->message, "error"));
	json_t *message = NULL;

	if (view->state != ATTEMPT_REFUSED || !error ||
	    (strcmp(error, "Expired") && strcmp(error, "NotAllowed")))
		return;
	if (!bridge_account(request->console->bridge, request->session.user, request->rhost, &message) &&
	    message) {
		json_decref(view->message);
		view->message = message;
	} else {
		json_decref(message);
	}
}

static enum MHD_Result reply_step_up(struct http_request *request, struct step_up_view *view)
{
	char cookie[COOKIE_SIZE] = "";
	json_t *reply;

	prefer_lock(request, view);
	if (view->state == ATTEMPT_GRANTED && !granted(request, view, cookie)) {
		json_decref(view->message);
		return gone(request, MHD_HTTP_CONFLICT, "Your session ended meanwhile. Sign in again.");
	}
	if (view->state == ATTEMPT_RUNNING || view->state == ATTEMPT_GONE) {
		json_decref(view->message);
		return gone(request, MHD_HTTP_GONE, "This question is no longer open, "
			"so nothing was approved. Close it and start again.");
	}
	reply = json_pack("{s:s, s:s}", "id", view->id, "state", state_name(view->state));
	if (!view->message && view->state == ATTEMPT_REFUSED)
		view->message = json_pack("{s:s}",
			"message", "Could not check, so nothing was approved. You did nothing wrong. "
			"Try again in a minute.");
	if (view->message && json_object_set_new(reply, "message", view->message) < 0) {
		json_decref(reply);
		return MHD_NO;
	}
	if (view->state == ATTEMPT_GRANTED && request->console->demo &&
	    !show_receipt(request, view->id, reply)) {
		json_decref(reply);
		return MHD_NO;
	}
	return reply_json_cookie(request, MHD_HTTP_OK, reply, *cookie ? cookie : NULL);
}

enum MHD_Result handle_step_up_begin(struct http_request *request)
{
	json_t *body = request->body ? json_loads(request->body, JSON_REJECT_DUPLICATES, NULL) : NULL;
	struct step_up_subject subject = {0};
	struct step_up_view view;
	bool fits = body && subject_read(request, body, &subject);

	json_decref(body);
	if (!fits)
		return gone(request, MHD_HTTP_BAD_REQUEST, "The console does not know this action, or "
			"its details are wrong. Nothing was approved. Reload the page.");
	bridge_begin(request->console->bridge, &request->session, request->rhost, &subject, &view);
	if (view.state == ATTEMPT_GONE)
		return gone(request, MHD_HTTP_TOO_MANY_REQUESTS, "Too many questions are open. "
			"Nothing was approved. Answer or cancel the others, or wait two minutes.");
	return reply_step_up(request, &view);
}

/* One of the three that the conversation knows, or to go on waiting, and nothing else: what is misshapen
 * must not end it. */
static bool answer_fits(const json_t *answer)
{
	const char *method = json_string_value(json_object_get(answer, "method"));

	const json_t *code = json_object_get(answer, "code");

	if (json_object_size(answer) == 1)
		return json_is_true(json_object_get(answer, "cancel")) ||
			json_is_true(json_object_get(answer, "wait"));
	if (json_object_size(answer) != 2 || !method)
		return false;
	if (!strcmp(method, "browser"))
		return json_is_object(json_object_get(answer, "credential"));
	return !strcmp(method, "code") && json_is_string(code) && json_string_length(code) <= CODE_MAX;
}

enum MHD_Result handle_step_up_answer(struct http_request *request)
{
	json_t *body = request->body ? json_loads(request->body, JSON_REJECT_DUPLICATES, NULL) : NULL;
	const char *id = json_string_value(json_object_get(body, "id"));
	const json_t *answer = json_object_get(body, "answer");
	struct step_up_view view = {.state = ATTEMPT_GONE};

	if (!id || !answer_fits(answer)) {
		json_decref(body);
		return gone(request, MHD_HTTP_BAD_REQUEST,
			"The console could not read that answer. Nothing was approved. Reload the page.");
	}
	bridge_answer(request->console->bridge, &request->session, id, answer, &view);
	json_decref(body);
	return reply_step_up(request, &view);
}
