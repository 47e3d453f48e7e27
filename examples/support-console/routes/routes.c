/* SPDX-License-Identifier: BSD-2-Clause */
/* Every address that the console answers at, who may use it, and what answers. */
#include "examples/support-console/routes/handlers.h"

const struct route routes[] = {
	{"GET", "/", ACCESS_ANYBODY, handle_home, false},
	{"GET", "/static/*", ACCESS_ANYBODY, handle_static, false},
	{"GET", "/sign-in", ACCESS_ANYBODY, handle_sign_in_page, false},
	{"POST", "/sign-in", ACCESS_ANYBODY, handle_sign_in, false},
	{"GET", "/sign-in/code", ACCESS_PASSWORD, handle_code_page, false},
	{"POST", "/sign-out", ACCESS_PASSWORD, handle_sign_out, false},
	{"POST", "/step-up/begin", ACCESS_PASSWORD, handle_step_up_begin, false},
	{"POST", "/step-up/answer", ACCESS_PASSWORD, handle_step_up_answer, false},
	{"GET", "/sign-in/key", ACCESS_PASSWORD, handle_first_key_page, false},
	{"GET", "/keys", ACCESS_SIGNED_IN, handle_keys_page, false},
	{"POST", "/keys/begin", ACCESS_PASSWORD, handle_key_begin, false},
	{"POST", "/keys/finish", ACCESS_PASSWORD, handle_key_finish, false},
	{"POST", "/keys/remove", ACCESS_SIGNED_IN, handle_key_remove, false},
	{"GET", "/requests", ACCESS_SIGNED_IN, handle_requests_page, false},
	{"POST", "/requests/list", ACCESS_WATCHING, handle_requests_list, false},
	{"POST", "/requests/deny", ACCESS_SIGNED_IN, handle_request_deny, false},
	{"POST", "/requests/cancel", ACCESS_SIGNED_IN, handle_request_cancel, false},
	{"POST", "/requests/outcome", ACCESS_WATCHING, handle_request_outcome, false},
	{"GET", "/customers", ACCESS_SIGNED_IN, handle_customers, false},
	{"GET", "/customers/*", ACCESS_SIGNED_IN, handle_customer, false},
	{"POST", "/customers/*/key", ACCESS_SIGNED_IN, handle_customer_key, false},
	{"POST", "/exports", ACCESS_SIGNED_IN, handle_export, false},
	{"GET", "/demo", ACCESS_SIGNED_IN, handle_demo_page, true},
	{"POST", "/demo/exports", ACCESS_SIGNED_IN, handle_demo_export, true},
	{0},
};
