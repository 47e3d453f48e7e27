/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The conversation in plain text: what is to be approved and the question in one prompt, the last mistake
 * above it.
 */
#include <stdio.h>
#include <string.h>

#include "pam_module/conversation.h"

static enum stepup_error text_question(const struct step_up_question *question, char **text)
{
	int r;

	if (question->error != NULL)
		r = asprintf(text, "%s\n%s\n%s", question->error, question->prompt, question->ask);
	else
		r = asprintf(text, "%s\n%s", question->prompt, question->ask);
	if (r < 0)
		*text = NULL;
	return r < 0 ? STEPUP_NO_MEMORY : STEPUP_OK;
}

/* Whatever was typed is the answer: only the verifier judges it. */
static enum stepup_error text_answer(const char *reply, char **code)
{
	*code = strdup(reply);
	return *code == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
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

const struct conversation_form conversation_form_text = {"text", text_question, text_answer, text_ending};
