/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stepup policy check: the verifier's own check of its configuration, and a look through the PAM files that
 * use the module. stepup policy explain: what would be asked, and why.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/json_wipe.h"
#include "lib/wire/action.h"
#include "tools/stepup/calls/before_touch.h"
#include "tools/stepup/calls/details.h"
#include "tools/stepup/calls/doors.h"
#include "tools/stepup/pam/pam_lint.h"
#include "tools/stepup/shell/commands.h"
#include "tools/stepup/shell/output.h"
#include "tools/stepup/shell/run_program.h"

/* --- check --- */

/* What the checks found so far. */
struct findings {
	const struct invocation *invocation;
	json_t *pam;     /* array, for --json */
	json_t *failure; /* object, for --json: why not everything could be looked at */
	size_t errors, pam_count;
	bool policy_is_good;
};

static const char *check_program(const struct invocation *invocation)
{
	return option_text(invocation, OPTION_STEPUPD, STEPUP_SBINDIR "/stepupd");
}

static const char *policy_check_file(const struct invocation *invocation)
{
	return invocation->argument_count > 0 ? invocation->arguments[0] : STEPUP_SYSCONFDIR "/stepup.conf";
}

/* stepupd --check; its lines are shown as they are, made safe. */
static enum exit_status check_configuration(struct findings *findings, json_t *result)
{
	const struct invocation *invocation = findings->invocation;
	const char *program = check_program(invocation), *file = policy_check_file(invocation);
	static char output[RUN_OUTPUT_MAX];
	char *const argv[] = {strdupa(program), strdupa("--check"), strdupa("--config"), strdupa(file), NULL};
	json_t *lines = json_array();
	int status = run_program(argv, output), reason = errno;

	if (status < 0) {
		complain("%s could not be run: %s. If it is somewhere else, give --stepupd "
			"PATH.", program, strerror(reason));
		output_add_failure(findings->failure, error_of_errno(reason));
		json_decref(lines);
		return EXIT_OUT_OF_REACH;
	}
	for (char *line = strtok(output, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		char *safe = safe_text(line);

		if (!option_given(invocation, OPTION_JSON))
			(void)puts(safe);
		(void)json_array_append_new(lines, json_string(safe));
		free(safe);
	}
	findings->policy_is_good = status == 0;
	if (status != 0)
		findings->errors++;
	set_text(result, "file", file);
	(void)json_object_set_new(result, "ok", json_boolean(status == 0));
	(void)json_object_set_new(result, "lines", lines);
	return EXIT_DONE;
}

static void tell_finding(void *context, const struct pam_finding *finding)
{
	struct findings *findings = context;
	char *sentence = safe_text(finding->sentence), *file = safe_text(finding->file);

	findings->errors += finding->is_error ? 1 : 0;
	findings->pam_count++;
	if (option_given(findings->invocation, OPTION_JSON))
		(void)json_array_append_new(findings->pam,
			json_pack("{s:s, s:i, s:s, s:s}", "file", file, "line", finding->line,
				"level", finding->is_error ? "error" : "warning", "sentence", sentence));
	else if (finding->line > 0)
		printf("%s%s:%d: %s\n", finding->is_error ? "" : "warning: ", file, finding->line, sentence);
	else
		printf("%s%s: %s\n", finding->is_error ? "" : "warning: ", file, sentence);
	free(sentence);
	free(file);
}

/* stepupd --rule-for: 1 alone says that there is none. A policy that wouldn't be taken has no
 * rules to ask for. */
static bool has_rule(void *context, const char *action)
{
	const struct findings *findings = context;
	static char output[RUN_OUTPUT_MAX];
	char *const argv[] = {strdupa(check_program(findings->invocation)), strdupa("--config"),
		strdupa(policy_check_file(findings->invocation)), strdupa("--rule-for"),
		strdupa(action), NULL};

	return !findings->policy_is_good || run_program(argv, output) != 1;
}

static enum exit_status check_pam(struct findings *findings, size_t *used)
{
	bool chosen = option_given(findings->invocation, OPTION_PAM_DIR);
	const char *folder = option_text(findings->invocation, OPTION_PAM_DIR, "/etc/pam.d");
	const struct pam_listener listener = {
		.told = tell_finding, .has_rule = has_rule, .context = findings};
	enum stepup_error error = pam_lint_folder(folder, chosen ? NULL : "/usr/lib/pam.d", &listener, used);

	if (error == STEPUP_OK || (error == STEPUP_NOT_FOUND && !chosen))
		return EXIT_DONE;
	complain("%s could not be read: %s.", folder,
		error == STEPUP_NOT_FOUND ? "there is no such folder" : stepup_error_text(error));
	output_add_failure(findings->failure, error);
	return EXIT_REFUSED;
}

static void print_check_json(const struct findings *findings, json_t *result, size_t used)
{
	json_t *object = json_pack("{s:O, s:O, s:I, s:I}", "configuration", result, "pam", findings->pam,
		"pam_files", (json_int_t)used, "errors", (json_int_t)findings->errors);

	if (json_object_update(object, findings->failure) != 0)
		out_of_memory();
	(void)output_json(object);
}

enum exit_status command_policy_check(const struct invocation *invocation)
{
	struct findings findings = {.invocation = invocation, .pam = json_array(), .failure = json_object()};
	json_t *result = json_object();
	enum exit_status status, pam_status;
	size_t used = 0;

