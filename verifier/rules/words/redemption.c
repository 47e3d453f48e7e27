/* SPDX-License-Identifier: BSD-2-Clause */
/* What a service is told whose receipt isn't redeemed. */
#include "verifier/rules/words/redemption.h"

#include <stddef.h>

static const struct redeem_row rows[] = {
	[REDEEM_GOOD] = {STEPUP_OK, NULL, NULL},
	[REDEEM_NO_SERVICE] = {STEPUP_NOT_ALLOWED, "the caller is no service",
		"This account is no service of the policy, so it can't redeem receipts. Nothing was "
		"redeemed."},
	[REDEEM_NO_RECEIPT] = {STEPUP_NOT_ALLOWED, "not a receipt of this verifier",
		"This is not a receipt of this verifier. Nothing was redeemed."},
	[REDEEM_OTHER_ISSUER] = {STEPUP_NOT_ALLOWED, "another issuer",
		"This receipt is of another issuer. Nothing was redeemed."},
	[REDEEM_OTHER_AUDIENCE] = {STEPUP_NOT_ALLOWED, "for another service",
		"This receipt is for another service. Nothing was redeemed."},
	[REDEEM_EARLY] = {STEPUP_NOT_ALLOWED, "issued in the future",
		"This receipt isn't good yet: the clock was set back. Nothing was redeemed."},
	[REDEEM_EXPIRED] = {STEPUP_EXPIRED, "expired",
		"This receipt has expired. Nothing was redeemed. Ask for a new approval."},
	[REDEEM_UNKNOWN] = {STEPUP_NOT_ALLOWED, "not known, or void",
		"This receipt is not known here, or void. Nothing was redeemed."},
	[REDEEM_CHANGED] = {STEPUP_NOT_ALLOWED, "not what the store has",
		"This receipt is not what was approved. Nothing was redeemed."},
	[REDEEM_OTHER_ACTION] = {STEPUP_NOT_ALLOWED, "for another action",
		"This receipt is for another action. Nothing was redeemed."},
	[REDEEM_OTHER_DETAILS] = {STEPUP_BAD_DETAILS, "for other details",
		"This receipt is for other details than those about to be carried out. Nothing was "
		"redeemed."},
	[REDEEM_TWICE] = {STEPUP_REDEEMED, "redeemed already",
		"This receipt was redeemed already, so it is good for nothing any more. Nothing was "
		"redeemed again."},
	[REDEEM_LOCKED] = {STEPUP_LOCKED, "the user is locked", NULL},
	[REDEEM_LOCKED_SINCE] = {STEPUP_NOT_ALLOWED, "the user was locked since",
		"The account that approved this was locked since then. Nothing was redeemed. Ask for a "
		"new approval."},
	[REDEEM_FROZEN] = {STEPUP_FROZEN, "the action is frozen", NULL},
	[REDEEM_FROZEN_SINCE] = {STEPUP_NOT_ALLOWED, "the action was frozen since",
		"This action was frozen since it was approved. Nothing was redeemed. Ask for a new "
		"approval."},
	[REDEEM_NO_CREDENTIAL] = {STEPUP_NOT_ALLOWED, "credential revoked",
		"The credential that approved this was removed or revoked. Nothing was redeemed."},
	[REDEEM_NO_APPROVER] = {STEPUP_NOT_ALLOWED, "approver locked or gone",
		"The second person who agreed to this is or was locked, or what they agreed with was "
		"removed. Nothing was redeemed."},
	[REDEEM_OTHER_ACCOUNT] = {STEPUP_NOT_ALLOWED, "not the account that approved",
		"The account that approved this is not the one that has its name now. Nothing was "
		"redeemed."},
};

_Static_assert(sizeof(rows) / sizeof(rows[0]) == REDEEM_FAULT_COUNT, "each fault has a row");

const struct redeem_row *redeem_row(enum redeem_fault fault)
{
	return &rows[fault];
}
