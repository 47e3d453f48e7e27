/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running another program to its end: stepupd for what it knows, systemctl.
 * Layer: tools/stepup/shell/, libc only.
 */
#ifndef STEPUP_TOOLS_RUN_PROGRAM_H
#define STEPUP_TOOLS_RUN_PROGRAM_H

#define RUN_OUTPUT_MAX 65536 /* bytes; what is more is left out */

/* Runs a program with its output and its complaints into `output`. Its exit status, -1 with errno where it
 * could not be run, or was killed. */
int run_program(char *const argv[], char output[RUN_OUTPUT_MAX]);

#endif
