/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hardware token's own secret from a file: base32 (RFC 4648 section 6, letters of either case, spaces
 * and padding don't count) or hex. "hex:" or "base32:" in front says which; otherwise an even number of
 * hex digits is hex.
 * Layer: tools/stepup/enrolling/, libc only.
 */
#ifndef STEPUP_TOOLS_TOKEN_SECRET_H
#define STEPUP_TOOLS_TOKEN_SECRET_H

#include "lib/base/error.h"

#define TOKEN_SECRET_MAX 64 /* bytes */

/* The secret in base32 without padding, for the verifier; wipe and free. STEPUP_INVALID for anything else,
 * STEPUP_TOO_LONG. */
enum stepup_error token_secret_parse(const char *text, char **base32);

#endif
