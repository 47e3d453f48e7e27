/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests in, replies out, over libmicrohttpd; see http.h. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "examples/support-console/web/http.h"
#include "examples/support-console/outside/verifier_call.h"
#include "examples/support-console/web/form.h"
#include "examples/support-console/web/pages.h"

#define BODY_MAX 49152 /* what a new key says, with its attestation, is the largest */
#define CONNECTIONS_MAX 256
#define CONNECTION_SECONDS 30

static const char *const security_headers[][2] = {
	{"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; "
		"img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
		"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "same-origin"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
};

static bool console_is_https(const struct console *console)
{
	return !strncmp(console->origin, "https://", 8);
}

static const char *cookie_name(const struct console *console)
{
	return console_is_https(console) ? "__Host-session" : "session";
}

void cookie_line(const struct console *console, const char *token, char line[COOKIE_SIZE])
{
	snprintf(line, COOKIE_SIZE, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s", cookie_name(console),
		token ? token : "", console_is_https(console) ? "; Secure" : "", token ? "" : "; Max-Age=0");
}

/* --- replies --- */

enum MHD_Result reply_queue(struct http_request *request, unsigned status, struct MHD_Response *response)
{
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	for (size_t i = 0; i < sizeof(security_headers) / sizeof(*security_headers); i++) {
		if (MHD_add_response_header(response, security_headers[i][0],
			    security_headers[i][1]) != MHD_YES)
			goto fail;
	}
	if (console_is_https(request->console) &&
		MHD_add_response_header(response, "Strict-Transport-Security", "max-age=31536000") != MHD_YES)
		goto fail;
	if (!MHD_get_response_header(response, "Cache-Control") &&
		MHD_add_response_header(response, "Cache-Control", "no-store") != MHD_YES)
		goto fail;
	result = MHD_queue_response(request->connection, status, response);
	MHD_destroy_response(response);
	return result;
fail:
	MHD_destroy_response(response);
	return MHD_NO;
}

/* A reply from memory that becomes the response's, with its type and perhaps a cookie. */
static enum MHD_Result reply_text(struct http_request *request, unsigned status, char *text, size_t size,
	const char *type, const char *cookie)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);

	if (!response) {
		free(text);
		return MHD_NO;
	}
	if (MHD_add_response_header(response, "Content-Type", type) != MHD_YES ||
		(cookie && MHD_add_response_header(response, "Set-Cookie", cookie) != MHD_YES)) {
		MHD_destroy_response(response);
		return MHD_NO;
	}
	return reply_queue(request, status, response);
}

enum MHD_Result reply_html(struct http_request *request, unsigned status, struct html *html)
{
	char *text = html->text;
	size_t size = html->size;

	if (html->failed || !text) {
		html_clear(html);
		return MHD_NO;
	}
	*html = (struct html){0};
	return reply_text(request, status, text, size, "text/html; charset=utf-8", NULL);
}

enum MHD_Result reply_json_cookie(struct http_request *request, unsigned status, json_t *value,
	const char *cookie)
{
	char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;

	json_decref(value);
	if (!text)
		return MHD_NO;
	return reply_text(request, status, text, strlen(text), "application/json", cookie);
}

enum MHD_Result reply_json(struct http_request *request, unsigned status, json_t *value)
{
	return reply_json_cookie(request, status, value, NULL);
}

enum MHD_Result reply_file(struct http_request *request, const struct static_file *file)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(file->size, file->bytes, MHD_RESPMEM_PERSISTENT);

	if (!response)
		return MHD_NO;
	if (MHD_add_response_header(response, "Content-Type", file->type) != MHD_YES ||
		MHD_add_response_header(response, "Cache-Control", "no-cache") != MHD_YES) {
		MHD_destroy_response(response);
		return MHD_NO;
	}
	return reply_queue(request, MHD_HTTP_OK, response);
}

enum MHD_Result reply_redirect(struct http_request *request, const char *location, const char *cookie)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);

	if (!response)
		return MHD_NO;
	if (MHD_add_response_header(response, "Location", location) != MHD_YES ||
		(cookie && MHD_add_response_header(response, "Set-Cookie", cookie) != MHD_YES)) {
		MHD_destroy_response(response);
		return MHD_NO;
	}
	return reply_queue(request, MHD_HTTP_SEE_OTHER, response);
}

