/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Single values of the configuration.
 * MUST: take exactly what is documented; no sign, blank, leading zero or overflow slips through.
 */
#include "verifier/rules/reading/policy_values.h"

#include <string.h>

#include "lib/base/display_text.h"
#include "lib/wire/limit_text.h"
#include "lib/wire/user_name.h"

static bool values_is_digit(char character)
{
	return character >= '0' && character <= '9';
}

static bool values_is_lower(char character)
{
	return character >= 'a' && character <= 'z';
}

bool value_account(const char *text)
{
	return user_name_is_possible(text) && strchr(text, '"') == NULL;
}

bool value_unix_user(const char *text)
{
	int64_t uid;
	const char *end;

	if (text[0] != '#')
		return value_account(text);
	end = number_take(text + 1, INT64_C(4294967294), &uid); /* (uid_t)-1 is nobody's */
	return end != NULL && *end == '\0';
}

bool value_name(const char *text)
{
	size_t length = 0;

	if (!values_is_lower(text[0]))
		return false;
	for (; text[length] != '\0'; length++)
		if (length >= POLICY_NAME_SIZE - 1 ||
		    !(values_is_lower(text[length]) || values_is_digit(text[length]) || text[length] == '_' ||
			    text[length] == '-'))
			return false;
	return true;
}

bool value_aaguid(const char *text, uint8_t aaguid[KEY_AAGUID_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	unsigned any = 0;

	for (size_t i = 0; i < KEY_AAGUID_SIZE; i++) {
		const char *high, *low;

		if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
			return false;
		high = *text == '\0' ? NULL : strchr(hex, *text++);
		low = high == NULL || *text == '\0' ? NULL : strchr(hex, *text++);
		if (low == NULL)
			return false;
		aaguid[i] = (uint8_t)((high - hex) << 4 | (low - hex));
		any |= aaguid[i];
	}
	return *text == '\0' && any != 0;
}

bool value_pattern(const char *text)
{
	char name[ACTION_NAME_SIZE];
	size_t length = strlen(text);

	if (strcmp(text, "*") == 0)
		return true;
	if (length < 3 || length >= sizeof(name) || strcmp(text + length - 2, ".*") != 0)
		return false;
	memcpy(name, text, length - 2);
	name[length - 2] = '\0';
	return action_name_is_valid(name);
}

/* One part of a domain's name: RFC 1035 section 2.3.1, with digits in front as in RFC 1123 section 2.1. */
static bool is_label(const char *label, size_t length)
{
	if (length == 0 || length > 63 || label[0] == '-' || label[length - 1] == '-')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!values_is_lower(label[i]) && !values_is_digit(label[i]) && label[i] != '-')
			return false;
	return true;
}

bool value_domain(const char *text)
{
	for (const char *label = text;;) {
		size_t length = strcspn(label, ".");

		if (!is_label(label, length))
			return false;
		if (label[length] == '\0')
			return strlen(text) <= 253;
		label += length + 1;
	}
}

bool value_url(const char *text, const char *scheme, bool path, char host[256])
{
	size_t length = strlen(scheme), host_length;
	int64_t port = 443;

	if (strncmp(text, scheme, length) != 0 || strncmp(text + length, "://", 3) != 0)
		return false;
	text += length + 3;
	host_length = strcspn(text, ":/");
	if (host_length == 0 || host_length > 253)
		return false;
	memcpy(host, text, host_length);
	host[host_length] = '\0';
	if (!value_domain(host))
		return false;
	text += host_length;
	if (*text == ':')
		text = number_take(text + 1, 65535, &port);
	if (text == NULL || port == 0)
		return false;
	if (*text == '\0')
		return true;
	if (!path || *text != '/' || text[strlen(text) - 1] == '/')
		return false;
	for (; *text != '\0'; text++)
		if (!values_is_lower(*text) && !values_is_digit(*text) && !(*text >= 'A' && *text <= 'Z') &&
		    strchr("/._~-", *text) == NULL)
			return false;
	return true;
}
