/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking at customers, and at one customer's API key. */
#include <stdlib.h>
#include <string.h>

#include "examples/support-console/routes/handlers.h"
#include "examples/support-console/web/pages.h"

enum MHD_Result handle_home(struct http_request *request)
{
	return reply_redirect(request, request->has_session ? "/customers" : "/sign-in", NULL);
}

enum MHD_Result handle_static(struct http_request *request)
{
	const struct static_file *file = static_files_get(request->console->files, request->argument);
	struct html html = {0};

	if (file)
		return reply_file(request, file);
	page_message(&html, request, "No such file", "There is nothing at this address.", NULL);
	return reply_html(request, MHD_HTTP_NOT_FOUND, &html);
}

enum MHD_Result handle_customers(struct http_request *request)
{
	const char *search = MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, "q");
	const char *number = MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, "page");
	long page = number ? strtol(number, NULL, 10) : 1;
	struct html html = {0};

	if (!search || strlen(search) > 64)
		search = "";
	if (page < 1 || page > 10000)
		page = 1;
	if (!page_customers(&html, request, search, page)) {
		page_message(&html, request, "Not now",
			"The customers could not be read. Try again in a minute.", NULL);
		return reply_html(request, MHD_HTTP_SERVICE_UNAVAILABLE, &html);
	}
	return reply_html(request, MHD_HTTP_OK, &html);
}

enum MHD_Result handle_customer(struct http_request *request)
{
	struct html html = {0};

	if (page_customer(&html, request, request->argument))
		return reply_html(request, MHD_HTTP_OK, &html);
	html_clear(&html);
	page_message(&html, request, "No such customer", "There is no account of that name.", NULL);
	return reply_html(request, MHD_HTTP_NOT_FOUND, &html);
}

/* {"step_up": id} → {"api_key": …}, where that step-up was granted for this customer's key and
 * not used before. */
enum MHD_Result handle_customer_key(struct http_request *request)
{
	json_t *body = request->body ? json_loads(request->body, JSON_REJECT_DUPLICATES, NULL) : NULL;
	const char *id = json_string_value(json_object_get(body, "step_up"));
	struct step_up_grant grant;
	enum MHD_Result result;
	char *key = NULL;

	if (id &&
	    bridge_take(request->console->bridge, &request->session, id, "customer.reveal_key", &grant) &&
	    !strcmp(grant.subject.account, request->argument))
		key = customer_api_key(request->console->customers, request->argument);
	if (key)
		result = reply_json(request, MHD_HTTP_OK, json_pack("{s:s}", "api_key", key));
	else
		result = reply_json(request, MHD_HTTP_FORBIDDEN, json_pack("{s:s}",
				"message", "Nothing was approved for this key. Click Show again."));
	if (key)
		explicit_bzero(key, strlen(key));
	free(key);
	json_decref(body);
	return result;
}
