/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls to the verifier, with the words for what can go wrong on the way.
 */
#include "tools/stepup/calls/doors.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/json_wipe.h"
#include "lib/base/wipe.h"
#include "lib/wire/user_name.h"
#include "tools/stepup/calls/keys.h"
#include "tools/stepup/shell/output.h"
#include "tools/stepup/shell/terminal.h"

#define CALL_MS 30000
#define FOLLOW_MS (24 * 60 * 60 * 1000) /* between two replies to a call that follows */
#define STEP_UP_MS 180000 /* the verifier's own limit, 120 s, comes first */

void doors_close(struct doors *doors)
{
	verifier_client_close(&doors->verify);
	verifier_client_close(&doors->admin);
	json_decref(doors->names);
	doors->names = NULL;
}

const char *doors_path(const struct doors *doors, const struct interface *interface, char path[256])
{
	const char *folder = option_text(doors->invocation, OPTION_SOCKET_DIR, STEPUP_RUNDIR);

	(void)snprintf(path, 256, "%s/%s.sock", folder, interface == &interface_admin ? "admin" : "verify");
	return path;
}

/* Why a socket could not be used, in words. */
static enum exit_status say_unreachable(const struct doors *doors, enum stepup_error error, const char *path)
{
	char sentence[1024];

	if (error == STEPUP_UNSAFE_FILE)
		(void)snprintf(sentence, sizeof(sentence), "The program that answers at %s runs neither as "
			"root nor as "
			"the folder's owner, so it is not trusted. Nothing was done.", path);
	else if (error == STEPUP_UNREACHABLE && access(path, F_OK) != 0)
		(void)snprintf(sentence, sizeof(sentence),
			"No verifier answers here, so nothing was done. You did nothing wrong. "
			"Try again in a minute. [%s: %s; `systemctl status stepupd` says more]",
			path, strerror(errno));
	else if (error == STEPUP_UNREACHABLE && access(path, W_OK) != 0) {
		error = STEPUP_NOT_ALLOWED;
		(void)snprintf(sentence, sizeof(sentence), "You may not use %s. Nothing was done. "
			"Administrators are in the group stepup-admin. If you were just added to it, "
			"sign in again.", path);
	} else
		(void)snprintf(sentence, sizeof(sentence),
			"Could not reach the verifier at %s: %s. Nothing was done.", path,
			stepup_error_text(error));
	return output_error(doors->invocation, error, sentence);
}

/* The open connection to an interface's door. */
static enum exit_status doors_open(struct doors *doors, const struct interface *interface,
	struct verifier_client ***client)
{
	enum stepup_error error = STEPUP_OK;
	char path[256];

	*client = interface == &interface_admin ? &doors->admin : &doors->verify;
	if (**client == NULL)
		error = verifier_client_open(doors_path(doors, interface, path),
			deadline_in(CALL_MS), *client);
	return error == STEPUP_OK ? EXIT_DONE : say_unreachable(doors, error, path);
}

enum exit_status doors_call(struct doors *doors, const struct interface *interface, const char *method,
	json_t *parameters, json_t **reply, struct verifier_refusal *quiet_refusal)
{
	const struct method *table = interface_method(interface, method);
	struct verifier_refusal refusal = {0};
	struct verifier_client **client = NULL;
	char name[128], bad_field[FIELD_NAME_SIZE];
	enum exit_status status;
	enum stepup_error error;

	*reply = NULL;
	(void)snprintf(name, sizeof(name), "%s.%s", interface->name, method);
	status = doors_open(doors, interface, &client);
	if (status != EXIT_DONE) {
		json_wipe_free(&parameters);
		return status;
	}
	error = parameters == NULL || table == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
	if (error == STEPUP_OK)
		error = verifier_client_call(*client, name, parameters, deadline_in(CALL_MS),
			reply, &refusal);
	if (error == STEPUP_OK && message_check(table->out, *reply, bad_field) != STEPUP_OK) {
		json_wipe_free(reply);
		error = STEPUP_IO;
	}
	if (!stepup_error_is_refusal(error) && error != STEPUP_OK)
		verifier_client_close(client);
	if (error == STEPUP_OK)
		status = EXIT_DONE;
	else if (quiet_refusal != NULL && refusal.error != STEPUP_OK)
		status = EXIT_REFUSED;
	else
		status = output_refusal(doors->invocation, error, &refusal);
	if (quiet_refusal != NULL)
		*quiet_refusal = refusal;
	else
		verifier_refusal_clear(&refusal);
	return status;
}

const char *own_tty(void)
{
	const char *name = ttyname(STDIN_FILENO);

	return name != NULL && strncmp(name, "/dev/", 5) == 0 ? name + 5 : name;
}

