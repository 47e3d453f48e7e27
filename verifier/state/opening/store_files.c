/* SPDX-License-Identifier: BSD-2-Clause */
/* A store as files; see store_files.h. */
#include "verifier/state/opening/store_files.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "verifier/state/store/store_internal.h"

#define NAMES_TRIED 100

__attribute__((format(printf, 3, 4))) static enum stepup_error say(char **why, enum stepup_error error,
	const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (*why == NULL && vasprintf(why, format, arguments) < 0)
		*why = NULL;
	va_end(arguments);
	return error;
}

/* --- one verifier at a time --- */

enum stepup_error store_lock(const char *place, int *fd, char **why)
{
	char *path = NULL;
	struct stat st;
	enum stepup_error error = STEPUP_OK;

	if (asprintf(&path, "%s.lock", place) < 0)
		return STEPUP_NO_MEMORY;
	*fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	if (*fd < 0)
		error = errno == ELOOP
			? say(why, STEPUP_UNSAFE_FILE, "Store %s: is a symbolic link. Remove it.", path)
			: errno == ENXIO
			? say(why, STEPUP_UNSAFE_FILE, "Store %s: is not a regular file. Remove it.", path)
			: say(why, STEPUP_IO, "Store %s: can't be opened: %s. "
				"Its folder must be there, belong to the verifier's user and have mode 0700;"
				" the disk must be neither full, read-only nor failing.",
				path, strerror(errno));
	else if (fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1)
		error = say(why, STEPUP_UNSAFE_FILE,
			"Store %s: is not a regular file with one name. Remove it.", path);
	else if (flock(*fd, LOCK_EX | LOCK_NB) != 0)
		error = say(why, STEPUP_EXISTS, "Store %s: another verifier is using it. Stop it first "
			"(systemctl stop stepupd.service). One store has one verifier.", place);
	free(path);
	return error;
}

/* --- names --- */

/* PLACE with something behind it, removed where it is there already; the caller frees. */
static char *fresh_name(const char *place, const char *end)
{
	static const char *const suffixes[] = {"", "-journal", "-wal", "-shm", ".lock"};
	char *name = NULL, *path = NULL;

	if (asprintf(&name, "%s%s", place, end) < 0)
		return NULL;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (asprintf(&path, "%s%s", name, suffixes[i]) < 0)
			break;
		(void)unlink(path);
		free(path);
	}
	return name;
}

char *store_kept_name(const char *place)
{
	const time_t now = time(NULL);
	char when[32] = "", *name = NULL;
	struct stat st;
	struct tm parts;

	if (localtime_r(&now, &parts) == NULL || strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &parts) == 0)
		return NULL;
	for (int i = 0; i < NAMES_TRIED; i++) {
		if (asprintf(&name, i == 0 ? "%s.before-%s" : "%s.before-%s.%d", place, when, i) < 0)
			return NULL;
		if (lstat(name, &st) != 0 && errno == ENOENT)
			return name;
		free(name);
	}
	return NULL;
}

static enum stepup_error sync_folder(const char *place)
{
	char *copy = strdup(place);
	int fd = copy != NULL ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	enum stepup_error error = fd >= 0 && fsync(fd) == 0 ? STEPUP_OK : STEPUP_IO;

	if (fd >= 0)
		(void)close(fd);
	free(copy);
	return error;
}

/* --- copies --- */

static enum stepup_error say_copy(char **why, enum stepup_error error, const char *place)
{
	return say(why, error,
		"Store %s: could not be copied (%s). The disk needs as much room again as the store takes.",
		place, stepup_error_text(error));
}

enum stepup_error store_copy_beside(const char *place, const char *end, char **copy, char **why)
{
	enum stepup_error error = STEPUP_OK;

	if (access(place, F_OK) != 0)
		error = say(why, STEPUP_NOT_FOUND, "Store %s: %s. Nothing was done.", place, strerror(errno));
	if (error == STEPUP_OK && (*copy = fresh_name(place, end)) == NULL)
		error = STEPUP_NO_MEMORY;
	if (error == STEPUP_OK)
		error = db_copy(place, *copy);
	if (error != STEPUP_OK) {
		(void)say_copy(why, error, place);
		store_copy_remove(copy);
	}
	return error;
}

void store_copy_remove(char **copy)
{
	if (*copy != NULL)
		free(fresh_name(*copy, ""));
	free(*copy);
	*copy = NULL;
}

