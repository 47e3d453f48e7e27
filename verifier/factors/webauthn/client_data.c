/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads client data.
 */
#include "verifier/factors/webauthn/client_data.h"

#include <string.h>

#include "lib/evidence/key_bytes.h"
#include "lib/wire/base64url.h"
#include "lib/wire/canonical_json.h"

enum stepup_error client_data_parse(const uint8_t *bytes, size_t size, json_t **client_data)
{
	*client_data = NULL;
	if (size == 0 || size > CLIENT_DATA_MAX)
		return STEPUP_INVALID;
	return json_parse_object((const char *)bytes, size, client_data);
}

static bool client_data_text_is(const json_t *client_data, const char *member, const char *expected)
{
	const char *text = json_string_value(json_object_get(client_data, member));

	return text != NULL && strcmp(text, expected) == 0;
}

bool client_data_type_is(const json_t *client_data, const char *type)
{
	return client_data_text_is(client_data, "type", type);
}

bool client_data_challenge_is(const json_t *client_data, const uint8_t challenge[DIGEST_SIZE])
{
	char expected[BASE64URL_LENGTH(DIGEST_SIZE) + 1];

	base64url_encode(challenge, DIGEST_SIZE, expected);
	return client_data_text_is(client_data, "challenge", expected);
}

bool client_data_origin_is_one_of(const json_t *client_data, const char *const *origins)
{
	for (; origins != NULL && *origins != NULL; origins++)
		if (client_data_text_is(client_data, "origin", *origins))
			return true;
	return false;
}

bool client_data_is_cross_origin(const json_t *client_data)
{
	const json_t *value = json_object_get(client_data, "crossOrigin");

	return value != NULL && !json_is_false(value);
}

bool client_data_has_top_origin(const json_t *client_data)
{
	return json_object_get(client_data, "topOrigin") != NULL;
}
