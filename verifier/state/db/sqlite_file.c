/* SPDX-License-Identifier: BSD-2-Clause */
/* SQLite's files, read and filled without the library. */
#include "verifier/state/db/sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verifier/state/db/db.h"

static enum stepup_error sqlite_file_say(char **why, enum stepup_error error, const char *place,
	const char *what)
{
	if (*why == NULL && asprintf(why, "Store %s: %s.", place, what) < 0)
		*why = NULL;
	return error;
}

static uint32_t big_endian(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

enum stepup_error sqlite_file_is_newer(const char *place, char **why)
{
	return sqlite_file_say(why, STEPUP_INVALID, place,
		"was written by a newer version of this program. Nothing was changed."
		" Install that version again, or restore the backup made before it was installed");
}

enum stepup_error sqlite_file_is_torn(const char *place, char **why)
{
	return sqlite_file_say(why, STEPUP_CORRUPT, place,
		"is damaged. Nothing was changed. Restore it from a backup (stepup restore)");
}

/* The header's places: https://www.sqlite.org/fileformat2.html section 1.3. */
enum stepup_error db_check_file(const char *place, int fd, int schema, char **why)
{
	uint8_t header[100];
	ssize_t got = pread(fd, header, sizeof(header), 0);

	if (got < 0)
		return sqlite_file_say(why, STEPUP_IO, place, "can't be read");
	if (got == 0)
		return STEPUP_NOT_FOUND;
	if ((size_t)got < sizeof(header) || memcmp(header, "SQLite format 3", 16) != 0)
		return sqlite_file_say(why, STEPUP_CORRUPT, place,
			"is not a database. Nothing was changed. Restore it from a backup (stepup restore),"
			" or move it away to begin anew");
	if (big_endian(header + 68) != SQLITE_FILE_APPLICATION)
		return sqlite_file_say(why, STEPUP_CORRUPT, place,
			"is another program's database. Nothing was changed. Name another place");
	if (big_endian(header + 60) > (uint32_t)schema)
		return sqlite_file_is_newer(place, why);
	return STEPUP_OK;
}

/* The log's format: https://www.sqlite.org/fileformat2.html section 4.1. Frames that were written since the
 * log was last begun repeat its salts. */
#define LOG_HEADER_SIZE 32
#define LOG_SALTS_AT 16   /* in the header */
#define FRAME_SALTS_AT 8  /* in a frame's header */
#define SALTS_SIZE 8

static bool sqlite_file_read_all(int fd, void *bytes, size_t size, off_t at)
{
	ssize_t n = pread(fd, bytes, size, at);

	return n >= 0 && (size_t)n == size;
}

static bool write_again(int fd, const void *bytes, size_t size, off_t at)
{
	return pwrite(fd, bytes, size, at) == (ssize_t)size;
}

enum stepup_error sqlite_log_rewrite(int fd)
{
	uint8_t header[LOG_HEADER_SIZE], frame[SQLITE_FRAME_SIZE];
	off_t at = LOG_HEADER_SIZE;

	if (!sqlite_file_read_all(fd, header, sizeof(header), 0))
		return STEPUP_OK; /* shorter than a log that holds anything */
	if (!write_again(fd, header, sizeof(header), 0))
		return STEPUP_IO;
	for (; sqlite_file_read_all(fd, frame, sizeof(frame), at) &&
		memcmp(frame + FRAME_SALTS_AT, header + LOG_SALTS_AT, SALTS_SIZE) == 0;
		at += SQLITE_FRAME_SIZE)
		if (!write_again(fd, frame, sizeof(frame), at))
			return STEPUP_IO;
	return fsync(fd) == 0 ? STEPUP_OK : STEPUP_IO;
}

enum stepup_error db_settle_log(const char *place)
{
	char *path = NULL;
	enum stepup_error error = STEPUP_OK;
	int fd;

	if (asprintf(&path, "%s-wal", place) < 0)
		return STEPUP_NO_MEMORY;
	fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT)
		error = STEPUP_IO;
	if (fd >= 0) {
		error = sqlite_log_rewrite(fd);
		(void)close(fd);
	}
	free(path);
	return error;
}

enum stepup_error sqlite_log_fill(int fd, off_t from)
{
	static const char zeros[65536];
	off_t size = from;

	while (size < SQLITE_LOG_FULL_SIZE) {
		ssize_t put = pwrite(fd, zeros, sizeof(zeros), size);

		if (put <= 0)
			break;
		size += put;
	}
	if (size >= SQLITE_LOG_FULL_SIZE && fsync(fd) == 0)
		return STEPUP_OK;
	return ftruncate(fd, from) == 0 ? STEPUP_OK : STEPUP_IO; /* slower commits, that is all */
}
