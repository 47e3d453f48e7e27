/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pam_stepup.so: asks for a step-up in somebody else's process. It converses and decides nothing.
 * MUST, each held by a test in tests/pam/:
 *  - return PAM_SUCCESS only on the verifier's own word, whatever fails;
 *  - never return PAM_IGNORE, PAM_USER_UNKNOWN or PAM_AUTHINFO_UNAVAIL;
 *  - end by its deadline, whatever the verifier does;
 *  - leave the host as it was: no signal, child, thread, global or descriptor.
 */
#include <security/pam_modules.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "lib/base/wipe.h"
#include "lib/client/own_sentences.h"
#include "lib/client/step_up_client.h"
#include "lib/wire/message.h"
#include "pam_module/arguments.h"
#include "pam_module/conversation.h"
#include "pam_module/granted_mark.h"
#include "pam_module/host_prompt.h"
#include "pam_module/outcome.h"
#include "pam_module/reach.h"
#include "pam_module/request.h"

#define ACCOUNT_MS 5000 /* nobody waits long at a door that should only say whether it is locked */
#define PUBLIC __attribute__((visibility("default")))

/* One run of one phase. */
struct run {
	pam_handle_t *pamh;
	struct arguments arguments;
	struct request request;
	struct conversation conversation;
};

static void debug(const struct run *run, const char *what)
{
	if (run->arguments.debug)
		system_log(run->pamh, LOG_DEBUG, "%s", what);
}

/* Tells the person how it ended and writes it down. `refusal` may be one without words. */
static void conclude(const struct run *run, const char *action, enum stepup_error error,
	const struct verifier_refusal *refusal)
{
	bool nobody = error == STEPUP_CANCELLED && conversation_has_nobody(&run->conversation);
	char *words = refusal->message != NULL ? NULL : nobody ? outcome_nobody_words(action)
		: outcome_words(error);
	struct ending ending = {
		.error = error,
		.message = refusal->message != NULL ? refusal->message
			   : words != NULL	    ? words
						    : OWN_LAST_WORDS,
		.reference = refusal->reference,
		.retry_after_seconds = refusal->retry_after_seconds,
	};

	if (nobody)
		outcome_log_nobody(run->pamh, run->request.step_up.user, action);
	else
		outcome_log(run->pamh, run->request.step_up.user, action, error, refusal->reference, 0);
	conversation_tell(&run->conversation, &ending);
	free(words);
}

/* Puts the receipt where the line wants it. */
static enum stepup_error hand_over(const struct run *run, const struct step_up_outcome *outcome)
{
	const char *receipt = message_text(outcome->reply, "receipt");
	enum stepup_error error = STEPUP_OK;
	char *variable = NULL;

	if (!run->arguments.receipt_to_environment || receipt == NULL)
		return STEPUP_OK;
	if (asprintf(&variable, "STEPUP_RECEIPT=%s", receipt) < 0)
		return STEPUP_NO_MEMORY;
	if (pam_putenv(run->pamh, variable) != PAM_SUCCESS)
		error = STEPUP_NO_MEMORY;
	wipe_free_string(&variable);
	return error;
}

/* What follows a granted step-up: all of it must work, or it isn't one. */
static enum stepup_error grant(const struct run *run, const struct step_up_outcome *outcome)
{
	const struct step_up_request *step_up = &run->request.step_up;
	struct ending ending = {.error = STEPUP_OK,
		.message = message_text(outcome->reply, "message"),
		.retry_after_seconds = -1};
	enum stepup_error error;

	if (granted_mark_set(run->pamh, step_up->user, step_up->action) != PAM_SUCCESS)
		return STEPUP_NO_MEMORY;
	error = hand_over(run, outcome);
	if (error != STEPUP_OK) {
		(void)granted_mark_clear(run->pamh);
		return error;
	}
	outcome_log(run->pamh, step_up->user, step_up->action, STEPUP_OK, NULL,
		message_number(outcome->reply, "log", -1));
	conversation_tell(&run->conversation, &ending);
	return STEPUP_OK;
}

/* Does the step-up that run->request asks for. */
static int step_up(struct run *run)
{
	struct deadline deadline = deadline_in((int64_t)run->arguments.timeout_seconds * 1000);
	struct step_up_outcome outcome = {.refusal = {.tries_left = -1, .retry_after_seconds = -1}};
	struct verifier_client *client = NULL;
	enum stepup_error error;
	int code;

	debug(run, "asking the verifier for a step-up");
	reach_find(run->pamh, &run->arguments, &run->request);
	run->conversation.prompt_is_replaced = run->arguments.form == &conversation_form_text &&
		host_prompt_is_replaced(run->request.step_up.service);
	conversation_set_keys(&run->conversation, run->request.step_up.user, run->request.agent_socket);
	error = verifier_client_open(run->arguments.socket, deadline, &client);
	if (error == STEPUP_OK)
		error = step_up_run(
			client, &run->request.step_up, &run->conversation.step_up, deadline, &outcome);
	if (error == STEPUP_OK)
		error = grant(run, &outcome);
	code = outcome_pam_code(error, run->conversation.failed);
	if (error != STEPUP_OK)
		conclude(run, run->request.step_up.action, error, &outcome.refusal);
	conversation_clear(&run->conversation);
	step_up_outcome_clear(&outcome);
	verifier_client_close(&client);
	return code;
}

