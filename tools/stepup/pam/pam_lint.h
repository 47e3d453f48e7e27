/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks through PAM service files that use pam_stepup.so for lines that would let somebody past it, or
 * nobody, and through all the others for doors that were forgotten: for `stepup policy check`.
 * Reads only; needs no privilege; believes nothing about what other modules do beyond their control words
 * (pam.conf(5)), except of the four that pam_doors.h names.
 * Layer: tools/stepup/pam/, libc only.
 */
#ifndef STEPUP_TOOLS_PAM_LINT_H
#define STEPUP_TOOLS_PAM_LINT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/error.h"

#define PAM_MODULE "pam_stepup.so"

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

/*
 * Every service of a folder, and those of `dist_folder` (NULL: none) that it has not, as libpam looks for
 * them; `*used` counts those that use the module, by an include too. STEPUP_NOT_FOUND, STEPUP_IO,
 * STEPUP_NO_MEMORY, STEPUP_TOO_LONG; findings are no error.
 */
enum stepup_error pam_lint_folder(const char *folder, const char *dist_folder,
	const struct pam_listener *listener, size_t *used);

#endif
