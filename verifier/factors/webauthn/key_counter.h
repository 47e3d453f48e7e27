/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A key's signature counter against what was accepted before (WebAuthn Level 3, section 7.2 step 22;
 * PROTOCOL.u2f of OpenSSH for agents). Questions that were open at once may be answered in either order:
 * their signatures were counted in the order in which the key made them.
 * MUST: accept no counter twice, none at or below the one that stood when the question was put, and none
 * below the stored one where it isn't known what was accepted in between.
 * Layer: verifier/factors/webauthn/. Pure: the caller keeps the record.
 */
#ifndef STEPUP_VERIFIER_KEY_COUNTER_H
#define STEPUP_VERIFIER_KEY_COUNTER_H

#include "verifier/factors/webauthn/webauthn.h"

/* What a counter says, of an answer to a question that was put when the user's record was of that version.
 * For COUNTER_LATE `*before` is the counter that stood then. */
enum webauthn_counter key_counter_judge(const struct key_credential *key, int64_t counter, int64_t version,
	int64_t *before);

/* Notes an accepted one in the record that was read at this version. The stored counter never falls. */
void key_counter_accept(struct key_credential *key, int64_t counter, int64_t version);

#endif
