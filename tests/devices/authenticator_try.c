/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Has the helper program do one thing, as the module and the CLI do, and prints what the person would see: a
 * line of JSON for each touch and PIN that is asked for, and one for how it ended. What is asked stands on
 * standard input.
 *
 *     authenticator_try OPERATION [--user NAME] [--agent SOCKET] [--pin PIN]… [--timeout MS] [--enrolling]
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/client/authenticator.h"
#include "lib/client/authenticator_words.h"

#define PINS_MAX 16

/* What is typed, one after the other; then the person gives up. */
struct typist {
	const char *pins[PINS_MAX];
	int count, used;
};

static volatile sig_atomic_t children_ended;

static void catch_child(int signal_number)
{
	(void)signal_number;
	children_ended++;
}

static void say(json_t *line)
{
	json_dumpf(line, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(line);
}

static enum stepup_error touch(void *context, const char *text)
{
	(void)context;
	say(json_pack("{s:s}", "touch", text));
	return STEPUP_OK;
}

static enum stepup_error type_pin(
	void *context, const struct authenticator_pin_question *question, char **pin)
{
	struct typist *typist = context;

	say(json_pack("{s:s, s:i, s:b}", "pin", question->text, "tries", question->tries_left, "again",
		question->again));
	if (typist->used == typist->count)
		return STEPUP_CANCELLED;
	*pin = strdup(typist->pins[typist->used++]);
	return *pin != NULL ? STEPUP_OK : STEPUP_NO_MEMORY;
}

static bool find_operation(const char *name, struct authenticator_request *request)
{
	for (int i = AUTHENTICATOR_REACH; i <= AUTHENTICATOR_AGENT_SIGN; i++) {
		request->operation = (enum authenticator_operation)i;
		if (strcmp(authenticator_operation_name(request->operation), name) == 0)
			return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	struct authenticator_request request = {.asked = NULL};
	struct authenticator_account account = {.uid = 0};
	struct authenticator_outcome outcome = {0};
	struct typist typist = {.count = 0};
	struct authenticator_conversation conversation = {touch, type_pin, &typist};
	const char *user = NULL;
	int64_t ms = 60000;
	enum stepup_error error;
	char *sentence;

	if (argc < 2 || !find_operation(argv[1], &request))
		return 2;
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--enrolling") == 0)
			request.enrolling = true;
		else if (i + 1 == argc)
			return 2;
		else if (strcmp(argv[i], "--user") == 0)
			user = argv[++i];
		else if (strcmp(argv[i], "--agent") == 0)
			request.agent_socket = argv[++i];
		else if (strcmp(argv[i], "--timeout") == 0)
			ms = atoll(argv[++i]);
		else if (strcmp(argv[i], "--pin") == 0 && typist.count < PINS_MAX)
			typist.pins[typist.count++] = argv[++i];
		else
			return 2;
	}
	if (user != NULL && authenticator_account_find(user, &account) == STEPUP_OK)
		request.account = &account;
	request.asked = json_loadf(stdin, 0, NULL);
	signal(SIGCHLD, catch_child);
	error = authenticator_run(&request, &conversation, deadline_in(ms), &outcome);
	sentence = error != STEPUP_OK ? authenticator_sentence(&request, &outcome, user) : NULL;
	say(json_pack("{s:s, s:s, s:i, s:s*, s:O*, s:i, s:b}", "error", stepup_error_name(error), "code",
		authenticator_code_name(outcome.code), "tries", outcome.tries_left, "sentence", sentence,
		"reply", outcome.reply, "children_ended", (int)children_ended, "child_left",
		waitpid(-1, NULL, WNOHANG | __WALL) != -1));
	free(sentence);
	authenticator_outcome_clear(&outcome);
	authenticator_account_clear(&account);
	json_decref((json_t *)(uintptr_t)request.asked);
	return error == STEPUP_OK ? 0 : 1;
}
