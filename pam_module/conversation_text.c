/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The conversation in plain text: what is to be approved and the question in one prompt, the last mistake
 * above it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pam_module/conversation.h"

/* Whatever was typed is the answer: only the verifier judges it. */
static enum stepup_error text_ask(struct conversation *conversation, const struct step_up_question *question,
	struct step_up_answer *answer)
{
	enum stepup_error error;
	char *text = NULL;
	int r;

	if (question->error != NULL)
		r = asprintf(&text, "%s\n%s\n%s", question->error, question->prompt, question->ask);
	else
		r = asprintf(&text, "%s\n%s", question->prompt, question->ask);
	if (r < 0)
		return STEPUP_NO_MEMORY;
	error = conversation_prompt(conversation, text, &answer->code);
	answer->method = "code";
	free(text);
	return error;
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

const struct conversation_form conversation_form_text = {"text", text_ask, text_ending};
