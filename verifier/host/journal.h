/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stepupd says about itself: one line per event on standard error, with the priority that journald reads where it listens.
 * MUST: keep each event on one line whatever its texts hold; never be handed a secret.
 * Layer: verifier/host/, libc and lib/.
 */
#ifndef STEPUP_VERIFIER_JOURNAL_H
#define STEPUP_VERIFIER_JOURNAL_H

#include <syslog.h>

/* "stepupd: EVENT: text" at a syslog priority (LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO). Unsafe characters are escaped. */
__attribute__((format(printf, 3, 4))) void journal_line(int priority, const char *event, const char *format, ...);

/* The same for each line of a text of several lines. */
void journal_lines(int priority, const char *event, const char *text);

#endif
