/* SPDX-License-Identifier: BSD-2-Clause */
/* Sittings at terminals, read from /proc. */
#include "verifier/host/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICK_SLACK_MS 1000       /* a start time is rounded to ticks */
#define UNSET UINT32_MAX         /* what loginuid and sessionid say where nobody logged in */

/* What one line of /proc/PID/stat says (proc(5)); times in clock ticks since boot. */
struct process_stat {
	long session, terminal;
	unsigned long long started;
};

/* A small file of /proc, whole, as text. */
static enum stepup_error terminal_read_file(int folder, const char *name, char *text, size_t size)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t length;

	if (fd < 0)
		return STEPUP_NOT_FOUND;
	length = read(fd, text, size - 1);
	(void)close(fd);
	if (length <= 0 || (size_t)length == size - 1)
		return STEPUP_NOT_FOUND;
	text[length] = '\0';
	return STEPUP_OK;
}

/* The program's name stands in parentheses and may hold anything, so the fields are counted from the
 * last one of these. */
static enum stepup_error read_stat(int folder, struct process_stat *stat)
{
	char text[2048], *rest;
	enum stepup_error error = terminal_read_file(folder, "stat", text, sizeof(text));

	if (error != STEPUP_OK)
		return error;
	rest = strrchr(text, ')');
	if (rest == NULL ||
	    sscanf(rest + 1,
		    " %*c %*d %*d %ld %ld %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		    &stat->session, &stat->terminal, &stat->started) != 3)
		return STEPUP_NOT_FOUND;
	return STEPUP_OK;
}

static enum stepup_error read_number(int folder, const char *name, uint32_t *number)
{
	char text[32], *end;
	unsigned long value;
	enum stepup_error error = terminal_read_file(folder, name, text, sizeof(text));

	if (error != STEPUP_OK)
		return error;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || end == text || (*end != '\0' && *end != '\n') || value >= UNSET)
		return STEPUP_NOT_FOUND;
	*number = (uint32_t)value;
	return STEPUP_OK;
}

static int open_process(const char *proc, long pid)
{
	char path[300];

	if (pid <= 0 || snprintf(path, sizeof(path), "%s/%ld", proc, pid) >= (int)sizeof(path))
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* When the process's session began: the leader must still be there, or another may have its number. */
static enum stepup_error read_leader(const char *proc, const struct process_stat *process,
	struct process_stat *leader)
{
	int folder = open_process(proc, process->session);
	enum stepup_error error;

	if (folder < 0)
		return STEPUP_NOT_FOUND;
	error = read_stat(folder, leader);
	(void)close(folder);
	if (error == STEPUP_OK &&
	    (leader->session != process->session || leader->terminal != process->terminal ||
		    leader->started > process->started))
		error = STEPUP_NOT_FOUND;
	return error;
}

static bool began_before(const struct process_stat *process, int64_t connected_ms)
{
	long ticks = sysconf(_SC_CLK_TCK);

	return ticks > 0 && process->started /
		(unsigned long long)ticks <= (unsigned long long)((connected_ms + TICK_SLACK_MS) / 1000);
}

/* What the kernel knows of the process that connected: as whom it once logged in, and in which
 * session of that. */
struct login {
	struct process_stat process;
	uint32_t uid, audit;
};

static enum stepup_error read_login(const char *proc, pid_t pid, int64_t connected_ms, struct login *login)
{
	int folder = open_process(proc, pid);
	enum stepup_error error;

	if (folder < 0)
		return STEPUP_NOT_FOUND;
	error = read_stat(folder, &login->process);
	if (error == STEPUP_OK)
		error = read_number(folder, "loginuid", &login->uid);
	if (error == STEPUP_OK)
		error = read_number(folder, "sessionid", &login->audit);
	(void)close(folder);
	return error == STEPUP_OK && !began_before(&login->process, connected_ms) ? STEPUP_NOT_FOUND : error;
}

/* With its NUL, which stands in no session that a caller names: nobody becomes a terminal's sitting by
 * spelling it out. */
static enum stepup_error digest_kernels(const char *text, uint8_t digest[DIGEST_SIZE])
{
	return digest_sha256(text, strlen(text) + 1, digest);
}

enum stepup_error terminal_of_in(const char *proc, pid_t pid, uid_t uid, int64_t connected_ms,
	uint8_t terminal[DIGEST_SIZE])
{
	char text[256];
	struct process_stat leader = {0};
	struct login login = {0};
	enum stepup_error error = read_login(proc, pid, connected_ms, &login);
	int length;

	if (error == STEPUP_OK)
		error = login.process.terminal == 0 ? STEPUP_NOT_FOUND
			: read_leader(proc, &login.process, &leader);
	if (error != STEPUP_OK)
		return error;
	length = snprintf(text, sizeof(text), "terminal uid %" PRIuMAX " login %" PRIu32 " audit %" PRIu32
		" leader %ld %llu tty %ld", (uintmax_t)uid, login.uid, login.audit, login.process.session,
		leader.started, login.process.terminal);
	if (length < 0 || (size_t)length >= sizeof(text))
		return STEPUP_INTERNAL;
	return digest_kernels(text, terminal);
}

enum stepup_error terminal_login_in(const char *proc, pid_t pid, int64_t connected_ms,
	uint8_t digest[DIGEST_SIZE])
{
	char text[64];
	struct login login = {0};
	enum stepup_error error = read_login(proc, pid, connected_ms, &login);
	int length;

	if (error != STEPUP_OK)
		return error;
	length = snprintf(text, sizeof(text), "login %" PRIu32 " audit %" PRIu32, login.uid, login.audit);
	if (length < 0 || (size_t)length >= sizeof(text))
		return STEPUP_INTERNAL;
	return digest_kernels(text, digest);
}

enum stepup_error terminal_of(pid_t pid, uid_t uid, int64_t connected_ms, uint8_t terminal[DIGEST_SIZE])
{
	return terminal_of_in("/proc", pid, uid, connected_ms, terminal);
}

enum stepup_error terminal_login(pid_t pid, int64_t connected_ms, uint8_t login[DIGEST_SIZE])
{
	return terminal_login_in("/proc", pid, connected_ms, login);
}
