/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verbs about who may have credentials: the first invitation, invitations, revocation.
 * Layer: verifier/doors/admin/.
 */
#ifndef STEPUP_VERIFIER_INVITE_VERBS_H
#define STEPUP_VERIFIER_INVITE_VERBS_H

#include "verifier/server/call.h"

/* Handlers of Admin1. */
void invite_verbs_init(struct call *call);
void invite_verbs_invite(struct call *call);
void invite_verbs_revoke(struct call *call);

#endif
