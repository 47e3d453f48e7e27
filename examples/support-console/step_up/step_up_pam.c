/* SPDX-License-Identifier: BSD-2-Clause */
/* The console's PAM transactions: pam_stepup.so with conversation=json asks, the step-up's thread answers;
 * see step_up_bridge.h. */
#include <security/pam_appl.h>
#include <stdlib.h>
#include <string.h>

#include "examples/support-console/step_up/pam_environment.h"
#include "examples/support-console/step_up/step_up_internal.h"

/* A stack that asks for anything but what this conversation is about gets no answer. */
static int step_up_pam_converse(int count, const struct pam_message **messages,
	struct pam_response **responses, void *data)
{
	struct attempt *attempt = data;
	struct pam_response *replies;

	if (count <= 0 || count > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	replies = calloc((size_t)count, sizeof(*replies));
	if (!replies)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++) {
		switch (messages[i]->msg_style) {
		case PAM_PROMPT_ECHO_OFF:
		case PAM_PROMPT_ECHO_ON:
			replies[i].resp = attempt_ask(attempt,
				json_loads(messages[i]->msg, JSON_REJECT_DUPLICATES, NULL));
			if (!replies[i].resp)
				goto fail;
			break;
		default:
			attempt_hear(attempt, json_loads(messages[i]->msg, JSON_REJECT_DUPLICATES, NULL));
		}
	}
	*responses = replies;
	return PAM_SUCCESS;
fail:
	for (int i = 0; i < count; i++)
		text_wipe(&replies[i].resp);
	free(replies);
	return PAM_CONV_ERR;
}

static int pam_open(const struct bridge *bridge, const char *user, const char *rhost,
	const struct pam_conv *conversation, pam_handle_t **handle)
{
	int result = pam_start_confdir(bridge->service, user, conversation, bridge->confdir, handle);

	if (result == PAM_SUCCESS)
		result = pam_set_item(*handle, PAM_RHOST, rhost);
	return result;
}

bool step_up_through_pam(struct attempt *attempt, struct step_up_grant *grant)
{
	const struct pam_conv conversation = {step_up_pam_converse, attempt};
	pam_handle_t *handle = NULL;
	const char *made;
	int result = pam_open(attempt->bridge, attempt->user, attempt->rhost, &conversation, &handle);

	if (result == PAM_SUCCESS)
		result = pam_environment_put(handle, &grant->subject, attempt->step_up_session);
	if (result == PAM_SUCCESS)
		result = pam_authenticate(handle, 0);
	if (result == PAM_SUCCESS)
		result = pam_acct_mgmt(handle, 0);
	made = result == PAM_SUCCESS ? pam_getenv(handle, "STEPUP_RECEIPT") : NULL;
	if (made && strlen(made) >= RECEIPT_SIZE)
		result = PAM_SYSTEM_ERR;
	else if (made)
		strcpy(grant->receipt, made);
	if (handle)
		pam_end(handle, result);
	return result == PAM_SUCCESS;
}

/* The account phase asks nothing; what it says is kept. */
static int converse_account(int count, const struct pam_message **messages,
	struct pam_response **responses, void *data)
{
	json_t **message = data;

	for (int i = 0; i < count; i++) {
		json_t *said = NULL;

		if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF ||
		    messages[i]->msg_style == PAM_PROMPT_ECHO_ON)
			return PAM_CONV_ERR;
		said = json_loads(messages[i]->msg, JSON_REJECT_DUPLICATES, NULL);
		if (json_is_object(said)) {
			json_decref(*message);
			*message = said;
		} else {
			json_decref(said);
		}
	}
	*responses = calloc((size_t)(count > 0 ? count : 1), sizeof(**responses));
	return *responses ? PAM_SUCCESS : PAM_BUF_ERR;
}

bool bridge_account(struct bridge *bridge, const char *user, const char *rhost, json_t **message)
{
	const struct pam_conv conversation = {converse_account, message};
	pam_handle_t *handle = NULL;
	int result;

	*message = NULL;
	result = pam_open(bridge, user, rhost, &conversation, &handle);
	if (result == PAM_SUCCESS)
		result = pam_acct_mgmt(handle, 0);
	if (handle)
		pam_end(handle, result);
	return result == PAM_SUCCESS;
}
