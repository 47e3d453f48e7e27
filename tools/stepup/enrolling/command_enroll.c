/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stepup enroll: a new authenticator, proven by one code, or by the key itself (enroll_key.c),
 * before it is stored.
 * MUST: wipe every copy of a secret; take a token's secret from a file that nobody else can read, never
 * from an argument.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/json_wipe.h"
#include "lib/base/safe_file.h"
#include "lib/base/wipe.h"
#include "tools/stepup/calls/doors.h"
#include "tools/stepup/calls/keys.h"
#include "tools/stepup/enrolling/enroll_key.h"
#include "tools/stepup/enrolling/qr.h"
#include "tools/stepup/enrolling/token_secret.h"
#include "tools/stepup/shell/commands.h"
#include "tools/stepup/shell/output.h"
#include "tools/stepup/shell/terminal.h"

#define SECRET_FILE_MAX 512
#define ANSWERS_MAX 5

/* The secret of a file, in base32; any other result after a complaint. */
static enum stepup_error read_secret_file(const char *path, char **base32)
{
	char *bytes = NULL, *why = NULL;
	size_t size = 0;
	enum stepup_error error =
		safe_file_read(path, SAFE_FILE_SECRET, SECRET_FILE_MAX, &bytes, &size, &why);

	if (error != STEPUP_OK) {
		(void)complain_failure(error, "%s Nothing was enrolled.",
			why != NULL ? why : stepup_error_text(error));
		goto out;
	}
	error = strlen(bytes) == size ? token_secret_parse(bytes, base32) : STEPUP_INVALID;
	if (error != STEPUP_OK)
		(void)complain_failure(error, "%s has no secret in base32 or hex of at most %d bytes. "
			"Nothing was enrolled.", path, TOKEN_SECRET_MAX);
out:
	wipe_free((void **)&bytes, size);
	free(why);
	return error;
}

/* Adds the secret of --secret-file. */
static enum exit_status add_secret(const struct invocation *invocation, json_t *parameters)
{
	const char *path = option_text(invocation, OPTION_SECRET_FILE, NULL);
	char *base32 = NULL;
	enum stepup_error error;

	if (path == NULL)
		return EXIT_DONE;
	error = read_secret_file(path, &base32);
	if (error == STEPUP_OK)
		set_text(parameters, "secret", base32);
	wipe_free_string(&base32);
	return error == STEPUP_OK ? EXIT_DONE : EXIT_REFUSED;
}

static bool add_number(const struct invocation *invocation, json_t *parameters, enum option_id option,
	const char *field, int64_t maximum)
{
	int64_t number;

	if (!number_given(invocation, option, maximum, -1, &number))
		return false;
	if (number >= 0 && json_object_set_new(parameters, field, json_integer(number)) != 0)
		out_of_memory();
	return true;
}

/* What EnrollBegin takes, but for what allows it. NULL after a complaint, with the exit
 * status in `*status`. */
static json_t *enroll_begin_parameters(const struct invocation *invocation, const char *type,
	enum exit_status *status)
{
	json_t *parameters = json_pack("{s:s}", "type", type);

	if (parameters == NULL)
		out_of_memory();
	set_text(parameters, "user", option_text(invocation, OPTION_USER, NULL));
	set_text(parameters, "label", option_text(invocation, OPTION_LABEL, NULL));
	set_text(parameters, "algorithm", option_text(invocation, OPTION_ALGORITHM, NULL));
	*status = EXIT_USAGE;
	if (add_number(invocation, parameters, OPTION_DIGITS, "digits", 8) &&
	    add_number(invocation, parameters, OPTION_PERIOD, "period", 3600) &&
	    add_number(invocation, parameters, OPTION_COUNTER, "counter", INT64_C(9007199254740991)))
		*status = add_secret(invocation, parameters);
	if (*status != EXIT_DONE)
		json_wipe_free(&parameters);
	return parameters;
}

