/* SPDX-License-Identifier: BSD-2-Clause */
/* The pages on which employees see their credentials and add security keys. */
#ifndef CONSOLE_KEY_PAGES_H
#define CONSOLE_KEY_PAGES_H

#include "examples/support-console/web/http.h"

#define LABEL_MAX 64 /* bytes of a key's name */

/* The signed-in employee's credentials, as Verify1.List gives them, and the form for one more key. */
void page_keys(struct html *html, struct http_request *request, const json_t *credentials);

/* The form alone, for somebody whose password was right and who has nothing yet but an invitation. */
void page_first_key(struct html *html, struct http_request *request);

#endif
