/* SPDX-License-Identifier: BSD-2-Clause */
/* Copying, putting back, a new epoch; see upkeep.h. A child that has given up root's rights touches the store; its parent touches the administrator's file. */
#include "verifier/upkeep.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "verifier/host/journal.h"
#include "verifier/state/opening/store_files.h"

#define EPOCH_REQUEST "new-epoch"
#define STORE_PREFIX "sqlite:"
#define COPY_BYTES 65536

__attribute__((format(printf, 1, 2))) static bool say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)fputs("stepupd: ", stderr);
	(void)vfprintf(stderr, format, arguments);
	(void)fputc('\n', stderr);
	va_end(arguments);
	return false;
}

/* The folder of a path; the caller frees. */
static char *folder_of(const char *path)
{
	char *copy = strdup(path), *folder = copy != NULL ? strdup(dirname(copy)) : NULL;

	free(copy);
	return folder;
}

static bool sync_folder_of(const char *path)
{
	char *folder = folder_of(path);
	int fd = folder != NULL ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool done = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		(void)close(fd);
	free(folder);
	return done;
}

/* The store's path, and whom its folder belongs to. The caller frees. */
static char *find_store(const struct startup_options *options, struct stat *folder)
{
	struct policy *policy = NULL;
	char *why = NULL, *place = NULL, *name;
	enum stepup_error error = policy_load(options->config, true, &policy, &why);

	if (error != STEPUP_OK)
		(void)say("%s", why != NULL ? why : stepup_error_text(error));
	else if (strncmp(policy->store, STORE_PREFIX, strlen(STORE_PREFIX)) != 0)
		(void)say("%s is no store that is a file.", policy->store);
	else
		place = strdup(policy->store + strlen(STORE_PREFIX));
	policy_release(&policy);
	free(why);
	name = place != NULL ? folder_of(place) : NULL;
	if (place != NULL && (name == NULL || lstat(name, folder) != 0 || !S_ISDIR(folder->st_mode))) {
		(void)say("%s: %s. Nothing was done.", place, errno == ENOENT ? "its folder is missing" : "its folder can't be looked at");
		free(place);
		place = NULL;
	}
	free(name);
	return place;
}

/* Gives up root's rights for those of whom the folder belongs to. */
static bool become_owner(const struct stat *folder)
{
	if (geteuid() != 0 || folder->st_uid == 0)
		return true;
	return setgroups(0, NULL) == 0 && setresgid(folder->st_gid, folder->st_gid, folder->st_gid) == 0 &&
		setresuid(folder->st_uid, folder->st_uid, folder->st_uid) == 0 && setuid(0) != 0;
}

/* Everything from one descriptor to another. */
static bool copy_bytes(int from, int to)
{
	static char bytes[COPY_BYTES];
	ssize_t got, put, at;

	while ((got = read(from, bytes, sizeof(bytes))) != 0) {
		if (got < 0 && errno != EINTR)
			return false;
		for (at = 0; at < got; at += put) {
			put = write(to, bytes + at, (size_t)(got - at));
			if (put < 0 && errno != EINTR)
				return false;
			put = put < 0 ? 0 : put;
		}
	}
	return true;
}

