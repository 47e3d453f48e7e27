/* SPDX-License-Identifier: BSD-2-Clause */
/* An entry of the log in the making. Everything goes through jansson: no text is ever pasted into JSON. */
#include "verifier/evidence/log_draft.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/display_text.h"
#include "lib/wire/base64url.h"

void draft_add(struct draft *draft, const char *name, json_t *value)
{
	if (json_object_set_new(draft->object, name, value) != 0)
		draft->failed = true;
}

void draft_add_number(struct draft *draft, const char *name, int64_t number)
{
	draft_add(draft, name, json_integer(number));
}

json_t *draft_text(const char *text)
{
	static const char mark[] = "\xe2\x80\xa6";
	size_t size = strnlen(text, LOG_TEXT_MAX + 1);
	bool valid = utf8_is_valid(text, strlen(text));
	char room[LOG_TEXT_MAX + 1], *safe = valid ? NULL : display_text(text, size);
	json_t *value;

	if (!valid && safe == NULL)
		return NULL;
	if (!valid) {
		text = safe;
		size = strnlen(text, LOG_TEXT_MAX + 1);
	}
	if (size > LOG_TEXT_MAX) {
		size = LOG_TEXT_MAX - strlen(mark);
		while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
			size--;
		memcpy(room, text, size);
		memcpy(room + size, mark, sizeof(mark));
		text = room;
	}
	value = json_string(text);
	free(safe);
	return value;
}

void draft_add_text(struct draft *draft, const char *name, const char *text)
{
	if (text != NULL)
		draft_add(draft, name, draft_text(text));
}

void draft_add_bytes(struct draft *draft, const char *name, const uint8_t *bytes, size_t size)
{
	char *text;

	if (bytes == NULL)
		return;
	text = base64url_encode_new(bytes, size);
	draft_add(draft, name, text == NULL ? NULL : json_string(text));
	free(text);
}

struct draft draft_new(enum log_type type, int64_t at)
{
	struct draft draft = {.object = json_object()};

	draft.failed = draft.object == NULL;
	draft_add_number(&draft, "v", 1);
	draft_add_text(&draft, "type", log_type_name(type));
	draft_add_number(&draft, "at", at);
	return draft;
}

struct draft draft_about(enum log_type type, int64_t at, const struct log_subject *subject)
{
	struct draft draft = draft_new(type, at);

	draft_add_text(&draft, "user", subject->user);
	draft_add_bytes(&draft, "user_id", subject->user_id, USER_ID_SIZE);
	return draft;
}

json_t *draft_finish(struct draft *draft)
{
	if (draft->failed) {
		json_decref(draft->object);
		draft->object = NULL;
	}
	return draft->object;
}
