/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A WebAuthn authenticator and its client for tests: authenticator data, client data, assertions, attestation
 * objects, all of which a test may get wrong as it likes. Nothing here uses the code under test.
 */
#ifndef STEPUP_TESTS_UNIT_WEBAUTHN_MAKER_H
#define STEPUP_TESTS_UNIT_WEBAUTHN_MAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/makers/blob.h"
#include "tests/unit/makers/key_maker.h"

#define MADE_RP_ID "example.com"
#define MADE_ORIGIN "https://support.example.com"

/* One credential. */
struct made_authenticator {
	struct made_key key;
	const char *rp_id;
	uint8_t aaguid[16];
	uint8_t id[64];
	size_t id_size;
	uint8_t flags;                     /* without those for what is in the data */
	uint32_t counter;
	const struct made_blob *extensions; /* CBOR; NULL for none */
};

/* A new credential: touched and verified, not for backup, counter 1, an AAGUID and an id of its own. */
void authenticator_make(int algorithm, struct made_authenticator *authenticator);

/* Authenticator data: with the credential in it as at registration, or without. */
void authenticator_make_data(const struct made_authenticator *authenticator, bool attested,
	struct made_blob *data);

/* The COSE key alone. */
void authenticator_make_cose_key(const struct made_key *key, struct made_blob *cose);

/* Client data as browsers write it; `more` is put behind the usual members ("" for nothing). */
void client_data_make(const char *type, const uint8_t challenge[32], const char *origin, const char *more,
	struct made_blob *client_data);

/* Signs authenticator data ‖ SHA-256(client data), as both ceremonies want it. */
void webauthn_sign(const struct made_key *key, const struct made_blob *data,
	const struct made_blob *client_data, struct made_blob *signature);

/* An attestation object around a statement, which is CBOR. */
void attestation_make_object(const char *format, const struct made_blob *statement,
	const struct made_blob *data, struct made_blob *object);

#endif
