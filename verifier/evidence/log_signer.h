/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signed checkpoints of the log, in the background within a second of an entry and at a clean stop, and the
 * mark outside the database that tells a store older than what was seen (DESIGN sections 10 and 14).
 * Layer: verifier/evidence/.
 */
#ifndef STEPUP_VERIFIER_LOG_SIGNER_H
#define STEPUP_VERIFIER_LOG_SIGNER_H

#include <stdbool.h>

#include "verifier/evidence/log_identity.h"
#include "verifier/state/store/commit_queue.h"
#include "verifier/state/store/store.h"

struct log_signer;

/* Takes the mark at `mark_path` and checks the store against it: STEPUP_CORRUPT with a sentence in `*why`
 * (the caller frees) for a store older than it, or a missing or forged mark beside a store that has a log,
 * unless `new_epoch`, which takes the store as it stands, voids receipts and invitations, and logs that it
 * did under a new signing key. `*clean` says whether the last stop was clean (so it is at the first start).
 * Makes the signing key at the first start; `*log_key` is its vkey (the caller frees). A log's name is made
 * of `names` when it begins (log_identity.h): printable ASCII without spaces and `+`. `session` is the
 * writer's, outside a transaction; neither it nor `key` is kept. */
enum stepup_error log_signer_open(struct store *store, struct store_session *session,
	const struct master_key *key, const char *mark_path, const struct log_names *names, bool new_epoch,
	struct log_signer **signer, bool *clean, char **log_key, char **why);

/* Begins the background work on the queue's loop. Call on the loop's thread. */
enum stepup_error log_signer_start(struct log_signer *signer, struct commit_queue *queue, uv_loop_t *loop);

/* Ends the background work: nothing is submitted any more. Call on the loop's thread before
 * commit_queue_stop. */
void log_signer_stop(struct log_signer *signer);

/* A last checkpoint, and the head and mark of a clean stop, written only where every step before it went
 * well; frees and sets NULL. After commit_queue_stop, with the writer's session outside a transaction, and
 * not from a callback: it runs the loop until its own handles are closed. */
enum stepup_error log_signer_close(struct log_signer **signer, struct store_session *session);

/* The same without checkpoint and mark, which stays that of a verifier that ended without a word. */
void log_signer_abandon(struct log_signer **signer);

#endif
