/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking a running verifier to reload, and hearing what came of it. A signal carries no answer: the verifier
 * leaves that in a file beside its sockets, and who asked waits for it, so that `systemctl reload` fails
 * where the policy is refused.
 * Layer: verifier/.
 */
#ifndef STEPUP_VERIFIER_RELOAD_H
#define STEPUP_VERIFIER_RELOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/error.h"

/* The verifier's side: leaves in RUN_DIR/reloaded what came of a reload whose signal was heard at `heard_ms`
 * (CLOCK_MONOTONIC). `why` may be NULL. Where that can't be written, who asked hears nothing and says so. */
void reload_tell(const char *run_dir, int64_t heard_ms, enum stepup_error result, const char *why);

/* The other side: sends SIGHUP to the verifier and waits for what comes of it, a minute at most. Says on
 * standard error why the policy was refused. True where it is in force. */
bool reload_ask(const char *run_dir, pid_t verifier);

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t reload_now_ms(void);

#endif
