/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The conversation in plain text: what is to be approved and the question in one prompt, the last mistake
 * above it. How keys are asked for stands in lib/client/key_conversation, which the CLI has too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"
#include "pam_module/conversation.h"

static enum stepup_error text_ask(struct conversation *conversation, const struct step_up_question *question,
	struct step_up_answer *answer)
{
	return key_conversation_ask(&conversation->keys, question, answer);
}

/* sshd shows nothing before the next prompt, and gives nobody ten minutes: so the person says when to look
 * whether somebody has agreed, again while there is time, and starts again where it takes longer. */
static bool text_wait(struct conversation *conversation, const struct step_up_waiting *waiting,
	struct deadline *until)
{
	const char *said = waiting->again ? "Nobody has agreed yet."
		: waiting->message == NULL ? "A second person must agree." : waiting->message;
	char *question = NULL, *reply = NULL;
	enum stepup_error error;

	if (asprintf(&question, "%s\nPress Enter once somebody has agreed (within %d seconds): ", said,
		    deadline_left(*until) / 1000) < 0)
		return false;
	error = conversation_prompt(conversation, question, &reply);
	free(question);
	wipe_free_string(&reply);
	*until = deadline_in(0);
	return error == STEPUP_OK;
}

/* A grant speaks for itself: the host goes on. */
static enum stepup_error text_ending(const struct ending *ending, char **text)
{
	*text = NULL;
	if (ending->error == STEPUP_OK)
		return STEPUP_OK;
	*text = strdup(ending->message);
	return *text == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
}

const struct conversation_form conversation_form_text = {"text", text_ask, text_wait, text_ending};
