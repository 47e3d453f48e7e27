/* SPDX-License-Identifier: BSD-2-Clause */
/* What each route does; routes.c holds the table. */
#ifndef CONSOLE_HANDLERS_H
#define CONSOLE_HANDLERS_H

#include "examples/support-console/web/http.h"

/* sign_in.c */
enum MHD_Result handle_sign_in_page(struct http_request *request);
enum MHD_Result handle_sign_in(struct http_request *request);
enum MHD_Result handle_code_page(struct http_request *request);
enum MHD_Result handle_sign_out(struct http_request *request);

/* browse.c */
enum MHD_Result handle_home(struct http_request *request);
enum MHD_Result handle_static(struct http_request *request);
enum MHD_Result handle_customers(struct http_request *request);
enum MHD_Result handle_customer(struct http_request *request);
enum MHD_Result handle_customer_key(struct http_request *request);

/* step_up_routes.c */
enum MHD_Result handle_step_up_begin(struct http_request *request);
enum MHD_Result handle_step_up_answer(struct http_request *request);

/* key_routes.c */
enum MHD_Result handle_keys_page(struct http_request *request);
enum MHD_Result handle_first_key_page(struct http_request *request);
enum MHD_Result handle_key_begin(struct http_request *request);
enum MHD_Result handle_key_finish(struct http_request *request);
enum MHD_Result handle_key_remove(struct http_request *request);

/* request_routes.c */
enum MHD_Result handle_requests_page(struct http_request *request);
enum MHD_Result handle_requests_list(struct http_request *request);
enum MHD_Result handle_request_deny(struct http_request *request);
enum MHD_Result handle_request_cancel(struct http_request *request);
enum MHD_Result handle_request_outcome(struct http_request *request);

/* exports.c */
enum MHD_Result handle_export(struct http_request *request);
enum MHD_Result handle_demo_page(struct http_request *request);
enum MHD_Result handle_demo_export(struct http_request *request);

#endif
