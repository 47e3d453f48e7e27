/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stepup init: from an installed package to the first administrator's invitation. Makes what is missing and
 * keeps what is there.
 * MUST: never replace a master key; never show it; leave nothing behind that others can read or write.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/json_wipe.h"
#include "lib/base/safe_file.h"
#include "lib/base/wipe.h"
#include "lib/wire/shared_limits.h"
#include "tools/stepup/calls/doors.h"
#include "tools/stepup/commands/starting_conf.h"
#include "tools/stepup/shell/commands.h"
#include "tools/stepup/shell/output.h"

#define MASTER_KEY_BYTES 32
#define USER_MAX 256
#define OWN_GROUPS_MAX 1024

struct setup {
	const struct invocation *invocation;
	const char *config_dir, *state_dir;
	struct passwd owner; /* of the state; its texts are borrowed from nowhere: only the ids are used */
	bool owner_given;
	json_t *made;        /* what was made, for --json */
};

static void tell_made(const struct setup *setup, const char *path, const char *what)
{
	if (option_given(setup->invocation, OPTION_JSON))
		(void)json_array_append_new(setup->made, json_string(path));
	else
		printf("made  %s  (%s)\n", path, what);
}

/* Whom the verifier runs as. */
static enum exit_status find_owner(struct setup *setup)
{
	const char *name = option_text(setup->invocation, OPTION_OWNER, NULL);
	const struct passwd *found = getpwnam(name != NULL ? name : "stepup");

	setup->owner_given = name != NULL;
	if (found == NULL && name != NULL)
		return complain_failure(STEPUP_NOT_FOUND, "There is no user %s. Nothing was done.", name);
	if (found != NULL)
		setup->owner = *found;
	return EXIT_DONE;
}

/* Gives a folder that was just made its mode and owner. */
static enum exit_status settle_folder(const struct setup *setup, const char *path, mode_t mode, bool of_owner,
	const char *what)
{
	if (chmod(path, mode) != 0 ||
		(of_owner && lchown(path, setup->owner.pw_uid, setup->owner.pw_gid) != 0))
		return complain_file(path);
	tell_made(setup, path, what);
	return EXIT_DONE;
}

/* A folder of that mode and owner; one that is there must be safe to rest on where root owns it. */
static enum exit_status make_folder(const struct setup *setup, const char *path, mode_t mode, bool of_owner,
	const char *what)
{
	struct stat status;
	char *why = NULL;

	if (mkdir(path, mode) == 0)
		return settle_folder(setup, path, mode, of_owner, what);
	if (errno != EEXIST)
		return complain_file(path);
	if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode) && of_owner &&
	    status.st_uid == setup->owner.pw_uid && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return EXIT_DONE;
	if (safe_folder_check(path, &why) != STEPUP_OK) {
		(void)complain_failure(STEPUP_UNSAFE_FILE, "%s", why != NULL ? why : "A folder is not safe.");
		free(why);
		return EXIT_REFUSED;
	}
	return EXIT_DONE;
}

/* Writes a file that isn't there yet. EEXIST in errno where it is. */
static bool write_new(const char *path, const char *text, size_t size, mode_t mode, uid_t uid, gid_t gid)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool written;
	int reason;

	if (fd < 0)
		return false;
	written = write(fd, text, size) == (ssize_t)size && fchmod(fd, mode) == 0 &&
		fchown(fd, uid, gid) == 0 && fsync(fd) == 0;
	reason = errno;
	if (close(fd) != 0)
		written = false;
	if (!written) {
		(void)unlink(path);
		errno = reason != EEXIST ? reason : EIO;
	}
	return written;
}

/* 32 random bytes as hex. root's alone: systemd hands it to the service as a credential; --owner is for
 * running without. */
static enum exit_status make_master_key(const struct setup *setup)
{
	uint8_t bytes[MASTER_KEY_BYTES];
	char text[2 * MASTER_KEY_BYTES + 2], *path = NULL;
	enum exit_status status = EXIT_DONE;

