/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A second person's agreement: stepup requests, approve, deny, wait, withdraw.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/json_wipe.h"
#include "tools/stepup/commands.h"
#include "tools/stepup/doors.h"
#include "tools/stepup/output.h"

static json_t *about_request(const struct invocation *invocation)
{
	json_t *parameters = json_object();

	if (parameters == NULL)
		out_of_memory();
	set_text(parameters, "user", option_text(invocation, OPTION_USER, NULL));
	set_text(parameters, "request", invocation->argument_count > 0 ? invocation->arguments[0] : NULL);
	return parameters;
}

/* --- the list --- */

/* "carol or dave", of an array of texts; the caller frees. */
static char *join_names(const json_t *names)
{
	size_t count = json_array_size(names), size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		out_of_memory();
	for (size_t i = 0; i < count; i++) {
		const char *name = json_string_value(json_array_get(names, i));

		(void)fprintf(out, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", name == NULL ? "" : name);
	}
	if (fclose(out) != 0)
		out_of_memory();
	return text;
}

static void print_line(const char *label, const char *text)
{
	char *safe;

	if (text == NULL)
		return;
	safe = safe_text(text);
	(void)printf("  %-10s%s\n", label, safe);
	free(safe);
}

static void print_request(const json_t *request)
{
	const char *id = message_text(request, "id"), *user = message_text(request, "user"), *text = message_text(request, "text");
	bool own = message_bool(request, "own", false);
	char until[TIME_TEXT_SIZE], *safe = safe_text(text), *who = safe_text(own ? "you" : user), *approvers = join_names(json_object_get(request, "approvers"));

	(void)printf("%s  %s\n", id == NULL ? "?" : id, safe);
	(void)printf("  %-10s%s, until %s\n", "asked by", who, time_text(message_number(request, "expires", 0), until));
	print_line("reason", message_text(request, "reason"));
	print_line("because", message_text(request, "why"));
	print_line("from", message_text(request, "rhost"));
	print_line("on", message_text(request, "host"));
	if (own && strcmp(message_text(request, "state"), "approved") == 0)
		print_line("agreed", message_text(request, "by"));
	else if (own)
		print_line("waits for", approvers);
	free(safe);
	free(who);
	free(approvers);
}

static bool show_list(void *context, const json_t *reply)
{
	const struct invocation *invocation = context;
	const json_t *requests = json_object_get(reply, "requests"), *request;
	size_t i;

	if (!json_is_array(requests))
		return false;
	if (option_given(invocation, OPTION_JSON)) {
		(void)output_json(json_deep_copy(reply));
		return fflush(stdout) == 0;
	}
	json_array_foreach(requests, i, request)
		if (message_text(request, "state") != NULL)
			print_request(request);
	if (json_array_size(requests) == 0)
		(void)puts("No requests.");
	else
		(void)puts("\nAnswer with `stepup approve REQUEST` or `stepup deny REQUEST`.");
	if (option_given(invocation, OPTION_FOLLOW))
		(void)puts("--");
	return fflush(stdout) == 0;
}

enum exit_status command_requests(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	json_t *reply = NULL;
	enum exit_status status;

	if (option_given(invocation, OPTION_FOLLOW)) {
		status = doors_follow(&doors, "Requests", about_request(invocation), show_list, (void *)(uintptr_t)invocation);
	} else {
		status = doors_call(&doors, &interface_verify, "Requests", about_request(invocation), &reply, NULL);
		if (status == EXIT_DONE)
			(void)show_list((void *)(uintptr_t)invocation, reply);
	}
	doors_close(&doors);
	json_wipe_free(&reply);
	return status;
}

/* --- answers --- */

/* The reply's message, or all of it. Takes the reply over. */
static enum exit_status say(const struct invocation *invocation, json_t *reply)
{
	char *sentence = safe_text(message_text(reply, "message"));
	enum exit_status status = output_result(invocation, reply, sentence);

	free(sentence);
	return status;
}

enum exit_status command_approve(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	struct step_up_outcome outcome = {0};
	enum exit_status status = doors_approve(&doors, invocation->arguments[0], &outcome);

	doors_close(&doors);
	if (status == EXIT_DONE)
		status = say(invocation, json_incref(outcome.reply));
	step_up_outcome_clear(&outcome);
	return status;
}

static enum exit_status call_and_say(const struct invocation *invocation, const char *method, json_t *parameters)
{
	struct doors doors = {.invocation = invocation};
	json_t *reply = NULL;
	enum exit_status status = doors_call(&doors, &interface_verify, method, parameters, &reply, NULL);

	doors_close(&doors);
	return status == EXIT_DONE ? say(invocation, reply) : status;
}

enum exit_status command_deny(const struct invocation *invocation)
{
	json_t *parameters = about_request(invocation);

	if (option_given(invocation, OPTION_LOCK) && json_object_set_new(parameters, "lock", json_true()) != 0)
		out_of_memory();
	return call_and_say(invocation, "Deny", parameters);
}

enum exit_status command_withdraw(const struct invocation *invocation)
{
	return call_and_say(invocation, "CancelRequest", about_request(invocation));
}

/* --- waiting --- */

struct awaited {
	const struct invocation *invocation;
	enum exit_status status;
	bool told;
};

/* Goes on until somebody agreed or nothing can come of it. */
static bool look(void *context, const json_t *reply)
{
	struct awaited *awaited = context;
	const char *state = message_text(json_object_get(reply, "request"), "state");
	bool waits = state != NULL && strcmp(state, "requested") == 0, agreed = state != NULL && strcmp(state, "approved") == 0;
	bool stop = !waits || option_given(awaited->invocation, OPTION_NO_WAIT);
	char *sentence;

	awaited->status = agreed ? EXIT_DONE : waits ? EXIT_WAITING : EXIT_REFUSED;
	if (!stop && option_given(awaited->invocation, OPTION_JSON))
		return true;
	sentence = safe_text(message_text(reply, "message"));
	if (stop)
		(void)output_result(awaited->invocation, json_deep_copy(reply), sentence);
	else
		complain("%s", sentence);
	free(sentence);
	awaited->told = stop;
	return !stop;
}

enum exit_status command_wait(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	struct awaited awaited = {.invocation = invocation, .status = EXIT_OUT_OF_REACH};
	enum exit_status status = doors_follow(&doors, "AwaitApproval", about_request(invocation), look, &awaited);

	doors_close(&doors);
	return status == EXIT_DONE && awaited.told ? awaited.status : status == EXIT_DONE ? EXIT_OUT_OF_REACH : status;
}
