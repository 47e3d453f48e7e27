/* SPDX-License-Identifier: BSD-2-Clause */
/* For LD_PRELOAD: a disk that keeps a commit waiting. While somebody listens at the socket HELD_DISK, each
 * sync of a write-ahead log connects there, and is made once they hang up. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char suffix[] = "-wal";

typedef int sync_file(int fd);

static int is_log(int fd)
{
	char link[64], path[4096];
	ssize_t length;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	path[length < 0 ? 0 : length] = '\0';
	return length >= (ssize_t)strlen(suffix) && strcmp(path + length - strlen(suffix), suffix) == 0;
}

static void wait_for_disk(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char byte;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		while (read(fd, &byte, 1) > 0)
			;
	if (fd >= 0)
		close(fd);
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
	sync_file *next = (sync_file *)dlsym(RTLD_NEXT, "fdatasync");
	const char *path = getenv("HELD_DISK");

	if (path != NULL && is_log(fd))
		wait_for_disk(path);
	return next(fd);
}
