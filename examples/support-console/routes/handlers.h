/* SPDX-License-Identifier: BSD-2-Clause */
/* What each route does; routes.c holds the table. */
#ifndef CONSOLE_HANDLERS_H
#define CONSOLE_HANDLERS_H

#include "examples/support-console/web/http.h"

/* sign_in.c */
enum MHD_Result handle_sign_in_page(struct request *request);
enum MHD_Result handle_sign_in(struct request *request);
enum MHD_Result handle_code_page(struct request *request);
enum MHD_Result handle_sign_out(struct request *request);

/* browse.c */
enum MHD_Result handle_home(struct request *request);
enum MHD_Result handle_static(struct request *request);
enum MHD_Result handle_customers(struct request *request);
enum MHD_Result handle_customer(struct request *request);
enum MHD_Result handle_customer_key(struct request *request);

/* step_up_routes.c */
enum MHD_Result handle_step_up_begin(struct request *request);
enum MHD_Result handle_step_up_answer(struct request *request);

/* key_routes.c */
enum MHD_Result handle_keys_page(struct request *request);
enum MHD_Result handle_first_key_page(struct request *request);
enum MHD_Result handle_key_begin(struct request *request);
enum MHD_Result handle_key_finish(struct request *request);
enum MHD_Result handle_key_remove(struct request *request);

/* request_routes.c */
enum MHD_Result handle_requests_page(struct request *request);
enum MHD_Result handle_requests_list(struct request *request);
enum MHD_Result handle_request_deny(struct request *request);
enum MHD_Result handle_request_cancel(struct request *request);
enum MHD_Result handle_request_outcome(struct request *request);

/* exports.c */
enum MHD_Result handle_export(struct request *request);
enum MHD_Result handle_demo_page(struct request *request);
enum MHD_Result handle_demo_export(struct request *request);

#endif
