/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that security rests on. Everything is judged through descriptors that stay open, so what was checked
 * is what is read: each folder of the path is opened from the one above it without following links.
 * MUST: never follow a link; never block on a FIFO; never judge a path by one call and open it by another.
 */
#include "lib/base/safe_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/wipe.h"

#define OTHERS_WRITE (S_IWGRP | S_IWOTH)

/* Puts a sentence into `*why`, NULL where there is no memory for it, and gives the error back. */
__attribute__((format(printf, 3, 4))) static enum stepup_error explain(
	char **why, enum stepup_error error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(why, format, arguments) < 0)
		*why = NULL;
	va_end(arguments);
	return error;
}

/* The error for a failed open of `path`. */
static enum stepup_error explain_open(char **why, const char *path, int number)
{
	switch (number) {
	case ENOENT:
		return explain(why, STEPUP_NOT_FOUND, "%s: does not exist.", path);
	case ELOOP:
		return explain(why, STEPUP_UNSAFE_FILE,
			"%s: is a symbolic link; put the real file or folder there.", path);
	case ENOTDIR:
		return explain(why, STEPUP_UNSAFE_FILE,
			"%s: is not a folder (or is a symbolic link to one); name the real path.", path);
	case ENOMEM:
		return explain(why, STEPUP_NO_MEMORY, "%s: out of memory.", path);
	case ENXIO:
		return explain(why, STEPUP_UNSAFE_FILE, "%s: is not a regular file.", path);
	case ENAMETOOLONG:
		return explain(why, STEPUP_INVALID, "The path is too long.");
	default:
		return explain(why, STEPUP_IO, "%s: %s.", path, strerror(number));
	}
}

static bool owner_is_fine(const struct stat *status)
{
	return status->st_uid == 0 || status->st_uid == geteuid();
}

/* Whether nobody but the owner and root can change what stands in a folder; on the way to another one, root's
 * sticky folders will do. */
static enum stepup_error check_folder(const struct stat *status, bool on_the_way,
	const char *path, char **why)
{
	bool is_sticky_of_root = on_the_way && status->st_uid == 0 && (status->st_mode & S_ISVTX) != 0;

	if (!S_ISDIR(status->st_mode))
		return explain(why, STEPUP_UNSAFE_FILE, "%s: is not a folder.", path);
	if (!owner_is_fine(status))
		return explain(why, STEPUP_UNSAFE_FILE,
			"%s: belongs to uid %u, neither root nor this program's user; change its owner.",
			path, (unsigned)status->st_uid);
	if ((status->st_mode & OTHERS_WRITE) != 0 && !is_sticky_of_root)
		return explain(why, STEPUP_UNSAFE_FILE,
			"%s: others can write in this folder (mode %04o); run: chmod go-w %s", path,
			(unsigned)(status->st_mode & 07777), path);
	return STEPUP_OK;
}

static enum stepup_error check_file(const struct stat *status, int rules, const char *path, char **why)
{
	unsigned mode = (unsigned)(status->st_mode & 07777);

