/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A redemption on its way, and the decision on it. Pure data and the store; nobody is answered here.
 * Layer: verifier/doors/redemption/.
 */
#ifndef STEPUP_VERIFIER_REDEEM_DECIDE_H
#define STEPUP_VERIFIER_REDEEM_DECIDE_H

#include "verifier/doors/redemption/redeem.h"

#define AUDIENCE_SIZE 64

struct redemption {
	struct call *call;
	struct verifier *verifier;
	char audience[AUDIENCE_SIZE];
	struct redeem_claims claims;
	int64_t uid;                /* of the user's account now; -1 for none */
	/* What its entry took of the budget of refusals, to be given back where it isn't written. */
	uint32_t key;
	bool took_budget, took_first;
	enum stepup_error first_of; /* what it was the first of */
	int64_t taken_boot_ms;
	/* decided */
	enum redeem_fault fault;
	char reference[LOCK_REFERENCE_SIZE];
	struct receipt_row row;
	bool found, already;
	int64_t log;
};

/* Inside a transaction: looks whether the receipt is good at `now`, and says it in `fault`, `already`,
 * `found`, `row`, `reference` and `log`. An error only if something broke. */
enum stepup_error redeem_decide(struct store_session *session, struct redemption *redemption, int64_t now);

#endif
