/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A second person's agreement at the doors: what is asked, who looks at it, who turns it down or
 * takes it back, who waits for it. Agreeing itself is a step-up (begin_approval.c,
 * decide_agreement.c), begun with Approve.
 * MUST: show a request to nobody but who asked, the caller it came through, and those who could agree to it.
 * Layer: verifier/doors/approvals/.
 */
#ifndef STEPUP_VERIFIER_REQUEST_VERBS_H
#define STEPUP_VERIFIER_REQUEST_VERBS_H

#include "verifier/server/call.h"

/* Handlers of Verify1. */
void request_verbs_requests(struct call *call);
void request_verbs_deny(struct call *call);
void request_verbs_cancel(struct call *call);
void request_verbs_await(struct call *call);

#endif
