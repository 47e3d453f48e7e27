/* SPDX-License-Identifier: BSD-2-Clause */
/* The action and its details, put into PAM's environment; see pam_environment.h. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "examples/support-console/pam_environment.h"

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

/* {"account":"…","records":N}, each where the action has it; the caller frees. */
static char *details_text(const struct step_up_subject *subject)
{
	json_t *details = json_object();
	char *text = NULL;

	if (details && (!*subject->account || !json_object_set_new(details, "account", json_string(subject->account))) &&
		(!subject->records || !json_object_set_new(details, "records", json_integer(subject->records))))
		text = json_dumps(details, JSON_COMPACT);
	json_decref(details);
	return text;
}

int pam_environment_put(pam_handle_t *handle, const struct step_up_subject *subject, const char *session)
{
	char *details = details_text(subject);
	int result = details ? put(handle, "STEPUP_ACTION", subject->action) : PAM_BUF_ERR;

	if (result == PAM_SUCCESS)
		result = put(handle, "STEPUP_DETAILS", details);
	if (result == PAM_SUCCESS)
		result = put(handle, "STEPUP_SESSION", session);
	free(details);
	return result;
}
