/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which ways to a key there are for the person that a call is about: what the client says it has (`reach`),
 * less what can't be true.
 * MUST: never offer the seat to somebody who isn't at this host: the key there would be touched
 * by somebody else.
 * Layer: verifier/doors/calls/.
 */
#ifndef STEPUP_VERIFIER_REACH_H
#define STEPUP_VERIFIER_REACH_H

#include <stdbool.h>

#include "verifier/server/call.h"

/* The ways (enum via) that the call's `reach` names; without the seat where the call has an `rhost`,
 * or its peer is in a remote session. `fresh`: whether it names that too. False where a word of
 * `reach` is none of these. */
bool reach_of(const struct call *call, unsigned *reach, bool *fresh);

#endif
