/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a credential earns, held against what a rule requires (DESIGN section 5).
 * MUST: let nothing earn more than it has proved: hardware-key takes a verified attestation, a model that the policy in force allows, and a key that
 * can't be copied out; what is cooling off earns a code's strength.
 * Layer: verifier/rules/. Pure.
 */
#ifndef STEPUP_VERIFIER_REQUIREMENT_H
#define STEPUP_VERIFIER_REQUIREMENT_H

#include <stdint.h>

#include "verifier/rules/policy.h"
#include "verifier/state/user_record.h"

/* "code", "key", "hardware-key": the words of the policy. */
const char *factor_strength_name(enum factor_strength strength);

/* What the credential earns at `now` (seconds since 1970), under the model lists of this policy. */
enum factor_strength credential_strength(const struct policy *policy, const struct credential *credential, int64_t now);

#endif
