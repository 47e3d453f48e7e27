/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which of a host's PAM services lead to a shell, root or a session without pam_stepup.so: a table of those
 * that everybody has, and a look at the lines of all others.
 * MUST: leave out only what certainly lets nobody in but root, or opens nothing; what it doesn't
 * know, it tells of.
 * Of four modules it knows what they do: pam_deny.so, pam_rootok.so (where the program has its caller's uid),
 * pam_succeed_if.so with `uid = 0` alone (where it is right to let root past), and our own.
 * Layer: tools/stepup/pam/, libc only.
 */
#ifndef STEPUP_TOOLS_PAM_DOORS_H
#define STEPUP_TOOLS_PAM_DOORS_H

#include "tools/stepup/pam/pam_lint.h"
#include "tools/stepup/pam/pam_stack.h"

/* Marks what others include and no program is known to use by itself (common-auth, system-auth). */
void pam_doors_mark_fragments(struct pam_stack *const stacks[], size_t count);

/* Tells of each service of a host that is open without the module. */
void pam_doors_check(struct pam_stack *const stacks[], size_t count, const struct pam_listener *listener);

/* Whether a line of this service succeeds for root alone. */
bool pam_only_root_passes(const struct pam_stack *stack, const struct pam_line *line);

#endif