	if (!S_ISREG(status->st_mode))
		return explain(why, STEPUP_UNSAFE_FILE, "%s: is not a regular file.", path);
	if (status->st_nlink != 1)
		return explain(why, STEPUP_UNSAFE_FILE,
			"%s: has another name (hard link); put a file with one name there.", path);
	if (!owner_is_fine(status))
		return explain(why, STEPUP_UNSAFE_FILE,
			"%s: belongs to uid %u, neither root nor this program's user; change its owner.",
			path, (unsigned)status->st_uid);
	if ((status->st_mode & OTHERS_WRITE) != 0)
		return explain(why, STEPUP_UNSAFE_FILE,
			"%s: others can write it (mode %04o); run: chmod %s %s", path, mode,
			(rules & SAFE_FILE_SECRET) != 0 ? "go-rwx" : "go-w", path);
	if ((rules & SAFE_FILE_SECRET) != 0 && (status->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return explain(why, STEPUP_UNSAFE_FILE,
			"%s: others can read this secret (mode %04o); run: chmod go-rwx %s", path,
			mode, path);
	return STEPUP_OK;
}

/* Opens the folder `name` (of the whole path `shown`) in `parent`, closes `parent`, checks. */
static enum stepup_error step_into(int *parent, const char *name, bool on_the_way,
	const char *shown, char **why)
{
	struct stat status;
	int fd = openat(*parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return explain_open(why, shown, errno);
	(void)close(*parent);
	*parent = fd;
	if (fstat(fd, &status) != 0)
		return explain_open(why, shown, errno);
	return check_folder(&status, on_the_way, shown, why);
}

/* Walks to the folder that holds the last part of an absolute path, checking every folder on the way; `*last`
 * points at that part. `path` is cut and mended meanwhile, so that messages name the folder at fault. */
static enum stepup_error walk(char *path, int *folder, const char **last, char **why)
{
	enum stepup_error error = STEPUP_OK;
	struct stat status;
	char *part = path;

	*folder = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*folder < 0)
		return explain_open(why, "/", errno);
	if (fstat(*folder, &status) != 0)
		error = explain_open(why, "/", errno);
	else
		error = check_folder(&status, true, "/", why);
	while (error == STEPUP_OK) {
		char *end;

		while (*part == '/')
			part++;
		end = strchr(part, '/');
		if (end == NULL)
			break;
		*end = '\0';
		error = step_into(folder, part, true, path, why);
		*end = '/';
		part = end;
	}
	if (error != STEPUP_OK) {
		(void)close(*folder);
		*folder = -1;
	}
	*last = part;
	return error;
}

/* An absolute copy of a path without trailing slashes; the walk takes ".." like any other folder, from the
 * one checked before. */
static enum stepup_error absolute(const char *path, char **copy, char **why)
{
	char here[PATH_MAX];
	size_t length;

	if (path == NULL || path[0] == '\0')
		return explain(why, STEPUP_INVALID, "The path is empty.");
	if (path[0] != '/' && getcwd(here, sizeof(here)) == NULL)
		return explain_open(why, path, errno);
	if (asprintf(copy, "%s%s%s", path[0] == '/' ? "" : here, path[0] == '/' ? "" : "/", path) < 0) {
		*copy = NULL;
		return explain(why, STEPUP_NO_MEMORY, "%s: out of memory.", path);
	}
	length = strlen(*copy);
	while (length > 1 && (*copy)[length - 1] == '/')
		(*copy)[--length] = '\0';
	return STEPUP_OK;
}

enum stepup_error safe_file_open(const char *path, int rules, int *fd, char **why)
{
	enum stepup_error error;
	const char *last = NULL;
	struct stat status;
	char *copy = NULL;
	int folder = -1, opened = -1;

	*why = NULL;
	error = absolute(path, &copy, why);
	if (error == STEPUP_OK)
		error = walk(copy, &folder, &last, why);
	if (error != STEPUP_OK)
		goto out;
	opened = openat(folder, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (opened < 0 || fstat(opened, &status) != 0) {
		error = explain_open(why, path, errno);
		goto out;
	}
	error = check_file(&status, rules, path, why);
	if (error != STEPUP_OK)
		goto out;
	*fd = opened;
	opened = -1;
out:
	if (opened >= 0)
		(void)close(opened);
	if (folder >= 0)
		(void)close(folder);
	free(copy);
	return error;
}

/* Reads to the end of the file, at most `capacity` bytes. */
static enum stepup_error read_all(int fd, char *bytes, size_t capacity, size_t *size)
{
	size_t length = 0;

	while (length < capacity) {
		ssize_t got = read(fd, bytes + length, capacity - length);

		if (got == 0)
			break;
		if (got < 0 && errno != EINTR)
			return STEPUP_IO;
		if (got > 0)
			length += (size_t)got;
	}
	*size = length;
	return STEPUP_OK;
}

/* Reads an open file whole and closes it. */
static enum stepup_error read_and_close(int fd, const char *path, size_t limit, char **bytes,
	size_t *size, char **why)
{
	enum stepup_error error;
	void *buffer = NULL;
	size_t length = 0;

	/* One byte more than allowed shows a file that is too long, whatever fstat said before. */
	buffer = limit < SIZE_MAX - 2 ? malloc(limit + 2) : NULL;
	if (buffer == NULL) {
		error = explain(why, STEPUP_NO_MEMORY, "%s: out of memory.", path);
		goto out;
	}
	error = read_all(fd, buffer, limit + 1, &length);
	if (error != STEPUP_OK)
		error = explain(why, error, "%s: %s.", path, strerror(errno));
	else if (length > limit)
		error = explain(why, STEPUP_TOO_LONG, "%s: longer than %zu bytes.", path, limit);
	if (error != STEPUP_OK)
		goto out;
	((char *)buffer)[length] = '\0';
	*bytes = buffer;
	*size = length;
	buffer = NULL;
out:
	wipe_free(&buffer, limit + 2);
	(void)close(fd);
	return error;
}

enum stepup_error safe_file_read(const char *path, int rules, size_t limit, char **bytes,
	size_t *size, char **why)
{
	int fd = -1;
	enum stepup_error error = safe_file_open(path, rules, &fd, why);

	if (error != STEPUP_OK)
		return error;
	return read_and_close(fd, path, limit, bytes, size, why);
}

enum stepup_error unsafe_file_read(const char *path, size_t limit, char **bytes, size_t *size, char **why)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;

	*why = NULL;
	if (fd < 0)
		return explain(why, errno == ENOENT ? STEPUP_NOT_FOUND : STEPUP_IO, "%s: %s.", path,
			strerror(errno));
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
		(void)close(fd);
		return explain(why, STEPUP_UNSAFE_FILE, "%s: is not a regular file.", path);
	}
	return read_and_close(fd, path, limit, bytes, size, why);
}

enum stepup_error safe_folder_check(const char *path, char **why)
{
	enum stepup_error error;
	const char *last = NULL;
	char *copy = NULL;
	int folder = -1;

