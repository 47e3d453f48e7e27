/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What actions require, what credentials earn, what is left to offer.
 */
#include "verifier/rules/policy/requirement.h"

#include <assert.h>
#include <string.h>

#include "lib/wire/shared_limits.h"

#define METHOD_ROW(bit, name) {(unsigned)(bit), (name)},
static const struct method_row {
	unsigned bit;
	const char *name;
} method_rows[] = {METHOD_LIST(METHOD_ROW)};

#define METHOD_BITS(bit, name) | (unsigned)(bit)
static_assert((0u METHOD_LIST(METHOD_BITS)) == (1u << (METHODS_MAX + 1)) - 1 &&
		sizeof(method_rows) / sizeof(method_rows[0]) == METHODS_MAX + 1,
	"each bit is one method's");

const char *method_name(unsigned method)
{
	for (unsigned i = 0; i <= METHODS_MAX; i++)
		if (method == method_rows[i].bit)
			return method_rows[i].name;
	return "unknown";
}

unsigned method_of_name(const char *name)
{
	for (unsigned i = 0; i <= METHODS_MAX; i++)
		if (strcmp(name, method_rows[i].name) == 0)
			return method_rows[i].bit;
	return 0;
}

unsigned method_best(unsigned methods)
{
	return methods & (~methods + 1);
}

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

/* By strength; an agent's key has the second, however strong it is. */
static const char *const acr_names[] = {"otp", "key", "phr", "phrh"};

const char *acr_name(enum factor_strength strength, unsigned method)
{
	switch (strength) {
	case FACTOR_CODE:
		break;
	case FACTOR_KEY:
		return acr_names[method == VIA_AGENT ? 1 : 2];
	case FACTOR_HARDWARE_KEY:
		return acr_names[method == VIA_AGENT ? 1 : 3];
	}
	return acr_names[0];
}

const char *acr_of_name(const char *name)
{
	for (size_t i = 0; i < sizeof(acr_names) / sizeof(acr_names[0]); i++)
		if (strcmp(name, acr_names[i]) == 0)
			return acr_names[i];
	return acr_names[0];
}

bool credential_is_hardware(const struct credential *credential)
{
	const struct key_credential *key = credential->key;

	return !credential_is_code(credential) && key->attestation == ATTESTATION_VERIFIED &&
	       !key->backup_eligible;
}

/* What it earns once it has cooled off. */
static enum factor_strength strength_in_time(const struct policy *policy, const struct credential *credential)
{
	switch (credential->type) {
	case CREDENTIAL_KEY:
		return credential_is_hardware(credential) &&
			policy_model_allowed(policy, credential->key->aaguid) ? FACTOR_HARDWARE_KEY
			: FACTOR_KEY;
	case CREDENTIAL_AGENT:
		return FACTOR_KEY;
	case CREDENTIAL_TOTP:
	case CREDENTIAL_HOTP:
		break;
	}
	return FACTOR_CODE; /* the least, of whatever else */
}

enum factor_strength credential_strength(const struct policy *policy, const struct credential *credential,
	int64_t now)
{
	return now < credential->strong_from ? FACTOR_CODE : strength_in_time(policy, credential);
}

bool credential_is_old_enough(const struct policy *policy, const struct credential *credential, int64_t now)
{
	return credential->created + policy->cooling_off_seconds <= now ||
		credential->strong_from == CREDENTIAL_EXCUSED(credential);
}

/* --- what is required --- */

/* Whether the action adds or removes a key. */
static bool is_about_a_key(const char *action, const struct action *details, const struct user_record *record)
{
	const struct detail *type =
		strcmp(action, "stepup.enroll") == 0 ? action_detail(details, "type") : NULL;
	const struct detail *id =
		strcmp(action, "stepup.remove") == 0 ? action_detail(details, "credential") : NULL;

	if (type != NULL) /* what is no code by its name counts as a key */
		return strcmp(type->text, credential_type_name(CREDENTIAL_TOTP)) != 0 &&
			strcmp(type->text, credential_type_name(CREDENTIAL_HOTP)) != 0;
	for (size_t i = 0; id != NULL && record != NULL && i < record->credential_count; i++)
		if (strcmp(record->credentials[i].id, id->text) == 0)
			return !credential_is_code(&record->credentials[i]);
	return false;
}

