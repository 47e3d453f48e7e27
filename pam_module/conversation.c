/* SPDX-License-Identifier: BSD-2-Clause */
/* Talking to the person through the host's PAM conversation. */
#include "pam_module/conversation.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"

/* Hands the host one message; `*reply` is what came back, NULL where nothing did. */
static int conversation_converse(pam_handle_t *pamh, int style, const char *text, char **reply)
{
	const struct pam_message message = {.msg_style = style, .msg = text};
	const struct pam_message *messages = &message;
	struct pam_response *responses = NULL;
	const void *item = NULL;
	const struct pam_conv *host;
	int r;

	*reply = NULL;
	r = pam_get_item(pamh, PAM_CONV, &item);
	host = item;
	if (r != PAM_SUCCESS || host == NULL || host->conv == NULL)
		return PAM_CONV_ERR;
	r = host->conv(1, &messages, &responses, host->appdata_ptr);
	if (r != PAM_SUCCESS)
		return r == PAM_BUF_ERR ? PAM_BUF_ERR
					: PAM_CONV_ERR; /* what `responses` is then, nobody says */
	if (responses != NULL)
		*reply = responses->resp;
	free(responses);
	return PAM_SUCCESS;
}

/* Says the whole of a prompt in a message, for whoever sees another one; on standard
 * error, as sudo has it. */
static void say_above(const struct conversation *conversation, const char *text)
{
	char *copy = strdup(text), *reply = NULL;
	size_t length = strlen(text);

	if (copy == NULL)
		return;
	while (length > 0 && copy[length - 1] == ' ')
		copy[--length] = '\0';
	(void)conversation_converse(conversation->pamh, PAM_ERROR_MSG, copy, &reply);
	free(copy);
	wipe_free_string(&reply);
}

enum stepup_error conversation_prompt(const struct conversation *conversation, const char *text, char **reply)
{
	int r;

	if (conversation->prompt_is_replaced)
		say_above(conversation, text);
	r = conversation_converse(conversation->pamh, PAM_PROMPT_ECHO_OFF, text, reply);
	if (r == PAM_BUF_ERR)
		return STEPUP_NO_MEMORY;
	return r == PAM_SUCCESS && *reply != NULL ? STEPUP_OK : STEPUP_INVALID;
}

static enum stepup_error ask(
	void *context, const struct step_up_question *question, struct step_up_answer *answer)
{
	struct conversation *conversation = context;
	enum stepup_error error = conversation->form->ask(conversation, question, answer);

	if (error == STEPUP_INVALID) {
		conversation->failed = true;
		error = STEPUP_CANCELLED;
	}
	return error;
}

/* No longer than the module's own time, whatever the form would like. */
static bool wait_for_approval(void *context, const struct step_up_waiting *waiting, struct deadline *until)
{
	struct conversation *conversation = context;
	struct deadline own = *until;
	bool waits = conversation->form->wait(conversation, waiting, until);

	if (until->at_ms > own.at_ms)
		*until = own;
	return waits && deadline_left(own) > 0;
}

/* The lines of a conversation in text. */
static enum stepup_error ask_line(void *context, const char *question, char **line)
{
	struct conversation *conversation = context;
	enum stepup_error error = conversation_prompt(conversation, question, line);

	conversation->answered = conversation->answered || error == STEPUP_OK;
	return error;
}

/* Nobody depends on it: the prompt before spoke of the touch. */
static void tell_line(void *context, const char *sentence)
{
	conversation_inform(context, sentence);
}

void conversation_inform(const struct conversation *conversation, const char *text)
{
	char *reply = NULL;

	if (conversation->silent)
		return;
	(void)conversation_converse(conversation->pamh, PAM_TEXT_INFO, text, &reply);
	wipe_free_string(&reply);
}

void conversation_init(struct conversation *conversation, pam_handle_t *pamh,
	const struct conversation_form *form, int flags)
{
	*conversation = (struct conversation){
		.pamh = pamh, .form = form, .silent = ((unsigned)flags & PAM_SILENT) != 0};
	conversation->channel =
		(struct text_channel){.ask = ask_line, .tell = tell_line, .context = conversation};
	conversation->keys.channel = &conversation->channel;
	conversation->step_up = (struct step_up_conversation){
		.ask = ask, .wait = wait_for_approval, .context = conversation};
}

void conversation_set_keys(struct conversation *conversation, const char *user, const char *agent_socket)
{
	conversation->keys.account = user;
	conversation->keys.user = user;
	conversation->keys.agent_socket = agent_socket;
}

void conversation_clear(struct conversation *conversation)
{
	key_conversation_clear(&conversation->keys);
}

bool conversation_has_nobody(const struct conversation *conversation)
{
	return conversation->failed && !conversation->answered &&
		conversation->form == &conversation_form_text;
}

void conversation_tell(const struct conversation *conversation, const struct ending *ending)
{
	char *text = NULL, *reply = NULL;
	bool granted = ending->error == STEPUP_OK;

	if ((conversation->failed && conversation->form != &conversation_form_text) ||
	    (granted && conversation->silent))
		return;
	if (conversation->form->ending(ending, &text) == STEPUP_OK && text != NULL)
		(void)conversation_converse(conversation->pamh, granted ? PAM_TEXT_INFO : PAM_ERROR_MSG,
			text, &reply);
	free(text);
	wipe_free_string(&reply);
}
