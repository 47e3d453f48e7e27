/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of a policy, from the disk or kept; see policy_files.h. */
#include "verifier/rules/trust/policy_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/safe_file.h"
#include "verifier/state/records/pack.h"

#define FILES_FORMAT 1

struct policy_files {
	bool on_disk, trusted;
	struct policy_source all[POLICY_FILES_MAX]; /* owned */
	size_t count;
};

static enum stepup_error files_say(char **why, enum stepup_error error, const char *path,
	const char *sentence)
{
	if (*why == NULL && asprintf(why, "%s: %s", path, sentence) < 0)
		*why = NULL;
	return error;
}

struct policy_files *policy_files_on_disk(bool trusted)
{
	struct policy_files *files = calloc(1, sizeof(*files));

	if (files != NULL) {
		files->on_disk = true;
		files->trusted = trusted;
	}
	return files;
}

bool policy_files_are_trusted(const struct policy_files *files)
{
	return files->trusted;
}

void policy_files_free(struct policy_files **files)
{
	if (*files == NULL)
		return;
	for (size_t i = 0; i < (*files)->count; i++) {
		free((void *)(uintptr_t)(*files)->all[i].file);
		free((void *)(uintptr_t)(*files)->all[i].bytes);
	}
	free(*files);
	*files = NULL;
}

const struct policy_source *policy_files_first(const struct policy_files *files)
{
	return files->count == 0 ? NULL : &files->all[0];
}

static const struct policy_source *files_find(const struct policy_files *files, const char *path)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->all[i].file, path) == 0)
			return &files->all[i];
	return NULL;
}

/* Takes both over, also where it fails. */
static enum stepup_error files_add(struct policy_files *files, char *path, char *bytes, size_t size)
{
	if (path == NULL || bytes == NULL || files->count == POLICY_FILES_MAX) {
		enum stepup_error error = path == NULL || bytes == NULL ? STEPUP_NO_MEMORY : STEPUP_TOO_LONG;

		free(path);
		free(bytes);
		return error;
	}
	files->all[files->count++] = (struct policy_source){.file = path, .bytes = bytes, .size = size};
	return STEPUP_OK;
}

enum stepup_error policy_files_read(struct policy_files *files, const char *path, size_t limit,
	const struct policy_source **source, char **why)
{
	char *bytes = NULL;
	size_t size = 0;
	enum stepup_error error;

	*source = files_find(files, path);
	if (*source != NULL)
		return (*source)->size <= limit ? STEPUP_OK : STEPUP_TOO_LONG;
	if (!files->on_disk)
		return files_say(why, STEPUP_NOT_FOUND, path, "is not among the files that were kept.");
	error = files->trusted ? safe_file_read(path, SAFE_FILE_PUBLIC, limit, &bytes, &size, why)
		: unsafe_file_read(path, limit, &bytes, &size, why);
	if (error != STEPUP_OK)
		return error;
	error = files_add(files, strdup(path), bytes, size);
	if (error == STEPUP_TOO_LONG)
		(void)files_say(why, error, path,
			"there are more files than can be read; put some together.");
	if (error == STEPUP_OK)
		*source = &files->all[files->count - 1];
	return error;
}

/* --- folders --- */

static bool has_ending(const char *name, const char *ending)
{
	size_t length = strlen(name), end = strlen(ending);

	return name[0] != '.' && length > end && strcmp(name + length - end, ending) == 0;
}

