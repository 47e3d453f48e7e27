/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells of rows of the store that are not what this verifier wrote: in the journal, in the log, and by an alert, once each; and looks again whether they are
 * right by now.
 * Layer: verifier/.
 */
#ifndef STEPUP_VERIFIER_STORE_WATCH_H
#define STEPUP_VERIFIER_STORE_WATCH_H

#include "verifier/verifier.h"

/* Once a second, on the loop's thread. Costs nothing where nothing is wrong. */
void store_watch_tick(struct verifier *verifier);

#endif
