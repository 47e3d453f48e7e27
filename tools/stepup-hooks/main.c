/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stepup-hooks: fetches events from the verifier, one after the other, runs the hooks for each, and says
 * what came of it. A process of its own, without privilege: what runs here can neither read the verifier's
 * memory nor hold it up.
 * MUST: run nothing as root; start only what root put into the folder; say of an event that it was told
 * only after it was.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <grp.h>
#include <jansson.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/display_text.h"
#include "lib/program/options.h"
#include "lib/wire/message.h"
#include "lib/wire/verifier_client.h"
#include "tools/stepup-hooks/hook_run.h"

#define NEXT_PATIENCE_MS 60000 /* the verifier answers within 20 s */
#define RETRY_SECONDS 1
#define LIMIT_DEFAULT_SECONDS 10
#define LIMIT_MAX_SECONDS 300

enum { EXIT_OK = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2 };

/* Told to end: at once where only the next event is waited for, else when the hooks that run have ended and
 * the verifier was told. */
static volatile sig_atomic_t ending, telling;

struct settings {
	const char *hooks_dir, *socket, *user;
	int64_t limit_ms;
};

/* One line on standard error, safe whatever it holds. */
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	char *text = NULL, *safe = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	safe = text == NULL ? NULL : display_text(text, strlen(text));
	(void)fprintf(stderr, "stepup-hooks: %s\n", safe == NULL ? "out of memory" : safe);
	free(safe);
	free(text);
}

/* --- one event --- */

static void say_output(const struct hook *hook, const struct hook_outcome *outcome)
{
	const char *line = outcome->output, *end = outcome->output + outcome->output_size;

	while (line < end) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		char *safe = display_text(line, (size_t)((stop == NULL ? end : stop) - line));

		if (safe != NULL && *safe != '\0')
			(void)fprintf(stderr, "stepup-hooks: %s: %s\n", hook->name, safe);
		free(safe);
		line = stop == NULL ? end : stop + 1;
	}
	if (outcome->output_lost > 0)
		say("%s: %zu more bytes were left out.", hook->name, outcome->output_lost);
}

