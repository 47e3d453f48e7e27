/* SPDX-License-Identifier: BSD-2-Clause */
/* Scripts, styles and the icon, kept in memory; see static_files.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "examples/support-console/web/static_files.h"

#define FILE_SIZE_MAX 262144
#define COUNT 9

struct static_files {
	struct static_file files[COUNT];
};

static const struct static_file known[COUNT] = {
	{.name = "console.css", .type = "text/css; charset=utf-8"},
	{.name = "console.js", .type = "text/javascript; charset=utf-8"},
	{.name = "stepup.js", .type = "text/javascript; charset=utf-8"},
	{.name = "keys.js", .type = "text/javascript; charset=utf-8"},
	{.name = "requests.js", .type = "text/javascript; charset=utf-8"},
	{.name = "stepup-keys.js", .type = "text/javascript; charset=utf-8"},
	{.name = "stepup.css", .type = "text/css; charset=utf-8"},
	{.name = "key.svg", .type = "image/svg+xml"},
	{.name = "icon.svg", .type = "image/svg+xml"},
};

static char *read_file(const char *folder, const char *name, size_t *size)
{
	char path[4096];
	char *bytes = NULL;
	FILE *file;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return NULL;
	file = fopen(path, "re");
	if (!file)
		return NULL;
	bytes = malloc(FILE_SIZE_MAX);
	if (bytes)
		*size = fread(bytes, 1, FILE_SIZE_MAX, file);
	if (bytes && (ferror(file) || *size == FILE_SIZE_MAX)) {
		free(bytes);
		bytes = NULL;
		errno = EFBIG;
	}
	fclose(file);
	return bytes;
}

struct static_files *static_files_load(const char *folder, char *why, size_t why_size)
{
	struct static_files *files = calloc(1, sizeof(*files));

	for (size_t i = 0; files && i < COUNT; i++) {
		struct static_file *file = &files->files[i];

		*file = known[i];
		file->bytes = read_file(folder, file->name, &file->size);
		if (!file->bytes) {
			snprintf(why, why_size, "%s/%s: %s", folder, file->name, strerror(errno));
			static_files_free(&files);
		}
	}
	return files;
}

void static_files_free(struct static_files **files)
{
	if (!*files)
		return;
	for (size_t i = 0; i < COUNT; i++)
		free((*files)->files[i].bytes);
	free(*files);
	*files = NULL;
}

const struct static_file *static_files_get(const struct static_files *files, const char *name)
{
	for (size_t i = 0; i < COUNT; i++) {
		if (!strcmp(files->files[i].name, name))
			return &files->files[i];
	}
	return NULL;
}
