/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who follows the list of requests: it is told again whenever it has changed, until the caller goes or may
 * no longer be told.
 * MUST: ask the directory again before anything more is told, so that whoever left a group of approvers is
 * shown nothing new; wait for no directory on the loop's thread.
 * Layer: verifier/doors/approvals/.
 */
#ifndef STEPUP_VERIFIER_REQUEST_FOLLOW_H
#define STEPUP_VERIFIER_REQUEST_FOLLOW_H

#include "verifier/doors/calls/subject.h"

/* Takes over a call that may be told of this subject's requests, and tells of them at once. */
void request_follow(struct call *call, const struct subject *subject);

#endif
