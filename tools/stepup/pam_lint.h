/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks through PAM service files that use pam_stepup.so for lines that would let somebody past it, or nobody: for `stepup policy check`.
 * Reads only; needs no privilege; believes nothing about what other modules do beyond their control words (pam.conf(5)).
 * Layer: tools/stepup/, libc only.
 */
#ifndef STEPUP_TOOLS_PAM_LINT_H
#define STEPUP_TOOLS_PAM_LINT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"

struct pam_finding {
	const char *file;     /* path */
	int line;             /* from 1; 0 for the file as a whole */
	bool is_error;        /* somebody gets past, or nobody in; else worth a look */
	const char *sentence; /* what is wrong and how to mend it */
};

/* Who is told, and who knows the policy. */
struct pam_listener {
	void (*told)(void *context, const struct pam_finding *finding);
	bool (*has_rule)(void *context, const char *action); /* true too where nobody can say */
	void *context;
};

/* One service file. STEPUP_NOT_FOUND, STEPUP_IO, STEPUP_NO_MEMORY; findings are no error. `*uses` says whether it names pam_stepup.so. */
enum stepup_error pam_lint_file(const char *path, const struct pam_listener *listener, bool *uses);

/* Every file of a folder; `*used` counts those that name pam_stepup.so. */
enum stepup_error pam_lint_folder(const char *folder, const struct pam_listener *listener, size_t *used);

#endif
