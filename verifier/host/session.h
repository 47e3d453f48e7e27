/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a process sits: at this host, or in a session that came over the network. A key that is plugged into
 * this host is in nobody's hand who is somewhere else.
 * Layer: verifier/host/, libsystemd (sd-login).
 */
#ifndef STEPUP_VERIFIER_SESSION_H
#define STEPUP_VERIFIER_SESSION_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether logind knows the process to be in a remote session. False for a process in no session, and where
 * there is no logind to ask: then nothing more is known than what the caller says. Where logind answers with
 * anything else, true. */
bool session_is_remote(pid_t pid);

/* Where the remote session of a process came from, as PAM's rhost had it when it began; the caller frees.
 * NULL where it is in none, or nobody says. */
char *session_remote_host(pid_t pid);

#endif
