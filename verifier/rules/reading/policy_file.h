/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of the configuration: which, read how, and from bytes to a policy. policy_load() of policy.h is
 * implemented here.
 * Layer: verifier/rules/reading/.
 */
#ifndef STEPUP_VERIFIER_POLICY_FILE_H
#define STEPUP_VERIFIER_POLICY_FILE_H

#include "verifier/rules/policy/policy.h"
#include "verifier/rules/trust/attestation_trust.h"
#include "verifier/rules/trust/policy_files.h"

#define POLICY_FILE_MAX (8 * 1024 * 1024) /* bytes of one file */
#define POLICY_CONFIG_FILES_MAX 256
#define POLICY_STORE_DEFAULT "sqlite:" STEPUP_STATEDIR "/stepup.db"

/* policy_load() with files that the caller has, and still has then: those of the disk, or kept ones, among
 * which `path` has to be. `kept` is the list of models that was good last; NULL for none. */
enum stepup_error policy_load_files(const char *path, struct policy_files *files,
	const struct attestation_models *kept, struct policy **policy, char **why);

/* Where the store is by what can be read of a configuration that may be in error, else the default;
 * the caller frees. */
enum stepup_error policy_store_url(const char *path, struct policy_files *files, char **url);

/* policy_load() for files in memory, the main one first. */
enum stepup_error policy_load_sources(const struct policy_source *sources, size_t count,
	struct policy **policy, char **why);

#endif
