/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an administrator does to a store from outside the running verifier: copying it, putting a copy back, asking for a new epoch. Run as root it becomes
 * whom the store belongs to before it touches anything there; the file of the administrator's is opened before that.
 * MUST: put nothing in the place of a store that isn't whole; take no store away for good; need neither the master key nor the running verifier's help.
 * Layer: verifier/.
 */
#ifndef STEPUP_VERIFIER_UPKEEP_H
#define STEPUP_VERIFIER_UPKEEP_H

#include <stdbool.h>

#include "verifier/startup.h"

/* `stepupd --backup FILE`: the store as of one moment, in one file of mode 0600, also while the verifier runs. Prints what came of it. */
bool upkeep_backup(const struct startup_options *options, const char *file);

/* `stepupd --restore FILE`: the same back in its place; what stood there stays beside it under another name. Not while the verifier runs. */
bool upkeep_restore(const struct startup_options *options, const char *file);

/* `stepupd --ask-epoch`: leaves a file in the mark's folder, where only root and the verifier write, by which the next start takes the store as it stands. */
bool upkeep_ask_epoch(const struct startup_options *options);

/* Whether that was asked for, by root or the verifier's own user; and that it is done. */
bool upkeep_epoch_is_asked(const char *mark);
void upkeep_epoch_done(const char *mark);

#endif
