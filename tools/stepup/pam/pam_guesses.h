/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether whoever knows no password comes to the step-up all the same: a wrong password in front that doesn't
 * end the stack is a guess at the owner's code as well, and spends the tries of places that never succeeded.
 * Layer: tools/stepup/pam/, libc only.
 */
#ifndef STEPUP_TOOLS_PAM_GUESSES_H
#define STEPUP_TOOLS_PAM_GUESSES_H

#include "tools/stepup/pam/pam_stack.h"

/* The first line in front of the auth line `own` that asks for a password, where the stack goes on to `own`
 * after a wrong one; NULL where it doesn't, or nothing asks. */
const struct pam_line *pam_wrong_password_goes_on(const struct pam_stack *stack, size_t own);

#endif