	status = check_configuration(&findings, result);
	pam_status = check_pam(&findings, &used);
	if (status == EXIT_DONE)
		status = pam_status;
	if (option_given(invocation, OPTION_JSON))
		print_check_json(&findings, result, used);
	else
		printf("PAM: %zu %s pam_stepup.so, %zu to look at.\n", used,
			used == 1 ? "file uses" : "files use", findings.pam_count);
	json_decref(findings.pam);
	json_decref(findings.failure);
	json_decref(result);
	return status == EXIT_DONE && findings.errors > 0 ? EXIT_REFUSED : status;
}

/* --- explain --- */

static void print_list(const char *heading, const json_t *texts)
{
	const json_t *text;
	size_t i;

	json_array_foreach(texts, i, text) {
		char *safe = safe_text(json_string_value(text));

		printf("%-10s %s\n", i == 0 ? heading : "", safe);
		free(safe);
	}
}

static void print_text(const char *heading, const char *text)
{
	char *safe = safe_text(text);

	if (text != NULL)
		printf("%-10s %s\n", heading, safe);
	free(safe);
}

/* What comes of it, in a few words and by the name that the log has for it. */
static void print_outcome(const json_t *reply)
{
	const char *outcome = message_text(reply, "outcome");
	bool allowed = message_bool(reply, "allowed", false);
	char refused[64];

	if (outcome == NULL)
		outcome = "unknown";
	(void)snprintf(refused, sizeof(refused), "no (%s)", outcome);
	if (allowed)
		print_text("Allowed",
			strcmp(outcome, "Fresh") == 0 ? "yes, without asking" : "yes, after a step-up");
	else if (strcmp(outcome, "NeedsApproval") == 0)
		print_text("Allowed", "yes, after a step-up and a second person's approval (NeedsApproval)");
	else
		print_text("Allowed", refused);
}

static void print_explained(const json_t *reply)
{
	print_outcome(reply);
	print_text("Why", message_text(reply, "why"));
	print_text("Rule", message_text(reply, "rule"));
	print_text("Prompt", message_text(reply, "prompt"));
	print_list("Requires", json_object_get(reply, "require"));
	print_list("Limits", json_object_get(reply, "limits"));
	print_text("Over limit", message_text(reply, "over_limit"));
	print_list("Approvers", json_object_get(reply, "approvers"));
	print_text("Request", message_text(reply, "request"));
	print_text("Receipt", message_text(reply, "service"));
}

/* Asks; where the rule wants a text for what looked like a number, asks once more with the text. */
static enum exit_status explain(struct doors *doors, json_t *details, json_t **reply)
{
	const struct invocation *invocation = doors->invocation;
	const char *caller = option_text(invocation, OPTION_CALLER, NULL), *wrong;
	bool own = is_own_name(invocation->arguments[0]);
	const struct interface *door = caller == NULL &&
		(own || getuid() == 0) ? &interface_verify : &interface_admin;

	for (;;) {
		json_t *parameters = json_pack("{s:s, s:s, s:o, s:s*}", "user", invocation->arguments[0],
			"action", invocation->arguments[1], "details", json_deep_copy(details),
			"caller", caller);
		enum exit_status status;

		if (parameters == NULL)
			out_of_memory();
		/* Of oneself it is about `stepup confirm` from here. */
		set_text(parameters, "service",
			option_text(invocation, OPTION_SERVICE, own && caller == NULL ? "stepup" : NULL));
		set_text(parameters, "rhost", option_text(invocation, OPTION_RHOST, NULL));
		status = doors_call(doors, door, "Explain", parameters, reply, NULL);
		wrong = status == EXIT_DONE ? message_text(*reply, "detail") : NULL;
		if (wrong == NULL ||
		    !details_make_text(details, invocation->arguments + 2,
			    invocation->argument_count - 2, wrong))
			return status;
		json_wipe_free(reply);
	}
}

enum exit_status command_policy_explain(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	enum exit_status status;
	json_t *details = NULL, *reply = NULL;

	if (!action_name_is_valid(invocation->arguments[1])) {
		complain("%s is not the name of an action. Names look like "
			"customer.export.", invocation->arguments[1]);
		return EXIT_USAGE;
	}
	status = details_parse(invocation->arguments + 2, invocation->argument_count - 2, &details);
	if (status != EXIT_DONE)
		return status;
	status = explain(&doors, details, &reply);
	doors_close(&doors);
	json_decref(details);
	if (status != EXIT_DONE)
		return status;
	if (option_given(invocation, OPTION_JSON))
		return output_json(reply);
	print_explained(reply);
	json_wipe_free(&reply);
	return EXIT_DONE;
}