/* Adds the invitation, or the authorization of a step-up for stepup.enroll. */
static enum exit_status add_permission(struct doors *doors, const char *type, json_t *parameters)
{
	const char *invitation = option_text(doors->invocation, OPTION_INVITATION, NULL);
	struct step_up_outcome outcome = {0};
	enum exit_status status;
	char *typed = NULL;

	if (invitation != NULL && strcmp(invitation, "-") == 0 &&
		terminal_ask("Invitation: ", true, &typed) != STEPUP_OK)
		return output_error(doors->invocation, STEPUP_CANCELLED, KEYS_CANCELLED);
	if (invitation != NULL) {
		set_text(parameters, "invitation", typed != NULL ? typed : invitation);
		wipe_free_string(&typed);
		return EXIT_DONE;
	}
	status = doors_step_up(doors, "stepup.enroll", json_pack("{s:s}", "type", type), false, &outcome);
	if (status == EXIT_DONE)
		set_text(parameters, "authorization", outcome.transaction);
	else if (outcome.refusal.error == STEPUP_NOT_ENROLLED)
		complain("With the invitation: stepup enroll %s --invitation CODE",
			type);
	step_up_outcome_clear(&outcome);
	return status;
}

/* The secret in groups of four, for typing. */
static void print_grouped(FILE *out, const char *secret)
{
	for (size_t i = 0; secret[i] != '\0'; i++)
		(void)fprintf(out, "%s%c", i > 0 && i % 4 == 0 ? " " : "", secret[i]);
}

/* Shows what an app needs, the code last: with the question it fills 24 lines, and the secret may go up. A
 * token has its secret already. */
static void show_secret(const struct invocation *invocation, const json_t *begun)
{
	bool qr = !option_given(invocation, OPTION_NO_QR), colour = terminal_has_colour(stdout);
	FILE *out = stdout;

	if (option_given(invocation, OPTION_JSON)) {
		(void)output_json(json_pack("{s:s, s:s, s:s, s:I}", "state", "scan",
				"uri", message_text(begun, "uri"), "secret", message_text(begun, "secret"),
				"expires_in", (json_int_t)message_number(begun, "expires_in", 0)));
		return;
	}
	if (option_given(invocation, OPTION_SECRET_FILE))
		return;
	if (qr && colour)
		(void)fputs("Scan this with your authenticator app, or type this secret into it:\n\n    ",
			out);
	else if (qr)
		(void)fputs("Scan one of the two pictures with your authenticator app, or type this secret "
			"into "
			"it:\n\n    ", out);
	else
		(void)fputs("Type this secret into your authenticator app:\n\n    ", out);
	print_grouped(out, message_text(begun, "secret"));
	(void)fputs(qr ? "\n" : "\n\n", out);
	if (qr && qr_print(out, message_text(begun, "uri"), colour) != STEPUP_OK)
		complain("The QR code could not be drawn. Type the secret instead.");
	(void)fflush(out);
}

/* Asks for the proving code until it is right, tries or patience end. */
static enum exit_status prove(struct doors *doors, const json_t *begun, json_t **finished)
{
	const char *transaction = message_text(begun, "transaction");
	struct verifier_refusal refusal = {0};
	enum exit_status status = EXIT_REFUSED;
	char *question = NULL, *code = NULL;
	json_t *parameters;

	for (int i = 0; i < ANSWERS_MAX; i++) {
		char *said = safe_text(i == 0 ? message_text(begun, "prompt") : refusal.message),
			*ask = safe_text(message_text(begun, "ask"));

		if (asprintf(&question, "%s\n%s", said, ask) < 0)
			out_of_memory();
		free(said);
		free(ask);
		verifier_refusal_clear(&refusal);
		if (terminal_ask(question, true, &code) != STEPUP_OK) {
			free(question);
			doors_cancel(doors, transaction);
			return output_error(doors->invocation, STEPUP_CANCELLED,
				KEYS_CANCELLED);
		}
		free(question);
		parameters = json_pack("{s:s, s:s}", "transaction", transaction, "code", code);
		wipe_free_string(&code);
		status = doors_call(doors, &interface_verify, "EnrollFinish", parameters, finished, &refusal);
		if (status != EXIT_REFUSED || refusal.error != STEPUP_BAD_ANSWER || refusal.tries_left <= 0)
			break;
	}
	if (status == EXIT_REFUSED && refusal.error != STEPUP_OK)
		status = output_refusal(doors->invocation, refusal.error, &refusal);
	verifier_refusal_clear(&refusal);
	return status;
}

