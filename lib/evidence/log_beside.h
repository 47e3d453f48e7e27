/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands beside a log entry, where it can be erased: details, prompt, address, a person's words. The
 * entry commits to all of it, so that it can be missing, and not be another.
 * Layer: lib/evidence/ (part "evidence").
 */
#ifndef STEPUP_LIB_LOG_BESIDE_H
#define STEPUP_LIB_LOG_BESIDE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/evidence/digest.h"
#include "lib/wire/base64url.h"

#define LOG_BESIDE_SIZE (BASE64URL_LENGTH(DIGEST_SIZE) + 1) /* with the NUL */

/* The entry's "beside": base64url of HMAC-SHA-256(salt, "stepup/1/beside\0" ‖ text), of the canonical JSON
 * that stands beside it. */
enum stepup_error log_beside_commit(const char *text, size_t size, const uint8_t salt[DIGEST_SIZE],
	char beside[LOG_BESIDE_SIZE]);

#endif
