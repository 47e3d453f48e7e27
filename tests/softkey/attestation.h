/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The software authenticator's attestation: a CA made on first use, and a certificate of it for each model
 * (WebAuthn section 8.2.1). The folder then holds ca.pem, which a verifier may be told to trust, ca.key, and
 * a key and a certificate per AAGUID.
 * Layer: tests/softkey/, libcrypto.
 */
#ifndef STEPUP_TESTS_SOFTKEY_ATTESTATION_H
#define STEPUP_TESTS_SOFTKEY_ATTESTATION_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

struct attestation {
	EVP_PKEY *key; /* ES256 */
	X509 *certificate;
};

/* Reads both from the folder, or makes them. */
bool attestation_open(const char *folder, const uint8_t aaguid[16], struct attestation *attestation);
void attestation_close(struct attestation *attestation);

#endif
