/* SPDX-License-Identifier: BSD-2-Clause */
/* The console's pages. All text from outside goes through html_add's `%s`. */
#include <stdio.h>
#include <string.h>

#include "examples/support-console/web/pages.h"

/* Where somebody who is signed in may go, and who they are. */
static void page_navigation(struct html *html, const struct http_request *request)
{
	html_add(html, "<nav aria-label=\"Main\"><a href=\"/customers\">Customers</a> "
		"<a href=\"/requests\">Requests</a> <a href=\"/keys\">Security keys</a>");
	if (request->console->demo)
		html_add(html, " <a href=\"/demo\">Try to cheat</a>");
	html_add(html,
		"</nav>\n<form class=\"who\" method=\"post\" action=\"/sign-out\">"
		"<input type=\"hidden\" name=\"csrf\" value=\"%s\"><span>%s</span> "
		"<button class=\"quiet\">Sign out</button></form>\n",
		request->session.csrf, request->session.user);
}

void page_begin(struct html *html, struct http_request *request, const char *title, const char *script)
{
	bool signed_in = request->has_session && request->session.stage == SESSION_SIGNED_IN;

	html_add(html, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n<title>%s – Quillpost Support</title>\n"
		"<link rel=\"icon\" href=\"/static/icon.svg\">\n"
		"<link rel=\"stylesheet\" href=\"/static/stepup.css\">\n"
		"<link rel=\"stylesheet\" href=\"/static/console.css\">\n", title);
	if (request->has_session)
		html_add(html, "<meta name=\"csrf\" content=\"%s\">\n"
			"<meta name=\"user\" content=\"%s\">\n<meta name=\"help\" content=\"%s\">\n"
			"<script type=\"module\" src=\"/static/console.js\"></script>\n",
			request->session.csrf, request->session.user, request->console->help_desk);
	if (request->has_session && script)
		html_add(html, "<script type=\"module\" src=\"/static/%s\"></script>\n", script);
	html_add(html, "</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n"
		"<header class=\"bar\">\n"
		"<a class=\"brand\" href=\"/customers\"><img src=\"/static/icon.svg\" alt=\"\" width=\"26\" "
		"height=\"26\"> Quillpost <span>Support</span></a>\n");
	if (signed_in)
		page_navigation(html, request);
	html_add(html, "</header>\n<main id=\"main\" tabindex=\"-1\">\n<h1><bdi>%s</bdi></h1>\n"
		"<p id=\"status\" class=\"status\" role=\"status\" aria-live=\"polite\"></p>\n", title);
}

void page_end(struct html *html)
{
	html_add(html, "</main>\n"
		"<footer>An example of pam-stepup. All companies and people in it are invented.</footer>\n"
		"</body>\n</html>\n");
}

void page_sign_in(struct html *html, struct http_request *request, const char *user, const char *words)
{
	page_begin(html, request, "Sign in", NULL);
	if (words)
		html_add(html, "<p class=\"error\" role=\"alert\">%s</p>\n", words);
	html_add(html, "<form class=\"card narrow\" method=\"post\" action=\"/sign-in\">\n"
		"<label for=\"user\">Employee name</label>\n"
		"<input id=\"user\" name=\"user\" value=\"%s\" autocomplete=\"username\" "
		"autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"64\" required%s>\n"
		"<label for=\"password\">Password</label>\n"
		"<input id=\"password\" name=\"password\" type=\"password\" "
		"autocomplete=\"current-password\" maxlength=\"256\" required%s>\n"
		"<button class=\"main\">Continue</button>\n"
		"<p class=\"hint\">You will then be asked for your key or a code.</p>\n</form>\n",
		user, *user ? "" : " autofocus", *user ? " autofocus" : "");
	page_end(html);
}

void page_code(struct html *html, struct http_request *request)
{
	page_begin(html, request, "Sign in", NULL);
	html_add(html, "<div class=\"card narrow\">\n<p>The password was right, "
		"<strong>%s</strong>. Your key or a code completes the sign-in.</p>\n"
		"<button class=\"main\" id=\"sign-in-code\" data-step-up=\"console.login\">Go on</button>\n"
		"<form method=\"post\" action=\"/sign-out\">"
		"<input type=\"hidden\" name=\"csrf\" value=\"%s\">"
		"<button class=\"quiet\">Start again</button></form>\n"
		"<noscript><p class=\"error\">This page needs JavaScript to ask for it.</p>"
		"</noscript>\n</div>\n"
		"<p>No key yet, but an invitation? "
		"<a href=\"/sign-in/key\">Add your first security key</a></p>\n"
		"<p>Lost your key or your codes? Call %s.</p>\n",
		request->session.user, request->session.csrf, request->console->help_desk);
	page_end(html);
}

