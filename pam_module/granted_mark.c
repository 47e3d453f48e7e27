/* SPDX-License-Identifier: BSD-2-Clause */
/* What the auth phase leaves for the account phase of the same PAM transaction. */
#include "pam_module/granted_mark.h"

#include <stdlib.h>
#include <string.h>

#define MARK_NAME "pam_stepup_granted"

struct granted_mark {
	size_t user_size; /* with the NUL; the action stands behind */
	char texts[];
};

static void mark_free(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	free(data);
}

int granted_mark_set(pam_handle_t *pamh, const char *user, const char *action)
{
	size_t user_size = strlen(user) + 1, action_size = strlen(action) + 1;
	struct granted_mark *mark = malloc(sizeof(*mark) + user_size + action_size);

	if (mark == NULL)
		return PAM_BUF_ERR;
	mark->user_size = user_size;
	memcpy(mark->texts, user, user_size);
	memcpy(mark->texts + user_size, action, action_size);
	if (pam_set_data(pamh, MARK_NAME, mark, mark_free) == PAM_SUCCESS)
		return PAM_SUCCESS;
	free(mark);
	return PAM_BUF_ERR;
}

int granted_mark_clear(pam_handle_t *pamh)
{
	const void *data = NULL;

	if (pam_get_data(pamh, MARK_NAME, &data) != PAM_SUCCESS || data == NULL)
		return PAM_SUCCESS;
	return pam_set_data(pamh, MARK_NAME, NULL, NULL) == PAM_SUCCESS ? PAM_SUCCESS : PAM_BUF_ERR;
}

bool granted_mark_holds(pam_handle_t *pamh, const char *user, const char *action)
{
	const void *data = NULL;
	const struct granted_mark *mark;

	if (pam_get_data(pamh, MARK_NAME, &data) != PAM_SUCCESS || data == NULL)
		return false;
	mark = data;
	return strcmp(mark->texts, user) == 0 && strcmp(mark->texts + mark->user_size, action) == 0;
}