static unsigned methods_for(const struct policy *policy, const struct rule *rule,
	enum factor_strength strength)
{
	unsigned methods = rule->via == 0 ? METHODS_OF_KEYS : rule->via;

	if (policy->origins == NULL || policy->origins[0] == NULL)
		methods &= ~(unsigned)VIA_BROWSER;
	if (strength == FACTOR_HARDWARE_KEY)
		methods &= ~(unsigned)VIA_AGENT;
	if (strength == FACTOR_CODE)
		methods |= METHOD_CODE;
	return methods;
}

struct requirement requirement_of(const struct policy *policy, const struct rule *rule, const char *action,
	const struct action *details, const struct user_record *record)
{
	struct requirement requirement = {
		.strength = rule->require, .pin = rule->pin, .approval = rule->always_approve};

	if (requirement.strength == FACTOR_CODE &&
	    (!policy_code_may(rule, action) || (details != NULL && is_about_a_key(action, details, record))))
		requirement.strength = FACTOR_KEY;
	requirement.methods = methods_for(policy, rule, requirement.strength);
	return requirement;
}

/* --- what is left to offer --- */

/* By which methods a credential of its kind answers at all. A key that lives in a phone or in the computer of
 * a browser isn't plugged in anywhere. */
static unsigned methods_of_kind(const struct credential *credential)
{
	const unsigned pluggable = TRANSPORT_USB | TRANSPORT_NFC | TRANSPORT_BLE | TRANSPORT_SMART_CARD;

	switch (credential->type) {
	case CREDENTIAL_TOTP:
	case CREDENTIAL_HOTP:
		return METHOD_CODE;
	case CREDENTIAL_AGENT:
		return VIA_AGENT;
	case CREDENTIAL_KEY:
		if (credential->key->transports != 0 && (credential->key->transports & pluggable) == 0)
			return VIA_BROWSER;
		return (unsigned)VIA_BROWSER | VIA_SEAT;
	}
	return 0;
}

unsigned credential_methods(const struct policy *policy, const struct requirement *requirement,
	const struct credential *credential, int64_t now)
{
	if (credential->state != CREDENTIAL_LIVE ||
	    credential_strength(policy, credential, now) < requirement->strength)
		return 0;
	return methods_of_kind(credential) & requirement->methods;
}

/* What stands between one credential and the requirement; of several, the greatest says how
 * near the person is. */
static enum shortfall shortfall_of(const struct policy *policy, const struct requirement *requirement,
	const struct credential *credential, int64_t now)
{
	if (credential->state != CREDENTIAL_LIVE)
		return SHORTFALL_NO_FACTOR;
	if (strength_in_time(policy, credential) < requirement->strength)
		return credential_is_code(credential) ? SHORTFALL_NO_FACTOR : SHORTFALL_NOT_HARDWARE;
	if (credential_strength(policy, credential, now) < requirement->strength)
		return SHORTFALL_COOLING;
	return credential_methods(policy, requirement, credential, now) == 0 ? SHORTFALL_WAY
		: SHORTFALL_REACH;
}

static void note_shortfall(struct offer *offer, enum shortfall shortfall, int64_t strong_from)
{
	if (shortfall == SHORTFALL_COOLING &&
	    (offer->shortfall != SHORTFALL_COOLING || strong_from < offer->strong_from))
		offer->strong_from = strong_from;
	if (shortfall > offer->shortfall)
		offer->shortfall = shortfall;
}

struct offer offer_of(const struct policy *policy, const struct requirement *requirement,
	const struct user_record *record, unsigned reach, int64_t now)
{
	struct offer offer = {.shortfall = SHORTFALL_NO_FACTOR};

	for (size_t i = 0; record != NULL && i < record->credential_count; i++) {
		const struct credential *credential = &record->credentials[i];

		offer.methods |=
			credential_methods(policy, requirement, credential, now) & (reach | METHOD_CODE);
		note_shortfall(&offer, shortfall_of(policy, requirement, credential, now),
			credential->strong_from);
	}
	if (record != NULL && record->guesses.suspended && (offer.methods & METHODS_OF_KEYS) != 0)
		offer.methods &= METHODS_OF_KEYS;
	if (offer.methods != 0)
		offer.shortfall = SHORTFALL_NONE;
	return offer;
}
