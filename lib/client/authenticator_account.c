/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whom the helper runs as: looked up before anything is started, because a lookup may go over the network.
 */
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/client/authenticator.h"

#define ENTRY_FIRST_SIZE 4096
#define ENTRY_SIZE_MAX (1024 * 1024)
#define GROUPS_FIRST 64

/* The account's entry of the user database. `*texts` holds what the entry points to, and is the caller's to
 * free. */
static enum stepup_error find_entry(const char *name, struct passwd *entry, char **texts)
{
	for (size_t size = ENTRY_FIRST_SIZE; size <= ENTRY_SIZE_MAX; size *= 4) {
		struct passwd *found = NULL;
		char *room = realloc(*texts, size);
		int r;

		if (room == NULL)
			return STEPUP_NO_MEMORY;
		*texts = room;
		r = getpwnam_r(name, entry, room, size, &found);
		if (found != NULL)
			return STEPUP_OK;
		if (r == 0 || r == ENOENT || r == ESRCH)
			return STEPUP_NOT_FOUND;
		if (r != ERANGE && r != EINTR)
			return r == ENOMEM ? STEPUP_NO_MEMORY : STEPUP_IO;
	}
	return STEPUP_IO;
}

static enum stepup_error find_groups(const char *name, struct authenticator_account *account)
{
	for (int room = GROUPS_FIRST; room <= NGROUPS_MAX; room *= 4) {
		gid_t *groups = realloc(account->groups, (size_t)room * sizeof(*groups));
		int count = room;

		if (groups == NULL)
			return STEPUP_NO_MEMORY;
		account->groups = groups;
		if (getgrouplist(name, account->gid, groups, &count) >= 0) {
			account->group_count = (size_t)count;
			return STEPUP_OK;
		}
	}
	return STEPUP_IO;
}

enum stepup_error authenticator_account_find(const char *name, struct authenticator_account *account)
{
	struct passwd entry;
	char *texts = NULL;
	enum stepup_error error = find_entry(name, &entry, &texts);

	if (error == STEPUP_OK) {
		account->uid = entry.pw_uid;
		account->gid = entry.pw_gid;
		error = find_groups(name, account);
	}
	free(texts);
	if (error != STEPUP_OK)
		authenticator_account_clear(account);
	return error;
}

void authenticator_account_clear(struct authenticator_account *account)
{
	free(account->groups);
	*account = (struct authenticator_account){.groups = NULL};
}