/* What to add to a refusal where the person may not know it: root is nobody's name. */
static void hint(const struct invocation *invocation, enum stepup_error error)
{
	bool may_name = (invocation->command->options & OPTION(OPTION_USER)) != 0;

	if (geteuid() != 0 || option_given(invocation, OPTION_USER) || !stepup_error_is_refusal(error) ||
	    error == STEPUP_UNAVAILABLE)
		return;
	complain(may_name ? "You are root here. Say who you are with --user NAME." : "You are root here. "
		"Run this as yourself, without sudo. Administrators are in the group stepup-admin.");
}

/* One step-up's conversation. */
struct conversing {
	struct key_conversation keys;
	const struct doors *doors;
	char *waits_for; /* the request that is waited for, owned; NULL for none */
};

static enum stepup_error ask_person(void *context, const struct step_up_question *question,
	struct step_up_answer *answer)
{
	struct conversing *conversing = context;

	return key_conversation_ask(&conversing->keys, question, answer);
}

/* Waits as long as the request does, unless that isn't wanted. */
static bool doors_wait_for_approval(void *context, const struct step_up_waiting *waiting,
	struct deadline *until)
{
	struct conversing *conversing = context;
	const struct doors *doors = conversing->doors;
	int64_t seconds = waiting->expires - (int64_t)time(NULL);

	if (option_given(doors->invocation, OPTION_NO_WAIT))
		return false;
	tell_waiting(waiting->message, waiting->request);
	free(conversing->waits_for);
	conversing->waits_for = safe_text(waiting->request);
	if (seconds > 0)
		*until = deadline_in(seconds * 1000 + CALL_MS);
	return true;
}

/* Runs one for whoever runs this. */
static enum exit_status run_step_up(struct doors *doors, struct step_up_request *request,
	bool quiet_bad_details, struct step_up_outcome *outcome)
{
	struct conversing conversing = {.keys = {.channel = &terminal_channel}, .doors = doors};
	const struct passwd *own = getpwuid(getuid());
	const struct step_up_conversation conversation = {
		.ask = ask_person, .wait = doors_wait_for_approval, .context = &conversing};
	const char *reach[REACH_SIZE];
	struct verifier_client **client = NULL;
	enum exit_status status;
	enum stepup_error error;

	*outcome = (struct step_up_outcome){0};
	request->user = option_text(doors->invocation, OPTION_USER, NULL);
	conversing.keys.user = request->user != NULL ? request->user : own != NULL ? own->pw_name : NULL;
	request->service = "stepup";
	request->tty = own_tty();
	request->reach = reach;
	status = doors_open(doors, &interface_verify, &client);
	if (status != EXIT_DONE)
		return status;
	keys_reach(doors->invocation, reach, &conversing.keys.agent_socket);
	error = step_up_run(*client, request, &conversation, deadline_in(STEP_UP_MS), outcome);
	key_conversation_clear(&conversing.keys);
	if (error == STEPUP_OK ||
	    (error == STEPUP_BAD_DETAILS && quiet_bad_details && outcome->refusal.detail != NULL)) {
		free(conversing.waits_for);
		return error == STEPUP_OK ? EXIT_DONE : EXIT_REFUSED;
	}
	status = output_refusal(doors->invocation, error, &outcome->refusal);
	if (status == EXIT_OUT_OF_REACH && conversing.waits_for != NULL)
		complain("Request %s is still open until it expires. "
			"Once the verifier answers, run: stepup wait "
			"%s", conversing.waits_for, conversing.waits_for);
	free(conversing.waits_for);
	hint(doors->invocation, error);
	return status;
}

enum exit_status doors_step_up(struct doors *doors, const char *action, json_t *details,
	bool quiet_bad_details, struct step_up_outcome *outcome)
{
	struct step_up_request request = {
		.action = action,
		.details = details,
		.reason = strcmp(doors->invocation->command->name, "confirm") == 0
			? option_text(doors->invocation, OPTION_REASON, NULL) : NULL,
	};
	enum exit_status status = run_step_up(doors, &request, quiet_bad_details, outcome);

	json_wipe_free(&details);
	return status;
}

enum exit_status doors_approve(struct doors *doors, const char *id, const char *decision,
	struct step_up_outcome *outcome)
{
	struct step_up_request request = {.approves = id, .decision = decision};

	return run_step_up(doors, &request, false, outcome);
}

static struct deadline follow_deadline(void)
{
	return deadline_in(FOLLOW_MS);
}

/* Who takes the replies to a call that follows, once each has been held against the method's table. */
struct following {
	const struct method *method;
	bool (*each)(void *context, const json_t *reply);
	void *context;
	bool malformed;
};

