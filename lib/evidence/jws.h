/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All that is JOSE: the compact form of a JWS (RFC 7515), ES256 signatures in it (RFC 7518 section 3.4),
 * P-256 keys as JWK (RFC 7517). For receipts, the set of their keys, and the signature over FIDO metadata.
 * MUST: leave the choice of the algorithm to the caller, and never take it from a header.
 * Layer: lib/evidence/ (part "evidence"), libjose and OpenSSL's libcrypto; nobody else includes libjose.
 */
#ifndef STEPUP_LIB_JWS_H
#define STEPUP_LIB_JWS_H

#include <jansson.h>
#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/evidence/digest.h"
#include "lib/evidence/key_bytes.h"
#include "lib/wire/base64url.h"

#define JWS_ES256_SIZE (2 * P256_COORDINATE_SIZE)        /* bytes: r ‖ s */
#define JWS_ES256_DER_MAX (JWS_ES256_SIZE + 16)          /* bytes: the same in DER, as OpenSSL has it */
#define JWK_KID_SIZE (BASE64URL_LENGTH(DIGEST_SIZE) + 1) /* of a thumbprint, with the NUL */

/* The three parts of the compact form, in base64url as they stand. */
struct jws {
	char *memory;            /* owned: the parts, NUL-terminated */
	const char *header, *payload, *signature;
};

/* Splits a text into a zeroed `jws`, to be cleared in any case. STEPUP_INVALID if it isn't three parts. */
enum stepup_error jws_split(const char *text, size_t size, struct jws *jws);
void jws_clear(struct jws *jws);

/* What is signed, header and payload with a dot between: new, the caller's; NULL if there is no memory. */
char *jws_signing_input(const struct jws *jws);

/* One part as one strict JSON object, new, the caller's. STEPUP_INVALID otherwise. */
enum stepup_error jws_part_object(const char *part, json_t **object);

/* Whether the ES256 signature is that key's, by libjose. STEPUP_INVALID for a signature that isn't
 * JWS_ES256_SIZE bytes, STEPUP_CORRUPT for one that doesn't hold. */
enum stepup_error jws_es256_check(const struct jws *jws, const json_t *jwk);

/* r ‖ s from OpenSSL's form, and back. */
enum stepup_error jws_es256_from_der(const uint8_t *der, size_t size, uint8_t raw[JWS_ES256_SIZE]);
enum stepup_error jws_es256_to_der(const uint8_t raw[JWS_ES256_SIZE], uint8_t der[JWS_ES256_DER_MAX],
	size_t *size);

/* A new P-256 key for ES256, with its secret half: wiped and freed by the caller (json_wipe_free). */
enum stepup_error jwk_make(json_t **jwk);

/* Its name: the thumbprint of RFC 7638 in base64url. */
enum stepup_error jwk_kid(const json_t *jwk, char kid[JWK_KID_SIZE]);

/* Its public half as it is published: the point, what it is for, its name. NULL if there is no memory. */
json_t *jwk_public(const json_t *jwk, const char *kid);

/* The key as OpenSSL has it, the caller's; NULL if it can't be read. */
EVP_PKEY *jwk_key(const json_t *jwk);

/* Whether a member is this text. */
bool jwk_text_is(const json_t *object, const char *name, const char *expected);

/* The ES256 key of that name in a set (RFC 7517 section 5), with nothing in it but the point: new, the
 * caller's. STEPUP_CORRUPT if there is none, more than one, or another kind of key; STEPUP_INVALID for no
 * set. */
enum stepup_error jwks_find(const json_t *jwks, const char *kid, json_t **jwk);

#endif
