/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The failing disk. Each function does the real thing by a raw system call where no fault is due.
 */
#include "tests/unit/store/disk_faults.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define INTERPOSED __attribute__((visibility("default")))

static _Atomic int fault, first, last, calls, syncs;
static _Atomic bool failed;
static bool stalled;
static pthread_mutex_t stall_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t stall_over = PTHREAD_COND_INITIALIZER;

void disk_fail(enum disk_fault kind, int number, int times)
{
	disk_forget();
	first = number;
	last = times == 0 ? 0x7fffffff : number + times - 1;
	fault = kind;
}

void disk_forget(void)
{
	fault = DISK_FINE;
	calls = 0;
	syncs = 0;
	failed = false;
}

int disk_syncs(void)
{
	return syncs;
}

bool disk_has_failed(void)
{
	return failed;
}

void disk_stall(bool set)
{
	pthread_mutex_lock(&stall_lock);
	stalled = set;
	pthread_cond_broadcast(&stall_over);
	pthread_mutex_unlock(&stall_lock);
}

/* Whether this call is one that fails. */
static bool due(bool sync)
{
	int kind = fault, number;

	if (kind == DISK_FINE || (kind == DISK_SYNC_FAILS) != sync)
		return false;
	number = ++calls;
	if (number < first || number > last)
		return false;
	failed = true;
	return true;
}

static ssize_t faulty_write(int fd, const void *bytes, size_t size, off_t at)
{
	static const int codes[DISK_FAULT_COUNT] = {0, ENOSPC, EIO, EROFS, ENOSPC, 0};

	if (!due(false))
		return syscall(SYS_pwrite64, fd, bytes, size, at);
	if (fault == DISK_SHORT_WRITE && size > 1)
		/* whoever goes on with the rest fails next */
		return syscall(SYS_pwrite64, fd, bytes, size / 2, at);
	errno = codes[fault];
	return -1;
}

static int faulty_sync(int fd, long call)
{
	syncs++;
	pthread_mutex_lock(&stall_lock);
	while (stalled)
		pthread_cond_wait(&stall_over, &stall_lock);
	pthread_mutex_unlock(&stall_lock);
	if (due(true)) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(call, fd);
}

INTERPOSED ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at);
INTERPOSED ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at);
INTERPOSED int fdatasync(int fd);
INTERPOSED int fsync(int fd);

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	return faulty_write(fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at)
{
	return faulty_write(fd, bytes, size, at);
}

int fdatasync(int fd)
{
	return faulty_sync(fd, SYS_fdatasync);
}

int fsync(int fd)
{
	return faulty_sync(fd, SYS_fsync);
}
