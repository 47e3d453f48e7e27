/* SPDX-License-Identifier: BSD-2-Clause */
/* Running the hooks of one event; see hook_run.h. */
#include "tools/stepup-hooks/hook_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATH_FOR_HOOKS "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define EXIT_NOT_STARTED 126
#define DRAIN_MAX 65536 /* bytes read of one hook before the others are looked at */

/* One hook that runs. */
struct running {
	pid_t pid;         /* 0: never started, or gone */
	int pidfd, output; /* -1 where closed */
	struct deadline until;
	bool told;         /* SIGTERM was sent */
	int64_t began_ms;
	struct hook_outcome *outcome;
};

static const char *const result_names[] = {"done", "failed", "killed", "timeout", "refused"};

const char *hook_result_name(enum hook_result result)
{
	return result_names[result];
}

static int64_t hook_run_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- starting --- */

/* A file of its own for each: hooks that read don't take from each other, and one that doesn't read
 * holds nobody up. */
static int input_make(const char *json)
{
	size_t size = strlen(json), sent = 0;
	int fd = memfd_create("event", MFD_CLOEXEC);

	while (fd >= 0 && sent < size) {
		ssize_t n = write(fd, json + sent, size - sent);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			(void)close(fd);
			return -1;
		}
		sent += (size_t)n;
	}
	if (fd >= 0 && lseek(fd, 0, SEEK_SET) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* In the child: a group of its own, the event on 0, the pipe on 1 and 2, nothing else open, no signal
 * blocked. Ends with the parent. */
__attribute__((noreturn)) static void become_hook(const struct hook *hook, const char *event,
	int input, int output)
{
	char *const environment[] = {(char *)(uintptr_t)PATH_FOR_HOOKS,
		(char *)(uintptr_t)"LANG=C.UTF-8", NULL};
	char *const arguments[] = {hook->path, (char *)(uintptr_t)event, NULL};
	const struct rlimit no_core = {0, 0};
	sigset_t none;

	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)setrlimit(RLIMIT_CORE, &no_core);
	if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(output, STDERR_FILENO) < 0 || chdir("/") != 0)
		_exit(EXIT_NOT_STARTED);
	(void)syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
	(void)execve(hook->path, arguments, environment);
	dprintf(STDERR_FILENO, "%s: %s\n", hook->path, strerror(errno));
	_exit(EXIT_NOT_STARTED);
}

static bool start(const struct hook *hook, const char *event, const char *json, struct running *running)
{
	int input = input_make(json), pipes[2] = {-1, -1};

	running->pidfd = running->output = -1;
	if (input < 0 || pipe2(pipes, O_CLOEXEC) != 0)
		goto out;
	running->pid = fork();
	if (running->pid == 0)
		become_hook(hook, event, input, pipes[1]);
	if (running->pid < 0) {
		running->pid = 0;
		goto out;
	}
	(void)setpgid(running->pid, running->pid); /* whoever comes first */
	running->pidfd = (int)syscall(SYS_pidfd_open, running->pid, 0);
	running->output = pipes[0];
	(void)fcntl(pipes[0], F_SETFL, O_NONBLOCK);
	pipes[0] = -1;
	if (running->pidfd < 0) { /* could not be waited for: it ends here */
		(void)kill(-running->pid, SIGKILL);
		(void)waitpid(running->pid, NULL, 0);
		(void)close(running->output);
		running->output = -1;
		running->pid = 0;
	}
out:
	if (input >= 0)
		(void)close(input);
	for (int i = 0; i < 2; i++)
		if (pipes[i] >= 0)
			(void)close(pipes[i]);
	return running->pid != 0;
}

/* --- while they run --- */

/* Takes what is there, but no more than a pipe holds: a hook that never stops talking holds nobody up.
 * Closes at the end. */
static void drain(struct running *running)
{
	struct hook_outcome *outcome = running->outcome;
	char bytes[4096];
	size_t turns = DRAIN_MAX / sizeof(bytes);
	ssize_t n = 1;

	while (running->output >= 0 && turns-- > 0 &&
	    (n = read(running->output, bytes, sizeof(bytes))) != 0) {
		size_t room = HOOK_OUTPUT_MAX - outcome->output_size, got;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		got = (size_t)n < room ? (size_t)n : room;
		memcpy(outcome->output + outcome->output_size, bytes, got);
		outcome->output_size += got;
		outcome->output_lost += (size_t)n - got;
	}
	if (n != 0 || running->output < 0)
		return;
	(void)close(running->output);
	running->output = -1;
}

