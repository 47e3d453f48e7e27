/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What credentials earn and rules require.
 */
#include "verifier/rules/requirement.h"

const char *factor_strength_name(enum factor_strength strength)
{
	switch (strength) {
	case FACTOR_CODE:
		return "code";
	case FACTOR_KEY:
		return "key";
	case FACTOR_HARDWARE_KEY:
		return "hardware-key";
	}
	return "unknown";
}

enum factor_strength credential_strength(const struct policy *policy, const struct credential *credential, int64_t now)
{
	const struct key_credential *key = credential->key;

	if (credential_is_code(credential) || now < credential->strong_from)
		return FACTOR_CODE;
	if (credential->type == CREDENTIAL_KEY && key->attestation == ATTESTATION_VERIFIED && !key->backup_eligible &&
		policy_model_allowed(policy, key->aaguid))
		return FACTOR_HARDWARE_KEY;
	return FACTOR_KEY;
}
