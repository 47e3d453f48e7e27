/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of the configuration: which, read how, and from bytes to a policy. policy_load() of policy.h is implemented here.
 * Layer: verifier/rules/.
 */
#ifndef STEPUP_VERIFIER_POLICY_FILE_H
#define STEPUP_VERIFIER_POLICY_FILE_H

#include "verifier/rules/policy.h"

#define POLICY_FILE_MAX (8 * 1024 * 1024) /* bytes of one file */
#define POLICY_FILES_MAX 256

/* One file's name and bytes, borrowed. */
struct policy_source {
	const char *file;
	const char *bytes;
	size_t size;
};

/* policy_load() for files in memory, the main one first. */
enum stepup_error policy_load_sources(const struct policy_source *sources, size_t count, struct policy **policy, char **why);

#endif