/* The hook's group, and the hook itself, which may have left it: it isn't waited for yet, so its number
 * is nobody else's. */
static void signal_hook(const struct running *running, int number)
{
	(void)kill(-running->pid, number);
	(void)kill(running->pid, number);
}

/* The hook itself has ended. Whatever of its group is left ends too, while its number can't be
 * anybody else's yet. */
static void hook_run_finish(struct running *running)
{
	struct hook_outcome *outcome = running->outcome;
	siginfo_t info = {0};

	(void)kill(-running->pid, SIGKILL);
	if (waitid(P_PID, (id_t)running->pid, &info, WEXITED) == 0 && info.si_code == CLD_EXITED)
		outcome->exit = info.si_status;
	outcome->ms = hook_run_now_ms() - running->began_ms;
	if (running->told)
		outcome->result = HOOK_TIMEOUT;
	else if (outcome->exit < 0)
		outcome->result = HOOK_KILLED;
	else
		outcome->result = outcome->exit == 0 ? HOOK_DONE : HOOK_FAILED;
	running->pid = 0;
	(void)close(running->pidfd);
	running->pidfd = -1;
	drain(running);
	if (running->output >= 0)
		(void)close(running->output);
	running->output = -1;
}

static void check_time(struct running *running)
{
	if (running->pid == 0 || deadline_left(running->until) > 0)
		return;
	signal_hook(running, running->told ? SIGKILL : SIGTERM);
	running->told = true;
	running->until = deadline_in(HOOK_MERCY_MS);
}

/* What to wait for: each hook's end and output; returns how many places are in use, and the time
 * until the next limit. */
static nfds_t hook_run_watch(struct running *running, size_t count, struct pollfd *polls, int *timeout)
{
	nfds_t used = 0;

	*timeout = -1;
	for (size_t i = 0; i < count; i++) {
		int left;

		if (running[i].pid == 0)
			continue;
		left = deadline_left(running[i].until);
		*timeout = *timeout < 0 || left < *timeout ? left : *timeout;
		polls[used++] = (struct pollfd){.fd = running[i].pidfd, .events = POLLIN};
		polls[used++] = (struct pollfd){.fd = running[i].output, .events = POLLIN};
	}
	return used;
}

static void hook_run_wait_for_all(struct running *running, size_t count)
{
	struct pollfd polls[2 * HOOKS_MAX];
	int timeout;

	while (hook_run_watch(running, count, polls, &timeout) > 0) {
		nfds_t used = hook_run_watch(running, count, polls, &timeout);

		if (poll(polls, used, timeout) < 0 && errno != EINTR)
			timeout = 0; /* nothing to be done but to look again */
		for (size_t i = 0; i < count; i++) {
			struct pollfd ended = {.fd = running[i].pidfd, .events = POLLIN};

			if (running[i].pid == 0)
				continue;
			drain(&running[i]);
			if (poll(&ended, 1, 0) > 0)
				hook_run_finish(&running[i]);
			else
				check_time(&running[i]);
		}
	}
}

void hooks_run(const struct hook_folder *folder, const char *event, const char *json, int64_t limit_ms,
	struct hook_outcome *outcomes)
{
	struct running running[HOOKS_MAX] = {0};

	for (size_t i = 0; i < folder->count; i++) {
		memset(&outcomes[i], 0, sizeof(outcomes[i]));
		outcomes[i].exit = -1;
		outcomes[i].result = HOOK_REFUSED;
		if (folder->hooks[i].objection != NULL)
			continue;
		running[i].outcome = &outcomes[i];
		running[i].until = deadline_in(limit_ms);
		running[i].began_ms = hook_run_now_ms();
		if (!start(&folder->hooks[i], event, json, &running[i]))
			outcomes[i].result = HOOK_FAILED;
	}
	hook_run_wait_for_all(running, folder->count);
	/* What left its group came to this process and ends here when it ends. */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}
