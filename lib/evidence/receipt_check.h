/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks a receipt (JWS compact, ES256, typ stepup-receipt+jwt) against a pinned JWK set: the one place
 * that does, used by redemption and by `stepup receipt verify`. Says nothing about single use or locks:
 * only redemption can.
 * MUST: take the algorithm from this file and never from the receipt; refuse jwk, jku, x5u, x5c, crit
 * and unknown header members; refuse a kid that isn't in the set; refuse trailing data and
 * non-canonical base64url.
 * Layer: lib/evidence/ (part "evidence").
 */
#ifndef STEPUP_LIB_RECEIPT_CHECK_H
#define STEPUP_LIB_RECEIPT_CHECK_H

#include <jansson.h>

#include "lib/base/error.h"

#define RECEIPT_SIZE_MAX 16384 /* bytes of a receipt's text */

/* Verifies the signature and the header; the payload, a new object, goes to `*claims`, the caller's to free.
 * STEPUP_CORRUPT for a signature or key that doesn't hold, STEPUP_INVALID for anything malformed. */
enum stepup_error receipt_check_signature(const char *receipt, const json_t *jwks, json_t **claims);

#endif
