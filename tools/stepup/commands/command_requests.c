/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A second person's agreement: stepup requests, approve, deny, wait, withdraw.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/json_wipe.h"
#include "tools/stepup/calls/doors.h"
#include "tools/stepup/shell/commands.h"
#include "tools/stepup/shell/output.h"

/* A request's id as somebody read or heard it, in the verifier's spelling: capitals, and no letter that looks
 * like a digit (Crockford's base 32). The caller frees. */
static char *spelt_id(const char *typed)
{
	char *id = strdup(typed);

	if (id == NULL)
		out_of_memory();
	for (size_t i = 0; id[i] != '\0'; i++) {
		id[i] = (char)toupper((unsigned char)id[i]);
		if (i >= 2 && id[i] == 'O')
			id[i] = '0';
		else if (i >= 2 && (id[i] == 'I' || id[i] == 'L'))
			id[i] = '1';
	}
	return id;
}

static json_t *about_request(const struct invocation *invocation)
{
	json_t *parameters = json_object();
	char *id = invocation->argument_count > 0 ? spelt_id(invocation->arguments[0]) : NULL;

	if (parameters == NULL)
		out_of_memory();
	set_text(parameters, "user", option_text(invocation, OPTION_USER, NULL));
	set_text(parameters, "request", id);
	free(id);
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

		(void)fprintf(out, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ",
			name == NULL ? "" : name);
	}
	if (fclose(out) != 0)
		out_of_memory();
	return text;
}

static void print_line(FILE *out, const char *label, const char *text)
{
	char *safe;

	if (text == NULL)
		return;
	safe = safe_text(text);
	(void)fprintf(out, "  %-10s%s\n", label, safe);
	free(safe);
}

/* Of somebody who asks without a program that may speak for others, the place is their own word: "alice says:
 * from 10.0.0.17, through desk". */
static void print_claims(FILE *out, const char *user, const char *from, const char *through)
{
	if (*from != '\0' || *through != '\0')
		(void)fprintf(out, "  %s says: %s%s%s%s%s\n", user, *from == '\0' ? "" : "from ", from,
			*from == '\0' || *through == '\0' ? "" : ", ",
			*through == '\0' ? "" : "through ", through);
}

static void print_place(FILE *out, const json_t *request, bool own)
{
	char *user = safe_text(message_text(request, "user")),
		*caller = safe_text(message_text(request, "caller"));
	char *from = safe_text(message_text(request, "rhost")),
		*through = safe_text(message_text(request, "service"));
	bool by_themselves = strcmp(caller, user) == 0;

	if (by_themselves && !own) {
		print_claims(out, user, from, through);
	} else {
		if (by_themselves)
			print_line(out, "through", message_text(request, "service"));
		else if (*through == '\0')
			(void)fprintf(out, "  %-10saccount %s\n", "through", caller);
		else
			(void)fprintf(out, "  %-10s%s (account %s)\n", "through", through, caller);
		print_line(out, "from", message_text(request, "rhost"));
	}
	free(user);
	free(caller);
	free(from);
	free(through);
}

static void print_request(FILE *out, const json_t *request)
{
	const char *id = message_text(request, "id"), *user = message_text(request, "user"),
		*text = message_text(request, "text");
	bool own = message_bool(request, "own", false);
	char until[TIME_TEXT_SIZE], *safe = safe_text(text), *who = safe_text(own ? "you" : user),
		*approvers = join_names(json_object_get(request, "approvers"));

	(void)fprintf(out, "%s  %s\n", id == NULL ? "?" : id, safe);
	(void)fprintf(out, "  %-10s%s, until %s\n", "asked by", who,
		time_text(message_number(request, "expires", 0), until));
	print_line(out, "reason", message_text(request, "reason"));
	print_line(out, "because", message_text(request, "why"));
	print_place(out, request, own);
	print_line(out, "on", message_text(request, "host"));
	if (own && strcmp(message_text(request, "state"), "approved") == 0)
		print_line(out, "agreed", message_text(request, "by"));
	else if (own)
		print_line(out, "waits for", *approvers == '\0' ? "nobody; no other person could approve "
			"it" : approvers);
	free(safe);
	free(who);
	free(approvers);
}

/* What can be done with what stands in the list. */
static void print_next_steps(bool own, bool others)
{
	if (others)
		(void)puts("\nTo answer: `stepup approve REQUEST` or `stepup deny REQUEST`.");
	if (own)
		(void)printf(
			"%sFor your own: `stepup wait REQUEST` waits, `stepup withdraw REQUEST` takes it "
			"back.\n",
			others ? "" : "\n");
}

static bool show_list(void *context, const json_t *reply)
{
	const struct invocation *invocation = context;
	const json_t *requests = json_object_get(reply, "requests"), *request;
	bool own = false, others = false;
	char now[TIME_TEXT_SIZE];
	size_t i;

	if (!json_is_array(requests))
		return false;
	if (option_given(invocation, OPTION_JSON)) {
		(void)output_json(json_deep_copy(reply));
		return !ferror(stdout);
	}
	json_array_foreach(requests, i, request) {
		if (message_text(request, "state") == NULL)
			continue;
		print_request(stdout, request);
		if (message_bool(request, "own", false))
			own = true;
		else
			others = true;
	}
	if (json_array_size(requests) == 0)
		(void)puts("No requests.");
	print_next_steps(own, others);
	if (option_given(invocation, OPTION_FOLLOW))
		(void)printf("-- %s\n", time_text((int64_t)time(NULL), now));
	return fflush(stdout) == 0;
}