static json_t *outcomes_to_json(const struct hook_folder *folder, const struct hook_outcome *outcomes)
{
	json_t *list = json_array();

	for (size_t i = 0; i < folder->count; i++) {
		json_t *outcome = json_pack("{s:s, s:s, s:I}", "program", folder->hooks[i].name,
			"result", hook_result_name(outcomes[i].result), "ms", (json_int_t)outcomes[i].ms);

		if (outcome != NULL && outcomes[i].exit >= 0)
			(void)json_object_set_new(outcome, "exit", json_integer(outcomes[i].exit));
		if (json_array_append_new(list, outcome) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* Runs the hooks of an event; the outcomes, NULL where that could not be done at all. */
static json_t *hooks_tell(const struct settings *settings, const json_t *event)
{
	static struct hook_folder folder;
	static struct hook_outcome outcomes[HOOKS_MAX];
	const char *name = message_text(event, "event");
	char *json = json_dumps(event, JSON_COMPACT | JSON_SORT_KEYS), *why = NULL;
	json_t *list = NULL;

	if (json == NULL || name == NULL)
		goto out;
	if (hook_folder_read(settings->hooks_dir, &folder, &why) != STEPUP_OK)
		say("%s", why == NULL ? "the folder with hooks could not be read" : why);
	hooks_run(&folder, name, json, settings->limit_ms, outcomes);
	for (size_t i = 0; i < folder.count; i++) {
		if (folder.hooks[i].objection != NULL)
			say("not run: %s", folder.hooks[i].objection);
		else if (outcomes[i].result != HOOK_DONE)
			say("%s: %s at %s after %lld ms", folder.hooks[i].name,
				hook_result_name(outcomes[i].result), name, (long long)outcomes[i].ms);
		say_output(&folder.hooks[i], &outcomes[i]);
	}
	list = outcomes_to_json(&folder, outcomes);
	hook_folder_clear(&folder);
out:
	free(json);
	free(why);
	return list;
}

/* --- ending --- */

static void on_end(int number)
{
	static const char later[] = "stepup-hooks: stopping; the hooks that run may finish first\n";

	int kept = errno;

	(void)number;
	if (!telling)
		_exit(EXIT_OK);
	ending = 1;
	(void)!write(STDERR_FILENO, later, sizeof(later) - 1);
	errno = kept;
}

/* SIGTERM and SIGINT; a hook that is started has their defaults again, for it is another program. */
static void end_in_order(void)
{
	struct sigaction action = {.sa_handler = on_end};

	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
}

/* --- the verifier --- */

/* One round: fetch, tell, say so. Anything but STEPUP_OK: try again later, on a new connection. */
static enum stepup_error serve_one(const struct settings *settings, struct verifier_client *client)
{
	struct verifier_refusal refusal = {0};
	const json_t *event;
	json_t *reply = NULL, *done = NULL, *outcomes;
	enum stepup_error error = verifier_client_call(client, "io.stepup.Hooks1.Next", json_object(),
		deadline_in(NEXT_PATIENCE_MS), &reply, &refusal);

	event = json_object_get(reply, "event");
	if (error != STEPUP_OK || !json_is_object(event))
		goto out;
	telling = 1;
	outcomes = hooks_tell(settings, event);
	if (outcomes == NULL) {
		error = STEPUP_NO_MEMORY;
		goto out;
	}
	error = verifier_client_call(client, "io.stepup.Hooks1.Done",
		json_pack("{s:s, s:O, s:o}", "event", message_text(event, "event"),
			"log", json_object_get(event, "log"), "outcomes", outcomes),
		deadline_in(NEXT_PATIENCE_MS), &done, &refusal);
out:
	verifier_refusal_clear(&refusal);
	json_decref(reply);
	json_decref(done);
	return error;
}

/* Ends only when told to: the verifier may come and go. */
static void hooks_serve(const struct settings *settings)
{
	struct verifier_client *client = NULL;
	bool complained = false;

	for (;;) {
		enum stepup_error error = client != NULL ? STEPUP_OK
			: verifier_client_open(settings->socket, deadline_in(NEXT_PATIENCE_MS), &client);

		if (error == STEPUP_OK && complained)
			say("the verifier answers");
		if (error == STEPUP_OK)
			error = serve_one(settings, client);
		telling = 0;
		if (ending)
			break;
		if (error == STEPUP_OK) {
			complained = false;
			continue;
		}
		if (!complained)
			say("%s: %s; trying again until it answers", settings->socket,
				stepup_error_text(error));
		complained = true;
		verifier_client_close(&client);
		(void)sleep(RETRY_SECONDS);
	}
	verifier_client_close(&client);
}

/* --- options --- */

enum hooks_option {
	OPTION_HOOKS_DIR,
	OPTION_SOCKET,
	OPTION_TIME_LIMIT,
	OPTION_USER,
	OPTION_VERSION,
	OPTION_HELP,
	OPTION_COUNT
};

static const struct option_row option_rows[OPTION_COUNT] = {
	[OPTION_HOOKS_DIR] = {"hooks-dir", "DIR", COMPLETE_FOLDER, NULL,
		"the programs; default " STEPUP_SYSCONFDIR "/hooks.d"},
	[OPTION_SOCKET] = {"socket", "FILE", COMPLETE_FILE, NULL,
		"the verifier's socket; default " STEPUP_RUNDIR "/hooks.sock"},
	[OPTION_TIME_LIMIT] = {"time-limit", "SECONDS", COMPLETE_NOTHING, NULL,
		"for each program; default 10, at most 300"},
	[OPTION_USER] = {"user", "NAME", COMPLETE_USER, NULL, "the user to become, if root starts this"},
	[OPTION_VERSION] = {"version", NULL, COMPLETE_NOTHING, NULL, "print the version and exit"},
	[OPTION_HELP] = {"help", NULL, COMPLETE_NOTHING, NULL, "print this and exit"},
};

static const struct option_set option_set = {
	"stepup-hooks", "stepup-hooks --help", option_rows, OPTION_COUNT};

static bool take_limit(struct settings *settings, const char *text)
{
	char *end = NULL;
	long seconds;

	errno = 0;
	seconds = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || seconds < 1 || seconds > LIMIT_MAX_SECONDS) {
		say("--time-limit takes 1 to %d seconds.", LIMIT_MAX_SECONDS);
		return false;
	}
	settings->limit_ms = seconds * INT64_C(1000);
	return true;
}

/* -1 to go on, else the exit status. */
static int hooks_options_read(int argc, char **argv, struct settings *settings)
{
	const char *values[OPTION_COUNT] = {NULL};

	if (!options_take_all(&option_set, argc, argv, values, stderr))
		return EXIT_USAGE;
	if (values[OPTION_VERSION] != NULL) {
		printf("stepup-hooks %s\n", PACKAGE_VERSION);
		return EXIT_OK;
	}
	if (values[OPTION_HELP] != NULL) {
		(void)fputs("usage: stepup-hooks [OPTION…]\n\n"
			"Runs programs when stepupd has something to tell. Runs in the foreground.\n\n",
			stdout);
		options_print(&option_set, 24, stdout);
		return EXIT_OK;
	}
	if (values[OPTION_HOOKS_DIR] != NULL)
		settings->hooks_dir = values[OPTION_HOOKS_DIR];
	if (values[OPTION_SOCKET] != NULL)
		settings->socket = values[OPTION_SOCKET];
	settings->user = values[OPTION_USER];
	if (values[OPTION_TIME_LIMIT] != NULL && !take_limit(settings, values[OPTION_TIME_LIMIT]))
		return EXIT_USAGE;
	return -1;
}

/* Nothing runs as root: a service manager starts this as its own user, or root names one. */
static bool shed_privilege(const struct settings *settings)
{
	const struct passwd *account;

	if (geteuid() != 0 && settings->user == NULL)
		return true;
	if (geteuid() != 0) {
		say("Only root can use --user.");
		return false;
	}
	if (settings->user == NULL) {
		say("Hooks don't run as root. Give --user NAME, or start this as a user of its own.");
		return false;
	}
	account = getpwnam(settings->user);
	if (account == NULL || account->pw_uid == 0) {
		say("There is no user %s, or it is root.", settings->user);
		return false;
	}
	if (initgroups(settings->user, account->pw_gid) != 0 ||
	    setresgid(account->pw_gid, account->pw_gid, account->pw_gid) != 0 ||
	    setresuid(account->pw_uid, account->pw_uid, account->pw_uid) != 0 || setuid(0) == 0) {
		say("could not become %s: %s", settings->user, strerror(errno));
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct settings settings = {
		.hooks_dir = STEPUP_SYSCONFDIR "/hooks.d",
		.socket = STEPUP_RUNDIR "/hooks.sock",
		.limit_ms = LIMIT_DEFAULT_SECONDS * INT64_C(1000),
	};
	int status = hooks_options_read(argc, argv, &settings);

	if (status >= 0)
		return status;
	if (!shed_privilege(&settings))
		return EXIT_REFUSED;
	(void)umask(077);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	end_in_order();
	hooks_serve(&settings);
	return EXIT_OK;
}