/* --- requests --- */

/* Matches a path; what stands for `*` goes to `argument`. */
static bool path_matches(const char *pattern, const char *path, char argument[ACCOUNT_SIZE])
{
	const char *star = strchr(pattern, '*');
	size_t before, size;

	*argument = '\0';
	if (!star)
		return !strcmp(pattern, path);
	before = (size_t)(star - pattern);
	if (strncmp(pattern, path, before))
		return false;
	size = strspn(path + before, "abcdefghijklmnopqrstuvwxyz0123456789-.");
	if (!size || size >= ACCOUNT_SIZE || strcmp(path + before + size, star + 1))
		return false;
	memcpy(argument, path + before, size);
	argument[size] = '\0';
	return true;
}

static const char *header(struct http_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

/* The Host must be ours (against DNS rebinding); a POST must come from our own pages. */
static bool request_is_ours(struct http_request *request, const char *method)
{
	const char *host = header(request, "Host"), *origin = header(request, "Origin");
	const char *authority = strstr(request->console->origin, "://") + 3;

	if (!host || strcmp(host, authority))
		return false;
	return strcmp(method, "POST") || (origin && !strcmp(origin, request->console->origin));
}

/* The session's own token, from the header of a script or the field of a form. */
static bool csrf_holds(struct http_request *request)
{
	const char *sent = header(request, "X-CSRF-Token");
	char *field = sent ? NULL : form_field(request->body, "csrf", TOKEN_SIZE);
	bool holds = token_equal(request->session.csrf, sent ? sent : field);

	free(field);
	return holds;
}

static enum MHD_Result http_refuse(struct http_request *request, unsigned status, const char *title,
	const char *words)
{
	struct html html = {0};

	page_message(&html, request, title, words, NULL);
	return reply_html(request, status, &html);
}

void request_end_session(struct http_request *request)
{
	struct verifier_reply reply;

	bridge_drop_session(request->console->bridge, &request->session);
	session_end(request->console->sessions, request->session.token);
	request->has_session = false;
	verifier_call(request->console->verifier_socket, "EndSession",
		json_pack("{s:s}", "session", request->session.step_up), &reply);
	reply_clear(&reply); /* where nobody heard it, nobody can come back with that session either */
}

/* A locked employee is out from the next click on; where nobody could say, this click is refused and
 * the session stays. */
static enum MHD_Result account_refused(struct http_request *request, json_t *message)
{
	const char *error = json_string_value(json_object_get(message, "error"));
	const char *words = json_string_value(json_object_get(message, "message"));
	const char *reference = json_string_value(json_object_get(message, "reference"));
	bool locked = error && !strcmp(error, "Locked");
	struct html html = {0};

	if (locked)
		request_end_session(request);
	page_message(&html, request, locked ? "You are signed out" : "Not now",
		words ? words : "Could not check your account, so nothing was done. You did nothing wrong. "
		"Try again in a minute.", reference);
	json_decref(message);
	return reply_html(request, locked ? MHD_HTTP_FORBIDDEN : MHD_HTTP_SERVICE_UNAVAILABLE, &html);
}

static enum MHD_Result dispatch_route(struct http_request *request, const struct route *route)
{
	bool signed_in = route->access == ACCESS_SIGNED_IN || route->access == ACCESS_WATCHING;
	json_t *message = NULL;

	if (route->access == ACCESS_ANYBODY)
		return route->handle(request);
	if (!request->has_session || (signed_in && request->session.stage != SESSION_SIGNED_IN)) {
		if (!strcmp(route->method, "GET"))
			return reply_redirect(request, "/sign-in", NULL);
		return http_refuse(request, MHD_HTTP_UNAUTHORIZED, "You are signed out",
			"Sign in again. Nothing was done.");
	}
	if (!strcmp(route->method, "POST") && !csrf_holds(request))
		return http_refuse(request, MHD_HTTP_FORBIDDEN, "Not from this page", "This request did not "
			"come from a page of this session. Nothing was done. Reload the page and try again.");
	if (route->access != ACCESS_WATCHING)
		session_seen(request->console->sessions, request->session.token);
	if (signed_in &&
	    !bridge_account(request->console->bridge, request->session.user, request->rhost, &message))
		return account_refused(request, message);
	json_decref(message);
	return route->handle(request);
}

static enum MHD_Result dispatch(struct http_request *request, const char *method, const char *path)
{
	bool other_method = false;

	if (request->body_too_large)
		return http_refuse(request, MHD_HTTP_CONTENT_TOO_LARGE, "Too much",
			"That was too much for this form. Nothing was done. Shorten it and try again.");
	if (!request_is_ours(request, method))
		return http_refuse(request, MHD_HTTP_FORBIDDEN, "Not from this site",
			"This request came from another site or another address. Nothing was done. Open "
			"the console at its own address.");
	for (const struct route *route = routes; route->method; route++) {
		if (!path_matches(route->path, path, request->argument) ||
		    (route->demo_only && !request->console->demo))
			continue;
		if (!strcmp(route->method, method))
			return dispatch_route(request, route);
		other_method = true;
	}
	return http_refuse(request, other_method ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_FOUND,
		"No such page", "There is nothing at this address.");
}

static void request_peer(struct http_request *request)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr_in *address = info ? (const void *)info->client_addr : NULL;

	strcpy(request->rhost, "unknown");
	if (address && address->sin_family == AF_INET)
		inet_ntop(AF_INET, &address->sin_addr, request->rhost, sizeof(request->rhost));
}

