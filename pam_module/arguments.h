/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arguments of a pam_stepup.so line.
 * MUST: refuse what it doesn't know, a bad value, and an argument given twice.
 * Layer: pam_module/.
 */
#ifndef STEPUP_PAM_MODULE_ARGUMENTS_H
#define STEPUP_PAM_MODULE_ARGUMENTS_H

#include <security/pam_modules.h>
#include <stdbool.h>

#include "pam_module/conversation.h"

#define TIMEOUT_SECONDS_DEFAULT 60 /* sshd gives two minutes for a login (LoginGraceTime) */
#define TIMEOUT_SECONDS_MAX 600

struct arguments {
	const char *action; /* borrowed from argv; NULL where not given */
	const char *socket; /* borrowed from argv; NULL for the usual one */
	const struct conversation_form *form;
	int timeout_seconds; /* for a step-up, with the person's time */
	bool details_from_environment;
	bool receipt_to_environment;
	bool agent_from_environment;
	bool debug;
};

/* Reads them. PAM_SUCCESS, or PAM_SERVICE_ERR with a line in the system log that names the argument. */
int arguments_read(pam_handle_t *pamh, int argc, const char **argv, struct arguments *arguments);

#endif
