/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Epochs of the log: the store held against the high-water mark at the start, and a new beginning where the store is taken as it stands.
 * Layer: verifier/evidence/. Used by log_signer.c.
 */
#ifndef STEPUP_VERIFIER_LOG_EPOCH_H
#define STEPUP_VERIFIER_LOG_EPOCH_H

#include <stdbool.h>

#include "verifier/evidence/highwater.h"
#include "verifier/state/store.h"

/* STEPUP_OK: the store is at least as new as the mark, and the same up to there. STEPUP_NOT_FOUND: the first start, an empty log and no mark.
 * STEPUP_CORRUPT: older, changed, or a mark that is missing or not ours; `*why` (the caller frees) says which and what to do. `*mark` is what the
 * mark remembers; its size is -1 where there is none to believe. */
enum stepup_error log_epoch_check(struct store_session *session, const uint8_t key[HIGHWATER_KEY_SIZE], const char *path,
	struct highwater *mark, char **why);

/* Inside the caller's transaction: voids receipts and invitations (but at the `first` start), and logs an "epoch" entry with what was seen and
 * the vkey that signs from here on. */
enum stepup_error log_epoch_write(struct store_session *session, bool first, const struct highwater *seen, const char *log_key);

/* STEPUP_CORRUPT, with a sentence made of `what` and the way on in `*why`. */
enum stepup_error log_epoch_refuse(char **why, const char *what);

#endif
