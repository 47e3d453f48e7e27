/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration's files.
 * MUST: open nothing that others can write, where the policy is to be trusted; read nothing but these files; make nothing of a file that
 * policy_text.c found fault with.
 */
#include "verifier/rules/policy_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/safe_file.h"
#include "verifier/rules/policy_build.h"
#include "verifier/rules/policy_text.h"

/* --- from bytes to a policy --- */

/* The digest of all files: of their digests, in order. */
static enum stepup_error digest_sources(const struct policy_source *sources, size_t count, uint8_t digest[DIGEST_SIZE])
{
	uint8_t *each = calloc(count, DIGEST_SIZE);
	enum stepup_error error = each == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;

	for (size_t i = 0; error == STEPUP_OK && i < count; i++)
		error = digest_sha256(sources[i].bytes, sources[i].size, each + i * DIGEST_SIZE);
	if (error == STEPUP_OK)
		error = digest_sha256(each, count * DIGEST_SIZE, digest);
	free(each);
	return error;
}

static enum stepup_error read_texts(const struct policy_source *sources, size_t count, struct policy *policy, struct policy_text *texts,
	struct arena *arena, struct complaints *errors)
{
	enum stepup_error error = STEPUP_OK;

	for (size_t i = 0; error == STEPUP_OK && i < count; i++) {
		texts[i].file = arena_copy(&policy->memory, sources[i].file, strlen(sources[i].file));
		texts[i].bytes = arena_copy(arena, sources[i].bytes, sources[i].size);
		texts[i].size = sources[i].size;
		if (texts[i].file == NULL || texts[i].bytes == NULL)
			return STEPUP_NO_MEMORY;
		error = policy_text_scan(&texts[i], policy_sections, arena, errors);
	}
	return error;
}

static enum stepup_error keep_warnings(struct policy *policy)
{
	struct complaints warnings = {0};
	char **lines = NULL;
	size_t count = 0;

	policy_warn(policy, &warnings);
	if (!warnings.no_memory)
		lines = complaints_lines(&warnings);
	while (lines != NULL && lines[count] != NULL)
		count++;
	policy->warnings = lines == NULL ? NULL : arena_alloc(&policy->memory, count + 1, sizeof(*policy->warnings));
	for (size_t i = 0; i < count; i++) {
		if (policy->warnings != NULL)
			policy->warnings[i] = arena_copy(&policy->memory, lines[i], strlen(lines[i]));
		free(lines[i]);
	}
	free(lines);
	complaints_clear(&warnings);
	return policy->warnings == NULL || policy->memory.failed ? STEPUP_NO_MEMORY : STEPUP_OK;
}

enum stepup_error policy_load_sources(const struct policy_source *sources, size_t count, struct policy **policy, char **why)
{
	struct policy *made = calloc(1, sizeof(*made));
	struct policy_text *texts = calloc(count, sizeof(*texts));
	struct complaints errors = {0};
	struct arena arena = {0};
	enum stepup_error error = made == NULL || texts == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;

	*policy = NULL;
	*why = NULL;
	if (made != NULL)
		made->references = 1;
	if (error == STEPUP_OK)
		error = digest_sources(sources, count, made->digest);
	if (error == STEPUP_OK)
		error = read_texts(sources, count, made, texts, &arena, &errors);
	if (error == STEPUP_OK && errors.count == 0)
		error = policy_build(made, texts, count, &errors);
	if (error == STEPUP_OK && errors.count > 0)
		error = STEPUP_INVALID;
	if (error == STEPUP_OK)
		error = keep_warnings(made);
	if (error == STEPUP_INVALID) {
		*why = complaints_text(&errors);
		if (*why == NULL || errors.no_memory)
			error = STEPUP_NO_MEMORY;
	}
	if (error == STEPUP_OK) {
		*policy = made;
		made = NULL;
	}
	policy_release(&made);
	complaints_clear(&errors);
	arena_clear(&arena);
	free(texts);
	return error;
}

/* --- files --- */

/* The files' names and bytes, owned. */
struct files {
	struct policy_source all[POLICY_FILES_MAX];
	size_t count;
};

static void files_clear(struct files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free((void *)(uintptr_t)files->all[i].file);
		free((void *)(uintptr_t)files->all[i].bytes);
	}
	files->count = 0;
}

static enum stepup_error say(char **why, enum stepup_error error, const char *path, const char *sentence)
{
	if (*why == NULL && asprintf(why, "%s: %s", path, sentence) < 0)
		*why = NULL;
	return error;
}

static enum stepup_error add_file(struct files *files, const char *path, bool trusted, char **why)
{
	struct policy_source *source = &files->all[files->count];
	char *bytes = NULL;
	enum stepup_error error;

	if (files->count == POLICY_FILES_MAX)
		return say(why, STEPUP_TOO_LONG, path, "there are more configuration files than can be read; put some together.");
	error = trusted ? safe_file_read(path, SAFE_FILE_PUBLIC, POLICY_FILE_MAX, &bytes, &source->size, why)
			: unsafe_file_read(path, POLICY_FILE_MAX, &bytes, &source->size, why);
	if (error == STEPUP_TOO_LONG)
		(void)say(why, error, path, "is longer than 8 MiB; split it into files in stepup.conf.d.");
	if (error != STEPUP_OK)
		return error;
	source->file = strdup(path);
	source->bytes = bytes;
	files->count++;
	return source->file == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
}

static int is_drop_in(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 && strcmp(entry->d_name + length - 5, ".conf") == 0;
}

static int compare_bytewise(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static enum stepup_error add_folder(struct files *files, const char *folder, bool trusted, char **why)
{
	struct dirent **names = NULL;
	int count = scandir(folder, &names, is_drop_in, compare_bytewise);
	enum stepup_error error = STEPUP_OK;

	if (count < 0)
		return errno == ENOENT ? STEPUP_OK : say(why, STEPUP_IO, folder, strerror(errno));
	if (trusted)
		error = safe_folder_check(folder, why);
	for (int i = 0; i < count; i++) {
		char *path = NULL;

		if (error == STEPUP_OK && asprintf(&path, "%s/%s", folder, names[i]->d_name) < 0)
			error = STEPUP_NO_MEMORY;
		if (error == STEPUP_OK) {
			error = add_file(files, path, trusted, why);
			free(path);
		}
		free(names[i]);
	}
	free(names);
	return error;
}

enum stepup_error policy_load(const char *path, bool trusted, struct policy **policy, char **why)
{
	const char *slash = strrchr(path, '/');
	struct files *files = calloc(1, sizeof(*files));
	char *folder = NULL;
	enum stepup_error error = STEPUP_NO_MEMORY;

	*policy = NULL;
	*why = NULL;
	if (files == NULL || asprintf(&folder, "%.*sstepup.conf.d", slash == NULL ? 0 : (int)(slash - path + 1), path) < 0)
		goto out;
	error = add_file(files, path, trusted, why);
	if (error == STEPUP_OK)
		error = add_folder(files, folder, trusted, why);
	if (error == STEPUP_OK)
		error = policy_load_sources(files->all, files->count, policy, why);
	if (error == STEPUP_OK)
		error = policy_trust_load(*policy, trusted, why);
	if (error != STEPUP_OK)
		policy_release(policy);
out:
	if (files != NULL)
		files_clear(files);
	free(files);
	free(folder);
	return error;
}