static int compare_bytewise(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum stepup_error files_add_path(struct policy_paths *paths, char *path)
{
	char **more = path == NULL ? NULL : reallocarray(paths->all, paths->count + 1, sizeof(*more));

	if (more == NULL) {
		free(path);
		return STEPUP_NO_MEMORY;
	}
	paths->all = more;
	more[paths->count++] = path;
	return STEPUP_OK;
}

static enum stepup_error list_kept(const struct policy_files *files, const char *folder, const char *ending,
	struct policy_paths *paths)
{
	size_t length = strlen(folder);
	enum stepup_error error = STEPUP_OK;

	for (size_t i = 0; error == STEPUP_OK && i < files->count; i++) {
		const char *file = files->all[i].file;

		if (strncmp(file, folder, length) == 0 && file[length] == '/' &&
		    strchr(file + length + 1, '/') == NULL && has_ending(file + length + 1, ending))
			error = files_add_path(paths, strdup(file));
	}
	return error == STEPUP_OK && paths->count == 0 ? STEPUP_NOT_FOUND : error;
}

static enum stepup_error list_disk(const struct policy_files *files, const char *folder, const char *ending,
	struct policy_paths *paths, char **why)
{
	enum stepup_error error = files->trusted ? safe_folder_check(folder, why) : STEPUP_OK;
	struct dirent *entry;
	DIR *open;

	if (error != STEPUP_OK)
		return error;
	open = opendir(folder);
	if (open == NULL)
		return files_say(why, errno == ENOENT ? STEPUP_NOT_FOUND : errno == ENOMEM ? STEPUP_NO_MEMORY
			: STEPUP_IO, folder, strerror(errno));
	while (error == STEPUP_OK) {
		char *path = NULL;

		errno = 0;
		entry = readdir(open);
		if (entry == NULL && errno != 0)
			error = files_say(why, STEPUP_IO, folder, strerror(errno));
		if (entry == NULL)
			break;
		if (!has_ending(entry->d_name, ending))
			continue;
		if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0)
			path = NULL;
		error = files_add_path(paths, path);
	}
	(void)closedir(open);
	return error;
}

enum stepup_error policy_files_list(struct policy_files *files, const char *folder, const char *ending,
	struct policy_paths *paths, char **why)
{
	enum stepup_error error;

	*paths = (struct policy_paths){0};
	error = files->on_disk ? list_disk(files, folder, ending, paths, why)
		: list_kept(files, folder, ending, paths);
	if (error == STEPUP_OK && paths->count > 1)
		qsort(paths->all, paths->count, sizeof(*paths->all), compare_bytewise);
	return error;
}

void policy_paths_free(struct policy_paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		free(paths->all[i]);
	free(paths->all);
	*paths = (struct policy_paths){0};
}

/* --- kept --- */

enum stepup_error policy_files_pack(const struct policy_files *files, const char *apart, uint8_t **bytes,
	size_t *size)
{
	struct pack_writer writer = {0};
	size_t count = 0, total = 0;

	for (size_t i = 0; i < files->count; i++)
		if (apart == NULL || strcmp(files->all[i].file, apart) != 0) {
			count++;
			total += files->all[i].size;
		}
	if (total > POLICY_FILES_BYTES_MAX)
		return STEPUP_TOO_LONG;
	pack_u8(&writer, FILES_FORMAT);
	pack_i64(&writer, (int64_t)count);
	for (size_t i = 0; i < files->count; i++) {
		const struct policy_source *source = &files->all[i];

		if (apart != NULL && strcmp(source->file, apart) == 0)
			continue;
		pack_text(&writer, source->file);
		pack_i64(&writer, (int64_t)source->size);
		pack_raw(&writer, source->bytes, source->size);
	}
	return pack_finish(&writer, bytes, size);
}

static enum stepup_error unpack_file(struct pack_reader *reader, struct policy_files *files)
{
	char path[4096], *bytes;
	int64_t size;

	unpack_text(reader, path, sizeof(path));
	size = unpack_i64(reader);
	if (reader->broken || size < 0 || (uint64_t)size > reader->left)
		return STEPUP_CORRUPT;
	bytes = malloc((size_t)size + 1);
	if (bytes != NULL) {
		unpack_raw(reader, bytes, (size_t)size);
		bytes[size] = '\0';
	}
	return files_add(files, strdup(path), bytes, (size_t)size);
}

enum stepup_error policy_files_unpack(const uint8_t *bytes, size_t size, struct policy_files **files)
{
	struct pack_reader reader = {.bytes = bytes, .left = size};
	struct policy_files *made = calloc(1, sizeof(*made));
	enum stepup_error error = made == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
	int64_t count = 0;

	*files = NULL;
	if (error == STEPUP_OK && unpack_u8(&reader) != FILES_FORMAT)
		error = STEPUP_CORRUPT;
	if (error == STEPUP_OK) {
		count = unpack_i64(&reader);
		made->trusted = true; /* they were when they were kept */
	}
	if (error == STEPUP_OK && (count < 1 || count > POLICY_FILES_MAX))
		error = STEPUP_CORRUPT;
	for (int64_t i = 0; error == STEPUP_OK && i < count; i++)
		error = unpack_file(&reader, made);
	if (error == STEPUP_OK)
		error = unpack_finish(&reader);
	if (error == STEPUP_OK) {
		*files = made;
		made = NULL;
	}
	policy_files_free(&made);
	return error == STEPUP_TOO_LONG ? STEPUP_CORRUPT : error;
}
