/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates for tests, right or wrong, and folders with them.
 */
#ifndef STEPUP_TESTS_UNIT_CERTIFICATE_MAKER_H
#define STEPUP_TESTS_UNIT_CERTIFICATE_MAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/makers/key_maker.h"

#define MADE_NOW 1800000000 /* seconds since 1970, in 2027 */
#define MADE_DAY 86400

/* How a certificate is to be. */
struct certificate_shape {
	int version;               /* 3, 1 */
	const char *country, *organisation, *unit, *name; /* NULL for none */
	enum { NO_CONSTRAINTS, NO_CA, CA } constraints;
	const uint8_t *aaguid;     /* in the extension for it; NULL for none */
	bool aaguid_critical, aaguid_bare; /* bare: in one OCTET STRING instead of two */
	int64_t from, to;          /* seconds since 1970 */
	const char *host;          /* alternative name; NULL for none */
};

struct made_certificate {
	void *x509;
	struct made_key key;
	uint8_t der[2048];
	size_t size;
};

/* What WebAuthn demands of an authenticator's; an authority's; to be changed before use. */
struct certificate_shape certificate_shape_leaf(const uint8_t *aaguid);
struct certificate_shape certificate_shape_authority(const char *name);

/* Makes one for a fresh key of that algorithm, signed by the issuer (NULL: by itself). */
void certificate_make(int algorithm, const struct certificate_shape *shape,
	const struct made_certificate *issuer, struct made_certificate *made);
void certificate_release(struct made_certificate *made);

/* Writes a certificate as PEM, or a text, to FOLDER/NAME; then path_of() it. */
void folder_make(char folder[64]);
void folder_remove(const char *folder);
void folder_put(const char *folder, const char *name, const void *bytes, size_t size);
void folder_put_certificate(const char *folder, const char *name, const struct made_certificate *made);

struct attestation_trust;

/* Trust in the roots of a folder alone; attestation_trust_free() it. */
struct attestation_trust *folder_trust(const char *folder);

#endif
