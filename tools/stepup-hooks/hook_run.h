/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs the hooks of one event side by side: the event's JSON on standard input, its name as the only
 * argument, a plain environment, one time limit, and so much of what they write.
 * MUST: end every hook with its whole process group at the limit; leave no child; let none touch a descriptor
 * that isn't its own.
 * Layer: tools/stepup-hooks/, lib/.
 */
#ifndef STEPUP_TOOLS_HOOK_RUN_H
#define STEPUP_TOOLS_HOOK_RUN_H

#include <stdint.h>

#include "lib/base/deadline.h"
#include "tools/stepup-hooks/hook_folder.h"

#define HOOK_OUTPUT_MAX 4096 /* bytes kept of what one hook writes */
#define HOOK_MERCY_MS 1000   /* between SIGTERM and SIGKILL */

enum hook_result { HOOK_DONE, HOOK_FAILED, HOOK_KILLED, HOOK_TIMEOUT, HOOK_REFUSED };

struct hook_outcome {
	enum hook_result result;
	int exit;              /* exit status, -1 where it didn't end by itself */
	int64_t ms;
	char output[HOOK_OUTPUT_MAX + 1]; /* of standard output and error */
	size_t output_size;    /* bytes kept */
	size_t output_lost;    /* bytes beyond */
};

/* "done", "failed", "killed", "timeout", "refused". */
const char *hook_result_name(enum hook_result result);

/* Runs all that have no objection; `outcomes` has room for folder->count. */
void hooks_run(const struct hook_folder *folder, const char *event, const char *json, int64_t limit_ms,
	struct hook_outcome *outcomes);

#endif