/* Asks whether the account may be used at all. */
static int account(struct run *run)
{
	struct deadline deadline = deadline_in(ACCOUNT_MS);
	struct verifier_refusal refusal = {.tries_left = -1, .retry_after_seconds = -1};
	const struct step_up_request *step_up = &run->request.step_up;
	struct verifier_client *client = NULL;
	enum stepup_error error;

	debug(run, "asking the verifier about the account");
	error = verifier_client_open(run->arguments.socket, deadline, &client);
	if (error == STEPUP_OK)
		error = step_up_account(
			client, step_up->user, step_up->service, step_up->rhost, deadline, &refusal);
	if (error != STEPUP_OK)
		conclude(run, NULL, error, &refusal);
	verifier_refusal_clear(&refusal);
	verifier_client_close(&client);
	return outcome_account_code(error);
}

/* Reads the line and who it is about. */
static int pam_stepup_begin(struct run *run, pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	int code;

	*run = (struct run){.pamh = pamh};
	code = arguments_read(pamh, argc, argv, &run->arguments);
	if (code != PAM_SUCCESS)
		return code;
	conversation_init(&run->conversation, pamh, run->arguments.form, flags);
	code = request_read_person(pamh, &run->request);
	if (code != PAM_SUCCESS)
		system_log(pamh, LOG_NOTICE,
			"refused: the name of the user, service, remote host or terminal can't be used");
	return code;
}

/* Reads what is asked for; refuses what can't be asked. */
static int read_action(struct run *run)
{
	enum stepup_error error = request_read_action(run->pamh, &run->arguments, &run->request);
	struct verifier_refusal wordless = {.tries_left = -1, .retry_after_seconds = -1};

	if (error == STEPUP_OK)
		return PAM_SUCCESS;
	if (error == STEPUP_INVALID) {
		system_log(run->pamh, LOG_ERR,
			"refused: the action is missing, malformed or named twice. Name it with action=, or "
			"with details=env and STEPUP_ACTION");
		return PAM_SERVICE_ERR;
	}
	conclude(run, run->request.step_up.action, error, &wordless);
	return outcome_pam_code(error, false);
}

PUBLIC int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct run run;
	int code = pam_stepup_begin(&run, pamh, flags, argc, argv);

	if (granted_mark_clear(pamh) != PAM_SUCCESS || request_forget_receipt(pamh) != STEPUP_OK)
		code = PAM_BUF_ERR;
	if (code == PAM_SUCCESS)
		code = read_action(&run);
	if (code == PAM_SUCCESS)
		code = step_up(&run);
	request_clear(&run.request);
	return code;
}

/* Whether the account phase has to ask for a step-up of its own: sudo's NOPASSWD and tickets leave the auth
 * phase out. */
static bool must_ask(const struct run *run)
{
	const struct step_up_request *step_up = &run->request.step_up;

	return run->request.from_environment ||
	       !granted_mark_holds(run->pamh, step_up->user, step_up->action);
}

/* Asks where the auth phase hasn't. Where it has, the receipt that it handed over stays. */
static int ask_in_account(struct run *run)
{
	int code = read_action(run);

	if (code == PAM_SUCCESS && !must_ask(run))
		return PAM_SUCCESS;
	if (request_forget_receipt(run->pamh) != STEPUP_OK)
		return PAM_BUF_ERR;
	return code == PAM_SUCCESS ? step_up(run) : code;
}

/* Whether the line says that it asks, and nothing would be asked: the environment alone names no action here,
 * because a program that names none would be let through. */
static bool asks_for_nothing(const struct arguments *arguments)
{
	return arguments->action == NULL &&
		(arguments->details_from_environment || arguments->receipt_to_environment);
}

PUBLIC int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct run run;
	int code = pam_stepup_begin(&run, pamh, flags, argc, argv);

	if (code == PAM_SUCCESS && asks_for_nothing(&run.arguments)) {
		system_log(pamh, LOG_ERR, "refused: an account line with details=env or receipt=env "
			"needs action= too");
		code = PAM_SERVICE_ERR;
	}
	if (code == PAM_SUCCESS)
		code = account(&run);
	if (code == PAM_SUCCESS && run.arguments.action != NULL)
		code = ask_in_account(&run);
	request_clear(&run.request);
	return code;
}

/* There are no credentials to set, and nothing is decided here. */
PUBLIC int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}
