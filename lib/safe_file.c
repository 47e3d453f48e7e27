/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that security rests on.
 * MUST: check what was opened, not what a name pointed to before; never follow a link; never block on a FIFO; never create or mend anything
 * while checking.
 */
#include "lib/safe_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/wipe.h"

static enum stepup_error say(char **why, enum stepup_error error, const char *path, const char *what)
{
	if (why != NULL && *why == NULL && asprintf(why, "%s: %s", path, what) < 0)
		*why = NULL;
	return error;
}

static enum stepup_error say_errno(char **why, const char *path, int code)
{
	enum stepup_error error = code == ENOENT || code == ENOTDIR ? STEPUP_NOT_FOUND : code == ELOOP ? STEPUP_UNSAFE_FILE : STEPUP_IO;

	return say(why, error, path,
		code == ELOOP ? "is a symbolic link; put the file itself there" : strerrordesc_np(code) != NULL ? strerrordesc_np(code) : "error");
}

static bool owner_is_fine(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

/* One folder: not writable by others, or root's with the sticky bit, where nobody can replace what isn't theirs. */
static enum stepup_error check_folder(const char *path, bool itself, char **why)
{
	struct stat st;

	if ((itself ? lstat : stat)(path, &st) != 0)
		return say_errno(why, path, errno);
	if (S_ISLNK(st.st_mode))
		return say(why, STEPUP_UNSAFE_FILE, path, "is a symbolic link; name the folder itself");
	if (!S_ISDIR(st.st_mode))
		return say(why, STEPUP_UNSAFE_FILE, path, "is not a folder");
	if (!owner_is_fine(&st))
		return say(why, STEPUP_UNSAFE_FILE, path, "belongs to somebody else; chown it to root or to the user this runs as");
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (itself || !(st.st_uid == 0 && (st.st_mode & S_ISVTX))))
		return say(why, STEPUP_UNSAFE_FILE, path, "can be written by others; take that away with chmod go-w");
	return STEPUP_OK;
}

/* All folders above a path, up to the root. */
static enum stepup_error check_parents(const char *path, char **why)
{
	enum stepup_error error = STEPUP_NO_MEMORY;
	char *absolute = NULL, *folder;

	if (path[0] == '/') {
		absolute = strdup(path);
	} else {
		char *here = getcwd(NULL, 0);

		if (here != NULL && asprintf(&absolute, "%s/%s", here, path) < 0)
			absolute = NULL;
		free(here);
	}
	if (absolute == NULL)
		return error;
	folder = absolute;
	do {
		folder = dirname(folder);
		error = check_folder(folder, false, why);
	} while (error == STEPUP_OK && strcmp(folder, "/") != 0);
	free(absolute);
	return error;
}

static enum stepup_error check_file(const struct stat *st, const char *path, int rules, char **why)
{
	if (!S_ISREG(st->st_mode))
		return say(why, STEPUP_UNSAFE_FILE, path, "is not a regular file");
	if (st->st_nlink != 1)
		return say(why, STEPUP_UNSAFE_FILE, path, "has a second name (hard link); remove that, or copy the file");
	if (!owner_is_fine(st))
		return say(why, STEPUP_UNSAFE_FILE, path, "belongs to somebody else; chown it to root or to the user this runs as");
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return say(why, STEPUP_UNSAFE_FILE, path, "can be written by others; take that away with chmod go-w");
	if ((rules & SAFE_FILE_SECRET) && (st->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return say(why, STEPUP_UNSAFE_FILE, path, "can be read by others; take that away with chmod go=");
	return STEPUP_OK;
}

enum stepup_error safe_file_open(const char *path, int rules, int *fd, char **why)
{
	enum stepup_error error;
	struct stat st;
	int opened;

	error = check_parents(path, why);
	if (error != STEPUP_OK)
		return error;
	opened = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (opened < 0)
		return say_errno(why, path, errno);
	if (fstat(opened, &st) != 0)
		error = say_errno(why, path, errno);
	else
		error = check_file(&st, path, rules, why);
	if (error != STEPUP_OK) {
		close(opened);
		return error;
	}
	*fd = opened;
	return STEPUP_OK;
}

/* Reads up to `capacity` bytes until the end; -1 with errno. */
static ssize_t read_all(int fd, char *bytes, size_t capacity)
{
	size_t length = 0;

	while (length < capacity) {
		ssize_t got = read(fd, bytes + length, capacity - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	return (ssize_t)length;
}

enum stepup_error safe_file_read(const char *path, int rules, size_t limit, char **bytes, size_t *size, char **why)
{
	enum stepup_error error;
	void *buffer = NULL;
	ssize_t length;
	int fd = -1;

	error = safe_file_open(path, rules, &fd, why);
	if (error != STEPUP_OK)
		return error;
	buffer = malloc(limit + 2);
	if (buffer == NULL) {
		error = STEPUP_NO_MEMORY;
		goto out;
	}
	length = read_all(fd, buffer, limit + 1);
	if (length < 0) {
		error = say_errno(why, path, errno);
		goto out;
	}
	if ((size_t)length > limit) {
		error = say(why, STEPUP_TOO_LONG, path, "is larger than it may be");
		goto out;
	}
	*bytes = buffer;
	(*bytes)[length] = '\0';
	*size = (size_t)length;
	buffer = NULL;
out:
	wipe_free(&buffer, limit + 2);
	close(fd);
	return error;
}

enum stepup_error safe_folder_check(const char *path, char **why)
{
	enum stepup_error error = check_folder(path, true, why);

	return error == STEPUP_OK ? check_parents(path, why) : error;
}

static enum stepup_error write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t put = write(fd, bytes, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return STEPUP_IO;
		bytes += put;
		size -= (size_t)put;
	}
	return STEPUP_OK;
}

/* Writes and syncs a fresh file beside the one it is to replace. */
static enum stepup_error write_new(const char *path, const void *bytes, size_t size, mode_t mode)
{
	enum stepup_error error = STEPUP_IO;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

	if (fd < 0)
		return STEPUP_IO;
	if (fchmod(fd, mode) == 0)
		error = write_all(fd, bytes, size);
	if (error == STEPUP_OK && fsync(fd) != 0)
		error = STEPUP_IO;
	if (close(fd) != 0)
		error = STEPUP_IO;
	return error;
}

static enum stepup_error sync_folder_of(char *path)
{
	int fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum stepup_error error = fd >= 0 && fsync(fd) == 0 ? STEPUP_OK : STEPUP_IO;

	if (fd >= 0)
		close(fd);
	return error;
}

enum stepup_error safe_file_replace(const char *path, const void *bytes, size_t size, mode_t mode)
{
	enum stepup_error error;
	char *fresh = NULL;

	if (asprintf(&fresh, "%s.new", path) < 0)
		return STEPUP_NO_MEMORY;
	if (unlink(fresh) != 0 && errno != ENOENT) { /* left by a crash */
		free(fresh);
		return STEPUP_IO;
	}
	error = write_new(fresh, bytes, size, mode);
	if (error == STEPUP_OK && rename(fresh, path) != 0)
		error = STEPUP_IO;
	if (error != STEPUP_OK)
		(void)unlink(fresh);
	else
		error = sync_folder_of(fresh);
	free(fresh);
	return error;
}
