/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * X.509 certificates, as far as attestations and metadata need them: read strictly, signatures by their keys,
 * chains to roots.
 * MUST: take a chain only in its order; never ask the system which roots it trusts.
 * Layer: verifier/rules/trust/, OpenSSL's libcrypto.
 */
#ifndef STEPUP_VERIFIER_CERTIFICATE_H
#define STEPUP_VERIFIER_CERTIFICATE_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

#define CERTIFICATE_SIZE_MAX 8192 /* bytes of one, DER */

/* Reads one certificate, which takes up all of the bytes; X509_free() it. STEPUP_INVALID, STEPUP_TOO_LONG,
 * STEPUP_NO_MEMORY. */
enum stepup_error certificate_parse(const uint8_t *der, size_t size, X509 **certificate);

/* The COSE algorithm (lib/evidence/key_signature.h) that the certificate's key signs with: P-256, P-384,
 * Ed25519, RSA of 2048 bits or more; 0 for others. */
int certificate_algorithm(X509 *certificate);

/* Whether a signature over a message is by the certificate's key, and of the algorithm that goes with the
 * key. STEPUP_BAD_ANSWER where not. */
enum stepup_error certificate_signed(X509 *certificate, int64_t algorithm, const void *message, size_t size,
	const uint8_t *signature, size_t signature_size);

/* Whether a chain, each certificate signed by the next, leads to one of the roots at that time (seconds since
 * 1970): the last one is signed by a root or is one, as is a chain's only one. STEPUP_NOT_ALLOWED with the
 * reason in `*why` (static), STEPUP_NO_MEMORY. */
enum stepup_error certificate_chain_verify(STACK_OF(X509) *chain, STACK_OF(X509) *roots, int64_t at,
	const char **why);

#endif
