/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an administrator does to a store from outside the running verifier: copying it, putting a copy back,
 * moving it, asking for a new epoch. Run as root it becomes whom the store belongs to before it touches
 * anything there; the administrator's file is opened before that.
 * MUST: put nothing in the place of a store that isn't whole; take no store away for good; need the master
 * key for a move only, and never the running verifier's help.
 * Layer: verifier/upkeep/.
 */
#ifndef STEPUP_VERIFIER_UPKEEP_H
#define STEPUP_VERIFIER_UPKEEP_H

#include <stdbool.h>


/* Paths. */
struct upkeep_place {
	const char *config, *master_key, *mark;
};

struct upkeep_how {
	bool move;      /* backup: the store leaves in the file, and no verifier starts here any more */
	bool as_backup; /* restore: also a store that left is put back as any copy */
	bool json;      /* the last line is one JSON object: message, moved; of a move batch and at */
};

/* `stepupd --backup FILE`: the store as of one moment, in one file of mode 0600, also while the verifier
 * runs, but for a move. Prints what came of it. A move needs the master key. Whatever ends it, either the
 * store here is as it was, or FILE or FILE.part is whole. */
bool upkeep_backup(const struct upkeep_place *host, const char *file, const struct upkeep_how *how);

/* `stepupd --restore FILE`: the same back in its place; what stood there stays beside it under another name.
 * Not while the verifier runs. Of a move it needs the master key, and gives the store its mark. */
bool upkeep_restore(const struct upkeep_place *host, const char *file, const struct upkeep_how *how);

/* `stepupd --ask-epoch`: leaves a file in the mark's folder, where only root and the verifier write, by which
 * the next start takes the store as it stands. */
bool upkeep_ask_epoch(const struct upkeep_place *host);

/* Whether that was asked for, by root or the verifier's own user; and that it is done. */
bool upkeep_epoch_is_asked(const char *mark);
void upkeep_epoch_done(const char *mark);

#endif
