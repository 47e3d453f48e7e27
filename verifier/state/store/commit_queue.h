/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Group commit: jobs that must be durable before anybody is answered. One writer runs what is waiting, each
 * job in a savepoint of its own, commits them together with one sync, and only then are they reported as
 * done; what arrives while the disk is busy shares the next sync.
 * MUST: report a job as done only after its commit; where the commit fails, report every job of the
 * batch as failed.
 * Layer: verifier/state/store/.
 */
#ifndef STEPUP_VERIFIER_COMMIT_QUEUE_H
#define STEPUP_VERIFIER_COMMIT_QUEUE_H

#include <uv.h>

#include "lib/base/error.h"
#include "verifier/state/store/store.h"

struct commit_queue;

/* Runs on the writer's side, inside a transaction: reads, decides, writes. Anything but STEPUP_OK undoes what
 * this job wrote; so a refusal that must be charged and logged is STEPUP_OK here, and the job itself
 * remembers that it refused. */
typedef enum stepup_error commit_work(struct store_session *session, void *job);

/* Runs on the loop's thread after the commit (STEPUP_OK) or after it failed or the work was
 * undone (its error). */
typedef void commit_done(void *job, enum stepup_error result);

enum stepup_error commit_queue_start(struct store *store, uv_loop_t *loop, struct commit_queue **queue);

/* Takes a job; called on the loop's thread. STEPUP_UNAVAILABLE where the queue is full (4096) or stopping:
 * then `done` isn't called. */
enum stepup_error commit_queue_submit(struct commit_queue *queue, commit_work *work,
	commit_done *done, void *job);

/* Where batches run. By itself the queue runs them on the loop's thread, once all sockets that were ready
 * have been read, because waking another thread costs more than most of a commit; a disk that was slow lately
 * is left to the writer thread, so that the loop goes on. */
enum commit_side { COMMIT_EITHER, COMMIT_LOOP, COMMIT_WRITER };

/* For tests and measurements. */
void commit_queue_prefer(struct commit_queue *queue, enum commit_side side);

/* Has `after` called on the loop's thread each time that jobs have been reported. */
void commit_queue_watch(struct commit_queue *queue, void (*after)(void *context), void *context);

/* Finishes what is waiting, reports it, stops the writer, sets NULL. Not from within a `done`. The queue's
 * handles close, and its memory goes, when the loop runs next. */
void commit_queue_stop(struct commit_queue **queue);

#endif
