/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Administrators' verbs: lock, unlock, freeze, thaw, invite, users, revoke, reload. Each does a
 * step-up of the administrator's own for exactly what it is about to do. `lock --me` is everybody's
 * and asks for nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json_wipe.h"
#include "tools/stepup/calls/before_touch.h"
#include "tools/stepup/calls/doors.h"
#include "tools/stepup/shell/commands.h"
#include "tools/stepup/shell/output.h"

/* The verifier's message is the result. Takes over `reply`. */
static enum exit_status say_message(const struct invocation *invocation, json_t *reply)
{
	char *sentence = safe_text(message_text(reply, "message"));
	enum exit_status status = output_result(invocation, reply, sentence);

	free(sentence);
	return status;
}

/* A verb whose details are its parameters: one text. `reason` goes along where it was given. */
static enum exit_status simple_verb(struct doors *doors, const char *action, const char *method,
	const char *field, bool takes_reason)
{
	const struct invocation *invocation = doors->invocation;
	const char *value = invocation->arguments[0];
	json_t *parameters = json_pack("{s:s}", field, value), *reply = NULL;
	enum exit_status status;

	if (parameters == NULL)
		out_of_memory();
	if (takes_reason)
		set_text(parameters, "reason", option_text(invocation, OPTION_REASON, NULL));
	status = doors_verb(doors, action, json_pack("{s:s}", field, value), method, parameters, &reply);
	return status == EXIT_DONE ? say_message(invocation, reply) : status;
}

/* Puts the name that a spelling stands for in its place, and says what should be heard of it before
 * anybody touches a key. */
static enum exit_status resolve_argument(struct doors *doors, enum about about, size_t index)
{
	const char *name;
	enum exit_status status = doors_resolve(doors, doors->invocation->arguments[index], &name);

	doors->invocation->arguments[index] = name;
	return status == EXIT_DONE ? warn_about(doors, about, name) : status;
}

enum exit_status command_unlock(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	enum exit_status status = resolve_argument(&doors, ABOUT_UNLOCK, 0);

	if (status == EXIT_DONE)
		status = simple_verb(&doors, "stepup.unlock", "Unlock", "user", false);
	doors_close(&doors);
	return status;
}

/* Before anybody types a code for a name that can be none. */
static bool is_in_lower_case(const char *action)
{
	for (const char *c = action; *c != '\0'; c++) {
		if (*c >= 'A' && *c <= 'Z') {
			complain("%s is not the name of an action. Names are in lower case, like "
				"customer.export. Nothing was done.", action);
			return false;
		}
	}
	return true;
}

enum exit_status command_freeze(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	enum exit_status status;

	if (!is_in_lower_case(invocation->arguments[0]))
		return EXIT_USAGE;
	status = warn_about(&doors, ABOUT_FREEZE, invocation->arguments[0]);
	if (status == EXIT_DONE)
		status = simple_verb(&doors, "stepup.freeze", "Freeze", "action", true);
	doors_close(&doors);
	return status;
}

enum exit_status command_thaw(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	enum exit_status status;

	if (!is_in_lower_case(invocation->arguments[0]))
		return EXIT_USAGE;
	status = warn_about(&doors, ABOUT_THAW, invocation->arguments[0]);
	if (status == EXIT_DONE)
		status = simple_verb(&doors, "stepup.thaw", "Thaw", "action", false);
	doors_close(&doors);
	return status;
}

/* --- lock --- */

static int admin_compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The names in order, none twice, joined by one comma; they are put in order in the invocation too.
 * The caller frees. */
static char *join_users(const struct invocation *invocation, json_t *users)
{
	size_t room = 1, length = 0;
	const char *before = NULL;
	char *joined;

	qsort(invocation->arguments, invocation->argument_count, sizeof(*invocation->arguments),
		admin_compare_names);
	for (size_t i = 0; i < invocation->argument_count; i++)
		room += strlen(invocation->arguments[i]) + 1;
	joined = malloc(room);
	if (joined == NULL)
		out_of_memory();
	joined[0] = '\0';
	for (size_t i = 0; i < invocation->argument_count; i++) {
		const char *name = invocation->arguments[i];

		if (before != NULL && strcmp(before, name) == 0)
			continue;
		length += (size_t)sprintf(joined + length, "%s%s", before != NULL ? "," : "", name);
		if (json_array_append_new(users, json_string(name)) != 0)
			out_of_memory();
		before = name;
	}
	return joined;
}

/* Done, and with a status of its own where nobody is known by a name: that is easily
 * overlooked in a sentence. */
static enum exit_status say_locked(const struct invocation *invocation, json_t *reply)
{
	bool unknown = json_array_size(json_object_get(reply, "unknown")) > 0;
	enum exit_status status = say_message(invocation, reply);

	return status == EXIT_DONE && unknown ? EXIT_UNKNOWN : status;
}

static enum exit_status lock_others(struct doors *doors)
{
	json_t *users, *parameters, *reply = NULL;
	enum exit_status status = EXIT_DONE;
	char *joined;

	for (size_t i = 0; status == EXIT_DONE && i < doors->invocation->argument_count; i++)
		status = resolve_argument(doors, ABOUT_LOCK, i);
	if (status != EXIT_DONE)
		return status;
	users = json_array();
	joined = join_users(doors->invocation, users);
	parameters = json_pack("{s:o}", "users", users);
	if (parameters == NULL)
		out_of_memory();
	set_text(parameters, "reason", option_text(doors->invocation, OPTION_REASON, NULL));
	status = doors_verb(doors, "stepup.lock", json_pack("{s:s}", "users", joined), "Lock",
		parameters, &reply);
	free(joined);
	return status == EXIT_DONE ? say_locked(doors->invocation, reply) : status;
}

