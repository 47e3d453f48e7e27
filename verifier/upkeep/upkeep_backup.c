/* SPDX-License-Identifier: BSD-2-Clause */
/* Copying the store, and letting it leave in a file; see upkeep.h. */
#include "verifier/upkeep/upkeep_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "verifier/state/opening/store_files.h"
#include "verifier/upkeep/moving.h"

/* --- a copy --- */

/* In the child: copies the store beside itself, and that copy into the pipe. */
static bool give_copy(
	const struct upkeep_place *host, const char *place, const struct stat *folder, int out)
{
	char *why = NULL;
	int copy = -1;
	bool given;

	if (!upkeep_become_owner(host, folder, NULL))
		return false;
	given = store_copy_open(place, &copy, &why) == STEPUP_OK;
	if (!given)
		(void)upkeep_say("%s", why != NULL ? why : "the store could not be copied");
	else if (!(given = upkeep_copy_bytes(copy, out)))
		(void)upkeep_say("the copy could not be handed over: %s", strerror(errno));
	if (copy >= 0)
		(void)close(copy);
	free(why);
	return given;
}

/* Fills the administrator's file from a child that has the store. */
static bool fill_from_child(
	const struct upkeep_place *host, const char *place, const struct stat *folder, int out)
{
	int pipe_fds[2];
	pid_t child;
	bool filled;

	if (pipe2(pipe_fds, O_CLOEXEC) != 0 || (child = fork()) < 0)
		return upkeep_say("no other process could be started: %s", strerror(errno));
	if (child == 0) {
		(void)close(pipe_fds[0]);
		(void)close(out);
		_exit(give_copy(host, place, folder, pipe_fds[1]) ? 0 : 1);
	}
	(void)close(pipe_fds[1]);
	filled = upkeep_copy_bytes(pipe_fds[0], out) && fsync(out) == 0;
	if (!filled)
		(void)upkeep_say("the copy could not be written: %s", strerror(errno));
	(void)close(pipe_fds[0]);
	return upkeep_child_is_content(child) && filled;
}

/* --- a move: the child's store leaves only once the parent's file is on the disk, and is called FILE only
 * once it has left --- */

#define MOVE_COPIED 'c' /* the child: that was all of it */
#define MOVE_KEPT 'k'	/* the parent: it is on the disk */

struct ferry {
	const struct upkeep_place *host;
	const char *place, *file, *part;
	const struct stat *folder;
	int bytes, talk; /* one's own ends of a pipe and of a pair of sockets */
};

/* In the child. */
static enum stepup_error carry(void *context, int copy)
{
	struct ferry *ferry = context;
	char word = MOVE_COPIED;

	if (!upkeep_copy_bytes(copy, ferry->bytes) || send(ferry->talk, &word, 1, MSG_NOSIGNAL) != 1)
		return STEPUP_IO;
	(void)close(ferry->bytes);
	return recv(ferry->talk, &word, 1, 0) == 1 && word == MOVE_KEPT ? STEPUP_OK : STEPUP_CANCELLED;
}

static bool upkeep_backup_leave(struct ferry *ferry)
{
	const struct moving_carrier carrier = {.carry = carry, .context = ferry};
	struct moving_place place = {.store = ferry->place, .mark = ferry->host->mark};
	struct store_head left;
	uint8_t packed[STORE_HEAD_SIZE];
	struct upkeep_key found;
	char *why = NULL;
	enum stepup_error error;

	if (!upkeep_become_owner(ferry->host, ferry->folder, &found))
		return false;
	place.key = found.key;
	error = found.error == STEPUP_OK ? moving_leave(&place, ferry->file, &carrier, &left, &why)
					 : found.error;
	if (error == STEPUP_OK) {
		store_head_pack(&left, packed);
		error = send(ferry->talk, packed, sizeof(packed), MSG_NOSIGNAL) == (ssize_t)sizeof(packed)
				? STEPUP_OK
				: STEPUP_IO;
	} else if (error != STEPUP_CANCELLED) { /* else the parent has said why */
		(void)upkeep_say_error(error, why != NULL ? why : found.why);
	}
	upkeep_forget_key(&found);
	free(why);
	return error == STEPUP_OK;
}

/* In the parent. `*kept`: the child was told that the file is on the disk, so that the store may have left by
 * now. */
