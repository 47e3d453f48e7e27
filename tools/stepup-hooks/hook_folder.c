/* SPDX-License-Identifier: BSD-2-Clause */
/* The folder with hooks; see hook_folder.h. */
#include "tools/stepup-hooks/hook_folder.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/safe_file.h"

/* A copy left by an editor or a package manager is no hook. */
static bool name_is_a_hooks(const char *name)
{
	size_t length = strlen(name);

	if (name[0] == '.' || name[0] == '-' || length >= HOOK_NAME_SIZE)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && strchr("-_.", name[i]) == NULL)
			return false;
	return true;
}

/* Why a file isn't to be run; `*objection` stays NULL where it is. */
static enum stepup_error judge(const char *path, char **objection)
{
	struct stat status;
	int fd = -1;
	enum stepup_error error = safe_file_open(path, SAFE_FILE_PUBLIC, &fd, objection);
	bool roots;

	if (error == STEPUP_NO_MEMORY)
		return error;
	if (error != STEPUP_OK)
		return *objection != NULL ? STEPUP_OK : STEPUP_NO_MEMORY;
	roots = fstat(fd, &status) == 0 && status.st_uid == 0;
	(void)close(fd);
	if (roots || asprintf(objection, "%s: does not belong to root; run: chown root %s", path, path) >= 0)
		return STEPUP_OK;
	*objection = NULL;
	return STEPUP_NO_MEMORY;
}

static int hook_folder_compare(const void *a, const void *b)
{
	return strcmp(((const struct hook *)a)->name, ((const struct hook *)b)->name);
}

static enum stepup_error hook_folder_take(struct hook_folder *folder, const char *path, const char *name)
{
	struct hook *hook = &folder->hooks[folder->count];
	struct stat status;

	*hook = (struct hook){0};
	(void)snprintf(hook->name, sizeof(hook->name), "%s", name);
	if (asprintf(&hook->path, "%s/%s", path, name) < 0) {
		hook->path = NULL;
		return STEPUP_NO_MEMORY;
	}
	/* A file that nobody may execute is a note or a configuration, not a hook. */
	if (lstat(hook->path, &status) == 0 && S_ISREG(status.st_mode) &&
	    (status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0) {
		free(hook->path);
		return STEPUP_OK;
	}
	folder->count++;
	return judge(hook->path, &hook->objection);
}

static enum stepup_error too_many(const char *path, char **why)
{
	if (asprintf(why, "%s: has more than %d hooks. The rest is left out.", path, HOOKS_MAX) < 0)
		*why = NULL;
	return STEPUP_TOO_LONG;
}

/* Root's, too: whoever owns the folder could exchange what is in it. */
static enum stepup_error check_owner(const char *path, char **why)
{
	struct stat status;
	enum stepup_error error = safe_folder_check(path, why);

	if (error != STEPUP_OK)
		return error;
	if (stat(path, &status) == 0 && status.st_uid == 0)
		return STEPUP_OK;
	if (asprintf(why, "%s: does not belong to root; run: chown root %s", path, path) < 0)
		*why = NULL;
	return STEPUP_UNSAFE_FILE;
}

enum stepup_error hook_folder_read(const char *path, struct hook_folder *folder, char **why)
{
	const struct dirent *entry;
	enum stepup_error error;
	DIR *dir;

	folder->count = 0;
	*why = NULL;
	error = check_owner(path, why);
	if (error == STEPUP_NOT_FOUND) {
		free(*why);
		*why = NULL;
		return STEPUP_OK;
	}
	if (error != STEPUP_OK)
		return error;
	dir = opendir(path);
	if (dir == NULL && asprintf(why, "%s: %s.", path, strerror(errno)) < 0)
		*why = NULL;
	if (dir == NULL)
		return STEPUP_IO;
	while (error == STEPUP_OK && (entry = readdir(dir)) != NULL) {
		if (!name_is_a_hooks(entry->d_name))
			continue;
		error = folder->count == HOOKS_MAX ? too_many(path, why)
			: hook_folder_take(folder, path, entry->d_name);
	}
	(void)closedir(dir);
	qsort(folder->hooks, folder->count, sizeof(folder->hooks[0]), hook_folder_compare);
	return error;
}

void hook_folder_clear(struct hook_folder *folder)
{
	for (size_t i = 0; i < folder->count; i++) {
		free(folder->hooks[i].path);
		free(folder->hooks[i].objection);
	}
	folder->count = 0;
}
