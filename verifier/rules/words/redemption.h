/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a service is told whose receipt isn't redeemed.
 * Layer: verifier/rules/words/.
 */
#ifndef STEPUP_VERIFIER_REDEMPTION_H
#define STEPUP_VERIFIER_REDEMPTION_H

#include "lib/base/error.h"

/* Why a receipt isn't redeemed; each has an error, a few words for the log and a sentence. */
enum redeem_fault {
	REDEEM_GOOD,
	REDEEM_NO_SERVICE,
	REDEEM_NO_RECEIPT,
	REDEEM_OTHER_ISSUER,
	REDEEM_OTHER_AUDIENCE,
	REDEEM_EARLY,
	REDEEM_EXPIRED,
	REDEEM_UNKNOWN,
	REDEEM_CHANGED,
	REDEEM_OTHER_ACTION,
	REDEEM_OTHER_DETAILS,
	REDEEM_TWICE,
	REDEEM_LOCKED,
	REDEEM_LOCKED_SINCE,
	REDEEM_FROZEN,
	REDEEM_FROZEN_SINCE,
	REDEEM_NO_CREDENTIAL,
	REDEEM_OTHER_ACCOUNT,
	REDEEM_NO_APPROVER,
	REDEEM_FAULT_COUNT
};

struct redeem_row {
	enum stepup_error error;
	const char *why; /* for the log */
	const char *sentence; /* NULL: the refusal's own, of refusals.c */
};
const struct redeem_row *redeem_row(enum redeem_fault fault);

#endif
