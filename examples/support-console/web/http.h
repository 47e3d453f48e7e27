/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The web server under the console: requests read whole and bounded, a route table, replies with the
 * security headers.
 * MUST: every POST carries this site's Origin and, once there is a session, its CSRF token; every reply
 * has the headers.
 */
#ifndef CONSOLE_HTTP_H
#define CONSOLE_HTTP_H

#include <jansson.h>
#include <microhttpd.h>
#include <stdbool.h>

#include "examples/support-console/data/customers.h"
#include "examples/support-console/data/session.h"
#include "examples/support-console/data/staff.h"
#include "examples/support-console/step_up/step_up_bridge.h"
#include "examples/support-console/web/html.h"
#include "examples/support-console/web/static_files.h"

/* The whole program. */
struct console {
	const char *origin;        /* "http://localhost:8080", as browsers write it */
	const char *export_socket, *verifier_socket;
	const char *help_desk;     /* whom to call about a lost key: "your administrator" */
	bool demo;                 /* shows receipts and lets people try to misuse them */
	struct customers *customers;
	struct staff *staff;
	struct sessions *sessions;
	struct bridge *bridge;
	struct static_files *files;
};

/* ACCESS_WATCHING is signed in, too, but for what a page asks by itself: the session counts as
 * idle nevertheless. */
enum access_needed { ACCESS_ANYBODY, ACCESS_PASSWORD, ACCESS_SIGNED_IN, ACCESS_WATCHING };

struct http_request {
	struct console *console;
	struct MHD_Connection *connection;
	char *body;
	size_t body_size;
	bool body_too_large;
	bool has_session;
	struct session session;         /* a copy; valid where has_session */
	char rhost[64];
	char argument[ACCOUNT_SIZE];    /* what stood for `*` in the route's path */
};

struct route {
	const char *method;
	const char *path;               /* one `*` stands for a name of [a-z0-9-] */
	enum access_needed access;
	enum MHD_Result (*handle)(struct http_request *request);
	bool demo_only;
};

/* The table of all routes; ends with a NULL method. */
extern const struct route routes[];

/* Starts serving on this loopback port (0: a free one) and writes "http://localhost:PORT" to `origin` before
 * the first request is answered; NULL where that failed. */
#define ORIGIN_SIZE 32
struct MHD_Daemon *http_start(struct console *console, uint16_t port, char origin[ORIGIN_SIZE]);

/* Ends the request's session, and with it what it has under way and whatever the verifier
 * keeps fresh in it. */
void request_end_session(struct http_request *request);

/* Replies. Each takes over what it sends. */
enum MHD_Result reply_html(struct http_request *request, unsigned status, struct html *html);
enum MHD_Result reply_json(struct http_request *request, unsigned status, json_t *value);
enum MHD_Result reply_file(struct http_request *request, const struct static_file *file);
/* 303, with a Set-Cookie line where `cookie` is not NULL. */
enum MHD_Result reply_redirect(struct http_request *request, const char *location, const char *cookie);
/* Adds the security headers and queues; for replies that are made elsewhere. Takes over `response`. */
enum MHD_Result reply_queue(struct http_request *request, unsigned status, struct MHD_Response *response);

/* reply_json that also sets the session's cookie. */
enum MHD_Result reply_json_cookie(struct http_request *request, unsigned status, json_t *value,
	const char *cookie);

/* The Set-Cookie line for a session's token; NULL ends the session in the browser. 160 bytes are enough. */
#define COOKIE_SIZE 160
void cookie_line(const struct console *console, const char *token, char line[COOKIE_SIZE]);

#endif
