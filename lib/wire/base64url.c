/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Base64 in both alphabets (RFC 4648 sections 4 and 5). Decoding takes exactly what encoding
 * gives, nothing else.
 */
#include "lib/wire/base64url.h"

#include <stdlib.h>
#include <string.h>

static const char alphabet_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char alphabet_plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Writes the characters of `size` bytes without padding and returns how many they are. */
static size_t encode(const char *alphabet, const uint8_t *bytes, size_t size, char *text)
{
	size_t length = 0;

	for (size_t i = 0; i < size; i += 3) {
		size_t left = size - i;
		uint32_t group = (uint32_t)bytes[i] << 16;

		if (left > 1)
			group |= (uint32_t)bytes[i + 1] << 8;
		if (left > 2)
			group |= bytes[i + 2];
		text[length++] = alphabet[group >> 18];
		text[length++] = alphabet[(group >> 12) & 63];
		if (left > 1)
			text[length++] = alphabet[(group >> 6) & 63];
		if (left > 2)
			text[length++] = alphabet[group & 63];
	}
	return length;
}

/* The value of one character, -1 for one outside the alphabet. */
static int value_of(const char *alphabet, char character)
{
	if (character >= 'A' && character <= 'Z')
		return character - 'A';
	if (character >= 'a' && character <= 'z')
		return character - 'a' + 26;
	if (character >= '0' && character <= '9')
		return character - '0' + 52;
	if (character == alphabet[62])
		return 62;
	if (character == alphabet[63])
		return 63;
	return -1;
}

/* Decodes `length` characters without padding. */
static enum stepup_error decode(
	const char *alphabet, const char *text, size_t length, uint8_t *bytes, size_t capacity, size_t *size)
{
	uint32_t bits = 0;
	unsigned bit_count = 0;
	size_t written = 0;

	if (length % 4 == 1)
		return STEPUP_INVALID;
	for (size_t i = 0; i < length; i++) {
		int value = value_of(alphabet, text[i]);

		if (value < 0)
			return STEPUP_INVALID;
		bits = (bits << 6) | (uint32_t)value;
		bit_count += 6;
		if (bit_count < 8)
			continue;
		bit_count -= 8;
		if (written == capacity)
			return STEPUP_TOO_LONG;
		bytes[written++] = (uint8_t)(bits >> bit_count);
		bits &= (1U << bit_count) - 1;
	}
	if (bits != 0)
		return STEPUP_INVALID;
	*size = written;
	return STEPUP_OK;
}

void base64url_encode(const void *bytes, size_t size, char *text)
{
	text[encode(alphabet_url, bytes, size, text)] = '\0';
}

char *base64url_encode_new(const void *bytes, size_t size)
{
	char *text;

	if (size > (SIZE_MAX - 3) / 4)
		return NULL;
	text = malloc(BASE64URL_LENGTH(size) + 1);
	if (text != NULL)
		base64url_encode(bytes, size, text);
	return text;
}

enum stepup_error base64url_decode(const char *text, void *bytes, size_t capacity, size_t *size)
{
	return decode(alphabet_url, text, strlen(text), bytes, capacity, size);
}

char *base64_encode_new(const void *bytes, size_t size)
{
	size_t length;
	char *text;

	if (size > (SIZE_MAX - 8) / 4)
		return NULL;
	text = malloc((size + 2) / 3 * 4 + 1);
	if (text == NULL)
		return NULL;
	length = encode(alphabet_plain, bytes, size, text);
	while (length % 4 != 0)
		text[length++] = '=';
	text[length] = '\0';
	return text;
}

enum stepup_error base64_decode(const char *text, void *bytes, size_t capacity, size_t *size)
{
	size_t length = strlen(text);

	if (length % 4 != 0)
		return STEPUP_INVALID;
	if (length > 0 && text[length - 1] == '=')
		length--;
	if (length > 0 && text[length] == '=' && text[length - 1] == '=')
		length--;
	return decode(alphabet_plain, text, length, bytes, capacity, size);
}
