/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the program that uses PAM shows prompts of its own in the place of ours, so that nobody reads what
 * they approve: sudo does with -p, as ansible always has it.
 * MUST: look at the process's own arguments only for services that sudo has, and use nothing of them but
 * this; where it can't be known, say that it does: then things are told twice.
 * Layer: pam_module/.
 */
#ifndef STEPUP_PAM_MODULE_HOST_PROMPT_H
#define STEPUP_PAM_MODULE_HOST_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the program behind this service does so now. `service` may be NULL. */
bool host_prompt_is_replaced(const char *service);

/* Whether sudo's arguments, each ended by a NUL as in /proc/self/cmdline, have -p or --prompt
 * before the command. */
bool host_prompt_in_arguments(const char *arguments, size_t size);

#endif
