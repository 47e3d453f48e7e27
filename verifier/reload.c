/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking a running verifier to reload, and hearing what came of it. */
#include "verifier/reload.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/deadline.h"
#include "lib/base/safe_file.h"

#define RESULT_FILE "reloaded"
#define RESULT_MAX 65536
#define PATIENCE_MS 60000
#define TAKEN "taken"
#define REFUSED "refused"

int64_t reload_now_ms(void)
{
	struct timespec now;

	return clock_gettime(CLOCK_MONOTONIC, &now) == 0
		? (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 : 0;
}

static char *result_path(const char *run_dir)
{
	char *path = NULL;

	return asprintf(&path, "%s/" RESULT_FILE, run_dir) < 0 ? NULL : path;
}

void reload_tell(const char *run_dir, int64_t heard_ms, enum stepup_error result, const char *why)
{
	char *path = result_path(run_dir), *text = NULL;
	const char *said = result == STEPUP_OK ? "" : why != NULL ? why : stepup_error_text(result);

	if (path != NULL &&
	    asprintf(&text, "%" PRId64 " %s\n%s\n", heard_ms,
		    result == STEPUP_OK ? TAKEN : REFUSED, said) >= 0)
		(void)safe_file_replace(path, text, strlen(text), 0600);
	free(text);
	free(path);
}

/* Reads what came of a reload that was heard since then. False where there is no such result yet. */
static bool read_result(const char *path, int64_t since_ms, bool *taken)
{
	static char text[RESULT_MAX + 1];
	char word[16] = "", *said;
	FILE *file = fopen(path, "re");
	int64_t heard = 0;
	size_t size;

	if (file == NULL)
		return false;
	size = fread(text, 1, RESULT_MAX, file);
	text[size] = '\0';
	(void)fclose(file);
	if (sscanf(text, "%" SCNd64 " %15s", &heard, word) != 2 || heard < since_ms)
		return false;
	*taken = strcmp(word, TAKEN) == 0;
	said = strchr(text, '\n');
	if (!*taken && said != NULL)
		(void)fputs(said + 1, stderr);
	return true;
}

/* Waits until something is put into the folder, or the verifier has ended. False where
 * nothing more can come. */
static bool wait_for_result(int folder, int verifier, struct deadline until)
{
	struct pollfd watched[] = {{.fd = folder, .events = POLLIN}, {.fd = verifier, .events = POLLIN}};
	char events[4096];
	int r;

	do
		r = poll(watched, 2, deadline_left(until));
	while (r < 0 && errno == EINTR);
	if (r <= 0 || watched[1].revents != 0)
		return false;
	return read(folder, events, sizeof(events)) > 0 || errno == EINTR;
}

bool reload_ask(const char *run_dir, pid_t verifier)
{
	struct deadline until = deadline_in(PATIENCE_MS);
	int folder = inotify_init1(IN_CLOEXEC), process = (int)syscall(SYS_pidfd_open, verifier, 0);
	int64_t since_ms = reload_now_ms();
	char *path = result_path(run_dir);
	bool taken = false, heard = false;

	if (path == NULL || folder < 0 || process < 0 ||
	    inotify_add_watch(folder, run_dir, IN_MOVED_TO | IN_CLOSE_WRITE) < 0 ||
	    syscall(SYS_pidfd_send_signal, process, SIGHUP, NULL, 0) != 0) {
		(void)fprintf(stderr,
			"stepupd: process %ld can't be asked to reload: %s. Nothing was changed.\n",
			(long)verifier, strerror(errno));
		goto out;
	}
	do
		heard = read_result(path, since_ms, &taken);
	while (!heard && wait_for_result(folder, process, until));
	if (!heard)
		(void)fprintf(stderr, "stepupd: it is not known if the policy was read again: process "
			"%ld wrote nothing to %s. See its journal.\n", (long)verifier, path);
out:
	if (folder >= 0)
		close(folder);
	if (process >= 0)
		close(process);
	free(path);
	return taken;
}
