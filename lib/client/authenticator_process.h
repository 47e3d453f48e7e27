/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The helper program as a process: starts it without disturbing its host, and sees it end.
 *
 *     host ── supervisor ── stepup-authenticator
 *
 * The supervisor is a copy of the host made with clone3(2) that never executes anything: execve(2) would give
 * it back the exit signal that it was made without, and the host's SIGCHLD handler and waitpid(-1) would meet
 * a child they don't know. It starts the helper, ends it with the deadline, with the host or when the host
 * closes its end, and reaps it.
 * Layer: lib/client/, libc only.
 */
#ifndef STEPUP_LIB_AUTHENTICATOR_PROCESS_H
#define STEPUP_LIB_AUTHENTICATOR_PROCESS_H

#include "lib/client/authenticator.h"

/* The program that is started. */
#define AUTHENTICATOR_PROGRAM STEPUP_LIBEXECDIR "/stepup-authenticator"

struct authenticator_process {
	int fd;	   /* our end of the helper's standard input and output */
	int pidfd; /* the supervisor */
};

/* Starts the helper as `account` (NULL: this process's real user). It is ended with the deadline at the
 * latest. STEPUP_NOT_ALLOWED: an account that this process can't be. STEPUP_IO, STEPUP_NO_MEMORY. */
enum stepup_error authenticator_process_start(const struct authenticator_account *account,
	struct deadline deadline, struct authenticator_process *process);

/* Closes our end, waits until helper and supervisor are gone, and reaps. False where the program could not be
 * started at all. */
bool authenticator_process_end(struct authenticator_process *process);

#endif
