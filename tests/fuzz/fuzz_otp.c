/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What people type for a code, and secrets as base32: what is read must be well-formed, and written the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/factors/otp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), code[9], *again;
	struct otp_secret secret = {.algorithm = OTP_SHA1}, read = {.algorithm = OTP_SHA1};

	if (text == NULL)
		abort();
	if (otp_normalise(text, code) == STEPUP_OK) {
		if (strspn(code, "0123456789") != strlen(code) || strlen(code) < 6 || strlen(code) > 8)
			abort();
	} else if (code[0] != '\0') {
		abort();
	}
	if (otp_secret_parse(text, &secret) == STEPUP_OK) {
		again = otp_secret_format(&secret);
		if (again == NULL || secret.size < OTP_SECRET_MIN ||
		    otp_secret_parse(again, &read) != STEPUP_OK || read.size != secret.size ||
		    memcmp(read.bytes, secret.bytes, secret.size) != 0)
			abort();
		free(again);
	} else if (secret.size != 0) {
		abort();
	}
	free(text);
	return 0;
}
