/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * WebAuthn as the relying party sees it (W3C WebAuthn Level 3): registration, section 7.1, and
 * assertion, section 7.2. Each step of the specification is one line of a visible sequence in the .c
 * files, with its number.
 * MUST: compare the challenge and the origin whole; take type, flags, counter and keys only from bytes that
 * the signature covers or that attest to them; for a key at the seat take no client data but the verifier's
 * own; never call a key's own word an attestation. Errors: STEPUP_BAD_ANSWER with what is wrong in `*why`
 * (static, for the log: "wrong origin", "user verification is missing", "signature" …), STEPUP_INVALID with
 * `*why` where bytes break their format, STEPUP_NO_MEMORY, STEPUP_INTERNAL.
 * Layer: verifier/factors/webauthn/. Pure: no store, no socket; the caller decides what a counter means and
 * keeps the record.
 */
#ifndef STEPUP_VERIFIER_WEBAUTHN_H
#define STEPUP_VERIFIER_WEBAUTHN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/evidence/digest.h"
#include "verifier/rules/trust/attestation_trust.h"
#include "verifier/state/records/user_record.h"

#define WEBAUTHN_ATTESTATION_OBJECT_MAX 16384
#define WEBAUTHN_USER_HANDLE_MAX 64

/* Bytes that somebody else owns; NULL and 0 where there are none. */
struct webauthn_bytes {
	const uint8_t *bytes;
	size_t size;
};

/* What the verifier asked for, and so expects. */
struct webauthn_expected {
	const char *rp_id;
	bool user_verification;           /* required */
	/* Either (browser): the challenge, and the origins of which one must be equal. */
	uint8_t challenge[DIGEST_SIZE];
	const char *const *origins;       /* NULL-terminated */
	/* Or (seat): the client data itself, as the verifier wrote it; the response's is
	 * then not looked at. */
	struct webauthn_bytes client_data;
	/* Registration: the algorithms that were asked for, ended by 0; and that no attestation was: what
	 * stands in its place is not looked into. */
	const int *algorithms;
	bool attestation_unseen;
	/* Assertion: the user's handle, which a response that has one must repeat. */
	struct webauthn_bytes user_handle;
};

struct webauthn_registration {
	struct webauthn_bytes id;          /* rawId; none from a seat */
	struct webauthn_bytes client_data; /* none from a seat */
	struct webauthn_bytes attestation_object;
	unsigned transports;               /* TRANSPORT_…, as the client says */
};

struct webauthn_assertion {
	struct webauthn_bytes id;
	struct webauthn_bytes client_data; /* none from a seat */
	struct webauthn_bytes authenticator_data;
	struct webauthn_bytes signature;
	struct webauthn_bytes user_handle; /* none from most keys */
};

/* Step 22 of section 7.2, which the caller decides on and keeps. */
enum webauthn_counter {
	COUNTER_ROSE,   /* above the stored one */
	COUNTER_ABSENT, /* both are zero: this key doesn't count */
	COUNTER_FELL,   /* equal or lower: two keys say that they are the same one */
	/* lower, and signed for a question that was open when the higher one was accepted:
	 * key_counter.h alone says so */
	COUNTER_LATE,
};

struct webauthn_assertion_result {
	int64_t counter;           /* to be stored where it rose */
	enum webauthn_counter counter_result;
	bool user_verified;
	bool backed_up;            /* to be stored; backup eligibility can't change */
};

/* Section 7.1. `key` gets everything but enrolled_log; its model is "" where nothing verified names one.
 * `trust` may be NULL: then no chain leads anywhere. `now` in seconds since 1970. That the credential is
 * nobody's yet (step 26) is the caller's to check. `*why` on STEPUP_OK says why an attestation counts no more
 * than it does, NULL where it was verified. */
enum stepup_error webauthn_register(const struct webauthn_expected *expected,
	const struct webauthn_registration *response, const struct attestation_trust *trust, int64_t now,
	struct key_credential *key, const char **why);

/* Section 7.2, for the credential that the response's id names: the caller found it among those of the user
 * (steps 5 and 6); this checks once more that it is that one. The key is left as it is. */
enum stepup_error webauthn_assert(const struct webauthn_expected *expected,
	const struct webauthn_assertion *response, const struct key_credential *key,
	struct webauthn_assertion_result *result, const char **why);

#endif
