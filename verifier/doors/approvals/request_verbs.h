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

#include "verifier/doors/calls/subject.h"
#include "verifier/doors/standing/requests.h"
#include "verifier/verifier.h"

/* Handlers of Verify1. */
void approving_requests(struct call *call);
void approving_deny(struct call *call);
void approving_cancel(struct call *call);
void approving_await(struct call *call);

/* After a commit that changed requests: whoever waits is told, and the next expiry is looked for in time. */
void approving_changed(struct verifier *verifier, int64_t expires);

/* Once a second: what has expired ends. */
void approving_tick(struct verifier *verifier);

/* Another policy may be in force, after a reload or a start: requests under rules that changed end, before
 * anybody can use them. */
void approving_policy_changed(struct verifier *verifier);

#endif
