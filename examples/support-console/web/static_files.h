/* SPDX-License-Identifier: BSD-2-Clause */
/* The few files that go to browsers as they are, read once at the start: no request ever
 * names a path on disk. */
#ifndef CONSOLE_STATIC_FILES_H
#define CONSOLE_STATIC_FILES_H

#include <stddef.h>

struct static_file {
	const char *name;
	const char *type;
	char *bytes;
	size_t size;
};

struct static_files;

/* Reads the files of the folder; NULL with a sentence in `why` where one is missing. */
struct static_files *static_files_load(const char *folder, char *why, size_t why_size);
void static_files_free(struct static_files **files);

/* The file of that name, NULL where there is none. */
const struct static_file *static_files_get(const struct static_files *files, const char *name);

#endif
