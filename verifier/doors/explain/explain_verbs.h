/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Explain, at both doors: what would be asked for an action, why, and what the limits have left.
 * Charges nothing.
 * Layer: verifier/doors/explain/.
 */
#ifndef STEPUP_VERIFIER_EXPLAIN_VERBS_H
#define STEPUP_VERIFIER_EXPLAIN_VERBS_H

#include "verifier/server/call.h"

/* Handler of Verify1.Explain: for whoever may act for the user. */
void explain_verbs_own(struct call *call);

/* Handler of Admin1.Explain: for anybody. */
void explain_verbs_any(struct call *call);

#endif
