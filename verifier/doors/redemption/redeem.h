/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Redeeming a receipt (DESIGN section 8): what is held in hand (redeem_claims.c), and the decision
 * (redeem_decide.c) in one transaction (redeem.c).
 *
 * MUST, each held by a test:
 * - a receipt counts once, whoever asks and however many at once; only the same execution of the same
 *   service, and only where it says that it asks again, is told "already"; whoever repeats what is spent
 *   makes the log grow within a budget only;
 * - what is redeemed is what was approved: same action, same texts, numbers not above;
 * - a lock, a freeze, a revoked credential hold for receipts that are alive; there is no leeway on time;
 * - the audience is the kernel's word for who asks.
 * Layer: verifier/doors/redemption/.
 */
#ifndef STEPUP_VERIFIER_REDEEM_H
#define STEPUP_VERIFIER_REDEEM_H

#include <jansson.h>
#include <stdint.h>

#include "lib/evidence/digest.h"
#include "lib/wire/action.h"
#include "verifier/rules/words/redemption.h"
#include "verifier/server/call.h"
#include "verifier/state/store/store.h"

#define EXEC_ID_TTL_SECONDS (24 * 60 * 60)

/* What a receipt says and what is asked, checked against each other as far as no state is needed. */
struct redeem_claims {
	json_t *payload;
	char jti[RECEIPT_ID_SIZE];
	char user[USER_NAME_SIZE];
	int64_t expires, auth_time;
	struct action *approved, *asked;
	uint8_t digest[DIGEST_SIZE]; /* of `approved` */
	/* exec_id bound to what is asked, as the store keeps it; "" without exec_id */
	char execution[44];
	char detail[DETAIL_NAME_SIZE]; /* the one that REDEEM_OTHER_DETAILS is about */
	int64_t most, wanted;          /* of it, where it is a number that was approved lower */
};

/* Checks signature, issuer, audience and times that need no state (`exp` does: an execution may ask
 * again after it), parses both actions and compares them. An error only where something broke;
 * otherwise the fault. */
enum stepup_error redeem_claims_read(const struct call *call, const char *audience,
	struct redeem_claims *claims, enum redeem_fault *fault);

/* Frees what it holds. */
void redeem_claims_clear(struct redeem_claims *claims);

/* Handler of Redeem1.Redeem. */
void redeem(struct call *call);

#endif
