/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps what the directory says of the policy's names (rules/policy_directory.h): asked for each policy
 * that comes into force, and every few minutes, on a worker thread. Says in the journal which names the
 * directory doesn't know.
 * Layer: verifier/doors/calls/.
 */
#ifndef STEPUP_VERIFIER_POLICY_NAMES_H
#define STEPUP_VERIFIER_POLICY_NAMES_H

#include <stdbool.h>

struct verifier;
struct policy_names;

#define POLICY_NAMES_EVERY_SECONDS 300
#define POLICY_NAMES_AGAIN_SECONDS 10 /* where the directory could not say */
#define POLICY_NAMES_WAIT_SECONDS 5   /* who comes before the first answer waits no longer */

struct policy_names *policy_names_new(struct verifier *verifier);
void policy_names_free(struct policy_names **names);

/* The verifier has another policy. */
void policy_names_changed(struct policy_names *names);

/* Time passes. */
void policy_names_tick(struct policy_names *names);

/* Goes on as soon as the names were asked for once, at once where they were; on the loop's thread,
 * once in any case. */
void policy_names_wait(struct policy_names *names, void (*go)(void *context), void *context);

#endif
