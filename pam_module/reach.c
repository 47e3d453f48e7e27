/* SPDX-License-Identifier: BSD-2-Clause */
/* How a key of the person's can be reached from this PAM transaction. */
#include "pam_module/reach.h"

#include <pwd.h>
#include <security/pam_modutil.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

/* The uid of a name; false where it has none. */
static bool uid_of(pam_handle_t *pamh, const char *name, uid_t *uid)
{
	const struct passwd *account = pam_modutil_getpwnam(pamh, name);

	if (account != NULL)
		*uid = account->pw_uid;
	return account != NULL;
}

/* Whether the host's process belongs to the user. Its own account is looked at first: most hosts' isn't the
 * user's, and to find that a name has no account takes a search through all that might know it. */
static bool is_process_of(pam_handle_t *pamh, const char *user)
{
	uid_t own_uid = getuid(), user_uid;
	const struct passwd *own = pam_modutil_getpwuid(pamh, own_uid);

	return own != NULL && strcmp(own->pw_name, user) == 0 && uid_of(pamh, user, &user_uid) &&
		user_uid == own_uid;
}

/* Whether whoever asks is the user: PAM_RUSER where the host says, else the one that the host's
 * process belongs to. */
static bool asks_for_themselves(pam_handle_t *pamh, const char *user)
{
	const void *item = NULL;
	const char *asking;
	uid_t user_uid, asking_uid;

	if (pam_get_item(pamh, PAM_RUSER, &item) != PAM_SUCCESS)
		return false;
	asking = item;
	if (asking == NULL || *asking == '\0')
		return is_process_of(pamh, user);
	if (strcmp(asking, user) == 0)
		return true;
	return uid_of(pamh, asking, &asking_uid) && uid_of(pamh, user, &user_uid) && asking_uid == user_uid;
}

/* The agent's socket that the host's environment names, where that can be one. */
static const char *agent_socket(void)
{
	const char *path = getenv("SSH_AUTH_SOCK");

	if (path == NULL || path[0] != '/' || strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return NULL;
	return path;
}

void reach_find(pam_handle_t *pamh, const struct arguments *arguments, struct request *request)
{
	const struct step_up_request *step_up = &request->step_up;
	bool seat = step_up->rhost == NULL;
	size_t count = 0;

	request->step_up.reach = request->reach;
	if (arguments->form == &conversation_form_json) {
		request->reach[count++] = "browser";
		return;
	}
	if (arguments->agent_from_environment)
		request->agent_socket = agent_socket();
	if ((!seat && request->agent_socket == NULL) || !asks_for_themselves(pamh, step_up->user)) {
		request->agent_socket = NULL;
		return;
	}
	if (seat)
		request->reach[count++] = "seat";
	if (request->agent_socket != NULL)
		request->reach[count++] = "agent";
}
