/* SPDX-License-Identifier: BSD-2-Clause */
/* The C library's allocator, one of whose answers is NULL. */
#include "tests/flows/starved_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

static struct starved_memory own = {.countdown = -1};
SHOWN struct starved_memory *starved_memory = &own;

#ifndef STARVED_MEMORY_SANITIZED
/* glibc's own names for what is replaced here. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static bool fails(void)
{
	if (__atomic_load_n(&starved_memory->countdown, __ATOMIC_RELAXED) < 0 ||
		__atomic_fetch_sub(&starved_memory->countdown, 1, __ATOMIC_RELAXED) != 0)
		return false;
	__atomic_fetch_add(&starved_memory->failed, 1, __ATOMIC_RELAXED);
	errno = ENOMEM;
	return true;
}

SHOWN void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

SHOWN void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

SHOWN void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}

SHOWN void *reallocarray(void *old, size_t count, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(count, size, &all) || fails()) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_realloc(old, all);
}

#endif

__attribute__((constructor)) static void share(void)
{
	const char *path = getenv("STARVED_MEMORY");
	int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
	void *page = fd < 0 ? MAP_FAILED
		: mmap(NULL, sizeof(struct starved_memory), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (page != MAP_FAILED)
		starved_memory = page;
	if (fd >= 0)
		(void)close(fd);
}
