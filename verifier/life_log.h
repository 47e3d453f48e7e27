/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the log says of the verifier itself: that it started and stopped, that a policy came into force
 * by a signal, that the clock was set. Nobody waits for these entries; one that can't be written is
 * told to the journal.
 * Layer: verifier/.
 */
#ifndef STEPUP_VERIFIER_LIFE_LOG_H
#define STEPUP_VERIFIER_LIFE_LOG_H

struct verifier;

/* Each hands one entry to the queue. On the loop's thread. */
void life_log_start(struct verifier *verifier);
void life_log_stop(struct verifier *verifier);
/* by a signal; a reload by an administrator's verb has an entry of its own */
void life_log_reload(struct verifier *verifier);
void life_log_last_good(struct verifier *verifier); /* the policy in force is not the configuration's */
void life_log_clock(struct verifier *verifier);

#endif
