/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What clients send for a key, as JSON on the wire (Answer.key, EnrollFinish.key), made into bytes: base64url
 * undone, every size checked.
 * MUST: refuse a member that is missing, of another type, not canonical base64url or larger than its maximum;
 * ignore members it does not know.
 * Layer: verifier/factors/webauthn/, jansson.
 */
#ifndef STEPUP_VERIFIER_KEY_ANSWER_H
#define STEPUP_VERIFIER_KEY_ANSWER_H

#include <jansson.h>
#include <stdbool.h>

#include "lib/base/error.h"
#include "verifier/factors/webauthn/webauthn.h"
#include "verifier/rules/policy/policy.h"

/* An SSH key's answer: blobs as the agent gave them (lib/evidence/sshsig.h). */
struct key_answer_agent {
	struct webauthn_bytes key;
	struct webauthn_bytes signature;
	struct webauthn_bytes attestation; /* enrolment: ssh-sk-attest-v01; none where not given */
	struct webauthn_bytes challenge;   /* goes with the attestation */
};

/* Zero-initialise. Which part is filled in follows from what was parsed. */
struct key_answer {
	uint8_t *memory; /* owned; all bytes point into it */
	struct webauthn_assertion assertion;
	struct webauthn_registration registration;
	struct key_answer_agent agent;
};

/* Reads what a client sent by way of `via` (one of them): for an enrolment what the key registered, else what
 * it signed. STEPUP_INVALID with the member at fault in `*why` (static), STEPUP_NO_MEMORY. */
enum stepup_error key_answer_parse(enum via via, bool enrolment, const json_t *object,
	struct key_answer *answer, const char **why);

void key_answer_clear(struct key_answer *answer);

#endif
