/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The attestation object (WebAuthn section 6.5.4), put together from what libfido2 gives out in parts:
 * {"fmt", "attStmt", "authData"} in CTAP2's canonical CBOR.
 * Layer: tools/stepup-authenticator/webauthn/, libc only.
 */
#ifndef STEPUP_TOOLS_STEPUP_AUTHENTICATOR_ATTESTATION_OBJECT_H
#define STEPUP_TOOLS_STEPUP_AUTHENTICATOR_ATTESTATION_OBJECT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

/* `statement` is CBOR already; none, of size 0, stands for the empty map. The caller frees. STEPUP_TOO_LONG,
 * STEPUP_NO_MEMORY. */
enum stepup_error attestation_object_build(const char *format, const uint8_t *statement,
	size_t statement_size, const uint8_t *auth_data, size_t auth_data_size, uint8_t **object,
	size_t *size);

/* The bytes of a CBOR byte string that is all there is, as libfido2 gives authenticator data out; NULL where
 * it isn't one. */
const uint8_t *cbor_byte_string(const uint8_t *cbor, size_t size, size_t *content_size);

#endif
