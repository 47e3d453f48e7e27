/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The conversation in JSON, for programs that draw their own dialog: each message is one object on one line,
 * each reply one object. The form is described in pam_stepup(8); "v" is its version.
 */
#include <jansson.h>
#include <string.h>

#include "lib/json_wipe.h"
#include "lib/message.h"
#include "pam_module/conversation.h"

#define FORM_VERSION 1
#define QUESTION_SIZE_MAX (1024 * 1024)

static const struct field reply_fields[] = {
	{"method", FIELD_TEXT, 32, false},
	{"code", FIELD_TEXT, REPLY_SIZE_MAX, false},
	{"cancel", FIELD_BOOL, 0, false},
	{0},
};

static bool set_text(json_t *object, const char *name, const char *text)
{
	return text == NULL || json_object_set_new(object, name, json_string(text)) == 0;
}

static bool set_number(json_t *object, const char *name, int64_t number)
{
	return number < 0 || json_object_set_new(object, name, json_integer(number)) == 0;
}

/* Writes `object` if `whole`, and frees it. */
static enum stepup_error write_object(json_t *object, bool whole, char **text)
{
	enum stepup_error error = STEPUP_NO_MEMORY;
	size_t size;

	*text = NULL;
	if (object != NULL && whole)
		error = json_wipe_dump(object, QUESTION_SIZE_MAX, text, &size);
	json_decref(object);
	return error;
}

static enum stepup_error json_question(const struct step_up_question *question, char **text)
{
	json_t *object = json_pack("{s:i, s:s, s:s, s:s, s:[s]}", "v", FORM_VERSION, "type", "question",
		"prompt", question->prompt, "ask", question->ask, "methods", "code");
	bool whole = object != NULL && set_text(object, "error", question->error) &&
		     set_number(object, "tries_left", question->tries_left) &&
		     set_number(object, "expires_in", question->expires_in_seconds);

	return write_object(object, whole, text);
}

/* {"method":"code","code":TEXT} or {"cancel":true}, and nothing else. */
static enum stepup_error json_answer(const char *reply, char **code)
{
	enum stepup_error error = STEPUP_INVALID;
	size_t size = strnlen(reply, REPLY_SIZE_MAX + 1);
	char bad_field[FIELD_NAME_SIZE];
	json_error_t parse_error;
	const char *method;
	json_t *object;

	if (size > REPLY_SIZE_MAX)
		return STEPUP_INVALID;
	object = json_loadb(reply, size, JSON_REJECT_DUPLICATES, &parse_error);
	if (object == NULL)
		return json_error_code(&parse_error) == json_error_out_of_memory ? STEPUP_NO_MEMORY
										 : STEPUP_INVALID;
	if (message_check(reply_fields, object, bad_field) != STEPUP_OK)
		goto out;
	method = message_text(object, "method");
	if (message_bool(object, "cancel", false)) {
		error = json_object_size(object) == 1 ? STEPUP_CANCELLED : STEPUP_INVALID;
	} else if (json_object_size(object) == 2 && method != NULL && strcmp(method, "code") == 0 &&
		   message_text(object, "code") != NULL) {
		*code = strdup(message_text(object, "code"));
		error = *code == NULL ? STEPUP_NO_MEMORY : STEPUP_OK;
	}
out:
	json_wipe_free(&object);
	return error;
}

static enum stepup_error json_ending(const struct ending *ending, char **text)
{
	bool granted = ending->error == STEPUP_OK;
	json_t *object = json_pack("{s:i, s:s, s:s}", "v", FORM_VERSION, "type",
		granted ? "granted" : "refused", "message", ending->message);
	bool whole = object != NULL &&
		     (granted || set_text(object, "error", stepup_error_name(ending->error))) &&
		     set_text(object, "reference", ending->reference) &&
		     set_number(object, "retry_after", ending->retry_after_seconds);

	return write_object(object, whole, text);
}

const struct conversation_form conversation_form_json = {"json", json_question, json_answer, json_ending};