	if (asprintf(&path, "%s/master.key", setup->config_dir) < 0)
		out_of_memory();
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
		(void)complain_failure(STEPUP_IO, "No random bytes for the master key: %s.", strerror(errno));
		free(path);
		return EXIT_REFUSED;
	}
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	text[2 * MASTER_KEY_BYTES] = '\n';
	if (write_new(path, text, 2 * MASTER_KEY_BYTES + 1, 0400, setup->owner_given ? setup->owner.pw_uid
		    : 0, setup->owner_given ? setup->owner.pw_gid : 0)) {
		tell_made(setup, path,
			"keep a copy in a safe place; without it nobody can read the database");
	} else if (errno != EEXIST) {
		status = complain_file(path);
	}
	WIPE_ARRAY(bytes);
	WIPE_ARRAY(text);
	free(path);
	return status;
}

/* This host's name, in full where it is known. */
static void host_name(char name[256])
{
	if (gethostname(name, 256) != 0 || name[0] == '\0')
		(void)strcpy(name, "localhost");
	name[255] = '\0';
}

/* The starting configuration with its marks filled in; the caller frees. */
static char *starting_conf(const struct setup *setup, const char *user)
{
	char host[256], *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		out_of_memory();
	host_name(host);
	for (const char *at = starting_conf_text; *at != '\0';) {
		if (strncmp(at, "@HOST@", 6) == 0) {
			(void)fputs(host, out);
			at += 6;
		} else if (strncmp(at, "@USER@", 6) == 0) {
			(void)fprintf(out, "\"%s\"", user);
			at += 6;
		} else if (strncmp(at, "@STATEDIR@", 10) == 0) {
			(void)fputs(setup->state_dir, out);
			at += 10;
		} else {
			(void)fputc(*at++, out);
		}
	}
	if (fclose(out) != 0)
		out_of_memory();
	return text;
}

static enum exit_status make_conf(const struct setup *setup, const char *user)
{
	char *path = NULL, *text = starting_conf(setup, user);
	enum exit_status status = EXIT_DONE;

	if (asprintf(&path, "%s/stepup.conf", setup->config_dir) < 0)
		out_of_memory();
	if (write_new(path, text, strlen(text), 0644, 0, 0)) {
		tell_made(setup, path, "read it through; it names this host and the first administrator");
	} else if (errno != EEXIST) {
		status = complain_file(path);
	}
	free(path);
	free(text);
	return status;
}

/* A rule alone lets nobody administer: admin.sock is the group's. False where the directory doesn't say. */
static bool is_outside(const char *user)
{
	const struct group *door = getgrnam(ADMIN_DOOR_GROUP);
	const struct passwd *account = getpwnam(user);
	gid_t groups[OWN_GROUPS_MAX];
	int count = OWN_GROUPS_MAX;

	if (door == NULL || account == NULL || account->pw_uid == 0 ||
	    getgrouplist(user, account->pw_gid, groups, &count) < 0)
		return false;
	for (int i = 0; i < count; i++)
		if (groups[i] == door->gr_gid)
			return false;
	return true;
}

static enum exit_status print_reply(const struct setup *setup, const char *user, json_t *reply)
{
	const struct invocation *invocation = setup->invocation;
	bool json = option_given(invocation, OPTION_JSON);
	char *message;

	if (json && json_object_set(reply, "made", setup->made) != 0)
		out_of_memory();
	if (json)
		return output_json(reply);
	message = safe_text(message_text(reply, "message"));
	printf("\n%s\n", message);
	if (is_outside(user))
		printf("%s is not in the unix group " ADMIN_DOOR_GROUP " yet, which administrators need. "
			"Run this as root, and then let %s sign in again:\n\n"
			"    usermod -aG " ADMIN_DOOR_GROUP " %s\n\n", user, user, user);
	printf("Now, as %s:\n\n", user);
	print_invitation(message_text(reply, "invitation"));
	printf("\nKeep this key somewhere else. With it, `stepup log verify --key` checks later that a log "
		"is this verifier's:\n\n    %s\n", message_text(reply, "log_key"));
	free(message);
	json_wipe_free(&reply);
	return EXIT_DONE;
}

