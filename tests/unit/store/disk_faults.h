/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk that counts and fails: the program's own pwrite, fdatasync and fsync, which SQLite's library uses
 * too because a program's symbols come before a library's.
 */
#ifndef STEPUP_TESTS_UNIT_DISK_FAULTS_H
#define STEPUP_TESTS_UNIT_DISK_FAULTS_H

#include <stdbool.h>

enum disk_fault {
	DISK_FINE,
	DISK_NO_SPACE,    /* writes fail with ENOSPC */
	DISK_IO_ERROR,    /* writes fail with EIO */
	DISK_READ_ONLY,   /* writes fail with EROFS */
	DISK_SHORT_WRITE, /* a write writes half of its bytes, the rest fails with ENOSPC */
	DISK_SYNC_FAILS,  /* syncs fail with EIO, having written nothing */
	DISK_FAULT_COUNT,
};

/* From the `number`th call of the kind on (1 is the next), `times` calls fail; 0 times for ever. */
void disk_fail(enum disk_fault fault, int number, int times);

/* How many syncs of any file since the last disk_fail or disk_forget. */
int disk_syncs(void);
bool disk_has_failed(void);
void disk_forget(void);

/* Syncs wait while this is set: a stalled disk. */
void disk_stall(bool stalled);

#endif
