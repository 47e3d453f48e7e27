/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is asked of the module: the user and the place from PAM's items, the action, details and session from
 * its line or from the PAM environment. Read once; what stood in the PAM environment is taken out of it.
 * Never getenv(3): the one look at the process's own environment is in reach.c.
 * Layer: pam_module/.
 */
#ifndef STEPUP_PAM_MODULE_REQUEST_H
#define STEPUP_PAM_MODULE_REQUEST_H

#include <jansson.h>
#include <security/pam_modules.h>
#include <stdbool.h>

#include "lib/client/step_up_client.h"
#include "pam_module/arguments.h"

struct request {
	struct step_up_request step_up; /* its texts are PAM's, the line's or those below */
	char *action, *session;		/* from the PAM environment, owned */
	json_t *details;		/* owned */
	bool from_environment;		/* STEPUP_ACTION or STEPUP_DETAILS stood there */
	const char *reach[3];		/* what step_up.reach names, see reach.h; ended by NULL */
	const char *agent_socket;	/* borrowed; NULL where no agent can be reached */
};

/* Reads who it is for and where from. PAM_SUCCESS; PAM_AUTH_ERR for a name or place that is too long, no
 * UTF-8 or has control characters; PAM_CONV_ERR, PAM_BUF_ERR, PAM_SYSTEM_ERR. */
int request_read_person(pam_handle_t *pamh, struct request *request);

/* Reads what is asked for. STEPUP_BAD_DETAILS where the details aren't a JSON object; STEPUP_INVALID where no
 * action is named, or the environment names another than the line; STEPUP_NO_MEMORY. */
enum stepup_error request_read_action(
	pam_handle_t *pamh, const struct arguments *arguments, struct request *request);

/* Takes an older step-up's receipt out of the PAM environment: before another one is asked for, or refused
 * unasked. STEPUP_NO_MEMORY where it stays. */
enum stepup_error request_forget_receipt(pam_handle_t *pamh);

void request_clear(struct request *request);

#endif
