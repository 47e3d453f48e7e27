/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an action requires of a person just now, what a credential earns, and which methods are left where the
 * two are held against each other (DESIGN section 5). Begin offers by it, the decision on an answer looks
 * again by it, Explain tells by it.
 * MUST: let nothing earn more than it has proved: hardware-key takes a verified attestation, a model that the
 * policy in force allows, and a key that can't be copied out; an agent never earns it; what is cooling off
 * earns a code's strength; adding or removing a key takes a key.
 * Layer: verifier/rules/policy/. Pure.
 */
#ifndef STEPUP_VERIFIER_REQUIREMENT_H
#define STEPUP_VERIFIER_REQUIREMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "verifier/rules/policy/policy.h"
#include "verifier/state/records/user_record.h"

/* How an answer is given: by one of the ways to a key (enum via), or as a typed code. Sets
 * of them are ORed. */
#define METHOD_CODE (1u << 3)
#define METHODS_OF_KEYS ((unsigned)VIA_BROWSER | VIA_SEAT | VIA_AGENT)
#define METHODS_MAX 4

/* No answer of the person's, but an earlier one that still covers (`fresh-for`). Named beside the others,
 * never among those that are offered for a credential. */
#define METHOD_FRESH (1u << 4)

/* "browser", "seat", "agent", "code", "fresh". */
const char *method_name(unsigned method);

/* The method of that name, 0 where there is none. */
unsigned method_of_name(const char *name);

/* The best one of a set and, after METHODS_MAX of them, no more: `for (m = methods; m != 0; m &=
 * ~method_best(m))`. 0 for the empty set. */
unsigned method_best(unsigned methods);

/* "code", "key", "hardware-key": the words of the policy. */
const char *factor_strength_name(enum factor_strength strength);

/* What receipts and the log call a proof: "otp", "key", "phr", "phrh". stepup-receipt(5) says what each
 * promises. `method` is the one that the person answered by. Only what is bound to an origin or to this host
 * is phishing-resistant; an agent's signature is bound to neither. */
const char *acr_name(enum factor_strength strength, unsigned method);

/* The literal of such a word; that of the weakest for any other text. */
const char *acr_of_name(const char *name);

/* Whether its private key is known to be in hardware, for good: its maker vouched for that, and it says of
 * itself that it can't be backed up. */
bool credential_is_hardware(const struct credential *credential);

/* What the credential earns at `now` (seconds since 1970), under the model lists of this policy. */
enum factor_strength credential_strength(const struct policy *policy, const struct credential *credential,
	int64_t now);

/* Whether a credential is old enough to agree to others' requests with. */
bool credential_is_old_enough(const struct policy *policy, const struct credential *credential, int64_t now);

/* What is required. */
struct requirement {
	enum factor_strength strength;
	bool pin;          /* user verification by the key */
	unsigned methods;  /* that can satisfy it at all */
	bool approval;     /* a second person each time */
};

/* What the rule requires for the action of a person with this record (NULL: none). A code's rule with a
 * service, or for an administrator's verb, takes a key unless it says that a code is enough; stepup.enroll
 * and stepup.remove are raised to what is added or removed. `details` are the action's, NULL where they
 * aren't known: then nothing is raised. */
struct requirement requirement_of(const struct policy *policy, const struct rule *rule, const char *action,
	const struct action *details, const struct user_record *record);

/* Of the methods that satisfy the requirement, those that this credential serves; 0 where it is
 * revoked or too weak. */
unsigned credential_methods(const struct policy *policy, const struct requirement *requirement,
	const struct credential *credential, int64_t now);

/* Why a person has no method. */
enum shortfall {
	SHORTFALL_NONE,
	SHORTFALL_NO_FACTOR,    /* nothing enrolled is strong enough */
	SHORTFALL_NOT_HARDWARE, /* keys, but none that earns hardware-key */
	SHORTFALL_COOLING,      /* a key that will do once it has cooled off */
	SHORTFALL_WAY,          /* a key that would do, by a way that the rule doesn't take */
	SHORTFALL_REACH,        /* what would do can't be reached from where the person is */
};

/* What a person can be offered. */
struct offer {
	unsigned methods;   /* 0 where there is a shortfall */
	enum shortfall shortfall;
	int64_t strong_from; /* SHORTFALL_COOLING: when the first key will do, seconds since 1970 */
};

/* Holds a record's live credentials against the requirement; `reach` are the ways to a key that the client
 * has. Suspended codes are offered only where there is nothing else. */
struct offer offer_of(const struct policy *policy, const struct requirement *requirement,
	const struct user_record *record, unsigned reach, int64_t now);

#endif
