/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What follows when requests change: whoever waits is told, and those that have expired end.
 * Layer: verifier/doors/approvals/.
 */
#ifndef STEPUP_VERIFIER_REQUEST_CHANGES_H
#define STEPUP_VERIFIER_REQUEST_CHANGES_H

#include "verifier/verifier.h"

/* After a commit that changed requests: whoever waits is told, and the next expiry is looked for in time. */
void request_changes_tell(struct verifier *verifier, int64_t expires);

/* Once a second: what has expired ends. */
void request_changes_tick(struct verifier *verifier);

/* Another policy may be in force, after a reload or a start: requests under rules that changed end, before
 * anybody can use them. */
void request_changes_policy(struct verifier *verifier);

#endif
