/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program and its children, ended by SIGKILL at the Nth call that changes files or talks to another of
 * them; for moving.py. KILLED_AT: N, from 1 on; 0 for never. KILLED_AT_ALONE: only the one that makes that
 * call ends; else none of them makes any such call any more. KILLED_AT_TRACE: a file that gets a line for
 * each call.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILL_SIZE 65536 /* zeros for a write-ahead log, and copied files: one like the other */

static struct shared {
	_Atomic long calls;
} * shared;
static long killed_at;
static bool alone;
static int trace = -1;

__attribute__((constructor)) static void begin(void)
{
	const char *number = getenv("KILLED_AT"), *path = getenv("KILLED_AT_TRACE");

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		abort();
	killed_at = number != NULL ? atol(number) : 0;
	alone = getenv("KILLED_AT_ALONE") != NULL;
	if (path != NULL)
		trace = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

/* Before the call is made. */
static void step(const char *call, const char *what)
{
	long number = atomic_fetch_add(&shared->calls, 1) + 1;

	if (trace >= 0)
		dprintf(trace, "%ld %s %s\n", number, call, what);
	if (number == killed_at || (number > killed_at && killed_at > 0 && !alone))
		(void)kill(getpid(), SIGKILL);
}

static void step_on(const char *call, int fd)
{
	char link[64], path[PATH_MAX] = "";

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	(void)!readlink(link, path, sizeof(path) - 1);
	if (strstr(path, "-shm") == NULL) /* made anew at each opening */
		step(call, path);
}

#define SHOWN __attribute__((visibility("default")))

/* The C library's own; the program's are ours. */
static void *next_of(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

SHOWN int fsync(int fd)
{
	int (*next)(int) = (int (*)(int))(uintptr_t)next_of("fsync");

	step_on("fsync", fd);
	return next(fd);
}

SHOWN int fdatasync(int fd)
{
	int (*next)(int) = (int (*)(int))(uintptr_t)next_of("fdatasync");

	step_on("fdatasync", fd);
	return next(fd);
}

SHOWN int rename(const char *from, const char *to)
{
	int (*next)(const char *, const char *) =
		(int (*)(const char *, const char *))(uintptr_t)next_of("rename");

	step("rename", to);
	return next(from, to);
}

SHOWN int unlink(const char *path)
{
	int (*next)(const char *) = (int (*)(const char *))(uintptr_t)next_of("unlink");

	if (access(path, F_OK) == 0)
		step("unlink", path);
	return next(path);
}

typedef ssize_t write_at(int fd, const void *bytes, size_t size, off64_t at);

static ssize_t write_step(int fd, const void *bytes, size_t size, off64_t at)
{
	write_at *next = (write_at *)(uintptr_t)next_of("pwrite64");

	if (size < FILL_SIZE)
		step_on("pwrite", fd);
	return next(fd, bytes, size, at);
}

SHOWN ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
	return write_step(fd, bytes, size, at);
}

SHOWN ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	return write_step(fd, bytes, size, at);
}

SHOWN ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
	const char word[2] = {size == 1 ? *(const char *)bytes : '-', '\0'};
	ssize_t (*next)(int, const void *, size_t, int) =
		(ssize_t(*)(int, const void *, size_t, int))(uintptr_t)next_of("send");

	step("send", word);
	return next(fd, bytes, size, flags);
}
