/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening files that security rests on: regular, not a link, one name only, owned by root or by this process,
 * and neither the file nor any folder above it writable by others (sticky folders owned by root are fine).
 * Layer: lib/base/, libc only.
 */
#ifndef STEPUP_LIB_SAFE_FILE_H
#define STEPUP_LIB_SAFE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/base/error.h"

enum safe_file_rule {
	SAFE_FILE_PUBLIC = 0,      /* others may read, nobody else may write */
	SAFE_FILE_SECRET = 1 << 0, /* group and others may not even read */
};

/* Opens for reading. STEPUP_UNSAFE_FILE, STEPUP_NOT_FOUND or STEPUP_IO otherwise; a sentence saying
 * what is wrong and how to mend it goes to `*why` (the caller frees; NULL where there is no memory).
 * `*fd` is close-on-exec. */
enum stepup_error safe_file_open(const char *path, int rules, int *fd, char **why);

/* The same, and reads it whole: at most `limit` bytes, NUL-terminated; wipe and free.
 * STEPUP_TOO_LONG beyond that. */
enum stepup_error safe_file_read(const char *path, int rules, size_t limit, char **bytes, size_t *size,
	char **why);

/* Reads a file whole without asking whose it is, following links: for people who look at a configuration,
 * never for what acts on it. */
enum stepup_error unsafe_file_read(const char *path, size_t limit, char **bytes, size_t *size, char **why);

/* Checks a folder like a file's parents: owned by root or this process, not writable by others, no link. */
enum stepup_error safe_folder_check(const char *path, char **why);

/* Replaces a file: temporary name, mode, write, fsync, rename, fsync of the folder. Either the old or the new
 * content stands after a crash. */
enum stepup_error safe_file_replace(const char *path, const void *bytes, size_t size, mode_t mode);

#endif
