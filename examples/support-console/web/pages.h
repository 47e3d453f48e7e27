/* SPDX-License-Identifier: BSD-2-Clause */
/* Every page that the console shows, as HTML. */
#ifndef CONSOLE_PAGES_H
#define CONSOLE_PAGES_H

#include "examples/support-console/web/http.h"

#define PAGE_CUSTOMERS 50 /* rows of the list */
#define PAGE_CONTACTS 10  /* contacts that a customer's page shows */

/* The frame that every page stands in. `script` is one of the page's own beside console.js, or NULL. */
void page_begin(struct html *html, struct http_request *request, const char *title, const char *script);
void page_end(struct html *html);

/* `words` NULL the first time; `user` is what was typed. */
void page_sign_in(struct html *html, struct http_request *request, const char *user, const char *words);

/* Between the password and the code. */
void page_code(struct html *html, struct http_request *request);

/* False where the customers can't be read. */
bool page_customers(struct html *html, struct http_request *request, const char *search, int64_t page);

/* The customer, with contacts where the session may look at them. False where there is no such customer. */
bool page_customer(struct html *html, struct http_request *request, const char *account);

/* What waits for a second person: requests.js fills it. */
void page_requests(struct html *html, struct http_request *request);

/* A title and a sentence. `reference` may be NULL. */
void page_message(struct html *html, struct http_request *request, const char *title, const char *words,
	const char *reference);

/* Demonstration mode: the last receipt, and a form that sends it wherever one likes. */
void page_demo(struct html *html, struct http_request *request);

#endif
