/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Completion scripts for bash, zsh and fish, made from the table of commands and options.
 * Layer: tools/stepup/commands/, libc only.
 */
#ifndef STEPUP_TOOLS_COMPLETION_H
#define STEPUP_TOOLS_COMPLETION_H

#include <stdbool.h>
#include <stdio.h>

/* Writes the script for "bash", "zsh" or "fish"; false for any other shell. */
bool completion_print(FILE *out, const char *shell);

#endif
