/* SPDX-License-Identifier: BSD-2-Clause */
/* One account from NSS, blocking; see account_nss.h. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/host/account_nss.h"

#define NSS_BUFFER_MAX (1024 * 1024)
#define GROUPS_MAX 65536 /* NGROUPS_MAX of Linux */

/* One getpw*_r with a buffer that grows; 0 with *found NULL for none, else errno. */
static int passwd_get(const char *name, uid_t uid, struct passwd *passwd, char **buffer, struct passwd **found)
{
	size_t size = 4096;
	int r = ERANGE;

	*buffer = NULL;
	for (; r == ERANGE && size <= NSS_BUFFER_MAX; size *= 4) {
		free(*buffer);
		*buffer = malloc(size);
		if (*buffer == NULL)
			return ENOMEM;
		do {
			r = name != NULL ? getpwnam_r(name, passwd, *buffer, size, found)
					 : getpwuid_r(uid, passwd, *buffer, size, found);
		} while (r == EINTR);
	}
	return r;
}

/* The name of a group: STEPUP_NOT_FOUND for a gid without one. */
static enum stepup_error group_name(gid_t gid, char **name)
{
	enum stepup_error result = STEPUP_UNAVAILABLE;
	struct group group, *found = NULL;
	size_t size = 4096;
	char *buffer = NULL;
	int r = ERANGE;

	for (; r == ERANGE && size <= 4 * NSS_BUFFER_MAX; size *= 4) {
		free(buffer);
		buffer = malloc(size);
		if (buffer == NULL)
			goto out;
		do {
			r = getgrgid_r(gid, &group, buffer, size, &found);
		} while (r == EINTR);
	}
	if (r != 0)
		goto out;
	if (found == NULL) {
		result = STEPUP_NOT_FOUND;
		goto out;
	}
	*name = strdup(group.gr_name);
	result = *name != NULL ? STEPUP_OK : STEPUP_UNAVAILABLE;
out:
	free(buffer);
	return result;
}

static enum stepup_error gids_get(const struct passwd *passwd, gid_t **gids, int *count)
{
	int room = 64;

	for (;;) {
		int needed = room;

		free(*gids);
		*gids = calloc((size_t)room, sizeof(**gids));
		if (*gids == NULL)
			return STEPUP_UNAVAILABLE;
		if (getgrouplist(passwd->pw_name, passwd->pw_gid, *gids, &needed) >= 0) {
			*count = needed;
			return STEPUP_OK;
		}
		if (room >= GROUPS_MAX)
			return STEPUP_UNAVAILABLE;
		room = needed > room && needed <= GROUPS_MAX ? needed : GROUPS_MAX;
	}
}

static enum stepup_error groups_get(const struct passwd *passwd, char ***names)
{
	enum stepup_error result;
	gid_t *gids = NULL;
	size_t used = 0;
	int count = 0;

	result = gids_get(passwd, &gids, &count);
	if (result != STEPUP_OK)
		goto out;
	*names = calloc((size_t)count + 1, sizeof(**names));
	if (*names == NULL) {
		result = STEPUP_UNAVAILABLE;
		goto out;
	}
	for (int i = 0; i < count; i++) {
		result = group_name(gids[i], &(*names)[used]);
		if (result == STEPUP_OK)
			used++;
		else if (result != STEPUP_NOT_FOUND)
			goto out;
	}
	result = STEPUP_OK;
out:
	free(gids);
	return result;
}

enum stepup_error account_nss(const char *name, uid_t uid, struct account *account)
{
	enum stepup_error result = STEPUP_UNAVAILABLE;
	struct passwd passwd, *found = NULL;
	char *buffer = NULL;

	account->uid = name != NULL ? -1 : (int64_t)uid;
	if (passwd_get(name, uid, &passwd, &buffer, &found) != 0)
		goto out;
	if (found != NULL) {
		account->uid = (int64_t)passwd.pw_uid;
		account->name = strdup(passwd.pw_name);
		if (account->name == NULL || groups_get(&passwd, &account->unix_groups) != STEPUP_OK)
			goto out;
	} else {
		if (name != NULL && (account->name = strdup(name)) == NULL)
			goto out;
		account->unix_groups = calloc(1, sizeof(*account->unix_groups));
		if (account->unix_groups == NULL)
			goto out;
	}
	result = STEPUP_OK;
out:
	free(buffer);
	return result;
}

void account_clear(struct account *account)
{
	for (size_t i = 0; account->unix_groups != NULL && account->unix_groups[i] != NULL; i++)
		free(account->unix_groups[i]);
	free(account->unix_groups);
	free(account->name);
	*account = (struct account){ .uid = -1 };
}
