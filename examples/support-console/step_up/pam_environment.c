/* SPDX-License-Identifier: BSD-2-Clause */
/* The action and its details, put into PAM's environment; see pam_environment.h. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "examples/support-console/step_up/pam_environment.h"
#include "examples/support-console/step_up/step_up_internal.h"

static int put(pam_handle_t *handle, const char *name, const char *value)
{
	char *pair = NULL;
	int result;

	if (asprintf(&pair, "%s=%s", name, value) < 0)
		return PAM_BUF_ERR;
	result = pam_putenv(handle, pair);
	explicit_bzero(pair, strlen(pair));
	free(pair);
	return result;
}

int pam_environment_put(pam_handle_t *handle, const struct step_up_subject *subject, const char *session)
{
	json_t *details = step_up_details(subject);
	char *text = details ? json_dumps(details, JSON_COMPACT) : NULL;
	int result = text ? put(handle, "STEPUP_ACTION", subject->action) : PAM_BUF_ERR;

	if (result == PAM_SUCCESS)
		result = put(handle, "STEPUP_DETAILS", text);
	if (result == PAM_SUCCESS)
		result = put(handle, "STEPUP_SESSION", session);
	free(text);
	json_decref(details);
	return result;
}
