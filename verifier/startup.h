/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of starting and stopping, what a start is refused for, and the reload of the policy
 * (DESIGN section 14).
 * MUST: change nothing where it refuses; say in one sentence what is wrong and how to mend it.
 * Layer: verifier/.
 */
#ifndef STEPUP_VERIFIER_STARTUP_H
#define STEPUP_VERIFIER_STARTUP_H

#include <stdbool.h>

#include "verifier/verifier.h"

struct startup_options {
	const char *config, *run_dir, *master_key, *mark;
	bool new_epoch;
};

/* Everything but the sockets: policy, master key, store, log, receipts, queue. `verifier->loop` is set. On an
 * error the sentence is in `*why` (the caller frees; may be NULL), and startup_close undoes what was done. */
enum stepup_error startup_open(const struct startup_options *options, struct verifier *verifier, char **why);

/* The clean stop: drains the queue, signs the last checkpoint, marks the stop as clean. STEPUP_OK only where
 * that mark stands.
 * A verifier that never served (`serves`) leaves the mark of an unclean one: what its start was careful of,
 * the next one has to be careful of. Nobody may call on a door any more. */
enum stepup_error startup_close(struct verifier *verifier);

/* `stepupd --check`: prints what is wrong with a policy, or that nothing is; true where it would be taken.
 * Asks the verifier that runs, if there is one behind `run_dir` and the caller may, about people's keys. */
bool startup_check(const char *config, const char *run_dir);

/* `stepupd --rule-for ACTION`: prints where the rule for an action stands, or that there is none; true
 * where there is one. */
bool startup_rule_for(const char *config, const char *action);

#endif
