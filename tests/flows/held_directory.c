/* SPDX-License-Identifier: BSD-2-Clause */
/* For LD_PRELOAD: a directory that answers no question for a name while somebody has the pipe HELD_DIRECTORY
 * open for writing. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

typedef int by_name(const char *name, struct passwd *passwd, char *buffer, size_t size,
	struct passwd **found);

__attribute__((visibility("default"))) int getpwnam_r(const char *name, struct passwd *passwd, char *buffer,
	size_t size, struct passwd **found)
{
	by_name *next = (by_name *)dlsym(RTLD_NEXT, "getpwnam_r");
	const char *path = getenv("HELD_DIRECTORY");
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	char byte;

	if (fd >= 0) {
		while (read(fd, &byte, 1) > 0)
			;
		close(fd);
	}
	return next(name, passwd, buffer, size, found);
}