enum exit_status command_requests(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	json_t *reply = NULL;
	enum exit_status status;

	if (option_given(invocation, OPTION_FOLLOW)) {
		status = doors_follow(&doors, "Requests", about_request(invocation), show_list,
			(void *)(uintptr_t)invocation);
	} else {
		status = doors_call(&doors, &interface_verify, "Requests", about_request(invocation),
			&reply, NULL);
		if (status == EXIT_DONE)
			(void)show_list((void *)(uintptr_t)invocation, reply);
	}
	doors_close(&doors);
	json_wipe_free(&reply);
	return status;
}

/* --- answers --- */

/* The reply's message, or all of it. Takes the reply over. */
static enum exit_status requests_say(const struct invocation *invocation, json_t *reply)
{
	char *sentence = safe_text(message_text(reply, "message"));
	enum exit_status status = output_result(invocation, reply, sentence);

	free(sentence);
	return status;
}

/* Who asks for what, and why, before anybody touches a key; `*own` where it is one's own, which isn't shown.
 * A request that isn't there the verifier refuses in its own words. */
static enum exit_status show_request(struct doors *doors, const char *id, bool *own)
{
	json_t *parameters = json_object(), *reply = NULL;
	const json_t *request;
	enum exit_status status;
	size_t i;

	if (parameters == NULL)
		out_of_memory();
	set_text(parameters, "user", option_text(doors->invocation, OPTION_USER, NULL));
	status = doors_call(doors, &interface_verify, "Requests", parameters, &reply, NULL);
	*own = false;
	json_array_foreach(json_object_get(reply, "requests"), i, request) {
		if (strcmp(message_text(request, "id"), id) != 0)
			continue;
		*own = message_bool(request, "own", false);
		if (!*own)
			print_request(stderr, request);
	}
	json_wipe_free(&reply);
	return status;
}

static enum exit_status call_and_say(const struct invocation *invocation, const char *method,
	json_t *parameters)
{
	struct doors doors = {.invocation = invocation};
	json_t *reply = NULL;
	enum exit_status status = doors_call(&doors, &interface_verify, method, parameters, &reply, NULL);

	doors_close(&doors);
	return status == EXIT_DONE ? requests_say(invocation, reply) : status;
}

/* Answers a request by one's own key or code. */
static enum exit_status answer_request(struct doors *doors, const char *id, const char *decision)
{
	struct step_up_outcome outcome = {0};
	enum exit_status status = doors_approve(doors, id, decision, &outcome);

	if (status == EXIT_DONE)
		status = requests_say(doors->invocation, json_incref(outcome.reply));
	step_up_outcome_clear(&outcome);
	return status;
}

enum exit_status command_approve(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	char *id = spelt_id(invocation->arguments[0]);
	bool own;
	enum exit_status status = show_request(&doors, id, &own);

	if (status == EXIT_DONE)
		status = answer_request(&doors, id, NULL);
	free(id);
	doors_close(&doors);
	return status;
}

/* Of somebody else's request, by one's own key or code: nobody is locked by a word alone. Oneself, by one's
 * own account, at once; that ends the request too. */
static enum exit_status deny_and_lock(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	char *id = spelt_id(invocation->arguments[0]);
	bool own;
	enum exit_status status = show_request(&doors, id, &own);

	own = own && option_text(invocation, OPTION_USER, NULL) == NULL;
	if (status == EXIT_DONE && !own)
		status = answer_request(&doors, id, "lock");
	free(id);
	doors_close(&doors);
	if (status != EXIT_DONE || !own)
		return status;
	return call_and_say(invocation, "LockMe",
		json_pack("{s:s}", "reason", "a request was denied as not theirs"));
}

enum exit_status command_deny(const struct invocation *invocation)
{
	if (option_given(invocation, OPTION_LOCK))
		return deny_and_lock(invocation);
	return call_and_say(invocation, "Deny", about_request(invocation));
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
static bool requests_look(void *context, const json_t *reply)
{
	struct awaited *awaited = context;
	const char *state = message_text(json_object_get(reply, "request"), "state");
	bool waits = state != NULL && strcmp(state, "requested") == 0,
		agreed = state != NULL && strcmp(state, "approved") == 0;
	bool stop = !waits || option_given(awaited->invocation, OPTION_NO_WAIT);
	char *sentence;

	awaited->status = agreed ? EXIT_DONE : waits ? EXIT_WAITING : EXIT_REFUSED;
	if (!stop && option_given(awaited->invocation, OPTION_JSON))
		return true;
	if (!stop) {
		tell_waiting(message_text(reply, "message"),
			message_text(json_object_get(reply, "request"), "id"));
		return true;
	}
	sentence = safe_text(message_text(reply, "message"));
	(void)output_result(awaited->invocation, json_deep_copy(reply), sentence);
	free(sentence);
	awaited->told = true;
	return false;
}

enum exit_status command_wait(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	struct awaited awaited = {.invocation = invocation, };
	enum exit_status status =
		doors_follow(&doors, "AwaitApproval", about_request(invocation), requests_look, &awaited);

	doors_close(&doors);
	if (status == EXIT_DONE && !awaited.told) /* it hung up on what waits still */
		return output_refusal(invocation, STEPUP_IO, NULL);
	return status == EXIT_DONE ? awaited.status : status;
}
