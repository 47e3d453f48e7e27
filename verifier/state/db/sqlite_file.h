/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SQLite's files, read and filled without the library: what a database's header says (db_check_file of db.h),
 * what is said of one that can't be taken, and its write-ahead log at full size.
 * Layer: verifier/state/db/, for db_sqlite.c and sqlite_check.c.
 */
#ifndef STEPUP_VERIFIER_SQLITE_FILE_H
#define STEPUP_VERIFIER_SQLITE_FILE_H

#include <sys/types.h>

#include "lib/base/error.h"
#include "verifier/state/db/db.h"

#define SQLITE_FILE_APPLICATION 0x53745570 /* "StUp" */
#define SQLITE_FILE_PAGE_SIZE 4096
#define SQLITE_FRAME_SIZE (SQLITE_FILE_PAGE_SIZE + 24) /* of the write-ahead log */
#define SQLITE_LOG_FULL_SIZE (8 * 1024 * 1024)

/* Say so in `*why`, once; STEPUP_INVALID and STEPUP_CORRUPT. */
enum stepup_error sqlite_file_is_newer(const char *place, char **why);
enum stepup_error sqlite_file_is_torn(const char *place, char **why);

/* A connection to a database that nobody else has, without a write-ahead log: whatever it did, nothing
 * is left beside it. */
enum stepup_error db_open_alone(const char *place, struct db **db);

/* Brings a log of `from` bytes to its full size. Zeros make no frame, so adding them after whatever is there
 * changes nothing but the file's size. */
enum stepup_error sqlite_log_fill(int fd, off_t from);

/* Writes what the log holds once more, as it is, and syncs it; db_settle_log of db.h is this by the
 * database's name. */
enum stepup_error sqlite_log_rewrite(int fd);

#endif
