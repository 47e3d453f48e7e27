/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What people do with their own authenticators: stepup list, test, remove; an administrator's list of
 * somebody else's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/json_wipe.h"
#include "tools/stepup/calls/doors.h"
#include "tools/stepup/shell/commands.h"
#include "tools/stepup/shell/output.h"

static json_t *own_user(const struct invocation *invocation)
{
	json_t *parameters = json_object();

	if (parameters == NULL)
		out_of_memory();
	set_text(parameters, "user", option_text(invocation, OPTION_USER, NULL));
	return parameters;
}

/* The credentials that count for less than they will. */
static void print_cooling(const json_t *credentials)
{
	const json_t *credential;
	size_t i;

	json_array_foreach(credentials, i, credential) {
		int64_t from = message_number(credential, "strong_from", 0);
		char *label, until[TIME_TEXT_SIZE];

		if (from <= (int64_t)time(NULL) || strcmp(message_text(credential, "state"), "live") != 0)
			continue;
		label = safe_text(message_text(credential, "label"));
		printf("\"%s\" is new. Until %s it counts for no more than a "
			"code.\n", label, time_text(from, until));
		free(label);
	}
}

static void print_credentials(const json_t *credentials)
{
	static const char *const headings[] = {"ID", "TYPE", "LABEL", "MODEL", "STRENGTH", "ADDED",
		"LAST USED", "STATE"};
	struct table *table = table_new(headings, sizeof(headings) / sizeof(headings[0]));
	const json_t *credential;
	size_t i;

	json_array_foreach(credentials, i, credential) {
		char created[TIME_TEXT_SIZE], used[TIME_TEXT_SIZE];
		const char *model = message_text(credential, "model");
		const char *cells[] = {message_text(credential, "id"), message_text(credential, "type"),
			message_text(credential, "label"), model != NULL ? model : "-",
			message_text(credential, "strength"),
			time_text(message_number(credential, "created", 0), created),
			time_text(message_number(credential, "last_used", 0), used),
			message_text(credential, "state")};

		table_add(table, cells);
	}
	table_print(table, stdout);
	table_free(&table);
	print_cooling(credentials);
}

enum exit_status command_list(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	const char *other = invocation->argument_count > 0 ? invocation->arguments[0] : NULL;
	enum exit_status status;
	json_t *reply = NULL, *credentials;

	if (other != NULL && option_given(invocation, OPTION_USER)) {
		complain("list takes USER (for administrators) or --user (for root), not both.");
		return EXIT_USAGE;
	}
	status = other != NULL ? doors_resolve(&doors, other, &other) : EXIT_DONE;
	if (status == EXIT_DONE && other != NULL)
		status = doors_verb(&doors, "stepup.credentials", json_pack("{s:s}", "user", other),
			"Credentials", json_pack("{s:s}", "user", other), &reply);
	else if (status == EXIT_DONE)
		status = doors_call(&doors, &interface_verify, "List", own_user(invocation), &reply, NULL);
	doors_close(&doors);
	if (status != EXIT_DONE)
		return status;
	credentials = json_object_get(reply, "credentials");
	if (option_given(invocation, OPTION_JSON))
		return output_json(reply);
	if (json_array_size(credentials) > 0)
		print_credentials(credentials);
	else
		(void)puts(other != NULL ? "Nothing is enrolled."
			: "Nothing is enrolled. With an invitation: stepup enroll --invitation CODE.");
	json_wipe_free(&reply);
	return EXIT_DONE;
}

enum exit_status command_test(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	struct step_up_outcome outcome = {0};
	enum exit_status status;
	char *sentence;

	status = doors_step_up(&doors, "stepup.test", NULL, false, &outcome);
	doors_close(&doors);
	if (status == EXIT_DONE) {
		sentence = safe_text(message_text(outcome.reply, "message"));
		status = output_result(invocation, json_incref(outcome.reply), sentence);
		free(sentence);
	}
	step_up_outcome_clear(&outcome);
	return status;
}

/* The id of the live credential with that id or label. The caller frees; NULL after a complaint. */
static char *find_credential(const struct invocation *invocation, const json_t *credentials,
	const char *wanted)
{
	const char *found = NULL;
	const json_t *credential;
	size_t i, hits = 0;

	json_array_foreach(credentials, i, credential) {
		const char *id = message_text(credential, "id"), *label = message_text(credential, "label"),
			   *state = message_text(credential, "state");

		if (id == NULL || label == NULL || (state != NULL && strcmp(state, "revoked") == 0))
			continue;
		if (strcmp(id, wanted) == 0)
			return strdup(id);
		if (strcmp(label, wanted) == 0) {
			found = id;
			hits++;
		}
	}
	if (hits == 1)
		return strdup(found);
	(void)output_error(invocation, STEPUP_NOT_FOUND,
		hits == 0 ? "You have no such authenticator. Nothing was removed. `stepup list` shows yours."
		: "Several of yours have that label. Nothing was removed. Give the id that `stepup list` "
			"shows.");
	return NULL;
}

static enum exit_status remove_one(struct doors *doors, const char *id)
{
	json_t *parameters = own_user(doors->invocation), *reply = NULL;
	struct step_up_outcome outcome = {0};
	enum exit_status status;
	char *sentence;

	status = doors_step_up(doors, "stepup.remove", json_pack("{s:s}", "credential", id), false, &outcome);
	if (status == EXIT_DONE) {
		set_text(parameters, "credential", id);
		set_text(parameters, "authorization", outcome.transaction);
		status = doors_call(doors, &interface_verify, "Remove", parameters, &reply, NULL);
		parameters = NULL;
	}
	if (status == EXIT_DONE) {
		sentence = safe_text(message_text(reply, "message"));
		status = output_result(doors->invocation, reply, sentence);
		free(sentence);
	}
	json_wipe_free(&parameters);
	step_up_outcome_clear(&outcome);
	return status;
}

enum exit_status command_remove(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	enum exit_status status;
	json_t *reply = NULL;
	char *id = NULL;

	status = doors_call(&doors, &interface_verify, "List", own_user(invocation), &reply, NULL);
	if (status == EXIT_DONE) {
		id = find_credential(invocation, json_object_get(reply, "credentials"),
			invocation->arguments[0]);
		status = id != NULL ? remove_one(&doors, id) : EXIT_REFUSED;
	}
	free(id);
	json_wipe_free(&reply);
	doors_close(&doors);
	return status;
}
