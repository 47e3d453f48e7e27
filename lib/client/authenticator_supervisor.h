/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What runs in the copy of the host: the helper's supervisor, and the helper until it is executed.
 * MUST: use system calls only (another thread of the host may have held any lock when the copy was made), and
 * only what the plan holds; touch no memory that it would have to allocate; never return.
 * Layer: lib/client/, libc only.
 */
#ifndef STEPUP_LIB_AUTHENTICATOR_SUPERVISOR_H
#define STEPUP_LIB_AUTHENTICATOR_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/base/deadline.h"

/* Exit statuses of the supervisor beside the helper's own. */
#define SUPERVISOR_NOT_STARTED 126 /* the helper could not be made what it must be */
#define SUPERVISOR_KILLED 125

/* Everything that is needed after the copy was made, put together before. */
struct supervisor_plan {
	int fd;		/* the helper's standard input and output; above 2 */
	int host_pidfd; /* ends with the host; above 2 */
	struct deadline deadline;
	const char *program; /* absolute path, also its only argument */
	bool privileged;     /* whether groups can and must be set */
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t group_count;
};

/* A copy of this process without memory in common, that sends no signal when it ends. As fork(2); the child's
 * pidfd, close-on-exec, goes to `*pidfd`. Its signal handlers are the system's own again. */
pid_t supervisor_clone(int exit_signal, int *pidfd);

/* Reaps a child of whatever kind: its exit status, SUPERVISOR_KILLED where a signal ended it or nothing is
 * known. */
int supervisor_reap(int pidfd);

/* To be called in the copy. */
_Noreturn void supervisor_run(const struct supervisor_plan *plan);

#endif
