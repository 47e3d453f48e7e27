/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Making credentials and signing with them: authenticator data, attestation, assertions (WebAuthn section 6).
 * Layer: tests/softkey/, libcrypto, jansson.
 */
#ifndef STEPUP_TESTS_SOFTKEY_CREDENTIAL_H
#define STEPUP_TESTS_SOFTKEY_CREDENTIAL_H

#include "tests/softkey/softkey.h"

#define CREDENTIAL_ID_SIZE 32
#define CREDENTIAL_USER_SIZE 64

enum auth_data_flag {
	FLAG_UP = 0x01,
	FLAG_UV = 0x04,
	FLAG_BE = 0x08,
	FLAG_BS = 0x10,
	FLAG_AT = 0x40,
	FLAG_ED = 0x80
};

struct credential_request {
	char rp[RP_SIZE];
	uint8_t client_data_hash[HASH_SIZE];
	uint8_t user_id[CREDENTIAL_USER_SIZE];
	size_t user_id_size;
	char user_name[256];
	int algorithm;
	bool resident;
	int protect;   /* credProtect, 0 where not asked for */
	uint8_t flags; /* UP and UV, as they came about */
};

struct credential_made {
	uint8_t id[CREDENTIAL_ID_SIZE];
	EVP_PKEY *pair;
	struct cbor_out auth_data; /* the bytes themselves, no CBOR head */
	int signature_algorithm;
	uint8_t signature[SIGNATURE_SIZE_MAX];
	size_t signature_size;
	unsigned char *certificate; /* DER, NULL where it attests itself */
	size_t certificate_size;
};

struct credential_assertion {
	struct cbor_out auth_data;
	uint8_t flags;
	unsigned counter;
	uint8_t signature[SIGNATURE_SIZE_MAX];
	size_t signature_size;
};

/* Makes one and remembers it; the state must be open, and is saved. */
bool credential_make(
	struct softkey *key, const struct credential_request *request, struct credential_made *made);
void credential_made_clear(struct credential_made *made);

/* Signs; likewise. */
bool credential_sign(struct softkey *key, const json_t *credential, const uint8_t client_data_hash[HASH_SIZE],
	uint8_t flags, struct credential_assertion *assertion);

#endif
