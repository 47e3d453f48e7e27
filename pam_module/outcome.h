/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a phase of the module ends: the one place where the project's errors become PAM's, with the words for
 * what happened on this side of the socket and the line in the system log.
 * MUST: never make a success of anything but STEPUP_OK; never give PAM_IGNORE, PAM_USER_UNKNOWN or
 * PAM_AUTHINFO_UNAVAIL, which copied stacks let through; never log a secret, or a name that isn't safe to
 * show.
 * Layer: pam_module/.
 */
#ifndef STEPUP_PAM_MODULE_OUTCOME_H
#define STEPUP_PAM_MODULE_OUTCOME_H

#include <security/pam_modules.h>
#include <stdint.h>

#include "lib/base/error.h"

/* PAM's code for a step-up that ended so. `conversation_failed`: where it was the host that broke off, not
 * the person. */
int outcome_pam_code(enum stepup_error error, bool conversation_failed);

/* PAM's code for the account check. */
int outcome_account_code(enum stepup_error error);

/* The sentence for an error that the verifier didn't word; the caller frees. NULL where there is no memory.
 */
char *outcome_words(enum stepup_error error);

/* The sentence for an action that nobody was there to approve; the caller frees. NULL where
 * there is no memory. */
char *outcome_nobody_words(const char *action);

/* One line per outcome: who, what, how it ended, the reference or the place in the log. Texts may be NULL and
 * come from anywhere. */
void outcome_log(pam_handle_t *pamh, const char *user, const char *action, enum stepup_error error,
	const char *reference, int64_t log_entry);

/* The line where nobody was there to ask. */
void outcome_log_nobody(pam_handle_t *pamh, const char *user, const char *action);

/* Logs with pam_syslog; texts in it are made safe to show. Keeps the system log's socket off descriptors 0
 * to 2. */
void system_log(pam_handle_t *pamh, int priority, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