static void customer_row(void *context, const struct customer *customer)
{
	html_add(context,
		"<tr><td><a href=\"/customers/%s\"><bdi>%s</bdi></a></td><td>%s</td><td>%s</td><td>%s</td>"
		"<td class=\"number\">%lld</td></tr>\n",
		customer->account, customer->name, customer->plan, customer->region, customer->since,
		(long long)customer->contacts);
}

/* A link to another page of the list; a form's GET, so that the search needs no escaping of its own. */
static void page_link(struct html *html, const char *search, int64_t page, const char *label, bool enabled)
{
	if (!enabled)
		return;
	html_add(html,
		"<form action=\"/customers\"><input type=\"hidden\" name=\"q\" value=\"%s\">"
		"<button name=\"page\" value=\"%lld\">%s</button></form>\n",
		search, (long long)page, label);
}

bool page_customers(struct html *html, struct http_request *request, const char *search, int64_t page)
{
	struct html rows = {0};
	int64_t total = 0, offset = (page - 1) * PAGE_CUSTOMERS;
	bool read = customers_list(request->console->customers, search, PAGE_CUSTOMERS, offset, &total,
		customer_row, &rows);

	if (!read || rows.failed) {
		html_clear(&rows);
		return false;
	}
	page_begin(html, request, "Customers", NULL);
	html_add(html, "<form class=\"search\" role=\"search\" action=\"/customers\">\n"
		"<label for=\"q\">Search</label>\n"
		"<input id=\"q\" name=\"q\" type=\"search\" value=\"%s\" maxlength=\"64\" placeholder=\"Name "
		"or account\"> <button>Search</button>\n</form>\n"
		"<p class=\"hint\">%lld customers</p>\n"
		"<table>\n<thead><tr><th scope=\"col\">Customer</th><th scope=\"col\">Plan</th>"
		"<th scope=\"col\">Region</th>"
		"<th scope=\"col\">Since</th><th scope=\"col\" class=\"number\">Contacts</th></tr>"
		"</thead>\n<tbody>\n", search, (long long)total);
	html_append(html, &rows);
	html_add(html, "</tbody>\n</table>\n<nav class=\"pages\" aria-label=\"Pages\">\n");
	page_link(html, search, page - 1, "Previous", page > 1);
	page_link(html, search, page + 1, "Next", offset + PAGE_CUSTOMERS < total);
	html_add(html, "</nav>\n");
	page_end(html);
	return true;
}

struct customer_page {
	struct html *html;
	struct http_request *request;
};

static void customer_head(void *context, const struct customer *customer)
{
	struct customer_page *page = context;
	struct html *html = page->html;

	page_begin(html, page->request, customer->name, NULL);
	html_add(html, "<dl class=\"facts\"><div><dt>Account</dt><dd>%s</dd></div><div><dt>Plan</dt>"
		"<dd>%s</dd></div>"
		"<div><dt>Region</dt><dd>%s</dd></div><div><dt>Customer since</dt><dd>%s</dd></div>"
		"<div><dt>Contacts</dt><dd>%lld</dd></div></dl>\n", customer->account, customer->plan,
		customer->region, customer->since, (long long)customer->contacts);
	html_add(html, "<section class=\"card\" aria-labelledby=\"export-title\">\n"
		"<h2 id=\"export-title\">Export contacts</h2>\n"
		"<form id=\"export\" class=\"inline\" method=\"post\" action=\"/exports\" "
		"data-account=\"%s\">\n"
		"<input type=\"hidden\" name=\"csrf\" value=\"%s\"><input type=\"hidden\" name=\"step_up\">\n"
		"<label for=\"records\">How many</label> <input id=\"records\" name=\"records\" "
		"type=\"number\" min=\"1\" max=\"%lld\" value=\"%lld\" required>\n"
		"<button class=\"main\">Export as CSV</button>\n</form>\n"
		"<p class=\"hint\">You will be asked to confirm it. "
		"That approves this export and no other.</p>\n", customer->account,
		page->request->session.csrf, (long long)customer->contacts, (long long)customer->contacts);
	html_add(html, "</section>\n<section class=\"card\" aria-labelledby=\"key-title\">\n"
		"<h2 id=\"key-title\">API key</h2>\n"
		"<p><code id=\"api-key\">••••••••••••••••••••••••</code> "
		"<button id=\"reveal\" data-account=\"%s\">Show</button></p>\n</section>\n",
		customer->account);
}

