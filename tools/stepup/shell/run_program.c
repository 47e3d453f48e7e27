/* SPDX-License-Identifier: BSD-2-Clause */
/* Other programs, run; see run_program.h. */
#include "tools/stepup/shell/run_program.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Starts it with output and errors into the pipe; 0, or what errno would be. */
static int spawn_into(int pipe_end, char *const argv[], pid_t *child)
{
	posix_spawn_file_actions_t actions;
	int failed = posix_spawn_file_actions_init(&actions);

	if (failed != 0)
		return failed;
	failed = posix_spawn_file_actions_adddup2(&actions, pipe_end, STDOUT_FILENO);
	if (failed == 0)
		failed = posix_spawn_file_actions_adddup2(&actions, pipe_end, STDERR_FILENO);
	if (failed == 0)
		failed = posix_spawnp(child, argv[0], &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return failed;
}

int run_program(char *const argv[], char output[RUN_OUTPUT_MAX])
{
	size_t length = 0;
	int pipe_fds[2], status = -1, failed;
	ssize_t got;
	pid_t child;

	if (pipe2(pipe_fds, O_CLOEXEC) != 0)
		return -1;
	failed = spawn_into(pipe_fds[1], argv, &child);
	(void)close(pipe_fds[1]);
	while (failed == 0 && length + 1 < RUN_OUTPUT_MAX) {
		got = read(pipe_fds[0], output + length, RUN_OUTPUT_MAX - 1 - length);
		if (got > 0)
			length += (size_t)got;
		else if (got == 0 || errno != EINTR)
			break;
	}
	output[length] = '\0';
	(void)close(pipe_fds[0]);
	if (failed != 0) {
		errno = failed;
		return -1;
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
