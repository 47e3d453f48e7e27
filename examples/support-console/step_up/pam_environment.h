/* SPDX-License-Identifier: BSD-2-Clause */
/* What the console tells pam_stepup about a step-up: three variables in PAM's own environment. */
#ifndef CONSOLE_PAM_ENVIRONMENT_H
#define CONSOLE_PAM_ENVIRONMENT_H

#include <security/pam_appl.h>

#include "examples/support-console/step_up/step_up_bridge.h"

/* Puts STEPUP_ACTION, STEPUP_DETAILS and STEPUP_SESSION. Returns PAM's codes. */
int pam_environment_put(pam_handle_t *handle, const struct step_up_subject *subject, const char *session);

#endif
