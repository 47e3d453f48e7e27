/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The helper's supervisor, in a copy of the host. Nothing here calls the C library but for syscall(2)'s
 * wrapper: no function of it that takes a lock, and none that a host may have replaced.
 * MUST: hold no descriptor of the host's; keep nobody's signal handlers; end the helper, whatever happens,
 * before it ends itself, so that the helper is never anybody else's child.
 */
#include "lib/client/authenticator_supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <linux/time_types.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define END_GRACE_MS 1000 /* for the helper to tell the key that nobody waits any more */

/* The sanitizers' own bookkeeping takes locks. */
#define IN_THE_COPY __attribute__((no_sanitize("thread"), no_sanitize("address"), no_sanitize("undefined")))

/* Where user and group numbers once had 16 bits, the calls that take 32 have other names. */
#ifdef SYS_setgroups32
#define SET_GROUPS SYS_setgroups32
#define SET_GID SYS_setresgid32
#define SET_UID SYS_setresuid32
#else
#define SET_GROUPS SYS_setgroups
#define SET_GID SYS_setresgid
#define SET_UID SYS_setresuid
#endif

/* The same of times with 32 bits. */
#ifdef SYS_clock_gettime64
#define GET_TIME SYS_clock_gettime64
#define POLL SYS_ppoll_time64
#else
#define GET_TIME SYS_clock_gettime
#define POLL SYS_ppoll
#endif

#define KERNEL_SIGNAL_BYTES 8 /* of a signal set, as the kernel counts them */

IN_THE_COPY static _Noreturn void leave(int status)
{
	for (;;)
		(void)syscall(SYS_exit_group, status);
}

IN_THE_COPY pid_t supervisor_clone(int exit_signal, int *pidfd)
{
	struct clone_args arguments = {
		.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
		.pidfd = (__u64)(uintptr_t)pidfd,
		.exit_signal = (__u64)exit_signal,
	};

	return (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
}

IN_THE_COPY int supervisor_reap(int pidfd)
{
	siginfo_t info = {.si_code = 0};
	long r;

	do
		r = syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED | __WALL, NULL);
	while (r != 0 && errno == EINTR);
	return r == 0 && info.si_code == CLD_EXITED ? info.si_status : SUPERVISOR_KILLED;
}

IN_THE_COPY static int64_t now_ms(void)
{
	struct __kernel_timespec now = {.tv_sec = 0};

	if (syscall(GET_TIME, CLOCK_MONOTONIC, &now) != 0)
		return INT64_MAX;
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

IN_THE_COPY static void block_signals(uint64_t mask)
{
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, KERNEL_SIGNAL_BYTES);
}

/* Closes everything but the two, and puts /dev/null where standard output and error are. */
IN_THE_COPY static bool keep_only(int one, int other)
{
	unsigned low = (unsigned)(one < other ? one : other), high = (unsigned)(one < other ? other : one);
	int fd;

	if (syscall(SYS_close_range, 0U, low - 1, 0U) != 0 ||
		(high - low > 1 && syscall(SYS_close_range, low + 1, high - 1, 0U) != 0) ||
		syscall(SYS_close_range, high + 1, ~0U, 0U) != 0)
		return false;
	for (fd = 0; fd <= STDERR_FILENO; fd++)
		if (syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0) != fd)
			return false;
	return true;
}

/* Gives up every right that the person hasn't. Capabilities go with the user number, or were never there. */
IN_THE_COPY static bool become(const struct supervisor_plan *plan)
{
	if (syscall(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
		return false;
	if (plan->privileged && syscall(SET_GROUPS, plan->group_count, plan->groups) != 0)
		return false;
	return syscall(SET_GID, plan->gid, plan->gid, plan->gid) == 0 &&
	       syscall(SET_UID, plan->uid, plan->uid, plan->uid) == 0 &&
	       syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* Turns this process into the helper. */
IN_THE_COPY static _Noreturn void execute(const struct supervisor_plan *plan, long supervisor)
{
	const char *const arguments[] = {plan->program, NULL};
	const char *const environment[] = {NULL};

	/* A change of the user number takes the death signal away: it is set after it, and asked whether it
	 * came too late. */
	if (!become(plan) || syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
		syscall(SYS_getppid) != supervisor)
		leave(SUPERVISOR_NOT_STARTED);
	if (syscall(SYS_dup3, plan->fd, STDIN_FILENO, 0) < 0 ||
		syscall(SYS_dup3, plan->fd, STDOUT_FILENO, 0) < 0 ||
		syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0U) != 0 || syscall(SYS_chdir, "/") != 0)
		leave(SUPERVISOR_NOT_STARTED);
	(void)syscall(SYS_umask, 077);
	block_signals(0);
	(void)syscall(SYS_execve, plan->program, arguments, environment);
	leave(SUPERVISOR_NOT_STARTED);
}

/* Waits until the helper ends (true), or must: the host is gone or closed its end, or the deadline has
 * passed. */
IN_THE_COPY static bool watch(const struct supervisor_plan *plan, int helper)
{
	struct pollfd watched[] = {{.fd = helper, .events = POLLIN},
		{.fd = plan->host_pidfd, .events = POLLIN}, {.fd = plan->fd}};

	for (;;) {
		int64_t left = plan->deadline.at_ms - now_ms();
		struct __kernel_timespec wait = {.tv_sec = left / 1000, .tv_nsec = (left % 1000) * 1000000};
		long r;

		if (left <= 0)
			return false;
		r = syscall(POLL, watched, 3UL, &wait, NULL, (size_t)KERNEL_SIGNAL_BYTES);
		if (r < 0 && errno != EINTR)
			return false;
		if (r > 0)
			return watched[0].revents != 0;
	}
}

/* Ends the helper: first so that it can leave the key in order, then for certain. */
IN_THE_COPY static void end(int helper)
{
	struct pollfd watched = {.fd = helper, .events = POLLIN};
	struct __kernel_timespec grace = {.tv_sec = END_GRACE_MS / 1000};

	(void)syscall(SYS_pidfd_send_signal, helper, SIGTERM, NULL, 0U);
	if (syscall(POLL, &watched, 1UL, &grace, NULL, (size_t)KERNEL_SIGNAL_BYTES) <= 0)
		(void)syscall(SYS_pidfd_send_signal, helper, SIGKILL, NULL, 0U);
}

IN_THE_COPY _Noreturn void supervisor_run(const struct supervisor_plan *plan)
{
	const uint64_t usual[8] = {0}; /* the kernel's struct sigaction; a host may ignore its children's
					  ends, this one must not */
	int helper_pidfd = -1;
	long self = syscall(SYS_getpid);
	pid_t helper;

	/* The host's memory is in here: nobody may look into it, and its terminal's signals aren't for us. */
	if (syscall(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		leave(SUPERVISOR_NOT_STARTED);
	block_signals(~UINT64_C(0));
	(void)syscall(SYS_rt_sigaction, SIGCHLD, usual, NULL, (size_t)KERNEL_SIGNAL_BYTES);
	(void)syscall(SYS_setsid);
	if (!keep_only(plan->fd, plan->host_pidfd))
		leave(SUPERVISOR_NOT_STARTED);
	helper = supervisor_clone(SIGCHLD, &helper_pidfd);
	if (helper == 0)
		execute(plan, self);
	if (helper < 0)
		leave(SUPERVISOR_NOT_STARTED);
	if (!watch(plan, helper_pidfd))
		end(helper_pidfd);
	leave(supervisor_reap(helper_pidfd));
}
