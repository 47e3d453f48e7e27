/* SPDX-License-Identifier: BSD-2-Clause */
/* What an ssh-agent answers. */
#include "tools/stepup-authenticator/agent_reply.h"

#include <stdlib.h>

#include "lib/base/byte_cursor.h"
#include "lib/base/display_text.h"
#include "lib/evidence/key_bytes.h"
#include "lib/evidence/sshsig.h"
#include "lib/wire/base64url.h"

enum agent_reply_type {
	AGENT_FAILURE = 5,
	AGENT_IDENTITIES = 12,
	AGENT_SIGNATURE = 14,
	AGENT_EXTENDED_FAILURE = 30,
	AGENT_COM_FAILURE = 102 /* how some agents of old say it */
};

/* Whether the reply begins as it should. */
static enum authenticator_code read_type(struct byte_cursor *cursor, enum agent_reply_type wanted)
{
	uint8_t type = cursor_u8(cursor);

	if (cursor->broken)
		return AUTHENTICATOR_BROKEN;
	if (type == AGENT_FAILURE || type == AGENT_EXTENDED_FAILURE || type == AGENT_COM_FAILURE)
		return AUTHENTICATOR_AGENT_REFUSED;
	return type == wanted ? AUTHENTICATOR_DONE : AUTHENTICATOR_BROKEN;
}

static bool add_key(json_t *keys, const struct byte_cursor *blob, const struct byte_cursor *comment)
{
	char *key = base64url_encode_new(blob->at, blob->left);
	char *label = display_text((const char *)comment->at, comment->left);
	json_t *entry =
		key != NULL && label != NULL ? json_pack("{s:s, s:s}", "key", key, "label", label) : NULL;

	free(key);
	free(label);
	return json_array_append_new(keys, entry) == 0;
}

enum authenticator_code agent_read_identities(const uint8_t *reply, size_t size, json_t **keys)
{
	struct byte_cursor cursor = {.at = reply, .left = size};
	enum authenticator_code code = read_type(&cursor, AGENT_IDENTITIES);
	uint32_t count = code == AUTHENTICATOR_DONE ? cursor_u32(&cursor) : 0;
	json_t *found = json_array();

	if (found == NULL)
		return AUTHENTICATOR_BROKEN;
	for (uint32_t i = 0; i < count && !cursor.broken; i++) {
		struct byte_cursor blob = cursor_string(&cursor), comment = cursor_string(&cursor);
		struct ssh_key key;

		if (blob.broken || comment.broken)
			break;
		/* Keys of other kinds are none of our business. */
		if (blob.left <= SSH_BLOB_MAX && ssh_key_parse(blob.at, blob.left, &key) == STEPUP_OK &&
			json_array_size(found) < AGENT_KEYS_MAX && !add_key(found, &blob, &comment))
			code = AUTHENTICATOR_BROKEN;
	}
	if (code == AUTHENTICATOR_DONE && !cursor_is_done(&cursor))
		code = AUTHENTICATOR_BROKEN;
	if (code == AUTHENTICATOR_DONE)
		*keys = found;
	else
		json_decref(found);
	return code;
}

enum authenticator_code agent_read_signature(const uint8_t *reply, size_t size, const uint8_t *key,
	size_t key_size, bool user_verification, const uint8_t **signature, size_t *signature_size)
{
	struct byte_cursor cursor = {.at = reply, .left = size}, blob;
	struct ssh_key expected;
	struct ssh_signature parsed;
	enum authenticator_code code = read_type(&cursor, AGENT_SIGNATURE);

	if (code != AUTHENTICATOR_DONE)
		return code;
	blob = cursor_string(&cursor);
	if (!cursor_is_done(&cursor) || blob.left > SSH_BLOB_MAX ||
		ssh_key_parse(key, key_size, &expected) != STEPUP_OK ||
		ssh_signature_parse(blob.at, blob.left, &parsed) != STEPUP_OK ||
		parsed.algorithm != expected.algorithm)
		return AUTHENTICATOR_BROKEN;
	if ((parsed.flags & FLAG_USER_PRESENT) == 0)
		return AUTHENTICATOR_NO_TOUCH;
	if (user_verification && (parsed.flags & FLAG_USER_VERIFIED) == 0)
		return AUTHENTICATOR_UNSUPPORTED;
	*signature = blob.at;
	*signature_size = blob.left;
	return AUTHENTICATOR_DONE;
}
