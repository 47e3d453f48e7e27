/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands where the helper program stands, for tests of what starts it: does what the request's "peer" says.
 * It tells what it was started as, asks, breaks off, says what it may not, or never ends.
 */
#include <dirent.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

static int count(char *const *texts)
{
	int number = 0;

	while (texts[number] != NULL)
		number++;
	return number;
}

static void say(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text) + 1) < 0)
		_exit(9);
}

static void say_json(json_t *message)
{
	char *text = json_dumps(message, JSON_COMPACT);

	say(text);
	free(text);
	json_decref(message);
}

/* One message from our host. */
static json_t *hear(void)
{
	static char text[70000];
	size_t length = 0;

	while (length < sizeof(text) && read(STDIN_FILENO, text + length, 1) == 1)
		if (text[length++] == '\0')
			return json_loads(text, 0, NULL);
	return NULL;
}

static json_t *descriptors(void)
{
	json_t *open = json_array();
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;

	while ((entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(folder))
			json_array_append_new(open, json_integer(atoi(entry->d_name)));
	closedir(folder);
	return open;
}

static json_t *groups(void)
{
	json_t *list = json_array();
	gid_t held[256];
	int number = getgroups(256, held);

	for (int i = 0; i < number; i++)
		json_array_append_new(list, json_integer(held[i]));
	return list;
}

/* The lines of /proc/self/status that say what a process may. */
static json_t *status(void)
{
	json_t *lines = json_object();
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];

	while (fgets(line, sizeof(line), file) != NULL) {
		char *colon = strchr(line, ':');

		if (colon == NULL)
			continue;
		*colon = '\0';
		line[strcspn(line, "\n")] = '\0';
		colon[1 + strcspn(colon + 1, "\n")] = '\0';
		json_object_set_new(lines, line, json_string(colon + 1 + strspn(colon + 1, " \t")));
	}
	fclose(file);
	return lines;
}

static void tell_what_i_am(char **argv, json_t *request)
{
	char folder[256];
	mode_t mask = umask(0);
	int death = 0;

	prctl(PR_GET_PDEATHSIG, &death);
	if (getcwd(folder, sizeof(folder)) == NULL)
		_exit(9);
	say_json(json_pack("{s:{s:i,s:i,s:i,s:i,s:o,s:o,s:o,s:i,s:i,s:s,s:i,s:i,s:O}}", "result", "uid",
		(int)getuid(), "euid", (int)geteuid(), "gid", (int)getgid(), "egid", (int)getegid(), "groups",
		groups(), "descriptors", descriptors(), "status", status(), "variables", count(environ),
		"arguments", count(argv), "folder", folder, "umask", (int)mask, "death", death, "request",
		request));
}

/* Leaves its process number where the test looks for it, and stays. */
static void stay(json_t *request)
{
	FILE *file = fopen(json_string_value(json_object_get(request, "pid_file")), "we");

	if (file == NULL)
		_exit(9);
	fprintf(file, "%d", getpid());
	fclose(file);
	for (;;)
		pause();
}

static void ask(json_t *request)
{
	json_t *answer;

	say("{\"event\":\"touch\",\"id\":\"YmJi\"}");
	say("{\"event\":\"pin\",\"id\":\"YmJi\",\"tries\":8}");
	answer = hear();
	json_decref(answer);
	say("{\"event\":\"pin\",\"tries\":7,\"again\":true}");
	answer = hear();
	say_json(json_pack("{s:{s:O,s:O}}", "result", "answer", answer, "request", request));
}

int main(int argc, char **argv)
{
	json_t *request = hear();
	const char *peer = json_string_value(json_object_get(request, "peer"));

	(void)argc;
	if (peer == NULL)
		return 2;
	if (strcmp(peer, "tell") == 0)
		tell_what_i_am(argv, request);
	else if (strcmp(peer, "ask") == 0)
		ask(request);
	else if (strcmp(peer, "say") == 0)
		say(json_string_value(json_object_get(request, "text")));
	else if (strcmp(peer, "stay") == 0)
		stay(request);
	else if (strcmp(peer, "die") == 0)
		raise(SIGKILL);
	else if (strcmp(peer, "ask for ever") == 0)
		for (;;)
			say("{\"event\":\"touch\"}");
	if (strcmp(peer, "cling") == 0) {
		signal(SIGTERM, SIG_IGN);
		stay(request);
	}
	return 0;
}
