/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys of whoever runs this; see keys.h. */
#include "tools/stepup/calls/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"
#include "tools/stepup/shell/output.h"
#include "tools/stepup/shell/terminal.h"

#define HELPER_MS 120000 /* touching a key in time is up to a person */
#define TRIES_MAX 5

const char *keys_agent_socket(void)
{
	const char *path = getenv("SSH_AUTH_SOCK");

	return path != NULL && path[0] == '/' ? path : NULL;
}

bool keys_are_elsewhere(void)
{
	return getenv("SSH_CONNECTION") != NULL || getenv("SSH_TTY") != NULL;
}

void keys_reach(const struct invocation *invocation, const char *reach[REACH_SIZE], const char **agent_socket)
{
	bool own = !option_given(invocation, OPTION_USER);
	size_t count = 0;

	*agent_socket = own ? keys_agent_socket() : NULL;
	if (own && !keys_are_elsewhere())
		reach[count++] = "seat";
	if (*agent_socket != NULL)
		reach[count++] = "agent";
	reach[count] = NULL;
}

static enum stepup_error keys_tell_touch(void *context, const char *text)
{
	(void)context;
	terminal_channel.tell(NULL, text);
	return STEPUP_OK;
}

static enum stepup_error keys_ask_pin(void *context,
	const struct authenticator_pin_question *question, char **pin)
{
	(void)context;
	return terminal_ask(question->text, true, pin);
}

/* Whether the person can mend it and go on. */
static bool keys_may_try_again(enum authenticator_code code)
{
	switch (code) {
	case AUTHENTICATOR_NO_KEY:
	case AUTHENTICATOR_WRONG_KEY:
	case AUTHENTICATOR_ENROLLED_ALREADY:
	case AUTHENTICATOR_PIN_LOCKED_UNTIL_REPLUG:
	case AUTHENTICATOR_NO_PIN_SET:
	case AUTHENTICATOR_UNPLUGGED:
	case AUTHENTICATOR_TIMED_OUT:
	case AUTHENTICATOR_NO_ANSWER:
	case AUTHENTICATOR_AGENT_REFUSED:
		return true;
	default:
		return false;
	}
}

static char *sentence_of(const struct authenticator_request *request,
	const struct authenticator_outcome *outcome)
{
	char *sentence = authenticator_sentence(request, outcome, NULL);

	if (sentence == NULL)
		out_of_memory();
	return sentence;
}

static bool wants_again(const struct authenticator_request *request,
	const struct authenticator_outcome *outcome)
{
	char *sentence = sentence_of(request, outcome), *question = NULL, *line = NULL;
	bool again;

	if (asprintf(&question, "%s\nPress Enter to try again, or Ctrl-C to cancel: ", sentence) < 0)
		out_of_memory();
	again = terminal_ask(question, false, &line) == STEPUP_OK;
	wipe_free_string(&line);
	free(question);
	free(sentence);
	return again;
}

/* What is said of an error on this side; the rest is in the helper's own words. */
static enum exit_status say_error(const struct invocation *invocation,
	const struct authenticator_request *request, enum stepup_error error,
	const struct authenticator_outcome *outcome)
{
	enum exit_status status;
	char *sentence;

	if (error == STEPUP_UNREACHABLE)
		return output_error(invocation, STEPUP_NOT_FOUND,
			"The program that talks to keys can't be started. Nothing was enrolled. "
			"Check that it is installed: " STEPUP_LIBEXECDIR "/stepup-authenticator");
	if (error == STEPUP_CANCELLED)
		return output_error(invocation, error, KEYS_CANCELLED);
	if (error == STEPUP_TIMEOUT)
		return output_error(invocation, error,
			"That took too long. Nothing was enrolled. Start again.");
	sentence = sentence_of(request, outcome);
	status = output_error(invocation, error, sentence);
	free(sentence);
	return status == EXIT_DONE ? EXIT_REFUSED : status;
}

enum exit_status keys_run(const struct invocation *invocation, struct authenticator_request *request,
	json_t **reply)
{
	const struct authenticator_conversation talk = {keys_tell_touch, keys_ask_pin, NULL};
	struct authenticator_outcome outcome = {0};
	enum exit_status status;
	enum stepup_error error;

	request->enrolling = true;
	*reply = NULL;
	for (int i = 1;; i++) {
		error = authenticator_run(request, &talk,
			deadline_in(authenticator_patience_ms(request->operation, HELPER_MS)), &outcome);
		if (error != STEPUP_BAD_ANSWER || !keys_may_try_again(outcome.code) || i == TRIES_MAX)
			break;
		if (!wants_again(request, &outcome)) {
			error = STEPUP_CANCELLED;
			break;
		}
		authenticator_outcome_clear(&outcome);
	}
	if (error == STEPUP_OK) {
		*reply = outcome.reply;
		outcome.reply = NULL;
		status = EXIT_DONE;
	} else {
		status = say_error(invocation, request, error, &outcome);
	}
	authenticator_outcome_clear(&outcome);
	return status;
}

enum exit_status keys_refuse(const struct invocation *invocation, const struct authenticator_request *request,
	enum authenticator_code code)
{
	const struct authenticator_outcome outcome = {.code = code, .tries_left = -1};

	return say_error(invocation, request, STEPUP_BAD_ANSWER, &outcome);
}