static enum exit_status lock_me(struct doors *doors)
{
	json_t *parameters = json_object(), *reply = NULL;
	enum exit_status status;

	set_text(parameters, "reason", option_text(doors->invocation, OPTION_REASON, NULL));
	status = doors_call(doors, &interface_verify, "LockMe", parameters, &reply, NULL);
	return status == EXIT_DONE ? say_message(doors->invocation, reply) : status;
}

enum exit_status command_lock(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	bool me = option_given(invocation, OPTION_ME);
	enum exit_status status;

	if (me == (invocation->argument_count > 0)) {
		complain("lock takes the names of users, or --me and no name.");
		return EXIT_USAGE;
	}
	status = me ? lock_me(&doors) : lock_others(&doors);
	doors_close(&doors);
	return status;
}

/* --- invite, revoke, users, reload --- */

enum exit_status command_invite(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	const char *user;
	enum exit_status status = resolve_argument(&doors, ABOUT_OTHER, 0);
	json_t *reply = NULL;
	char *message;

	user = invocation->arguments[0];
	if (status == EXIT_DONE)
		status = doors_verb(&doors, "stepup.invite", json_pack("{s:s}", "user", user), "Invite",
			json_pack("{s:s}", "user", user), &reply);
	doors_close(&doors);
	if (status != EXIT_DONE)
		return status;
	if (option_given(invocation, OPTION_JSON))
		return output_json(reply);
	message = safe_text(message_text(reply, "message"));
	printf("%s\n\n", message);
	print_invitation(message_text(reply, "invitation"));
	free(message);
	json_wipe_free(&reply);
	return EXIT_DONE;
}

enum exit_status command_revoke(const struct invocation *invocation)
{
	const char *credential = invocation->argument_count > 1 ? invocation->arguments[1] : NULL, *user;
	struct doors doors = {.invocation = invocation};
	enum exit_status status = resolve_argument(&doors, ABOUT_OTHER, 0);
	json_t *details, *reply = NULL;

	user = invocation->arguments[0];
	/* Without a credential the step-up names "all". */
	details =
		json_pack("{s:s, s:s}", "user", user, "credential", credential != NULL ? credential : "all");
	if (status != EXIT_DONE)
		json_decref(details);
	else
		status = doors_verb(&doors, "stepup.revoke", details, "Revoke",
			json_pack("{s:s, s:s*}", "user", user, "credential", credential), &reply);
	doors_close(&doors);
	return status == EXIT_DONE ? say_message(invocation, reply) : status;
}

static void add_users(struct table *table, const json_t *users)
{
	const json_t *user;
	size_t i;

	json_array_foreach(users, i, user) {
		char used[TIME_TEXT_SIZE], count[24];
		const char *reference = message_text(user, "reference");
		const char *cells[4] = {message_text(user, "name"), count,
			time_text(message_number(user, "last_success", 0), used), message_bool(user, "locked",
				false) ? (reference != NULL ? reference : "locked") : "-"};

		(void)snprintf(count, sizeof(count), "%lld",
			(long long)message_number(user, "credentials", 0));
		table_add(table, cells);
	}
}

/* Fetches page after page into `all` under one authorization. */
static enum exit_status fetch_users(struct doors *doors, json_t *all)
{
	struct step_up_outcome outcome = {0};
	enum exit_status status;
	bool more = true;
	json_t *reply = NULL;

	status = doors_verb_step_up(doors, "stepup.users", NULL, &outcome);
	while (status == EXIT_DONE && more) {
		const json_t *last = json_array_get(all, json_array_size(all) - 1);
		json_t *parameters = json_object(), *users;

		set_text(parameters, "authorization", outcome.transaction);
		set_text(parameters, "after", message_text(last, "name"));
		status = doors_call(doors, &interface_admin, "Users", parameters, &reply, NULL);
		users = json_object_get(reply, "users");
		more = status == EXIT_DONE && message_bool(reply, "more", false) &&
			json_array_size(users) > 0;
		if (status == EXIT_DONE && json_array_extend(all, users) != 0)
			out_of_memory();
		json_decref(reply);
		reply = NULL;
	}
	step_up_outcome_clear(&outcome);
	return status;
}

enum exit_status command_users(const struct invocation *invocation)
{
	static const char *const headings[] = {"NAME", "AUTHENTICATORS", "LAST SUCCESS", "LOCKED"};
	struct doors doors = {.invocation = invocation};
	json_t *all = json_array();
	enum exit_status status;
	struct table *table;

	status = fetch_users(&doors, all);
	doors_close(&doors);
	if (status == EXIT_DONE && option_given(invocation, OPTION_JSON))
		return output_json(json_pack("{s:o}", "users", all));
	if (status == EXIT_DONE) {
		table = table_new(headings, 4);
		add_users(table, all);
		table_print(table, stdout);
		table_free(&table);
	}
	json_decref(all);
	return status;
}

enum exit_status command_reload(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	enum exit_status status;
	json_t *reply = NULL;
	const json_t *warning;
	size_t i;

	status = doors_verb(&doors, "stepup.reload", NULL, "Reload", json_object(), &reply);
	doors_close(&doors);
	if (status != EXIT_DONE)
		return status;
	if (option_given(invocation, OPTION_JSON))
		return output_json(reply);
	json_array_foreach(json_object_get(reply, "warnings"), i, warning) {
		char *safe = safe_text(json_string_value(warning));

		complain("warning: %s", safe);
		free(safe);
	}
	printf("The verifier has read the configuration again. The policy in force is "
		"%.16s….\n", message_text(reply, "policy"));
	json_wipe_free(&reply);
	return EXIT_DONE;
}