	*why = NULL;
	error = absolute(path, &copy, why);
	if (error == STEPUP_OK)
		error = walk(copy, &folder, &last, why);
	if (error == STEPUP_OK && last[0] != '\0')
		error = step_into(&folder, last, false, path, why);
	if (folder >= 0)
		(void)close(folder);
	free(copy);
	return error;
}

static enum stepup_error write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, bytes, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return STEPUP_IO;
		bytes += written;
		size -= (size_t)written;
	}
	return STEPUP_OK;
}

/* Writes the new content under a temporary name in the same folder and makes it durable. */
static enum stepup_error write_temporary(int folder, const char *name, const void *bytes, size_t size,
	mode_t mode)
{
	enum stepup_error error = STEPUP_IO;
	int fd =
		openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);

	if (fd < 0)
		return errno == ENOMEM ? STEPUP_NO_MEMORY : STEPUP_IO;
	if (fchmod(fd, mode) == 0)
		error = write_all(fd, bytes, size);
	if (error == STEPUP_OK && fsync(fd) != 0)
		error = STEPUP_IO;
	if (close(fd) != 0)
		error = STEPUP_IO;
	if (error != STEPUP_OK)
		(void)unlinkat(folder, name, 0);
	return error;
}

enum stepup_error safe_file_replace(const char *path, const void *bytes, size_t size, mode_t mode)
{
	enum stepup_error error;
	char *copy = NULL, *slash, *temporary = NULL;
	const char *name;
	int folder = -1;

	copy = strdup(path);
	if (copy == NULL)
		return STEPUP_NO_MEMORY;
	slash = strrchr(copy, '/');
	name = slash != NULL ? slash + 1 : copy;
	if (name[0] == '\0' || asprintf(&temporary, ".%s.new", name) < 0) {
		error = name[0] == '\0' ? STEPUP_INVALID : STEPUP_NO_MEMORY;
		temporary = NULL;
		goto out;
	}
	if (slash != NULL)
		*slash = '\0';
	folder = open(slash == NULL ? "." : copy[0] == '\0' ? "/" : copy, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0) {
		error = errno == ENOENT ? STEPUP_NOT_FOUND : STEPUP_IO;
		goto out;
	}
	/* Left over from one that died half-way. */
	if (unlinkat(folder, temporary, 0) != 0 && errno != ENOENT) {
		error = STEPUP_IO;
		goto out;
	}
	error = write_temporary(folder, temporary, bytes, size, mode);
	if (error != STEPUP_OK)
		goto out;
	if (renameat(folder, temporary, folder, name) != 0) {
		(void)unlinkat(folder, temporary, 0);
		error = STEPUP_IO;
		goto out;
	}
	if (fsync(folder) != 0)
		error = STEPUP_IO;
out:
	if (folder >= 0)
		(void)close(folder);
	free(temporary);
	free(copy);
	return error;
}
