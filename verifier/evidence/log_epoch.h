/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Epochs of the log: the store held against the high-water mark at the start, and a new beginning where the
 * store is taken as it stands.
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
	bool leaves;      /* asked by a move: a store that has left already may leave again */
};

/* What the mark remembered. */
struct epoch_seen {
	int64_t size;  /* entries in the log; -1 where there is no mark to believe */
	bool clean;    /* the store was left by a stop that had finished everything */
	bool has_head; /* and so much more */
	struct store_head head;
};

/* Takes the store's mark and holds the store against it. STEPUP_OK: it is the newest one. STEPUP_NOT_FOUND:
 * the first start, an empty log and no mark. STEPUP_CORRUPT: moved away, older, changed, or a mark that is
 * missing or not ours; `*why` (the caller frees) says which and what to do. The mark of an earlier version,
 * which stood at the same path, is read once and replaced. */
enum stepup_error log_epoch_check(struct store_session *session, const struct log_epoch_place *place,
	struct epoch_seen *seen, char **why);

/* Inside the caller's transaction: voids receipts and invitations (but at the `first` start), and logs an
 * "epoch" entry with what was seen and the vkey that signs from here on. */
enum stepup_error log_epoch_write(struct store_session *session, bool first, const struct epoch_seen *seen,
	const char *log_key);

/* STEPUP_CORRUPT, with a sentence made of `what` and the way on in `*why`. */
enum stepup_error log_epoch_refuse(char **why, const char *what);

#endif