static bool check_followed(void *context, const json_t *reply)
{
	struct following *following = context;
	char bad_field[FIELD_NAME_SIZE];

	following->malformed = message_check(following->method->out, reply, bad_field) != STEPUP_OK;
	return !following->malformed && following->each(following->context, reply);
}

enum exit_status doors_follow(struct doors *doors, const char *method, json_t *parameters,
	bool (*each)(void *context, const json_t *reply), void *context)
{
	struct following following = {
		.method = interface_method(&interface_verify, method), .each = each, .context = context};
	struct verifier_refusal refusal = {0};
	struct verifier_client **client = NULL;
	char name[128];
	enum exit_status status = doors_open(doors, &interface_verify, &client);
	enum stepup_error error;

	(void)snprintf(name, sizeof(name), "%s.%s", interface_verify.name, method);
	if (status != EXIT_DONE) {
		json_wipe_free(&parameters);
		return status;
	}
	error = verifier_client_follow(*client, name, parameters, follow_deadline, check_followed,
		&following, &refusal);
	verifier_client_close(client);
	if (error == STEPUP_OK && following.malformed)
		error = STEPUP_IO;
	if (error != STEPUP_OK)
		status = output_refusal(doors->invocation, error, &refusal);
	verifier_refusal_clear(&refusal);
	return status;
}

enum exit_status doors_verb_step_up(struct doors *doors, const char *action, json_t *details,
	struct step_up_outcome *outcome)
{
	struct verifier_client **client = NULL;
	enum exit_status status = doors_open(doors, &interface_admin, &client);

	*outcome = (struct step_up_outcome){0};
	if (status == EXIT_DONE)
		return doors_step_up(doors, action, details, false, outcome);
	json_wipe_free(&details);
	return status;
}

enum exit_status doors_verb(struct doors *doors, const char *action, json_t *details, const char *method,
	json_t *parameters, json_t **reply)
{
	struct step_up_outcome outcome = {0};
	enum exit_status status = doors_verb_step_up(doors, action, details, &outcome);

	*reply = NULL;
	if (status == EXIT_DONE) {
		set_text(parameters, "authorization", outcome.transaction);
		status = doors_call(doors, &interface_admin, method, parameters, reply, NULL);
		parameters = NULL;
	}
	json_wipe_free(&parameters);
	step_up_outcome_clear(&outcome);
	return status;
}

/* Keeps a name until the end. */
static const char *keep_name(struct doors *doors, const char *name)
{
	if (doors->names == NULL)
		doors->names = json_array();
	if (json_array_append_new(doors->names, json_string(name)) != 0)
		out_of_memory();
	return json_string_value(json_array_get(doors->names, json_array_size(doors->names) - 1));
}

enum exit_status doors_resolve(struct doors *doors, const char *spelt, const char **name)
{
	struct verifier_refusal refusal = {0};
	json_t *reply = NULL;
	enum exit_status status;

	*name = spelt;
	if (!user_name_is_possible(spelt)) {
		char *safe = safe_text(spelt);

		complain("No account can have the name %s. Nothing was done. Name one person at a time. "
			"Only the policy has lists and groups.", safe);
		free(safe);
		return EXIT_USAGE;
	}
	status = doors_call(doors, &interface_admin, "Resolve", json_pack("{s:s}", "user", spelt),
		&reply, &refusal);
	doors->names_nobody = status == EXIT_DONE && !message_bool(reply, "known", true);
	if (status == EXIT_DONE && strcmp(message_text(reply, "user"), spelt) != 0) {
		char *safe = safe_text(spelt), *found = safe_text(message_text(reply, "user"));

		*name = keep_name(doors, message_text(reply, "user"));
		complain("%s is %s here.", safe, found);
		free(safe);
		free(found);
	}
	if (status == EXIT_REFUSED && refusal.error != STEPUP_OK)
		status = EXIT_DONE; /* what comes next says what is wrong, or does without */
	verifier_refusal_clear(&refusal);
	json_wipe_free(&reply);
	return status;
}

void doors_cancel(struct doors *doors, const char *transaction)
{
	struct verifier_refusal ignored = {0};
	json_t *reply = NULL;

	if (doors->verify == NULL)
		return;
	(void)verifier_client_call(doors->verify, "io.stepup.Verify1.Cancel",
		json_pack("{s:s}", "transaction", transaction), deadline_in(CALL_MS), &reply, &ignored);
	verifier_refusal_clear(&ignored);
	json_wipe_free(&reply);
}

void set_text(json_t *object, const char *field, const char *text)
{
	if (text != NULL && json_object_set_new(object, field, json_string(text)) != 0)
		out_of_memory();
}
