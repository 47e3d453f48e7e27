/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which sitting at a terminal a process belongs to, by what the kernel knows and the process can't choose:
 * login and audit session, session leader with the time it started, terminal. A PID or a terminal's name
 * alone says nothing: both come again. Good within one boot.
 * MUST: know no terminal where anything is missing: no terminal, no audit session, a process that is gone or
 * began after its caller connected.
 * Layer: verifier/host/.
 */
#ifndef STEPUP_VERIFIER_TERMINAL_H
#define STEPUP_VERIFIER_TERMINAL_H

#include <sys/types.h>

#include "lib/base/error.h"
#include "lib/evidence/digest.h"

/* The digest that names the sitting of a process that connected at `connected_ms` (clock_boot_ms), as the uid
 * that the kernel told. STEPUP_NOT_FOUND where it has none that could be told apart. */
enum stepup_error terminal_of(pid_t pid, uid_t uid, int64_t connected_ms, uint8_t terminal[DIGEST_SIZE]);

/* The digest that names the login which the process came from, whoever it has become since and at whatever
 * terminal: su, sudo and setsid change nothing about it. STEPUP_NOT_FOUND where nobody logged in. */
enum stepup_error terminal_login(pid_t pid, int64_t connected_ms, uint8_t login[DIGEST_SIZE]);

/* The same with the kernel's word in other places, for tests: `proc` in place of /proc. */
enum stepup_error terminal_login_in(const char *proc, pid_t pid, int64_t connected_ms,
	uint8_t login[DIGEST_SIZE]);
enum stepup_error terminal_of_in(const char *proc, pid_t pid, uid_t uid, int64_t connected_ms,
	uint8_t terminal[DIGEST_SIZE]);

#endif
