/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Base64 in both alphabets: what decodes is exactly what encoding the result gives.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/base64url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *back;
	uint8_t *bytes = malloc(size + 1);
	size_t length;

	if (text == NULL || bytes == NULL)
		abort();
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (base64url_decode(text, bytes, size, &length) == STEPUP_OK) {
		back = base64url_encode_new(bytes, length);
		if (back == NULL || strcmp(back, text) != 0)
			abort();
		free(back);
	}
	if (base64_decode(text, bytes, size, &length) == STEPUP_OK) {
		back = base64_encode_new(bytes, length);
		if (back == NULL || strcmp(back, text) != 0)
			abort();
		free(back);
	}
	back = base64url_encode_new(data, size);
	if (back == NULL || base64url_decode(back, bytes, size, &length) != STEPUP_OK || length != size ||
		(size > 0 && memcmp(bytes, data, size) != 0))
		abort();
	free(back);
	free(text);
	free(bytes);
	return 0;
}