/* Where the verifier can't say that it doesn't know the account: the configuration names it by now. */
static enum exit_status say_not_running(const struct invocation *invocation, const char *user)
{
	static const char *const next = "Everything is in place, but no verifier runs yet. "
		"Start it, and then run this again for the invitation:\n\n"
		"    systemctl enable --now stepupd\n";
	enum exit_status status;
	char *sentence = NULL;

	errno = 0;
	if (getpwnam(user) != NULL || (errno != 0 && errno != ENOENT && errno != ESRCH))
		return output_error(invocation, STEPUP_UNREACHABLE, next);
	if (asprintf(&sentence, "This host has no account %s: is that the right name? %s", user, next) < 0)
		out_of_memory();
	status = output_error(invocation, STEPUP_UNREACHABLE, sentence);
	free(sentence);
	return status;
}

/* Asks the running verifier for the invitation; where none runs, says how to start it. */
static enum exit_status invite(const struct setup *setup, const char *user)
{
	const struct invocation *invocation = setup->invocation;
	struct doors doors = {.invocation = invocation};
	char path[256];
	enum exit_status status;
	json_t *reply = NULL;

	if (access(doors_path(&doors, &interface_admin, path), F_OK) != 0) {
		(void)fflush(stdout);
		return say_not_running(invocation, user);
	}
	status = doors_call(&doors, &interface_admin, "Init",
		json_pack("{s:s, s:b}", "user", user, "again", option_given(invocation, OPTION_AGAIN)),
		&reply, NULL);
	doors_close(&doors);
	return status == EXIT_DONE ? print_reply(setup, user, reply) : status;
}

/* Names go into the configuration as they are. */
static bool user_is_plain(const char *user)
{
	size_t length = strlen(user);

	return length > 0 && length <= USER_MAX && user[0] != '-' &&
		strpbrk(user, "\"\\\n\r\t ,{}()$*@'") == NULL;
}

enum exit_status command_init(const struct invocation *invocation)
{
	struct setup setup = {
		.invocation = invocation,
		.config_dir = option_text(invocation, OPTION_CONFIG_DIR, STEPUP_SYSCONFDIR),
		.state_dir = option_text(invocation, OPTION_STATE_DIR, STEPUP_STATEDIR),
	};
	const char *user = invocation->arguments[0];
	enum exit_status status;
	char *mark_dir = NULL;

	if (!user_is_plain(user)) {
		complain("\"%s\" can't be the name of a user.", user);
		return EXIT_USAGE;
	}
	if (geteuid() != 0)
		return output_error(invocation, STEPUP_NOT_ALLOWED,
			"Only root can do this. Nothing was done. Run: sudo stepup init USER");
	if (asprintf(&mark_dir, "%s-mark", setup.state_dir) < 0)
		out_of_memory();
	setup.made = json_array();
	status = find_owner(&setup);
	if (status == EXIT_DONE)
		status = make_folder(&setup, setup.config_dir, 0755, false, "the configuration");
	if (status == EXIT_DONE)
		status = make_folder(&setup, setup.state_dir, 0700, true, "the verifier's state");
	if (status == EXIT_DONE)
		status = make_folder(&setup, mark_dir, 0700, true,
			"the mark, which tells an older store from the newest; keep it out of backups");
	if (status == EXIT_DONE)
		status = make_master_key(&setup);
	if (status == EXIT_DONE)
		status = make_conf(&setup, user);
	if (status == EXIT_DONE)
		status = invite(&setup, user);
	json_decref(setup.made);
	free(mark_dir);
	return status;
}
