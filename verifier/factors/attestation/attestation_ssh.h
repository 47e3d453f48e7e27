/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attestation of SSH security keys: what `ssh-keygen -t …-sk -O challenge=FILE -O write-attestation=FILE`
 * writes (ssh-sk-attest-v01 of OpenSSH's PROTOCOL.u2f), held to the same rules as WebAuthn's.
 * MUST: take an attestation only for the very key it goes with.
 * Layer: verifier/factors/attestation/.
 */
#ifndef STEPUP_VERIFIER_ATTESTATION_SSH_H
#define STEPUP_VERIFIER_ATTESTATION_SSH_H

#include <stdint.h>

#include "lib/base/byte_cursor.h"
#include "lib/base/error.h"
#include "lib/evidence/sshsig.h"
#include "verifier/rules/trust/attestation_trust.h"
#include "verifier/state/records/user_record.h"

/* Checks an attestation of `key` over the challenge that was given to ssh-keygen, and sets attestation,
 * AAGUID, model and backup flags of `made`. `trust` may be NULL; `now` in seconds since 1970. STEPUP_OK, also
 * where it leads to no root: `*why` (static) says why it counts no more, NULL where it is
 * ATTESTATION_VERIFIED. STEPUP_BAD_ANSWER, STEPUP_INVALID with what is wrong in `*why`. */
enum stepup_error attestation_ssh_check(struct byte_cursor blob, struct byte_cursor challenge,
	const struct ssh_key *key, const struct attestation_trust *trust, int64_t now,
	struct key_credential *made, const char **why);

#endif
