/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration's files.
 * MUST: open nothing that others can write, where the policy is to be trusted; read nothing but these files;
 * make nothing of a file that policy_text.c found fault with.
 */
#include "verifier/rules/reading/policy_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/rules/reading/policy_build.h"
#include "verifier/rules/reading/policy_text.h"

/* --- from bytes to a policy --- */

/* The digest of all files: of their digests, in order. */
static enum stepup_error digest_sources(const struct policy_source *sources, size_t count,
	uint8_t digest[DIGEST_SIZE])
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

static enum stepup_error read_texts(const struct policy_source *sources, size_t count, struct policy *policy,
	struct policy_text *texts, struct arena *arena, struct complaints *errors)
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
	policy->warnings = lines == NULL ? NULL
		: arena_alloc(&policy->memory, count + 1, sizeof(*policy->warnings));
	for (size_t i = 0; i < count; i++) {
		if (policy->warnings != NULL)
			policy->warnings[i] = arena_copy(&policy->memory, lines[i], strlen(lines[i]));
		free(lines[i]);
	}
	free(lines);
	complaints_clear(&warnings);
	return policy->warnings == NULL || policy->memory.failed ? STEPUP_NO_MEMORY : STEPUP_OK;
}

enum stepup_error policy_load_sources(const struct policy_source *sources, size_t count,
	struct policy **policy, char **why)
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
	if (error == STEPUP_INVALID)
		*why = complaints_text(&errors);
	if (error == STEPUP_INVALID && (*why == NULL || errors.no_memory))
		error = STEPUP_NO_MEMORY;
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

/* The configuration's own, in order. */
struct sources {
	struct policy_source all[POLICY_CONFIG_FILES_MAX];
	size_t count;
};

static enum stepup_error file_say(char **why, enum stepup_error error, const char *path, const char *sentence)
{
	if (*why == NULL && asprintf(why, "%s: %s", path, sentence) < 0)
		*why = NULL;
	return error;
}

static enum stepup_error file_add_file(struct policy_files *files, struct sources *sources,
	const char *path, char **why)
{
	const struct policy_source *source;
	enum stepup_error error;

	if (sources->count == POLICY_CONFIG_FILES_MAX)
		return file_say(why, STEPUP_TOO_LONG, path,
			"there are more configuration files than can be read; put some together.");
	error = policy_files_read(files, path, POLICY_FILE_MAX, &source, why);
	if (error == STEPUP_TOO_LONG)
		(void)file_say(why, error, path,
			"is longer than 8 MiB; split it into files in stepup.conf.d.");
	if (error == STEPUP_OK)
		sources->all[sources->count++] = *source;
	return error;
}

/* None where there is no folder. */
static enum stepup_error list_drop_ins(struct policy_files *files, const char *folder,
	struct policy_paths *drop_ins, char **why)
{
	enum stepup_error error = policy_files_list(files, folder, ".conf", drop_ins, why);

	if (error != STEPUP_NOT_FOUND)
		return error;
	free(*why);
	*why = NULL;
	return STEPUP_OK;
}

/* The main file and the drop-ins beside it. */
static enum stepup_error read_sources(struct policy_files *files, const char *path,
	struct sources *sources, char **why)
{
	const char *slash = strrchr(path, '/');
	struct policy_paths drop_ins = {0};
	char *folder = NULL;
	enum stepup_error error;

	if (asprintf(&folder, "%.*sstepup.conf.d", slash == NULL ? 0 : (int)(slash - path + 1), path) < 0)
		return STEPUP_NO_MEMORY;
	error = file_add_file(files, sources, path, why);
	if (error == STEPUP_OK)
		error = list_drop_ins(files, folder, &drop_ins, why);
	for (size_t i = 0; error == STEPUP_OK && i < drop_ins.count; i++)
		error = file_add_file(files, sources, drop_ins.all[i], why);
	policy_paths_free(&drop_ins);
	free(folder);
	return error;
}

enum stepup_error policy_load_files(const char *path, struct policy_files *files,
	const struct attestation_models *kept, struct policy **policy, char **why)
{
	struct sources *sources = calloc(1, sizeof(*sources));
	enum stepup_error error = sources == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;

	*policy = NULL;
	*why = NULL;
	if (error == STEPUP_OK)
		error = read_sources(files, path, sources, why);
	if (error == STEPUP_OK)
		error = policy_load_sources(sources->all, sources->count, policy, why);
	if (error == STEPUP_OK)
		error = policy_trust_load(*policy, files, kept, why);
	if (error != STEPUP_OK)
		policy_release(policy);
	free(sources);
	return error;
}

enum stepup_error policy_load(const char *path, bool trusted, struct policy **policy, char **why)
{
	struct policy_files *files = policy_files_on_disk(trusted);
	enum stepup_error error;

	*policy = NULL;
	*why = NULL;
	if (files == NULL)
		return STEPUP_NO_MEMORY;
	error = policy_load_files(path, files, NULL, policy, why);
	policy_files_free(&files);
	return error;
}

/* --- where the store is, of a configuration that may be in error --- */

static enum stepup_error find_store(const struct sources *sources, struct arena *arena, const char **url)
{
	struct complaints unheard = {0};
	enum stepup_error error = STEPUP_OK;

	for (size_t i = 0; error == STEPUP_OK && i < sources->count && *url == NULL; i++) {
		struct policy_text text = {
			.file = "",
			.bytes = arena_copy(arena, sources->all[i].bytes, sources->all[i].size),
			.size = sources->all[i].size,
		};
		const struct policy_entry *entry = NULL;

		error = text.bytes == NULL ? STEPUP_NO_MEMORY
			: policy_text_scan(&text, policy_sections, arena, &unheard);
		if (error == STEPUP_OK && text.blocks != NULL)
			entry = policy_block_entry(text.blocks, "store");
		if (entry != NULL && entry->value_count == 1)
			*url = entry->values->text;
	}
	complaints_clear(&unheard);
	return error;
}

enum stepup_error policy_store_url(const char *path, struct policy_files *files, char **url)
{
	struct sources *sources = calloc(1, sizeof(*sources));
	struct arena arena = {0};
	const char *found = NULL;
	char *unheard = NULL;
	enum stepup_error error = sources == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;

	*url = NULL;
	if (error == STEPUP_OK) {
		(void)read_sources(files, path, sources, &unheard); /* what can be read of them */
		error = find_store(sources, &arena, &found);
	}
	if (error == STEPUP_OK) {
		*url = strdup(found == NULL ? POLICY_STORE_DEFAULT : found);
		error = *url == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
	}
	arena_clear(&arena);
	free(unheard);
	free(sources);
	return error;
}
