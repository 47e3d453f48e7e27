/* SPDX-License-Identifier: BSD-2-Clause */
/* The doors' sockets; see sockets.h. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "verifier/server/sockets.h"
#include "lib/base/safe_file.h"
#include "verifier/host/journal.h"
#include "verifier/server/door.h"

static const struct socket_kind {
	const char *name; /* also the FileDescriptorName of its systemd unit */
	const char *group; /* NULL: everybody */
	const struct door *door;
} kinds[SOCKET_COUNT] = {
	[SOCKET_VERIFY] = { "verify", NULL, &door_verify },
	[SOCKET_ADMIN] = { "admin", SOCKETS_ADMIN_GROUP, &door_admin },
	[SOCKET_REDEEM] = { "redeem", SOCKETS_REDEEM_GROUP, &door_redeem },
	[SOCKET_HOOKS] = { "hooks", SOCKETS_HOOKS_GROUP, &door_hooks },
};

const struct door *sockets_door(int which)
{
	return kinds[which].door;
}

/* Words a refusal; always returns `error`. */
__attribute__((format(printf, 3, 4))) static enum stepup_error refuse(char **why, enum stepup_error error,
	const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(why, format, arguments) < 0)
		*why = NULL;
	va_end(arguments);
	return error;
}

/* --- handed over by systemd --- */

/* An activated socket that anybody may connect to, where its door is not for anybody. */
static enum stepup_error check_width(int fd, const struct socket_kind *kind, char **why)
{
	struct sockaddr_un address = { 0 };
	socklen_t size = sizeof(address);
	struct stat status;

	if (kind->group == NULL)
		return STEPUP_OK;
	if (getsockname(fd, (struct sockaddr *)&address, &size) != 0 ||
	    size <= offsetof(struct sockaddr_un, sun_path) || address.sun_path[0] == '\0' ||
	    stat(address.sun_path, &status) != 0)
		return refuse(why, STEPUP_UNSAFE_FILE, "the socket passed for the %s door has no path whose "
			"mode could be checked: give it one with SocketMode=0660", kind->name);
	if ((status.st_mode & S_IWOTH) != 0) /* connect(2) asks for write permission, unix(7) */
		return refuse(why, STEPUP_UNSAFE_FILE, "%s is open to everybody (mode %04o): "
			"set SocketMode=0660 and SocketGroup=%s in its unit",
			address.sun_path, (unsigned)(status.st_mode & 07777), kind->group);
	return STEPUP_OK;
}

static enum stepup_error take_activated(struct sockets *sockets, int fd, const char *name, char **why)
{
	for (int i = 0; i < SOCKET_COUNT; i++) {
		int flags = fcntl(fd, F_GETFL);

		if (strcmp(kinds[i].name, name) != 0)
			continue;
		if (sockets->fds[i] >= 0)
			return refuse(why, STEPUP_INVALID,
				"two sockets were passed for the %s door: pass one", name);
		if (sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) <= 0)
			return refuse(why, STEPUP_INVALID,
				"what was passed for the %s door is not a listening unix stream socket: "
				"use ListenStream=%s/%s.sock", name, STEPUP_RUNDIR, name);
		/* Listening again makes this process, not systemd, the one that callers see
		 * behind the socket. */
		if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
		    listen(fd, SOCKETS_BACKLOG) != 0)
			return refuse(why, STEPUP_IO, "cannot listen on the %s door's socket: %s", name,
				strerror(errno));
		sockets->fds[i] = fd;
		return check_width(fd, &kinds[i], why);
	}
	return refuse(why, STEPUP_INVALID, "a socket named \"%s\" was passed, but the doors are verify, "
		"admin, redeem and hooks: set FileDescriptorName= in its unit", name);
}

static enum stepup_error sockets_take(struct sockets *sockets, int count, char **names, char **why)
{
	enum stepup_error result = STEPUP_OK;