/* Whether a database says of itself that it needs no write-ahead log. */
static bool stands_alone(const char *copy)
{
	uint8_t header[20] = {0};
	int fd = open(copy, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bool alone = fd >= 0 && pread(fd, header, sizeof(header), 0) == (ssize_t)sizeof(header) &&
		     header[18] == 1 && header[19] == 1;

	if (fd >= 0)
		(void)close(fd);
	return alone;
}

enum stepup_error store_copy_settle(const char *copy, char **why)
{
	static const char *const suffixes[] = {"-journal", "-wal", "-shm", ".lock"};
	char *path = NULL;
	int schema = 0;
	enum stepup_error error = db_check_copy(copy, STORE_SCHEMA, &schema, why);

	if (error == STEPUP_OK && !stands_alone(copy))
		error = STEPUP_IO;
	for (size_t i = 0; error == STEPUP_OK && i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (asprintf(&path, "%s%s", copy, suffixes[i]) < 0)
			return STEPUP_NO_MEMORY;
		if (unlink(path) != 0 && errno != ENOENT)
			error = STEPUP_IO;
		free(path);
	}
	return error;
}

enum stepup_error store_copy_open(const char *place, int *fd, char **why)
{
	char end[32], *copy = NULL;
	enum stepup_error error;

	(void)snprintf(end, sizeof(end), ".copy-%d", (int)getpid()); /* two at a time don't meet */
	error = store_copy_beside(place, end, &copy, why);
	if (error == STEPUP_OK && (*fd = open(copy, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		error = say_copy(why, STEPUP_IO, place);
	store_copy_remove(&copy);
	return error;
}

static enum stepup_error write_copy(const char *copy, int in)
{
	static char bytes[65536];
	int out = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	ssize_t got = 0;

	if (out < 0)
		return STEPUP_IO;
	while ((got = read(in, bytes, sizeof(bytes))) > 0)
		if (write(out, bytes, (size_t)got) != got)
			break;
	if (got != 0 || fsync(out) != 0) {
		(void)close(out);
		return STEPUP_IO;
	}
	return close(out) == 0 ? STEPUP_OK : STEPUP_IO;
}

/* The old one goes under its other name, its write-ahead log with it. What is left of it then
 * belongs to nothing. */
static enum stepup_error move_aside(const char *place, char **kept)
{
	char *log = NULL, *kept_log = NULL;
	enum stepup_error error = STEPUP_IO;
	struct stat st;

	if (lstat(place, &st) != 0 && errno == ENOENT)
		return STEPUP_OK;
	*kept = store_kept_name(place);
	if (*kept == NULL || asprintf(&log, "%s-wal", place) < 0)
		return STEPUP_NO_MEMORY;
	if (asprintf(&kept_log, "%s-wal", *kept) >= 0 && (rename(log, kept_log) == 0 || errno == ENOENT) &&
	    rename(place, *kept) == 0)
		error = STEPUP_OK;
	free(kept_log);
	free(log);
	return error;
}

static enum stepup_error put_in_place(const char *place, const char *copy, char **kept)
{
	char *shared = NULL;
	enum stepup_error error = move_aside(place, kept);

	if (error == STEPUP_OK && asprintf(&shared, "%s-shm", place) < 0)
		error = STEPUP_NO_MEMORY;
	if (error == STEPUP_OK && ((unlink(shared) != 0 && errno != ENOENT) || rename(copy, place) != 0))
		error = STEPUP_IO;
	free(shared);
	return error == STEPUP_OK ? sync_folder(place) : error;
}

/* Of a store in use it would be said how to replace it. */
static enum stepup_error say_incoming(char **why, enum stepup_error error, const char *place)
{
	if (error == STEPUP_CORRUPT) {
		free(*why);
		*why = NULL;
		return say(why, error,
			"That file is not a whole backup of a store. Nothing was changed. Take another "
			"file.");
	}
	return say(why, error, "Store %s: the copy could not be put in its place (%s).", place,
		stepup_error_text(error));
}

enum stepup_error store_bring(const char *place, int in, int *lock, char **copy, char **why)
{
	enum stepup_error error = store_lock(place, lock, why);

	if (error == STEPUP_OK)
		error = db_check_file("in that file", in, STORE_SCHEMA, why);
	if (error == STEPUP_NOT_FOUND)
		error = say(why, STEPUP_INVALID, "The file is empty. Nothing was changed.");
	if (error == STEPUP_OK && (*copy = fresh_name(place, ".restored")) == NULL)
		error = STEPUP_NO_MEMORY;
	if (error == STEPUP_OK)
		error = write_copy(*copy, in);
	if (error == STEPUP_OK)
		error = store_copy_settle(*copy, why);
	if (error != STEPUP_OK) {
		(void)say_incoming(why, error, place);
		store_copy_remove(copy);
	}
	return error;
}

enum stepup_error store_put(const char *place, const char *copy, char **kept, char **why)
{
	enum stepup_error error;

	*kept = NULL;
	error = put_in_place(place, copy, kept);
	return error == STEPUP_OK ? error : say_incoming(why, error, place);
}