static bool upkeep_backup_receive(struct ferry *ferry, int out, bool *kept, struct store_head *left)
{
	uint8_t packed[STORE_HEAD_SIZE];
	char word = '\0';
	bool filled = upkeep_copy_bytes(ferry->bytes, out);

	*kept = false;
	if (filled && (recv(ferry->talk, &word, 1, 0) != 1 || word != MOVE_COPIED))
		return false; /* the child has said why */
	if (!filled || fsync(out) != 0 || !upkeep_sync_folder(ferry->part))
		return upkeep_say("%s: %s", ferry->part, strerror(errno));
	word = MOVE_KEPT;
	*kept = true;
	(void)send(ferry->talk, &word, 1, MSG_NOSIGNAL);
	return recv(ferry->talk, packed, sizeof(packed), 0) == (ssize_t)sizeof(packed) &&
	       store_head_unpack(packed, sizeof(packed), left) == STEPUP_OK;
}

static bool ferry_over(struct ferry *ferry, int out, bool *kept, struct store_head *left)
{
	int bytes[2], talk[2];
	pid_t child;
	bool received;

	*kept = false;
	if (pipe2(bytes, O_CLOEXEC) != 0 ||
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, talk) != 0 || (child = fork()) < 0)
		return upkeep_say("no other process could be started: %s. Nothing was "
			"done.", strerror(errno));
	ferry->bytes = bytes[child == 0];
	ferry->talk = talk[child == 0];
	(void)close(bytes[child != 0]);
	(void)close(talk[child != 0]);
	if (child == 0) {
		(void)close(out);
		_exit(upkeep_backup_leave(ferry) ? 0 : 1);
	}
	received = upkeep_backup_receive(ferry, out, kept, left);
	(void)close(ferry->bytes);
	(void)close(ferry->talk);
	return upkeep_child_is_content(child) && received;
}

/* The name goes into the log, to the journal and into commands that people type. */
static bool can_be_named(const char *file)
{
	json_t *text = json_string(file); /* UTF-8 */
	bool fine = text != NULL && file[0] == '/' && strlen(file) < PATH_MAX;

	for (const char *c = file; fine && *c != '\0'; c++)
		fine = (unsigned char)*c > ' ' && *c != 127;
	json_decref(text);
	return fine ||
	       upkeep_say(
		       "Give --move a whole path without blanks or invisible characters. Nothing was "
		       "done.");
}

static bool move_into(const struct upkeep_place *host, const char *place, const struct stat *folder,
	const char *file, const char *part, int out, const struct upkeep_how *how)
{
	struct ferry ferry = {
		.host = host, .place = place, .file = file, .part = part, .folder = folder};
	struct store_head left = {0};
	bool kept = false, done = can_be_named(file) && ferry_over(&ferry, out, &kept, &left);

	if (!done && !kept) {
		(void)unlink(part);
	} else if (!done) {
		(void)upkeep_say("It is not known if the store has left. %s has all of it. If the "
			"verifier starts here, remove that file. If it says that the store was moved, "
			"run stepup backup --move once more.",
			part);
	} else if (rename(part, file) != 0 || !upkeep_sync_folder(file)) {
		done = upkeep_say(
			"%s: %s. The store has left in the file %s. Rename that "
			"file.", file, strerror(errno), part);
	} else {
		upkeep_tell(how, &left,
			"%s has the store, which left here at batch %" PRId64
			". No verifier starts with it here any more. In the new place, which needs the "
			"same master key and policy, run: stepup restore FILE. Do that in one place "
			"only. Then remove the file here and there.",
			file, left.batch);
	}
	return done;
}

bool upkeep_backup(const struct upkeep_place *host, const char *file, const struct upkeep_how *how)
{
	struct stat folder;
	char *place = upkeep_find_store(host, &folder), *part = NULL;
	bool done = false;
	int out = -1;

	if (place == NULL || asprintf(&part, "%s.part", file) < 0)
		goto out;
	(void)unlink(part);
	out = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0) {
		(void)upkeep_say("%s: %s. Nothing was done.", part, strerror(errno));
		goto out;
	}
	if (how->move) {
		done = move_into(host, place, &folder, file, part, out, how);
		goto out;
	}
	done = fill_from_child(host, place, &folder, out);
	if (done && (rename(part, file) != 0 || !upkeep_sync_folder(file)))
		done = upkeep_say("%s: %s", file, strerror(errno));
	if (done)
		upkeep_tell(how, NULL,
			"%s has the store as it is now. Keep it apart from the master key: without that "
			"key nobody can read its secrets.",
			file);
	else
		(void)unlink(part);
out:
	if (out >= 0)
		(void)close(out);
	free(part);
	free(place);
	return done;
}
