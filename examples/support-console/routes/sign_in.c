/* SPDX-License-Identifier: BSD-2-Clause */
/* Signing in: the password here, then the step-up console.login; and signing out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "examples/support-console/routes/handlers.h"
#include "examples/support-console/web/form.h"
#include "examples/support-console/web/pages.h"

enum MHD_Result handle_sign_in_page(struct http_request *request)
{
	struct html html = {0};

	if (request->has_session)
		return reply_redirect(request,
			request->session.stage == SESSION_SIGNED_IN ? "/customers" : "/sign-in/code", NULL);
	page_sign_in(&html, request, "", NULL);
	return reply_html(request, MHD_HTTP_OK, &html);
}

static enum MHD_Result sign_in_again(struct http_request *request, unsigned status, const char *user,
	const char *words)
{
	struct html html = {0};

	page_sign_in(&html, request, user, words);
	return reply_html(request, status, &html);
}

static enum MHD_Result sign_in_as(struct http_request *request, const char *user)
{
	struct console *console = request->console;
	char cookie[COOKIE_SIZE];
	struct session session;

	if (request->has_session)
		request_end_session(request);
	if (!session_start(console->sessions, user, &session))
		return sign_in_again(request, MHD_HTTP_SERVICE_UNAVAILABLE, user, "Too many people are "
			"signed in just now. Nothing was wrong with your password. Try again in a minute.");
	cookie_line(console, session.token, cookie);
	explicit_bzero(&session, sizeof(session));
	return reply_redirect(request, "/sign-in/code", cookie);
}

enum MHD_Result handle_sign_in(struct http_request *request)
{
	char *user = form_field(request->body, "user", USER_SIZE - 1);
	char *password = form_field(request->body, "password", PASSWORD_MAX);
	enum staff_answer answer = STAFF_WRONG;
	enum MHD_Result result;
	char words[128];
	int wait = 0;

	if (user && password && *user)
		answer = staff_check(request->console->staff, user, password, &wait);
	switch (answer) {
	case STAFF_RIGHT:
		result = sign_in_as(request, user);
		break;
	case STAFF_WAIT:
		snprintf(words, sizeof(words),
			"Too many tries for this name. Wait %d seconds, then try again.", wait);
		result = sign_in_again(request, MHD_HTTP_TOO_MANY_REQUESTS, user, words);
		break;
	default:
		result = sign_in_again(request, MHD_HTTP_FORBIDDEN, user ? user : "",
			"The name or the password is wrong. Check both and try again.");
	}
	if (password)
		explicit_bzero(password, strlen(password));
	free(password);
	free(user);
	return result;
}

enum MHD_Result handle_code_page(struct http_request *request)
{
	struct html html = {0};

	if (request->session.stage == SESSION_SIGNED_IN)
		return reply_redirect(request, "/customers", NULL);
	page_code(&html, request);
	return reply_html(request, MHD_HTTP_OK, &html);
}

enum MHD_Result handle_sign_out(struct http_request *request)
{
	char cookie[COOKIE_SIZE];

	request_end_session(request);
	cookie_line(request->console, NULL, cookie);
	return reply_redirect(request, "/sign-in", cookie);
}
