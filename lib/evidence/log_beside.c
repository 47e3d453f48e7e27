/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a log entry commits to besides its own text.
 */
#include "lib/evidence/log_beside.h"

#include <stdlib.h>
#include <string.h>

static const char label[] = "stepup/1/beside"; /* hashed with its NUL */

enum stepup_error log_beside_commit(const char *text, size_t size, const uint8_t salt[DIGEST_SIZE],
	char beside[LOG_BESIDE_SIZE])
{
	uint8_t mac[DIGEST_SIZE];
	char *bytes = size > SIZE_MAX - sizeof(label) ? NULL : malloc(sizeof(label) + size);
	enum stepup_error error = STEPUP_NO_MEMORY;

	if (bytes != NULL) {
		memcpy(bytes, label, sizeof(label));
		memcpy(bytes + sizeof(label), text, size);
		error = digest_hmac_sha256(salt, DIGEST_SIZE, bytes, sizeof(label) + size, mac);
	}
	if (error == STEPUP_OK)
		base64url_encode(mac, sizeof(mac), beside);
	free(bytes);
	return error;
}
