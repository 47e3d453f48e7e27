/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the accounts that a policy names are known on this host, and administrators among them let in: for
 * --check alone. While the verifier serves, account.c looks up who asks.
 * Layer: verifier/rules/reading/; asks NSS and may wait for a directory.
 */
#ifndef STEPUP_VERIFIER_POLICY_ACCOUNTS_H
#define STEPUP_VERIFIER_POLICY_ACCOUNTS_H

#include "verifier/rules/policy/complaints.h"
#include "verifier/rules/policy/policy.h"

/* Adds one warning for each unix group and account that this host doesn't know, for each user whom the
 * directory calls otherwise, and for each rule about administrators' verbs that names accounts outside the
 * group that the administrators' door is for, where this host has that. Not safe with threads. */
void policy_warn_accounts(const struct policy *policy, struct complaints *warnings);

#endif
