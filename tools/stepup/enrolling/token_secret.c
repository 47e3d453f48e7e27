/* SPDX-License-Identifier: BSD-2-Clause */
/* A hardware token's own secret; see token_secret.h. */
#include "tools/stepup/enrolling/token_secret.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wipe.h"

#define BASE32_MAX ((TOKEN_SECRET_MAX * 8 + 4) / 5)

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* The text without white space, dashes and padding, in capitals; false where it is too long. */
static bool squeeze(const char *text, char squeezed[2 * TOKEN_SECRET_MAX + 1])
{
	size_t length = 0;

	for (; *text != '\0'; text++) {
		if (isspace((unsigned char)*text) || *text == '-' || *text == '=')
			continue;
		if (length == 2 * TOKEN_SECRET_MAX)
			return false;
		squeezed[length++] = (char)toupper((unsigned char)*text);
	}
	squeezed[length] = '\0';
	return true;
}

static unsigned token_secret_hex_value(char digit)
{
	return digit <= '9' ? (unsigned)(digit - '0') : (unsigned)(digit - 'A' + 10);
}

/* Hex digits, two a byte, to base32 without padding. */
static void hex_to_base32(const char *hex, size_t length, char base32[BASE32_MAX + 1])
{
	uint32_t bits = 0;
	unsigned count = 0;
	size_t out = 0;

	for (size_t i = 0; i < length; i++) {
		bits = (bits << 4 | token_secret_hex_value(hex[i])) & 0xff;
		count += 4;
		if (count >= 5) {
			count -= 5;
			base32[out++] = alphabet[bits >> count & 31];
		}
	}
	if (count > 0)
		base32[out++] = alphabet[bits << (5 - count) & 31];
	base32[out] = '\0';
}

enum stepup_error token_secret_parse(const char *text, char **base32)
{
	char squeezed[2 * TOKEN_SECRET_MAX + 1] = "", converted[BASE32_MAX + 1] = "";
	enum stepup_error error = STEPUP_INVALID;
	bool says_hex = strncasecmp(text, "hex:", 4) == 0, says_base32 = strncasecmp(text, "base32:", 7) == 0;
	size_t length;

	*base32 = NULL;
	if (!squeeze(text + (says_hex ? 4 : says_base32 ? 7 : 0), squeezed)) {
		error = STEPUP_TOO_LONG;
		goto out;
	}
	length = strlen(squeezed);
	if (length == 0)
		goto out;
	if (!says_base32 && length % 2 == 0 && strspn(squeezed, "0123456789ABCDEF") == length)
		hex_to_base32(squeezed, length, converted);
	else if (!says_hex && length <= BASE32_MAX && strspn(squeezed, alphabet) == length)
		memcpy(converted, squeezed, length + 1);
	else
		goto out;
	*base32 = strdup(converted);
	error = *base32 != NULL ? STEPUP_OK : STEPUP_NO_MEMORY;
out:
	WIPE_ARRAY(squeezed);
	WIPE_ARRAY(converted);
	return error;
}
