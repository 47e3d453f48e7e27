/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signature over FIDO metadata: a JWS in compact form (RFC 7515) whose header brings the signer's
 * certificates (x5c).
 * MUST: take one signature over one text, by RS256 or ES256 alone; leave to the caller whose
 * certificates they are.
 * Layer: verifier/rules/trust/, for mds.c.
 */
#ifndef STEPUP_VERIFIER_MDS_JWS_H
#define STEPUP_VERIFIER_MDS_JWS_H

#include <jansson.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/evidence/jws.h"

#define MDS_SIGNATURE_MAX 1024 /* bytes */

/* Splits a file's content into a zeroed `jws`, to be cleared in any case; lines may end it. STEPUP_INVALID
 * if it isn't one. */
enum stepup_error mds_jws_split(const char *blob, size_t size, struct jws *jws);

/* The signer's certificates, and whether the first one's key made the signature. Whose they are is
 * the next question. */
enum stepup_error mds_jws_verify(const struct jws *jws, STACK_OF(X509) *chain, char **why);

/* All certificates of an array that can be read, white space in their base64 or not; `*whole` becomes false
 * where one can't. */
enum stepup_error mds_certificates(const json_t *array, STACK_OF(X509) *stack, bool *whole);

/* STEPUP_INVALID, with the reason: the rest of a sentence that begins with the file. */
enum stepup_error mds_refuse(char **why, const char *reason);

#endif
