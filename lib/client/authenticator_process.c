/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting the helper program and seeing it end.
 * MUST: prepare everything before the copy is made; reap the supervisor, in whatever way this ends; never
 * wait for it without an end.
 */
#include "lib/client/authenticator_process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/client/authenticator_supervisor.h"
#include "lib/wire/stream.h"

#define END_PATIENCE_MS 5000 /* the supervisor gives the helper a second, and ends */
#define LATE_MS 500	     /* after the deadline, at which the host ends it all, the supervisor does */

/* Whose rights the helper gets. */
static enum stepup_error plan_account(
	struct supervisor_plan *plan, const struct authenticator_account *account)
{
	uid_t effective = geteuid();

	plan->privileged = effective == 0 && account != NULL;
	plan->uid = account != NULL ? account->uid : getuid();
	plan->gid = plan->privileged ? account->gid : getgid();
	if (plan->privileged) {
		plan->groups = account->groups;
		plan->group_count = account->group_count;
	}
	/* Without root's rights it can be nobody else; and one that goes by two names has more than one of
	 * them. */
	return effective == 0 || (plan->uid == effective && plan->uid == getuid()) ? STEPUP_OK
										   : STEPUP_NOT_ALLOWED;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

enum stepup_error authenticator_process_start(const struct authenticator_account *account,
	struct deadline deadline, struct authenticator_process *process)
{
	struct supervisor_plan plan = {.fd = -1,
		.host_pidfd = -1,
		.deadline = {deadline.at_ms + LATE_MS},
		.program = AUTHENTICATOR_PROGRAM};
	enum stepup_error error = plan_account(&plan, account);
	int ends[2];
	pid_t supervisor;

	*process = (struct authenticator_process){.fd = -1, .pidfd = -1};
	if (error != STEPUP_OK)
		return error;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return errno == ENOMEM || errno == ENOBUFS ? STEPUP_NO_MEMORY : STEPUP_IO;
	process->fd = stream_above_stdio(ends[0]);
	plan.fd = stream_above_stdio(ends[1]);
	plan.host_pidfd = stream_above_stdio((int)syscall(SYS_pidfd_open, getpid(), 0));
	error = STEPUP_IO;
	if (process->fd < 0 || plan.fd < 0 || plan.host_pidfd < 0)
		goto out;
	supervisor = supervisor_clone(0, &process->pidfd);
	if (supervisor == 0)
		supervisor_run(&plan);
	if (supervisor < 0)
		goto out;
	error = STEPUP_OK;
	/* In a host that closed its standard input and output the kernel may have put it there. */
	process->pidfd = stream_above_stdio(process->pidfd);
	if (process->pidfd < 0) {
		/* It ends by itself once our end is closed; it can only be reaped by number. */
		close_one(&process->fd);
		(void)syscall(SYS_wait4, supervisor, NULL, __WALL, NULL);
		error = STEPUP_IO;
	}
out:
	close_one(&plan.fd);
	close_one(&plan.host_pidfd);
	if (error != STEPUP_OK)
		close_one(&process->fd);
	return error;
}

bool authenticator_process_end(struct authenticator_process *process)
{
	struct deadline patience = deadline_in(END_PATIENCE_MS);
	int status;

	close_one(&process->fd);
	if (process->pidfd < 0)
		return false;
	if (stream_wait(process->pidfd, POLLIN, patience) != STEPUP_OK)
		(void)syscall(SYS_pidfd_send_signal, process->pidfd, SIGKILL, NULL, 0U);
	status = supervisor_reap(process->pidfd);
	close_one(&process->pidfd);
	return status != SUPERVISOR_NOT_STARTED;
}
