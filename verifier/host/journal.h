/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stepupd says about itself: one line per event on standard error, with the priority that journald reads
 * where it listens; alerts as journal entries with fields.
 * MUST: keep each event on one line whatever its texts hold; never be handed a secret.
 * Layer: verifier/host/, libc, libsystemd and lib/.
 */
#ifndef STEPUP_VERIFIER_JOURNAL_H
#define STEPUP_VERIFIER_JOURNAL_H

#include <stddef.h>
#include <syslog.h>

/* "stepupd: EVENT: text" at a syslog priority (LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO). Unsafe
 * characters are escaped. */
__attribute__((format(printf, 3, 4))) void journal_line(int priority, const char *event,
	const char *format, ...);

/* One event with fields of its own for programs that read the journal: native where journald listens, else
 * one line with "NAME=value" of each. Names are literals, as journald takes them: "STEPUP_USER"; those
 * without a value are left out. `message` is a sentence. At most JOURNAL_FIELDS_MAX. */
#define JOURNAL_FIELDS_MAX 24
struct journal_field {
	const char *name, *value;
};
void journal_event(int priority, const char *message_id, const char *message,
	const struct journal_field *fields, size_t count);

/* The same for each line of a text of several lines. */
void journal_lines(int priority, const char *event, const char *text);

#endif
