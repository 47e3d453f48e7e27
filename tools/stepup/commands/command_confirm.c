/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stepup confirm: a step-up for any action, then the command it stands in front of.
 * MUST: run the command only after the verifier granted the step-up, and, where a receipt was asked for, only
 * with one; hand a receipt to nobody who was not named.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/safe_file.h"
#include "lib/base/wipe.h"
#include "lib/wire/action.h"
#include "tools/stepup/calls/details.h"
#include "tools/stepup/calls/doors.h"
#include "tools/stepup/shell/commands.h"
#include "tools/stepup/shell/output.h"

/* Asks; where the rule wants a text for what looked like a number, asks once more with the text. */
static enum exit_status confirm_ask(struct doors *doors, json_t *details, struct step_up_outcome *outcome)
{
	const struct invocation *invocation = doors->invocation;
	enum exit_status status;

	for (;;) {
		status = doors_step_up(doors, invocation->arguments[0], json_deep_copy(details),
			true, outcome);
		if (status == EXIT_DONE || outcome->refusal.error != STEPUP_BAD_DETAILS ||
		    outcome->refusal.detail == NULL)
			return status;
		if (!details_make_text(details, invocation->arguments + 1, invocation->argument_count - 1,
			    outcome->refusal.detail))
			return output_refusal(invocation, STEPUP_BAD_DETAILS, &outcome->refusal);
		step_up_outcome_clear(outcome);
	}
}

/* Puts the receipt where --receipt says. */
static enum exit_status confirm_hand_over(const struct invocation *invocation, const char *receipt)
{
	const char *where = option_text(invocation, OPTION_RECEIPT, NULL);
	enum stepup_error error = STEPUP_OK;

	if (where == NULL)
		return EXIT_DONE;
	if (receipt == NULL)
		return output_error(invocation, STEPUP_NOT_FOUND, "Confirmed, but this action has no "
			"receipt: its "
			"rule names no service. Nothing was run. Leave --receipt out.");
	if (strcmp(where, "env") == 0)
		return setenv("STEPUP_RECEIPT", receipt, 1) == 0 ? EXIT_DONE
			: output_error(invocation, STEPUP_NO_MEMORY, "Out of memory. Nothing was run.");
	if (strcmp(where, "-") == 0)
		return puts(receipt) != EOF && fflush(stdout) == 0 ? EXIT_DONE : EXIT_REFUSED;
	error = safe_file_replace(where, receipt, strlen(receipt), 0600);
	return error == STEPUP_OK ? EXIT_DONE
		: complain_failure(error, "Confirmed, but the receipt could not be written to %s: %s. "
			"Nothing was run.", where,
			strerror(errno));
}

/* Becomes the command. Returns only where that fails. */
static enum exit_status become(char **child)
{
	int reason;

	(void)fflush(NULL);
	(void)execvp(child[0], child);
	reason = errno;
	return complain_failure(error_of_errno(reason), "Confirmed, but %s could not be run: %s.", child[0],
		strerror(reason));
}

static enum exit_status confirm_granted(const struct invocation *invocation,
	const struct step_up_outcome *outcome)
{
	const char *where = option_text(invocation, OPTION_RECEIPT, "");
	enum exit_status status;
	char *sentence;
	json_t *shown;

	(void)unsetenv("STEPUP_RECEIPT"); /* an older one is nobody's business */
	status = confirm_hand_over(invocation, message_text(outcome->reply, "receipt"));
	if (status != EXIT_DONE)
		return status;
	if (invocation->child != NULL)
		return become(invocation->child);
	if (strcmp(where, "-") == 0)
		return EXIT_DONE;
	shown = json_copy(outcome->reply);
	if (where[0] != '\0')
		(void)json_object_del(shown, "receipt"); /* it is in the file */
	sentence = safe_text(message_text(outcome->reply, "message"));
	status = output_result(invocation, shown, sentence);
	free(sentence);
	return status;
}

enum exit_status command_confirm(const struct invocation *invocation)
{
	struct doors doors = {.invocation = invocation};
	struct step_up_outcome outcome = {0};
	enum exit_status status;
	json_t *details = NULL;

	if (!action_name_is_valid(invocation->arguments[0])) {
		complain("%s is not the name of an action. Names look like "
			"customer.export.", invocation->arguments[0]);
		return EXIT_USAGE;
	}
	if (strcmp(option_text(invocation, OPTION_RECEIPT, ""), "env") == 0 && invocation->child == NULL) {
		complain("--receipt=env needs a command. Write it behind --.");
		return EXIT_USAGE;
	}
	status = details_parse(invocation->arguments + 1, invocation->argument_count - 1, &details);
	if (status != EXIT_DONE)
		return status;
	status = confirm_ask(&doors, details, &outcome);
	doors_close(&doors);
	if (status == EXIT_DONE)
		status = confirm_granted(invocation, &outcome);
	json_decref(details);
	step_up_outcome_clear(&outcome);
	return status;
}
