/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The conversation in JSON, for programs that draw their own dialog: each message is one object on one line,
 * each reply one object. The form is described in pam_stepup(8); "v" is its version.
 * MUST: take a reply only where it is small, well-formed, of one of the two kinds of answer, and by a method
 * that the question offered.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json_wipe.h"
#include "lib/base/wipe.h"
#include "lib/wire/canonical_json.h"
#include "lib/wire/message.h"
#include "pam_module/conversation.h"

#define FORM_VERSION 1
#define QUESTION_SIZE_MAX (1024 * 1024)
#define REPLY_SIZE_MAX (32 * 1024)
#define CODE_SIZE_MAX 4096
#define CREDENTIAL_MEMBERS_MAX 32

static const struct field reply_fields[] = {
	{"method", FIELD_TEXT, 32, false},
	{"code", FIELD_TEXT, CODE_SIZE_MAX, false},
	{"credential", FIELD_OBJECT, CREDENTIAL_MEMBERS_MAX, false},
	{"cancel", FIELD_BOOL, 0, false},
	{0},
};

static bool conversation_json_set_text(json_t *object, const char *name, const char *text)
{
	return text == NULL || json_object_set_new(object, name, json_string(text)) == 0;
}

static bool set_number(json_t *object, const char *name, int64_t number)
{
	return number < 0 || json_object_set_new(object, name, json_integer(number)) == 0;
}

/* Writes `object` if `whole`, and frees it. */
static enum stepup_error conversation_json_write_object(json_t *object, bool whole, char **text)
{
	enum stepup_error error = STEPUP_NO_MEMORY;
	size_t size;

	*text = NULL;
	if (object != NULL && whole)
		error = json_wipe_dump(object, QUESTION_SIZE_MAX, text, &size);
	json_decref(object);
	return error;
}

static bool set_object(json_t *object, const char *name, const json_t *member)
{
	return member == NULL || json_object_set_new(object, name, json_deep_copy(member)) == 0;
}

static enum stepup_error json_question(const struct step_up_question *question, char **text)
{
	json_t *object = json_pack("{s:i, s:s, s:s, s:s}", "v", FORM_VERSION, "type", "question", "prompt",
		question->prompt, "ask", question->ask);
	bool browser = step_up_offers(question, "browser");
	bool whole = object != NULL && set_object(object, "methods", question->methods) &&
		     set_object(object, "publicKey", browser ? question->browser : NULL) &&
		     conversation_json_set_text(object, "error", question->error) &&
		     set_number(object, "tries_left", question->tries_left) &&
		     set_number(object, "retry_after", question->retry_after_seconds) &&
		     set_number(object, "expires_in", deadline_left(question->expires) / 1000);

	return conversation_json_write_object(object, whole, text);
}

/* Takes the answer out of a checked reply: {"method":"code","code":TEXT},
 * {"method":"browser","credential":{…}} or {"cancel":true}, and nothing else. */
static enum stepup_error take_answer(
	const json_t *reply, const struct step_up_question *question, struct step_up_answer *answer)
{
	const char *method = message_text(reply, "method"), *code = message_text(reply, "code");
	json_t *credential = json_object_get(reply, "credential");

	if (message_bool(reply, "cancel", false))
		return json_object_size(reply) == 1 ? STEPUP_CANCELLED : STEPUP_INVALID;
	if (json_object_size(reply) != 2 || method == NULL || !step_up_offers(question, method))
		return STEPUP_INVALID;
	if (strcmp(method, "code") == 0 && code != NULL) {
		answer->method = "code";
		answer->code = strdup(code);
		return answer->code == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
	}
	if (strcmp(method, "browser") == 0 && json_is_object(credential)) {
		answer->method = "browser";
		answer->key = json_incref(credential);
		return STEPUP_OK;
	}
	return STEPUP_INVALID;
}

static enum stepup_error json_answer(
	const char *text, const struct step_up_question *question, struct step_up_answer *answer)
{
	size_t size = strnlen(text, REPLY_SIZE_MAX + 1);
	enum stepup_error error;
	char bad_field[FIELD_NAME_SIZE];
	json_t *reply = NULL;

	if (size > REPLY_SIZE_MAX)
		return STEPUP_INVALID;
	error = json_parse_object(text, size, &reply);
	if (error == STEPUP_OK)
		error = message_check(reply_fields, reply, bad_field);
	if (error == STEPUP_OK)
		error = take_answer(reply, question, answer);
	json_wipe_free(&reply);
	return error;
}

static enum stepup_error json_ask(struct conversation *conversation, const struct step_up_question *question,
	struct step_up_answer *answer)
{
	char *text = NULL, *reply = NULL;
	enum stepup_error error = json_question(question, &text);

	if (error == STEPUP_OK)
		error = conversation_prompt(conversation, text, &reply);
	if (error == STEPUP_OK)
		error = json_answer(reply, question, answer);
	free(text);
	wipe_free_string(&reply);
	return error;
}

/* The program is told, and the module waits as long as it may. */
static bool json_wait(struct conversation *conversation, const struct step_up_waiting *waiting,
	struct deadline *until)
{
	json_t *object = json_pack("{s:i, s:s, s:s}", "v", FORM_VERSION, "type", "waiting",
		"request", waiting->request);
	bool whole = object != NULL && conversation_json_set_text(object, "message", waiting->message) &&
		     set_object(object, "approvers", waiting->approvers) &&
		     set_number(object, "expires", waiting->expires) &&
		     set_number(object, "waits", deadline_left(*until) / 1000);
	char *text = NULL;
	enum stepup_error error = conversation_json_write_object(object, whole, &text);

	if (error == STEPUP_OK)
		conversation_inform(conversation, text);
	free(text);
	return error == STEPUP_OK;
}

static enum stepup_error json_ending(const struct ending *ending, char **text)
{
	bool granted = ending->error == STEPUP_OK;
	json_t *object = json_pack("{s:i, s:s, s:s}", "v", FORM_VERSION, "type",
		granted ? "granted" : "refused", "message", ending->message);
	bool whole = object != NULL &&
		(granted || conversation_json_set_text(object, "error", stepup_error_name(ending->error))) &&
		conversation_json_set_text(object, "reference", ending->reference) &&
		set_number(object, "retry_after", ending->retry_after_seconds);

	return conversation_json_write_object(object, whole, text);
}

const struct conversation_form conversation_form_json = {"json", json_ask, json_wait, json_ending};