	for (int i = 0; i < count && result == STEPUP_OK; i++)
		result = take_activated(sockets, SD_LISTEN_FDS_START + i, names[i], why);
	for (int i = 0; i < SOCKET_COUNT && result == STEPUP_OK; i++) {
		if (sockets->fds[i] < 0)
			journal_line(LOG_WARNING, "warning",
				"no socket was passed for the %s door, so it is not served", kinds[i].name);
	}
	return result;
}

/* --- our own --- */

static enum stepup_error run_dir_open(struct sockets *sockets, char **why)
{
	char *path = NULL;
	bool made;
	enum stepup_error result;

	made = mkdir(sockets->run_dir, 0755) == 0;
	if (!made && errno != EEXIST)
		return refuse(why, STEPUP_IO, "cannot make the run folder %s: %s", sockets->run_dir,
			strerror(errno));
	if (made && chmod(sockets->run_dir, 0755) != 0) /* the umask took what callers need */
		return refuse(why, STEPUP_IO, "cannot set the mode of %s: %s", sockets->run_dir,
			strerror(errno));
	result = safe_folder_check(sockets->run_dir, why);
	if (result != STEPUP_OK)
		return result;
	if (asprintf(&path, "%s/stepupd.lock", sockets->run_dir) < 0)
		return STEPUP_NO_MEMORY;
	sockets->lock_fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
	if (sockets->lock_fd < 0)
		result = refuse(why, STEPUP_IO, "cannot open %s: %s", path, strerror(errno));
	else if (flock(sockets->lock_fd, LOCK_EX | LOCK_NB) != 0)
		result = refuse(why, STEPUP_EXISTS,
			"another stepupd serves in %s: stop it first, or give this one another --run-dir",
			sockets->run_dir);
	free(path);
	return result;
}

/* Whether a name may be taken: free, or a socket that nobody listens on any more. */
static enum stepup_error name_is_free(const struct sockaddr_un *address, char **why)
{
	struct stat status;
	int fd, r;

	if (lstat(address->sun_path, &status) != 0)
		return errno == ENOENT ? STEPUP_OK
			: refuse(why, STEPUP_IO, "cannot look at %s: %s", address->sun_path, strerror(errno));
	if (!S_ISSOCK(status.st_mode))
		return refuse(why, STEPUP_UNSAFE_FILE,
			"%s is in the way and is not a socket: look what it is, and remove it",
			address->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return refuse(why, STEPUP_IO, "cannot make a socket: %s", strerror(errno));
	r = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : errno;
	(void)close(fd);
	if (r == 0 || r == EAGAIN || r == EINPROGRESS)
		return refuse(why, STEPUP_EXISTS,
			"somebody already serves %s: stop it first, or give this one another --run-dir",
			address->sun_path);
	return STEPUP_OK;
}

/* Who may connect. A group that isn't there, or that we may not give it to, leaves the
 * socket to its owner. */
static enum stepup_error set_width(const char *path, const struct socket_kind *kind, char **why)
{
	mode_t mode = kind->group == NULL ? 0666 : 0600;
	struct group *group = kind->group != NULL ? getgrnam(kind->group) : NULL;

	if (group != NULL && lchown(path, (uid_t)-1, group->gr_gid) == 0)
		mode = 0660;
	else if (group != NULL)
		journal_line(LOG_WARNING, "warning",
			"cannot give the %s door to the group %s (%s), so only its owner and root can use it",
			kind->name, kind->group, strerror(errno));
	else if (kind->group != NULL)
		journal_line(LOG_WARNING, "warning",
			"there is no group %s, so only the owner and root can use the %s door", kind->group,
			kind->name);
	if (chmod(path, mode) != 0)
		return refuse(why, STEPUP_IO, "cannot set the mode of %s: %s", path, strerror(errno));
	return STEPUP_OK;
}

static enum stepup_error path_fill(struct sockaddr_un *address, const char *run_dir, const char *name,
	const char *end, char **why)
{
	int length;

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	length = snprintf(address->sun_path, sizeof(address->sun_path), "%s/%s.sock%s", run_dir, name, end);
	if (length < 0 || (size_t)length >= sizeof(address->sun_path))
		return refuse(why, STEPUP_TOO_LONG,
			"%s is too long for a socket's path: give a shorter --run-dir", run_dir);
	return STEPUP_OK;
}

static enum stepup_error socket_make(struct sockets *sockets, int which, char **why)
{
	const struct socket_kind *kind = &kinds[which];
	struct sockaddr_un address, making;
	enum stepup_error result;
	int fd;

