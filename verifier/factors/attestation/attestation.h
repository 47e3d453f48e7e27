/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attestation: an authenticator's maker vouching for a new key (WebAuthn Level 3, sections 6.5.4 and 8).
 * Formats that are checked: none, packed (by a certificate or by the key itself), fido-u2f. Statements of any
 * other format are not looked into, and count as none.
 * Each format is one row; nothing else decides by format.
 * MUST: refuse a statement of a checked format that doesn't hold, rather than count it as none, but where
 * nobody asked for one and nothing would come of it; take an AAGUID for proven only where the attestation's
 * signature covers it, which that of fido-u2f does not.
 * Layer: verifier/factors/attestation/.
 */
#ifndef STEPUP_VERIFIER_ATTESTATION_H
#define STEPUP_VERIFIER_ATTESTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/byte_cursor.h"
#include "lib/base/error.h"
#include "lib/evidence/digest.h"
#include "verifier/factors/attestation/authenticator_data.h"
#include "verifier/rules/trust/attestation_trust.h"
#include "verifier/state/records/user_record.h"

#define ATTESTATION_OBJECT_MAX 16384 /* bytes */

struct attestation_format;

/* An attestation object taken apart; all of it lies within the bytes it was read from. */
struct attestation_object {
	const struct attestation_format *format;
	struct byte_cursor authenticator_data;
	int64_t algorithm;            /* packed: of the signature */
	struct byte_cursor signature; /* packed, fido-u2f */
	struct attestation_certificate chain[ATTESTATION_CHAIN_MAX];
	size_t chain_count;           /* 0 for packed: the key attests to itself */
};

/* A format. A statement holds only if its row has `verify` and that says so; a row without it has to say in
 * `unattested` why its statements count as none, or whatever comes in it is refused. */
struct attestation_format {
	const char *name; /* of the object's "fmt" */
	/* Reads the statement into signature, algorithm and chain; breaks the cursor where it is
	 * not of this format. */
	void (*read)(struct byte_cursor *cursor, struct attestation_object *object);
	/* The format's verification procedure: STEPUP_BAD_ANSWER with what is wrong in `*why` (static). */
	enum stepup_error (*verify)(const struct attestation_object *object,
		const struct authenticator_data *data, const uint8_t client_data_hash[DIGEST_SIZE],
		const char **why);
	/* What the format demands of a certificate that leads to a root, as
	 * attestation_certificate_is_packed() does. */
	enum stepup_error (*certificate)(const struct attestation_certificate *certificate,
		const uint8_t aaguid[16], const char **why);
	/* the AAGUID in the authenticator data counts; false where the signature leaves it out */
	bool names_model;
	const char *unattested; /* NULL for formats that are checked */
};

extern const struct attestation_format attestation_none, attestation_packed, attestation_fido_u2f;
/* whatever has no row: passed over, and counts as none */
extern const struct attestation_format attestation_other;
extern const struct attestation_format *const attestation_formats[]; /* all of them; ended by NULL */

/* STEPUP_INVALID with what is wrong in `*why` (static). `unseen`: the statement is passed over, whatever it
 * is, and the format is attestation_other. */
enum stepup_error attestation_object_parse(struct byte_cursor bytes, bool unseen,
	struct attestation_object *object, const char **why);

/* Verifies the statement's signature, by its format's procedure: STEPUP_BAD_ANSWER with what is wrong in
 * `*why` (static). Says nothing about trust. */
enum stepup_error attestation_verify(const struct attestation_object *object,
	const struct authenticator_data *data, const uint8_t client_data_hash[DIGEST_SIZE], const char **why);

/* What a verified statement is worth, and, where its chain leads to a root, whether the certificate is one
 * for authenticators (section 8.2.1): sets the key's attestation, AAGUID and model. `trust` may be NULL.
 * `*why` says why it isn't ATTESTATION_VERIFIED, NULL where it is. STEPUP_BAD_ANSWER where the metadata has
 * such bad news of the model that it can't be enrolled, or the certificate is none. */
enum stepup_error attestation_assess(const struct attestation_object *object,
	const struct authenticator_data *data, const struct attestation_trust *trust, int64_t now,
	struct key_credential *key, const char **why);

#endif
