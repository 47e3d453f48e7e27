/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refusals that charge nothing, put into the log through the queue, so many per caller, user and minute at
 * most: what is refused costs the refused nothing, so the log must not grow at their pace.
 * MUST: let nobody use up what another user's first refusal needs to be logged, and so to be alerted to;
 * nor, with refusals of one kind, what the same user's first of another kind needs; nor spend anything on
 * what was not written.
 * Layer: verifier/doors/calls/.
 */
#ifndef STEPUP_VERIFIER_REFUSAL_LOG_H
#define STEPUP_VERIFIER_REFUSAL_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "verifier/evidence/log_entry.h"
#include "verifier/rules/limits/refusal_budget.h"
#include "verifier/server/call.h"

/* Whose budget it is: a caller's with this user. All whom nobody has enrolled are one user, so that inventing
 * names makes no log grow. NULL subject: the caller's alone, as of an ordinary uid that names somebody else:
 * it can name everybody who is enrolled. */
uint32_t refusal_key(uid_t uid, const struct log_subject *subject);

/* Whether a refusal that a transaction came to, and undid all else with, is for the log: as Locked, Frozen,
 * NotAllowed or TooWeak. The others are mistakes (a name that isn't there), what came late, or trouble. */
bool refusal_is_for_log(enum stepup_error error);

/* What was refused, as far as it is known. */
struct refused_action {
	const char *name;            /* NULL where not known */
	const struct action *action; /* with its details; NULL before they were read */
	const char *limit;           /* the one that it goes over; NULL for none */
	int64_t grant;               /* index of the step-up that was spent on it; 0 for none */
};

/* Logs that a call was refused, within the budget, and where it says it came from; the caller isn't answered
 * here and waits for nothing. Texts are copied; `why` is a literal. */
void refusal_log_action(const struct call *call, const struct log_subject *subject,
	const struct refused_action *refused, enum stepup_error error, const char *why);
/* The same of an action whose details nobody looked at. */
void refusal_log(const struct call *call, const struct log_subject *subject, const char *action,
	enum stepup_error error, const char *why);

/* What was begun by a caller who isn't calling now. All borrowed; `prompt` and `rhost` may be NULL. */
struct refused_step_up {
	uid_t uid;
	const char *caller, *prompt, *rhost;
	const struct action *action;
};

/* The same of that. */
void refusal_log_begun(struct verifier *verifier, const struct log_subject *subject,
	const struct refused_step_up *refused, enum stepup_error error, const char *why);

#endif
