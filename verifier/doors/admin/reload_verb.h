/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reload: the configuration's policy comes into force, and the log says who let it.
 * Layer: verifier/doors/admin/.
 */
#ifndef STEPUP_VERIFIER_RELOAD_VERB_H
#define STEPUP_VERIFIER_RELOAD_VERB_H

#include "verifier/server/call.h"

/* Handler of Admin1.Reload. */
void reload_verb(struct call *call);

#endif
