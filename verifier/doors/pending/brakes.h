/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which calls are brakes: locks and freezes, and the steps on the way there. Whoever's account sends junk
 * must still be able to stop what is going on.
 * Layer: verifier/doors/pending/. Pure, except for looking a step-up up.
 */
#ifndef STEPUP_VERIFIER_BRAKES_H
#define STEPUP_VERIFIER_BRAKES_H

#include "verifier/server/call.h"

/* Each a call_brake, of its door. */
bool brake_of_verify(struct verifier *verifier, uid_t uid, const char *method, const json_t *parameters);
bool brake_of_admin(struct verifier *verifier, uid_t uid, const char *method, const json_t *parameters);

/* Whether a step-up that begins with these parameters is one for a brake. */
bool brake_begins(const json_t *parameters);

#endif
