/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FIDO metadata (FIDO Metadata Service, version 3): a signed list of models of authenticators, with each
 * one's name, roots, and what is wrong with it. Only what is needed is kept.
 * MUST: take nothing whose signature doesn't hold, or whose signer's chain doesn't lead to the given root and
 * to the metadata service's own name.
 * Layer: verifier/rules/trust/, jansson and OpenSSL's libcrypto.
 */
#ifndef STEPUP_VERIFIER_MDS_H
#define STEPUP_VERIFIER_MDS_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

#define MDS_SIZE_MAX (32 * 1024 * 1024) /* bytes of the signed blob; it has about six million today */
/* bytes: SHA-1 of a public key, as certificates name each other (RFC 5280 section 4.2.1.2) */
#define MDS_KEY_ID_SIZE 20
#define MDS_MODEL_SIZE 65               /* with the NUL */
#define MDS_SIGNER "mds.fidoalliance.org"

struct mds_entry {
	bool has_aaguid;
	uint8_t aaguid[16];
	uint8_t (*key_ids)[MDS_KEY_ID_SIZE]; /* of U2F keys' certificates; owned */
	size_t key_id_count;
	char model[MDS_MODEL_SIZE];          /* safe to show; "" where the list doesn't say */
	STACK_OF(X509) *roots;               /* those that can be read; owned */
	bool revoked;
};

struct mds {
	struct mds_entry *entries; /* owned */
	size_t count;
	int64_t next_update;       /* seconds since 1970: when a newer one should be there */
	size_t damaged;            /* entries that can't be read whole; what can be read of them counts */
	char damaged_which[256];   /* "number 3 (Red Key), number 9 …", the first of those; safe to show */
};

/* Reads the signed blob; a damaged entry is no reason to lose the others. Its signer is judged at `now`, or
 * at the blob's own next update where that has passed: an old list is better than none, and the caller warns.
 * `*why` (the caller frees; NULL where there is no memory) says what is wrong, without a file's name. */
enum stepup_error mds_parse(const char *blob, size_t size, STACK_OF(X509) *roots, int64_t now,
	struct mds **mds, char **why);
void mds_free(struct mds **mds);

/* The entry of a model by its AAGUID; or, for an AAGUID of zeros, by the certificate's key where one is
 * given. NULL where there is none. */
const struct mds_entry *mds_find(const struct mds *mds, const uint8_t aaguid[16], X509 *certificate);

#endif