static void request_body(struct http_request *request, const char *data, size_t size)
{
	char *body;

	if (request->body_too_large || size > BODY_MAX - request->body_size) {
		request->body_too_large = true;
		return;
	}
	body = realloc(request->body, request->body_size + size + 1);
	if (!body) {
		request->body_too_large = true;
		return;
	}
	memcpy(body + request->body_size, data, size);
	request->body = body;
	request->body_size += size;
	body[request->body_size] = '\0';
}

/* The first call for a request: only its headers are there. */
static struct http_request *request_new(struct console *console, struct MHD_Connection *connection)
{
	struct http_request *request = calloc(1, sizeof(*request));

	if (!request)
		return NULL;
	request->console = console;
	request->connection = connection;
	return request;
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *path,
	const char *method, const char *version, const char *upload, size_t *upload_size, void **state)
{
	struct console *console = data;
	struct http_request *request = *state;
	const char *token;

	(void)version;
	if (!request) {
		*state = request_new(console, connection);
		return *state ? MHD_YES : MHD_NO;
	}
	if (*upload_size) {
		request_body(request, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	request_peer(request);
	token = MHD_lookup_connection_value(connection, MHD_COOKIE_KIND, cookie_name(console));
	request->has_session = session_find(console->sessions, token, &request->session);
	return dispatch(request, method, path);
}

static void on_completed(
	void *data, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
	struct http_request *request = *state;

	(void)data;
	(void)connection;
	(void)code;
	if (!request)
		return;
	if (request->body)
		explicit_bzero(request->body, request->body_size);
	free(request->body);
	explicit_bzero(request, sizeof(*request));
	free(request);
	*state = NULL;
}

/* A listening socket of our own, so that its port is known before anybody can ask. */
static int http_listen_on(uint16_t port, char origin[ORIGIN_SIZE])
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	const int yes = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ||
	    bind(fd, (struct sockaddr *)&address, size) ||
	    getsockname(fd, (struct sockaddr *)&address, &size) || listen(fd, 64)) {
		close(fd);
		return -1;
	}
	snprintf(origin, ORIGIN_SIZE, "http://localhost:%u", (unsigned)ntohs(address.sin_port));
	return fd;
}

struct MHD_Daemon *http_start(struct console *console, uint16_t port, char origin[ORIGIN_SIZE])
{
	int fd = http_listen_on(port, origin);
	struct MHD_Daemon *daemon;

	if (fd < 0)
		return NULL;
	daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
		MHD_USE_POLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, console,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_SECONDS, MHD_OPTION_NOTIFY_COMPLETED,
		on_completed, NULL, MHD_OPTION_END);
	if (!daemon)
		close(fd);
	return daemon;
}
