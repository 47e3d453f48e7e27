/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What nobody can do who has enrolled: administer, unlock, agree. A policy may ask for keys while the only
 * administrator has a code, and then nobody is there who could invite anybody: root alone opens that again,
 * and has to know.
 * Layer: verifier/doors/standing/, over the store; asks no directory: where a rule names a unix group,
 * anybody's factor will do.
 */
#ifndef STEPUP_VERIFIER_POWERLESS_H
#define STEPUP_VERIFIER_POWERLESS_H

#include <jansson.h>

#include "verifier/verifier.h"

/* A sentence for each under this policy, a new array; empty before anybody has enrolled by root's invitation.
 * NULL where there is no memory, or the store could not be read. */
json_t *powerless_list(const struct verifier *verifier, const struct policy *policy);

/* The same of the policy in force, to the journal. */
void powerless_warn(const struct verifier *verifier);

#endif