/* The app's or token's part between EnrollBegin and EnrollFinish. */
static enum exit_status prove_code(struct doors *doors, const json_t *begun, json_t **finished)
{
	if (message_text(begun, "uri") == NULL || message_text(begun, "secret") == NULL)
		return output_error(doors->invocation, STEPUP_IO,
			"The verifier gave no secret. Nothing was enrolled.");
	show_secret(doors->invocation, begun);
	return prove(doors, begun, finished);
}

/* `choice` is NULL for codes. */
static enum exit_status enroll(struct doors *doors, const char *type, const struct key_choice *choice,
	json_t *parameters)
{
	json_t *begun = NULL, *finished = NULL;
	enum exit_status status;
	char *sentence;

	status = doors_call(doors, &interface_verify, "EnrollBegin", parameters, &begun, NULL);
	if (status == EXIT_DONE)
		status = choice != NULL ? key_prove(doors, choice, begun, &finished)
			: prove_code(doors, begun, &finished);
	if (status == EXIT_DONE) {
		set_text(finished, "state", "enrolled");
		set_text(finished, "type", type);
		sentence = safe_text(message_text(finished, "message"));
		status = output_result(doors->invocation, finished, sentence);
		free(sentence);
	}
	json_wipe_free(&begun);
	return status;
}

/* The options that go with some types only. */
static const struct {
	enum option_id option;
	const char *types;
} particular[] = {
	{OPTION_COUNTER, "hotp"},
	{OPTION_PERIOD, "totp"},
	{OPTION_DIGITS, "totp hotp"},
	{OPTION_ALGORITHM, "totp hotp"},
	{OPTION_SECRET_FILE, "totp hotp"},
	{OPTION_NO_QR, "totp hotp"},
	{OPTION_KEY, "agent"},
	{OPTION_ATTESTATION, "agent"},
	{OPTION_CHALLENGE, "agent"},
};

static enum exit_status check_usage(const struct invocation *invocation, const char *type)
{
	if (strcmp(type, "totp") != 0 && strcmp(type, "hotp") != 0 && strcmp(type, "key") != 0 &&
	    strcmp(type, "agent") != 0) {
		complain("%s is no kind of authenticator. There are totp (an app, the default), hotp (a "
			"counting "
			"token), key (a security key plugged in here) and agent (one behind "
			"ssh-agent).", type);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < sizeof(particular) / sizeof(particular[0]); i++) {
		if (!option_given(invocation, particular[i].option) ||
		    strstr(particular[i].types, type) != NULL)
			continue;
		complain("--%s is for %s, not for %s.", option_table[particular[i].option].name,
			particular[i].types, type);
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

enum exit_status command_enroll(const struct invocation *invocation)
{
	const char *type = invocation->argument_count > 0 ? invocation->arguments[0] : "totp";
	bool is_key = strcmp(type, "key") == 0 || strcmp(type, "agent") == 0;
	struct doors doors = {.invocation = invocation};
	struct key_choice choice = {0};
	enum exit_status status = check_usage(invocation, type);
	json_t *parameters = NULL;

	if (status == EXIT_DONE && is_key)
		status = key_choose(invocation, type, &choice);
	if (status == EXIT_DONE)
		parameters = enroll_begin_parameters(invocation, type, &status);
	if (status == EXIT_DONE && is_key)
		key_add_parameters(&choice, parameters);
	if (status == EXIT_DONE)
		status = add_permission(&doors, type, parameters);
	if (status == EXIT_DONE)
		status = enroll(&doors, type, is_key ? &choice : NULL, parameters);
	else
		json_wipe_free(&parameters);
	key_choice_clear(&choice);
	doors_close(&doors);
	return status;
}