	result = path_fill(&address, sockets->run_dir, kind->name, "", why);
	if (result == STEPUP_OK)
		result = path_fill(&making, sockets->run_dir, kind->name, ".new", why);
	if (result == STEPUP_OK)
		result = name_is_free(&address, why);
	if (result == STEPUP_OK)
		result = name_is_free(&making, why);
	if (result != STEPUP_OK)
		return result;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return refuse(why, STEPUP_IO, "cannot make a socket: %s", strerror(errno));
	sockets->fds[which] = fd;
	(void)unlink(making.sun_path);
	if (bind(fd, (struct sockaddr *)&making, sizeof(making)) != 0)
		return refuse(why, STEPUP_IO, "cannot make %s: %s", making.sun_path, strerror(errno));
	result = set_width(making.sun_path, kind, why);
	if (result != STEPUP_OK)
		return result;
	if (listen(fd, SOCKETS_BACKLOG) != 0 || rename(making.sun_path, address.sun_path) != 0)
		return refuse(why, STEPUP_IO, "cannot serve %s: %s", address.sun_path, strerror(errno));
	return STEPUP_OK;
}

static enum stepup_error sockets_make(struct sockets *sockets, char **why)
{
	enum stepup_error result = run_dir_open(sockets, why);

	sockets->own = result == STEPUP_OK;
	for (int i = 0; i < SOCKET_COUNT && result == STEPUP_OK; i++)
		result = socket_make(sockets, i, why);
	return result;
}

enum stepup_error sockets_open(const char *run_dir, struct sockets *sockets, char **why)
{
	enum stepup_error result = STEPUP_OK;
	char **names = NULL;
	int count;

	*sockets = (struct sockets){ .fds = { -1, -1, -1, -1 }, .lock_fd = -1, .run_dir = strdup(run_dir) };
	if (sockets->run_dir == NULL)
		return STEPUP_NO_MEMORY;
	for (int i = 0; i < SOCKET_COUNT && result == STEPUP_OK; i++)
		result = door_check(kinds[i].door, why);
	if (result != STEPUP_OK)
		return result;
	count = sd_listen_fds_with_names(1, &names);
	if (count < 0)
		result = refuse(why, STEPUP_INVALID,
			"the sockets that the service manager passes could not be taken: %s",
			strerror(-count));
	else
		result = count > 0 ? sockets_take(sockets, count, names, why) : sockets_make(sockets, why);
	for (int i = 0; names != NULL && names[i] != NULL; i++)
		free(names[i]);
	free(names);
	return result;
}

void sockets_remove(struct sockets *sockets)
{
	struct sockaddr_un address;
	char *why = NULL;

	for (int i = 0; sockets->own && i < SOCKET_COUNT; i++) {
		if (sockets->fds[i] >= 0 &&
		    path_fill(&address, sockets->run_dir, kinds[i].name, "", &why) == STEPUP_OK)
			(void)unlink(address.sun_path);
		free(why);
		why = NULL;
	}
	sockets->own = false;
}

void sockets_close(struct sockets *sockets)
{
	if (sockets->lock_fd >= 0)
		(void)close(sockets->lock_fd);
	sockets->lock_fd = -1;
	free(sockets->run_dir);
	sockets->run_dir = NULL;
}
