/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files that a policy is made of: the configuration's, and the certificates and the list of models that
 * it names. They come from this host's disk, or are those of a policy that was kept. Whatever was read is
 * remembered, so that it can be kept in its turn.
 * MUST: open nothing that others can write, where the policy is to be trusted; read nothing from the disk
 * where the files are kept ones.
 * Layer: verifier/rules/trust/. Knows no format.
 */
#ifndef STEPUP_VERIFIER_POLICY_FILES_H
#define STEPUP_VERIFIER_POLICY_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

#define POLICY_FILES_MAX 1536                  /* all kinds together */
#define POLICY_FILES_BYTES_MAX (64 * 1024 * 1024) /* of those that are kept */

/* One file's name and bytes (NUL-terminated), borrowed. */
struct policy_source {
	const char *file;
	const char *bytes;
	size_t size;
};

struct policy_files;

/* Of the disk, nothing read yet. Not `trusted`: for a check by anybody; then who owns the files isn't looked
 * at. NULL where there is no memory. */
struct policy_files *policy_files_on_disk(bool trusted);
bool policy_files_are_trusted(const struct policy_files *files);
void policy_files_free(struct policy_files **files);

/* Reads a file whole, and remembers it; `*source` lives as long as `files`. The errors of
 * safe_file_read(), with its sentence in `*why` (the caller frees); STEPUP_NOT_FOUND where it is not among
 * those that were kept. */
enum stepup_error policy_files_read(struct policy_files *files, const char *path, size_t limit,
	const struct policy_source **source, char **why);

/* The paths of a folder's files with that ending, in the bytewise order of their names, none that begins
 * with a dot. STEPUP_NOT_FOUND where there is no such folder. The caller frees them with
 * policy_paths_free(), also after an error. */
struct policy_paths {
	char **all;
	size_t count;
};
enum stepup_error policy_files_list(struct policy_files *files, const char *folder, const char *ending,
	struct policy_paths *paths, char **why);
void policy_paths_free(struct policy_paths *paths);

/* What was read so far but for `apart` (NULL: nothing), as bytes to keep (the caller frees), and back. The
 * first file read comes first. STEPUP_CORRUPT where bytes are none. */
enum stepup_error policy_files_pack(const struct policy_files *files, const char *apart, uint8_t **bytes,
	size_t *size);
enum stepup_error policy_files_unpack(const uint8_t *bytes, size_t size, struct policy_files **files);

/* The first file; NULL where there is none. */
const struct policy_source *policy_files_first(const struct policy_files *files);

#endif
