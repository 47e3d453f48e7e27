/* SPDX-License-Identifier: BSD-2-Clause */
/* One account from NSS, blocking; see account_nss.h. */
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/host/account_nss.h"

#define NSS_BUFFER_MAX (1024 * 1024)

/* One getpw*_r with a buffer that grows; 0 with *found NULL for none, else errno. */
static int passwd_get(const char *name, uid_t uid, struct passwd *passwd, char **buffer,
	struct passwd **found)
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

enum stepup_error group_nss(const char *name, int64_t *gid)
{
	struct group group, *found = NULL;
	size_t size = 4096;
	char *buffer = NULL;
	int r = ERANGE;

	for (; r == ERANGE && size <= 4 * NSS_BUFFER_MAX; size *= 4) {
		free(buffer);
		buffer = malloc(size);
		if (buffer == NULL)
			return STEPUP_UNAVAILABLE;
		do {
			r = getgrnam_r(name, &group, buffer, size, &found);
		} while (r == EINTR);
	}
	*gid = r == 0 && found != NULL ? (int64_t)group.gr_gid : -1;
	free(buffer);
	return r == 0 ? STEPUP_OK : STEPUP_UNAVAILABLE;
}

enum stepup_error account_nss_name(const char *name, char **canonical)
{
	struct passwd passwd, *found = NULL;
	char *buffer = NULL;
	int r = passwd_get(name, 0, &passwd, &buffer, &found);

	*canonical = r == 0 && found != NULL ? strdup(passwd.pw_name) : NULL;
	free(buffer);
	return r == 0 && (found == NULL || *canonical != NULL) ? STEPUP_OK : STEPUP_UNAVAILABLE;
}

static enum stepup_error gids_get(const struct passwd *passwd, struct account *account)
{
	int room = 512; /* more than nearly anybody has: who has more is asked after twice */

	for (;;) {
		int needed = room;

		free(account->gids);
		account->gids = calloc((size_t)room, sizeof(*account->gids));
		if (account->gids == NULL)
			return STEPUP_UNAVAILABLE;
		if (getgrouplist(passwd->pw_name, passwd->pw_gid, account->gids, &needed) >= 0) {
			account->gid_count = (size_t)needed;
			return STEPUP_OK;
		}
		if (room >= NGROUPS_MAX)
			return STEPUP_UNAVAILABLE;
		room = needed > room && needed <= NGROUPS_MAX ? needed : NGROUPS_MAX;
	}
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
		name = passwd.pw_name;
	}
	if (name != NULL && (account->name = strdup(name)) == NULL)
		goto out;
	if (found != NULL && gids_get(&passwd, account) != STEPUP_OK)
		goto out;
	result = STEPUP_OK;
out:
	free(buffer);
	return result;
}

void account_clear(struct account *account)
{
	free(account->gids);
	free(account->name);
	*account = (struct account){ .uid = -1 };
}
