/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receipts (DESIGN section 8): JWS compact, ES256, by libjose; the signing key sealed in the store, made at
 * the first start. Checking them is lib/evidence/receipt_check.h's work; redemption is redeem_door.c's.
 * Layer: verifier/evidence/.
 */
#ifndef STEPUP_VERIFIER_RECEIPT_H
#define STEPUP_VERIFIER_RECEIPT_H

#include <jansson.h>

#include "lib/wire/action.h"
#include "verifier/state/store/store.h"

struct receipt_signer;

/* Loads the keys, making the first; called at the start with a writer's session (begins and commits itself).
 * Signs once and checks that, as a service would: STEPUP_NO_MEMORY, which is what breaks a key that could be
 * read, with a sentence in `*why` (the caller frees), where it doesn't hold. */
enum stepup_error receipt_signer_open(struct store_session *session, struct receipt_signer **signer,
	char **why);
void receipt_signer_free(struct receipt_signer **signer);

/* Public keys of all receipt keys kept, as a JWK set; borrowed. */
const json_t *receipt_signer_jwks(const struct receipt_signer *signer);

struct receipt_facts {
	const struct receipt_row *row;
	const char *issuer;
	const char *azp;   /* the caller that began it: an account name or uid */
	const char *acr;
	const char *const *amr; /* RFC 8176, NULL-terminated */
	const char *approver; /* the second person; NULL or "" where none was asked */
	int64_t auth_time;
	const struct action *action;
};

/* The receipt's text; the caller frees. */
enum stepup_error receipt_sign(struct receipt_signer *signer, const struct receipt_facts *facts,
	char **receipt);

#endif