static void contact_row(void *context, const struct contact *contact)
{
	html_add(context, "<tr><td><bdi>%s</bdi></td><td><bdi>%s</bdi></td><td>%s</td><td>%s</td></tr>\n",
		contact->name, contact->email, contact->city, contact->state);
}

bool page_customer(struct html *html, struct http_request *request, const char *account)
{
	struct customer_page page = {html, request};
	struct customers *customers = request->console->customers;

	if (!customer_show(customers, account, customer_head, &page))
		return false;
	html_add(html,
		"<section aria-labelledby=\"contacts-title\">\n<h2 id=\"contacts-title\">Contacts</h2>\n");
	if (session_may_view(&request->session, account)) {
		html_add(html, "<table>\n<thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Address</th>"
			"<th scope=\"col\">City</th><th scope=\"col\">State</th></tr></thead>\n<tbody>\n");
		if (!customer_contacts(customers, account, PAGE_CONTACTS, contact_row, html))
			return false;
		html_add(html,
			"</tbody>\n</table>\n"
			"<p class=\"hint\">These are the first %lld. An export has all of them.</p>\n",
			(long long)PAGE_CONTACTS);
	} else {
		html_add(html,
			"<p>Contacts are personal data. You confirm before they are shown, "
			"and the log says that you looked.</p>\n"
			"<p><button id=\"view\" data-account=\"%s\">Show contacts</button></p>\n",
			account);
	}
	html_add(html, "</section>\n");
	page_end(html);
	return true;
}

void page_requests(struct html *html, struct http_request *request)
{
	page_begin(html, request, "Requests", "requests.js");
	html_add(html, "<p class=\"hint\">Requests of colleagues that need your approval, and your own. "
		"The list updates by itself.</p>\n"
		"<p class=\"error\" id=\"requests-error\" role=\"alert\" hidden></p>\n"
		"<div id=\"requests\" aria-live=\"polite\" aria-busy=\"true\" data-user=\"%s\"></div>\n"
		"<noscript><p class=\"error\">This page needs JavaScript to show the requests.</p>"
		"</noscript>\n", request->session.user);
	page_end(html);
}

void page_message(struct html *html, struct http_request *request, const char *title, const char *words,
	const char *reference)
{
	bool signed_in = request->has_session && request->session.stage == SESSION_SIGNED_IN;

	page_begin(html, request, title, NULL);
	html_add(html, "<div class=\"card\">\n<p class=\"error\" role=\"alert\">%s</p>\n", words);
	if (reference)
		html_add(html, "<p class=\"hint\">Reference <strong>%s</strong></p>\n", reference);
	html_add(html, "<p><a href=\"%s\">%s</a></p>\n</div>\n", signed_in ? "/customers" : "/sign-in",
		signed_in ? "Back to the customers" : "To the sign-in page");
	page_end(html);
}

void page_demo(struct html *html, struct http_request *request)
{
	page_begin(html, request, "Try to cheat", NULL);
	html_add(html, "<p>This page is here only because the console runs with <code>--demo</code>. It "
		"sends a receipt to the export service, as a thief inside the console would: "
		"for another account, for more records, or a second time.</p>\n"
		"<form class=\"card\" method=\"post\" action=\"/demo/exports\">\n"
		"<input type=\"hidden\" name=\"csrf\" value=\"%s\">\n"
		"<label for=\"receipt\">Receipt (your last one is filled in)</label>\n"
		"<textarea id=\"receipt\" name=\"receipt\" rows=\"7\" spellcheck=\"false\" required>"
		"%s</textarea>\n"
		"<label for=\"account\">Account</label>\n"
		"<input id=\"account\" name=\"account\" maxlength=\"64\" required>\n"
		"<label for=\"records\">Records</label>\n"
		"<input id=\"records\" name=\"records\" type=\"number\" min=\"1\" required>\n"
		"<button class=\"main\">Send to the export service</button>\n</form>\n",
		request->session.csrf, request->session.receipt);
	page_end(html);
}