static bool child_is_content(pid_t child)
{
	int status = -1;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* --- backup --- */

/* In the child: copies the store beside itself, and that copy into the pipe. */
static bool give_copy(const char *place, const struct stat *folder, int out)
{
	char *why = NULL;
	int copy = -1;
	bool given;

	if (!become_owner(folder))
		return say("could not become the store's owner: %s", strerror(errno));
	given = store_copy_open(place, &copy, &why) == STEPUP_OK;
	if (!given)
		(void)say("%s", why != NULL ? why : "the store could not be copied");
	else if (!(given = copy_bytes(copy, out)))
		(void)say("the copy could not be handed over: %s", strerror(errno));
	if (copy >= 0)
		(void)close(copy);
	free(why);
	return given;
}

/* Fills the administrator's file from a child that has the store. */
static bool fill_from_child(const char *place, const struct stat *folder, int out)
{
	int pipe_fds[2];
	pid_t child;
	bool filled;

	if (pipe2(pipe_fds, O_CLOEXEC) != 0 || (child = fork()) < 0)
		return say("no other process could be begun: %s", strerror(errno));
	if (child == 0) {
		(void)close(pipe_fds[0]);
		(void)close(out);
		_exit(give_copy(place, folder, pipe_fds[1]) ? 0 : 1);
	}
	(void)close(pipe_fds[1]);
	filled = copy_bytes(pipe_fds[0], out) && fsync(out) == 0;
	if (!filled)
		(void)say("the copy could not be written: %s", strerror(errno));
	(void)close(pipe_fds[0]);
	return child_is_content(child) && filled;
}

bool upkeep_backup(const struct startup_options *options, const char *file)
{
	struct stat folder;
	char *place = find_store(options, &folder), *part = NULL;
	bool done = false;
	int out = -1;

	if (place == NULL || asprintf(&part, "%s.part", file) < 0)
		goto out;
	(void)unlink(part);
	out = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0) {
		(void)say("%s: %s. Nothing was done.", part, strerror(errno));
		goto out;
	}
	done = fill_from_child(place, &folder, out);
	if (done && (rename(part, file) != 0 || !sync_folder_of(file)))
		done = say("%s: %s", file, strerror(errno));
	if (done)
		printf("%s is the store as it is now. Keep it where the master key is not: what is secret in it can't be read without.\n", file);
	else
		(void)unlink(part);
out:
	if (out >= 0)
		(void)close(out);
	free(part);
	free(place);
	return done;
}

/* --- restore --- */

/* In the child. */
static bool put_back(const char *place, const struct stat *folder, int in)
{
	char *why = NULL, *kept = NULL;
	enum stepup_error error;

	if (!become_owner(folder))
		return say("could not become the store's owner: %s. Nothing was done.", strerror(errno));
	error = store_put_back(place, in, &kept, &why);
	if (error != STEPUP_OK)
		(void)say("%s", why != NULL ? why : stepup_error_text(error));
	else if (kept != NULL)
		printf("Restored. The store of before is kept as %s. Nothing is approved until somebody runs: stepup epoch new\n", kept);
	else
		printf("Restored. Nothing is approved until somebody runs: stepup epoch new\n");
	(void)fflush(stdout);
	free(kept);
	free(why);
	return error == STEPUP_OK;
}

bool upkeep_restore(const struct startup_options *options, const char *file)
{
	struct stat folder, status;
	char *place = find_store(options, &folder);
	bool done = false;
	pid_t child;
	int in;

	if (place == NULL)
		return false;
	in = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (in < 0 || fstat(in, &status) != 0 || !S_ISREG(status.st_mode)) {
		(void)say("%s: %s. Nothing was done.", file, in < 0 ? strerror(errno) : "is not a file");
	} else if ((child = fork()) < 0) {
		(void)say("no other process could be begun: %s. Nothing was done.", strerror(errno));
	} else if (child == 0) {
		_exit(put_back(place, &folder, in) ? 0 : 1);
	} else {
		done = child_is_content(child);
	}
	if (in >= 0)
		(void)close(in);
	free(place);
	return done;
}

/* --- a new epoch --- */

/* The mark's folder, open; -1. */
static int mark_folder(const char *mark)
{
	char *folder = folder_of(mark);
	int fd = folder != NULL ? open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

	free(folder);
	return fd;
}

bool upkeep_ask_epoch(const struct startup_options *options)
{
	int folder = mark_folder(options->mark), fd;
	bool asked = false;

	fd = folder < 0 ? -1 : openat(folder, EPOCH_REQUEST, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0 || errno == EEXIST)
		asked = fsync(folder) == 0;
	if (!asked)
		(void)say("%s: %s. Nothing was done.", options->mark, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	if (folder >= 0)
		(void)close(folder);
	return asked;
}

bool upkeep_epoch_is_asked(const char *mark)
{
	int folder = mark_folder(mark);
	struct stat status;
	bool asked = folder >= 0 && fstatat(folder, EPOCH_REQUEST, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode) &&
		(status.st_uid == 0 || status.st_uid == geteuid());

	if (folder >= 0)
		(void)close(folder);
	return asked;
}

void upkeep_epoch_done(const char *mark)
{
	int folder = mark_folder(mark);

	if (folder < 0 || (unlinkat(folder, EPOCH_REQUEST, 0) != 0 && errno != ENOENT) || fsync(folder) != 0)
		journal_line(LOG_WARNING, "warning", "could not remove " EPOCH_REQUEST " beside %s (%s): until it is gone, each start begins a new epoch", mark,
			strerror(errno));
	if (folder >= 0)
		(void)close(folder);
}
