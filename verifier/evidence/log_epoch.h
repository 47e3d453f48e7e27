/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Epochs of the log: the store held against the high-water mark at the start, and a new beginning where the store is taken as it stands.
 * Layer: verifier/evidence/. Used by log_signer.c.
 */
#ifndef STEPUP_VERIFIER_LOG_EPOCH_H
#define STEPUP_VERIFIER_LOG_EPOCH_H

#include <stdbool.h>

#include "verifier/state/store/store.h"

struct log_epoch_place {
	struct store *store;
	const struct master_key *key;
	const char *path; /* of the mark */
};

/* What the mark remembered. */
struct epoch_seen {
	int64_t size;  /* entries in the log; -1 where there is no mark to believe */
	bool clean;    /* the store was left by a stop that had finished everything */
	bool has_head; /* and so much more */
	struct store_head head;
};

/* Takes the store's mark and holds the store against it. STEPUP_OK: it is the newest one. STEPUP_NOT_FOUND: the first start, an empty log and no mark.
 * STEPUP_CORRUPT: older, changed, or a mark that is missing or not ours; `*why` (the caller frees) says which and what to do. The mark of an earlier version, which
 * stood at the same path, is read once and replaced. */
enum stepup_error log_epoch_check(struct store_session *session, const struct log_epoch_place *place, struct epoch_seen *seen, char **why);

/* A store that is stopped goes on at another place: it and its mark say so, durably, and no start takes it here any more. Of one that has left already, only
 * looks whether it still is what left. STEPUP_CORRUPT with a sentence in `*why` where it is none that a start would take, or was not stopped cleanly. */
enum stepup_error log_epoch_leave(struct store_session *session, const struct log_epoch_place *place, char **why);

/* What root put here, if it left another place on purpose: from now on it goes on here, with a mark of this place's. Of any other store does nothing. Errors as
 * above. */
enum stepup_error log_epoch_arrive(struct store_session *session, const struct log_epoch_place *place, char **why);

/* Where a store that left was put: the path of a note beside the mark at `path`; the caller frees. */
#define LOG_EPOCH_NOTE_MAX 4096
char *log_epoch_note_path(const char *path);

/* Inside the caller's transaction: voids receipts and invitations (but at the `first` start), and logs an "epoch" entry with what was seen and
 * the vkey that signs from here on. */
enum stepup_error log_epoch_write(struct store_session *session, bool first, const struct epoch_seen *seen, const char *log_key);

/* STEPUP_CORRUPT, with a sentence made of `what` and the way on in `*why`. */
enum stepup_error log_epoch_refuse(char **why, const char *what);

#endif
