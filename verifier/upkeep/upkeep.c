/* SPDX-License-Identifier: BSD-2-Clause */
/* What backup and restore share, and a new epoch; see upkeep.h. */
#include "verifier/upkeep/upkeep_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <jansson.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "verifier/host/journal.h"
#include "verifier/rules/policy/policy.h"

#define EPOCH_REQUEST "new-epoch"
#define STORE_PREFIX "sqlite:"
#define COPY_BYTES 65536

bool upkeep_say(const char *format, ...)
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

bool upkeep_sync_folder(const char *path)
{
	char *folder = folder_of(path);
	int fd = folder != NULL ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool done = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		(void)close(fd);
	free(folder);
	return done;
}

char *upkeep_find_store(const struct upkeep_place *host, struct stat *folder)
{
	struct policy *policy = NULL;
	char *why = NULL, *place = NULL, *name;
	enum stepup_error error = policy_load(host->config, true, &policy, &why);

	if (error != STEPUP_OK)
		(void)upkeep_say("%s", why != NULL ? why : stepup_error_text(error));
	else if (strncmp(policy->store, STORE_PREFIX, strlen(STORE_PREFIX)) != 0)
		(void)upkeep_say("%s is not a store in a file.", policy->store);
	else
		place = strdup(policy->store + strlen(STORE_PREFIX));
	policy_release(&policy);
	free(why);
	name = place != NULL ? folder_of(place) : NULL;
	if (place != NULL && (name == NULL || lstat(name, folder) != 0 || !S_ISDIR(folder->st_mode))) {
		(void)upkeep_say("%s: %s. Nothing was done.", place,
			errno == ENOENT ? "its folder is missing" : "its folder can't be looked at");
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

bool upkeep_copy_bytes(int from, int to)
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

bool upkeep_child_is_content(pid_t child)
{
	int status = -1;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static char *json_of(const char *sentence, const struct store_head *left)
{
	json_t *object = json_pack("{s:s, s:b}", "message", sentence, "moved", left != NULL);
	char *text;

	if (left != NULL) {
		(void)json_object_set_new(object, "batch", json_integer(left->batch));
		(void)json_object_set_new(object, "at", json_integer(left->at));
	}
	text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(object);
	return text;
}

void upkeep_tell(const struct upkeep_how *how, const struct store_head *left, const char *format, ...)
{
	char *sentence = NULL, *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&sentence, format, arguments) < 0)
		sentence = NULL;
	va_end(arguments);
	if (how->json && sentence != NULL)
		text = json_of(sentence, left);
	(void)puts(text != NULL ? text : sentence != NULL ? sentence : "Done.");
	(void)fflush(stdout);
	free(text);
	free(sentence);
}

bool upkeep_say_error(enum stepup_error error, const char *why)
{
	return upkeep_say("%s", why != NULL ? why : stepup_error_text(error));
}

static void upkeep_key_read(const struct upkeep_place *host, bool as_root, struct upkeep_key *found)
{
	struct stat st;
	bool roots = stat(host->master_key, &st) == 0 && st.st_uid == 0;

	if (roots == as_root)
		found->error = master_key_read(host->master_key, &found->key, &found->why);
}

void upkeep_forget_key(struct upkeep_key *found)
{
	master_key_free(&found->key);
	free(found->why);
}

bool upkeep_become_owner(
	const struct upkeep_place *host, const struct stat *folder, struct upkeep_key *found)
{
	if (found != NULL) {
		*found = (struct upkeep_key){.error = STEPUP_NOT_FOUND};
		upkeep_key_read(host, true, found);
	}
	if (!become_owner(folder))
		return upkeep_say(
			"could not become the store's owner: %s. Nothing was done.", strerror(errno));
	if (found != NULL)
		upkeep_key_read(host, false, found);
	return true;
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

bool upkeep_ask_epoch(const struct upkeep_place *host)
{
	int folder = mark_folder(host->mark), fd;
	bool asked = false;

	fd = folder < 0 ? -1
		: openat(folder, EPOCH_REQUEST, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0 || errno == EEXIST)
		asked = fsync(folder) == 0;
	if (!asked)
		(void)upkeep_say("%s: %s. Nothing was done.", host->mark, strerror(errno));
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
	bool asked = folder >= 0 && fstatat(folder, EPOCH_REQUEST, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISREG(status.st_mode) && (status.st_uid == 0 || status.st_uid == geteuid());

	if (folder >= 0)
		(void)close(folder);
	return asked;
}

void upkeep_epoch_done(const char *mark)
{
	int folder = mark_folder(mark);

	if (folder < 0 || (unlinkat(folder, EPOCH_REQUEST, 0) != 0 && errno != ENOENT) || fsync(folder) != 0)
		journal_line(LOG_WARNING, "warning", "could not remove " EPOCH_REQUEST
			" beside %s (%s): until it is gone, each start begins a new epoch",
			mark, strerror(errno));
	if (folder >= 0)
		(void)close(folder);
}
